"""What holds of every price, whatever the tariff: sums, order, splitting, the way back, the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from tests.property.tariffs import Purchase, purchases
from voltoken.errors import PurchaseRefused
from voltoken.sts import UNITS
from voltoken.tariff import Context, Kind, Per, Period, Prices, Quote, Remainder, Tariff
from voltoken.tariff.document import Energy

pytestmark = pytest.mark.slow

BERLIN = ZoneInfo("Europe/Berlin")
LARGE = 10**6
"""Steps of purchases that only the engine has to price: a hundred thousand units."""


def sold(purchase: Purchase, **circumstances: Any) -> Quote:
    """Return the quote of a purchase; an example that is refused proves nothing."""
    try:
        context = replace(purchase.context, **circumstances)
        return Prices(purchase.tariff).quote(purchase.tender, context)
    except PurchaseRefused as refusal:
        event(f"refused: {refusal.reason}")
        assume(False)
        raise


def after(quote: Quote) -> Context:
    """Return the circumstances after a purchase."""
    before = quote.context
    taken = {free.code: free.units for free in quote.free}
    return replace(
        before,
        used=Fraction(before.used) + Fraction(quote.units),
        free_used=Fraction(before.free_used) + Fraction(quote.free_units),
        free_taken={
            code: Fraction(before.free_taken.get(code, 0)) + Fraction(taken.get(code, 0))
            for code in {*before.free_taken, *taken}
        },
        standing={**before.standing, **quote.standing},
        debts={**before.debts, **quote.debts},
        last_purchase=before.at.date(),
        carried=quote.carried,
    )


# ---------------------------------------------------------------------- one purchase


@given(purchases(LARGE))
def test_lines_add_up_to_the_tender_and_their_parts_to_the_units(purchase: Purchase) -> None:
    quote = sold(purchase)
    assert sum(line.amount for line in quote.lines) == quote.tender == purchase.tender
    assert sum((step.units for step in quote.steps), Fraction(0)) == Fraction(quote.units)
    left = sum(step.amount for step in quote.steps)
    paid = quote.total(Kind.CHARGE, Kind.DEBT)
    assert left <= purchase.tender + max(0, purchase.context.carried) - min(0, paid)


@given(purchases(LARGE))
def test_tokens_carry_exactly_what_was_sold(purchase: Purchase) -> None:
    quote = sold(purchase)
    for units, tokens in [(quote.units, quote.tokens), *((free.units, free.tokens) for free in quote.free)]:
        assert sum(tokens) == units
        assert all(UNITS.is_carriable(token) and token > 0 for token in tokens)
        assert list(tokens) == sorted(tokens, reverse=True)


@given(purchases(LARGE))
def test_no_line_is_below_zero_unless_the_tariff_declares_it(purchase: Purchase) -> None:
    quote = sold(purchase)
    rebates: set[str] = set()
    for extra in purchase.tariff.extras:
        if (extra.rate or 0) < 0 or (extra.per_unit or 0) < 0 or rebates & set(extra.on):
            rebates.add(extra.code)
    event("with rebates" if rebates else "without")
    below = {(line.kind, line.code) for line in quote.lines if line.amount < 0}
    assert {code for kind, code in below if kind not in (Kind.ROUNDING, Kind.CARRIED)} <= rebates


@given(purchases(LARGE))
def test_what_was_owed_is_paid_or_still_owed(purchase: Purchase) -> None:
    quote = sold(purchase)
    for line in quote.lines:
        if line.kind is Kind.DEBT:
            assert 0 <= line.amount == purchase.context.debts[line.code] - quote.debts[line.code]
    assert all(standing.owing >= 0 for standing in quote.standing.values())
    assert all(balance >= 0 for balance in quote.debts.values())


@given(purchases(LARGE), st.integers(1, 10**7))
def test_more_money_never_buys_fewer_units(purchase: Purchase, more: int) -> None:
    assume(purchase.tender)
    less = sold(purchase)
    richer = sold(purchase._replace(tender=purchase.tender + more))
    assert less.units <= richer.units
    assert less.exact_units <= richer.exact_units


# ---------------------------------------------------------------------- the way back


@given(purchases(10_000))
def test_the_price_of_the_units_that_a_tender_buys_buys_these_units(purchase: Purchase) -> None:
    quote = sold(purchase)
    assume(quote.units)
    prices = Prices(purchase.tariff)
    back = prices.quote_units(quote.units, purchase.context)
    assert back.units == quote.units
    again = prices.quote(back.tender, purchase.context)
    assert (again.units, again.lines, again.standing, again.debts) == (
        back.units,
        back.lines,
        back.standing,
        back.debts,
    )


# ---------------------------------------------------------------------- many purchases instead of one


def _energy_alone(tariff: Tariff, *, is_rising: bool) -> Tariff:
    """Return a tariff with its energy, levies and taxes alone, which has nothing that is paid per purchase.

    Nor has it blocks that change the price of what was bought before: rounding up over the edge of such a
    block gives away more than a step is worth.
    """
    energies = []
    for energy in tariff.energies:
        prices = [block.price for block in energy.blocks]
        prices = sorted(prices) if is_rising else prices
        blocks = zip(energy.blocks, prices, strict=True)
        energies.append(
            Energy(
                tuple(replace(block, price=price, all_units=False) for block, price in blocks),
                includes=energy.includes,
                when=energy.when,
            )
        )
    ranged = [
        one for one in tariff.extras if one.from_units or one.upto_units is not None or one.unit_rounding
    ]
    return replace(
        tariff,
        energies=tuple(energies),
        extras=() if is_rising and ranged else tariff.extras,
        charges=(),
        debts=(),
        free=(),
        collection=(),
        money=replace(tariff.money, remainder=Remainder.ROUNDING),
    )


def _in_parts(purchase: Purchase, parts: list[int]) -> tuple[Quote, Fraction, int]:
    """Return one purchase, the units of the same money in parts, and how many roundings lie between."""
    whole = sold(purchase._replace(tender=sum(parts)), carried=0)
    context, units = whole.context, Fraction(0)
    for part in parts:
        quote = sold(purchase._replace(tender=part, context=context))
        context = after(quote)
        units += Fraction(quote.units)
    return whole, units, len(parts) + 1


shares_of_money = st.lists(st.integers(1, 10**6), min_size=2, max_size=5)


@given(purchases(), shares_of_money)
def test_parts_buy_what_the_whole_buys_within_a_step_each_where_prices_rise(
    purchase: Purchase, parts: list[int]
) -> None:
    tariff = _energy_alone(purchase.tariff, is_rising=True)
    whole, units, roundings = _in_parts(purchase._replace(tariff=tariff), parts)
    step = Fraction(whole.plan.step, whole.plan.unit_den)
    assert abs(units - Fraction(whole.units)) <= roundings * step


@given(purchases(), shares_of_money)
def test_parts_are_worth_what_the_whole_is_within_a_step_each_whatever_the_prices(
    purchase: Purchase, parts: list[int]
) -> None:
    # Where prices fall, a tenth of a unit lost at the dear beginning is more than a tenth at the cheap end:
    # the bound is the money that a step is worth, not a step.
    tariff = _energy_alone(purchase.tariff, is_rising=False)
    whole, units, roundings = _in_parts(purchase._replace(tariff=tariff), parts)
    plan = whole.plan
    position = int(Fraction(purchase.context.used) * plan.unit_den)
    worth = [plan.cost(position, int(Fraction(bought) * plan.unit_den)) for bought in (units, whole.units)]
    dearest = Fraction(max(plan.totals) * plan.step, plan.price_den * plan.unit_den)
    assert abs(worth[0] - worth[1]) <= roundings * dearest


# ---------------------------------------------------------------------- days, months and clocks

clocks = st.times()


@given(
    purchases(), clocks, clocks, st.sampled_from([date(2024, 3, 31), date(2024, 10, 27), date(2024, 2, 29)])
)
def test_the_hour_of_a_day_changes_no_price_even_when_clocks_are_set(
    purchase: Purchase, one: time, other: time, day: date
) -> None:
    purchase = purchase._replace(tariff=replace(purchase.tariff, zone="Europe/Berlin"))
    quotes = [
        sold(purchase, at=datetime.combine(day, clock, BERLIN).replace(fold=fold))
        for clock, fold in [(one, 0), (other, 1)]
    ]
    assert replace(quotes[0], context=quotes[1].context) == quotes[1]


@given(purchases(), st.integers(1, 12))
def test_a_monthly_charge_falls_due_once_a_month_and_again_at_local_midnight(
    purchase: Purchase, month: int
) -> None:
    monthly = [one for one in purchase.tariff.charges if one.rate is None and not one.take.whole]
    assume(monthly and purchase.tender)
    charges = tuple(replace(one, per=Per.MONTH, accrues=False, each="") for one in monthly)
    tariff = replace(purchase.tariff, charges=charges, debts=(), collection=(), period=Period())
    tariff = replace(tariff, zone="Europe/Berlin")
    first = datetime(2024, month, 1, tzinfo=BERLIN)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(seconds=1)
    asked = Purchase(tariff, replace(purchase.context, standing={}, at=first), purchase.tender)
    once = sold(asked)
    again = sold(asked._replace(context=replace(after(once), at=last)))
    following = sold(asked._replace(context=replace(after(again), at=last + timedelta(seconds=1))))
    for code, standing in once.standing.items():
        assert standing.next_due == (last + timedelta(seconds=1)).date()
        # The rest of the month asks for no more than what was left; the next midnight asks for a new month.
        paid = sum(line.amount for line in again.lines if line.code == code)
        assert again.standing.get(code, standing).owing == standing.owing - paid
        if code in following.standing:
            assert following.standing[code].next_due > standing.next_due
