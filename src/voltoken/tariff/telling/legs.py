"""How a purchase went through the prices: units at each price, and what was paid once on the way.

Entering a price can cost something by itself: what the units before it cost more now, and levies that are
paid once in a period. A quote has both among its lines; here they are told apart, with their taxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from voltoken.tariff.plan import Plan, Share
from voltoken.tariff.quote import Kind, Quote
from voltoken.tariff.telling.position import whole


class Once(NamedTuple):
    """A levy or tax that is paid once in a period. limit: units above which it is due. coins: with taxes."""

    code: str
    name: str
    limit: Fraction
    coins: int


class Entry(NamedTuple):
    """What is paid on entering a price. earlier: coins for the units before, for which it holds as well."""

    earlier: int
    once: tuple[Once, ...]

    @property
    def coins(self) -> int:
        """All of it."""
        return self.earlier + sum(levy.coins for levy in self.once)


NOTHING: Final = Entry(0, ())
"""What most prices cost on entering."""


class Leg(NamedTuple):
    """Units at one price, which is that of a unit in the currency, everything included."""

    units: Fraction
    price: Fraction
    entry: Entry


class Ahead(NamedTuple):
    """What units cost from a position on. price, then: of one unit, in the currency, everything included.

    room: units until the price changes to ``then``, or something is paid once; None where neither comes.
    now, next: what is paid on entering the price here, and the one after it.
    """

    price: Fraction
    room: Fraction | None
    then: Fraction
    now: Entry
    next: Entry


def legs(quote: Quote) -> list[Leg]:
    """Return the way of a purchase through the prices; neighbours of one price are one leg."""
    plan, count = quote.plan, len(quote.steps)
    prices = _prices(plan)
    way = [(step.block, step.price) for step in quote.steps]
    table = list(zip(plan.blocks, prices, strict=True))
    entered = _entered(quote)
    starts = [first for first in range(len(table) - count + 1) if table[first : first + count] == way]
    first = max(starts, key=lambda start: sum(start <= segment < start + count for segment in entered))
    found: list[Leg] = []
    for segment, step in enumerate(quote.steps, start=first):
        entry = entry_of(plan, segment) if segment in entered else NOTHING
        if found and found[-1].price == step.price:
            last = found.pop()
            entry = Entry(last.entry.earlier + entry.earlier, last.entry.once + entry.once)
            found.append(Leg(last.units + step.units, step.price, entry))
        else:
            found.append(Leg(step.units, step.price, entry))
    return found


def entry_of(plan: Plan, segment: int) -> Entry:
    """Return what is paid on entering a segment of the plan."""
    den = plan.unit_den * plan.price_den
    once = []
    for share in _once(plan.shares, segment):
        coins = whole(Fraction(_with_taxes(plan, share, segment), den))
        once.append(Once(share.code, share.name, Fraction(plan.bounds[segment - 1], plan.unit_den), coins))
    total = whole(Fraction(plan.jumps[segment], den))
    return Entry(total - sum(levy.coins for levy in once), tuple(once))


def ahead(plan: Plan, start: Fraction) -> Ahead:
    """Return what units cost from a position on."""
    prices = _prices(plan)
    starts = [Fraction(0), *(Fraction(bound, plan.unit_den) for bound in plan.bounds)]
    here = max(number for number, begins in enumerate(starts) if begins <= start)
    now = entry_of(plan, here) if starts[here] == start else NOTHING
    for number in range(here + 1, len(prices)):
        entry = entry_of(plan, number)
        if prices[number] != prices[here] or entry.coins:
            return Ahead(prices[here], starts[number] - start, prices[number], now, entry)
    return Ahead(prices[here], None, prices[here], now, NOTHING)


def _prices(plan: Plan) -> list[Fraction]:
    return [Fraction(total, plan.price_den * plan.scale) for total in plan.totals]


def _once(shares: Iterable[Share], segment: int) -> list[Share]:
    """Return the levies and taxes that are paid once on entering a segment."""
    return [share for share in shares if not share.on and share.jumps[segment]]


def _with_taxes(plan: Plan, once: Share, segment: int) -> Fraction:
    """Return what is paid once, with what is reckoned on it, over ``unit_den * price_den``."""
    amounts = {once.code: Fraction(once.jumps[segment])}
    for share in plan.shares:
        if share.jumps[segment] and share.on:
            amounts[share.code] = share.rate * sum(amounts.get(code, Fraction(0)) for code in share.on)
    return sum(amounts.values(), Fraction(0))


def _entered(quote: Quote) -> set[int]:
    """Return the segments whose entering was paid, as the lines of the quote have it."""
    plan = quote.plan
    paid = [line for line in quote.lines if line.units is None and line.rate is None]
    energy = {line.block for line in paid if line.kind is Kind.ENERGY}
    codes = {line.code for line in paid}
    return {
        segment
        for segment, block in enumerate(plan.blocks)
        if (plan.energy_jumps[segment] and block in energy)
        or any(share.code in codes for share in _once(plan.shares, segment))
    }
