"""DES of many blocks under one key: the same answers as one block at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.sts.test_des import KNOWN_ANSWERS
from voltoken.sts.batch.kernels.des import _CHUNK, FixedKeyDES
from voltoken.sts.batch.kernels.types import U64
from voltoken.sts.ciphers.des import TableDES, des_encryptor

KEY = bytes.fromhex("133457799BBCDFF1")
KEYS = st.binary(min_size=8, max_size=8)
BLOCKS = st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=20)
SIZES = [1, 2, _CHUNK - 1, _CHUNK, _CHUNK + 1, 2 * _CHUNK + 1]


def column(numbers: list[int]) -> U64:
    """Return numbers as the kernel takes them."""
    return np.array(numbers, np.uint64)


@pytest.fixture(scope="module")
def many() -> tuple[U64, U64]:
    """Return blocks for the largest size, and what the DES for one block makes of them."""
    plain = np.random.default_rng(463).integers(0, 1 << 64, max(SIZES), np.uint64)
    return plain, column([*map(des_encryptor(KEY), plain.tolist())])


@pytest.mark.parametrize(("key", "plain", "sent"), KNOWN_ANSWERS)
def test_known_answers(key: str, plain: str, sent: str) -> None:
    encrypted = FixedKeyDES(bytes.fromhex(key)).encrypt(column([int(plain, 16)]))
    assert [f"{block:016X}" for block in encrypted] == [sent]


@given(key=KEYS, blocks=BLOCKS)
def test_agrees_with_the_scalar_des(key: bytes, blocks: list[int]) -> None:
    assert FixedKeyDES(key).encrypt(column(blocks)).tolist() == [*map(TableDES(key).encrypt, blocks)]


@given(key=KEYS, blocks=BLOCKS)
def test_parity_bits_do_not_matter(key: bytes, blocks: list[int]) -> None:
    flipped = bytes(byte ^ 1 for byte in key)
    first, second = (FixedKeyDES(either).encrypt(column(blocks)) for either in (key, flipped))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("bit", range(64))
def test_each_bit_of_the_block_has_its_place(bit: int) -> None:
    assert FixedKeyDES(KEY).encrypt(column([1 << bit])).tolist() == [TableDES(KEY).encrypt(1 << bit)]


@pytest.mark.parametrize("size", SIZES)
def test_sizes_about_a_chunk(size: int, many: tuple[U64, U64]) -> None:
    plain, sent = many
    assert np.array_equal(FixedKeyDES(KEY).encrypt(plain[:size]), sent[:size])


def test_the_input_stays_as_it_is_and_the_object_can_be_used_again() -> None:
    des, plain = FixedKeyDES(KEY), column([1, 2, 3])
    plain.setflags(write=False)
    first, second = des.encrypt(plain), des.encrypt(plain)
    assert np.array_equal(first, second)
    assert not np.shares_memory(first, second)
    assert first.dtype == np.uint64
    assert plain.tolist() == [1, 2, 3]
