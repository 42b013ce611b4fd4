"""Reading what is authentic and still not readable, and the ciphers' names."""

from __future__ import annotations

import pytest

from tests.naive.codec import block as naive_block
from tests.naive.crc import crc16
from voltoken.errors import FieldError, IntegrityError, TokenRangeError, UnsupportedToken
from voltoken.sts import (
    EA,
    SAMPLE_TABLES,
    ClearCredit,
    DecoderKey,
    InitiateMeterTestDisplay,
    Service,
    Set1stSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set3rdSectionSupplyGroup,
    Set4thSectionDecoderKey,
    TokenCipher,
    TokenNumber,
    TransferCredit,
    TransferCurrency,
    decode,
    encode,
    insert_class,
    layouts,
    unpack,
)

SHORT = TokenCipher(DecoderKey(bytes(range(8)), EA.STA), SAMPLE_TABLES)
OLD = TokenCipher(DecoderKey(bytes(range(8)), EA.DEA))
LONG = TokenCipher(DecoderKey(bytes(range(16)), EA.MISTY1))
CIPHERS = pytest.mark.parametrize("cipher", [SHORT, OLD, LONG], ids=["EA07", "EA09", "EA11"])

PAYLOAD = 0xA5A5A5A5A5A

RESERVED = [(0, sub) for sub in range(8, 16)] + [(1, 3), (1, 4), (1, 5)]
PROPRIETARY = [(1, sub) for sub in range(6, 16)] + [(2, sub) for sub in range(11, 16)]


def authentic(token_class: int, upper48: int, cipher: TokenCipher) -> TokenNumber:
    """Return a token with a right checksum, whatever it holds."""
    covered = (token_class << 48 | upper48).to_bytes(7, "big")
    is_currency = token_class == 0 and 4 <= upper48 >> 44 <= 7
    block = upper48 << 16 | crc16(covered + b"\x01" * is_currency)
    sent = cipher.block.encrypt(block) if token_class in (0, 2) else block
    return insert_class(sent, token_class)


def reserved_cases() -> list[tuple[int, int, str]]:
    """Return class, subclass and status of everything without a public layout."""
    return [
        *((*code, "reserved") for code in RESERVED),
        *((*code, "proprietary") for code in PROPRIETARY),
        (1, 2, "not public"),
    ]


@CIPHERS
@pytest.mark.parametrize(("token_class", "subclass", "status"), reserved_cases())
def test_authentic_tokens_without_a_layout_are_named(
    token_class: int, subclass: int, status: str, cipher: TokenCipher
) -> None:
    number = authentic(token_class, subclass << 44 | PAYLOAD, cipher)
    with pytest.raises(UnsupportedToken, match=f"Class {token_class}, subclass {subclass} is") as refused:
        decode(number, cipher)
    assert (refused.value.token_class, refused.value.subclass) == (token_class, subclass)
    assert refused.value.status == status
    assert refused.value.payload == PAYLOAD


@CIPHERS
@pytest.mark.parametrize(("token_class", "subclass", "status"), reserved_cases())
def test_without_the_right_checksum_nothing_is_said_about_them(
    token_class: int, subclass: int, status: str, cipher: TokenCipher
) -> None:
    block = subclass << 60 | PAYLOAD << 16
    block |= crc16((token_class << 48 | block >> 16).to_bytes(7, "big")) ^ 1
    with pytest.raises(IntegrityError):
        unpack(token_class, block, cipher.key_bits)


def test_every_subclass_has_a_layout_or_a_status() -> None:
    known = {(row.token_class, row.subclass) for row in layouts.LAYOUTS}
    named = {(token_class, subclass) for token_class, subclass, _ in reserved_cases()}
    assert known | named == {(token_class, subclass) for token_class in range(3) for subclass in range(16)}
    assert known & named == set()


