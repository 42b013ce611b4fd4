"""Which parts of a tariff apply in the circumstances of a purchase, and the plan that they make.

Here every rule about prices is applied once: conditions, monthly values, the day's rate of exchange, prices
that contain taxes, rounded unit amounts, ranges of units. What comes out are whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Final, NamedTuple

from voltoken.errors import PurchaseRefused
from voltoken.sts import UnitGrid
from voltoken.tariff.conditions import holds
from voltoken.tariff.document import ENERGY, Block, Charge, Debt, Extra, Tariff
from voltoken.tariff.plan import Due, Plan, Share, common_step
from voltoken.tariff.quote import Context
from voltoken.tariff.rounding import Rounding
from voltoken.tariff.words import Place

_CREDIT: Final = (Block(None, Fraction(1)),)
"""Where the meter collects the energy, the till sells credit: one unit of the currency for one."""


class Choice(NamedTuple):
    """What the circumstances select of a tariff; equal choices have equal plans.

    energy: which of ``Tariff.energies``. extras, dues: which of the extras, and of charges and then debts,
    apply. month: (year, month) of the monthly values. exchange: units of the currency for one of prices.
    """

    energy: int
    extras: tuple[int, ...]
    dues: tuple[int, ...]
    month: tuple[int, int]
    exchange: Fraction


def choose(tariff: Tariff, context: Context) -> Choice:
    """Return what the circumstances select of a tariff.

    Raises PurchaseRefused when no price of energy is meant for this customer (``no_price``), or the rate of
    exchange is not known (``no_exchange``).
    """
    number = next((n for n, energy in enumerate(tariff.energies) if holds(energy.when, context)), None)
    if number is None:
        raise PurchaseRefused(
            "no_price",
            f"The tariff {tariff.code} {tariff.version} has no price of energy for this customer. "
            "Check the customer's marks and history, or put the meter on another tariff.",
        )
    day = context.at.date()
    return Choice(
        number,
        tuple(n for n, extra in enumerate(tariff.extras) if _applies(extra, context)),
        tuple(
            n
            for n, due in enumerate(all_dues(tariff))
            if due.collected is Place.TILL and holds(due.when, context)
        ),
        (day.year, day.month) if any(extra.monthly for extra in tariff.extras) else (0, 0),
        _exchange(tariff, context, day),
    )


def _applies(part: Charge | Debt | Extra, context: Context) -> bool:
    """Whether the till collects a part of the price from this customer."""
    return part.collected is Place.TILL and holds(part.when, context)


def all_dues(tariff: Tariff) -> tuple[Charge | Debt, ...]:
    """Return charges and debts in the order in which they are taken."""
    rules: tuple[Charge | Debt, ...] = (*tariff.charges, *tariff.debts)
    known = {rule.code: rule for rule in rules}
    order = (*tariff.collection, *(code for code in known if code not in tariff.collection))
    return tuple(known[code] for code in order)


def _exchange(tariff: Tariff, context: Context, day: date) -> Fraction:
    money = tariff.money
    if money.priced_in == money.currency.code:
        return Fraction(1)
    rate = next((rate for first, rate in reversed(money.rates) if first <= day), context.exchange)
    if rate is None or rate <= 0:
        raise PurchaseRefused(
            "no_exchange",
            f"Prices are in {money.priced_in}, and what one costs in {money.currency.code} on {day} is not "
            "known. Give the day's rate with the purchase, or a tariff version that has it.",
        )
    return Fraction(rate)


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
                "no_price", f"In the tariff {self.tariff.code} rebates leave units that cost nothing."
            )
        units = self._units()
        step = common_step(units.step, Fraction(grid.step))
        unit_den = lcm(step.denominator, *(bound.denominator for bound in bounds))
        price_den = lcm(*(price.denominator for row in rows for price in row.values()))
        price_den = lcm(price_den, *((jump * unit_den).denominator for row in jumps for jump in row.values()))
        return Plan(
            unit_den,
            price_den,
            (*(int(bound * unit_den) for bound in bounds), None),
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
        return Due(rule, net, self._multiple(rule.code), rule.take.at_least * self.exchange, at_most)

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
        return Fraction(price * self.exchange, self._multiple(code, includes) if includes else 1)

    def _by_unit(self, extra: Extra, row: Mapping[str, Fraction]) -> Fraction:
        """Return the amount of a levy or tax for one unit, in coins."""
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

    def _multiple(self, code: str, only: Iterable[str] | None = None) -> Fraction:
        """Return what 1 on a line comes to with everything reckoned on it, or with only these."""
        amounts = {code: Fraction(1)}
        for extra in self.extras:
            if extra.rate is not None and (only is None or extra.code in only):
                amounts[extra.code] = extra.rate * sum(amounts.get(base, Fraction(0)) for base in extra.on)
        return sum(amounts.values(), Fraction(0))

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
                row[extra.code] = (extra.rate or 0) * sum(
                    (row.get(code, Fraction(0)) for code in extra.on), Fraction(0)
                )
            found.append(row)
        return found


def _block_at(blocks: Sequence[Block], start: Fraction) -> int:
    """Return which block the unit after start lies in, from 0."""
    return next(n for n, block in enumerate(blocks) if block.upto is None or start < block.upto)
