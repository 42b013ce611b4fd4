"""MISTY1 with a key for each block: the same answers as one block at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.files import Entry, cases
from voltoken.sts.batch.kernels import misty1
from voltoken.sts.batch.kernels.misty1 import _CHUNK, decrypt, encrypt
from voltoken.sts.batch.kernels.types import U64
from voltoken.sts.ciphers.misty1 import MISTY1, fi_tables

NUMBERS = st.integers(0, (1 << 64) - 1)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=20)
SIZES = [1, 2, _CHUNK - 1, _CHUNK, _CHUNK + 1, 2 * _CHUNK + 1]


def cipher(high: int, low: int) -> MISTY1:
    """Return the scalar cipher of one key."""
    return MISTY1((high << 64 | low).to_bytes(16, "big"))


@pytest.fixture(scope="module")
def many() -> tuple[U64, U64, U64, U64]:
    """Return keys and blocks for the largest size, and what the scalar cipher makes of them."""
    high, low, plain = np.random.default_rng(2994).integers(0, 1 << 64, (3, max(SIZES)), np.uint64)
    rows = zip(high.tolist(), low.tolist(), plain.tolist(), strict=True)
    return high, low, plain, np.array([cipher(h, k).encrypt(block) for h, k, block in rows], np.uint64)


@pytest.mark.parametrize("entry", cases("misty1", "misty1"))
def test_published_answers_both_ways(entry: Entry) -> None:
    high, low, plain, sent = (
        np.array([int(digits, 16)], np.uint64)
        for digits in (entry["key"][:16], entry["key"][16:], entry["plain"], entry["cipher"])
    )
    assert np.array_equal(encrypt(high, low, plain), sent)
    assert np.array_equal(decrypt(high, low, sent), plain)


@given(rows=ROWS)
def test_agrees_with_the_scalar_cipher(rows: list[tuple[int, int, int]]) -> None:
    high, low, blocks = np.array(rows, np.uint64).T.copy()
    assert encrypt(high, low, blocks).tolist() == [cipher(h, k).encrypt(block) for h, k, block in rows]
    assert decrypt(high, low, blocks).tolist() == [cipher(h, k).decrypt(block) for h, k, block in rows]


@pytest.mark.parametrize("size", SIZES)
def test_sizes_about_a_chunk(size: int, many: tuple[U64, U64, U64, U64]) -> None:
    high, low, plain, sent = (column[:size] for column in many)
    assert np.array_equal(encrypt(high, low, plain), sent)
    assert np.array_equal(decrypt(high, low, sent), plain)


@pytest.mark.parametrize("crypt", [encrypt, decrypt])
def test_the_input_stays_as_it_is(crypt: Callable[[U64, U64, U64], U64]) -> None:
    columns = [np.array([number, number], np.uint64) for number in (1, 2, 3)]
    for column in columns:
        column.setflags(write=False)
    answer = crypt(*columns)
    assert answer[0] == answer[1]
    assert answer.dtype == np.uint64
    assert [column.tolist() for column in columns] == [[1, 1], [2, 2], [3, 3]]


def test_scalar_cipher_and_kernel_look_into_the_same_tables() -> None:
    assert fi_tables() is fi_tables()
    assert np.shares_memory(np.frombuffer(fi_tables()[0], np.uint16), misty1._F1)
    assert np.shares_memory(np.frombuffer(fi_tables()[1], np.uint16), misty1._F2)
