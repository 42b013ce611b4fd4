"""Amounts of many rows: every field there is, every corner of the grid, and what is no amount."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from tests.unit.sts.batch.routes import every_form, numbers, plain
from voltoken.errors import FieldError
from voltoken.sts import batch, decode_amount, encode_amount
from voltoken.sts.amount import POWERS, STARTS, UNIT_STEPS_MAX


def field_of(steps: Any) -> int:
    """Return what the scalar interface makes of steps, -1 where it refuses."""
    try:
        return encode_amount(steps)
    except FieldError:
        return -1


def corners() -> list[int]:
    """Return numbers of steps about every place where the grid changes, and far outside."""
    near = [
        start + count * power + more
        for start, power in zip(STARTS[:5], POWERS[:5], strict=True)
        for count in (-1, 0, 1, 2, 16_383)
        for more in (-2, -1, 0, 1, 2)
    ]
    ends = [UNIT_STEPS_MAX, UNIT_STEPS_MAX + 1, -1, (1 << 63) - 1, -1 << 63]
    return [*near, *ends, *random.Random(6).choices(range(UNIT_STEPS_MAX + 1), k=3000)]


@every_form
def test_steps_into_fields(form: str) -> None:
    steps = corners()
    made = batch.amount_fields(numbers(steps, form))
    assert plain(made) == [field_of(one) for one in steps]
    assert isinstance(made, list) is (form == "lists")


@every_form
def test_every_field_into_steps(form: str) -> None:
    fields = range(1 << 16)
    made = batch.amount_steps(numbers([*fields, -1, 1 << 16, (1 << 63) - 1, -1 << 63], form))
    assert plain(made) == [*map(decode_amount, fields), -1, -1, -1, -1]
    assert isinstance(made, list) is (form == "lists")


@pytest.mark.parametrize("form", ["lists", "objects"])
def test_what_is_no_whole_number_is_no_amount(form: str) -> None:
    column = numbers([1.0, None, "1", b"1", [1], 1 << 64, True, np.int8(1)], form)
    assert plain(batch.amount_fields(column)) == [-1] * 6 + [1, 1]
    assert plain(batch.amount_steps(column)) == [-1] * 6 + [1, 1]


@pytest.mark.parametrize("act", [batch.amount_fields, batch.amount_steps])
def test_any_column_of_numbers_will_do(act: Any) -> None:
    expected = [0, 1, 2]
    for column in (
        range(3),
        (0, 1, 2),
        np.arange(3, dtype=np.uint8),
        np.arange(6)[:3],
        np.arange(3.0).astype(">i4"),
    ):
        assert plain(act(column)) == expected
    assert plain(act([])) == plain(act(np.array([], np.int64))) == []
