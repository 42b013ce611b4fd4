"""crc.json: the checksum over bytes, and over the fields of tokens."""

from __future__ import annotations

import pytest

from tests.vectors.files import Entry, cases
from voltoken.sts import Service, TransferCredit, TransferCurrency, crc16, crc16_c, pack, unpack


@pytest.mark.parametrize("entry", cases("crc", "crc16"))
def test_the_checksum_of_bytes(entry: Entry) -> None:
    assert f"{crc16(bytes.fromhex(entry['input_hex'])):04x}" == entry["crc_hex"]


@pytest.mark.parametrize("entry", cases("crc", "crc16")[:2])
def test_the_checksum_of_a_credit_token(entry: Entry) -> None:
    upper48 = int(entry["input_hex"], 16)
    token = unpack(0, upper48 << 16 | int(entry["crc_hex"], 16))
    assert isinstance(token, TransferCredit)
    assert pack(token) == upper48 << 16 | int(entry["crc_hex"], 16)
    fields = entry.get("fields", {"rnd": 0xB, "tid": "19eb23", "amount_field": "0100"})
    assert token == TransferCredit(
        Service.ELECTRICITY, fields["rnd"], int(fields["tid"], 16), int(fields["amount_field"], 16)
    )


@pytest.mark.parametrize("entry", cases("crc", "crc_c_currency"))
def test_the_checksum_of_a_currency_token_differs_from_the_plain_one(entry: Entry) -> None:
    data = bytes.fromhex(entry["input_hex"])
    assert f"{crc16(data):04x}" == entry["crc_plain_hex"]
    assert f"{crc16_c(data):04x}" == entry["crc_c_hex"]
    block = int(entry["input_hex"] + entry["crc_c_hex"], 16)
    token = unpack(0, block)
    assert token == TransferCurrency(Service.ELECTRICITY_CURRENCY, 0, 0x19EB23, 0x0100)
    assert pack(token) == block
