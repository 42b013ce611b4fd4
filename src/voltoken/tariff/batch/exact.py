"""Columns of exact fractions: 64-bit whole numbers over one denominator that all rows share.

Every column knows a bound that none of its numerators exceeds. Before anything is computed the bound of the
result is computed, in Python's whole numbers; where it does not fit into 64 bits, the rows are reckoned in
Python's whole numbers, which have no end. Nothing is ever rounded unasked, and nothing overflows.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from voltoken.tariff.rounding import Direction

Whole = npt.NDArray[Any]
"""An array of whole numbers: of int64, or of Python's where those do not fit."""
Mask = npt.NDArray[np.bool_]

INT64_MAX: Final = (1 << 63) - 1


def top_of(values: Whole) -> int:
    """Return the greatest magnitude in an array; 0 for an empty one."""
    return max(int(values.max()), -int(values.min()), 0) if values.size else 0


def wide(values: Whole, top: int) -> Whole:
    """Return values as a type in which results of a magnitude up to top can be computed."""
    return values if top <= INT64_MAX or values.dtype == object else np.asarray(values.astype(object))


def narrow(values: Whole) -> Whole:
    """Return values as int64 where they fit."""
    if values.dtype != object or top_of(values) > INT64_MAX:
        return values
    return values.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Column:
    """Exact numbers. num: numerators, or one for all rows. den: above zero. top: of no |num| exceeded."""

    num: Whole
    den: int
    top: int

    @classmethod
    def of(cls, values: Whole, den: int = 1) -> Column:
        """Make a column of whole numbers over a denominator."""
        return cls(values, den, top_of(values))

    @classmethod
    def all(cls, value: Fraction | int) -> Column:
        """Make a column with the same number in all rows."""
        exact = Fraction(value)
        top = abs(exact.numerator)
        return cls(
            np.array(exact.numerator, np.int64 if top <= INT64_MAX else object), exact.denominator, top
        )

    def over(self, den: int) -> Column:
        """Return the same numbers over a multiple of the denominator."""
        factor = den // self.den
        return self if factor == 1 else Column(self._times(factor), den, self.top * factor)

    def times(self, factor: Fraction | int) -> Column:
        """Return the numbers times the same factor."""
        exact = Fraction(factor)
        shared = gcd(exact.numerator, self.den)
        by = exact.numerator // shared
        return Column(self._times(by), self.den // shared * exact.denominator, self.top * abs(by))

    def _times(self, factor: int) -> Whole:
        if factor == 1:
            return self.num
        return np.asarray(wide(self.num, max(self.top * abs(factor), abs(factor))) * factor)

    def __add__(self, other: Column) -> Column:
        """Return the sums."""
        one, two = _alike(self, other)
        top = one.top + two.top
        return Column(np.asarray(wide(one.num, top) + wide(two.num, top)), one.den, top)

    def __sub__(self, other: Column) -> Column:
        """Return the differences."""
        one, two = _alike(self, other)
        top = one.top + two.top
        return Column(np.asarray(wide(one.num, top) - wide(two.num, top)), one.den, top)

    def least(self, other: Column) -> Column:
        """Return the lesser number of each row."""
        one, two = _alike(self, other)
        return Column(np.asarray(np.minimum(one.num, two.num)), one.den, max(one.top, two.top))

    def greatest(self, other: Column) -> Column:
        """Return the greater number of each row."""
        one, two = _alike(self, other)
        return Column(np.asarray(np.maximum(one.num, two.num)), one.den, max(one.top, two.top))

    def below(self, other: Column) -> Mask:
        """Say of each row whether its number is less than the other."""
        one, two = _alike(self, other)
        return np.asarray(one.num < two.num, np.bool_)

    def where(self, chosen: Mask) -> Column:
        """Return the numbers of the chosen rows, and zero in the others."""
        return Column(np.where(chosen, self.num, 0), self.den, self.top)

    def at(self, rows: Whole | Mask) -> Column:
        """Return some rows."""
        return self if self.num.ndim == 0 else Column(self.num[rows], self.den, self.top)

    def floor(self) -> Whole:
        """Return the greatest whole numbers that are not above."""
        return self.num if self.den == 1 else np.asarray(wide(self.num, max(self.top, self.den)) // self.den)

    def ceiling(self) -> Whole:
        """Return the least whole numbers that are not below."""
        wider = max(self.top, self.den)
        return self.num if self.den == 1 else np.asarray(-(-wide(self.num, wider) // self.den))

    def rounded(self, step: int, to: Direction) -> Column:
        """Return the multiples of step to which the numbers are rounded, as ``rounding.rounded`` does."""
        if self.den == 1 and step == 1:
            return self
        den = self.den * step
        top = 2 * self.top + 2 * den
        magnitude = np.asarray(np.abs(wide(self.num, top)))
        if to is Direction.NEAREST:
            counts = (2 * magnitude + den) // (2 * den)
        else:
            counts = magnitude // den if to is Direction.DOWN else -(-magnitude // den)
        signed = np.where(self.num < 0, -counts, counts)
        return Column(signed * step, 1, self.top // self.den + step)


ZERO: Final = Column.all(0)
"""Nothing, in all rows."""


def total(columns: list[Column]) -> Column:
    """Return the sums of several columns."""
    found = ZERO
    for column in columns:
        found = found + column
    return found


def _alike(one: Column, two: Column) -> tuple[Column, Column]:
    """Return two columns over the same denominator."""
    if one.den == two.den:
        return one, two
    den = lcm(one.den, two.den)
    return one.over(den), two.over(den)
