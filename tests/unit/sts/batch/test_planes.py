"""Transposition of squares of bits: against its definition, at every width."""

from __future__ import annotations

import numpy as np
import pytest

from voltoken.sts.batch.kernels.planes import SCRATCH_ROWS, transpose
from voltoken.sts.batch.kernels.types import U64

WIDTHS = pytest.mark.parametrize("width", [1, 2, 7, 64])


def squares(width: int) -> U64:
    """Return squares with random bits; the same each time."""
    return np.random.default_rng(width).integers(0, 1 << 64, (64, width), np.uint64)


def scratch(width: int) -> U64:
    """Return scratch rows full of litter, and a few too many."""
    return np.full((SCRATCH_ROWS + 3, width), 0x5A5A5A5A5A5A5A5A, np.uint64)


def bits(rows: U64) -> U64:
    """Return the bits of a square as an array of row, bit and square."""
    return rows[:, None, :] >> np.arange(64, dtype=np.uint64)[:, None] & np.uint64(1)


@WIDTHS
def test_bit_b_of_row_r_is_bit_r_of_row_b(width: int) -> None:
    turned = squares(width)
    transpose(turned, scratch(width))
    assert np.array_equal(bits(turned), bits(squares(width)).swapaxes(0, 1))


@WIDTHS
def test_twice_is_not_at_all(width: int) -> None:
    turned = squares(width)
    transpose(turned, scratch(width))
    transpose(turned, scratch(width))
    assert np.array_equal(turned, squares(width))


def test_a_single_bit_goes_across_the_diagonal() -> None:
    for row, bit in ((0, 0), (0, 63), (63, 0), (5, 42), (33, 32)):
        square = np.zeros((64, 1), np.uint64)
        square[row] = 1 << bit
        transpose(square, scratch(1))
        assert square[bit] == 1 << row
        assert np.count_nonzero(square) == 1
