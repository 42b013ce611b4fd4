"""Tables without any library: CSV by the standard library, one row at a time.

``arrow`` and ``vector`` give the same tables many times faster; what a cell means is the same for both.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Final

_QUOTED: Final = re.compile('[",\r\n]')

csv.field_size_limit(min(sys.maxsize, 1 << 31 - 1))


def rows_of(text: str) -> Iterator[list[str]]:
    """Yield the rows of CSV text; a blank line is no row."""
    return filter(None, csv.reader(io.StringIO(text, newline="")))


def fitted(rows: Iterator[list[str]], columns: int) -> Iterator[tuple[list[str], str]]:
    """Yield rows of exactly so many cells, each with what was wrong with it, or nothing.

    Missing cells are empty; the last cell takes in what is too much, so that nothing disappears.
    """
    for row in rows:
        if len(row) == columns:
            yield row, ""
            continue
        wrong = f"The row has {len(row)} cells and the header {columns}: look for a comma outside quotes."
        cells = [*row, *[""] * (columns - len(row))]
        yield [*cells[: columns - 1], ",".join(cells[columns - 1 :])], wrong


def line_of(cells: Sequence[str]) -> str:
    """Return cells as a line of CSV, quoted where they must be."""
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell
