"""Whether keys may make tokens, for many rows: the scalar rule, row by row."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.routes import every_form, every_route, forced, numbers, plain, texts
from tests.unit.sts.batch.rows import key_by_hand
from voltoken.errors import FieldError, KeyRefused
from voltoken.sts import EA, KEN, KRN, SGC, BaseDate, Deriver, KeyType, VendingKey, batch, rules
from voltoken.sts.batch import DecoderKeys, Fault
from voltoken.sts.layouts import LAYOUTS

TIMED = {16 * row.token_class + row.subclass for row in LAYOUTS if "tid" in row.names}
CODES = [*range(-1, 65), 1 << 40]
TIDS = [0, (1 << 16) - 1, 1 << 16, 77 << 16, (78 << 16) - 1, 78 << 16, (1 << 24) - 1, -1]
KEYS = [key_by_hand(1, kt=kt, ken=KEN(ken)) for kt in KeyType for ken in (0, 77, 255)]


def expected_fault(code: int, tid: int, key: Any) -> Fault:
    """Return what the scalar rule says; sections of a key change and tests carry no time of issue."""
    try:
        rules.check_key_use(key.kt, code >> 4, key.ken, tid if code in TIMED else None)
    except KeyRefused:
        return Fault.REFUSED
    return Fault.NONE


@every_form
def test_every_type_of_token_under_every_type_of_key(form: str) -> None:
    rows = list(product(CODES, TIDS, KEYS))
    codes, tids, keys = map(list, zip(*rows, strict=True))
    column: Any = keys if form == "lists" else np.array(keys, object)
    found = batch.check_key_use(numbers(codes, form), numbers(tids, form), DecoderKeys.of(column))
    assert plain(found) == [expected_fault(*row) for row in rows]
    assert isinstance(found, list) is (form == "lists")


@every_route
@every_form
def test_rows_without_a_key_are_not_refused_again(form: str, route: str) -> None:
    vending_key = VendingKey(bytes(8), SGC("000001"), KRN(1), BaseDate.BD2014, KeyType.DDTK, KEN(0))
    pans = texts(["600727000000000009", "x", "600727000000000009"], form)
    with forced(route):
        keys = batch.derive(pans, 1, [Deriver(vending_key, EA.STA)], numbers([0, 0, 9], form))
        assert plain(batch.check_key_use(0, 1, keys)) == [Fault.REFUSED, 0, 0]
        assert plain(batch.check_key_use(33, 1 << 16, keys)) == [Fault.REFUSED, 0, 0]
        assert plain(batch.check_key_use(35, 1 << 16, keys)) == [0, 0, 0]


@every_form
def test_what_is_no_time_of_issue_is_not_too_late(form: str) -> None:
    column: Any = [key_by_hand(1)] * 4 if form == "lists" else np.array([key_by_hand(1)] * 4, object)
    tids = numbers([1 << 24, 1 << 63, None, 1 << 70], form)
    assert plain(batch.check_key_use(0, tids, DecoderKeys.of(column))) == [Fault.REFUSED, 0, 0, 0]


@pytest.mark.parametrize("arrays", [False, True])
def test_columns_of_another_length_are_refused(arrays: bool) -> None:
    column: Any = np.array(KEYS, object) if arrays else KEYS
    for code, tid in (([0], 1), (0, [1, 2])):
        with pytest.raises(FieldError, match="12 rows long"):
            batch.check_key_use(code, tid, DecoderKeys.of(column))
