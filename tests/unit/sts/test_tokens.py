"""Tokens as values: every field is checked when a token is made, and compared by content."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import Any

import pytest

from voltoken.errors import FieldError
from voltoken.sts import (
    REGISTER_ALL,
    ClearCredit,
    ClearTamperCondition,
    ExtendedTokenSet,
    InitiateMeterTestDisplay,
    Service,
    Set1stSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    TransferCredit,
    TransferCurrency,
)

KINDS_WITH_A_VALUE: list[Any] = [
    *(SetMaximumPowerLimit, ClearCredit, SetTariffRate, ClearTamperCondition),
    *(SetMaximumPhasePowerUnbalanceLimit, SetWaterMeterFactor, ExtendedTokenSet),
]


class ForeignInt:
    """A number of another library: it compares and shifts like an int and is none."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __ge__(self, other: int) -> bool:
        """Compare."""
        return self.value >= other

    def __le__(self, other: int) -> bool:
        """Compare."""
        return self.value <= other

    def __lshift__(self, count: int) -> ForeignInt:
        """Shift."""
        return ForeignInt(self.value << count)

    def __or__(self, other: object) -> ForeignInt:
        """Combine."""
        return self

    __ror__ = __or__


NO_NUMBERS = [-1, 1 << 40, "1", 1.0, None, Decimal(1), Decimal("sNaN"), b"1", [1], ForeignInt(1)]


@pytest.mark.parametrize("kind", KINDS_WITH_A_VALUE)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=lambda wrong: type(wrong).__name__)
def test_a_wrong_field_is_refused_by_its_name(kind: Any, place: int, wrong: object) -> None:
    values: list[Any] = [0, 0, 0]
    values[place] = wrong
    spec = kind.rows[0].fields[place]
    with pytest.raises(FieldError) as refused:
        kind(*values)
    assert refused.value.field == spec.name
    assert refused.value.allowed == f"a whole number 0 to {(1 << spec.width) - 1}"


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=lambda wrong: type(wrong).__name__)
def test_a_wrong_field_of_credit_is_refused_by_its_name(place: int, wrong: object) -> None:
    values: list[Any] = [Service.GAS, 0, 0, 0]
    values[place] = wrong
    with pytest.raises(FieldError) as refused:
        TransferCredit(*values)
    assert refused.value.field == ("", "rnd", "tid", "amount")[place]
    values[0] = Service.GAS_CURRENCY
    with pytest.raises(FieldError) as refused:
        TransferCurrency(*values)
    assert refused.value.field == ("", "se", "tid", "amount")[place]


def test_the_first_wrong_field_is_named() -> None:
    with pytest.raises(FieldError, match="rnd: 16 is not allowed; it must be a whole number 0 to 15"):
        ClearCredit(16, -1, -1)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [("krn", 0, "1 to 9"), ("krn", 10, "1 to 9"), ("kt", 4, "0 to 3"), ("ro", 2, "0 to 1")],
)
def test_fields_of_a_key_change_have_their_bounds(field: str, value: int, allowed: str) -> None:
    fields: dict[str, Any] = {"kenho": 0, "krn": 1, "ro": 0, "bit_3kct": 0, "kt": 2, "nkho": 0, field: value}
    with pytest.raises(FieldError, match=f"{field}: {value} is not allowed; .* {allowed}"):
        Set1stSectionDecoderKey(**fields)


def test_a_supply_group_has_six_digits() -> None:
    assert Set3rdSectionSupplyGroup(999_999).pad == 0
    with pytest.raises(FieldError, match="0 to 999999"):
        Set3rdSectionSupplyGroup(1_000_000)


def test_units_and_money_have_types_of_their_own() -> None:
    wrong: Any
    for wrong in (Service.TIME_CURRENCY, 0, "electricity", None):
        with pytest.raises(FieldError, match="a Service in units; see TransferCurrency"):
            TransferCredit(wrong, 0, 0, 0)
    for wrong in (Service.TIME, 4, None):
        with pytest.raises(FieldError, match="a currency Service; see TransferCredit"):
            TransferCurrency(wrong, 0, 0, 0)


def test_tokens_are_compared_by_type_subclass_and_fields() -> None:
    credit = TransferCredit(Service.WATER, 1, 2, 3)
    assert credit == TransferCredit(Service.WATER, 1, 2, 3)
    assert hash(credit) == hash(TransferCredit(Service.WATER, 1, 2, 3))
    others = [
        TransferCredit(Service.GAS, 1, 2, 3),
        TransferCredit(Service.WATER, 2, 2, 3),
        TransferCurrency(Service.WATER_CURRENCY, 1, 2, 3),
        ClearCredit(1, 2, 3),
        (Service.WATER, 1, 2, 3),
    ]
    assert credit not in others
    assert SetTariffRate(1, 2, 3) != SetWaterMeterFactor(1, 2, 3)
    assert InitiateMeterTestDisplay(0, 1, 0) != InitiateMeterTestDisplay(1, 1, 0)


