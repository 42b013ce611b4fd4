"""Which prices apply to each of many purchases: the twin of ``planning.choose``.

Purchases that differ in nothing that a condition depends on have one plan, however many they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from voltoken.tariff.batch.days import EPOCH_YEAR, day_number
from voltoken.tariff.batch.exact import Column, Mask, Whole
from voltoken.tariff.batch.refusals import Refusal
from voltoken.tariff.choosing import Choice, all_dues
from voltoken.tariff.conditions import ALWAYS, Mean, When
from voltoken.tariff.document import Tariff
from voltoken.tariff.words import Place


class Past(Protocol):
    """What is known of the months before a purchase."""

    def average(self, months: int) -> tuple[Whole, Whole]:
        """Return of each purchase the grid steps of so many months, and how many months they are."""
        ...


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What conditions depend on. day: local, from 1970-01-01. month: likewise, from January 1970.

    marks: places in ``customers``. past: for averages. steps: how many grid steps one unit has.
    """

    day: Whole
    month: Whole
    marks: Whole
    customers: Sequence[frozenset[str]]
    past: Past
    steps: int

    def holds(self, when: When) -> Mask:
        """Say of each purchase whether a condition holds, as ``conditions.holds`` does."""
        found = np.ones(len(self.day), np.bool_)
        if when == ALWAYS:
            return found
        if when.months:
            table = np.array([month in when.months for month in range(1, 13)], np.bool_)
            found &= table[self.month % 12]
        if when.customer or when.not_customer:
            table = np.array([_fits(when, marks) for marks in self.customers], np.bool_)
            found &= table[self.marks]
        return found if when.mean is None else found & self._mean_holds(when.mean)

    def _mean_holds(self, mean: Mean) -> Mask:
        units, months = self.past.average(mean.months)
        found = np.ones(len(self.day), np.bool_)
        whole, of_one = Column.of(units), Column.of(months)
        if mean.at_least is not None:
            found &= ~whole.below(of_one.times(mean.at_least * self.steps))
        if mean.below is not None:
            found &= whole.below(of_one.times(mean.below * self.steps))
        return np.asarray(np.where(months > 0, found, mean.without_history), np.bool_)


def _fits(when: When, marks: frozenset[str]) -> bool:
    return not (when.customer and not when.customer & marks) and not when.not_customer & marks


def choices(
    tariff: Tariff, found: Circumstances, exchange: Fraction | None
) -> Iterator[tuple[Choice | Refusal, Whole]]:
    """Yield each choice of a tariff's parts with the rows of the purchases that it is made for.

    exchange: what one of ``priced_in`` costs, where the purchase says it. In the place of a choice stands
    why there is none.
    """
    conditions = _Conditions(tariff, found)
    rates, dated = _rates(tariff, found.day, exchange)
    is_dated, is_seasonal = months_of_plans(tariff)
    month = found.month if is_dated else found.month % 12 if is_seasonal else np.zeros_like(found.month)
    for rows in _alike([conditions.energy, *conditions.columns, dated, month]):
        row = int(rows[0])
        rate = rates[int(dated[row])]
        if conditions.energy[row] < 0:
            yield Refusal.NO_PRICE, rows
        elif rate <= 0:
            yield Refusal.NO_EXCHANGE, rows
        else:
            year, number = divmod(int(month[row]), 12)
            at = (year + EPOCH_YEAR if is_dated else 0, number + 1 if is_dated or is_seasonal else 0)
            yield conditions.choice(row, at, rate), rows


def months_of_plans(tariff: Tariff) -> tuple[bool, bool]:
    """Return whether plans depend on year and month, and whether on the month, as ``month_of_plan`` does."""
    return any(extra.monthly for extra in tariff.extras), any(extra.when.months for extra in tariff.extras)


def _rates(tariff: Tariff, day: Whole, exchange: Fraction | None) -> tuple[Sequence[Fraction], Whole]:
    """Return rates of exchange, 0 for one that is not known, and which of them is each day's."""
    money = tariff.money
    if money.priced_in == money.currency.code:
        return (Fraction(1),), np.zeros_like(day)
    firsts = [day_number(first) for first, _ in money.rates]
    rates = (exchange or Fraction(0), *(rate for _, rate in money.rates))
    return rates, np.searchsorted(np.array(firsts, np.int64), day, side="right")


class _Conditions:
    """Which parts of a tariff apply to each purchase. columns: those on which purchases may differ."""

    def __init__(self, tariff: Tariff, found: Circumstances) -> None:
        self.energy = np.full(len(found.day), -1, np.int64)
        for number, energy in reversed(list(enumerate(tariff.energies))):
            self.energy[found.holds(energy.when)] = number
        self.extras = [
            (number, found.holds(extra.when))
            for number, extra in enumerate(tariff.extras)
            if extra.collected is Place.TILL
        ]
        self.dues = [
            (number, found.holds(due.when))
            for number, due in enumerate(all_dues(tariff))
            if due.collected is Place.TILL
        ]
        self.columns = [holds for _, holds in (*self.extras, *self.dues) if not holds.all()]

    def choice(self, row: int, month: tuple[int, int], rate: Fraction) -> Choice:
        """Return what is chosen for a purchase."""
        extras = tuple(number for number, holds in self.extras if holds[row])
        dues = tuple(number for number, holds in self.dues if holds[row])
        return Choice(int(self.energy[row]), extras, dues, month, rate)


def _alike(columns: Sequence[Whole]) -> Iterator[Whole]:
    """Yield the rows that are alike in all columns; there is at least one row."""
    groups = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if low != high:
            _, groups = np.unique(groups * (high - low + 1) + (column - low), return_inverse=True)
    order = np.argsort(groups, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
