"""Who pays more by another tariff and who pays less: totals by meter and month, and bands of consumption.

With the energy held it is money that changes, with the money held it is units; what is said here of amounts
is said of either, as coins or as steps of the grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from voltoken.tariff.batch.days import month_of
from voltoken.tariff.batch.exact import Mask, Whole
from voltoken.tariff.batch.repricing import Hold, Purchases, Repriced

SAME_PERCENT: Final = 1
"""A customer whose amounts change by no more than so much of a hundred pays about the same."""


@dataclass(frozen=True, slots=True)
class MeterMonths:
    """Totals of every meter in every month in which it bought, in this order.

    meter: as in ``Purchases``. month: from January 1970. units: bought before, in steps. before, after: the
    amounts that are compared.
    """

    meter: Whole
    month: Whole
    units: Whole
    before: Whole
    after: Whole


@dataclass(frozen=True, slots=True)
class Customers:
    """Totals of every meter over its months: from that of its first purchase to that of its last.

    months: how many they are. The other columns are as in ``MeterMonths``.
    """

    meter: Whole
    months: Whole
    units: Whole
    before: Whole
    after: Whole

    @property
    def change(self) -> Whole:
        """Return by how much the amount of a month changes, to the nearest coin or step."""
        change = self.after - self.before
        nearest = (2 * np.abs(change) + self.months) // (2 * self.months)
        return np.asarray(np.where(change < 0, -nearest, nearest))

    @property
    def per_mille(self) -> Whole:
        """Return the change as thousandths of what it was, to the nearest; 0 where that was nothing."""
        change, base = self.after - self.before, np.maximum(self.before, 1)
        nearest = (2000 * np.abs(change) + base) // (2 * base)
        return np.asarray(np.where(self.before > 0, np.where(change < 0, -nearest, nearest), 0))

    @property
    def same(self) -> Mask:
        """Say of each whether the amount stays about the same."""
        return np.asarray(100 * np.abs(self.after - self.before) <= SAME_PERCENT * self.before, np.bool_)

    @property
    def rises(self) -> Mask:
        """Say of each whether the amount rises."""
        return np.asarray((self.after > self.before) & ~self.same, np.bool_)

    def at(self, rows: Whole | Mask) -> Customers:
        """Return some of them."""
        return Customers(
            self.meter[rows], self.months[rows], self.units[rows], self.before[rows], self.after[rows]
        )


@dataclass(frozen=True, slots=True)
class Band:
    """Customers whose mean consumption of a month lies in a band.

    low, high: units; at least low and below high, None for no end. rises, same, falls: how many customers.
    before, after: the sums of their amounts. median: of the change of a customer's month, in coins or
    steps; median_per_mille: in thousandths of what it was. highest, lowest: the change of the month of the
    customer whose amounts rise most and least.
    """

    low: int
    high: int | None
    rises: int
    same: int
    falls: int
    before: int
    after: int
    median: int
    median_per_mille: int
    highest: int
    lowest: int

    @property
    def customers(self) -> int:
        """How many they are."""
        return self.rises + self.same + self.falls


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways to price the same purchases. rows: purchases that could be priced both ways."""

    rows: int
    months: MeterMonths
    customers: Customers
    bands: tuple[Band, ...]


def compared(
    purchases: Purchases,
    before: Repriced | None,
    after: Repriced,
    hold: Hold,
    bounds: Sequence[int],
    *,
    steps: int = 10,
) -> Comparison:
    """Compare purchases by two tariffs.

    before: by the first; None for as they were. after: by the other. bounds: rising, of the bands, in units
    a month. steps: how many steps of the grid one unit has.
    """
    good = after.refused == 0
    old = purchases.tender if hold is Hold.UNITS else purchases.units
    new = after.tender if hold is Hold.UNITS else after.units
    if before is not None:
        good = good & (before.refused == 0)
        old = before.tender if hold is Hold.UNITS else before.units
    months = _meter_months(purchases, good, old, new)
    customers = _customers(months)
    return Comparison(int(good.sum()), months, customers, tuple(_bands(customers, bounds, steps)))


def _meter_months(purchases: Purchases, good: Mask, old: Whole, new: Whole) -> MeterMonths:
    meter, month = purchases.meter[good], month_of(purchases.day[good])
    order = np.lexsort((month, meter))
    meter, month = meter[order], month[order]
    starts = _starts((meter[1:] != meter[:-1]) | (month[1:] != month[:-1]), len(meter))

    def sums(values: Whole) -> Whole:
        return _sums(values[good][order], starts)

    return MeterMonths(meter[starts], month[starts], sums(purchases.units), sums(old), sums(new))


def _customers(months: MeterMonths) -> Customers:
    starts = _starts(months.meter[1:] != months.meter[:-1], len(months.meter))
    ends = np.append(starts[1:], len(months.meter)) - 1
    return Customers(
        months.meter[starts],
        months.month[ends] - months.month[starts] + 1 if len(starts) else starts,
        _sums(months.units, starts),
        _sums(months.before, starts),
        _sums(months.after, starts),
    )


def _starts(changes: Mask, rows: int) -> Whole:
    """Return where runs of rows begin. changes: whether a row differs from the one before it."""
    return np.flatnonzero(np.concatenate(([True], changes))) if rows else np.zeros(0, np.int64)


def _sums(values: Whole, starts: Whole) -> Whole:
    return np.asarray(np.add.reduceat(values, starts)) if len(starts) else values


def _bands(customers: Customers, bounds: Sequence[int], steps: int) -> list[Band]:
    """Return the bands in which there are customers."""
    found = []
    for place, low in enumerate(bounds):
        high = bounds[place + 1] if place + 1 < len(bounds) else None
        within = customers.units >= low * steps * customers.months
        if high is not None:
            within &= customers.units < high * steps * customers.months
        here = customers.at(within)
        if len(here.meter):
            found.append(_band(here, low, high))
    return found


def _band(here: Customers, low: int, high: int | None) -> Band:
    change, rises, same = here.change, int(here.rises.sum()), int(here.same.sum())
    return Band(
        low,
        high,
        rises,
        same,
        len(change) - rises - same,
        int(here.before.sum()),
        int(here.after.sum()),
        median(change),
        median(here.per_mille),
        int(change.max()),
        int(change.min()),
    )


def median(values: Whole) -> int:
    """Return the median; of two in the middle the lesser."""
    return int(np.sort(values)[(len(values) - 1) // 2])
