"""EA07 against its naive form, with the sample tables and with tables that are not inverses of each other."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive import sta as naive
from voltoken.sts import EA, SAMPLE_TABLES, DecoderKey, STATables, TokenCipher

BLOCKS = st.integers(0, (1 << 64) - 1)


def random_tables(seed: int) -> STATables:
    """Return a made-up set; the same for a seed."""
    source = random.Random(seed)
    tables = (source.sample(range(16), 16), source.sample(range(16), 16), source.sample(range(64), 64))
    return STATables(*tables, label=f"made up {seed}")


SETS = {"sample": SAMPLE_TABLES, **{f"random {seed}": random_tables(seed) for seed in (1, 2, 3)}}
RANDOM_SETS = [name for name in SETS if name != "sample"]

tables_and_names = pytest.mark.parametrize("name", SETS)


def literal(tables: STATables) -> naive.Tables:
    """Return a set in the form that the naive cipher takes."""
    return naive.Tables(tables.substitution_1, tables.substitution_2, tables.permutation)


def quick(key: int, tables: STATables) -> TokenCipher:
    """Return the cipher under test."""
    return TokenCipher(DecoderKey(key.to_bytes(8, "big"), EA.STA), tables)


@tables_and_names
@given(key=BLOCKS, block=BLOCKS)
def test_encryption_agrees_with_the_naive_cipher(name: str, key: int, block: int) -> None:
    expected = naive.encrypt(key, block, literal(SETS[name]))
    assert quick(key, SETS[name]).block.encrypt(block) == expected


@tables_and_names
@given(key=BLOCKS, block=BLOCKS)
def test_decryption_agrees_with_the_naive_cipher(name: str, key: int, block: int) -> None:
    expected = naive.decrypt(key, block, literal(SETS[name]))
    assert quick(key, SETS[name]).block.decrypt(block) == expected


@tables_and_names
@given(key=BLOCKS, block=BLOCKS)
def test_decryption_undoes_encryption(name: str, key: int, block: int) -> None:
    cipher = quick(key, SETS[name]).block
    assert cipher.decrypt(cipher.encrypt(block)) == block
    assert cipher.encrypt(cipher.decrypt(block)) == block


@tables_and_names
def test_every_single_bit_of_key_and_block_is_in_its_place(name: str) -> None:
    tables = SETS[name]
    for place in range(64):
        for key, block in ((1 << place, 0), (0, 1 << place)):
            cipher = quick(key, tables).block
            assert cipher.encrypt(block) == naive.encrypt(key, block, literal(tables))
            assert cipher.decrypt(block) == naive.decrypt(key, block, literal(tables))


def test_the_naive_cipher_gives_the_published_value() -> None:
    key, block = 0x0ABC12DEF3456789, 0x0123456789ABCDEF
    assert naive.encrypt(key, block, literal(SAMPLE_TABLES)) == 0x655F636CE5900E01
    assert naive.decrypt(key, 0x655F636CE5900E01, literal(SAMPLE_TABLES)) == block


def test_the_sample_substitutions_undo_each_other_and_so_hide_a_swap() -> None:
    tables = literal(SAMPLE_TABLES)
    assert naive.inverted(tables.second) == list(tables.first)


@pytest.mark.parametrize("name", RANDOM_SETS)
def test_swapped_decryption_tables_are_noticed(name: str) -> None:
    tables = SETS[name]
    assert naive.inverted(tables.substitution_2) != list(tables.substitution_1)
    swapped = naive.Tables(tables.substitution_2, tables.substitution_1, tables.permutation)
    key, block = 0x0ABC12DEF3456789, 0x0123456789ABCDEF
    sent = naive.encrypt(key, block, literal(tables))
    assert naive.decrypt(key, sent, literal(tables)) == block
    assert naive.decrypt(key, sent, swapped) != block
    assert quick(key, tables).block.decrypt(sent) == block
