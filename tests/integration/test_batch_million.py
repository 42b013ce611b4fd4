"""A million rows of every token type under keys of every kind: row for row the scalar interface's tokens."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.sts.batch.judge import MAKERS, Key, code_of, reading_of
from tests.unit.sts.batch.rows import NAMES, cast, pan_of
from voltoken.sts import DKGA, EA, SAMPLE_TABLES, TI, Deriver, MeterPAN, TokenCipher, batch, encode
from voltoken.sts.batch import DecoderKeys, Encoded, Fault
from voltoken.sts.layouts import LAYOUTS, Layout

ROWS = 1_000_000
METERS = 20_000
SPOILT = 250
"""Rows that are spoilt in each of several ways."""
RARE = 50
"""One meter of so many has an old algorithm, for which there is no kernel."""

Column = npt.NDArray[Any]


@dataclass
class Book:
    """Meters with their scalar keys, and a million rows of tokens for them."""

    derivers: list[Deriver]
    keys: list[Key]
    pans: Column
    tis: Column
    which: Column
    codes: Column
    meters: Column
    values: dict[str, Column]


def is_rare(deriver: Deriver) -> bool:
    """Whether keys or tokens are made one by one."""
    return deriver.ea is EA.DEA or deriver.dkga in (DKGA.DKGA01, DKGA.DKGA03)


def drawn() -> Book:
    """Draw everything; the same in every run."""
    source, numbers = random.Random(41), np.random.default_rng(41)
    derivers = cast(41)
    rare = [place for place, one in enumerate(derivers) if is_rare(one)]
    common = [place for place, one in enumerate(derivers) if not is_rare(one)]
    places = [source.choice(common if meter % RARE else rare) for meter in range(METERS)]
    pans = [pan_of(source) for _ in places]
    tis = [source.randrange(100) for _ in places]
    keys = [
        Key(derivers[place].derive(MeterPAN(pan), TI(f"{ti:02d}")))
        for place, pan, ti in zip(places, pans, tis, strict=True)
    ]
    meters = numbers.integers(0, METERS, ROWS)
    kinds = numbers.integers(0, len(LAYOUTS), ROWS)
    values = {name: np.ones(ROWS, np.int64) for name in NAMES}
    for kind, row in enumerate(LAYOUTS):
        chosen = np.flatnonzero(kinds == kind)
        for spec in row.fields:
            values[spec.name][chosen] = numbers.integers(spec.lowest, spec.limit + 1, len(chosen))
    return Book(
        derivers,
        keys,
        np.array(pans, "S18")[meters],
        np.array(tis, np.uint8)[meters],
        np.array(places, np.int8)[meters],
        np.array([code_of(row) for row in LAYOUTS], np.int8)[kinds],
        meters,
        values,
    )


def spoil(book: Book) -> dict[Fault, Column]:
    """Spoil some rows in each way, and return which."""
    rows = np.random.default_rng(42).permutation(ROWS)[: 5 * SPOILT].reshape(5, SPOILT)
    which, pans, tis, codes, fields = rows
    book.which[which] = len(book.derivers)
    book.pans[pans] = [pan[:17] + (b"0" if pan[17:] != b"0" else b"1") for pan in book.pans[pans].tolist()]
    book.tis[tis] = 100
    book.codes[codes] = 2 << 4 | 15
    book.codes[fields] = 0
    book.values["amount"][fields] = 1 << 16
    return {
        Fault.KEY: np.sort(which),
        Fault.PAN: np.sort(pans),
        Fault.TI: np.sort(tis),
        Fault.CODE: np.sort(codes),
        Fault.FIELD: np.sort(fields),
    }


def by_the_scalar_interface(book: Book, sold: Encoded) -> tuple[Column, Column, Column]:
    """What the scalar interface makes of the rows that are good: which they are, digits, upper 48 bits."""
    ciphers = [TokenCipher(one.key, SAMPLE_TABLES) for one in book.keys if one.key]
    wide = np.array([cipher.key_bits == 128 for cipher in ciphers])[book.meters]
    good = np.flatnonzero(sold.faults == 0)
    digits, data = np.zeros(ROWS, "S20"), np.zeros(ROWS, np.uint64)
    for row in LAYOUTS:
        chosen = good[book.codes[good] == code_of(row)]
        if row.key_bits is not None:
            chosen = chosen[wide[chosen] == (row.key_bits == 128)]
        digits[chosen], data[chosen] = encoded(book, row, chosen, ciphers)
    return good, digits, data


def encoded(
    book: Book, row: Layout, chosen: Column, ciphers: list[TokenCipher]
) -> tuple[list[str], list[int]]:
    """Return digits and upper 48 bits of the tokens of one type."""
    make = MAKERS[row]
    columns = [book.values[name][chosen].tolist() for name in row.names]
    tokens = [make(*fields) for fields in zip(*columns, strict=True)]
    pairs = zip(tokens, book.meters[chosen].tolist(), strict=True)
    return [encode(token, ciphers[meter]).digits for token, meter in pairs], [token.data for token in tokens]


def check_every_key_is_that_of_its_meter(book: Book, keys: DecoderKeys) -> None:
    made = [one.key.key.rjust(16, b"\0") for one in book.keys if one.key]
    words = np.frombuffer(b"".join(made), ">u8").reshape(-1, 2)[book.meters]
    columns, good = keys.columns(), keys.faults == 0
    assert columns.high is not None
    assert np.array_equal(columns.high[good], words[good, 0])
    assert np.array_equal(columns.low[good], words[good, 1])


def check_every_token_is_that_of_the_scalar_interface(
    sold: Encoded, scalar: tuple[Column, Column, Column]
) -> None:
    _, digits, _ = scalar
    assert np.array_equal(sold.tokens, digits)


def check_bad_rows_have_their_faults_and_no_tokens(
    book: Book, sold: Encoded, spoilt: dict[Fault, Column]
) -> None:
    for fault, rows in spoilt.items():
        assert np.array_equal(np.flatnonzero(sold.faults == fault), rows)
        for row in rows[:5].tolist():
            error = sold.error(row)
            assert error is not None
            assert error.code == fault.code
    lengths = np.flatnonzero(sold.faults == Fault.KEY_LENGTH)
    short = np.array([one.key is not None and len(one.key.key) == 8 for one in book.keys])[book.meters]
    assert (book.codes[lengths] == (2 << 4 | 9)).all()
    assert short[lengths].all()
    refused = sold.faults != 0
    assert refused.sum() == len(lengths) + 5 * SPOILT
    assert (sold.tokens[refused] == b"").all()


def check_every_token_is_read_again(
    book: Book, keys: DecoderKeys, scalar: tuple[Column, Column, Column]
) -> None:
    good, digits, data = scalar
    damaged = good[:: len(good) // SPOILT]
    tokens = digits.copy()
    tokens[damaged] = [
        text[:9] + b"%d" % (9 - int(text[9:10])) + text[10:] for text in tokens[damaged].tolist()
    ]
    read = batch.decode(tokens, keys, SAMPLE_TABLES)
    whole = np.setdiff1d(good, damaged)
    assert not read.faults[whole].any()
    assert np.array_equal(read.code[whole], book.codes[whole])
    assert np.array_equal(read.data[whole], data[whole])
    for name in NAMES:
        column, present = read.field(name)[whole], np.zeros(len(whole), bool)
        for row in LAYOUTS:
            present |= (book.codes[whole] == code_of(row)) & (name in row.names) & (row.key_bits is None)
        assert np.array_equal(column[present], book.values[name][whole][present])
    expected = [
        reading_of(tokens[row].decode(), book.keys[book.meters[row]], SAMPLE_TABLES).fault
        for row in damaged.tolist()
    ]
    assert read.faults[damaged].tolist() == expected
    assert Fault.INTEGRITY in expected


@pytest.mark.slow
def test_a_million_rows() -> None:
    book = drawn()
    spoilt = spoil(book)
    keys = batch.derive(book.pans, book.tis, book.derivers, book.which)
    check_every_key_is_that_of_its_meter(book, keys)
    sold = batch.encode(book.codes, book.values, keys, SAMPLE_TABLES)
    scalar = by_the_scalar_interface(book, sold)
    check_every_token_is_that_of_the_scalar_interface(sold, scalar)
    check_bad_rows_have_their_faults_and_no_tokens(book, sold, spoilt)
    check_every_token_is_read_again(book, keys, scalar)
