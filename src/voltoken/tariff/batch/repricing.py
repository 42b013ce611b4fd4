"""Purchases of many meters over time, priced by another tariff, as if it had always been in force.

What a purchase costs depends on those before it. So it is done in rounds: the first purchase of every meter
at once, then the second, and so on, each with what the purchases before it have left behind (``meters``).
How long that takes depends on all purchases and, a little, on the most that one meter has made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from voltoken.errors import FieldError, PurchaseRefused
from voltoken.sts import UNITS, UnitGrid
from voltoken.tariff.batch.choosing import Circumstances, choices
from voltoken.tariff.batch.days import month_of
from voltoken.tariff.batch.exact import Whole, narrow
from voltoken.tariff.batch.kernel import sell, sell_units
from voltoken.tariff.batch.meters import History, Meters, put
from voltoken.tariff.batch.refusals import Refusal
from voltoken.tariff.batch.sales import Sales, Sold
from voltoken.tariff.choosing import Choice
from voltoken.tariff.document import Charge, Tariff
from voltoken.tariff.plan import Plan
from voltoken.tariff.planning import plan_for
from voltoken.tariff.quote import Kind
from voltoken.tariff.words import Counts, Place, Remainder


class Hold(StrEnum):
    """What stays as it was."""

    UNITS = "units"
    """The energy: what would it have cost?"""
    MONEY = "money"
    """The money: how many units would it have bought?"""


@dataclass(frozen=True, slots=True)
class Purchases:
    """Purchases as they were, in any order; of one meter at one moment, in the order of the rows.

    meter: numbers from 0. at: when, as seconds on the clock of the tariff's zone since 1970-01-01. tender:
    coins. units: steps of the grid, without free units. marks: places in customers, the marks of customers.
    """

    meter: Whole
    at: Whole
    tender: Whole
    units: Whole
    marks: Whole
    customers: Sequence[frozenset[str]] = (frozenset(),)

    def __len__(self) -> int:
        """How many they are."""
        return len(self.meter)

    @property
    def day(self) -> Whole:
        """Their local days, from 1970-01-01."""
        return np.asarray(self.at // 86_400)


class Component(NamedTuple):
    """What lines are summed under: their kind, and the code of the part of the tariff."""

    kind: Kind
    code: str


@dataclass(frozen=True, slots=True)
class Repriced:
    """The same purchases by another tariff, row by row; zeros where one is refused.

    refused: a ``Refusal``. tender: coins. units, free: steps of the grid. lines: coins by component; they
    add up to the tender.
    """

    refused: Whole
    tender: Whole
    units: Whole
    free: Whole
    lines: dict[Component, Whole] = field(default_factory=dict)


def reprice(
    tariff: Tariff,
    purchases: Purchases,
    hold: Hold = Hold.UNITS,
    *,
    grid: UnitGrid = UNITS,
    exchange: Fraction | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Repriced:
    """Price purchases by a tariff.

    grid: the amounts that tokens carry. exchange: what one of the currency of prices costs, where the
    document leaves that to the day. done: is called with how many more rows are done.
    Every row is what ``Prices`` says with the state that the rows before it have left; units that must be
    asked for are not given, and debts are not known. The dates of validity are not looked at.
    Raises FieldError for a tariff whose energy is collected by the meter.
    """
    if any(energy.collected is Place.METER for energy in tariff.energies):
        raise FieldError("tariff", tariff.code, "one whose energy is collected at the till")
    return _Run(tariff, purchases, hold, grid, exchange).run(done)


class _Run:
    """One repricing."""

    def __init__(
        self, tariff: Tariff, purchases: Purchases, hold: Hold, grid: UnitGrid, exchange: Fraction | None
    ) -> None:
        self.tariff = tariff
        self.given = purchases
        self.hold = hold
        self.grid = grid
        self.exchange = exchange
        self.steps = 10**grid.decimals
        self.plans: dict[Choice, Plan | Refusal] = {}
        self.day = purchases.day
        rows = len(purchases)
        self.refused = np.zeros(rows, np.uint8)
        self.tender: Whole = np.zeros(rows, np.int64)
        self.units: Whole = np.zeros(rows, np.int64)
        self.free: Whole = np.zeros(rows, np.int64)
        self.lines: dict[Component, Whole] = {}

    def run(self, done: Callable[[int], object]) -> Repriced:
        """Do all rounds."""
        if len(self.given):
            month = month_of(self.day)
            months = range(int(month.min()), int(month.max()) + 1)
            rounds = list(_rounds(self.given))
            meters = Meters(self.tariff, len(rounds[0]), months)
            for rows in rounds:
                self._round(meters, rows)
                done(len(rows))
        lines = {component: narrow(line) for component, line in self.lines.items()}
        return Repriced(self.refused, self.tender, self.units, self.free, lines)

    def _round(self, meters: Meters, rows: Whole) -> None:
        """Price one purchase of each of the first meters. rows: theirs, in the order of the meters."""
        day = self.day[rows]
        meters.begin(day)
        circumstances = Circumstances(
            day,
            month_of(day),
            self.given.marks[rows],
            self.given.customers,
            _Averages(meters.history, len(rows)),
            self.steps,
        )
        free = self._free(meters, circumstances)
        for choice, places in choices(self.tariff, circumstances, self.exchange):
            plan = choice if isinstance(choice, Refusal) else self._plan(choice)
            if isinstance(plan, Refusal):
                self.refused[rows[places]] = plan
            else:
                self._sell(meters, plan, rows, places, free)

    def _plan(self, choice: Choice) -> Plan | Refusal:
        """Return the plan of a choice, fine enough for every position; or why there is none."""
        found = self.plans.get(choice)
        if found is None:
            try:
                found = plan_for(self.tariff, choice, self.grid).finer(self.steps)
            except PurchaseRefused as refusal:
                found = Refusal[refusal.reason.upper()]
            else:
                if any(
                    isinstance(due.rule, Charge) and due.net is not None and due.rule.each
                    for due in found.dues
                ):
                    found = Refusal.SIZE_UNKNOWN
            self.plans[choice] = found
        return found

    def _free(self, meters: Meters, found: Circumstances) -> dict[str, Whole]:
        """Return the free units that each purchase brings, by code, in steps."""
        given = {}
        for rule in self.tariff.free:
            if not rule.on_claim:
                due = rule.units * self.steps // 1 - meters.taken[rule.code].taken[: len(found.day)]
                given[rule.code] = np.where(found.holds(rule.when), np.maximum(due, 0), 0)
        return given

    def _sell(
        self, meters: Meters, plan: Plan, rows: Whole, places: Whole, free_of: dict[str, Whole]
    ) -> None:
        """Price the purchases of one plan. places: of the meters, and of their purchases in rows."""
        here, day, counts = rows[places], self.day[rows[places]], self.tariff.period.counts
        free = sum((given[places] for given in free_of.values()), np.zeros(len(places), np.int64))
        finer = plan.unit_den // self.steps
        position = np.zeros(len(places), np.int64)
        if Counts.BOUGHT in counts:
            position += meters.used[places]
        if Counts.FREE in counts:
            position += meters.free_used[places] + free
        carried = meters.carried[places]
        wanted = meters.wanted(plan, places, day)
        sales = Sales(position * finer, carried, wanted, free > 0)
        if self.hold is Hold.MONEY:
            sold = sell(self.tariff, plan, self.grid, sales, self.given.tender[here])
        else:
            sold = sell_units(self.tariff, plan, self.grid, sales, self.given.units[here] * finer)
        good = sold.refused == 0
        units, free = sold.count // finer, np.where(good, free, 0)
        self._note(here, plan, sold, units, free, carried)
        pays = good & (sold.tender != 0)
        who = places[pays]
        paid = [demand.at(pays) for demand in wanted]
        meters.paid(who, day[pays], paid, [line[pays] for line in sold.dues])
        if self.tariff.money.remainder is Remainder.CARRY:
            meters.carried = put(meters.carried, who, sold.left[pays])
        meters.last[places[good]] = day[good]
        meters.used[places] += units
        meters.free_used[places] += free
        for code, given in free_of.items():
            meters.taken[code].taken[places] += np.where(good, given[places], 0)
        meters.history.bought(places, units + free)

    def _note(self, here: Whole, plan: Plan, sold: Sold, units: Whole, free: Whole, carried: Whole) -> None:
        """Write down what purchases came to."""
        self.refused[here] = sold.refused
        self.tender = put(self.tender, here, sold.tender)
        self.units[here] = units
        self.free[here] = free
        pays = sold.tender != 0
        self._add(here, Kind.ENERGY, "energy", sum(sold.energy.values(), np.zeros(len(here), np.int64)))
        for due, line in zip(plan.dues, sold.dues, strict=True):
            kind = Kind.CHARGE if isinstance(due.rule, Charge) else Kind.DEBT
            self._add(here, kind, due.rule.code, line)
        for share, line in zip(plan.shares, sold.shares, strict=True):
            self._add(here, Kind.TAX if share.is_tax else Kind.LEVY, share.code, line)
        if self.tariff.money.remainder is Remainder.CARRY:
            self._add(here, Kind.CARRIED, "carried", sold.left - np.where(pays, carried, 0))
        else:
            self._add(here, Kind.ROUNDING, "rounding", sold.left)

    def _add(self, here: Whole, kind: Kind, code: str, line: Whole) -> None:
        component = Component(kind, code)
        if component not in self.lines:
            self.lines[component] = np.zeros(len(self.given), np.int64)
        self.lines[component] = put(self.lines[component], here, line)


@dataclass(frozen=True, slots=True)
class _Averages:
    """The averages of the first meters. count: how many meters."""

    history: History
    count: int

    def average(self, months: int) -> tuple[Whole, Whole]:
        """Return of each the units of so many full months, and how many months they are."""
        units, known = self.history.average(months)
        return units[: self.count], known[: self.count]


def _rounds(purchases: Purchases) -> Iterator[Whole]:
    """Yield the rows of every meter's first purchases, of the second ones ...

    Meters stand in the order of how many purchases they have made, most first, so that every round takes
    the first meters of the one before.
    """
    order = np.lexsort((purchases.at, purchases.meter))
    meter = purchases.meter[order]
    starts = np.flatnonzero(np.concatenate(([True], meter[1:] != meter[:-1])))
    counts = np.diff(np.append(starts, len(meter)))
    most_first = np.argsort(-counts, kind="stable")
    starts, counts = starts[most_first], counts[most_first]
    # How many meters have made more than so many purchases, for every number of them.
    left = np.searchsorted(-counts, -np.arange(int(counts[0])), side="left")
    for number, meters in enumerate(left.tolist()):
        yield order[starts[:meters] + number]
