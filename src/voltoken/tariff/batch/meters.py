"""What is remembered of every meter from one purchase to the next while purchases are priced anew.

It is what a vending system would give as ``Context``: units of the period, standings of charges, free units
taken, units of past months, the last purchase and money carried over. Units are counted in grid steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from voltoken.tariff.batch.days import begins, month_of, number_of
from voltoken.tariff.batch.dues import Demand
from voltoken.tariff.batch.exact import Column, Whole
from voltoken.tariff.document import Charge, Debt, Period, Tariff
from voltoken.tariff.plan import Due, Plan
from voltoken.tariff.words import Per

_NEVER = -(1 << 40)
"""A day, month or period before all others."""


class Standings:
    """How far one charge has been reckoned for every meter."""

    def __init__(self, meters: int) -> None:
        self.next_due = np.full(meters, _NEVER, np.int64)
        self.owing: Whole = np.zeros(meters, np.int64)


class Entitlement:
    """Free units of one kind that every meter has received in its current month or period."""

    def __init__(self, meters: int) -> None:
        self.number = np.full(meters, _NEVER, np.int64)
        self.taken = np.zeros(meters, np.int64)


class Meters:
    """The memory of all meters under one tariff. Only the first of them are touched in a round."""

    def __init__(self, tariff: Tariff, meters: int, months: range) -> None:
        self.tariff = tariff
        self.period = np.full(meters, _NEVER, np.int64)
        self.used = np.zeros(meters, np.int64)
        self.free_used = np.zeros(meters, np.int64)
        self.carried: Whole = np.zeros(meters, np.int64)
        self.last = np.full(meters, _NEVER, np.int64)
        self.standing = {charge.code: Standings(meters) for charge in tariff.charges}
        self.taken = {free.code: Entitlement(meters) for free in tariff.free}
        self.history = History(meters, months if any(_means(tariff)) else range(0))

    def begin(self, day: Whole) -> None:
        """Take note of the days of a round: where a new period has begun nothing has been used of it."""
        count = len(day)
        number = number_of(Per.PERIOD, self.tariff.period, day)
        is_new = number != self.period[:count]
        self.period[:count] = number
        self.used[:count][is_new] = 0
        self.free_used[:count][is_new] = 0
        for free in self.tariff.free:
            entitlement = self.taken[free.code]
            number = number_of(free.per, self.tariff.period, day)
            is_new = number != entitlement.number[:count]
            entitlement.number[:count] = number
            entitlement.taken[:count][is_new] = 0
        self.history.begin(month_of(day))

    def wanted(self, plan: Plan, rows: Whole, day: Whole) -> tuple[Demand, ...]:
        """Return what is due of every charge of a plan. rows: the meters.

        Debts are not known here, and nothing is due of them.
        """
        return tuple(self._demand(plan, due, rows, day) for due in plan.dues)

    def _demand(self, plan: Plan, due: Due, rows: Whole, day: Whole) -> Demand:
        rule = due.rule
        if due.net is None or isinstance(rule, Debt):
            nothing = Column(np.zeros(len(rows), np.int64), 1, 0)
            return Demand(due, nothing, nothing)
        standing = self.standing[rule.code]
        times = times_due(rule, self.tariff.period, standing.next_due[rows], self.last[rows], day)
        if rule.accrues_max is not None:
            times = np.minimum(times, rule.accrues_max)
        amount, owing = Column.of(times).times(due.net), Column.of(standing.owing[rows])
        step, to = int(plan.line.step), plan.line.to
        net = amount.rounded(step, to) + owing
        if not rule.includes:
            return Demand(due, net, net.times(due.gross))
        # What includes taxes is due at its amount, whatever its line and theirs are rounded to.
        whole = amount.times(due.contained).rounded(step, to).times(Fraction(due.gross, due.contained))
        return Demand(due, net, whole + owing.times(due.gross))

    def paid(self, rows: Whole, day: Whole, wanted: Sequence[Demand], lines: Sequence[Whole]) -> None:
        """Take note of what purchases have paid.

        rows: the meters. wanted: what was due. lines: what was paid of it.
        """
        for demand, line in zip(wanted, lines, strict=True):
            due, rule = demand.due, demand.due.rule
            if due.net is None or isinstance(rule, Debt) or rule.per is Per.PURCHASE:
                continue
            standing = self.standing[rule.code]
            reached = day
            if rule.per is not Per.DAY:
                number = number_of(rule.per, self.tariff.period, day)
                reached = begins(rule.per, self.tariff.period, number + 1)
            standing.next_due[rows] = np.maximum(reached, standing.next_due[rows])
            standing.owing = put(standing.owing, rows, np.maximum(demand.net.num - line, 0))


def times_due(rule: Charge, period: Period, next_due: Whole, last: Whole, day: Whole) -> Whole:
    """Return how many times a charge has fallen due up to each day, as ``dues.times_due`` does."""
    if rule.per is Per.PURCHASE:
        return np.ones(len(day), np.int64)
    known = next_due != _NEVER
    if rule.per is Per.DAY:
        since = np.where(known, next_due, last)
        since = np.where(since == _NEVER, day, since)
        return np.maximum(_in_season(rule, since, day, np.asarray), 0)
    if not rule.accrues:
        return np.asarray((~known | (next_due <= day)).astype(np.int64))
    first = number_of(rule.per, period, np.where(known, next_due, day))
    last_number = number_of(rule.per, period, day)
    begun = _in_season(rule, first, last_number + 1, lambda number: begins(rule.per, period, number))
    return np.asarray(np.where(known, np.where(next_due <= day, begun, 0), 1))


def _in_season(rule: Charge, start: Whole, end: Whole, day_of: Callable[[Whole], Whole]) -> Whole:
    """Return how many numbers from start on, and before end, are those of days in a charge's season."""
    if not rule.when.months:
        return np.asarray(end - start)
    low, high = int(start.min()), int(max(end.max(), start.max()))
    every = np.arange(low, high + 1)
    season = np.array([month in rule.when.months for month in range(1, 13)], np.bool_)
    before = np.concatenate(([0], np.cumsum(season[month_of(day_of(every)) % 12])))
    return np.asarray(before[np.maximum(end, start) - low] - before[start - low])


