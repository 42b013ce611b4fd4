"""Amounts that no token carries: what is refused, and with which advice."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from voltoken.errors import FieldError
from voltoken.sts import (
    CURRENCY,
    UNITS,
    WATTS,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
)

CURRENCY_STEPS_MAX = decode_currency(0x7FFFF)


@pytest.mark.parametrize("steps", [-1, 18_201_625, pytest.param(10**5000, id="huge")])
def test_steps_outside_the_range_are_refused(steps: int) -> None:
    with pytest.raises(FieldError, match=r"0 to 18201624\. Split a larger sale"):
        encode_amount(steps)


@pytest.mark.parametrize("steps", [1.0, "1", None, True, Decimal(1)])
def test_steps_are_whole_numbers(steps: Any) -> None:
    for encode in (encode_amount, encode_currency):
        with pytest.raises(FieldError, match="it must be an int"):
            encode(steps)


@pytest.mark.parametrize("steps", [CURRENCY_STEPS_MAX + 1, -CURRENCY_STEPS_MAX - 1])
def test_money_beyond_the_greatest_is_refused(steps: int) -> None:
    with pytest.raises(FieldError, match="either way"):
        encode_currency(steps)


@pytest.mark.parametrize("field", [-1, 1 << 16])
def test_an_amount_field_has_16_bits(field: int) -> None:
    with pytest.raises(FieldError, match="0 to 65535"):
        decode_amount(field)


@pytest.mark.parametrize("number", [-1, 1 << 20])
def test_a_currency_number_has_20_bits(number: int) -> None:
    with pytest.raises(FieldError, match="0 to 1048575"):
        decode_currency(number)


@pytest.mark.parametrize("amount", [25.6, True, "25.6", None])
def test_floats_are_refused(amount: Any) -> None:
    for look in (UNITS.steps, UNITS.ceiling, UNITS.floor, UNITS.is_carriable, UNITS.split):
        with pytest.raises(FieldError, match="A float is not exact: use Decimal"):
            look(amount)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_only_finite_amounts_exist(text: str) -> None:
    with pytest.raises(FieldError, match="it must be finite"):
        CURRENCY.steps(Decimal(text))


@pytest.mark.parametrize("amount", [Decimal("-0.1"), -1, Fraction(-1, 3)])
def test_units_and_watts_are_not_negative(amount: Any) -> None:
    for grid in (UNITS, WATTS):
        with pytest.raises(FieldError, match="zero or more"):
            grid.steps(amount)


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("1e999999999"),
        Decimal("-1e999999999"),
        Decimal("1e-999999999"),
        Decimal("1e101"),
        10**100,
        -(10**5000),
        Fraction(10**5000, 7),
    ],
    ids=lambda amount: type(amount).__name__,
)
def test_amounts_of_endless_digits_are_refused_at_once(amount: Any) -> None:
    for look in (CURRENCY.steps, CURRENCY.ceiling, CURRENCY.split, CURRENCY.is_carriable):
        with pytest.raises(FieldError, match="a number of at most 100 places"):
            look(amount)


@pytest.mark.parametrize("zero", [0, Decimal(0), Decimal("-0"), Decimal("0e500"), Fraction(0)])
def test_zero_is_an_amount_however_it_is_written(zero: Any) -> None:
    for grid in (UNITS, WATTS, CURRENCY):
        assert list(map(int, grid.neighbours(zero))) == [0, 0]
        assert list(map(int, grid.split(zero))) == [0]
        assert grid.is_carriable(zero)


def test_the_steps_and_bounds_of_the_grids() -> None:
    assert [str(grid.step) for grid in (UNITS, WATTS, CURRENCY)] == ["0.1", "1", "0.00001"]
    assert (UNITS.largest, WATTS.largest) == (Decimal("1820162.4"), Decimal(18_201_624))
    assert CURRENCY.largest == CURRENCY.units(CURRENCY_STEPS_MAX)


@pytest.mark.parametrize("amount", [Decimal("1820162.5"), Decimal("1820162.41"), 2_000_000])
def test_what_one_token_cannot_carry_is_to_be_split(amount: Any) -> None:
    for look in (UNITS.ceiling, UNITS.floor, UNITS.neighbours):
        with pytest.raises(FieldError, match=r"at most 1820162\.4\. Split a larger sale"):
            look(amount)
    assert not UNITS.is_carriable(amount)
    assert sum(UNITS.split(amount)) == UNITS.units(UNITS.steps(amount))


def test_a_debit_below_the_least_is_refused() -> None:
    least = CURRENCY.largest.copy_negate()  # a plain minus would round to the decimal context
    assert CURRENCY.neighbours(least) == (least, least)
    with pytest.raises(FieldError, match="at most"):
        CURRENCY.floor(Fraction(least) - Fraction(1, 10**6))


def test_a_sale_of_1700_1_is_rounded_up_or_split() -> None:
    assert UNITS.neighbours(Decimal("1700.1")) == (Decimal("1699.4"), Decimal("1700.4"))
    assert UNITS.split(Decimal("1700.1")) == (Decimal("1699.4"), Decimal("0.7"))


@pytest.mark.parametrize(
    ("amount", "step"),
    [
        (Decimal("1638.3"), Decimal("0.1")),
        (Decimal("1638.4"), 1),
        (Decimal("18021.4"), 1),
        (Decimal("18022.4"), 10),
        (Decimal("181852.4"), 10),
        (Decimal("181862.4"), 100),
    ],
)
def test_the_steps_grow_with_the_amount(amount: Decimal, step: Decimal) -> None:
    assert UNITS.is_carriable(amount)
    above = UNITS.ceiling(amount + Decimal("0.01"))
    assert above - amount == step


def test_a_split_has_at_most_a_hundred_full_tokens() -> None:
    full = UNITS.largest
    assert UNITS.split(100 * full) == (full,) * 100
    with pytest.raises(FieldError, match=r"at most 100 tokens of 1820162\.4"):
        UNITS.split(100 * full + Decimal("0.1"))


def test_thirds_are_rounded_once() -> None:
    assert UNITS.steps(Fraction(1, 3)) == 4
    assert UNITS.steps(Decimal("1.82")) == 19
    assert CURRENCY.steps(Fraction(-1, 3)) == -33_333
    assert UNITS.steps(Decimal("25.6")) == 256


@pytest.mark.parametrize("start", [Decimal("1638.4"), Decimal("18022.4"), Decimal("181862.4")])
def test_the_first_amount_of_each_coarser_step_is_carriable(start: Decimal) -> None:
    assert UNITS.neighbours(start) == (start, start)
    assert UNITS.split(start) == (start,)
