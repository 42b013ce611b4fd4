"""The engine against the naive tariff: the same units, the same lines, the same debts afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st

from tests.naive.purchase import NaivePurchase, NaiveQuote
from tests.naive.tariff import Refused
from tests.property.tariffs import Purchase, purchases, purchases_of_credit
from tests.unit.tariff.written import on, tariff
from voltoken.errors import PurchaseRefused
from voltoken.sts import CURRENCY, UNITS, UnitGrid
from voltoken.tariff import Context, Direction, Kind, LinesOf, Per, Prices, Quote, Remainder

pytestmark = pytest.mark.slow

CLOSING = (Kind.ROUNDING, Kind.CARRIED)


def ask_real(purchase: Purchase, units: Fraction | None = None, grid: UnitGrid = UNITS) -> Quote | str:
    """Return the quote of the engine, or its reason to refuse."""
    prices = Prices(purchase.tariff, grid)
    try:
        if units is not None:
            return prices.quote_units(units, purchase.context)
        return prices.quote(purchase.tender, purchase.context)
    except PurchaseRefused as refusal:
        return refusal.reason


def ask_naive(purchase: Purchase, units: Fraction | None = None, grid: UnitGrid = UNITS) -> NaiveQuote | str:
    """Return the quote of the naive tariff, or its reason to refuse."""
    try:
        naive = NaivePurchase(purchase.tariff, purchase.context, Fraction(grid.step))
        return naive.price(purchase.tender) if units is None else naive.invert(units)
    except Refused as refusal:
        return str(refusal)


def state_of_real(quote: Quote, context: Context) -> dict[str, Any]:
    """Return what a quote says, in the words of the naive one."""
    lines: Counter[tuple[str, str, int]] = Counter()
    for line in quote.lines:
        if line.kind not in (*CLOSING, Kind.FREE):
            lines[str(line.kind), line.code, line.block] += line.amount
    standing = {**context.standing, **quote.standing}
    return {
        "tender": quote.tender,
        "units": Fraction(quote.units),
        "free": {free.code: Fraction(free.units) for free in quote.free if free.units},
        "lines": {name: amount for name, amount in lines.items() if amount},
        "closing": quote.total(*CLOSING) + (context.carried if quote.tender else 0),
        "carried": quote.carried,
        "owing": {code: one.owing for code, one in standing.items() if one.owing},
        "next due": {code: one.next_due for code, one in standing.items()},
        "debts": {code: left for code, left in {**context.debts, **quote.debts}.items() if left},
    }


def state_of_naive(quote: NaiveQuote, real: Quote, context: Context) -> dict[str, Any]:
    """Return the same of the naive quote. real: for days of parts that have none in the rules."""
    standing, days = {**context.standing, **real.standing}, dict(quote.next_due)
    owing = {code: one.owing for code, one in context.standing.items()} | quote.owing
    return {
        "tender": quote.tender,
        "units": quote.units,
        "free": {code: units for code, units in quote.free.items() if units},
        "lines": {name: amount for name, amount in quote.lines.items() if name[0] != "carried"},
        "closing": quote.closing,
        "carried": quote.carried,
        "owing": {code: left for code, left in owing.items() if left},
        "next due": {code: days.get(code, one.next_due) for code, one in standing.items()},
        "debts": {code: left for code, left in {**context.debts, **quote.debts}.items() if left},
    }


def differences(real: Quote, naive: NaiveQuote, context: Context) -> dict[str, Any]:
    """Return where the two differ: real first."""
    one, other = state_of_real(real, context), state_of_naive(naive, real, context)
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def check_both(purchase: Purchase, units: Fraction | None = None, grid: UnitGrid = UNITS) -> str:
    """Ask both and compare; return what came of it, in a word."""
    real, naive = ask_real(purchase, units, grid), ask_naive(purchase, units, grid)
    if isinstance(real, str) or isinstance(naive, str):
        assert real == naive, (real, naive)
        return f"refused: {real}"
    found = differences(real, naive, purchase.context)
    assert not found, found
    return "sold"


@given(purchases())
def test_both_sell_the_same_for_money(purchase: Purchase) -> None:
    event(check_both(purchase))


@given(purchases(), st.integers(1, 20))
def test_both_ask_the_same_for_units(purchase: Purchase, steps: int) -> None:
    event(check_both(purchase, steps * purchase.tariff.units.step))


@given(purchases_of_credit(), st.none() | st.integers(1, 100))
def test_both_sell_the_same_credit_where_the_meter_collects(purchase: Purchase, coins: int | None) -> None:
    units = None if coins is None else Fraction(coins, purchase.tariff.money.currency.scale)
    event(check_both(purchase, units, CURRENCY))


def test_a_levy_on_later_units_is_not_on_what_is_paid_for_entering_a_block() -> None:
    document = tariff(
        """
        [[levy]]
        code = "L"
        name = "Levy"
        rate = 0.5
        on = ["energy"]
        from_units = 100
        """,
        energy="blocks = [{ upto = 3, price = 2 }, { price = 4, all_units = true }]",
        money='remainder = "carry"',
        to="down",
    )
    purchase = Purchase(document, on(), 2000)
    assert check_both(purchase) == "sold"
    quote = ask_real(purchase)
    assert not isinstance(quote, str)
    assert (quote.units, quote.total(Kind.LEVY)) == (Decimal("5.0"), 0)


def features(purchase: Purchase, quote: Quote) -> Iterator[str]:
    """Say what a purchase has in it, as far as examples should have it."""
    tariff, context = purchase.tariff, purchase.context
    yield f"lines of {tariff.money.lines_of}, {tariff.money.remainder}"
    yield f"units {tariff.units.to}, money {tariff.money.line.to}"
    yield from (f"line of {line.kind}" for line in quote.lines)
    if len(quote.steps) > 1:
        yield "blocks, rising" if quote.steps[0].price < quote.steps[-1].price else "blocks, falling"
    if any(quote.plan.jumps):
        yield "a block for all units"
    for charge in tariff.charges:
        if any(line.code == charge.code and line.amount for line in quote.lines):
            yield f"charge per {charge.per}" if charge.rate is None else "fee"
            yield from (name for name in ("includes", "each") if getattr(charge, name))
    if any(standing.owing for standing in quote.standing.values()):
        yield "charge in part"
    if any(tariff.energies[-1].includes) and quote.units:
        yield "price with tax"
    if tariff.money.priced_in != tariff.money.currency.code:
        yield "dated rate" if tariff.money.rates else "rate of the day"
    if any(line.amount < 0 for line in quote.lines if line.kind in (Kind.LEVY, Kind.TAX)):
        yield "rebate"
    if quote.free_units and "free" in tariff.period.counts and context.free_used:
        yield "free units in the blocks"


REACHED = {
    *(f"lines of {lines_of}, {remainder}" for lines_of in LinesOf for remainder in Remainder),
    *(f"units {units}, money {money}" for units in Direction for money in Direction),
    *(f"line of {kind}" for kind in Kind),
    *("blocks, rising", "blocks, falling", "a block for all units", "free units in the blocks"),
    *(f"charge per {per}" for per in Per),
    *("fee", "includes", "each", "charge in part", "price with tax", "rebate"),
    *("dated rate", "rate of the day"),
    *("refused: charge_unpaid", "refused: too_small"),
}


@pytest.mark.slow
def test_the_purchases_have_everything_in_them() -> None:
    reached: Counter[str] = Counter()

    @settings(max_examples=600, derandomize=True, database=None, phases=[Phase.generate])
    @given(purchases())
    def look(purchase: Purchase) -> None:
        quote = ask_real(purchase)
        reached.update({f"refused: {quote}"} if isinstance(quote, str) else set(features(purchase, quote)))

    look()
    assert {name: reached[name] for name in REACHED if reached[name] < 3} == {}