def _means(tariff: Tariff) -> Iterator[bool]:
    for parts in (tariff.energies, tariff.extras, tariff.charges, tariff.debts, tariff.free):
        for part in parts:
            yield part.when.mean is not None


class History:
    """Units of every meter by calendar month, from that of its first purchase on.

    months: all that there are; none where nobody asks for averages.
    """

    def __init__(self, meters: int, months: range) -> None:
        self.months = months
        self.first = np.full(meters, _NEVER, np.int64)
        self.now = np.full(meters, _NEVER, np.int64)
        self.total = np.zeros(meters, np.int64)
        self.before = np.zeros((len(months), meters), np.int64)
        """Of each month, the units of all months before it."""

    def begin(self, month: Whole) -> None:
        """Take note of the months of a round."""
        count = len(month)
        now, first = self.now[:count], self.first[:count]
        first[first == _NEVER] = month[first == _NEVER]
        for place, number in enumerate(self.months):
            reached = (now < number) & (number <= month)
            self.before[place, :count][reached] = self.total[:count][reached]
        now[:] = month

    def average(self, months: int) -> tuple[Whole, Whole]:
        """Return of each meter the units of so many full months, and how many months they are."""
        count = len(self.now)
        known = self.now != _NEVER
        end = np.where(known, self.now - self.months.start, 0)
        start = np.where(known, np.maximum(self.now - months, self.first) - self.months.start, 0)
        place = np.arange(count)
        return self.before[end, place] - self.before[start, place], end - start

    def bought(self, rows: Whole, units: Whole) -> None:
        """Take note of units."""
        self.total[rows] += units


def put(target: Whole, rows: Whole, values: Whole) -> Whole:
    """Return target with values in some rows: itself, or a copy that can hold what 64 bits cannot."""
    found = target.astype(object) if values.dtype == object and target.dtype != object else target
    found[rows] = values
    return found
