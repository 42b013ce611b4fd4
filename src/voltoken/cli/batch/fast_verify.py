"""``voltoken batch verify`` on whole columns; see ``fast``."""

from __future__ import annotations

from typing import Final

import numpy as np

from voltoken.cli.batch.arrow import Table
from voltoken.cli.batch.columns import (
    Made,
    asked,
    base_minutes,
    blank,
    booked_texts,
    default_indices,
    key_places,
    meters,
    readable,
    tariff_indices,
)
from voltoken.cli.batch.values import TYPES, TokenType, type_name
from voltoken.cli.batch.vector import I64, Bool, Fixed, decimal_texts, numbers, time_texts
from voltoken.cli.batch.verifying import Verifying
from voltoken.sts import CURRENCY, decode_currency, layouts
from voltoken.sts import batch as engine


def _codes_with(name: str) -> list[int]:
    """Return the types of tokens that have a field."""
    rows = (row for row in layouts.LAYOUTS if any(spec.name == name for spec in row.fields))
    return [row.token_class << 4 | row.subclass for row in rows]


_WITH_TID: Final = _codes_with("tid")
_WITH_RND: Final = _codes_with("rnd")
_TYPES_BY_CODE: Final = {kind.code: kind for kind in TYPES.values()}
_PLAIN: Final = [
    row.token_class << 4 | row.subclass
    for row in layouts.LAYOUTS
    if row.token_class != 1 and row.name != "ExtendedTokenSet.SetFlag"
]
"""Types that are read here: those that need a key, but for one whose value has two parts."""
_UNSAID: Final = 255
_TYPES_OF: Final = {type_name(code): code for code in range(64)} | {"": _UNSAID}
_VALUE_WIDTH: Final = 24


def verify(step: Verifying, table: Table) -> Made:
    """Return what the tokens of a table say."""
    ring = step.ring
    which = key_places(table, ring)
    pans, good_pans = meters(table)
    tis, good_tis = tariff_indices(table, "ti", default_indices(table, step.settings))
    tokens, good_tokens = table.cells("token").fixed(20)
    good = readable(table) & (which >= 0) & good_pans & good_tis & good_tokens
    columns = [blank(table.rows, width) for width in (_VALUE_WIDTH, _VALUE_WIDTH, 8, 20, 2)]
    rows = np.flatnonzero(good)
    if rows.size:
        keys = engine.derive(pans[rows], tis[rows], [one.deriver for one in ring.entries], which[rows])
        read = engine.decode(tokens[rows], keys, ring.tables)
        good[rows] = (read.faults == 0) & np.isin(read.code, _PLAIN)
        for column, made in zip(columns, _read_columns(step, read, which[rows]), strict=True):
            column[rows] = made
        good[rows] &= _agreeing(table, rows, read)
    for column in columns:
        column[~good] = b""
    return Made(columns, np.flatnonzero(~good), int(good.sum()))


def _read_columns(step: Verifying, read: engine.Decoded, which: I64) -> list[Fixed]:
    """Return what tokens say: type, value, TID, time of issue and RND."""
    codes = read.code.astype(np.int64)
    tid = read.field("tid")
    names = np.array([type_name(code) for code in range(64)], "S")[codes]
    values = blank(len(codes), _VALUE_WIDTH)
    for code in np.flatnonzero(np.bincount(codes)).tolist():
        rows = np.flatnonzero(codes == code)
        values[rows] = _read_values(_TYPES_BY_CODE.get(code), read, rows)
    offset = step.settings.when.utc_offset.total_seconds() // 60
    times = time_texts(base_minutes(step.ring)[which] + tid - int(offset))
    has_tid, has_rnd = np.isin(codes, _WITH_TID), np.isin(codes, _WITH_RND)
    columns = [names, values]
    columns += [np.where(has_tid, decimal_texts(tid, 0), b""), np.where(has_tid, times, b"")]
    return [*columns, np.where(has_rnd, decimal_texts(read.field("rnd"), 0), b"")]


def _read_values(kind: TokenType | None, read: engine.Decoded, rows: I64) -> Fixed:
    """Return the values of rows of one type."""
    if kind is None:
        return blank(len(rows), 1)
    fields = [spec.name for spec in kind.make(kind.example, 0, 0).layout.fields]
    last = read.field(fields[-1])[rows]
    if kind.grid is CURRENCY:
        used, which = np.unique(read.field("se")[rows] << 16 | last, return_inverse=True)
        texts = [str(CURRENCY.units(decode_currency(number))) for number in used.tolist()]
        return np.array(texts, "S")[which]
    if kind.grid is not None:
        return booked_texts(last, kind.grid.decimals)
    return blank(len(rows), 1) if fields[-1] == "pad" else decimal_texts(last, 0)


def _agreeing(table: Table, rows: I64, read: engine.Decoded) -> Bool:
    """Return which rows say the same as their tokens, as far as they say anything."""
    agrees = np.ones(len(rows), np.bool_)
    codes = read.code.astype(np.int64)
    if table.has("type"):
        texts, types = table.distinct("type")
        said = np.array([_TYPES_OF.get(text, -1) for text in texts])[types[rows]]
        agrees &= (said == codes) | (said == _UNSAID)
    if table.has("tid"):
        cells = table.cells("tid").take(rows)
        values, plain = numbers(cells)
        agrees &= (cells.lengths == 0) | (plain & (values == read.field("tid")) & np.isin(codes, _WITH_TID))
    if table.has("value"):
        filled = table.cells("value").take(rows).lengths > 0
        for code in np.flatnonzero(np.bincount(codes)).tolist():
            mine = np.flatnonzero((codes == code) & filled)
            kind = _TYPES_BY_CODE.get(code)
            if kind is None or not mine.size:
                agrees[mine] = False
                continue
            found = asked(table, kind, rows[mine])
            agrees[mine] &= found.good
            for name, values in found.fields.items():
                agrees[mine] &= values == read.field(name)[mine]
    return agrees
