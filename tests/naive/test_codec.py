"""The checksum and the codec against their naive forms, for every type of token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive import codec as naive
from tests.naive.crc import crc16 as naive_crc16
from voltoken.sts import (
    EA,
    SAMPLE_TABLES,
    ClearCredit,
    ClearTamperCondition,
    DecoderKey,
    ExtendedTokenSet,
    InitiateMeterTestDisplay,
    Service,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    Token,
    TokenCipher,
    TokenNumber,
    TransferCredit,
    TransferCurrency,
    crc16,
    encode,
    extract_class,
    insert_class,
    layouts,
    pack,
    unpack,
)

MAKERS: Mapping[str, Callable[..., Token]] = {
    "electricity": partial(TransferCredit, Service.ELECTRICITY),
    "water": partial(TransferCredit, Service.WATER),
    "gas": partial(TransferCredit, Service.GAS),
    "time": partial(TransferCredit, Service.TIME),
    "electricity currency": partial(TransferCurrency, Service.ELECTRICITY_CURRENCY),
    "water currency": partial(TransferCurrency, Service.WATER_CURRENCY),
    "gas currency": partial(TransferCurrency, Service.GAS_CURRENCY),
    "time currency": partial(TransferCurrency, Service.TIME_CURRENCY),
    "test 2-digit": partial(InitiateMeterTestDisplay, 0),
    "test 4-digit": partial(InitiateMeterTestDisplay, 1),
    "power limit": SetMaximumPowerLimit,
    "clear credit": ClearCredit,
    "tariff rate": SetTariffRate,
    "1st section": Set1stSectionDecoderKey,
    "2nd section": Set2ndSectionDecoderKey,
    "clear tamper": ClearTamperCondition,
    "phase unbalance": SetMaximumPhasePowerUnbalanceLimit,
    "water factor": SetWaterMeterFactor,
    "3rd section": Set3rdSectionDecoderKey,
    "3rd section with supply group": Set3rdSectionSupplyGroup,
    "4th section": Set4thSectionDecoderKey,
    "set flag": ExtendedTokenSet,
}

LEGAL = {
    "krn": st.integers(1, 9),
    "ti": st.integers(0, 99),
    "sgc": st.integers(0, 999_999),
    ("test 2-digit", "mfr_code"): st.integers(0, 99),
    ("test 4-digit", "mfr_code"): st.integers(0, 9999),
}
"""Fields that may hold less than their bits allow."""


def field_values(kind: str) -> st.SearchStrategy[dict[str, int]]:
    """Return a strategy for the fields of a type, by the naive table's names and widths."""
    _, _, body = naive.BODIES[kind]
    return st.fixed_dictionaries(
        {
            name: LEGAL.get(name, LEGAL.get((kind, name), st.integers(0, (1 << width) - 1)))
            for name, width in body
        }
    )


def key_bits(kind: str) -> int:
    """Return the key length under which a type exists."""
    return 128 if kind in ("3rd section", "4th section") else 64


KEY_PARTS = ("nkho", "nklo", "nkmo1", "nkmo2")

every_kind = pytest.mark.parametrize("kind", naive.BODIES)


@given(st.binary(max_size=40))
def test_the_checksum_agrees_with_the_naive_one(data: bytes) -> None:
    assert crc16(data) == naive_crc16(data)


def test_the_naive_checksum_gives_the_catalogue_value() -> None:
    assert naive_crc16(b"123456789") == 0x374B


@given(st.integers(0, (1 << 50) - 1))
def test_the_checksums_of_fifty_bits_agree(bits: int) -> None:
    data = bits.to_bytes(7, "big")
    kinds = {row.checksum: row for row in layouts.LAYOUTS}
    plain, currency = kinds.keys()
    assert plain(bits) == naive_crc16(data)
    assert currency(bits) == naive_crc16(data + b"\x01")


@every_kind
@given(data=st.data())
def test_blocks_are_packed_as_the_naive_table_says(kind: str, data: st.DataObject) -> None:
    fields = data.draw(field_values(kind))
    token = MAKERS[kind](**fields)
    assert pack(token) == naive.block(kind, fields)
    assert (token.token_class, token.subclass) == naive.BODIES[kind][:2]


@every_kind
@given(data=st.data())
def test_naive_blocks_are_unpacked_to_the_fields(kind: str, data: st.DataObject) -> None:
    fields = data.draw(field_values(kind))
    token = unpack(naive.BODIES[kind][0], naive.block(kind, fields), key_bits(kind))
    assert token == MAKERS[kind](**fields)
    assert {name: getattr(token, name) for name in fields} == fields


@every_kind
@given(data=st.data())
def test_digits_agree_with_the_naive_path(kind: str, data: st.DataObject) -> None:
    fields = data.draw(field_values(kind))
    key = DecoderKey(bytes(range(16)), EA.MISTY1)
    if key_bits(kind) == 64:
        key = DecoderKey(bytes(range(8)), EA.STA)
    cipher = TokenCipher(key, SAMPLE_TABLES)
    token_class, sent = naive.BODIES[kind][0], naive.block(kind, fields)
    if token_class != 1:
        sent = cipher.block.encrypt(sent)
    expected = naive.digits(naive.insert_class(sent, token_class))
    assert encode(MAKERS[kind](**fields), cipher).digits == expected


@given(sent=st.integers(0, (1 << 64) - 1), token_class=st.integers(0, 3))
def test_the_class_is_inserted_as_in_the_naive_path(sent: int, token_class: int) -> None:
    number = insert_class(sent, token_class)
    assert number == naive.insert_class(sent, token_class)
    assert extract_class(number) == naive.extract_class(number) == (token_class, sent)


@given(st.integers(0, (1 << 66) - 1))
def test_the_class_is_extracted_as_in_the_naive_path(number: int) -> None:
    assert extract_class(TokenNumber(number)) == naive.extract_class(number)
    assert TokenNumber(number).token_class == naive.extract_class(number)[0]


@every_kind
def test_every_type_is_compared_and_shown_by_its_fields(kind: str) -> None:
    fields = {name: 1 for name, _ in naive.BODIES[kind][2]}
    token = MAKERS[kind](**fields)
    assert token == MAKERS[kind](**fields)
    for name in fields:
        assert token != MAKERS[kind](**{**fields, name: 0 if name != "krn" else 2})
    shown = ", ".join(f"{name}={'...' if name in KEY_PARTS else 1}" for name in fields)
    assert repr(token) == f"{token.layout.name}({shown})"


def test_the_naive_table_and_the_layouts_list_the_same_types() -> None:
    ours = sorted((row.token_class, row.subclass, len(row.fields)) for row in layouts.LAYOUTS)
    theirs = sorted((cls, sub, len(body)) for cls, sub, body in naive.BODIES.values())
    assert ours == theirs