@CIPHERS
def test_class_3_is_reserved_and_never_decrypted(cipher: TokenCipher) -> None:
    for number in (insert_class(0, 3), TokenNumber((1 << 66) - 1)):
        for given in (None, cipher):
            with pytest.raises(UnsupportedToken, match="Class 3 is reserved") as refused:
                decode(number, given)
            assert (refused.value.token_class, refused.value.subclass) == (3, None)
            assert (refused.value.status, refused.value.payload) == ("reserved", None)


@CIPHERS
@pytest.mark.parametrize("krn", [0, *range(10, 16)])
def test_a_key_revision_outside_one_to_nine_is_a_range_error(krn: int, cipher: TokenCipher) -> None:
    number = authentic(2, 3 << 44 | krn << 36 | 2 << 32, cipher)
    with pytest.raises(TokenRangeError, match="The token is authentic, but") as refused:
        decode(number, cipher)
    assert refused.value.detail == {"field": "krn", "token_class": 2, "subclass": 3}


@CIPHERS
@pytest.mark.parametrize("ti", [100, 255])
def test_a_tariff_index_over_99_is_a_range_error(ti: int, cipher: TokenCipher) -> None:
    with pytest.raises(TokenRangeError) as refused:
        decode(authentic(2, 4 << 44 | ti << 32, cipher), cipher)
    assert refused.value.detail["field"] == "ti"
    assert f"ti: {ti} is not allowed; it must be a whole number 0 to 99" in refused.value.message


@pytest.mark.parametrize(("subclass", "mfr_code"), [(0, 100), (0, 255), (1, 10_000), (1, 65_535)])
def test_a_manufacturer_code_that_is_no_digits_is_a_range_error(subclass: int, mfr_code: int) -> None:
    with pytest.raises(TokenRangeError) as refused:
        decode(authentic(1, subclass << 44 | mfr_code, SHORT))
    assert refused.value.detail == {"field": "mfr_code", "token_class": 1, "subclass": subclass}


def test_a_supply_group_over_six_digits_is_a_range_error() -> None:
    assert decode(authentic(2, 8 << 44 | 999_999 << 20, SHORT), SHORT) == Set3rdSectionSupplyGroup(999_999)
    with pytest.raises(TokenRangeError) as refused:
        decode(authentic(2, 8 << 44 | 1_000_000 << 20, SHORT), SHORT)
    assert refused.value.detail["field"] == "sgc"


def test_a_range_error_of_a_section_shows_no_part_of_the_key() -> None:
    number = authentic(2, 3 << 44 | 0xC0FFEE5E, SHORT)
    with pytest.raises(TokenRangeError) as refused:
        decode(number, SHORT)
    assert "C0FFEE5E" not in repr(vars(refused.value)).upper()
    assert refused.value.__cause__ is None


def test_the_third_section_is_read_by_the_length_of_the_key() -> None:
    upper48 = 8 << 44 | 0x123456789AB
    assert decode(authentic(2, upper48, LONG), LONG) == Set3rdSectionDecoderKey(0x123, 0x456789AB)
    fields = {"sgc": 123_461, "pad": 0}
    block = naive_block("3rd section with supply group", fields)
    assert unpack(2, block, 64) == Set3rdSectionSupplyGroup(123_461)
    assert unpack(2, block, 128) == Set3rdSectionDecoderKey(0x01E, 0x24500000)


@pytest.mark.parametrize("cipher", [SHORT, OLD], ids=["EA07", "EA09"])
def test_the_fourth_section_is_for_128_bit_keys(cipher: TokenCipher) -> None:
    number = authentic(2, 9 << 44 | PAYLOAD, cipher)
    with pytest.raises(UnsupportedToken, match="for 128-bit keys") as refused:
        decode(number, cipher)
    assert refused.value.payload == PAYLOAD
    assert isinstance(decode(authentic(2, 9 << 44 | PAYLOAD, LONG), LONG), Set4thSectionDecoderKey)


