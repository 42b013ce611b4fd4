"""Sheets of labels, and what an installation without the library for them says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import combinations

import pypdfium2  # type: ignore[import-untyped]  # the package has types and does not say so
import pytest

from voltoken.channels.printing import A4_SHEET, SHEETS, SINGLE, Sheet, draw_pdf
from voltoken.channels.printing.plate import HEIGHT, WIDTH
from voltoken.errors import FieldError
from voltoken.meter import Label
from voltoken.sts import MeterPAN

LABEL = Label(pan=MeterPAN.build("01", "23456789"), title="Water", lines=(("Made", "2026-11"),), qr="M1")


@pytest.mark.parametrize(
    ("count", "sheet", "pages"),
    [(1, A4_SHEET, 1), (12, A4_SHEET, 1), (13, A4_SHEET, 2), (25, A4_SHEET, 3), (3, SINGLE, 3)],
)
def test_labels_fill_their_sheets(count: int, sheet: Sheet, pages: int) -> None:
    assert sheet.pages(count) == pages
    assert len(pypdfium2.PdfDocument(draw_pdf([LABEL] * count, sheet))) == pages


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_labels_stand_apart_and_on_the_page(sheet: Sheet) -> None:
    places = [sheet.place(number) for number in range(sheet.per_page)]
    for (left, top), (x, y) in combinations(places, 2):
        assert abs(left - x) >= WIDTH or abs(top - y) >= HEIGHT
    assert max(left for left, _ in places) + WIDTH == pytest.approx(sheet.page_width - sheet.left)
    assert max(top for _, top in places) + HEIGHT == pytest.approx(sheet.page_height - sheet.top)
    assert sheet.place(sheet.per_page) == sheet.place(0)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("page_width", partial(Sheet, 200, 297, columns=2, left=20, column_gap=1)),
        ("page_height", partial(Sheet, 90, 89, rows=2)),
        ("page_width", partial(Sheet, float("nan"), 297)),
        ("columns", partial(Sheet, 210, 297, columns=0)),
        ("rows", partial(Sheet, 210, 297, rows=-1)),
        ("left", partial(Sheet, 210, 297, left=-1)),
        ("row_gap", partial(Sheet, 210, 297, row_gap=float("nan"))),
    ],
)
def test_a_sheet_on_which_labels_do_not_fit_is_refused(field: str, make: partial[Sheet]) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert caught.value.field == field


def test_labels_are_taken_one_by_one_and_counted() -> None:
    seen: list[int] = []

    def come() -> Iterator[Label]:
        for number in range(14):
            assert seen == list(range(1, number + 1))
            yield LABEL

    draw_pdf(come(), progress=seen.append)
    assert seen == list(range(1, 15))


def test_a_document_without_labels_is_refused() -> None:
    with pytest.raises(FieldError, match="at least one label"):
        draw_pdf([])


def test_without_the_library_the_import_says_what_to_install() -> None:
    program = """
import sys
sys.modules["reportlab"] = None
from voltoken.errors import MissingExtra
try:
    import voltoken.channels.printing
except MissingExtra as error:
    print(error.code, error.message)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    said = "extra.missing Labels need the library reportlab: pip install 'voltoken[print]'\n"
    assert done.stdout == said


def test_the_door_of_channels_loads_no_library() -> None:
    program = "import sys, voltoken.channels; print('reportlab' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
