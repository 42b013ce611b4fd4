"""A tariff made ready for one set of circumstances: whole numbers over common denominators.

The conditions of a tariff (month, customer, average, day's rate of exchange, month of a pass-through) leave
one list of prices. Here it is in the form that pricing needs, one purchase at a time or many at once:

- units are counted in ``1 / unit_den``, so that every limit and the step are whole;
- prices for a unit are counted in ``1 / price_den`` coins, so that every price is whole;
- energy is cut into segments in which everything for one more unit costs the same.

Money for energy is therefore counted in ``1 / (unit_den * price_den)`` coins, and nothing is rounded until
a line is printed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm

from voltoken.tariff.document import Charge, Debt
from voltoken.tariff.rounding import Rounding, rounded


@dataclass(frozen=True, slots=True)
class Share:
    """A levy or tax of a plan. Shares stand in the order in which they are reckoned.

    by_unit: its amount for one unit in every segment, over ``price_den``; a part of the segment's total.
    rate, on: the fraction of the lines before it with these codes; a rate of 0 with none where it is an
    amount for each unit. by_units: whether its part on energy is summed by unit also where shares are
    otherwise reckoned on printed lines: it covers a range of units only, or its unit amount is rounded.
    jumps: its part of what is paid on entering a segment, over ``unit_den * price_den``. prices: by_unit as
    fractions of the currency.
    """

    code: str
    name: str
    is_tax: bool
    by_unit: tuple[int, ...]
    rate: Fraction
    on: tuple[str, ...]
    by_units: bool
    jumps: tuple[int, ...]
    prices: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A charge or debt of a plan.

    net: the amount or instalment that falls due once, in coins, without tax; None for a fee and for a debt
    that is due as a whole. gross: one plus everything reckoned on it. contained: one plus what the amount
    includes. at_least, at_most: those of ``Take``,
    in coins.
    """

    rule: Charge | Debt
    net: Fraction | None
    gross: Fraction
    contained: Fraction
    at_least: Fraction
    at_most: Fraction | None

    def limit(self, tender: int, rest: Fraction) -> Fraction:
        """Return the most that one purchase pays of it. tender, rest: what is paid and left of it, coins."""
        take = self.rule.take
        if take.share is None:
            return rest if self.at_most is None else self.at_most
        limit = max(self.at_least, take.share * (rest if take.of_rest else tender))
        return limit if self.at_most is None else min(limit, self.at_most)


