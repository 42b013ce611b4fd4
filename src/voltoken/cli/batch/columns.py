"""What the batch commands read from a table by whole columns: keys, meters, times, values.

Each function gives the values of the rows it understands and says which these are. All other rows are left
to the step, which makes them one by one: so a fault is always told in the words of the row-by-row way.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from math import prod
from typing import Final

import numpy as np

from voltoken.cli.batch.arrow import Table
from voltoken.cli.batch.ring import COLUMNS, Entry, KeyRing, RowRefused
from voltoken.cli.batch.steps import Settings
from voltoken.cli.batch.values import TokenType, booked
from voltoken.cli.batch.vector import (
    I64,
    Bool,
    Cells,
    Fixed,
    all_digits,
    decimal_texts,
    decimals,
    matrix,
    minutes,
    numbers,
)
from voltoken.errors import VoltokenError
from voltoken.sts import RND, TID, UNITS, WATTS, BaseDate, TIDClock, batch, luhn_check_digit

NO_PLACE: Final = -1
_COMBINATIONS_MAX: Final = 1 << 20
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = 1440
_PRINTED: Final = (("600727", 11), ("0000", 13))
"""What stands before the number that a meter prints, by how many digits that has."""


@dataclass(slots=True)
class Made:
    """What is added to the rows, but for error and message. tokens: how many these are.

    rest: the rows still to be made one by one.
    """

    columns: list[Fixed]
    rest: I64
    tokens: int


def blank(rows: int, width: int) -> Fixed:
    """Return empty texts."""
    return np.zeros(rows, f"S{width}")


def readable(table: Table) -> Bool:
    """Return which rows could be read at all."""
    good = np.ones(table.rows, np.bool_)
    good[list(table.bad)] = False
    return good


def looked_up(table: Table, names: Sequence[str], find: Callable[[Mapping[str, str]], int]) -> I64:
    """Return for each row what find makes of its cells under some names; NO_PLACE where it raises.

    Such columns say the same in very many rows, so each combination is looked up once.
    """
    coded = [(name, *table.distinct(name)) for name in names if table.has(name)]
    mixed = np.zeros(table.rows, np.int64)
    for _, texts, codes in coded:
        mixed = mixed * len(texts) + codes
    size = prod(len(texts) for _, texts, _ in coded)
    if size > _COMBINATIONS_MAX:
        used, mixed = np.unique(mixed, return_inverse=True)
        slots, size = np.arange(len(used)), len(used)
    else:
        used = slots = np.flatnonzero(np.bincount(mixed, minlength=size))
    found = np.full(size, NO_PLACE)
    for slot, combination in zip(slots.tolist(), used.tolist(), strict=True):
        left, cells = combination, {}
        for name, texts, _ in reversed(coded):
            left, code = divmod(left, len(texts))
            cells[name] = texts[code]
        with suppress(VoltokenError, RowRefused):
            found[slot] = find(cells)
    return found[mixed]


def key_places(table: Table, ring: KeyRing) -> I64:
    """Return the key of each row by its place in the ring."""
    return looked_up(table, COLUMNS, plain_places(ring))


def plain_places(ring: KeyRing) -> Callable[[Mapping[str, str]], int]:
    """Return what finds a key in a ring, but NO_PLACE for one whose algorithm depends on the meter."""

    def find(cells: Mapping[str, str]) -> int:
        place = ring.find(cells)
        return NO_PLACE if ring.entries[place].is_dkga01 else place

    return find


def meters(table: Table) -> tuple[Fixed, Bool]:
    """Return the meter number of each row as 18 digits, and whether it has 18, or 11 or 13 as printed."""
    cells = table.cells("pan")
    pans, good = cells.fixed(18)
    for iin, width in _PRINTED:
        rows = np.flatnonzero(cells.lengths == width)
        if rows.size:
            drns, _ = cells.take(rows).fixed(width)
            pans[rows], good[rows] = _full_numbers(iin, drns), all_digits(drns)
    return pans, good


def _full_numbers(iin: str, drns: Fixed) -> Fixed:
    """Return the numbers that meters print with what stands before and behind them in a MeterPAN."""
    signs = np.empty((len(drns), 18), np.uint8)
    signs[:, : len(iin)] = np.frombuffer(iin.encode(), np.uint8)
    signs[:, len(iin) : 17] = matrix(drns)
    digits = signs[:, :17].astype(np.int64) - 48
    # What each digit counts when it is doubled, as the scalar check digit tells.
    doubled = np.array([-int(luhn_check_digit(str(digit))) % 10 for digit in range(10)])
    sums = digits[:, 1::2].sum(1) + doubled[digits[:, ::2] % 10].sum(1)
    signs[:, 17] = -sums % 10 + 48
    return signs.reshape(-1).view("S18")


def tariff_indices(table: Table, name: str, otherwise: I64) -> tuple[I64, Bool]:
    """Return the tariff index of each row. otherwise: what stands for an empty cell, negative for nothing."""
    if not table.has(name):
        return otherwise, otherwise >= 0
    cells = table.cells(name)
    texts, full = cells.fixed(2)
    good = full & all_digits(texts)
    digits = matrix(texts).astype(np.int64) - 48
    found = np.where(good, digits[:, 0] * 10 + digits[:, 1], otherwise)
    return found, good | ((cells.lengths == 0) & (otherwise >= 0))


def default_indices(table: Table, settings: Settings) -> I64:
    """Return the tariff index that the options give to every row, negative for none."""
    return np.full(table.rows, -1 if settings.ti is None else int(settings.ti))


def for_each(entries: Sequence[Entry], find: Callable[[Entry], int]) -> I64:
    """Return what find makes of each key; NO_PLACE where it raises."""
    found = np.full(len(entries), NO_PLACE)
    for place, entry in enumerate(entries):
        with suppress(VoltokenError):
            found[place] = find(entry)
    return found


def base_minutes(ring: KeyRing) -> I64:
    """Return the base date of each key of a ring, as minutes since 1970."""
    return for_each(ring.entries, lambda one: int(one.vending_key.base_date.instant.timestamp()) // 60)


def tids(table: Table, settings: Settings, ring: KeyRing, which: I64) -> tuple[I64, Bool]:
    """Return the TID of each row: its own, that of its time, or that of the whole batch."""
    base, postponed = base_minutes(ring)[which], _postponed()
    offset = settings.when.utc_offset // _MINUTE

    def at_times(cells: Cells) -> tuple[I64, Bool]:
        found, in_utc, plain = minutes(cells)
        count = found - base + np.where(in_utc, offset, 0)
        return count + postponed[count % _DAY], plain

    found = for_each(ring.entries, lambda one: settings.when.pick_tid(one.vending_key.base_date))[which]
    good: Bool = found >= 0
    given = np.zeros(table.rows, np.bool_)
    for name, read in (("tid", numbers), ("time", at_times)):
        if not table.has(name) or not (filled := table.cells(name).lengths > 0).any():
            continue
        own, plain = read(table.cells(name))
        good = np.where(filled, plain & (own >= 0) & (own <= TID.HIGH) & ~given, good)
        found = np.where(filled, own, found)
        given |= filled
    return found, good


def _postponed() -> I64:
    """Return by how many minutes the TID of each minute of a day comes later: one is reserved."""
    clock = TIDClock(BaseDate.BD2014)
    start = clock.base_date.instant
    return np.array([clock.tid_at(start + minute * _MINUTE) - minute for minute in range(_DAY)])


def rnds(table: Table) -> tuple[I64, Bool]:
    """Return the random number of each row: its own, or one that is drawn here."""
    drawn = np.frombuffer(secrets.token_bytes(table.rows), np.uint8).astype(np.int64) & 15
    if not table.has("rnd"):
        return drawn, np.ones(table.rows, np.bool_)
    cells = table.cells("rnd")
    own, plain = numbers(cells)
    empty = cells.lengths == 0
    return np.where(empty, drawn, own), empty | (plain & (own <= RND.HIGH))


# ---------------------------------------------------------------------- values


@dataclass(slots=True)
class Asked:
    """What the values of some rows ask for: the fields of their tokens, and the amounts as booked."""

    fields: dict[str, I64]
    booked: Fixed
    good: Bool


def asked(table: Table, kind: TokenType, rows: I64) -> Asked:
    """Return what the values of some rows, all of one type, ask for."""
    if not table.has("value"):
        return _of_texts(kind, [""], np.zeros(len(rows), np.int64))
    if kind.grid not in (UNITS, WATTS):
        texts, codes = table.distinct("value")
        return _of_texts(kind, texts, codes[rows])
    cells = table.cells("value").take(rows)
    places = kind.grid.decimals
    steps, good = decimals(cells, places) if places else numbers(cells)
    found = batch.amount_fields(np.where(good, steps, 0))
    good &= found >= 0
    name = kind.make("0", 0, 0).layout.fields[-1].name
    return Asked({name: found}, booked_texts(found, places), good)


def booked_texts(fields: I64, decimals: int) -> Fixed:
    """Return the amounts that fields stand for as texts."""
    return decimal_texts(batch.amount_steps(np.maximum(fields, 0)), decimals)


def _of_texts(kind: TokenType, texts: Sequence[str], codes: I64) -> Asked:
    """Return what values ask for that are few, or of a kind that each has to be looked at."""
    names = [spec.name for spec in kind.make(kind.example, 0, 0).layout.fields if spec.name not in _OWN]
    found = {name: np.zeros(len(texts), np.int64) for name in names}
    amounts, good = [""] * len(texts), np.zeros(len(texts), np.bool_)
    for code in np.flatnonzero(np.bincount(codes, minlength=len(texts))).tolist():
        with suppress(VoltokenError):
            token = kind.make(texts[code], 0, 0)
            amounts[code], good[code] = booked(token), True
            for name in names:
                found[name][code] = getattr(token, name)
    return Asked(
        {name: values[codes] for name, values in found.items()}, np.array(amounts, "S")[codes], good[codes]
    )


_OWN: Final = ("rnd", "tid")
"""Fields that do not come from the value."""