@pytest.mark.parametrize(
    ("token", "cipher"),
    [
        (Set3rdSectionDecoderKey(1, 1), SHORT),
        (Set4thSectionDecoderKey(1, 1), OLD),
        (Set3rdSectionSupplyGroup(1), LONG),
    ],
)
def test_a_section_is_not_encoded_for_the_other_key_length(
    token: Set3rdSectionDecoderKey, cipher: TokenCipher
) -> None:
    with pytest.raises(FieldError, match="-bit key's, as Set") as refused:
        encode(token, cipher)
    assert refused.value.field == "cipher"


def test_encrypted_tokens_need_a_key() -> None:
    token = ClearCredit(5, 1, 0xFFFF)
    with pytest.raises(FieldError, match="Only class 1 tokens are not encrypted"):
        encode(token)
    with pytest.raises(FieldError, match="encrypted under its meter's decoder key"):
        decode(encode(token, SHORT))
    assert decode(encode(InitiateMeterTestDisplay.of([1]))) == InitiateMeterTestDisplay.of([1])


def test_the_wrong_key_and_a_wrong_digit_are_not_told_apart() -> None:
    digits = encode(TransferCredit(Service.ELECTRICITY, 5, 1, 1), SHORT).digits
    mistyped = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    with pytest.raises(IntegrityError) as of_digit:
        decode(mistyped, SHORT)
    with pytest.raises(IntegrityError) as of_key:
        decode(digits, TokenCipher(DecoderKey(bytes(8), EA.STA), SAMPLE_TABLES))
    assert of_digit.value.message == of_key.value.message
    assert "supply group, tariff index or key revision" in of_key.value.message


def test_a_wrong_digit_of_a_class_1_token_is_blamed_on_the_digits() -> None:
    with pytest.raises(IntegrityError, match="a digit of the token is wrong"):
        decode("00000000000150997585")


def test_a_token_of_money_is_not_one_of_units() -> None:
    units, money = TransferCredit(Service.TIME, 0, 1, 1), TransferCurrency(Service.TIME_CURRENCY, 0, 1, 1)
    assert units.data & ~(0xF << 44) == money.data & ~(0xF << 44)
    covered = (money.data).to_bytes(7, "big")
    with pytest.raises(IntegrityError):
        unpack(0, money.data << 16 | crc16(covered))


@pytest.mark.parametrize(
    ("cipher", "label"),
    [(SHORT, "EA07 (sample tables)"), (OLD, "EA09 (DES)"), (LONG, "EA11 (MISTY1)")],
)
def test_ciphers_are_named_after_algorithm_and_tables(cipher: TokenCipher, label: str) -> None:
    assert cipher.label == label
    assert repr(cipher).startswith(f"TokenCipher({label}, DecoderKey(")


def test_there_are_no_tables_by_default() -> None:
    with pytest.raises(FieldError, match="Pass SAMPLE_TABLES for tests") as refused:
        TokenCipher(DecoderKey(bytes(8), EA.STA))
    assert refused.value.field == "sta_tables"


@pytest.mark.parametrize("ea", [EA.DEA, EA.MISTY1])
def test_tables_mean_nothing_to_other_algorithms(ea: EA) -> None:
    key = DecoderKey(bytes(ea.key_bits // 8), ea)
    token = Set1stSectionDecoderKey(1, 1, 0, 0, 2, 0)
    assert encode(token, TokenCipher(key, SAMPLE_TABLES)) == encode(token, TokenCipher(key))
    assert TokenCipher(key, SAMPLE_TABLES).sta_tables is None


@pytest.mark.parametrize(
    ("token_class", "block", "key_bits"), [(4, 0, 64), (0, 0, 96), (2, 1 << 70, 64), (0, 0, 0)]
)
def test_what_is_no_block_of_a_token_is_refused(token_class: int, block: int, key_bits: int) -> None:
    with pytest.raises(FieldError, match="64 bits of class 0 to 3"):
        unpack(token_class, block, key_bits)
