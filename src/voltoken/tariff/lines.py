"""The lines of a quote: what was taken and what units cost, each rounded as the tariff says.

Energy has a line for each block, every levy and tax one line for energy and charges together. The line that
closes to the tender is not made here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import compress
from operator import mul
from typing import NamedTuple

from voltoken.tariff.document import ENERGY, Debt
from voltoken.tariff.dues import Demand, printed
from voltoken.tariff.plan import Plan, Share
from voltoken.tariff.quote import Kind, Line


def due_lines(wanted: Sequence[Demand], amounts: Sequence[Fraction]) -> Iterator[Line]:
    """Yield the lines of charges and debts of which something was taken, without what is reckoned on them.

    A line may be zero: of part of a coin.
    """
    for demand, amount in zip(wanted, amounts, strict=True):
        if amount:
            rule = demand.due.rule
            kind = Kind.DEBT if isinstance(rule, Debt) else Kind.CHARGE
            exact = Fraction(amount, demand.due.gross)
            yield Line(kind, rule.code, rule.name, printed(demand, amount), exact)


class Parts(NamedTuple):
    """Units of a purchase by segment, in 1/den, and which segments it enters from below."""

    units: Sequence[int]
    den: int
    entered: Sequence[bool]


def energy_lines(plan: Plan, parts: Parts) -> Iterator[Line]:
    """Yield the lines of energy by block: what is paid on entering it, and its units."""
    den = parts.den * plan.price_den
    for block, jump, is_new in zip(plan.blocks, plan.energy_jumps, parts.entered, strict=True):
        if jump and is_new:
            exact = Fraction(jump, plan.unit_den * plan.price_den)
            yield Line(Kind.ENERGY, ENERGY, "", plan.coins(exact), exact, block)
    sold: dict[int, tuple[int, int, Fraction]] = {}
    for block, units, price, shown in zip(plan.blocks, parts.units, plan.energy, plan.prices, strict=True):
        if units:
            sold[block] = (sold[block][0] + units if block in sold else units, price, shown)
    for block, (units, price, shown) in sold.items():
        amount, exact = plan.coins_of(units * price, den), Fraction(units * price, den)
        yield Line(Kind.ENERGY, ENERGY, "", amount, exact, block, Fraction(units, parts.den), shown)


def share_lines(plan: Plan, parts: Parts, before: Sequence[Line]) -> Iterator[Line]:
    """Yield the lines of levies and taxes, in the order in which they are reckoned.

    before: the lines of charges, debts and energy. Where shares are reckoned on exact amounts, the exact
    part on energy is summed by unit like that of a levy for each unit.
    """
    sums = _Sums(plan, parts, before)
    for share in plan.shares:
        exact = sums.exact(share)
        amount = plan.coins(exact)
        kind = Kind.TAX if share.is_tax else Kind.LEVY
        if amount and share.on:
            base = sums.base(share)
            yield Line(kind, share.code, share.name, amount, exact, rate=share.rate, base=base)
        elif amount:
            units, price = sums.by_unit(share)
            yield Line(kind, share.code, share.name, amount, exact, units=units, price=price)
        sums.printed[share.code] = amount


class _Sums:
    """What levies and taxes are reckoned on, by code: printed lines, and the parts that are not on energy."""

    def __init__(self, plan: Plan, parts: Parts, before: Sequence[Line]) -> None:
        self.plan = plan
        self.parts = parts
        self.printed: dict[str, int] = {}
        self.fixed: dict[str, Fraction] = {}
        for line in before:
            self.printed[line.code] = self.printed.get(line.code, 0) + line.amount
            if line.kind is not Kind.ENERGY:
                self.fixed[line.code] = Fraction(line.amount) if plan.on_rounded_lines else line.exact

    def exact(self, share: Share) -> Fraction:
        """Return the amount of a levy or tax in coins, and note its part that is not on energy."""
        fixed = Fraction(0)
        for code in share.on if self.fixed else ():
            if code in self.fixed:
                fixed += share.rate * self.fixed[code]
        if fixed:
            self.fixed[share.code] = fixed
        if self.plan.on_rounded_lines and not share.by_units:
            return share.rate * self.base(share)
        by_unit = sum(map(mul, self.parts.units, share.by_unit))
        energy = Fraction(by_unit, self.parts.den * self.plan.price_den)
        if any(share.jumps):
            jumps = sum(compress(share.jumps, self.parts.entered))
            energy += Fraction(jumps, self.plan.unit_den * self.plan.price_den)
        return fixed + energy if fixed else energy

    def base(self, share: Share) -> int:
        """Return the sum of the printed lines that it is reckoned on."""
        return sum(self.printed.get(code, 0) for code in share.on)

    def by_unit(self, share: Share) -> tuple[Fraction | None, Fraction | None]:
        """Return the units that a levy by unit is paid on, and its price; none for one that is paid once."""
        paid = [number for number, part in enumerate(self.parts.units) if part and share.by_unit[number]]
        if not paid:
            return None, None
        units = sum(self.parts.units[number] for number in paid)
        return Fraction(units, self.parts.den), share.prices[paid[0]]
