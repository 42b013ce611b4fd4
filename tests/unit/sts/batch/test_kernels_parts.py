"""The parts that the kernels are made of, each against the scalar function it does the work of."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.strategies import bits, pans
from tests.unit.sts.batch.judge import code_of
from tests.unit.sts.batch.rows import pan_of
from voltoken.errors import CarrierError, FieldError
from voltoken.sts import InitiateMeterTestDisplay, KeyType, MeterPAN, TokenNumber, encode, pack, pan_block
from voltoken.sts.batch import Fault
from voltoken.sts.batch.kernels import layout
from voltoken.sts.batch.kernels.crc import Checksum
from voltoken.sts.batch.kernels.digits import format_digits, parse_digits
from voltoken.sts.batch.kernels.groups import chunks, count, groups, without
from voltoken.sts.batch.kernels.pan import parse_pans
from voltoken.sts.batch.kernels.swar import digits_of, lane_sums, luhn_doubled, packed, words
from voltoken.sts.batch.kernels.swar import numbers as numbers_of
from voltoken.sts.batch.kernels.types import CHUNK, I64, U64, slices
from voltoken.sts.crc import token_crc, token_crc_c
from voltoken.sts.layouts import LAYOUTS, ROWS

SIZES = [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 1]
LOW = (1 << 64) - 1


def column(values: list[int]) -> U64:
    """Return numbers as a column."""
    return np.array(values, np.uint64)


# ---------------------------------------------------------------- groups and chunks


@pytest.mark.parametrize("size", [0, *SIZES])
def test_slices_cover_all_rows_once(size: int) -> None:
    parts = list(slices(size))
    assert [row for part in parts for row in range(part.start, part.stop)] == list(range(size))
    assert all(part.stop - part.start <= CHUNK for part in parts)


@given(values=st.lists(st.integers(0, 5), min_size=1, max_size=40), size=st.integers(1, 9), data=st.data())
def test_groups_chunks_and_rows_without_faults(values: list[int], size: int, data: st.DataObject) -> None:
    kinds: I64 = np.array(values)
    numbers = np.arange(len(values))
    faults = np.array(
        data.draw(st.lists(st.integers(0, 1), min_size=len(values), max_size=len(values))), np.uint8
    )
    seen: list[int] = []
    for value, rows in groups(kinds):
        assert set(kinds[rows].tolist()) == {value}
        assert count(rows) == values.count(value)
        assert isinstance(rows, slice) is (set(values) == {value})
        parts = list(chunks(rows, size))
        assert all(count(part) <= size for part in parts)
        assert [row for part in parts for row in numbers[part]] == numbers[rows].tolist()
        assert numbers[without(rows, faults)].tolist() == [row for row in numbers[rows] if not faults[row]]
        seen += numbers[rows].tolist()
    assert sorted(seen) == numbers.tolist()


def test_a_range_that_does_not_begin_at_the_first_row() -> None:
    faults = np.array([0, 0, 1, 0], np.uint8)
    assert without(slice(1, 4), faults).tolist() == [1, 3]  # type: ignore[union-attr] # numbers of rows
    assert without(slice(0, 2), faults) == slice(0, 2)
    assert list(chunks(slice(1, 4), 2)) == [slice(1, 3), slice(3, 4)]


# ---------------------------------------------------------------- checksums


@pytest.mark.parametrize("function", [token_crc, token_crc_c])
@pytest.mark.parametrize("size", SIZES)
def test_checksums_of_every_class(function: Any, size: int) -> None:
    source = random.Random(size)
    data = [
        *(1 << place for place in range(48)),
        0,
        (1 << 48) - 1,
        *(source.getrandbits(48) for _ in range(size)),
    ]
    checksum, given_column = Checksum(function), column(data[-size:])
    for token_class in range(4):
        expected = [function(token_class << 48 | one) for one in data[-size:]]
        assert checksum.of(given_column, token_class).tolist() == expected
    few = column(data[:50])
    assert checksum.of(few, 2).tolist() == [function(2 << 48 | one) for one in data[:50]]


# ---------------------------------------------------------------- digits

EDGES = [
    *(0, 1, 9, 10, 9_999, 10**4, 10**8 - 1, 10**8, 10**12 - 1, 10**12, 10**16, 10**19, LOW, LOW + 1),
    *(place << 64 for place in (1, 2, 3)),
    *((1 << bit) - 1 for bit in range(1, 67)),
]


def of_numbers(values: list[int]) -> tuple[U64, U64]:
    """Return 66-bit numbers as two columns."""
    return column([value & LOW for value in values]), column([value >> 64 for value in values])


def test_digits_of_every_magnitude_both_ways() -> None:
    texts = format_digits(*of_numbers(EDGES))
    assert texts.tolist() == [f"{value:020d}".encode() for value in EDGES]
    low, high, invalid = parse_digits(texts)
    assert [low.tolist(), high.tolist()] == [part.tolist() for part in of_numbers(EDGES)]
    assert not invalid.any()


@given(values=st.lists(bits(66), min_size=1, max_size=50))
def test_digits_both_ways(values: list[int]) -> None:
    texts = format_digits(*of_numbers(values))
    assert texts.tolist() == [TokenNumber(value).digits.encode() for value in values]
    low, high, invalid = parse_digits(texts)
    assert [a << 64 | b for a, b in zip(high.tolist(), low.tolist(), strict=True)] == values
    assert not invalid.any()


@pytest.mark.parametrize("size", SIZES)
def test_digits_about_a_chunk(size: int) -> None:
    source = random.Random(size)
    values = [source.getrandbits(66) for _ in range(size)]
    texts = format_digits(*of_numbers(values))
    assert texts.tolist() == [b"%020d" % value for value in values]
    low, high, _ = parse_digits(texts)
    assert [low.tolist(), high.tolist()] == [part.tolist() for part in of_numbers(values)]


@pytest.mark.parametrize("place", range(20))
def test_every_character_at_every_place(place: int) -> None:
    digits = b"0" * 20
    texts = [digits[:place] + bytes((code,)) + digits[place + 1 :] for code in range(256)]
    _, _, invalid = parse_digits(np.frombuffer(b"".join(texts), "S20"))
    expected = []
    for text in texts:
        try:
            TokenNumber.parse(text.decode("latin-1") if text[place] not in b" -\t\r\n\xa0" else "x")
        except CarrierError:
            expected.append(True)
        else:
            expected.append(False)
    assert invalid.astype(bool).tolist() == expected


@pytest.mark.parametrize("beyond", [1 << 66, (1 << 66) + 1, 10**20 - 1, 9 * 10**19, 74 * 10**18])
def test_numbers_beyond_66_bits_are_no_tokens(beyond: int) -> None:
    texts = np.array([f"{value:020d}" for value in (beyond, (1 << 66) - 1)], "S20")
    assert parse_digits(texts)[2].tolist() == [1, 0]


# ---------------------------------------------------------------- meter numbers


@given(numbers=st.lists(pans, min_size=1, max_size=30))
def test_the_blocks_of_good_meter_numbers(numbers: list[MeterPAN]) -> None:
    blocks, invalid = parse_pans(np.array(numbers, "S18"))
    assert blocks.tolist() == [pan_block(pan, KeyType.DUTK) for pan in numbers]
    assert not invalid.any()


@given(body=st.text("0123456789", min_size=16, max_size=16), shape=st.sampled_from(("600727", "0000", "")))
def test_all_hundred_endings_of_a_number(body: str, shape: str) -> None:
    texts = [f"{(shape + body)[:16]}{ending:02d}" for ending in range(100)]
    _, invalid = parse_pans(np.array(texts, "S18"))
    assert (invalid == 0).tolist() == [is_pan(text) for text in texts]
    assert sum(invalid == 0) == bool(shape) or not shape


def is_pan(text: str) -> bool:
    """Whether the scalar interface takes a text for a meter number."""
    try:
        MeterPAN(text)
    except FieldError:
        return False
    return True


@pytest.mark.parametrize("place", range(18))
def test_every_character_at_every_place_of_a_meter_number(place: int) -> None:
    good = b"600727000000000009"
    texts = [good[:place] + bytes((code,)) + good[place + 1 :] for code in range(256)]
    _, invalid = parse_pans(np.frombuffer(b"".join(texts), "S18"))
    assert (invalid == 0).tolist() == [is_pan(text.decode("latin-1")) for text in texts]


@pytest.mark.parametrize("size", SIZES)
def test_meter_numbers_about_a_chunk(size: int) -> None:
    source = random.Random(size)
    some = [pan_of(source) for _ in range(50)]
    numbers = source.choices(some, k=size)
    numbers[-1] = "1" * 18
    blocks, invalid = parse_pans(np.array(numbers, "S18"))
    assert blocks[:-1].tolist() == [int(pan[1:17], 16) for pan in numbers[:-1]]
    assert invalid.tolist() == [0] * (size - 1) + [1]


# ---------------------------------------------------------------- eight digits in a word


@given(texts=st.lists(st.binary(min_size=8, max_size=8), min_size=1, max_size=20))
def test_eight_characters_at_once(texts: list[bytes]) -> None:
    characters = words(np.frombuffer(b"".join(texts), "S8"), 0)
    digits, wrong = digits_of(characters)
    assert (wrong == 0).tolist() == [text.isdigit() for text in texts]
    for text, lanes in zip(texts, digits, strict=True):
        if text.isdigit():
            one = column([int(lanes)])
            assert packed(one).tolist() == [int(text, 16)]
            assert numbers_of(one).tolist() == [int(text)]
            assert lane_sums(one).tolist() == [sum(map(int, text.decode()))]
            doubled = [2 * digit - 9 * (digit > 4) for digit in map(int, text.decode())]
            assert int(luhn_doubled(one)[0]).to_bytes(8, "big") == bytes(doubled)


# ---------------------------------------------------------------- layouts


def test_blocks_of_two_types_mixed_over_the_limits_of_chunks() -> None:
    rows, source = 2 * CHUNK + 3, random.Random(7)
    forms = [source.randrange(2) for _ in range(rows)]
    control, mfr_code = ([source.randrange(top) for _ in range(rows)] for top in (1 << 28, 100))
    codes, faults = np.array(forms) + 16, np.zeros(rows, np.uint8)
    values = {"control": np.array(control), "mfr_code": np.array(mfr_code)}
    blocks = layout.pack(codes, np.zeros(rows, np.uint8), values, faults)
    columns = zip(forms, control, mfr_code, strict=True)
    assert blocks.tolist() == [pack(InitiateMeterTestDisplay(*row)) for row in columns]
    assert not faults.any()
    kinds = codes.astype(np.uint8)
    blocks[5] ^= np.uint64(1)
    data = layout.check(kinds, np.zeros(rows, np.uint8), blocks, faults)
    assert faults.nonzero()[0].tolist() == [5]
    assert (kinds[5], data[5], faults[5]) == (0, 0, Fault.INTEGRITY)
    mfr = layout.take("mfr_code", kinds, np.zeros(rows, np.uint8), data)
    assert mfr.tolist() == [*mfr_code[:5], 0, *mfr_code[6:]]


@pytest.mark.parametrize("row", LAYOUTS, ids=lambda row: f"{row.name} {row.key_bits}")
def test_a_value_in_one_row_touches_no_other(row: Any) -> None:
    wide = np.full(3, row.key_bits == 128, np.uint8)
    codes = np.full(3, code_of(row))
    for spec in row.fields:
        for value in (spec.lowest - 1, spec.limit + 1, -1 << 63, (1 << 63) - 1):
            values = {one.name: np.full(3, one.limit) for one in row.fields}
            faults = np.array([0, 0, 5], np.uint8)
            alone = layout.pack(codes, wide, values, faults.copy())
            values[spec.name][1:] = value
            blocks = layout.pack(codes, wide, values, faults)
            assert faults.tolist() == [0, Fault.FIELD, 5]
            assert blocks[0] == alone[0]


def test_every_row_of_the_table_is_a_public_type() -> None:
    assert {(row.token_class, row.subclass, row.key_bits) for row in LAYOUTS} == set(ROWS)
    assert encode(InitiateMeterTestDisplay(0, 1, 0)).digits == "00000000000150997584"
