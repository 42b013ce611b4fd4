"""No key byte is ever in a word that somebody may log, show or print."""

from __future__ import annotations

from typing import Any

import pytest

from voltoken.errors import FieldError, VoltokenError
from voltoken.sts import (
    EA,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyChangeParts,
    MeterPAN,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set3rdSectionDecoderKey,
    Set4thSectionDecoderKey,
    STATables,
    TokenCipher,
    TokenNumber,
    VendingKey,
    assemble,
    key_change_sections,
    key_check_value,
    parse_key,
)

KEY = bytes.fromhex("c0ffee5eedf00d11deadbeefcafebabe12345678")
PAN = MeterPAN("600727000000000009")

VENDING_KEYS = [VendingKey(KEY[:size], SGC("000046"), KRN(3), BaseDate.BD2014) for size in (8, 16, 20)]
DECODER_KEYS = [DecoderKey(KEY[: ea.key_bits // 8], ea, SGC("000046"), KRN(3), TI("07")) for ea in EA]


def shows_no_key(text: str) -> bool:
    """Say whether a text is free of every four bytes of the key, in hexadecimal, decimal and as bytes."""
    words = [KEY[start : start + 4] for start in range(len(KEY) - 3)]
    forms = [
        form for word in words for form in (word.hex(), str(int.from_bytes(word, "big")), repr(word)[2:-1])
    ]
    return not any(form in text.lower() for form in forms)


def test_the_search_for_key_bytes_finds_them() -> None:
    assert not shows_no_key(KEY.hex())
    assert not shows_no_key(f"VendingKey(key={KEY!r})")
    assert not shows_no_key(f"nkho={0xC0FFEE5E}")
    assert shows_no_key("VendingKey(sgc=SGC('000046'), krn=KRN(3))")


@pytest.mark.parametrize("key", [*VENDING_KEYS, *DECODER_KEYS], ids=lambda key: type(key).__name__)
def test_keys_show_what_they_are_and_not_their_bytes(key: VendingKey | DecoderKey) -> None:
    for text in (repr(key), str(key), f"{key}"):
        assert shows_no_key(text)
        assert "SGC('000046')" in text


@pytest.mark.parametrize("vending_key", VENDING_KEYS)
def test_derivers_show_no_bytes(vending_key: VendingKey) -> None:
    deriver = Deriver(vending_key, EA.STA)
    assert shows_no_key(repr(deriver))
    assert f"ea=07, dkga={deriver.dkga.value}" in repr(deriver)
    derived = deriver.derive(PAN, TI("01"))
    assert derived.key.hex() not in repr(derived)


@pytest.mark.parametrize("key", DECODER_KEYS)
def test_ciphers_show_no_bytes(key: DecoderKey) -> None:
    cipher = TokenCipher(key, SAMPLE_TABLES)
    for part in (cipher, cipher.block, cipher.key):
        assert shows_no_key(repr(part))
    assert repr(cipher).startswith(f"TokenCipher(EA{key.ea.value} (")


@pytest.mark.parametrize("ea", [EA.STA, EA.MISTY1])
def test_sections_and_what_they_carry_show_no_bytes(ea: EA) -> None:
    new = DecoderKey(KEY[: ea.key_bits // 8], ea, SGC("000046"), KRN(3), TI("07"))
    sections = key_change_sections(new, carry_sgc=True)
    parts = KeyChangeParts(ea.key_bits)
    for section in sections:
        parts.add(section)
        assert shows_no_key(repr(section))
        assert shows_no_key(str(section))
    assert "nkho=..." in repr(sections[0])
    assert shows_no_key(repr(parts))
    assert shows_no_key(repr(assemble(sections, ea.key_bits)))


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (Set1stSectionDecoderKey, {"kenho": 1, "krn": 1, "ro": 0, "bit_3kct": 0, "kt": 2, "nkho": KEY.hex()}),
        (Set2ndSectionDecoderKey, {"kenlo": 1, "ti": 1, "nklo": int.from_bytes(KEY, "big")}),
        (Set3rdSectionDecoderKey, {"sgclo": 1, "nkmo2": KEY}),
        (Set4thSectionDecoderKey, {"sgcho": 1, "nkmo1": -int.from_bytes(KEY[:4], "big")}),
    ],
)
def test_a_wrong_key_part_is_refused_without_being_shown(make: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(FieldError) as refused:
        make(**fields)
    assert refused.value.value is None
    assert "a whole number 0 to 4294967295" in refused.value.message
    assert_silent(refused.value)


def test_a_key_of_the_wrong_length_is_refused_without_being_shown() -> None:
    wrong: Any
    for wrong in (KEY[:9], KEY.hex(), list(KEY)):
        with pytest.raises(FieldError) as of_vending_key:
            VendingKey(wrong, SGC("000046"), KRN(3), BaseDate.BD2014)
        with pytest.raises(FieldError) as of_decoder_key:
            DecoderKey(wrong, EA.MISTY1)
        with pytest.raises(FieldError) as of_check_value:
            key_check_value(wrong)
        with pytest.raises(FieldError) as of_text:
            parse_key(KEY.hex() + "00")
        for refused in (of_vending_key, of_decoder_key, of_check_value, of_text):
            assert_silent(refused.value)


def assert_silent(error: VoltokenError) -> None:
    """Fail when anything about an error holds key bytes."""
    said = [str(error), repr(error), error.message, repr(error.detail), repr(vars(error)), repr(error.args)]
    assert all(map(shows_no_key, said))
    assert error.__context__ is None
    assert error.__cause__ is None


def test_a_token_number_is_masked_unless_it_is_asked_for() -> None:
    number = TokenNumber.parse("59386323472137426967")
    assert repr(number) == "TokenNumber(5938...6967)"
    assert repr([number]) == "[TokenNumber(5938...6967)]"
    assert str(number) == "59386323472137426967"
    assert number.grouped == "5938 6323 4721 3742 6967"


def test_tables_show_their_label_only() -> None:
    tables = STATables(range_of(16), range_of(16), range_of(64), "of the utility")
    assert repr(tables) == "STATables('of the utility')"
    assert repr(SAMPLE_TABLES) == "STATables('sample tables')"


def range_of(size: int) -> list[int]:
    """Return the permutation that changes nothing."""
    return list(range(size))
