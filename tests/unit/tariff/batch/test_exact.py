"""Columns of exact fractions never overflow and never round unasked."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.tariff.batch.exact import INT64_MAX, ZERO, Column, narrow, top_of, total
from voltoken.tariff.rounding import Direction, rounded

NUMBERS = st.integers(-(10**6), 10**6) | st.integers(-INT64_MAX, INT64_MAX)
FACTORS = st.fractions(-(10**12), 10**12).filter(bool)


def column(values: list[int], den: int = 1) -> Column:
    return Column.of(np.array(values, np.int64), den)


def values(found: Column, rows: int) -> list[Fraction]:
    return [Fraction(int(number), found.den) for number in np.broadcast_to(found.num, rows)]


@given(ones=st.lists(NUMBERS, min_size=1), den=st.integers(1, 10**9), factor=FACTORS, data=st.data())
def test_arithmetic_is_that_of_fractions(
    ones: list[int], den: int, factor: Fraction, data: st.DataObject
) -> None:
    twos = data.draw(st.lists(NUMBERS, min_size=len(ones), max_size=len(ones)))
    one, two = column(ones, den), column(twos, 7)
    exact = [(Fraction(a, den), Fraction(b, 7)) for a, b in zip(ones, twos, strict=True)]
    rows = len(ones)
    assert values(one + two, rows) == [a + b for a, b in exact]
    assert values(one - two, rows) == [a - b for a, b in exact]
    assert values(one.least(two), rows) == [min(pair) for pair in exact]
    assert values(one.greatest(two), rows) == [max(pair) for pair in exact]
    assert one.below(two).tolist() == [a < b for a, b in exact]
    assert values(one.times(factor), rows) == [a * factor for a, _ in exact]
    assert one.floor().tolist() == [a // 1 for a, _ in exact]
    assert one.ceiling().tolist() == [-(-a // 1) for a, _ in exact]
    assert values(one + Column.all(factor), rows) == [a + factor for a, _ in exact]


@given(ones=st.lists(NUMBERS, min_size=1), den=st.integers(1, 10**9), step=st.integers(1, 10**6))
@pytest.mark.parametrize("to", Direction)
def test_rounding_is_that_of_the_scalar_path(to: Direction, ones: list[int], den: int, step: int) -> None:
    found = column(ones, den).rounded(step, to)
    assert values(found, len(ones)) == [step * rounded(number, den * step, to) for number in ones]
    assert top_of(found.num) <= found.top


@given(ones=st.lists(NUMBERS, min_size=1), den=st.integers(1, 10**9), factor=FACTORS)
def test_no_numerator_exceeds_its_bound(ones: list[int], den: int, factor: Fraction) -> None:
    one = column(ones, den)
    for found in (one.times(factor), one + one, one - one.times(3), one.over(den * 12), one.least(ZERO)):
        assert top_of(found.num) <= found.top


def test_small_numbers_stay_in_64_bits_and_large_ones_leave_them() -> None:
    assert (column([5]) + column([6])).num.dtype == np.int64
    assert (column([INT64_MAX]) + column([1])).num.tolist() == [INT64_MAX + 1]
    assert column([1 << 40]).times(1 << 40).num.tolist() == [1 << 80]
    assert Column.all(1 << 70).num.tolist() == 1 << 70


def test_what_fits_again_comes_back_to_64_bits() -> None:
    assert narrow(np.array([5, 6], object)).dtype == np.int64
    assert narrow(np.array([1 << 70], object)).dtype == object
    ours: Any = np.array([5], np.int64)
    assert narrow(ours) is ours


def test_whole_numbers_are_not_rounded() -> None:
    one = column([1, -2])
    assert one.rounded(1, Direction.UP) is one
    assert one.floor() is one.num
    assert one.ceiling() is one.num


def test_rows_are_chosen() -> None:
    one = column([1, 2, 3], 2)
    chosen = np.array([True, False, True])
    assert values(one.at(chosen), 2) == [Fraction(1, 2), Fraction(3, 2)]
    assert values(one.where(chosen), 3) == [Fraction(1, 2), 0, Fraction(3, 2)]
    assert ZERO.at(chosen) is ZERO


def test_sums_of_nothing_are_nothing() -> None:
    assert total([]) is ZERO
    assert top_of(np.zeros(0, np.int64)) == 0
