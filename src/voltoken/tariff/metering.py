"""A tariff as the price function of a currency meter: what the meter itself collects for consumption.

Where energy is collected by the meter, tokens carry money, and the meter takes the price of every unit from
it: by blocks, from the register's position in the local period; by hours, on the local clock; with the levies
and taxes that are collected at the meter. What is collected at the till is left out here, and what a price
contains of it is taken out.

A price function knows consumption only. Charges and debts collected at the meter have no place in it: they
are told in ``left_out``, and are taken by tokens that take credit away, or by the meter's own program. What
is drawn over an interval is priced where the interval ends. The tariff stays in force at the meter until
another one is put in its place, and so does the last known value of a monthly levy: a meter hears no news.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, tzinfo
from fractions import Fraction
from typing import Final

from voltoken.errors import FieldError
from voltoken.sts import CURRENCY
from voltoken.tariff.calendar import counts_from, month_start, next_month
from voltoken.tariff.choosing import choose
from voltoken.tariff.document import ENERGY, Block, Charge, Debt, Energy, Extra, Slot, Tariff
from voltoken.tariff.plan import Plan
from voltoken.tariff.planning import contained, multiple, plan_for
from voltoken.tariff.quote import Context, Exact
from voltoken.tariff.words import Place

STEPS: Final = 10**CURRENCY.decimals
"""Steps of credit in one unit of the currency."""

PLANS_MAX: Final = 64
"""How many plans are kept: months and hours of a year with a few prices each."""

_MIDNIGHT: Final = time(0)


@dataclass(frozen=True, slots=True)
class PeriodMark:
    """Where the blocks began: the first local day that counts, and what the register read then, in counts."""

    start: date
    register: int


class MeterPrice:
    """The price function of a currency meter that a tariff gives.

    tariff: all its energy is collected by the meter. zone: of the tariff. mark: where the blocks began, as
    read from ``mark`` before; without one they begin with the first consumption. marks, past_units: of the
    customer, as in ``Context``. exchange: likewise, for prices in another currency without dated rates.
    Raises FieldError for a tariff whose energy is collected at the till and for another zone than its own,
    PurchaseRefused for one that has no price for this customer in a month of its first year.
    """

    __slots__ = ("_counts", "_customer", "_last", "_plans", "_tariff", "_zone", "left_out", "mark")
    left_out: tuple[str, ...]
    mark: PeriodMark | None

    def __init__(
        self,
        tariff: Tariff,
        zone: tzinfo,
        *,
        mark: PeriodMark | None = None,
        marks: frozenset[str] = frozenset(),
        past_units: tuple[Exact, ...] = (),
        exchange: Exact | None = None,
    ) -> None:
        if any(energy.collected is Place.TILL for energy in tariff.energies):
            raise FieldError("tariff", tariff.code, "a tariff whose energy is collected by the meter")
        if str(zone) != tariff.zone:
            raise FieldError("zone", str(zone), f"the zone of the tariff, {tariff.zone}")
        first = datetime.combine(tariff.valid_from, _MIDNIGHT, zone)
        self._tariff = tariff
        self._zone = zone
        self._customer = Context(first, past_units=past_units, marks=marks, exchange=exchange)
        self._counts = 60 if tariff.resource == "time" else 1000
        self._plans: dict[tuple[date, Slot | None], Plan] = {}
        self._last: tuple[datetime, date, Plan] | None = None
        parts: tuple[Charge | Debt, ...] = (*tariff.charges, *tariff.debts)
        self.left_out = tuple(part.code for part in parts if part.collected is Place.METER)
        self.mark = mark
        for day in _months(tariff.valid_from, 12):
            for slot in (None, *(slot for energy in tariff.energies for slot in energy.slots)):
                self._plan(day, slot)

    def cost(self, quantity: int, total: int, now: datetime) -> Fraction:
        """Return what quantity counts cost, in steps of 10**-5 of the currency's whole unit.

        total: what the register read before them. now: aware, the end of the time in which they were drawn.
        The blocks begin again with the first consumption in a new period, and where the register reads less
        than it did when they began: then it is another meter's.
        Raises PurchaseRefused where rebates leave units that cost nothing.
        """
        day, plan = self._at(now)
        start, mark = counts_from(self._tariff, day), self.mark
        if mark is None or mark.start < start or total < mark.register:
            self.mark = mark = PeriodMark(start, total)
        size = plan.unit_den // self._counts
        coins = plan.cost((total - mark.register) * size, quantity * size)
        return Fraction(coins * STEPS, plan.scale)

    def _at(self, now: datetime) -> tuple[date, Plan]:
        """Return the local day and its prices; the same for the same moment, as a meter asks often."""
        last = self._last
        if last is not None and last[0] is now:
            return last[1:]
        local = now.astimezone(self._zone)
        day = local.date()
        customer = replace(self._customer, at=max(local, self._customer.at))
        energy = self._tariff.energies[choose(self._tariff, customer).energy]
        slot = next((slot for slot in energy.slots if _fits(slot, local)), None)
        plan = self._plan(day, slot)
        self._last = now, day, plan
        return day, plan

    def _plan(self, day: date, slot: Slot | None) -> Plan:
        """Return the prices of a day, in the hours of a slot."""
        day = max(day, self._tariff.valid_from)
        key = day, slot
        plan = self._plans.get(key)
        if plan is None:
            tariff = _as_if_sold(self._tariff, day, slot)
            context = replace(self._customer, at=datetime.combine(day, _MIDNIGHT, self._zone))
            plan = plan_for(tariff, choose(tariff, context), CURRENCY).finer(self._counts)
            if len(self._plans) >= PLANS_MAX:
                self._plans.clear()
            self._plans[key] = plan
        return plan


def _as_if_sold(tariff: Tariff, day: date, slot: Slot | None) -> Tariff:
    """Return the meter's part of a tariff as one that is sold at the till, at the price of a slot."""
    extras = tuple(
        replace(extra, collected=Place.TILL, per_unit=_known(extra, day))
        for extra in tariff.extras
        if extra.collected is Place.METER
    )
    energies = tuple(
        replace(
            energy,
            blocks=tuple(_without_till(tariff, energy, block, slot, day) for block in energy.blocks),
            slots=(),
            collected=Place.TILL,
        )
        for energy in tariff.energies
    )
    return replace(tariff, energies=energies, extras=extras, charges=(), debts=(), collection=())


