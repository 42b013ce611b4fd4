"""Labels: what is drawn can be read again, from the pixels of the page, and nothing runs over."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree as ET

import pypdfium2  # type: ignore[import-untyped]  # the package has types and does not say so
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tests.property.strategies import any_text, pans
from voltoken.channels.printing import SINGLE, draw_pdf, draw_svg, labels, plate
from voltoken.channels.printing.plate import FRAME, HEIGHT, POINT, QR_CHARACTERS, WIDTH, Area, Words
from voltoken.errors import FieldError
from voltoken.meter import PROFILES, Label, Profile
from voltoken.sts import MeterPAN

pytestmark = pytest.mark.slow

SVG = "{http://www.w3.org/2000/svg}"
SHORT = MeterPAN.build("01", "23456789")
LONG = MeterPAN.build("1234", "56789012")
LINES = (
    ("EA", "11"),
    ("Rating", "230 V 5(60) A"),
    ("Made", "2026-11"),
    ("SGC", "123457"),
    ("TI", "01"),
    ("KRN / KEN", "1 / 255"),
)
LETTERS = "".join(
    letter
    for code in range(256)
    if (letter := bytes([code]).decode("cp1252", errors="ignore")).isprintable() and letter
)

western = st.text(LETTERS, max_size=80)
plain = st.text(st.characters(codec="ascii"), min_size=1, max_size=QR_CHARACTERS)


def label_of(
    pan: MeterPAN = SHORT,
    title: str = "Single phase electricity, kWh",
    lines: tuple[tuple[str, str], ...] = LINES,
    qr: str = "https://example.org/m/600727012345678977",
) -> Label:
    """Make a label, a usual one unless told otherwise."""
    return Label(pan=pan, title=title, lines=lines, qr=qr)


printable = st.builds(
    label_of, pans, western, st.lists(st.tuples(western, western), max_size=6).map(tuple), plain
)
"""Labels that can be drawn."""

anything = st.builds(
    label_of,
    pans,
    western | any_text,
    st.lists(st.tuples(western | any_text, western), max_size=8).map(tuple),
    plain | any_text,
)
"""Labels with whatever a text may hold."""


def page_image(pdf: bytes, page: int = 0, dots: int = 300) -> Image.Image:
    """Render a page to grey pixels, at a printer's dots per inch."""
    document = pypdfium2.PdfDocument(pdf)
    image: Image.Image = document[page].render(scale=dots / 72, grayscale=True).to_pil()
    document.close()
    return image


def page_text(pdf: bytes) -> str:
    """Return the text that a reader finds on the first page."""
    document = pypdfium2.PdfDocument(pdf)
    text: str = document[0].get_textpage().get_text_range()
    document.close()
    return text


def codes(image: Image.Image) -> list[tuple[str, bytes]]:
    """Read all codes in an image, as their kind and content."""
    found = zxingcpp.read_barcodes(image)
    return sorted((str(code.format), bytes(code.bytes)) for code in found)


def parse(svg: str) -> ET.Element:
    """Parse what we have written ourselves."""
    return ET.fromstring(svg)  # noqa: S314 - not from a stranger


def expected(label: Label) -> list[tuple[str, bytes]]:
    return [("Code 128", label.pan.drn.encode()), ("QR Code", label.qr.encode())]


def svg_image(svg: str, dots: int = 300) -> Image.Image:
    """Paint the black areas of an SVG, which are rectangles in one path, and nothing else."""
    scale = dots / 25.4
    image = Image.new("L", (round(WIDTH * scale), round(HEIGHT * scale)), 255)
    brush = ImageDraw.Draw(image)
    for path in parse(svg).iter(f"{SVG}path"):
        for numbers in re.findall(r"M(\S+) (\S+?)h([\d.]+)v([\d.]+)h-[\d.]+z", path.get("d", "")):
            x, y, width, height = (float(number) * scale for number in numbers)
            brush.rectangle((round(x), round(y), round(x + width) - 1, round(y + height) - 1), fill=0)
    return image


def box(words: Words) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a text, with Helvetica's tallest and deepest letters."""
    size = words.size * POINT
    return words.x, words.y - 0.73 * size, words.x + words.width, words.y + 0.21 * size