def test_tokens_cannot_be_changed() -> None:
    token = TransferCredit(Service.WATER, 1, 2, 3)
    with pytest.raises(FrozenInstanceError):
        token.amount = 9999  # type: ignore[misc]


def test_tokens_show_their_type_and_fields() -> None:
    assert repr(TransferCredit(Service.WATER, 1, 2, 3)) == "TransferCredit.Water(rnd=1, tid=2, amount=3)"
    assert repr(ClearTamperCondition(1, 2)) == "ClearTamperCondition(rnd=1, tid=2, pad=0)"
    assert repr(ClearTamperCondition.rows[0]) == "Layout(ClearTamperCondition, class 2, subclass 5)"


@pytest.mark.parametrize("kind", [SetMaximumPowerLimit, SetMaximumPhasePowerUnbalanceLimit])
@pytest.mark.parametrize(("asked", "carried"), [(0, 0), (16_384, 16_384), (16_385, 16_394)])
def test_limits_are_in_watts(kind: Any, asked: int, carried: int) -> None:
    token = kind.of(asked, tid=1, rnd=2)
    assert (token.watts, token.tid, token.rnd) == (carried, 1, 2)
    with pytest.raises(FieldError):
        kind.of(18_201_625, tid=1, rnd=2)
    with pytest.raises(FieldError):
        kind.of(-1, tid=1, rnd=2)


@pytest.mark.parametrize(("service", "amount"), [(Service.TIME, Decimal("-0.1")), (Service.GAS, 0.1)])
def test_units_are_exact_and_not_negative(service: Service, amount: Any) -> None:
    with pytest.raises(FieldError):
        TransferCredit.of(service, amount, tid=1, rnd=0)


def test_a_register_of_all_ones_is_every_register() -> None:
    assert ClearCredit(0, 1, REGISTER_ALL).register == 65_535


@pytest.mark.parametrize(
    ("tests", "mfr_code", "form", "control", "code"),
    [
        ([0], "00", 0, (1 << 36) - 1, 0),
        ([0], "0000", 1, (1 << 28) - 1, 0),
        ([1], "99", 0, 1, 99),
        ([36, 1, 1], "00", 0, 1 << 35 | 1, 0),
        ((28,), "9999", 1, 1 << 27, 9999),
    ],
)
def test_meter_tests_are_made_from_numbers(
    tests: list[int], mfr_code: str, form: int, control: int, code: int
) -> None:
    token = InitiateMeterTestDisplay.of(tests, mfr_code)
    assert (token.form, token.control, token.mfr_code) == (form, control, code)
    assert token.subclass == form
    assert token.tests == tuple(sorted(set(tests)))


@pytest.mark.parametrize(
    ("tests", "mfr_code", "words"),
    [
        ([37], "00", "1 to 36, or 0 alone for all tests"),
        ([29], "0000", "1 to 28, or 0 alone for all tests"),
        ([0, 1], "00", "1 to 36, or 0 alone"),
        ([-1], "00", "1 to 36"),
        (["1"], "00", "1 to 36"),
        ([], "00", "at least one number 1 to 36, or 0 for all"),
        ([1], "000", "a string of 2 or 4 digits"),
    ],
)
def test_wrong_meter_tests_are_explained(tests: list[int], mfr_code: str, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        InitiateMeterTestDisplay.of(tests, mfr_code)


def test_meter_tests_have_two_forms() -> None:
    with pytest.raises(FieldError, match="2-digit") as refused:
        InitiateMeterTestDisplay(2, 0, 0)
    assert refused.value.field == "form"
    with pytest.raises(FieldError, match="0 to 99"):
        InitiateMeterTestDisplay(0, 0, 100)


def test_flags_are_made_of_index_flag_and_state() -> None:
    token = ExtendedTokenSet.set_flag(511, 1, tid=1, rnd=0)
    assert (token.value, token.index, token.flag, token.state) == (0xFFFF, 63, 511, 1)
    other = ExtendedTokenSet(0, 1, 0x0402)
    assert (other.index, other.flag, other.state) == (1, 1, 0)


@pytest.mark.parametrize(("flag", "state", "field"), [(512, 0, "flag"), (-1, 0, "flag"), (1, 2, "state")])
def test_wrong_flags_are_refused(flag: int, state: int, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        ExtendedTokenSet.set_flag(flag, state, tid=1, rnd=0)
    assert refused.value.field == field


def test_the_first_flag_is_zero() -> None:
    assert ExtendedTokenSet.set_flag(0, 1, tid=1, rnd=0).value == 0xFC01


def test_tokens_can_be_told_apart_in_a_set() -> None:
    tokens = {ClearCredit(5, tid, register) for tid in (1, 2) for register in (0, 1)}
    assert len(tokens) == 4
    assert len({hash(token) for token in tokens}) == 4
    assert hash(ClearCredit(5, 1, 0)) == hash(ClearCredit(5, 1, 0))
