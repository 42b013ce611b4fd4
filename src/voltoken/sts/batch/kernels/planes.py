"""Bits of words to planes of bits and back: the transposition under every bitsliced cipher.

Sixty-four words of 64 bits are a square of bits. Transposed, word p holds bit p of all sixty-four: a
plane, on which one bitwise instruction works for sixty-four blocks at once. An array of shape (64, W) is
W such squares side by side, and the same calls turn them all.

Bit k of a row's number changes places with bit k of the column's, for k from 0 to 5: rows 2**k apart
exchange the bits that are on the wrong side (a delta swap). numpy is quickest on contiguous halves, so
before each step the rows are dealt out like cards, even ones to the upper half and odd ones to the
lower. That brings the rows to be paired to the same place in both halves, and six deals restore the order.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.types import U64

SCRATCH_ROWS: Final = 96
"""How many rows ``transpose`` needs besides those it turns."""

_DEAL: Final = np.array([*range(0, 64, 2), *range(1, 64, 2)], np.intp)

# Zero-dimensional arrays: as second operands they cost numpy less than its own scalars.
_STEPS: Final = tuple(
    (np.array(shift, np.uint64), np.array(even_columns, np.uint64))
    for shift, even_columns in (
        (1, 0x5555555555555555),
        (2, 0x3333333333333333),
        (4, 0x0F0F0F0F0F0F0F0F),
        (8, 0x00FF00FF00FF00FF),
        (16, 0x0000FFFF0000FFFF),
        (32, 0x00000000FFFFFFFF),
    )
)
"""2**k and the columns whose number has bit k clear."""


def transpose(squares: U64, scratch: U64) -> None:
    """Transpose squares of 64 by 64 bits in place: bit b of row r changes places with bit r of row b.

    squares: contiguous, shape (64, W): W squares side by side. scratch: contiguous, at least
        ``SCRATCH_ROWS`` rows of W words, overwritten; it must not overlap squares.
    Twice is the same as not at all. The work is the same whatever the bits.
    """
    rows, dealt, moved = squares, scratch[:64], scratch[64:96]
    for shift, even_columns in _STEPS:
        rows.take(_DEAL, 0, dealt, "clip")  # "clip" spares a copy; every number is in range
        even, odd = dealt[:32], dealt[32:]
        np.right_shift(even, shift, moved)
        np.bitwise_xor(moved, odd, moved)
        np.bitwise_and(moved, even_columns, moved)
        np.bitwise_xor(odd, moved, odd)
        np.left_shift(moved, shift, moved)
        np.bitwise_xor(even, moved, even)
        rows, dealt = dealt, rows
