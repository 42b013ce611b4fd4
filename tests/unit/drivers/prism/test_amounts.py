"""Amounts cross the wire exactly or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.drivers.prism.amounts import EXACT_MAX, credit_range, from_wire, management_range, to_wire
from voltoken.errors import FieldError

ANY = (-EXACT_MAX, EXACT_MAX)
MONEY = (-9_006_444_444_442_624, 9_006_444_444_442_624)


@given(st.integers(*ANY))
def test_whole_steps_cross_and_come_back(steps: int) -> None:
    assert from_wire(to_wire(steps, ANY), ANY) == steps


@given(st.floats())
def test_any_double_means_whole_steps_within_the_bounds_or_is_refused(value: float) -> None:
    try:
        steps = from_wire(value, ANY)
    except FieldError:
        return
    assert steps == value
    assert abs(steps) <= EXACT_MAX


def test_two_amounts_never_look_alike() -> None:
    assert float(EXACT_MAX) == float(EXACT_MAX + 1)
    assert from_wire(to_wire(EXACT_MAX, ANY), ANY) == EXACT_MAX
    for steps in (EXACT_MAX + 1, -EXACT_MAX - 1, EXACT_MAX + 2):
        with pytest.raises(FieldError, match="transferAmount"):
            to_wire(steps, ANY)
    with pytest.raises(FieldError, match="transferAmount"):
        from_wire(float(EXACT_MAX + 2), ANY)


@pytest.mark.parametrize("value", [0.5, 102.00000000000001, float("nan"), float("inf"), 102, True, "102"])
def test_what_is_no_whole_double_is_refused(value: float) -> None:
    with pytest.raises(FieldError, match="transferAmount"):
        from_wire(value, ANY)


@pytest.mark.parametrize(
    ("subclass", "bounds"),
    [(0, (0, 18_201_624)), (3, (0, 18_201_624)), (4, MONEY), (7, MONEY)],
)
def test_credit_has_the_range_of_its_subclass(subclass: int, bounds: tuple[int, int]) -> None:
    assert credit_range(subclass) == bounds


def test_credit_of_a_reserved_subclass_is_refused() -> None:
    with pytest.raises(FieldError):
        credit_range(8)


def test_limits_are_watts_and_registers_are_sixteen_bits() -> None:
    assert [management_range(n)[1] for n in (0, 6)] == [18_201_624, 18_201_624]
    assert [management_range(n)[1] for n in (1, 2, 5, 7, 10)] == [65535] * 5
    with pytest.raises(FieldError):
        to_wire(-1, management_range(1))
