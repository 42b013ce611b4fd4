"""The plan that the selected parts of a tariff make.

Here every rule about prices is applied once: monthly values, the day's rate of exchange, prices that contain
taxes, rounded unit amounts, ranges of units, prices that reach back. What comes out are whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Final

from voltoken.errors import PurchaseRefused
from voltoken.sts import UnitGrid
from voltoken.tariff.choosing import Choice, all_dues
from voltoken.tariff.document import ENERGY, Block, Charge, Debt, Extra, Tariff
from voltoken.tariff.plan import Due, Plan, Share, common_step
from voltoken.tariff.rounding import Rounding
from voltoken.tariff.words import Place

_CREDIT: Final = (Block(None, Fraction(1)),)
"""Where the meter collects the energy, the till sells credit: one unit of the currency for one."""


def plan_for(tariff: Tariff, choice: Choice, grid: UnitGrid) -> Plan:
    """Return the plan of what was selected.

    grid: the amounts that tokens carry. Raises PurchaseRefused when a month's value of a pass-through is
    not in the tariff (``no_month``), or no unit has a price above zero (``no_price``).
    """
    return _Planning(tariff, choice).plan(grid)


class _Planning:
    """The making of one plan."""

    def __init__(self, tariff: Tariff, choice: Choice) -> None:
        self.tariff = tariff
        self.choice = choice
        self.scale = tariff.money.currency.scale
        self.exchange = choice.exchange * self.scale
        self.energy = tariff.energies[choice.energy]
        self.is_credit = self.energy.collected is Place.METER
        extras = [tariff.extras[number] for number in choice.extras]
        # How many units the credit will be is known to the meter only.
        self.extras = [extra for extra in extras if extra.rate is not None] if self.is_credit else extras

    def plan(self, grid: UnitGrid) -> Plan:
        """Return it."""
        blocks = _CREDIT if self.is_credit else self.energy.blocks
        bounds = self._bounds(blocks)
        rows = [self._segment(blocks, start) for start in (Fraction(0), *bounds)]
        jumps = self._jumps(blocks, (Fraction(0), *bounds), rows)
        if any(sum(row.values()) <= 0 for row in rows) or any(sum(row.values()) < 0 for row in jumps):
            raise PurchaseRefused(
                "no_price",
                f"By the tariff {self.tariff.code} some units would cost nothing. "
                "Look at its rebates, and at how prices are rounded.",
            )
        units = self._units()
        step = common_step(units.step, Fraction(grid.step))
        unit_den = lcm(step.denominator, *(bound.denominator for bound in bounds))
        price_den = lcm(*(price.denominator for row in rows for price in row.values()))
        price_den = lcm(price_den, *((jump * unit_den).denominator for row in jumps for jump in row.values()))
        return Plan(
            unit_den,
            price_den,
            tuple(int(bound * unit_den) for bound in bounds),
            tuple(_block_at(blocks, start) + 1 for start in (Fraction(0), *bounds)),
            tuple(int(row[ENERGY] * price_den) for row in rows),
            tuple(Fraction(row[ENERGY], self.scale) for row in rows),
            tuple(int(sum(row.values()) * price_den) for row in rows),
            tuple(int(row[ENERGY] * unit_den * price_den) for row in jumps),
            tuple(int(sum(row.values()) * unit_den * price_den) for row in jumps),
            tuple(
                self._share(
                    extra,
                    tuple(int(row[extra.code] * price_den) for row in rows),
                    tuple(int(row[extra.code] * unit_den * price_den) for row in jumps),
                    tuple(Fraction(row[extra.code], self.scale) for row in rows),
                )
                for extra in self.extras
            ),
            int(step * unit_den),
            units,
            Rounding(self.tariff.money.line.step * self.scale, self.tariff.money.line.to),
            self.tariff.money.on_rounded_lines,
            tuple(self._due(all_dues(self.tariff)[number]) for number in self.choice.dues),
            self.exchange,
            self.scale,
            self.is_credit,
        )

    def _units(self) -> Rounding:
        """Return how units are rounded; credit in the currency is rounded to its coin."""
        units = self.tariff.units
        return Rounding(Fraction(1, self.scale), units.to) if self.is_credit else units

    def _due(self, rule: Charge | Debt) -> Due:
        once = rule.amount if isinstance(rule, Charge) else rule.instalment
        includes = rule.includes if isinstance(rule, Charge) else frozenset[str]()
        net = None if once is None else self._unrounded(rule.code, once, includes)
        at_most = None if rule.take.at_most is None else rule.take.at_most * self.exchange
        contained = self._contained(rule.code, includes)
        return Due(
            rule,
            net,
            multiple(rule.code, self.extras),
            contained,
            rule.take.at_least * self.exchange,
            at_most,
        )

    def _bounds(self, blocks: Sequence[Block]) -> list[Fraction]:
        """Return where the price of one more unit changes, rising, without zero."""
        bounds = {block.upto for block in blocks}
        if not self.is_credit:
            for extra in self.extras:
                bounds |= {extra.from_units, extra.upto_units}
        return sorted(bound for bound in bounds if bound)

    def _segment(self, blocks: Sequence[Block], start: Fraction) -> dict[str, Fraction]:
        """Return what one more unit costs from start on: by code, in coins."""
        row = {ENERGY: self._energy_price(blocks[_block_at(blocks, start)].price)}
        for extra in self.extras:
            row[extra.code] = self._by_unit(extra, row) if self._covers(extra, start) else Fraction(0)
        return row

    def _covers(self, extra: Extra, start: Fraction) -> bool:
        if self.is_credit:
            return True
        return extra.from_units <= start and (extra.upto_units is None or start < extra.upto_units)

    def _energy_price(self, price: Fraction) -> Fraction:
        """Return the net price of a unit in coins."""
        if self.is_credit:
            return Fraction(self.scale)
        return self._net(ENERGY, price, self.energy.includes)

    def _net(self, code: str, price: Fraction, includes: frozenset[str]) -> Fraction:
        """Return a price of a unit without what it includes, in coins, rounded as prices are."""
        net = self._unrounded(code, price, includes)
        rule = self.tariff.money.price
        return net if rule is None else rule(Fraction(net, self.scale)) * self.scale

    def _unrounded(self, code: str, price: Fraction, includes: frozenset[str]) -> Fraction:
        """Return a price or amount in coins, without what it includes."""
        return Fraction(price * self.exchange, self._contained(code, includes) if includes else 1)

    def _by_unit(self, extra: Extra, row: Mapping[str, Fraction]) -> Fraction:
        """Return the amount of a levy or tax for one unit, in coins."""
        if extra.once is not None:
            return Fraction(0)
        if extra.rate is None:
            amount = self._net(extra.code, self._value(extra), extra.includes)
        else:
            amount = extra.rate * sum((row.get(code, Fraction(0)) for code in extra.on), Fraction(0))
        rule = extra.unit_rounding
        return amount if rule is None else rule(Fraction(amount, self.scale)) * self.scale

    def _value(self, extra: Extra) -> Fraction:
        """Return the amount for one unit as the document has it for the month."""
        if extra.per_unit is not None:
            return extra.per_unit
        found = extra.monthly.get(self.choice.month)
        if found is None:
            year, month = self.choice.month
            raise PurchaseRefused(
                "no_month",
                f"The tariff {self.tariff.code} {self.tariff.version} has no value of {extra.code} for "
                f"{year}-{month:02}. Publish a version that has it.",
                code=extra.code,
            )
        return found

    def _contained(self, code: str, includes: frozenset[str]) -> Fraction:
        """Return what 1 on a line comes to with all that a price contains.

        What does not apply to this customer is contained all the same, unless it is out of season: nobody
        pays a tax twice because others do.
        """
        return multiple(code, contained(self.tariff, includes, self.choice.month[1]))

    def _share(
        self, extra: Extra, by_unit: tuple[int, ...], jumps: tuple[int, ...], prices: tuple[Fraction, ...]
    ) -> Share:
        return Share(
            extra.code,
            extra.name,
            extra.is_tax,
            by_unit,
            Fraction(0) if extra.rate is None else extra.rate,
            extra.on,
            extra.rate is None
            or extra.unit_rounding is not None
            or bool(extra.from_units)
            or extra.upto_units is not None,
            jumps,
            prices,
        )

    def _jumps(
        self, blocks: Sequence[Block], starts: Sequence[Fraction], rows: Sequence[Mapping[str, Fraction]]
    ) -> list[dict[str, Fraction]]:
        """Return what is paid once on entering each segment, by code, in coins."""
        found = []
        cost = Fraction(0)
        for number, start in enumerate(starts):
            block = blocks[_block_at(blocks, start)]
            if number:
                cost += (start - starts[number - 1]) * rows[number - 1][ENERGY]
            begins = number > 0 and _block_at(blocks, starts[number - 1]) != _block_at(blocks, start)
            jump = start * rows[number][ENERGY] - cost if block.all_units and begins else Fraction(0)
            cost += jump
            row = {ENERGY: jump}
            for extra in self.extras:
                row[extra.code] = self._once(extra, start, row)
            found.append(row)
        return found

    def _once(self, extra: Extra, start: Fraction, row: Mapping[str, Fraction]) -> Fraction:
        """Return what a levy or tax takes once on entering a segment, in coins."""
        if extra.once is not None:
            begins = start == extra.from_units
            return self._unrounded(extra.code, extra.once, extra.includes) if begins else Fraction(0)
        if extra.rate is None or not self._covers(extra, start):
            return Fraction(0)
        return extra.rate * sum((row.get(code, Fraction(0)) for code in extra.on), Fraction(0))


def contained(tariff: Tariff, includes: frozenset[str], month: int) -> tuple[Extra, ...]:
    """Return the levies and taxes that a price contains in a month of the year."""
    return tuple(
        extra
        for extra in tariff.extras
        if extra.code in includes and (not extra.when.months or month in extra.when.months)
    )


def multiple(code: str, extras: Iterable[Extra]) -> Fraction:
    """Return what 1 on a line comes to with those of these levies and taxes that are reckoned on it."""
    amounts = {code: Fraction(1)}
    for extra in extras:
        if extra.rate is not None:
            amounts[extra.code] = extra.rate * sum(amounts.get(base, Fraction(0)) for base in extra.on)
    return sum(amounts.values(), Fraction(0))


def _block_at(blocks: Sequence[Block], start: Fraction) -> int:
    """Return which block the unit after start lies in, from 0."""
    return next(n for n, block in enumerate(blocks) if block.upto is None or start < block.upto)
