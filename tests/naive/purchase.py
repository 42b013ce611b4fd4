"""A purchase by the naive tariff: units are counted one step after another until the money is spent.

The other way, from units to money, every answer is found by asking the way forward.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from tests.naive.tariff import NaiveTariff, Refused, rounded
from voltoken.tariff import Rounding

COIN = Rounding(Fraction(1))
"""To a whole coin, the nearest."""
STEPS_MAX = 20_000
"""How far units are counted before a price is taken to be nothing."""


class Bought(NamedTuple):
    """Energy for money, in the currency: the units it buys exactly, and these rounded."""

    money: Fraction
    exact: Fraction
    units: Fraction


class Taken(NamedTuple):
    """What is taken of a charge or debt, with what is due of it: in coins, net is without taxes."""

    part: Any
    is_debt: bool
    net: Fraction
    due: Fraction
    take: Fraction


@dataclass
class NaiveQuote:
    """Amounts in coins, those of nothing left out. lines: by kind, code and block. closing: to the tender.

    carried: to the next purchase.
    """

    tender: int
    units: Fraction
    free: dict[str, Fraction]
    lines: dict[tuple[str, str, int], int]
    closing: int
    carried: int = 0
    owing: dict[str, int] = field(default_factory=dict)
    next_due: dict[str, date] = field(default_factory=dict)
    debts: dict[str, int] = field(default_factory=dict)


class NaivePurchase(NaiveTariff):
    """Purchases in one set of circumstances."""

    # ------------------------------------------------------------------ money to units

    def price(self, tender: int) -> NaiveQuote:
        """Return what a tender, in coins, buys."""
        self.check_amount(tender)
        bought = self.bought(tender)
        is_anything_paid = any(one.take for one in self.takes(tender))
        if bought.money and not bought.units and not is_anything_paid and not any(self.free.values()):
            raise Refused("too_small")
        self.check_units(bought.units)
        return self.quote(tender, bought.units)

    def money(self, tender: int) -> Fraction:
        """Return what a tender leaves for energy, in the currency."""
        if not tender:
            return Fraction(0)
        taken = sum((one.take for one in self.takes(tender)), Fraction(0))
        return Fraction(tender + self.context.carried - taken) / self.scale

    def bought(self, tender: int, enough: Fraction | None = None) -> Bought:
        """Return the energy that a tender buys. enough: do not count further than so many units."""
        money = self.money(tender)
        steps = 0
        while self.cost((steps + 1) * self.step) <= money:
            steps += 1
            if steps * self.step == enough:
                return Bought(money, enough, enough)
            if steps > STEPS_MAX:
                raise AssertionError("The energy of this example costs next to nothing.")
        exact = self.exact_units(steps * self.step, money)
        is_half = self.cost((steps + Fraction(1, 2)) * self.step) <= money
        to = self.tariff.units.to
        if (to == "up" and exact > steps * self.step) or (to == "nearest" and is_half):
            # Rounding never goes beyond what has to be paid for and is not.
            entered = list(self.entries((steps + 1) * self.step))
            steps += entered == list(self.entries(exact))
        return Bought(money, exact, steps * self.step)

    def exact_units(self, low: Fraction, energy: Fraction) -> Fraction:
        """Return the units that money buys exactly. low: as many whole steps as it buys."""
        left = energy - self.cost(low)
        for at, length in list(self.pieces(low + self.step)):
            if at + length <= self.start + low:
                continue
            first, end = max(at, self.start + low), at + length
            if first in self.entries(low + self.step):
                left -= sum(self.entry_prices(first).values())
            price = sum(self.unit_prices(first).values())
            if left <= price * (end - first):
                return first - self.start + max(left, Fraction(0)) / price
            left -= price * (end - first)
        raise AssertionError("A whole step more could be bought.")

    def takes(self, tender: int) -> list[Taken]:
        """Return what is taken of charges and debts, in order."""
        money = Fraction(tender + self.context.carried)
        rest, taken = money, []
        for part, is_debt in self.dues() if tender else []:
            net, due = self.due(part, is_debt)
            if not is_debt and part.rate is not None:
                due = part.rate * money
            limits = [due, rest - self.tariff.energy_share * money]
            coins, rule = self.exchange * self.scale, part.take
            if rule.share is not None:
                limits.append(max(rule.at_least * coins, rule.share * (rest if rule.of_rest else money)))
            if rule.at_most is not None:
                limits.append(rule.at_most * coins)
            take = max(Fraction(0), min(limits))
            if rule.whole and take < due:
                raise Refused("charge_unpaid")
            rest -= take
            taken.append(Taken(part, is_debt, net, due, take))
        return taken

    # ------------------------------------------------------------------ the lines

    def printed(self, coins: Fraction) -> int:
        """Return coins as a line shows them."""
        shown = rounded(coins / self.scale, self.tariff.money.line) * self.scale
        assert shown.denominator == 1
        return int(shown)

    def quote(self, tender: int, units: Fraction, *, as_sold: bool = True) -> NaiveQuote:
        """Return the lines of a purchase of units. as_sold: as the tariff prints them, not at these units."""
        exact: dict[str, Fraction] = {}
        shown: dict[str, int] = {}
        lines: dict[tuple[str, str, int], int] = {}
        quote = NaiveQuote(tender, units, self.free, lines, 0)
        for part, is_debt, net, due, take in self.takes(tender):
            exact[part.code] = take / self.gross(part.code)
            # What is paid of a debt is never more than it, and is shown to the coin or it would not end.
            shown[part.code] = int(rounded(exact[part.code], COIN))
            if is_debt or part.rate is None:
                shown[part.code] = int(net) if take == due else min(shown[part.code], int(net))
            lines["debt" if is_debt else "charge", part.code, 0] = shown[part.code]
            self._after(quote, part, is_debt, int(net) - shown[part.code])
        if as_sold and self.tariff.money.lines_of == "tender":
            units = self.bought(tender).exact
        for at, length in self.pieces(units):
            name = f"energy {self.block_at(at)}"
            exact[name] = exact.get(name, Fraction(0)) + self.unit_prices(at)["energy"] * length * self.scale
        for at in self.entries(units):
            exact[f"energy {self.block_at(at)} entered"] = self.entry_prices(at)["energy"] * self.scale
        for name in [name for name in exact if name.startswith("energy ")]:
            shown[name] = self.printed(exact[name])
            line = "energy", "energy", int(name.split()[1])
            lines[line] = lines.get(line, 0) + shown[name]
        exact["energy"] = sum((exact[name] for name in exact if name.startswith("energy ")), Fraction(0))
        shown["energy"] = sum(shown[name] for name in shown if name.startswith("energy "))
        for extra in self.extras:
            exact[extra.code] = self._extra(extra, units, exact, shown)
            shown[extra.code] = self.printed(exact[extra.code])
            lines["tax" if extra.is_tax else "levy", extra.code, 0] = shown[extra.code]
        if not tender:
            quote.carried = self.context.carried  # A claim of free units leaves it where it is.
        else:
            lines["carried", "in", 0] = -self.context.carried
            quote.closing = tender - sum(lines.values())
            quote.carried = quote.closing if self.tariff.money.remainder == "carry" else 0
        quote.lines = {name: amount for name, amount in lines.items() if amount}
        return quote

    def _extra(
        self, extra: Any, units: Fraction, exact: dict[str, Fraction], shown: dict[str, int]
    ) -> Fraction:
        """Return a levy or tax in coins, before its line is rounded."""
        by_units = Fraction(0)
        for at, length in self.pieces(units):
            by_units += self.unit_prices(at)[extra.code] * length
        for at in self.entries(units):
            by_units += self.entry_prices(at)[extra.code]
        if extra.rate is None:
            return by_units * self.scale
        known: dict[str, Any] = shown if self.tariff.money.on_rounded_lines else exact
        if extra.unit_rounding is None and not extra.from_units and extra.upto_units is None:
            return Fraction(extra.rate * sum(known.get(code, 0) for code in extra.on))
        dues = {part.code for part, _ in self.dues()}
        return Fraction(
            by_units * self.scale + extra.rate * sum(known.get(code, 0) for code in extra.on if code in dues)
        )

    def _after(self, quote: NaiveQuote, part: Any, is_debt: bool, left: int) -> None:
        """Note what is still owing after a purchase, and since when."""
        if is_debt:
            balance = self.context.debts.get(part.code, 0)
            quote.debts[part.code] = balance - quote.lines["debt", part.code, 0]
            if not balance:
                return
        if part.per == "purchase" or (part.instalment if is_debt else part.amount) is None:
            return
        quote.owing[part.code] = left
        standing = self.context.standing.get(part.code)
        quote.next_due[part.code] = standing.next_due if standing else self.today
        if self.times(part):
            quote.next_due[part.code] = self.next_due(part.per)

    # ------------------------------------------------------------------ units to money

    def invert(self, units: Fraction) -> NaiveQuote:
        """Return the purchase of a number of units."""
        if (units / self.step).denominator != 1:
            raise Refused("units_step")
        self.check_units(units)
        keeps = self.context.carried > 0 and self.tariff.money.remainder == "rounding"
        if keeps and self._is_taken(1, lambda one: self.bought(one, units + self.step).units > units):
            raise Refused("carried_more")
        cost = self.cost(units)
        paid = self._least(lambda tender: self.money(tender) >= cost)
        low = self._least(lambda tender: self.bought(tender, units).units >= units)
        high = self._least(lambda tender: self.bought(tender, units + self.step).units > units) - 1
        lines = self.quote(paid, units, as_sold=False).lines
        tender = min(max(sum(lines.values()), low), high) if low <= high else low
        self.check_amount(tender)
        return self.quote(tender, units)

    def _least(self, is_enough: Callable[[int], bool]) -> int:
        """Return the least tender that is taken and is enough."""
        low, high = 0, 1
        while not self._is_taken(high, is_enough):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._is_taken(middle, is_enough) else (middle, high)
        return high

    @staticmethod
    def _is_taken(tender: int, is_enough: Callable[[int], bool]) -> bool:
        """Whether a tender is enough, and is not refused for what it leaves unpaid."""
        try:
            return is_enough(tender)
        except Refused:
            return False

    # ------------------------------------------------------------------ limits

    def check_amount(self, tender: int) -> None:
        """Refuse a tender outside the limits of the tariff or of the context."""
        least, most = self.tariff.limits.amount_min, self.tariff.limits.amount_max
        lower = [self.context.amount_min or 0, (least or 0) * self.scale]
        upper = [
            bound
            for bound in (self.context.amount_max, None if most is None else most * self.scale)
            if bound is not None
        ]
        if tender < max(lower) or (not tender and not any(self.free.values())):
            raise Refused("amount_below")
        if upper and tender > min(upper):
            raise Refused("amount_above")

    def check_units(self, units: Fraction) -> None:
        """Refuse a number of units outside the limits of the tariff or of the context."""
        limits, context = self.tariff.limits, self.context
        least = [Fraction(bound) for bound in (limits.units_min, context.units_min) if bound is not None]
        most = [Fraction(bound) for bound in (limits.units_max, context.units_max) if bound is not None]
        if least and units < max(least):
            raise Refused("units_below")
        if most and units > min(most):
            raise Refused("units_above")