def hull(area: Area, quiet_x: float, quiet_y: float) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of a code with its quiet zone."""
    return (
        min(x for x, _, _, _ in area.cells) - quiet_x,
        min(y for _, y, _, _ in area.cells) - quiet_y,
        max(x + width for x, _, width, _ in area.cells) + quiet_x,
        max(y + height for _, y, _, height in area.cells) + quiet_y,
    )


def clash(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    slack = 1e-6
    return all(one[side] < other[side + 2] - slack and other[side] < one[side + 2] - slack for side in (0, 1))


# ---------------------------------------------------------------- what it says can be read


@pytest.mark.parametrize("pan", [SHORT, LONG])
@pytest.mark.parametrize("count", range(7))
def test_both_codes_are_read_from_the_printed_page(pan: MeterPAN, count: int) -> None:
    label = label_of(pan, lines=LINES[:count])
    assert codes(page_image(draw_pdf([label], SINGLE))) == expected(label)


def test_every_code_of_a_full_sheet_is_read() -> None:
    pack = [label_of(MeterPAN.build("01", f"{number:08d}"), qr=f"M{number}") for number in range(12)]
    assert codes(page_image(draw_pdf(pack))) == sorted(code for label in pack for code in expected(label))


@given(pans, plain)
def test_whatever_the_codes_hold_is_read_again(pan: MeterPAN, qr: str) -> None:
    label = label_of(pan, qr=qr)
    assert codes(page_image(draw_pdf([label], SINGLE))) == expected(label)


@pytest.mark.parametrize("length", [1, 14, 15, 34, 35, 62, 63, 122, 123, 213, 214, QR_CHARACTERS])
@pytest.mark.parametrize("alphabet", ["0123456789", "ABC $%*+-./:", "a,\n~"])
def test_qr_codes_of_every_mode_and_size_are_read(length: int, alphabet: str) -> None:
    label = label_of(qr=(alphabet * length)[:length])
    assert codes(page_image(draw_pdf([label], SINGLE))) == expected(label)
    assert codes(svg_image(draw_svg(label))) == expected(label)


def test_the_svg_is_a_plate_of_its_size_with_the_numbers_in_groups() -> None:
    svg = draw_svg(label_of())
    root = parse(svg)
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("90mm", "45mm", "0 0 90 45")
    texts = [element.text for element in root.iter(f"{SVG}text")]
    assert texts.count("0123 4567 897") == 2
    assert "600727 0123 4567 897 7" in texts
    assert {word for line in LINES for word in line} <= set(texts)
    assert root.findtext(f"{SVG}title") == "0123 4567 897"


def test_the_page_of_a_label_printer_is_the_label() -> None:
    width, height = page_image(draw_pdf([label_of()], SINGLE)).size
    assert abs(width - 90 / 25.4 * 300) <= 1
    assert abs(height - 45 / 25.4 * 300) <= 1


@pytest.mark.parametrize(("pan", "grouped"), [(SHORT, "0123 4567 897"), (LONG, "1234 567 890 128")])
def test_numbers_are_grouped_for_reading(pan: MeterPAN, grouped: str) -> None:
    assert plate.group_drn(pan.drn) == grouped


@pytest.mark.parametrize("start", range(0, len(LETTERS), 20))
def test_every_western_letter_is_printed(start: int) -> None:
    some = f"|{LETTERS[start : start + 20]}|".replace("\xad", "")
    assert some in page_text(draw_pdf([label_of(title=some)], SINGLE))


def test_letters_that_xml_reserves_are_escaped() -> None:
    title = "<b>&amp;\"'</b> ]]>"
    root = parse(draw_svg(label_of(title=title)))
    assert title in [element.text for element in root.iter(f"{SVG}text")]


# ---------------------------------------------------------------- what does not fit


@given(printable)
def test_nothing_overlaps_and_quiet_zones_are_kept(label: Label) -> None:
    marks = labels._marks(label)
    bars, matrix = (mark for mark in marks if isinstance(mark, Area))
    words = [box(mark) for mark in marks if isinstance(mark, Words) and mark.text.strip()]
    module = matrix.cells[0][3]
    ink = [hull(bars, 0, 0), hull(matrix, 0, 0), *words]
    quiet = [hull(bars, 10 * 5 / 300 * 25.4, 0), hull(matrix, 4 * module, 4 * module)]
    assert not [pair for pair in combinations(ink, 2) if clash(*pair)]
    assert not [
        other
        for number, zone in enumerate(quiet)
        for other in ink
        if other != ink[number] and clash(zone, other)
    ]
    edge = FRAME[0] + FRAME[2] / 2
    for left, top, right, bottom in (*ink, *quiet):
        assert edge <= left < right <= WIDTH - edge
        assert edge <= top < bottom <= HEIGHT - edge


@pytest.mark.parametrize("length", [50, 100_000])
def test_long_text_ends_in_an_ellipsis(length: int) -> None:
    root = parse(draw_svg(label_of(title="W" * length, lines=(("C" * length, "V" * length),))))
    cut = [text for element in root.iter(f"{SVG}text") if (text := element.text or "").endswith("…")]
    assert [text[0] for text in cut] == ["W", "C", "V"]


def test_text_is_cut_between_words_and_after_no_comma() -> None:
    svg = draw_svg(label_of(title="Single phase electricity meter for kitchens, workshops and laundries"))
    assert ">Single phase electricity meter for kitchens…</text>" in svg


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_rating_of_our_own_meters_is_cut(profile: Profile) -> None:
    lines = (
        ("Rating", profile.rating),
        ("Constant", f"{profile.pulses} imp/{profile.commodity.unit}"),
        ("Encryption", "EA11"),
        ("Carrier", f"TCT {profile.tct}"),
        ("Made", "2026-11"),
        ("Note", "Virtual meter"),
    )
    texts = [element.text or "" for element in parse(draw_svg(label_of(lines=lines))).iter(f"{SVG}text")]
    assert {value for _, value in lines} <= set(texts)


def test_a_value_that_fits_nowhere_leaves_the_others_whole() -> None:
    lines = (*LINES[:2], ("Note", "far too long for any plate " * 9), *LINES[3:])
    texts = [element.text or "" for element in parse(draw_svg(label_of(lines=lines))).iter(f"{SVG}text")]
    assert {value for _, value in (*LINES[:2], *LINES[3:])} <= set(texts)
    assert any(text.startswith("far too") and text.endswith("…") for text in texts)


def test_bars_and_modules_are_whole_dots_of_a_printer() -> None:
    for area in (mark for mark in labels._marks(label_of()) if isinstance(mark, Area)):
        dots = [width * 300 / 25.4 for _, _, width, _ in area.cells]
        assert all(abs(count - round(count)) < 1e-6 for count in dots)


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("title", label_of(title="电表")),
        ("title", label_of(title="two\nlines")),
        ("title", label_of(title="\ud800")),
        ("lines[0].caption", label_of(lines=(("Ω", "1"),))),
        ("lines[1].value", label_of(lines=(("a", "b"), ("c", "\x07")))),
        ("lines", label_of(lines=(("a", "b"),) * 7)),
        ("qr", label_of(qr="")),
        ("qr", label_of(qr="é")),
        ("qr", label_of(qr="x" * (QR_CHARACTERS + 1))),
    ],
)
def test_what_cannot_be_printed_is_refused_by_name(field: str, label: Label) -> None:
    with pytest.raises(FieldError) as caught:
        draw_svg(label)
    assert caught.value.field == field
    with pytest.raises(FieldError) as caught:
        draw_pdf([label_of(), label])
    assert caught.value.field == f"labels[1].{field}"


@given(anything)
def test_any_text_is_printed_or_refused(label: Label) -> None:
    try:
        svg = draw_svg(label)
    except FieldError:
        with pytest.raises(FieldError):
            draw_pdf([label], SINGLE)
        return
    parse(svg)
    assert pypdfium2.PdfDocument(draw_pdf([label], SINGLE)).get_page_size(0) == pytest.approx(
        (90 / POINT, 45 / POINT), abs=0.01
    )


@given(st.lists(printable, min_size=1, max_size=3))
def test_the_same_labels_give_the_same_bytes(pack: list[Label]) -> None:
    assert draw_pdf(pack) == draw_pdf(pack)
    assert draw_svg(pack[0]) == draw_svg(pack[0])
