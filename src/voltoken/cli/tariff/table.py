"""Tables of figures: names that wrap on the left, numbers that keep their columns on the right.

Made without rich, because a price should be there at once.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voltoken.cli.screen import Screen

_NAME_MIN: Final = 14
_NAME_MAX: Final = 56
_GAP: Final = 3
_INDENT: Final = 2


@dataclass(frozen=True, slots=True)
class Row:
    """A row. name: wraps. figures: one for each column, aligned right. style: of all of it."""

    name: str
    figures: tuple[str, ...]
    style: str = ""


RULE: Final = Row("", ())
"""A line across."""


def write_figures(
    screen: Screen, headings: Sequence[str], rows: Sequence[Row], spare: int | None = None
) -> None:
    """Write a table. headings: of the column of names, and of those of figures.

    A column without figures is left out. Where the figures leave no room for names, the column of figures
    with the number spare is left out as well; where that does not help, the figures go below the names.
    """
    full = [row for row in rows if row is not RULE]
    columns = range(len(headings) - 1)
    kept = [n for n in columns if any(row.figures[n] for row in full)]
    longest = max(len(headings[0]), *(len(row.name) for row in full))
    least = min(_NAME_MIN, longest)
    widths = [max(len(headings[n + 1]), *(len(row.figures[n]) for row in full)) for n in columns]
    if _room(screen, kept, widths) < least and spare in kept:
        kept.remove(spare)
    room = _room(screen, kept, widths)
    beside = room >= least
    width = min(longest, room) if beside else max(0, room)
    heading = Row(headings[0], tuple(headings[1:]), "quiet")
    for row in (heading, *rows):
        if row is RULE:
            taken = sum(widths[n] + _GAP for n in kept)
            screen.line(screen.style("\u2500" * (width + taken), "quiet"))
            continue
        figures = "".join(f"{row.figures[n]:>{widths[n] + _GAP}}" for n in kept)
        lines = textwrap.wrap(row.name, width if beside else screen.width - _INDENT, subsequent_indent="  ")
        lines = (
            [f"{(lines or [''])[0]:{width}}{figures}", *lines[1:]]
            if beside
            else [*lines, f"{'':{width}}{figures}"]
        )
        for line in lines:
            # Non-breaking blanks have done their work; what is copied should have ordinary ones.
            screen.line(screen.style(line.replace("\u00a0", " ").rstrip(), row.style))


def _room(screen: Screen, kept: Sequence[int], widths: Sequence[int]) -> int:
    """Return how many signs the figures leave for names; below zero where they do not fit themselves."""
    left = screen.width - _INDENT - sum(widths[n] + _GAP for n in kept)
    return min(left, _NAME_MAX)
