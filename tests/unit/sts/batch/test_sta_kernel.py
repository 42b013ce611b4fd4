"""EA07 on planes: bit for bit the scalar cipher, for any tables, keys, blocks and number of rows."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltoken.sts import SAMPLE_TABLES, STATables
from voltoken.sts.batch.kernels import sta
from voltoken.sts.batch.kernels.sta import PlaneSTA
from voltoken.sts.batch.kernels.types import U64
from voltoken.sts.ciphers.sta import STA

NUMBERS = st.integers(0, (1 << 64) - 1)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=200)


def made_up(seed: int) -> STATables:
    """Return a made-up set; the same for a seed."""
    source = random.Random(seed)
    first, second = source.sample(range(16), 16), source.sample(range(16), 16)
    return STATables(first, second, source.sample(range(64), 64))


SETS = {"sample": SAMPLE_TABLES, "made up": made_up(4)}
tables_and_names = pytest.mark.parametrize("name", SETS)


def column(values: list[int]) -> U64:
    """Return numbers as a column."""
    return np.array(values, np.uint64)


def random_columns(rows: int) -> tuple[U64, U64]:
    """Return keys and blocks; the same for a number of rows."""
    keys, blocks = np.random.default_rng(rows).integers(0, 1 << 64, (2, rows), np.uint64)
    return keys, blocks


def one_by_one(tables: STATables, keys: U64, blocks: U64) -> tuple[list[int], list[int]]:
    """Return the blocks encrypted and decrypted by the scalar cipher."""
    pairs = [(STA(key, tables), block) for key, block in zip(keys.tolist(), blocks.tolist(), strict=True)]
    return [cipher.encrypt(block) for cipher, block in pairs], [
        cipher.decrypt(block) for cipher, block in pairs
    ]


def test_the_published_values() -> None:
    keys = column([0x0ABC12DEF3456789] * 2)
    blocks = column([0x0123456789ABCDEF, 0x0B19EB230100C207])
    # The second is the standard's sample token 2C45ED1618406DF95 with its class bits taken out.
    expected = [0x655F636CE5900E01, 0xC45ED1619406DF95]
    cipher = PlaneSTA(SAMPLE_TABLES)
    for _ in range(2):
        assert cipher.encrypt(keys, blocks).tolist() == expected
        assert cipher.decrypt(keys, column(expected)).tolist() == blocks.tolist()


@tables_and_names
@settings(max_examples=25)
@given(rows=ROWS)
def test_rows_agree_with_the_scalar_cipher(name: str, rows: list[tuple[int, int]]) -> None:
    keys, blocks = (column([*values]) for values in zip(*rows, strict=True))
    cipher = PlaneSTA(SETS[name])
    encrypted, decrypted = one_by_one(SETS[name], keys, blocks)
    assert cipher.encrypt(keys, blocks).tolist() == encrypted
    assert cipher.decrypt(keys, blocks).tolist() == decrypted


@tables_and_names
def test_every_single_bit_of_key_and_block_is_in_its_place(name: str) -> None:
    places = [1 << place for place in range(64)]
    keys, blocks = column([*places, *[0] * 64]), column([*[0] * 64, *places])
    cipher = PlaneSTA(SETS[name])
    encrypted, decrypted = one_by_one(SETS[name], keys, blocks)
    assert cipher.encrypt(keys, blocks).tolist() == encrypted
    assert cipher.decrypt(keys, blocks).tolist() == decrypted


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 127, 128, 129, 192, 255, 256, 257, 384])
def test_rows_around_the_limits_of_chunks(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sta, "_CHUNK", 128)
    keys, blocks = random_columns(rows)
    cipher = PlaneSTA(SETS["made up"])
    encrypted, decrypted = one_by_one(SETS["made up"], keys, blocks)
    assert cipher.encrypt(keys, blocks).tolist() == encrypted
    assert cipher.decrypt(keys, blocks).tolist() == decrypted


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_full_chunks_agree_with_the_scalar_cipher_where_it_is_asked(more: int) -> None:
    rows = sta._CHUNK + more
    keys, blocks = random_columns(rows)
    cipher = PlaneSTA(SAMPLE_TABLES)
    sent = cipher.encrypt(keys, blocks)
    asked = [0, 1, 63, 64, 383, 384, 12345, rows - 2, rows - 1]
    assert sent[asked].tolist() == one_by_one(SAMPLE_TABLES, keys[asked], blocks[asked])[0]
    assert np.array_equal(cipher.decrypt(keys, sent), blocks)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    keys, blocks = random_columns(130)
    cipher = PlaneSTA(SAMPLE_TABLES)
    together = cipher.encrypt(keys, blocks)
    assert [cipher.encrypt(keys[row : row + 1], blocks[row : row + 1])[0] for row in (0, 64, 129)] == [
        together[row] for row in (0, 64, 129)
    ]


def test_the_columns_given_are_left_alone() -> None:
    keys, blocks = random_columns(100)
    before = keys.tolist(), blocks.tolist()
    cipher = PlaneSTA(SAMPLE_TABLES)
    cipher.encrypt(keys, blocks)
    cipher.decrypt(keys, blocks)
    assert (keys.tolist(), blocks.tolist()) == before


def test_threads_may_share_a_cipher() -> None:
    cipher = PlaneSTA(SAMPLE_TABLES)
    columns = [random_columns(rows) for rows in (300, 301, 302, 303)]
    expected = [cipher.encrypt(*pair).tolist() for pair in columns]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert [
                answer.tolist() for answer in pool.map(lambda pair: cipher.encrypt(*pair), columns)
            ] == expected
