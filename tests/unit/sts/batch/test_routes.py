"""Which way a batch goes is never seen: sizes about every threshold, mixed and of one kind."""

from __future__ import annotations

import random
from importlib import import_module

import pytest

from tests.unit.sts.batch.routes import FORMS, ROUTES, UNFORCED, every_form
from tests.unit.sts.batch.rows import Rows, deriver
from voltoken.sts import DKGA, EA, STATables

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