@dataclass(frozen=True, slots=True)
class Plan:
    """Prices for one set of circumstances, as whole numbers.

    bounds: where a segment ends and the next begins, in 1/unit_den, from the start of the period; the last
    one has no end. blocks: the block (from 1) in which a segment lies. energy: the energy's own price by
    segment, over price_den; prices: the same as fractions of the currency; totals: everything for one unit,
    over price_den, above zero. energy_jumps, jumps: the same for what is paid once on entering a segment,
    over unit_den * price_den. step: units are sold in multiples of it, in 1/unit_den. dues: charges and
    debts that apply, in the order in which they are taken. exchange: coins for one whole unit of the currency
    of prices. scale: coins of one unit of the currency. is_credit: energy is collected by the meter, and
    units are credit in the currency.
    """

    unit_den: int
    price_den: int
    bounds: tuple[int, ...]
    blocks: tuple[int, ...]
    energy: tuple[int, ...]
    prices: tuple[Fraction, ...]
    totals: tuple[int, ...]
    energy_jumps: tuple[int, ...]
    jumps: tuple[int, ...]
    shares: tuple[Share, ...]
    step: int
    units: Rounding
    line: Rounding
    on_rounded_lines: bool
    dues: tuple[Due, ...]
    exchange: Fraction
    scale: int
    is_credit: bool

    @property
    def limits(self) -> tuple[int | None, ...]:
        """Upper limit of every segment, in 1/unit_den, from the start of the period; None for the last."""
        return (*self.bounds, None)

    def finer(self, denominator: int) -> Plan:
        """Return the same plan with units counted in a multiple of ``1 / denominator`` as well.

        For a position in the blocks that is no whole number of 1/unit_den.
        """
        whole = lcm(self.unit_den, denominator)
        if whole == self.unit_den:
            return self
        more = whole // self.unit_den
        return replace(
            self,
            unit_den=whole,
            bounds=tuple(bound * more for bound in self.bounds),
            step=self.step * more,
            energy_jumps=tuple(jump * more for jump in self.energy_jumps),
            jumps=tuple(jump * more for jump in self.jumps),
            shares=tuple(
                replace(share, jumps=tuple(jump * more for jump in share.jumps)) for share in self.shares
            ),
        )

    def bought(self, position: int, money: Fraction) -> Fraction:
        """Return the units that money buys, exactly and not yet rounded.

        position: units of the period before, in 1/unit_den. money: coins, zero or more.
        """
        numerator, denominator = self.walk(position, money)
        return Fraction(numerator, denominator * self.unit_den)

    def walk(self, position: int, money: Fraction) -> tuple[int, int]:
        """Return what ``bought`` does, in 1/unit_den, as numerator and denominator."""
        den = money.denominator
        left = money.numerator * self.unit_den * self.price_den  # over den, as all that is compared with it
        done = 0
        segment = bisect_right(self.bounds, position)
        while True:
            price = self.totals[segment] * den
            if self.jumps[segment] and self._enters(segment, position):
                if left < self.jumps[segment] * den:
                    return done, 1
                left -= self.jumps[segment] * den
            if segment == len(self.bounds):
                break
            room = self.bounds[segment] - position - done
            if left < room * price:
                break
            left -= room * price
            done += room
            segment += 1
        return done * price + left, price

    def _enters(self, segment: int, position: int) -> bool:
        """Return whether units from a position on come into a segment from below it."""
        return segment > 0 and position <= self.bounds[segment - 1]

    def cost(self, position: int, count: int) -> Fraction:
        """Return what count units cost, in coins, everything included and not rounded.

        position, count: in 1/unit_den.
        """
        parts = self.parts(position, count)
        total = sum(part * price for part, price in zip(parts, self.totals, strict=True))
        entered = self.entered(position, parts)
        total += sum(jump for jump, is_new in zip(self.jumps, entered, strict=True) if is_new)
        return Fraction(total, self.unit_den * self.price_den)

    def parts(self, position: int, count: int, finer: int = 1) -> list[int]:
        """Return how many of count units lie in each segment.

        position: in 1/unit_den. count and the result: in 1 / (unit_den * finer).
        """
        parts = []
        position *= finer
        for bound in self.bounds:
            part = min(max(bound * finer - position, 0), count)
            parts.append(part)
            position += part
            count -= part
        return [*parts, count]

    def entered(self, position: int, parts: Sequence[int]) -> list[bool]:
        """Return for each segment whether a purchase from a position on enters it from below."""
        return [bool(part) and self._enters(segment, position) for segment, part in enumerate(parts)]

    def sold(self, position: int, numerator: int, denominator: int) -> int:
        """Return the multiple of ``step`` that is sold for units given exactly, in 1/unit_den.

        Rounding up never enters a segment whose entering was not paid; then it rounds down.
        """
        count = self.step * rounded(numerator, denominator * self.step, self.units.to)
        if any(self.jumps) and count * denominator > numerator:
            paid = self.entered(position, self.parts(position, numerator, denominator))
            if self.entered(position, self.parts(position, count)) != paid:
                return numerator // (denominator * self.step) * self.step
        return count

    def coins(self, amount: Fraction) -> int:
        """Return an exact amount as the coins of a line."""
        return self.coins_of(amount.numerator, amount.denominator)

    def coins_of(self, numerator: int, denominator: int) -> int:
        """Return numerator / denominator coins as the coins of a line."""
        step = self.line.step.numerator  # lines are whole coins, so its denominator is 1
        return rounded(numerator, denominator * step, self.line.to) * step


def common_step(first: Fraction, second: Fraction) -> Fraction:
    """Return the least multiple of both."""
    below = lcm(first.denominator, second.denominator)
    return Fraction(
        lcm(first.numerator * (below // first.denominator), second.numerator * (below // second.denominator)),
        below,
    )
