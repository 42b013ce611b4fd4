"""Rows that are alike, worked on together: a column is taken apart by what its rows have in common."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from voltoken.sts.batch.kernels.types import CHUNK, I64, U8, slices

Rows = slice | I64
"""Which rows: a range of them, or their numbers."""


def groups(column: I64 | U8) -> Iterator[tuple[int, Rows]]:
    """Yield each value of a column of small whole numbers, with the rows that have it.

    A column of one value gives a slice of everything, so that nothing is copied in the common case.
    """
    counts = np.bincount(column)
    for value in np.flatnonzero(counts).tolist():
        alone = counts[value] == len(column)
        yield value, slice(0, len(column)) if alone else np.flatnonzero(column == value)


def chunks(rows: Rows, size: int = CHUNK) -> Iterator[Rows]:
    """Cut rows into chunks of at most size."""
    for part in slices(count(rows), size):
        yield (
            slice(rows.start + part.start, rows.start + part.stop) if isinstance(rows, slice) else rows[part]
        )


def count(rows: Rows) -> int:
    """Return how many rows there are."""
    return rows.stop - rows.start if isinstance(rows, slice) else len(rows)


def without(rows: Rows, faults: U8) -> Rows:
    """Return those of rows that have no fault."""
    good = faults[rows] == 0
    if good.all():
        return rows
    chosen: I64 = np.flatnonzero(good) + rows.start if isinstance(rows, slice) else rows[good]
    return chosen
