"""Vending keys and decoder keys: lengths, attributes, check values, and reading a key from text."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from voltoken.errors import FieldError
from voltoken.sts import (
    EA,
    KRN,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    KeyType,
    VendingKey,
    key_check_value,
    odd_parity,
    parse_key,
)

SGC_1, KRN_1, TI_1 = SGC("123456"), KRN(1), TI("01")


@pytest.mark.parametrize(("size", "bits"), [(8, 64), (16, 128), (20, 160)])
def test_a_vending_key_has_one_of_three_lengths(size: int, bits: int) -> None:
    assert VendingKey(bytes(size), SGC_1, KRN_1, BaseDate.BD2014).bits == bits


@pytest.mark.parametrize("key", [b"", bytes(7), bytes(24), "00" * 8, bytearray(8), None])
def test_a_vending_key_of_another_length_or_type_is_refused(key: Any) -> None:
    with pytest.raises(FieldError) as refused:
        VendingKey(key, SGC_1, KRN_1, BaseDate.BD2014)
    assert refused.value.message == (
        "vending key: the given value is not allowed; it must be 8, 16 or 20 bytes."
    )


@pytest.mark.parametrize(
    ("changed", "allowed"),
    [
        ({"sgc": "123456"}, "a SGC"),
        ({"krn": 1}, "a KRN"),
        ({"kt": 2}, "a KeyType"),
        ({"base_date": "93"}, "a BaseDate"),
        ({"ken": 255}, "a KEN"),
    ],
)
def test_unchecked_attributes_are_refused(changed: dict[str, Any], allowed: str) -> None:
    (field,) = changed
    with pytest.raises(FieldError) as of_vending_key:
        VendingKey(**{"key": bytes(8), "sgc": SGC_1, "krn": KRN_1, "base_date": BaseDate.BD2014, **changed})
    with pytest.raises(FieldError) as of_decoder_key:
        DecoderKey(**{"key": bytes(8), "ea": EA.STA, **changed})
    for refused in (of_vending_key.value, of_decoder_key.value):
        assert (refused.field, refused.allowed) == (field, allowed)


@pytest.mark.parametrize(("ea", "size"), [(EA.STA, 8), (EA.DEA, 8), (EA.MISTY1, 16)])
def test_the_length_of_a_decoder_key_follows_from_the_algorithm(ea: EA, size: int) -> None:
    assert DecoderKey(bytes(size), ea).key == bytes(size)
    key: Any
    for key in (bytes(24 - size), bytes(size - 1), "0" * size, bytearray(size), None):
        with pytest.raises(FieldError, match=f"it must be {size} bytes for EA{ea.value}"):
            DecoderKey(key, ea)


@pytest.mark.parametrize(("field", "value"), [("ea", "07"), ("ea", None), ("ti", "01")])
def test_the_algorithm_and_tariff_index_are_of_their_types(field: str, value: object) -> None:
    arguments: dict[str, Any] = {"key": bytes(8), "ea": EA.STA, field: value}
    with pytest.raises(FieldError) as refused:
        DecoderKey(**arguments)
    assert refused.value.field == field


def test_a_key_given_by_hand_may_lack_its_identity() -> None:
    assert DecoderKey(bytes(8), EA.STA, SGC_1, KRN_1, TI_1).identity() == (SGC_1, KRN_1, TI_1)
    incomplete = [
        (DecoderKey(bytes(8), EA.STA), "sgc"),
        (DecoderKey(bytes(8), EA.STA, SGC_1, None, TI_1), "krn"),
        (DecoderKey(bytes(8), EA.STA, SGC_1, KRN_1), "ti"),
    ]
    for key, missing in incomplete:
        with pytest.raises(FieldError, match="Derive the key from a vending key") as refused:
            key.identity()
        assert refused.value.field == missing


def test_keys_are_values() -> None:
    one, other = (DecoderKey(bytes(8), EA.STA, SGC_1, KRN_1, TI_1, KeyType.DUTK) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != DecoderKey(bytes(7) + b"\x01", EA.STA, SGC_1, KRN_1, TI_1, KeyType.DUTK)


def test_the_check_value_of_a_64_bit_key_is_by_des() -> None:
    value = key_check_value(bytes(8))
    assert (value.value, str(value)) == ("8CA64D", "8CA64D")
    assert value.algorithm == "DES-ECB of eight zero bytes, first 3 bytes"
    assert VendingKey(bytes(8), SGC_1, KRN_1, BaseDate.BD2014).check_value == value
    assert DecoderKey(bytes(8), EA.DEA).check_value == value


@pytest.mark.parametrize("size", [16, 20])
def test_the_check_value_of_a_longer_key_is_by_sha_256(size: int) -> None:
    key = bytes(range(size))
    value = key_check_value(key)
    assert value.value == hashlib.sha256(b"\x01" + key).digest()[:3].hex().upper()
    assert value.algorithm == "SHA-256 of 01 and the key, first 3 bytes"
    assert VendingKey(key, SGC_1, KRN_1, BaseDate.BD2014).check_value == value


@pytest.mark.parametrize("key", [b"", bytes(9), bytes(21), "0" * 8, None])
def test_there_is_no_check_value_of_another_length(key: Any) -> None:
    with pytest.raises(FieldError, match="the given value is not allowed; it must be 8, 16 or 20 bytes"):
        key_check_value(key)


def test_odd_parity_changes_only_the_lowest_bits() -> None:
    for byte in range(256):
        (odd,) = odd_parity(bytes([byte]))
        assert odd.bit_count() % 2 == 1
        assert odd & 0xFE == byte & 0xFE
    assert odd_parity(bytes.fromhex("0abc12def3456789")).hex() == "0bbc13dff2456789"


def test_a_vending_key_knows_its_parity() -> None:
    assert VendingKey(b"\xab" * 8, SGC_1, KRN_1, BaseDate.BD2014).has_odd_parity
    assert not VendingKey(b"\xaa" * 8, SGC_1, KRN_1, BaseDate.BD2014).has_odd_parity


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("abababababababab", b"\xab" * 8),
        ("AB AB AB AB AB AB AB AB\n", b"\xab" * 8),
        ("ab:ab:ab:ab:ab:ab:ab:ab", b"\xab" * 8),
        ("01" * 16, b"\x01" * 16),
        ("01" * 20, b"\x01" * 20),
    ],
)
def test_keys_are_read_from_hexadecimal_digits(text: str, key: bytes) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    "text", ["", "abababababababa", "'abababababababab'", "0xabababababababab", "g" * 16, "ab" * 9, None, 7]
)
def test_other_text_is_no_key_and_is_not_shown(text: Any) -> None:
    with pytest.raises(FieldError) as refused:
        parse_key(text, "vending key")
    assert refused.value.field == "vending key"
    assert refused.value.value is None
    assert "16 hexadecimal digits (64 bit), 32 (128 bit) or 40 (160 bit)" in refused.value.message
    assert "aba" not in refused.value.message
