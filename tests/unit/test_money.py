"""Money is a whole number of the smallest coin, and nothing is ever rounded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from voltoken.errors import FieldError
from voltoken.money import MINOR_PLACES, PLACES_MAX, Currency, Money

ZAR, KWH = Currency.of("ZAR"), Currency.of("kWh")


@pytest.mark.parametrize(
    ("code", "places"),
    [("ZAR", 2), ("USD", 2), ("UGX", 0), ("JPY", 0), ("KWD", 3), ("kWh", 1), ("m3", 1), ("min", 1)],
)
def test_a_currency_has_the_decimals_of_its_coin(code: str, places: int) -> None:
    assert Currency.of(code) == Currency(code, places)
    assert Currency.of(code).scale == 10**places


def test_currencies_without_two_decimals_are_listed() -> None:
    assert MINOR_PLACES["XOF"] == 0
    assert set(MINOR_PLACES.values()) == {0, 1, 3}
    assert all(Currency.of(code).places == places for code, places in MINOR_PLACES.items())


@pytest.mark.parametrize("code", ["", "Z", "1AR", "ZA R", "ZARZARZAR", "Z-R", "ÄÖÜ", "ZAR\n", None, 5])
def test_a_code_is_of_letters_and_digits(code: object) -> None:
    for make in (Currency.of, lambda code: Currency(code, 2)):
        with pytest.raises(FieldError) as caught:
            make(code)  # type: ignore[arg-type] # on purpose
        assert caught.value.field == "currency"


@pytest.mark.parametrize("code", ["ZA", "kWh", "m3", "A1234567"])
def test_codes_of_two_to_eight_are_taken(code: str) -> None:
    assert Currency(code, 2).code == code


@pytest.mark.parametrize("places", [-1, PLACES_MAX + 1, 2.0, "2", True, None])
def test_decimals_are_few(places: object) -> None:
    with pytest.raises(FieldError) as caught:
        Currency("ZAR", places)  # type: ignore[arg-type] # on purpose
    assert caught.value.field == "places"


@pytest.mark.parametrize("places", [0, PLACES_MAX])
def test_both_ends_of_the_decimals_are_taken(places: int) -> None:
    assert Currency("ZAR", places).scale == 10**places


def test_currencies_can_be_sorted() -> None:
    assert sorted([KWH, ZAR, Currency("ZAR", 1)]) == [Currency("ZAR", 1), ZAR, KWH]


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        (5, 500),
        (Decimal("843.93"), 84393),
        (Decimal("-0.01"), -1),
        (Fraction(1, 4), 25),
        (Decimal("1E+3"), 100000),
        (0, 0),
    ],
)
def test_an_amount_becomes_coins(amount: Any, minor: int) -> None:
    assert ZAR.minor(amount) == minor
    assert Money.of(amount, "ZAR") == Money.of(amount, ZAR) == Money(minor, ZAR)


@pytest.mark.parametrize("amount", [0.5, True, "5", None, 1 + 2j])
def test_only_exact_numbers_are_amounts(amount: Any) -> None:
    with pytest.raises(FieldError, match="float is not exact") as caught:
        ZAR.minor(amount)
    assert caught.value.field == "amount"


@pytest.mark.parametrize(
    "amount", [Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN"), Decimal("1E+31"), Decimal("1E-31")]
)
def test_a_decimal_is_finite_and_of_a_sane_size(amount: Decimal) -> None:
    with pytest.raises(FieldError, match="at most 30 places") as caught:
        ZAR.minor(amount)
    assert (caught.value.field, caught.value.value) == ("amount", f"'{amount}'")


def test_the_largest_decimal_is_taken() -> None:
    assert ZAR.minor(Decimal("1E+30")) == 10**32


@pytest.mark.parametrize("amount", [Decimal("0.005"), Fraction(1, 3), Decimal("1E-30")])
def test_an_amount_between_two_coins_is_refused(amount: Any) -> None:
    with pytest.raises(FieldError, match=r"10\*\*-2 ZAR") as caught:
        ZAR.minor(amount)
    assert (caught.value.field, caught.value.value) == ("amount", f"'{amount}'")


@pytest.mark.parametrize(
    ("currency", "minor", "text"),
    [(ZAR, 84393, "843.93"), (ZAR, -5, "-0.05"), (KWH, 17001, "1700.1"), (Currency.of("UGX"), 7, "7")],
)
def test_coins_become_an_amount_with_all_decimals(currency: Currency, minor: int, text: str) -> None:
    assert str(currency.decimal(minor)) == text
    assert currency.minor(currency.decimal(minor)) == minor
    assert Money(minor, currency).amount == Decimal(text)


def test_money_is_shown_with_its_currency() -> None:
    assert str(Money(84393, ZAR)) == "ZAR 843.93"
    assert str(Money(-1, ZAR)) == "ZAR -0.01"
    assert str(Money(1, Currency("ABC", 8))) == "ABC 0.00000001"


@pytest.mark.parametrize(
    ("minor", "currency", "field"),
    [(1.0, ZAR, "minor"), (True, ZAR, "minor"), (None, ZAR, "minor"), (1, "ZAR", "currency")],
)
def test_money_is_whole_coins_of_a_currency(minor: Any, currency: Any, field: str) -> None:
    with pytest.raises(FieldError) as caught:
        Money(minor, currency)
    assert caught.value.field == field


def test_money_of_one_currency_can_be_reckoned_with() -> None:
    five, two = Money(5, ZAR), Money(2, ZAR)
    assert five + two == Money(7, ZAR)
    assert five - two == Money(3, ZAR)
    assert -five == Money(-5, ZAR)
    assert two < five
    assert not five < two
    assert not five < Money(5, ZAR)
    assert five <= Money(5, ZAR)
    assert not five <= two
    assert max(two, five) == five


def test_nothing_is_false_and_everything_else_is_true() -> None:
    assert not Money(0, ZAR)
    assert Money(1, ZAR)
    assert Money(-1, ZAR)


@pytest.mark.parametrize("other", [Money(1, KWH), Money(1, Currency("ZAR", 3)), 1, None])
def test_two_currencies_cannot_be_mixed(other: Any) -> None:
    one = Money(1, ZAR)
    mixes: tuple[Callable[[Any, Any], object], ...] = operator.add, operator.sub, operator.lt, operator.le
    for mix in mixes:
        with pytest.raises(FieldError, match="an amount of ZAR") as caught:
            mix(one, other)
        assert caught.value.field == "money"
    assert one != other
