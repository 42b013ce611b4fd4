"""The batch commands on whole columns, through the batch engine: what nearly all rows are.

Each function makes of the plain and good rows exactly what the step would make of them one by one, which
the tests compare, and names the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from voltoken.cli.batch.arrow import Table
from voltoken.cli.batch.changing import TO, TOKENS_MAX, Changing
from voltoken.cli.batch.columns import (
    NO_PLACE,
    Made,
    asked,
    blank,
    default_indices,
    for_each,
    key_places,
    looked_up,
    meters,
    plain_places,
    readable,
    rnds,
    tariff_indices,
    tids,
)
from voltoken.cli.batch.fast_verify import verify
from voltoken.cli.batch.issuing import Issuing
from voltoken.cli.batch.ring import COLUMNS, Entry
from voltoken.cli.batch.steps import Step
from voltoken.cli.batch.values import TEST, TokenType, type_of
from voltoken.cli.batch.vector import I64, Bool, Fixed, decimal_texts
from voltoken.cli.batch.verifying import Verifying
from voltoken.errors import FieldError
from voltoken.sts import batch as engine
from voltoken.sts import layouts, rules

_AMOUNT_WIDTH: Final = 24


def make_columns(step: Step, table: Table) -> Made:
    """Return what a step adds to the rows of a table, and which rows are still to be made."""
    if isinstance(step, Issuing):
        return _issue(step, table)
    if isinstance(step, Verifying):
        return verify(step, table)
    if isinstance(step, Changing):
        return _change(step, table)
    raise TypeError(step.name)


def _issue(step: Issuing, table: Table) -> Made:
    settings, ring = step.settings, step.ring
    which = key_places(table, ring)
    carriers = for_each(ring.entries, lambda one: _carrier_allows(one, step))
    pans, good_pans = meters(table)
    tis, good_tis = tariff_indices(table, "ti", default_indices(table, settings))
    times, good_times = tids(table, settings, ring, which)
    drawn, good_rnds = rnds(table)
    good = (
        readable(table)
        & (which >= 0)
        & (carriers[which] >= 0)
        & good_pans
        & good_tis
        & good_times
        & good_rnds
    )
    codes, fields, amounts = _values(step, table, good)
    rows = np.flatnonzero(good)
    tokens = blank(table.rows, 20)
    if rows.size:
        keys = engine.derive(pans[rows], tis[rows], [one.deriver for one in ring.entries], which[rows])
        values = {**fields, "tid": times, "rnd": drawn}
        made = engine.encode(
            codes[rows], {name: column[rows] for name, column in values.items()}, keys, ring.tables
        )
        fine = made.faults == 0
        if not settings.unchecked:
            fine &= engine.check_key_use(codes[rows], times[rows], keys) == 0
        good[rows] = fine
        tokens[rows] = np.where(fine, made.tokens, b"")
    amounts[~good] = b""
    return Made([tokens, amounts], np.flatnonzero(~good), int(good.sum()))


def _carrier_allows(entry: Entry, step: Issuing) -> int:
    if not step.settings.unchecked:
        rules.check_carrier(entry.vending_key.kt, step.settings.tct)
    return 0


def _values(step: Issuing, table: Table, good: Bool) -> tuple[I64, dict[str, I64], Fixed]:
    """Return types, fields and booked amounts of the rows; mark in good those that were not understood."""
    codes = np.zeros(table.rows, np.int64)
    fields = {
        spec.name: np.zeros(table.rows, np.int64)
        for row in layouts.LAYOUTS
        for spec in row.fields
        if row.token_class != 1 and row.key_bits is None
    }
    amounts = blank(table.rows, _AMOUNT_WIDTH)
    texts, types = table.distinct("type") if table.has("type") else ([""], codes)
    for place, text in enumerate(texts):
        rows = np.flatnonzero(types == place)
        kind = _type_or_none(text or step.settings.type)
        if kind is None or kind.name == TEST:
            good[rows] = False
            continue
        found = asked(table, kind, rows)
        codes[rows], amounts[rows] = kind.code, found.booked
        good[rows] &= found.good
        for name, values in found.fields.items():
            fields[name][rows] = values
    return codes, fields, amounts


def _type_or_none(text: str) -> TokenType | None:
    try:
        return type_of(text)
    except FieldError:
        return None


def _change(step: Changing, table: Table) -> Made:
    settings = step.settings
    which = key_places(table, step.ring)
    names = (*COLUMNS, *(f"{TO}{name}" for name in COLUMNS))

    def find(cells: Mapping[str, str]) -> int:
        current = step.ring.entries[plain_places(step.ring)(cells)]
        place = step.find_target(cells, current)
        step.check_target(step.target.entries[place])
        return NO_PLACE if step.target.entries[place].is_dkga01 else place

    to_which = looked_up(table, names, find)
    pans, good_pans = meters(table)
    tis, good_tis = tariff_indices(table, "ti", default_indices(table, settings))
    to_tis, good_to_tis = tariff_indices(table, "to_ti", np.where(good_tis, tis, -1))
    good = readable(table) & (which >= 0) & (to_which >= 0) & good_pans & good_tis & good_to_tis
    rows = np.flatnonzero(good)
    columns = [blank(table.rows, 20) for _ in range(TOKENS_MAX)]
    counts = np.zeros(table.rows, np.int64)
    if rows.size:
        current = engine.derive(
            pans[rows], tis[rows], [one.deriver for one in step.ring.entries], which[rows]
        )
        derivers = [one.deriver for one in step.target.entries]
        new = engine.derive(pans[rows], to_tis[rows], derivers, to_which[rows])
        flags = int(settings.roll_over), int(settings.carry_sgc)
        made = engine.encode_key_change(current, new, *flags, step.ring.tables)
        good[rows] = made.faults == 0
        counts[rows] = made.counts
        for place, column in enumerate(columns):
            column[rows] = made.tokens[:, place]
    shown = np.where(good, decimal_texts(counts, 0), b"")
    return Made([*columns, shown], np.flatnonzero(~good), int(counts[good].sum()))
