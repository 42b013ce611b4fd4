"""ea11_tokens.json and the tokens of ea07_sample.json that carry a TID: the whole path, both ways."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.vectors.files import Entry, derive, group, parameters, tid_of, token_cipher
from tests.vectors.tokens import is_key_change, token_of, value_field
from voltoken.errors import KeyRefused
from voltoken.sts import (
    KEN,
    ExtendedTokenSet,
    KeyType,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    TransferCredit,
    TransferCurrency,
    decode,
    decode_amount,
    encode,
    extract_class,
    pack,
    rules,
)

ENTRIES = group("ea11_tokens", "ea11_tokens") + group("ea07_sample", "tokens")
TOKENS = parameters([entry for entry in ENTRIES if not is_key_change(entry)])


@pytest.mark.parametrize("entry", TOKENS)
def test_the_decoder_key(entry: Entry) -> None:
    assert derive(entry["key"], entry["ea"]).key.hex() == entry["key"]["decoder_key"]


@pytest.mark.parametrize("entry", TOKENS)
def test_inputs_are_encoded_with_every_value_on_the_way(entry: Entry) -> None:
    cipher, token = token_cipher(entry), token_of(entry)
    assert tid_of(entry) == entry["tid"]
    assert token.layout.name == entry["type"]
    assert (token.token_class, token.subclass) == (entry["class"], entry["subclass"])
    assert f"{value_field(token):04x}" == entry.get("amount_field_hex", entry.get("field_hex"))
    block = pack(token)
    assert f"{block:016x}" == entry["block64_hex"]
    assert f"{block & 0xFFFF:04x}" == entry["crc_hex"]
    number = encode(token, cipher)
    assert number.digits == entry["token"]
    sent = f"{extract_class(number)[1]:016x}"
    assert sent == entry.get("cipher64_hex", sent)
    assert cipher.block.decrypt(int(sent, 16)) == block


@pytest.mark.parametrize("entry", TOKENS)
def test_tokens_are_decoded_to_the_inputs(entry: Entry) -> None:
    token = decode(entry["token"], token_cipher(entry))
    assert token == token_of(entry)
    values = {spec.name: getattr(token, spec.name) for spec in token.layout.fields}
    assert values["tid"] == entry["tid"]
    assert values.get("rnd") == entry.get("rnd")
    if isinstance(token, TransferCurrency):
        assert f"{token.se:x}" == entry["se_hex"]
        assert token.money == Decimal(entry["decoded"])
    elif isinstance(token, TransferCredit):
        assert token.units * 10 == decode_amount(int(entry["amount_field_hex"], 16))
        assert token.units >= Decimal(entry["amount"])
    elif isinstance(token, SetMaximumPowerLimit | SetMaximumPhasePowerUnbalanceLimit):
        assert token.watts == entry.get("watts_encoded", entry["watts_requested"])
    elif isinstance(token, ExtendedTokenSet):
        assert (token.index, token.flag, token.state) == (entry["index"], entry["flag"], entry["value"])


@pytest.mark.parametrize("entry", TOKENS)
def test_the_key_may_make_the_token(entry: Entry) -> None:
    kt = KeyType(entry["key"]["key_type"])
    ken = KEN(entry.get("ken", 255))
    if (kt, entry["class"]) == (KeyType.DDTK, 0):
        with pytest.raises(KeyRefused):
            rules.check_key_use(kt, entry["class"], ken, entry["tid"])
    else:
        rules.check_key_use(kt, entry["class"], ken, entry["tid"])


def test_every_entry_but_the_key_changes_is_here() -> None:
    assert len(TOKENS) == 47 + 75 - 15
