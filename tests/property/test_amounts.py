"""Laws of amounts: monotone, in the customer's favour, exact where they say so."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.attempts import attempt
from tests.property.strategies import bits, money_amounts, tids, unit_amounts, unit_services
from voltoken.errors import FieldError
from voltoken.sts import (
    CURRENCY,
    UNITS,
    WATTS,
    Service,
    TransferCredit,
    TransferCurrency,
    UnitGrid,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
)

UNIT_STEPS_MAX = 18_201_624
CURRENCY_STEPS_MAX = decode_currency(0x7FFFF)

unit_steps = st.integers(0, UNIT_STEPS_MAX)
currency_steps = st.integers(-CURRENCY_STEPS_MAX, CURRENCY_STEPS_MAX) | st.integers(-(10**9), 10**9)
grids = pytest.mark.parametrize("grid", [UNITS, WATTS, CURRENCY], ids=["units", "watts", "currency"])


def amounts_of(grid: UnitGrid) -> st.SearchStrategy[Decimal]:
    """Return amounts that one token of a grid can carry, finer than its steps."""
    if grid.signed:
        return money_amounts
    return unit_amounts if grid is UNITS else st.decimals(0, grid.largest, places=2)


@given(bits(16))
def test_every_field_stands_for_an_amount_that_encodes_to_it(field: int) -> None:
    assert encode_amount(decode_amount(field)) == field


def test_greater_fields_are_greater_amounts() -> None:
    values = [decode_amount(field) for field in range(1 << 16)]
    assert all(low < high for low, high in pairwise(values))
    assert values[-1] == UNIT_STEPS_MAX


@given(unit_steps)
def test_the_customer_gets_at_least_what_was_asked_and_the_least_such(steps: int) -> None:
    field = encode_amount(steps)
    assert decode_amount(field) >= steps
    if field:
        assert decode_amount(field - 1) < steps


@given(unit_steps, unit_steps)
def test_more_asked_is_never_less_given(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert encode_amount(low) <= encode_amount(high)


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        (16_383, 0x3FFF),
        (16_384, 0x4000),
        (16_385, 0x4001),
        (180_214, 0x7FFF),
        (180_215, 0x8000),
        (180_224, 0x8000),
        (180_225, 0x8001),
        (1_818_524, 0xBFFF),
        (1_818_525, 0xC000),
        (1_818_624, 0xC000),
        (UNIT_STEPS_MAX - 999, 0xFFFF),
        (UNIT_STEPS_MAX, 0xFFFF),
    ],
)
def test_a_full_mantissa_carries_into_the_exponent(steps: int, field: int) -> None:
    assert encode_amount(steps) == field


@given(bits(20))
def test_every_currency_number_stands_for_an_amount(number: int) -> None:
    steps = decode_currency(number)
    expected = 0 if number == 0x80000 else number  # a negative zero is zero
    assert encode_currency(steps) == expected


@given(currency_steps)
def test_credits_are_rounded_up_and_debits_toward_zero(steps: int) -> None:
    carried = decode_currency(encode_currency(steps))
    assert carried >= steps
    assert (carried < 0) is (steps < 0 and carried != 0)
    assert abs(carried - steps) * 16_384 < 10 * max(abs(steps), 16_384)


@given(currency_steps, currency_steps)
def test_currency_keeps_the_order(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert decode_currency(encode_currency(low)) <= decode_currency(encode_currency(high))


@grids
@given(data=st.data())
def test_floor_and_ceiling_enclose_an_amount(grid: UnitGrid, data: st.DataObject) -> None:
    amount = data.draw(amounts_of(grid))
    floor, ceiling = grid.neighbours(amount)
    assert (floor, ceiling) == (grid.floor(amount), grid.ceiling(amount))
    assert floor <= amount <= ceiling
    assert grid.is_carriable(floor)
    assert grid.is_carriable(ceiling)
    assert grid.is_carriable(amount) is (floor == ceiling)
    assert (floor == ceiling) is (amount in (floor, ceiling))


@grids
@given(data=st.data())
def test_nothing_carriable_lies_between_the_neighbours(grid: UnitGrid, data: st.DataObject) -> None:
    floor, ceiling = grid.neighbours(data.draw(amounts_of(grid)))
    middle = (Fraction(floor) + Fraction(ceiling)) / 2
    assert grid.neighbours(middle) == (floor, ceiling)
    assert grid.is_carriable(middle) is (floor == ceiling)


@grids
@given(data=st.data())
def test_the_parts_of_a_split_add_up_and_can_be_carried(grid: UnitGrid, data: st.DataObject) -> None:
    amount = data.draw(amounts_of(grid))
    parts = grid.split(amount)
    steps = [grid.steps(part) for part in parts]
    assert sum(steps) == grid.steps(amount)
    assert all(grid.is_carriable(part) for part in parts)
    assert [abs(part) for part in steps] == sorted(map(abs, steps), reverse=True)
    if not grid.signed:
        assert len(parts) <= 2


@given(st.integers(UNIT_STEPS_MAX, 100 * UNIT_STEPS_MAX))
def test_a_sale_beyond_the_greatest_token_is_split_over_more(steps: int) -> None:
    parts = UNITS.split(UNITS.units(steps))
    assert sum(map(UNITS.steps, parts)) == steps
    assert all(map(UNITS.is_carriable, parts))
    assert len(parts) <= steps // UNIT_STEPS_MAX + 2


@given(unit_amounts, tids, unit_services)
def test_what_is_priced_is_what_the_token_carries(amount: Decimal, tid: int, service: Service) -> None:
    token = TransferCredit.of(service, amount, tid=tid, rnd=0)
    assert token.units == UNITS.ceiling(amount)
    assert TransferCredit.of(service, token.units, tid=tid, rnd=0) == token


@given(money_amounts, tids)
def test_money_is_carried_as_its_ceiling(amount: Decimal, tid: int) -> None:
    token = TransferCurrency.of(Service.WATER_CURRENCY, amount, tid=tid)
    assert token.money == CURRENCY.ceiling(amount)


@given(money_amounts)
def test_the_decimal_context_of_the_caller_changes_nothing(amount: Decimal) -> None:
    expected = CURRENCY.neighbours(amount), CURRENCY.split(amount)
    with localcontext(prec=3):
        assert (CURRENCY.neighbours(amount), CURRENCY.split(amount)) == expected


@grids
@given(amount=st.decimals() | st.fractions() | st.integers())
def test_numbers_are_refused_exactly_when_no_token_carries_them(
    grid: UnitGrid, amount: Decimal | Fraction | int
) -> None:
    outcomes = [attempt(FieldError, grid.floor, amount), attempt(FieldError, grid.ceiling, amount)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, FieldError)]
    assert bool(refused) is not has_neighbours(grid, amount)
    assert all(refusal.field == "amount" for refusal in refused)


def has_neighbours(grid: UnitGrid, amount: Decimal | Fraction | int) -> bool:
    """Say whether a number lies within a grid and is no more precise than anything real."""
    if isinstance(amount, Decimal) and not amount.is_finite():
        return False
    if isinstance(amount, Decimal) and amount and amount.adjusted() < -100:
        return False
    least = grid.largest.copy_negate() if grid.signed else Decimal(0)
    return least <= amount <= grid.largest
