"""A tariff as the price function of a currency meter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.meter.shop import MADE_TID, PAN, Shop, key_of
from tests.unit.tariff.written import tariff
from voltoken.errors import FieldError, PurchaseRefused
from voltoken.meter import PROFILES, Meter, PriceFunction, TokenResult
from voltoken.tariff.document import Block, Tariff
from voltoken.tariff.metering import PLANS_MAX, STEPS, MeterPrice, PeriodMark

BERLIN = ZoneInfo("Europe/Berlin")
MARCH = datetime(2026, 3, 10, 12, tzinfo=UTC)
KWH = 1000

BLOCKS = 'blocks = [{ upto = 50, price = 1 }, { price = 2.5 }]\ncollected = "meter"'
HOURS = """
times = [
    { name = "peak", price = 3, hours = ["07:00-09:00", "18:00-24:00"], days = ["mon", "tue"] },
    { name = "winter", price = 2, months = [6, 7, 8] },
    { name = "rest", price = 1.5 },
]
sold_at = 2
collected = "meter"
"""
FLAT = 'price = 2\ncollected = "meter"'


def price_of(body: str = "", energy: str = BLOCKS, zone: Any = UTC, **options: Any) -> MeterPrice:
    """Return the price function of a document."""
    names = ("money", "currency", "resource", "valid_from")
    head = {name: options.pop(name) for name in names if name in options}
    return MeterPrice(tariff(body, energy=energy, zone=str(zone), **head), zone, **options)


def units(price: MeterPrice, quantity: int, total: int = 0, now: datetime = MARCH) -> Fraction:
    """Return what a quantity costs, in whole units of the currency."""
    return Fraction(price.cost(quantity, total, now), STEPS)


# ---------------------------------------------------------------------- blocks and periods


def test_blocks_are_walked_by_the_register_since_the_period_began() -> None:
    price = price_of()
    assert units(price, 40 * KWH, 1_000_000) == 40
    assert price.mark == PeriodMark(date(2026, 3, 1), 1_000_000)
    assert units(price, 20 * KWH, 1_040_000) == 10 + Fraction(25)
    assert units(price, 1, 1_060_000) == Fraction(25, 10_000)


def test_blocks_begin_again_with_the_local_month() -> None:
    price = price_of(zone=BERLIN)
    last = datetime(2026, 3, 31, 21, 59, tzinfo=UTC)
    assert units(price, 60 * KWH, 0, last) == 75
    assert units(price, KWH, 60 * KWH, last) == Fraction(5, 2)
    assert units(price, KWH, 60 * KWH, last + timedelta(minutes=1)) == 1
    assert price.mark == PeriodMark(date(2026, 4, 1), 60 * KWH)


def test_asking_twice_changes_nothing_and_an_older_clock_does_not_go_back_a_period() -> None:
    price = price_of()
    april = datetime(2026, 4, 1, tzinfo=UTC)
    assert units(price, KWH, 60 * KWH, april) == units(price, KWH, 60 * KWH, april) == 1
    assert units(price, 60 * KWH, 60 * KWH, MARCH) == 75
    assert price.mark == PeriodMark(date(2026, 4, 1), 60 * KWH)


def test_the_mark_can_be_saved_and_given_back() -> None:
    before = price_of()
    units(before, 45 * KWH)
    assert units(price_of(mark=before.mark), 10 * KWH, 45 * KWH) == 5 + Fraction(25, 2)
    assert units(price_of(), 10 * KWH, 45 * KWH) == 10


def test_a_register_that_reads_less_than_the_mark_begins_the_blocks_again() -> None:
    price = price_of(mark=PeriodMark(date(2026, 3, 1), 70 * KWH))
    assert units(price, KWH, 5 * KWH) == 1
    assert price.mark == PeriodMark(date(2026, 3, 1), 5 * KWH)


@pytest.mark.parametrize(("on_change", "cost"), [("carry", Fraction(5, 2)), ("restart", Fraction(1))])
def test_a_new_version_carries_the_position_or_begins_again(on_change: str, cost: Fraction) -> None:
    old = price_of()
    units(old, 50 * KWH)
    change = f'[period]\nevery = "month"\non_change = "{on_change}"\n'
    new = price_of(change, valid_from="2026-03-10", mark=old.mark)
    assert units(new, KWH, 50 * KWH) == cost


def test_reaching_a_block_for_all_units_is_paid_once() -> None:
    document = tariff(energy=BLOCKS)
    first, last = document.energies[0].blocks
    blocks = (first, Block(last.upto, last.price, all_units=True))
    price = MeterPrice(replace(document, energies=(replace(document.energies[0], blocks=blocks),)), UTC)
    assert units(price, 50 * KWH) == 50
    assert units(price, KWH, 50 * KWH) == 50 * Fraction(3, 2) + Fraction(5, 2)
    assert units(price, KWH, 51 * KWH) == Fraction(5, 2)


# ---------------------------------------------------------------------- hours


@pytest.mark.parametrize(
    ("local", "cost"),
    [
        ("2026-03-10T06:59:59", Fraction(3, 2)),
        ("2026-03-10T07:00", 3),
        ("2026-03-10T08:59:59", 3),
        ("2026-03-10T09:00", Fraction(3, 2)),
        ("2026-03-10T18:00", 3),
        ("2026-03-10T23:59:59", 3),
        ("2026-03-11T00:00", Fraction(3, 2)),
        ("2026-03-14T07:00", Fraction(3, 2)),
        ("2026-07-14T07:00", 3),
        ("2026-07-14T12:00", 2),
    ],
)
def test_the_first_slot_that_fits_the_local_clock_gives_the_price(local: str, cost: Fraction) -> None:
    price = price_of(energy=HOURS, zone=BERLIN)
    assert units(price, KWH, 0, datetime.fromisoformat(local).replace(tzinfo=BERLIN)) == cost


def test_hours_follow_the_clock_when_it_is_set_forward_and_back() -> None:
    price = price_of(energy=HOURS, zone=BERLIN)
    # 07:30 local is 06:30 UTC in winter and 05:30 UTC in summer; both days are Mondays.
    assert units(price, KWH, 0, datetime(2026, 3, 23, 6, 30, tzinfo=UTC)) == 3
    assert units(price, KWH, 0, datetime(2026, 3, 30, 5, 30, tzinfo=UTC)) == 3
    assert units(price, KWH, 0, datetime(2026, 3, 23, 5, 30, tzinfo=UTC)) == Fraction(3, 2)
    # The month ends an hour earlier in UTC than it does in winter.
    assert units(price, KWH, 0, datetime(2026, 5, 31, 22, 0, tzinfo=UTC)) == 2


# ---------------------------------------------------------------------- levies, taxes and the till

VAT = '[[tax]]\ncode = "VAT"\nname = "VAT"\nrate = 0.25\non = ["energy"{}]\ncollected = "{}"\n'
LEVY = '[[levy]]\ncode = "L"\nname = "L"\nper_unit = {}\ncollected = "{}"\n'


def test_levies_and_taxes_of_the_meter_are_on_its_price_and_those_of_the_till_are_not() -> None:
    both = LEVY.format("0.4", "meter") + VAT.format(', "L"', "meter")
    assert units(price_of(both, FLAT), KWH) == Fraction(24, 10) * Fraction(5, 4)
    assert units(price_of(VAT.format("", "till"), FLAT), KWH) == 2


@pytest.mark.parametrize(("place", "cost"), [("meter", Fraction(2)), ("till", Fraction(8, 5))])
def test_a_tax_that_the_price_contains_is_taken_out_where_the_till_collects_it(
    place: str, cost: Fraction
) -> None:
    price = price_of(VAT.format("", place), FLAT + '\nincludes = ["VAT"]')
    assert units(price, KWH) == cost


def test_a_tax_of_the_till_is_taken_out_of_the_price_in_its_season_only() -> None:
    summer = VAT.format("", "till") + "when = { months = [6, 7, 8] }\n"
    price = price_of(summer, FLAT + '\nincludes = ["VAT"]')
    assert units(price, KWH) == 2
    assert units(price, KWH, 0, datetime(2026, 7, 10, 12, tzinfo=UTC)) == Fraction(8, 5)


def test_a_tax_of_the_meter_on_a_levy_of_the_till_is_in_no_price_twice() -> None:
    levy = '[[levy]]\ncode = "L"\nname = "L"\nrate = 0.2\non = ["energy"]\ncollected = "till"\n'
    both = levy + VAT.format("", "meter")
    price = price_of(both, 'price = 2.9\ncollected = "meter"\nincludes = ["L", "VAT"]')
    assert units(price, KWH) == 2 * Fraction(5, 4)


def test_the_clock_of_the_meter_is_that_of_the_tariff() -> None:
    with pytest.raises(FieldError, match="UTC"):
        MeterPrice(tariff(energy=FLAT), BERLIN)


def test_a_tax_on_one_price_of_hours_is_in_each() -> None:
    price = price_of(VAT.format("", "meter"), HOURS)
    assert units(price, KWH, 0, datetime(2026, 3, 10, 8, tzinfo=UTC)) == Fraction(15, 4)  # a Tuesday


def test_the_last_published_value_of_a_monthly_levy_stays_at_the_meter() -> None:
    values = '{ "2026-02" = 0.1, "2026-03" = 0.2, "2026-04" = 0.3 }'
    price = price_of(LEVY.format(values, "meter"), FLAT, valid_from="2026-02-01")
    found = [units(price, KWH, 0, datetime(2026, month, 5, tzinfo=UTC)) for month in (1, 2, 3, 4, 9)]
    assert [cost - 2 for cost in found] == [Fraction(tenths, 10) for tenths in (1, 1, 2, 3, 3)]


def test_what_a_price_function_cannot_collect_is_told() -> None:
    body = '[[charge]]\ncode = "{0}"\nname = "{0}"\namount = 1\nper = "day"\ncollected = "{1}"\n'
    price = price_of(body.format("DAILY", "meter") + body.format("DESK", "till"), FLAT)
    assert price.left_out == ("DAILY",)
    assert units(price, KWH) == 2


# ---------------------------------------------------------------------- circumstances

SEASONS = """
[[energy]]
price = 5
when = {{ months = [6, 7] }}
collected = "meter"
[[energy]]
price = 1
when = {{ customer = ["lifeline"] }}
collected = "meter"
[[energy]]
price = 3
{last}
collected = "meter"
"""


def test_season_and_customer_choose_the_price() -> None:
    lifeline = price_of(SEASONS.format(last=""), None, marks=frozenset({"lifeline"}))  # type: ignore[arg-type]
    other = price_of(SEASONS.format(last=""), None)  # type: ignore[arg-type]
    june = datetime(2026, 6, 1, tzinfo=UTC)
    assert [units(lifeline, KWH), units(lifeline, KWH, 0, june)] == [1, 5]
    assert [units(other, KWH), units(other, KWH, 0, june)] == [3, 5]


def test_prices_in_another_currency_are_converted_on_the_day() -> None:
    money = (
        'prices_in = "USD"\nrates = [{ from = 2020-01-01, rate = 10 }, { from = 2026-03-11, rate = 12.5 }]'
    )
    price = price_of(energy=FLAT, money=money)
    assert [units(price, KWH), units(price, KWH, 0, MARCH + timedelta(days=1))] == [20, 25]
    assert units(price_of(energy=FLAT, money='prices_in = "USD"', exchange=7), KWH) == 14
    assert units(price, KWH, 0, datetime(2019, 12, 31, tzinfo=UTC)) == 20


@pytest.mark.parametrize("resource", ["electricity", "water", "gas", "time"])
def test_a_unit_has_as_many_counts_as_the_meter_has(resource: str) -> None:
    price = price_of(energy=FLAT, resource=resource)
    assert units(price, 60 if resource == "time" else 1000) == 2


def test_a_tariff_that_cannot_be_a_price_function_is_refused_when_it_is_made() -> None:
    with pytest.raises(FieldError, match="collected by the meter"):
        price_of(energy="price = 2")
    seasons = tariff(SEASONS.format(last=""), energy=None)
    with pytest.raises(PurchaseRefused, match="no price of energy"):
        MeterPrice(replace(seasons, energies=seasons.energies[:2]), UTC)
    with pytest.raises(PurchaseRefused, match="USD"):
        price_of(energy=FLAT, money='prices_in = "USD"')
    last = replace(tariff(energy=FLAT), valid_from=date(9999, 11, 5))
    assert units(MeterPrice(last, UTC), KWH, 0, datetime(9999, 12, 31, tzinfo=UTC)) == 2


def test_prices_of_many_days_are_the_same_whether_kept_or_made_again() -> None:
    price = price_of(energy=HOURS)
    days = [MARCH + timedelta(days=day) for day in range(PLANS_MAX + 10)]
    assert [units(price, KWH, 0, day) for day in days] == [
        units(price_of(energy=HOURS), KWH, 0, day) for day in days
    ]


# ---------------------------------------------------------------------- in a meter

LEVIED: Tariff = tariff(LEVY.format("0.04", "meter") + VAT.format(', "L"', "meter"), energy=BLOCKS)


@given(st.integers(0, 200_000), st.integers(0, 200_000), st.integers(0, 10**6))
def test_more_never_costs_less_and_parts_cost_what_the_whole_does(
    first: int, second: int, total: int
) -> None:
    price = MeterPrice(LEVIED, UTC, mark=PeriodMark(date(2026, 3, 1), 0))
    whole = price.cost(first + second, total, MARCH)
    assert price.cost(first, total, MARCH) + price.cost(second, total + first, MARCH) == whole
    assert 0 <= price.cost(first, total, MARCH) <= whole


def test_a_meter_takes_the_price_of_blocks_from_its_credit_across_a_month() -> None:
    price: PriceFunction = (tariff_price := MeterPrice(tariff(energy=BLOCKS), UTC))
    key = key_of()
    meter = Meter.new(PAN, key, PROFILES["currency"], filled_with=MADE_TID, price=price)
    now = datetime(2026, 3, 30, tzinfo=UTC)
    assert meter.enter(Shop(key).money(82), now).result is TokenResult.ACCEPT
    credit = meter.credit
    assert meter.use(52 * KWH, now, seconds=36_000) == 52 * KWH
    assert meter.credit == credit - (50 + 5) * STEPS
    april = datetime(2026, 4, 1, 1, tzinfo=UTC)
    assert meter.use(30 * KWH, april, seconds=36_000) == -(-(credit - 55 * STEPS) * KWH // STEPS)
    assert -STEPS // KWH < meter.credit <= 0
    assert tariff_price.mark == PeriodMark(date(2026, 4, 1), 52 * KWH)


def test_a_meter_stops_at_the_count_its_credit_pays_within_a_dearer_block() -> None:
    key = key_of()
    meter = Meter.new(PAN, key, PROFILES["currency"], filled_with=MADE_TID, price=MeterPrice(LEVIED, UTC))
    meter.enter(Shop(key).money(70), MARCH)
    left = meter.credit - 65 * STEPS  # 50 kWh at 1.30 are paid; the second block is at 3.175.
    served = meter.use(100 * KWH, MARCH, seconds=36_000)
    assert served == 50 * KWH - (-left * KWH // (3175 * STEPS // 1000))
