"""Colours that can be read on any background, and paragraphs that break where they may."""

from __future__ import annotations

import pytest

from voltoken.cli.screen import STYLES, Screen

BACKGROUNDS = {"white": 0xFFFFFF, "black": 0x000000, "dark grey": 0x1E1E1E, "paper": 0xFDF6E3}


def colour(number: int) -> int:
    """Return one of the fixed 240 colours of a terminal with 256 as red, green and blue."""
    assert number >= 16, "the first sixteen are whatever the terminal makes of them"
    if number >= 232:
        return (8 + 10 * (number - 232)) * 0x010101
    levels = (0, 95, 135, 175, 215, 255)
    red, green, blue = (levels[(number - 16) // step % 6] for step in (36, 6, 1))
    return red << 16 | green << 8 | blue


def lightness(rgb: int) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [(rgb >> shift & 255) / 255 for shift in (16, 8, 0)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: int, other: int) -> float:
    """Return the contrast ratio of WCAG 2."""
    lighter, darker = sorted((lightness(one), lightness(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("style", [name for name, options in STYLES.items() if "fg" in options])
def test_every_colour_can_be_read_on_light_and_dark(style: str, background: str) -> None:
    options = STYLES[style]
    behind = colour(options["bg"]) if "bg" in options else BACKGROUNDS[background]
    assert contrast(colour(options["fg"]), behind) >= 3


def test_no_line_breaks_at_a_non_breaking_blank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "32")
    assert Screen().wrapped("one number in all of 65\u00a0536 of them", 2) == [
        "one number in all of 65 536 of",
        "them",
    ]
    assert Screen().wrapped("one number in all of them: 65\u00a0536", 2) == [
        "one number in all of them:",
        "65 536",
    ]
