"""The face of a meter: every text has a place, on every screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.cli.glass import draw_glass, picture_of
from voltoken.cli.screen import Screen
from voltoken.meter import SKINS

LAMPS = (("supply", "on"), ("credit low", "alarm"), ("tamper", ""))
FRAMES = sorted({frame for skin in SKINS.values() for frames in skin.results.values() for frame in frames})


def drawn(columns: int, texts: list[str], capsys: pytest.CaptureFixture[str], *, unicode: bool = True) -> str:
    """Return what is drawn for texts on a screen of so many columns."""
    screen = Screen()
    screen.width, screen.unicode, screen.colour = columns, unicode, False
    draw_glass(screen, texts, LAMPS)
    return capsys.readouterr().out


def test_numbers_are_large_and_units_small() -> None:
    assert picture_of("25.6 kWh", 40, segments=True).rows == (
        "\u257a\u2501\u2513 \u250f\u2501\u2578 \u250f\u2501\u2578    ",
        "\u250f\u2501\u251b \u2517\u2501\u2513 \u2523\u2501\u2513    ",
        "\u2517\u2501\u2578 \u257a\u2501\u251b.\u2517\u2501\u251b kWh",
    )
    assert picture_of("-8", 40, segments=False).rows == ("     _ ", " _  |_|", "    |_|")


@pytest.mark.parametrize("text", ["ACCEPt", "rEJECt-3", "USEd", "OLd", "FAIL 05", "PLS 2nd", "WAIt 10 S"])
def test_the_words_of_a_segment_display_are_large(text: str) -> None:
    assert "\u2501" in "".join(picture_of(text, 74, segments=True).rows)


def test_other_words_are_plain_and_wrap() -> None:
    picture = picture_of("No such function", 10, segments=True)
    assert [row.strip() for row in picture.rows] == ["No such", "function", ""]
    assert picture_of("Used", 30, segments=True).rows == ("    ", "Used", "    ")


@pytest.mark.parametrize("columns", [30, 44, 60, 80, 96])
def test_every_face_is_a_rectangle_that_fits(columns: int, capsys: pytest.CaptureFixture[str]) -> None:
    for texts in ([""], ["ACCEPt", "5.0 kWh", "-12345.6 kWh"], ["88888888"], FRAMES, ["x" * 300]):
        lines = drawn(columns, texts, capsys).splitlines()
        assert {len(line) for line in lines} == {len(lines[0])}
        assert len(lines[0]) <= columns
        assert all(line[2] in "\u256d\u2502\u2570" and line[-1] in "\u256e\u2502\u256f" for line in lines)


def test_without_heavy_lines_it_is_drawn_in_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    shown = drawn(80, ["rEJECt-1", "USEd"], capsys, unicode=False)
    assert shown.isascii()
    assert "@ supply   @ credit low   o tamper" in shown


@given(st.text(max_size=60), st.integers(8, 90), st.booleans())
def test_any_text_has_a_picture_of_its_width(text: str, width: int, segments: bool) -> None:
    picture = picture_of(text, width, segments=segments)
    assert len(picture.rows) == 3
    assert {len(row) for row in picture.rows} == {picture.width}
    assert picture.width <= width
