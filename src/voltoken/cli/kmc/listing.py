"""Lists of what is in a centre, which are read at any width: as a table, or below one another."""

from __future__ import annotations

from collections.abc import Sequence

from voltoken.cli.screen import Screen

_GAP = 2


def listing(screen: Screen, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows as a table where it fits, else each with its cells below one another; nothing is cut off.

    headings: one that begins with ``>`` aligns its column right. The first two cells name a row.
    """
    widths = [
        max(len(heading.lstrip(">")), *(len(row[number]) for row in rows))
        for number, heading in enumerate(headings)
    ]
    last = max((len(word) for row in rows for word in row[-1].split()), default=0)
    if sum(widths[:-1]) + _GAP * len(widths) + min(widths[-1], max(last, 20)) + _GAP <= screen.width:
        screen.table(headings, rows)
        return
    for number, row in enumerate(rows):
        if number:
            screen.line()
        screen.line(f"{screen.style(row[0], 'strong')}  {row[1]}")
        named = zip(headings[2:], row[2:], strict=True)
        screen.facts([(heading.lstrip(">"), cell) for heading, cell in named if cell != "-"], indent=4)