def _without_till(tariff: Tariff, energy: Energy, block: Block, slot: Slot | None, day: date) -> Block:
    """Return a block at the price of a slot, less what is included of levies and taxes of the till."""
    price = block.price if slot is None or slot not in energy.slots else slot.price
    inside = contained(tariff, energy.includes, day.month)
    of_meter = multiple(ENERGY, (extra for extra in inside if extra.collected is Place.METER))
    return replace(block, price=price * Fraction(of_meter, multiple(ENERGY, inside)))


def _known(extra: Extra, day: date) -> Fraction | None:
    """Return the amount for a unit in a month: the last one published by then, else the first."""
    if not extra.monthly:
        return extra.per_unit
    past = [month for month in extra.monthly if month <= (day.year, day.month)]
    return extra.monthly[max(past, default=min(extra.monthly))]


def _fits(slot: Slot, local: datetime) -> bool:
    """Whether a moment lies in a slot; hours that end at 00:00 end with the day."""
    if slot.months and local.month not in slot.months:
        return False
    if slot.weekdays and local.isoweekday() not in slot.weekdays:
        return False
    clock = local.time()
    return not slot.hours or any(
        start <= clock < end if start < end else clock >= start or clock < end for start, end in slot.hours
    )


def _months(first: date, count: int) -> Iterator[date]:
    """Yield a day and the first days of the months after it, as far as there are any."""
    day = first
    for _ in range(count):
        yield day
        if month_start(day) == month_start(date.max):
            return
        day = next_month(day)
