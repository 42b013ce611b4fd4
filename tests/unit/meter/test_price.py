"""Meters that keep money: a price function, whole steps of 10**-5, and fractions that do not drift."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.unit.meter.shop import MADE_TID, NOW, PAN, Shop, key_of, profile_of, results, with_credit
from voltoken.errors import FieldError
from voltoken.meter import COMMODITIES, Emergency, FlatPrice, Meter, PriceFunction, commodity_of
from voltoken.sts import Service

HOUR = 3600


class SecondKilowattHourIsDearer:
    """A price in two blocks: 1 step for each of the first 1000 Wh, 2.5 steps for each after them."""

    def cost(self, quantity: int, total: int, now: datetime) -> Fraction:  # noqa: ARG002 - not by time
        """Return the cost of quantity Wh above a register of total."""
        cheap = max(0, min(quantity, 1000 - total))
        return Fraction(2 * cheap + 5 * (quantity - cheap), 2)


def paying(price: PriceFunction, money: str, **changes: Any) -> tuple[Meter, Shop]:
    """Return a currency meter with so much money, at most 0.16383, up to which tokens are exact."""
    key = key_of()
    meter = Meter.new(PAN, key, profile_of("currency", **changes), filled_with=MADE_TID, price=price)
    shop = Shop(key)
    assert results(meter, shop.money(Decimal(money))) == ["Accept"]
    return meter, shop


def test_money_is_counted_in_steps_and_spent_by_the_price() -> None:
    meter, _ = with_credit("currency", units=5)
    before = meter.credit
    assert before == 500_024, "5.00000, rounded up to what a token can say"
    assert meter.price == FlatPrice(20_000)
    assert meter.use(1_500, NOW, seconds=HOUR) == 1_500
    assert (meter.credit, meter.total, meter.memory.balance.owed) == (before - 30_000, 1_500, Fraction(0))


def test_the_fraction_below_a_step_is_carried_and_nothing_drifts() -> None:
    meter, _ = paying(FlatPrice(333), "0.1")
    for _ in range(3_000):
        meter.use(1, NOW)
    assert (meter.credit, meter.memory.balance.owed) == (9_001, Fraction(0))
    meter.use(1, NOW)
    assert (meter.credit, meter.memory.balance.owed) == (9_001, Fraction(333, 1000))


def test_in_small_draws_or_in_one_the_money_is_the_same() -> None:
    small, _ = paying(SecondKilowattHourIsDearer(), "0.1")
    large, _ = paying(SecondKilowattHourIsDearer(), "0.1")
    for quantity in (1, 998, 3, 7, 491):
        small.use(quantity, NOW, seconds=HOUR)
    large.use(1_500, NOW, seconds=HOUR)
    assert small.memory.balance == large.memory.balance
    assert large.credit == 10_000 - 2_250


def test_the_last_count_is_the_first_that_empties_the_credit() -> None:
    meter, _ = paying(FlatPrice(20_000), "0.00050")
    assert meter.use(10, NOW) == 3
    assert (meter.credit, meter.relay, meter.total) == (-10, "disconnected", 3)
    exact, _ = paying(FlatPrice(20_000), "0.00060")
    assert exact.use(10, NOW) == 3
    assert exact.credit == 0


def test_credit_that_is_just_not_used_up_stays_connected() -> None:
    meter, _ = paying(FlatPrice(500), "0.00001")
    assert meter.use(1, NOW) == 1
    assert (meter.credit, meter.memory.balance.owed, meter.relay) == (1, Fraction(1, 2), "connected")
    assert meter.use(5, NOW) == 1
    assert (meter.credit, meter.memory.balance.owed, meter.relay) == (0, Fraction(0), "disconnected")


def test_a_price_in_blocks_empties_the_credit_at_the_right_count() -> None:
    meter, _ = paying(SecondKilowattHourIsDearer(), "0.01005")
    assert meter.use(5_000, NOW, seconds=HOUR) == 1_002
    assert (meter.credit, meter.memory.balance.owed) == (0, Fraction(0))


def test_without_prepayment_money_goes_on_falling() -> None:
    meter, shop = paying(FlatPrice(1_000), "0.001")
    results(meter, shop.flag(6, 0))
    assert meter.use(150, NOW) == 150
    assert (meter.credit, meter.relay) == (-50, "connected")


def test_money_is_lent_down_to_its_amount() -> None:
    meter, _ = paying(FlatPrice(7_000), "0.00050", emergency=Emergency(amount=100, threshold=50))
    assert meter.take_emergency(NOW)
    assert meter.use(1_000, NOW, seconds=HOUR) == 22
    assert (meter.credit, meter.memory.balance.emergency) == (-104, "consumed")


def test_tokens_that_take_money_away_need_a_meter_that_allows_it() -> None:
    strict, shop = paying(FlatPrice(1), "0.05")
    assert results(strict, shop.money(Decimal("-0.02"))) == ["RangeError"]
    lenient, shop = paying(FlatPrice(1), "0.05", negative_tokens=True)
    answer = lenient.enter(shop.money(Decimal("-0.02")), NOW)
    assert (answer.result, answer.credited, lenient.credit) == ("Accept", -2_000, 3_000)
    assert results(lenient, shop.money(Decimal("-0.03"))) == ["Accept"]
    assert (lenient.credit, lenient.relay) == (0, "disconnected")
    assert lenient.memory.history.credit_counts == 0


def test_what_is_taken_away_has_a_limit_too() -> None:
    meter, shop = paying(FlatPrice(1), "0.05", negative_tokens=True, credit_max=5_000)
    amounts = ("-0.1", "-0.00001", "0.10001", "0.1")
    verdicts = results(meter, *(shop.money(Decimal(amount)) for amount in amounts))
    assert verdicts == ["Accept", "OverflowError", "OverflowError", "Accept"]
    assert meter.credit == 5_000


def test_a_flat_price_is_made_from_money() -> None:
    price = FlatPrice.of(Decimal("0.21875"), Service.TIME_CURRENCY)
    assert (price.per_unit, price.counts, price.price) == (21_875, 60, Decimal("0.21875"))
    assert price.cost(90, 0, NOW) == Fraction(21_875 * 90, 60)
    with pytest.raises(FieldError, match="at most 5 decimals"):
        FlatPrice.of(Decimal("0.000001"), Service.ELECTRICITY_CURRENCY)


@pytest.mark.parametrize("values", [(0,), (-1,), (1.0,), (True,), (1, 0)])
def test_a_flat_price_is_a_whole_number_of_steps(values: tuple[Any, ...]) -> None:
    with pytest.raises(FieldError, match="a whole number, 1 or more"):
        FlatPrice(*values)


def test_currency_services_measure_what_the_unit_services_do() -> None:
    names = [commodity_of(service).name for service in Service]
    assert names == ["electricity", "water", "gas", "time"] * 2


@pytest.mark.parametrize(
    ("place", "counts", "units"),
    [
        (0, 1, "0.001"),
        (0, -1_500, "-1.500"),
        (0, 0, "0.000"),
        (3, 60, "1.00"),
        (3, 1, "0.01"),
        (3, -1, "-0.02"),
    ],
)
def test_counts_are_shown_as_units(place: int, counts: int, units: str) -> None:
    assert str(COMMODITIES[place].units(counts)) == units
