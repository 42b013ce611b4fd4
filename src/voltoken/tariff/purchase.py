"""One purchase under one plan: what a tender pays, how many units it buys, and the quote that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from voltoken.errors import PurchaseRefused
from voltoken.sts import UnitGrid
from voltoken.tariff.document import Tariff
from voltoken.tariff.dues import Demand, taken, unpaid
from voltoken.tariff.limits import shown
from voltoken.tariff.lines import Parts, due_lines, energy_lines, share_lines
from voltoken.tariff.plan import Plan
from voltoken.tariff.quote import Context, Free, Kind, Line, Quote, Standing, Step
from voltoken.tariff.rounding import Direction, rounded
from voltoken.tariff.words import LinesOf, Remainder


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is known of a purchase before its tender.

    position: in the blocks, in 1/unit_den of the plan. carried: coins that are added to the tender.
    """

    tariff: Tariff
    grid: UnitGrid
    context: Context
    plan: Plan
    wanted: tuple[Demand, ...]
    free: tuple[Free, ...]
    position: int
    carried: int

    @property
    def unit(self) -> str:
        """What is sold: the unit of the resource, or the currency where the meter collects."""
        return self.tariff.money.currency.code if self.plan.is_credit else self.tariff.unit

    def as_claim(self) -> Purchase:
        """Return it as a claim of free units alone: what is due and was carried over stays as it is."""
        return replace(self, wanted=(), carried=0)

    def taken(self, tender: int) -> list[Fraction]:
        """Return what a tender pays of everything due, in exact coins.

        Raises PurchaseRefused (``amount_below``) when more is owed from the last purchase than is tendered.
        """
        effective = tender + self.carried
        if effective < 0:
            owed = shown(self.tariff, -self.carried)
            raise PurchaseRefused("amount_below", f"{owed} are owed from the last purchase. Tender more.")
        return taken(self.wanted, effective, self.tariff.energy_share) if self.wanted else []

    def money(self, tender: int, amounts: Sequence[Fraction]) -> Fraction:
        """Return what is left of a tender for energy once these amounts are taken, in exact coins."""
        return Fraction(tender + self.carried - sum(amounts))

    def left(self, tender: int) -> Fraction:
        """Return what a tender leaves for energy, in exact coins; -1 when it may not be paid at all."""
        if tender + self.carried < 0:
            return Fraction(-1)
        amounts = self.taken(tender)
        return Fraction(-1) if unpaid(self.wanted, amounts) else self.money(tender, amounts)

    def bought(self, tender: int) -> int:
        """Return the units that a tender buys, rounded, in 1/unit_den; -1 when it may not be paid at all."""
        left = self.left(tender)
        return -1 if left < 0 else self.sold(left)

    def sold(self, money: Fraction) -> int:
        """Return the units that are sold for money, rounded, in 1/unit_den."""
        return self.plan.sold(self.position, *self.plan.walk(self.position, money))

    def parts(self, count: int, finer: int = 1) -> Parts:
        """Return where so many units lie, in 1 / (unit_den * finer)."""
        units = self.plan.parts(self.position, count, finer)
        return Parts(units, self.plan.unit_den * finer, self.plan.entered(self.position, units))

    def lines(self, amounts: Sequence[Fraction], parts: Parts) -> list[Line]:
        """Return all lines but the one that closes to the tender."""
        lines = list(due_lines(self.wanted, amounts))
        lines += energy_lines(self.plan, parts)
        lines += share_lines(self.plan, parts, lines)
        lines = [line for line in lines if line.amount or line.kind is Kind.ENERGY]
        lines += [
            Line(Kind.FREE, free.code, free.name, 0, Fraction(0), units=Fraction(free.units))
            for free in self.free
        ]
        if self.carried:
            lines.append(Line(Kind.CARRIED, "carried_in", "", -self.carried, Fraction(-self.carried)))
        return lines

    def quote(self, tender: int, amounts: Sequence[Fraction], count: int) -> Quote:
        """Return the quote of count units, in 1/unit_den, for a tender that pays these amounts."""
        plan, money = self.plan, self.tariff.money
        numerator, denominator = plan.walk(self.position, self.money(tender, amounts))
        parts = self.parts(count)
        of_tender = money.lines_of is LinesOf.TENDER
        lines = self.lines(amounts, self.parts(numerator, denominator) if of_tender else parts)
        left = tender - sum(line.amount for line in lines)
        carries = money.remainder is Remainder.CARRY
        if left:
            kind, code = (Kind.CARRIED, "carried_out") if carries else (Kind.ROUNDING, "rounding")
            lines.append(Line(kind, code, "", left, Fraction(left)))
        units = self.grid.units(count * 10**self.grid.decimals // plan.unit_den)
        standing, debts = self._after(lines)
        return Quote(
            self.tariff.code,
            self.tariff.version,
            self.tariff.sha256,
            money.currency,
            self.unit,
            self.context,
            tender,
            units,
            self.grid.split(units) if count else (),
            self.free,
            tuple(lines),
            self._steps(tender, amounts, parts),
            Fraction(numerator, denominator * plan.unit_den),
            standing,
            debts,
            (left if carries else 0) + self.context.carried - self.carried,
            plan,
        )

    def _after(self, lines: Sequence[Line]) -> tuple[Mapping[str, Standing], Mapping[str, int]]:
        """Return standings and debts as they are after the purchase, those that it touched."""
        standing: dict[str, Standing] = {}
        debts: dict[str, int] = {}
        amounts = {line.code: line.amount for line in lines if line.kind in {Kind.CHARGE, Kind.DEBT}}
        for due, net, _, next_due in self.wanted:
            code = due.rule.code
            line = amounts.get(code, 0)
            if next_due is not None:
                found = Standing(next_due, max(0, net - line))
                if found != self.context.standing.get(code):
                    standing[code] = found
            if code in self.context.debts and line:
                debts[code] = self.context.debts[code] - line
        return MappingProxyType(standing), MappingProxyType(debts)

    def _steps(self, tender: int, amounts: Sequence[Fraction], parts: Parts) -> tuple[Step, ...]:
        """Return how much of the money for energy went into each block; the last takes what is left."""
        plan, den = self.plan, self.plan.unit_den * self.plan.price_den
        steps: list[Step] = []
        exact = told = 0
        for block, part, total, jump, is_new in zip(
            plan.blocks, parts.units, plan.totals, plan.jumps, parts.entered, strict=True
        ):
            if part:
                exact += part * total + (jump if is_new else 0)
                amount = rounded(exact, den, Direction.NEAREST) - told
                price = Fraction(total, plan.price_den * plan.scale)
                steps.append(Step(block, Fraction(part, plan.unit_den), price, amount))
                told += amount
        if steps:
            left = tender + self.carried - plan.coins(sum(amounts, Fraction(0)))
            steps[-1] = replace(steps[-1], amount=steps[-1].amount + left - told)
        return tuple(steps)
