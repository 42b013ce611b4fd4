"""The two ways through the same work that the batch figures compare: the batch engine and the scalar loop.

Each function returns both as calls without arguments, from the same columns to the same columns: numpy
arrays, or lists as Python has them. What a program keeps between calls is made beforehand: the `Deriver`,
decoder keys, ciphers. The loop may be given fewer rows, as it takes longer for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from bench import scalar
from bench.rows import Lists, Rows, deriver, texts
from voltoken.sts import EA, SAMPLE_TABLES, TI, MeterPAN, TokenCipher, batch

CODE: Final = batch.code_of(0, 0)
"""Credit for electricity."""

Columns = tuple[Any, ...]
"""Columns that come out of a path, arrays or lists."""


class Paths(NamedTuple):
    """The two ways."""

    batch: Callable[[], Columns]
    scalar: Callable[[], Columns]


def issue(ea: EA, given: Rows | Lists, looped: Rows | Lists) -> Paths:
    """Return how credits are made from meter numbers and a vending key."""
    one, values = deriver(ea), _values(given)

    def by_batch() -> Columns:
        made = batch.encode(CODE, values, batch.derive(given.pan, given.ti, one), SAMPLE_TABLES)
        return made.tokens, made.faults

    def by_loop() -> Columns:
        rows = _lists(looped)
        tokens, faults = scalar.issue(one, rows.pan, rows.ti, (rows.rnd, rows.tid, rows.amount))
        return _like(looped, tokens, "S20"), _like(looped, faults, "u1")

    return Paths(by_batch, by_loop)


def encode(ea: EA, given: Rows | Lists, looped: Rows | Lists) -> Paths:
    """Return how credits are made under known keys."""
    keys, values, ciphers = (
        batch.derive(given.pan, given.ti, deriver(ea)),
        _values(given),
        _ciphers(ea, looped),
    )

    def by_batch() -> Columns:
        made = batch.encode(CODE, values, keys, SAMPLE_TABLES)
        return made.tokens, made.faults

    def by_loop() -> Columns:
        if isinstance(looped, Lists):
            fields = looped.rnd, looped.tid, looped.amount
        else:
            fields = looped.rnd.tolist(), looped.tid.tolist(), looped.amount.tolist()
        tokens, faults = scalar.encode_all(ciphers, fields)
        return _like(looped, tokens, "S20"), _like(looped, faults, "u1")

    return Paths(by_batch, by_loop)


def decode(ea: EA, given: Rows | Lists, looped: Rows | Lists) -> Paths:
    """Return how the tokens of these rows are read under known keys."""
    keys, ciphers = batch.derive(given.pan, given.ti, deriver(ea)), _ciphers(ea, looped)
    tokens, _ = issue(ea, given, looped).batch()
    to_loop = tokens[: len(ciphers)]

    def by_batch() -> Columns:
        read = batch.decode(tokens, keys, SAMPLE_TABLES)
        if any(read.faults) if isinstance(tokens, list) else read.faults.any():
            raise SystemExit("bench: a token does not pass")
        return read.field("rnd"), read.field("tid"), read.field("amount")

    def by_loop() -> Columns:
        digits = to_loop if isinstance(to_loop, list) else texts(to_loop)
        return tuple(_like(looped, column, "i8") for column in scalar.decode_all(ciphers, digits))

    return Paths(by_batch, by_loop)


def read(ea: EA, given: Rows | Lists, looped: Rows | Lists) -> Paths:
    """Return how the tokens of these rows are checked and read as a whole, not taken apart."""
    keys, ciphers = batch.derive(given.pan, given.ti, deriver(ea)), _ciphers(ea, looped)
    tokens, _ = issue(ea, given, looped).batch()

    def by_batch() -> Columns:
        found = batch.decode(tokens, keys, SAMPLE_TABLES)
        return found.code, found.data, found.faults

    def by_loop() -> Columns:
        digits = tokens if isinstance(tokens, list) else texts(tokens)
        code, data, faults = scalar.read_all(ciphers, digits)
        return _like(looped, code, "u1"), _like(looped, data, "u8"), _like(looped, faults, "u1")

    return Paths(by_batch, by_loop)


def check(name: str, first: Columns, *others: Columns) -> None:
    """Stop unless all answers are the same; shorter ones are compared with the beginning of the first."""
    for other in others:
        for ours, theirs in zip(first, other, strict=True):
            if not np.array_equal(np.asarray(ours, "S20")[: len(theirs)], np.asarray(theirs, "S20")):
                raise SystemExit(f"bench: {name}: the ways differ")


def _values(given: Rows | Lists) -> dict[str, Any]:
    return {"rnd": given.rnd, "tid": given.tid, "amount": given.amount}


def _lists(rows: Rows | Lists) -> Lists:
    return rows if isinstance(rows, Lists) else Lists.of(rows)


def _like(rows: Rows | Lists, column: Sequence[object], dtype: str) -> Any:
    """Return a list as a column of the kind that went in."""
    return column if isinstance(rows, Lists) else np.array(column, dtype)


def _ciphers(ea: EA, rows: Rows | Lists) -> list[TokenCipher]:
    one, lists = deriver(ea), _lists(rows)
    return [
        TokenCipher(one.derive(MeterPAN(pan), TI(f"{ti:02d}")), SAMPLE_TABLES)
        for pan, ti in zip(lists.pan, lists.ti, strict=True)
    ]
