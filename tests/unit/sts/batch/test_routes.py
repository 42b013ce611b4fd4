"""Which way a batch goes is never seen: sizes about every threshold, mixed and of one kind."""

from __future__ import annotations

import random
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.judge import code_of, key_of, number_of, reading_of
from tests.unit.sts.batch.routes import FORMS, ROUTES, UNFORCED, every_form, numbers, plain, texts
from tests.unit.sts.batch.rows import CASTS, NAMES, Rows, deriver
from voltoken.sts import DKGA, EA, SAMPLE_TABLES, MeterPAN, STATables, batch
from voltoken.sts.batch import Fault
from voltoken.sts.layouts import LAYOUTS

pytestmark = pytest.mark.slow

DERIVE = import_module("voltoken.sts.batch.derive")
TOKENS = import_module("voltoken.sts.batch.tokens")
KEY_CHANGE = import_module("voltoken.sts.batch.keychange")
CIPHERS = import_module("voltoken.sts.batch.kernels.tokens")
DERIVATION = import_module("voltoken.sts.batch.kernels.derivation")


def about(*limits: int) -> list[int]:
    """Return the numbers of rows at which something changes, and those next to them."""
    return sorted({limit + more for limit in limits for more in (-1, 0, 1)})


@pytest.mark.parametrize("size", [1, 2, *about(DERIVE.FEW, TOKENS.FEW_TOKENS, TOKENS.FEW_READ)])
@every_form
def test_mixed_batches_about_the_thresholds(size: int, form: str) -> None:
    Rows(size, size).check(UNFORCED, form)


@pytest.mark.parametrize("size", [1, *about(KEY_CHANGE.FEW, DERIVE.FEW)])
@every_form
def test_key_changes_about_the_thresholds(size: int, form: str) -> None:
    Rows(size, size).check_change(Rows(size + 1, size), UNFORCED, form)


@pytest.mark.parametrize("ea", EA)
def test_batches_of_one_vending_key_about_the_thresholds_of_ciphers(ea: EA) -> None:
    dkga, length = (DKGA.DKGA04, 20) if ea is EA.MISTY1 else (DKGA.DKGA02, 8)
    for size in about(*CIPHERS.FEW.values()):
        one = deriver(random.Random(size), dkga, length, ea)
        Rows(size, size, derivers=[one]).check("kernels", "arrays")
        Rows(size, size, derivers=[one]).check(UNFORCED, "lists")


def test_batches_of_one_vending_key_about_the_threshold_of_des() -> None:
    one = deriver(random.Random(800), DKGA.DKGA02, 8, EA.STA)
    for size in about(DERIVATION.FEW):
        Rows(size, size, derivers=[one]).check(UNFORCED, "arrays")


@pytest.mark.parametrize("place", range(7))
@pytest.mark.parametrize("meter", ["600727000000000009", "600727000000000017"])
@every_form
def test_one_row_of_any_vending_key_is_the_same_every_time(form: str, meter: str, place: int) -> None:
    key, pan, ti = key_of(meter, 7, CASTS[0], place), texts([meter], form), numbers([7], form)
    several = batch.derive(pan, ti, CASTS[0], place)
    only = batch.derive(pan, ti, CASTS[0][place])
    for row in LAYOUTS:
        code, one = code_of(row), 1
        expected = number_of(code, dict.fromkeys(NAMES, one), key, SAMPLE_TABLES)
        given = expected.digits or "0" * 20
        read = reading_of(given, key, SAMPLE_TABLES)
        for keys, column in product((several, only, several), (one, numbers([one], form))):
            sold = batch.encode(code, dict.fromkeys(NAMES, column), keys, SAMPLE_TABLES)
            assert (plain(sold.tokens), plain(sold.faults)) == ([expected.digits], [expected.fault])
            found = batch.decode(texts([given], form), keys, SAMPLE_TABLES)
            columns = found.code, found.data, found.faults
            assert [plain(column) for column in columns] == [[read.code], [read.data], [read.fault]]


@pytest.mark.parametrize(
    ("pan", "ti", "which", "fault"),
    [
        (MeterPAN("600727000000000009"), 7, 0, Fault.NONE),
        ("600727000000000009", "07", 0, Fault.NONE),
        ("600727000000000009", np.uint8(7), 0, Fault.NONE),
        ("600727000000000009", 7, [0], Fault.NONE),
        ("600727000000000009", 7, True, Fault.KEY),
        ("600727000000000009", 7, 1, Fault.KEY),
        (None, 7, 0, Fault.PAN),
        ("600727000000000009", 100, 0, Fault.TI),
    ],
)
def test_one_row_that_is_not_plain(pan: Any, ti: Any, which: Any, fault: Fault) -> None:
    one = CASTS[0][0]
    keys = batch.derive([pan], [ti], one, which)
    plainly = batch.derive(["600727000000000009"], [7], one)
    sold = batch.encode(0, dict.fromkeys(NAMES, 1), keys, SAMPLE_TABLES)
    (digits,) = batch.encode(0, dict.fromkeys(NAMES, 1), plainly, SAMPLE_TABLES).tokens
    assert (sold.faults, sold.tokens) == ([fault], ["" if fault else digits])
    assert batch.decode([digits], keys, SAMPLE_TABLES).faults == [fault]


@pytest.mark.slow
def test_five_thousand_mixed_rows() -> None:
    Rows(5000, 5000).check(UNFORCED, "arrays")
    Rows(5001, 1000).check_change(Rows(5002, 1000), UNFORCED, "lists")


def made_up(seed: int) -> STATables:
    """Return a set of tables; the same for a seed."""
    source = random.Random(seed)
    tables = source.sample(range(16), 16), source.sample(range(16), 16), source.sample(range(64), 64)
    return STATables(*tables, label=f"made up {seed}")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_tables_both_ways(seed: int) -> None:
    tables, source = made_up(seed), random.Random(seed)
    derivers = [deriver(source, DKGA.DKGA02, 8, EA.STA), deriver(source, DKGA.DKGA04, 20, EA.STA)]
    for route, form in zip(ROUTES, FORMS, strict=False):
        Rows(seed, 60, tables=tables, derivers=derivers).check(route, form)
    Rows(seed, 50, tables=tables, derivers=derivers).check_change(
        Rows(seed + 1, 50, tables=tables, derivers=derivers), "kernels", "arrays"
    )
