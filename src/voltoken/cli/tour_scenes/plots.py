"""Small plots made of signs: bars, columns, and a calendar of the years that TIDs can count.

Each is a list of lines that fits the columns it is given; every sign has a stand-in in ASCII.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from voltoken.cli.screen import Screen

_EIGHTHS_UP: Final = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
_EIGHTHS_RIGHT: Final = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588"
_FULL: Final = "\u2588"


class Column(NamedTuple):
    """One column of a plot: its value and its style."""

    value: int
    style: str = ""


def bar(value: int, most: int, width: int) -> str:
    """Return a bar that is as long as value, in eighths of a column; most fills the width."""
    eighths = value * width * 8 // most
    rest = _EIGHTHS_RIGHT[eighths % 8].strip()
    return _FULL * (eighths // 8) + rest


def sparkline(values: Sequence[int], most: int, wide: int = 1) -> str:
    """Return values as one row of columns, each so many signs wide; what is not nothing is seen."""
    marks = (_EIGHTHS_UP[max(bool(value), value * 8 // most)] for value in values)
    return "".join(mark * wide for mark in marks)


def columns(screen: Screen, values: Sequence[Column], most: int, rows: int, wide: int) -> list[str]:
    """Return rows of text with a column for each value, from the top; most reaches the top."""
    lines = []
    for row in range(rows - 1, -1, -1):
        parts = []
        for value, style in values:
            eighths = min(8, max(0, value * rows * 8 // most - row * 8))
            if row == 0 and value > 0:
                eighths = max(1, eighths)
            parts.append(screen.style(_EIGHTHS_UP[eighths] * wide, style if eighths else ""))
        lines.append("".join(parts))
    return lines
