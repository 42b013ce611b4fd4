"""Purchases as columns, written row by row; and tariffs that the check of a document would not let pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np

from voltoken.tariff import Counts, Direction, Tariff
from voltoken.tariff.batch import Purchases

DAY = 86_400
FIRST = (date(2024, 7, 1) - date(1970, 1, 1)).days
BUSINESS = (frozenset[str](), frozenset({"business"}))


def purchases(*rows: tuple[int, int, int, int], marks: list[int] | None = None) -> Purchases:
    """Purchases of meters, on days after 1 July 2024, for coins, of tenths of units."""
    meter, day, tender, units = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Purchases(meter, (FIRST + day) * DAY, tender, units, np.array(marks or [0] * len(rows)), BUSINESS)


def loosely(written: Tariff, to: Direction | None = None, counts: Iterable[Counts] | None = None) -> Tariff:
    """Return a tariff with another rounding of units, or other units that count, whatever else it says."""
    units = written.units if to is None else replace(written.units, to=to)
    counted = written.period.counts if counts is None else frozenset(counts)
    return replace(written, units=units, period=replace(written.period, counts=counted))
