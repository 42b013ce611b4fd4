"""amounts.json: amounts into fields and back, from exact numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.vectors.files import Entry, cases, group, parameters
from voltoken.errors import FieldError
from voltoken.sts import (
    CURRENCY,
    UNITS,
    WATTS,
    Service,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    TransferCredit,
    TransferCurrency,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
)

AMOUNTS = group("amounts", "amount_units")
ENCODABLE = parameters([entry for entry in AMOUNTS if "expect" not in entry])
REFUSED = parameters([entry for entry in AMOUNTS if "expect" in entry])


@pytest.mark.parametrize("entry", ENCODABLE)
def test_units_into_their_field(entry: Entry) -> None:
    assert f"{encode_amount(UNITS.steps(entry['amount'])):04x}" == entry["field_hex"]
    token = TransferCredit.of(Service.WATER, entry["amount"], tid=1, rnd=0)
    assert f"{token.amount:04x}" == entry["field_hex"]
    assert UNITS.ceiling(entry["amount"]) == entry["decoded"]


@pytest.mark.parametrize("entry", ENCODABLE)
def test_units_from_their_field(entry: Entry) -> None:
    field = int(entry["field_hex"], 16)
    assert UNITS.units(decode_amount(field)) == entry["decoded"]
    assert TransferCredit(Service.TIME, 0, 1, field).units == entry["decoded"]


def test_both_kinds_of_entry_are_there() -> None:
    assert (len(ENCODABLE), len(REFUSED)) == (27, 1)


@pytest.mark.parametrize("entry", REFUSED)
def test_units_beyond_the_greatest_are_refused(entry: Entry) -> None:
    with pytest.raises(FieldError, match="Split a larger sale"):
        TransferCredit.of(Service.ELECTRICITY, entry["amount"], tid=1, rnd=0)
    with pytest.raises(FieldError, match="Split a larger sale"):
        encode_amount(UNITS.steps(entry["amount"]))


@pytest.mark.parametrize("entry", cases("amounts", "power_limit_watts"))
def test_watts_both_ways(entry: Entry) -> None:
    field = int(entry["field_hex"], 16)
    assert encode_amount(entry["watts"]) == field
    assert decode_amount(field) == entry["decoded_watts"]
    assert WATTS.ceiling(entry["watts"]) == entry["decoded_watts"]
    limit = SetMaximumPowerLimit.of(entry["watts"], tid=1, rnd=0)
    unbalance = SetMaximumPhasePowerUnbalanceLimit.of(entry["watts"], tid=1, rnd=0)
    assert (limit.mpl, limit.watts) == (field, entry["decoded_watts"])
    assert (unbalance.mppul, unbalance.watts) == (field, entry["decoded_watts"])


@pytest.mark.parametrize("entry", cases("amounts", "currency_amount"))
def test_currency_both_ways(entry: Entry) -> None:
    number = int(entry["se_hex"] + entry["amount_field_hex"], 16)
    assert CURRENCY.steps(Decimal(entry["amount"])) == entry["steps_1e-5"]
    assert encode_currency(entry["steps_1e-5"]) == number
    assert decode_currency(number) == entry["decoded_steps"]
    token = TransferCurrency.of(Service.GAS_CURRENCY, Decimal(entry["amount"]), tid=1)
    assert (token.se, token.amount) == (number >> 16, number & 0xFFFF)
    assert token.steps == entry["decoded_steps"]
    assert token.money == CURRENCY.ceiling(Decimal(entry["amount"]))
