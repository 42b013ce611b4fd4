"""The lines of many purchases by one plan, each rounded as the tariff says: the twin of ``lines``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from voltoken.tariff.batch.dues import Demand, printed
from voltoken.tariff.batch.exact import ZERO, Column, Mask, total
from voltoken.tariff.document import ENERGY
from voltoken.tariff.plan import Plan, Share


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines in coins. energy: of the blocks, by number; dues and shares in the order of the plan."""

    dues: list[Column]
    energy: dict[int, Column]
    shares: list[Column]

    @property
    def every(self) -> list[Column]:
        """All of them."""
        return [*self.dues, *self.energy.values(), *self.shares]


def lines(
    plan: Plan,
    wanted: Sequence[Demand],
    amounts: Sequence[Column],
    units: Sequence[Column],
    entered: Sequence[Mask],
) -> Lines:
    """Return the lines of purchases.

    amounts: what each demand took, everything reckoned on it included. units: in each segment. entered:
    which purchases enter it from below.
    """
    exact = [
        amount.times(Fraction(1, demand.due.gross)) for demand, amount in zip(wanted, amounts, strict=True)
    ]
    dues = [printed(demand, one) for demand, one in zip(wanted, amounts, strict=True)]
    energy = _energy(plan, units, entered)
    sums = _Sums(plan, units, entered)
    sums.printed[ENERGY] = total(list(energy.values()))
    for demand, one, line in zip(wanted, exact, dues, strict=True):
        code = demand.due.rule.code
        sums.printed[code] = line
        sums.fixed[code] = line if plan.on_rounded_lines else one
    return Lines(dues, energy, [sums.line(share) for share in plan.shares])


def _coins(plan: Plan, exact: Column) -> Column:
    return exact.rounded(int(plan.line.step), plan.line.to)


def _energy(plan: Plan, units: Sequence[Column], entered: Sequence[Mask]) -> dict[int, Column]:
    """Return the energy of each block: its units, and what is paid on entering it, each rounded by itself."""
    found = {}
    for block in dict.fromkeys(plan.blocks):
        segments = [number for number, one in enumerate(plan.blocks) if one == block]
        price = Fraction(plan.energy[segments[0]], plan.price_den)
        line = _coins(plan, total([units[number] for number in segments]).times(price))
        for number in segments:
            jump = plan.energy_jumps[number]
            if jump:
                line = line + _coins(plan, _paid(plan, jump, entered[number]))
        found[block] = line
    return found


def _paid(plan: Plan, jump: int, entered: Mask) -> Column:
    """Return what is paid on entering a segment."""
    return Column(np.asarray(entered, np.int64), 1, 1).times(Fraction(jump, plan.unit_den * plan.price_den))


class _Sums:
    """What levies and taxes are reckoned on, by code: printed lines, and the parts that are not on energy."""

    def __init__(self, plan: Plan, units: Sequence[Column], entered: Sequence[Mask]) -> None:
        self.plan = plan
        self.units = units
        self.entered = entered
        self.printed: dict[str, Column] = {}
        self.fixed: dict[str, Column] = {}

    def line(self, share: Share) -> Column:
        """Return the line of a levy or tax, and note it for those that are reckoned on it."""
        fixed = _sum(self.fixed, share).times(share.rate)
        self.fixed[share.code] = fixed
        if self.plan.on_rounded_lines and not share.by_units:
            exact = _sum(self.printed, share).times(share.rate)
        else:
            exact = fixed + self._by_unit(share)
        self.printed[share.code] = found = _coins(self.plan, exact)
        return found

    def _by_unit(self, share: Share) -> Column:
        """Return its part on energy, unit for unit."""
        plan = self.plan
        found = ZERO
        for part, price, jump, entered in zip(
            self.units, share.by_unit, share.jumps, self.entered, strict=True
        ):
            if price:
                found = found + part.times(Fraction(price, plan.price_den))
            if jump:
                found = found + _paid(plan, jump, entered)
        return found


def _sum(amounts: dict[str, Column], share: Share) -> Column:
    return total([amounts[code] for code in share.on if code in amounts])
