"""DES: the library, the table DES behind it, and the published answers, all three alike."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.sts import (
    DKGA,
    EA,
    KRN,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    MeterPAN,
    Service,
    TokenCipher,
    TransferCredit,
    VendingKey,
    decode,
    encode,
    key_check_value,
)
from voltoken.sts.ciphers.des import TableDES, des_decryptor, des_encryptor, triple_des_encryptor

KEYS = st.binary(min_size=8, max_size=8)
BLOCKS = st.integers(0, (1 << 64) - 1)

KNOWN_ANSWERS = [
    # A worked example printed in many textbooks.
    ("133457799BBCDFF1", "0123456789ABCDEF", "85E813540F0AB405"),
    # NBS Special Publication 500-20: variable plaintext, variable key.
    ("0101010101010101", "8000000000000000", "95F8A5E5DD31D900"),
    ("0101010101010101", "4000000000000000", "DD7F121CA5015619"),
    ("0101010101010101", "2000000000000000", "2E8653104F3834EA"),
    ("0101010101010101", "0000000000000001", "166B40B44ABA4BD6"),
    ("8001010101010101", "0000000000000000", "95A8D72813DAA94D"),
    ("4001010101010101", "0000000000000000", "0EEC1487DD8C26D5"),
    ("7CA110454A1A6E57", "01A1D6D039776742", "690F5B0D9A26939B"),
    ("0131D9619DC1376E", "5CD54CA83DEF57DA", "7A389D10354BD271"),
    # The zero block under the zero key and its complement.
    ("0000000000000000", "0000000000000000", "8CA64DE9C1B123A7"),
    ("FFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFF", "7359B2163E4EDC58"),
]

WEAK_KEYS = ["0101010101010101", "FEFEFEFEFEFEFEFE", "E0E0E0E0F1F1F1F1", "1F1F1F1F0E0E0E0E"]


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the library's DES away, as a later version of it will."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.decrepit.ciphers.algorithms", None)


@pytest.mark.parametrize(("key", "plain", "sent"), KNOWN_ANSWERS)
def test_known_answers_of_the_table_des(key: str, plain: str, sent: str) -> None:
    des = TableDES(bytes.fromhex(key))
    assert f"{des.encrypt(int(plain, 16)):016X}" == sent
    assert f"{des.decrypt(int(sent, 16)):016X}" == plain


@pytest.mark.parametrize(("key", "plain", "sent"), KNOWN_ANSWERS)
def test_known_answers_of_the_library(key: str, plain: str, sent: str) -> None:
    assert f"{des_encryptor(bytes.fromhex(key))(int(plain, 16)):016X}" == sent
    assert f"{des_decryptor(bytes.fromhex(key))(int(sent, 16)):016X}" == plain


@pytest.mark.parametrize("key", WEAK_KEYS)
def test_encrypting_twice_under_a_weak_key_changes_nothing(key: str) -> None:
    for cipher in (TableDES(bytes.fromhex(key)).encrypt, des_encryptor(bytes.fromhex(key))):
        assert cipher(cipher(0x0123456789ABCDEF)) == 0x0123456789ABCDEF
        assert cipher(0x0123456789ABCDEF) != 0x0123456789ABCDEF


@given(key=KEYS, block=BLOCKS)
def test_the_table_des_agrees_with_the_library(key: bytes, block: int) -> None:
    table = TableDES(key)
    assert table.encrypt(block) == des_encryptor(key)(block)
    assert table.decrypt(block) == des_decryptor(key)(block)


@given(key=KEYS, block=BLOCKS)
def test_parity_bits_do_not_matter(key: bytes, block: int) -> None:
    flipped = bytes(byte ^ 1 for byte in key)
    assert TableDES(key).encrypt(block) == TableDES(flipped).encrypt(block)
    assert des_encryptor(key)(block) == des_encryptor(flipped)(block)


@given(key=st.binary(min_size=16, max_size=16), block=BLOCKS)
def test_triple_des_is_three_times_des(key: bytes, block: int) -> None:
    outer, inner = TableDES(key[:8]), TableDES(key[8:])
    expected = outer.encrypt(inner.decrypt(outer.encrypt(block)))
    assert triple_des_encryptor(key)(block) == expected


def test_without_the_library_the_table_des_takes_over(without_library: None) -> None:
    for key, plain, sent in KNOWN_ANSWERS:
        encrypt, decrypt = des_encryptor(bytes.fromhex(key)), des_decryptor(bytes.fromhex(key))
        assert is_table(encrypt)
        assert is_table(decrypt)
        assert f"{encrypt(int(plain, 16)):016X}" == sent
        assert f"{decrypt(int(sent, 16)):016X}" == plain


def is_table(function: Callable[[int], int]) -> bool:
    """Say whether a cipher is the table DES."""
    return isinstance(getattr(function, "__self__", None), TableDES)


def test_the_library_is_used_where_it_is_there() -> None:
    assert not is_table(des_encryptor(bytes(8)))
    assert not is_table(des_decryptor(bytes(8)))


def results() -> list[str]:
    """Return decoder keys, a check value and a token of everything that rests on DES."""
    found = []
    pan, ti = MeterPAN("600727000000000009"), TI("01")
    for dkga, size in ((DKGA.DKGA01, 8), (DKGA.DKGA02, 8), (DKGA.DKGA03, 16)):
        vending_key = VendingKey(
            bytes(range(17, 17 + size)), sgc=SGC("123456"), krn=KRN(1), base_date=BaseDate.BD1993
        )
        deriver = Deriver(vending_key, EA.STA, dkga)
        found += [deriver.derive(pan, ti).key.hex(), deriver.derive(pan, TI("02")).key.hex()]
    cipher = TokenCipher(DecoderKey(bytes.fromhex("0abc12def3456789"), EA.DEA))
    number = encode(TransferCredit(Service.ELECTRICITY, 5, 0x19EB23, 0x0100), cipher)
    found += [number.digits, repr(decode(number, cipher)), key_check_value(bytes(8)).value]
    return found


def test_keys_and_tokens_are_the_same_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    with_library = results()
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.decrepit.ciphers.algorithms", None)
    assert is_table(des_encryptor(bytes(8)))
    assert results() == with_library
    assert len(set(with_library)) == len(with_library)
