"""What units cost and what is due, once more: in fractions only, from the rules and not from the engine.

The price of a stretch of units is found by cutting it wherever any price changes, months that have begun are
counted day by day. Nothing is solved, and nothing is put over a common denominator.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any


class Refused(Exception):
    """The tariff does not allow the purchase. The argument is the reason, where the rules give it a word."""


def rounded(value: Fraction, rule: Any) -> Fraction:
    """Return a value rounded to the step of a rule: what lies in the middle goes away from zero."""
    whole = abs(value) // rule.step * rule.step
    rest = abs(value) - whole
    if (rule.to == "up" and rest) or (rule.to == "nearest" and 2 * rest >= rule.step):
        whole += rule.step
    return Fraction(whole if value > 0 else -whole)


class NaiveTariff:
    """A tariff in the circumstances of one purchase. grid_step: least amount of a token, in units."""

    def __init__(self, tariff: Any, context: Any, grid_step: Fraction) -> None:
        self.tariff, self.context, self.grid_step = tariff, context, Fraction(grid_step)
        self.today: date = context.at.date()
        self.scale: int = tariff.money.currency.scale
        if self.today < tariff.valid_from or (tariff.valid_until and self.today > tariff.valid_until):
            raise Refused("not_in_force")
        self.exchange = self._exchange()
        self.extras = [one for one in tariff.extras if self.holds(one.when) and one.collected == "till"]
        fitting = [one for one in tariff.energies if self.holds(one.when)]
        if not fitting:
            raise Refused("")
        self.energy = fitting[0]
        self.is_credit = self.energy.collected == "meter"
        if self.is_credit:
            self.extras = [one for one in self.extras if one.rate is not None]
        self.step = self._step()
        self.free = self._free()
        self.start = Fraction(context.used)
        if "free" in tariff.period.counts:
            self.start += Fraction(context.free_used) + sum(self.free.values())

    # ------------------------------------------------------------------ circumstances

    def holds(self, when: Any) -> bool:
        """Whether a condition holds: month, marks of the customer, average of the past months."""
        context = self.context
        if when.months and self.today.month not in when.months:
            return False
        if when.customer and not when.customer & context.marks:
            return False
        if when.not_customer & context.marks:
            return False
        if when.mean is None:
            return True
        past = [Fraction(units) for units in context.past_units[: when.mean.months]]
        if not past:
            return bool(when.mean.without_history)
        average = sum(past) / len(past)
        at_least, below = when.mean.at_least, when.mean.below
        return (at_least is None or average >= at_least) and (below is None or average < below)

    def _exchange(self) -> Fraction:
        """Return what one of the currency of the prices is in the currency paid."""
        money = self.tariff.money
        if money.priced_in == money.currency.code:
            return Fraction(1)
        known = [rate for first, rate in sorted(money.rates) if first <= self.today]
        if known:
            return Fraction(known[-1])
        if money.rates or self.context.exchange is None:
            raise Refused("")
        return Fraction(self.context.exchange)

    def _step(self) -> Fraction:
        """Return the least multiple of the step of the tariff that tokens can carry."""
        own: Fraction = Fraction(1, self.scale) if self.is_credit else self.tariff.units.step
        multiple = own
        while (multiple / self.grid_step).denominator != 1:
            multiple += own
        return multiple

    def _free(self) -> dict[str, Fraction]:
        """Return the free units due, in whole steps of a token."""
        given = {}
        for one in self.tariff.free:
            if not self.holds(one.when) or (one.on_claim and one.code not in self.context.claims):
                continue
            left, units = one.units - Fraction(self.context.free_taken.get(one.code, 0)), Fraction(0)
            while units + self.grid_step <= left:
                units += self.grid_step
            given[one.code] = units
        return given

    # ------------------------------------------------------------------ the price of one unit

    def unit_prices(self, at: Fraction) -> dict[str, Fraction]:
        """Return what the unit that begins at a position costs, by code, in the currency."""
        return self._with_extras(at, self.net_price(self.block_at(at)), is_entry=False)

    def entry_prices(self, at: Fraction) -> dict[str, Fraction]:
        """Return what is paid once for going beyond a position: the new price for all units before it."""
        starts = [Fraction(0), *(block.upto for block in self.energy.blocks[:-1])]
        if self.is_credit or at not in starts or not self.energy.blocks[starts.index(at)].all_units:
            return {}
        number = starts.index(at) + 1
        return self._with_extras(at, at * self.net_price(number) - self.paid_until(at), is_entry=True)

    def paid_until(self, at: Fraction) -> Fraction:
        """Return the price of all energy of a period up to a position, without going beyond it."""
        paid, start = Fraction(0), Fraction(0)
        for number, block in enumerate(self.energy.blocks, start=1):
            if start < at:
                price, end = self.net_price(number), at if block.upto is None else min(at, block.upto)
                paid = end * price if block.all_units else paid + (end - start) * price
            start = block.upto
            if start is None:
                break
        return paid

    def net_price(self, number: int) -> Fraction:
        """Return the price of a unit of energy in a block, in the currency, without anything on it."""
        if self.is_credit:
            return Fraction(1)
        return self.unit_price("energy", self.energy.blocks[number - 1].price, self.energy.includes)

    def unit_price(self, code: str, price: Fraction, includes: frozenset[str]) -> Fraction:
        """Return a price of the document for a unit, without what it includes, rounded as prices are."""
        net = price * self.exchange / self.contained(code, includes)
        return rounded(net, self.tariff.money.price) if self.tariff.money.price else net

    def _with_extras(self, at: Fraction, energy: Fraction, *, is_entry: bool) -> dict[str, Fraction]:
        """Return an amount for energy at a position, and all that is on it, by code."""
        amounts = {"energy": energy}
        for extra in self.extras:
            amount = Fraction(0)
            if extra.from_units <= at and (extra.upto_units is None or at < extra.upto_units):
                if extra.rate is not None:
                    amount = extra.rate * sum(amounts.get(code, 0) for code in extra.on)
                elif not is_entry:
                    price = (
                        extra.monthly[self.today.year, self.today.month] if extra.monthly else extra.per_unit
                    )
                    amount = self.unit_price(extra.code, price, extra.includes)
                if extra.unit_rounding and not is_entry:
                    amount = rounded(amount, extra.unit_rounding)
            amounts[extra.code] = amount
        return amounts

    def contained(self, code: str, included: frozenset[str]) -> Fraction:
        """Return an amount of one under a code together with those extras on it that are included."""
        season = [extra for extra in self.tariff.extras if self._in_season(extra, self.today)]
        return self._together(code, [extra for extra in season if extra.code in included])

    def gross(self, code: str) -> Fraction:
        """Return an amount of one under a code together with everything on it."""
        return self._together(code, self.extras)

    @staticmethod
    def _together(code: str, extras: list[Any]) -> Fraction:
        amounts = {code: Fraction(1)}
        for extra in extras:
            if extra.rate is not None:
                amounts[extra.code] = extra.rate * sum(amounts.get(other, 0) for other in extra.on)
        return sum(amounts.values(), Fraction(0))

    def block_at(self, at: Fraction) -> int:
        """Return the number of the block in which the unit that begins at a position lies."""
        if self.is_credit:
            return 1
        return 1 + sum(1 for block in self.energy.blocks if block.upto is not None and block.upto <= at)

    def pieces(self, units: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
        """Yield (position, length) of the stretches of a number of units on which no price changes."""
        edges = {block.upto for block in self.energy.blocks if block.upto is not None and not self.is_credit}
        edges |= {extra.from_units for extra in self.extras}
        edges |= {extra.upto_units for extra in self.extras if extra.upto_units is not None}
        end = self.start + units
        marks = [self.start, *sorted(edge for edge in edges if self.start < edge < end), end]
        for first, last in pairwise(marks):
            if last > first:
                yield first, last - first

    def entries(self, units: Fraction) -> Iterator[Fraction]:
        """Yield the positions that a number of units goes beyond and that cost something to go beyond."""
        for edge in (block.upto for block in self.energy.blocks[:-1]):
            if self.start <= edge < self.start + units and any(self.entry_prices(edge).values()):
                yield edge

    def cost(self, units: Fraction) -> Fraction:
        """Return what a number of units costs with everything on them, in the currency."""
        cost = Fraction(0)
        for at, length in self.pieces(units):
            cost += sum(self.unit_prices(at).values()) * length
        for at in self.entries(units):
            cost += sum(self.entry_prices(at).values())
        return cost

    # ------------------------------------------------------------------ what is due

    def times(self, part: Any) -> int:
        """Return how often the amount of a charge or instalment falls due with this purchase."""
        standing = self.context.standing.get(part.code)
        if part.per == "purchase":
            return 1
        if part.per == "day":
            since = standing.next_due if standing else self.context.last_purchase
            times = self._days(part, since) if since else 0
        elif standing is None:
            times = 1
        elif standing.next_due > self.today:
            times = 0
        else:
            times = self._begun(part, standing.next_due) if part.accrues else 1
        return times if part.accrues_max is None else min(times, part.accrues_max)

    def _days(self, part: Any, since: date) -> int:
        """Return how many days of the season of a part have gone by."""
        days, day = 0, since
        while day < self.today:
            days += self._in_season(part, day)
            day += timedelta(days=1)
        return days

    def _begun(self, part: Any, since: date) -> int:
        """Return how many months or periods that begin in its season lie between a day and today."""
        begun, day = int(self._in_season(part, since)), since
        while day < self.today:
            day += timedelta(days=1)
            begun += self._is_first(part.per, day) and self._in_season(part, day)
        return begun

    @staticmethod
    def _in_season(part: Any, day: date) -> bool:
        return not part.when.months or day.month in part.when.months

    def _is_first(self, per: str, day: date) -> bool:
        """Whether a month or period begins on a day."""
        period = self.tariff.period
        if per == "month" or period.days is None:
            return day.day == 1
        return bool((day - period.starts).days % period.days == 0)

    def next_due(self, per: str) -> date:
        """Return the day from which on nothing is reckoned once this purchase is."""
        day = self.today
        while per in ("month", "period"):
            day += timedelta(days=1)
            if self._is_first(per, day):
                break
        return day

    def dues(self) -> list[tuple[Any, bool]]:
        """Return charges and debts in the order of collection, and whether each is a debt."""
        parts = [(one, False) for one in self.tariff.charges] + [(one, True) for one in self.tariff.debts]
        named = list(self.tariff.collection)
        parts.sort(key=lambda part: named.index(part[0].code) if part[0].code in named else len(named))
        return [(one, is_debt) for one, is_debt in parts if self.holds(one.when) and one.collected == "till"]

    def due(self, part: Any, is_debt: bool) -> tuple[Fraction, Fraction]:
        """Return what is due of a charge or debt in coins: without taxes, and with all of them."""
        standing = self.context.standing.get(part.code)
        owing = standing.owing if standing else 0
        balance, gross = Fraction(self.context.debts.get(part.code, 0)), self.gross(part.code)
        amount = part.instalment if is_debt else part.amount
        if amount is None:
            return balance, balance * gross
        if not is_debt and part.each:
            if part.each not in self.context.sizes:
                raise Refused("size_unknown")
            amount *= Fraction(self.context.sizes[part.each])
        amount *= self.times(part) * self.exchange
        included = Fraction(1) if is_debt else self.contained(part.code, part.includes)
        net = rounded(amount / included, self.tariff.money.line) * self.scale + owing
        if is_debt:
            return min(net, balance), min(net, balance) * gross
        if not part.includes:
            return net, net * gross
        with_tax = rounded(amount, self.tariff.money.line) * self.scale
        return net, with_tax * gross / included + owing * gross
