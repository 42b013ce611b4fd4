"""DES of many blocks under one key, by table lookups: the inside of DKGA02.

Each half of the block stands twice in 64 bits. The eight S-boxes take overlapping windows of six bits
from the cyclic right half, so a pair of neighbours takes ten bits in a row, and in the doubled word these
are a shift and a mask away also where they run over the end. A round is four such windows and four
lookups in tables of 1024 words, which hold the two S-boxes, the permutation P and the round key in one.
S-boxes and key schedule are those of ``ciphers/des.py``.

The lookups are memory accesses at addresses that depend on key and data: this is not constant time.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.types import U64, slices
from voltoken.sts.ciphers.des import round_keys, sp_tables

_CHUNK: Final = 12_288
"""Blocks per turn: four columns of them and the tables together stay below 1 MiB."""


def _constant(value: int) -> U64:
    """Return an array without dimensions, which numpy takes in faster than a scalar."""
    return np.array(value, np.uint64)


_HALF: Final = _constant(32)
_LOW: Final = _constant(0x0000_0000_FFFF_FFFF)
_HIGH: Final = _constant(0xFFFF_FFFF_0000_0000)
_DOUBLE: Final = _constant(0x1_0000_0001)
_WINDOW: Final = _constant(0x3FF)
_WINDOWS_AT: Final = tuple(map(_constant, (23, 15, 7, 31)))
"""Where, in a doubled half, the windows of S-boxes 1 and 2, 3 and 4, 5 and 6, 7 and 8 end."""

_SWAPS: Final = tuple(
    (_constant(distance), _constant(mask))
    for distance, mask in (
        (36, 0x0F0F0F0F),
        (48, 0x0000FFFF),
        (30, 0xCCCCCCCC),
        (24, 0xFF00FF00),
        (33, 0x55555555),
    )
)
"""The initial permutation. It only rearranges (and inverts some of) the six binary digits of a bit's
place, so five exchanges do it: of the bits in the mask with those at a distance above them."""


def _pair_tables() -> U64:
    """Return, for each S-box pair and its twice six bits, 64 bits after the permutation P: (4, 4096)."""
    boxes = np.array(sp_tables(), np.uint64) * _DOUBLE
    return (boxes[0::2, :, np.newaxis] ^ boxes[1::2, np.newaxis, :]).reshape(4, 4096)


_PAIRS: Final = _pair_tables()


class FixedKeyDES:
    """DES encryption of many blocks under one key.

    key: 8 bytes; the lowest bit of each is parity and ignored.
    Holds the key in the form of tables (512 KiB); drop the object to drop them. It does not change after
    it is made, so threads may share it.
    """

    __slots__ = ("_rounds",)

    def __init__(self, key: bytes) -> None:
        self._rounds = tuple(map(tuple, _round_tables(key)))

    def encrypt(self, blocks: U64) -> U64:
        """Encrypt 64-bit blocks; the result is a new array."""
        sent = blocks.copy()
        scratch = np.empty((3, min(_CHUNK, len(blocks))), np.uint64)
        for rows in slices(len(blocks), _CHUNK):
            chunk = sent[rows]
            self._encrypt(chunk, *scratch[:, : len(chunk)])
        return sent

    def _encrypt(self, blocks: U64, left: U64, right: U64, found: U64) -> None:
        """Encrypt a chunk in place. The other columns are scratch; so is the chunk between IP and FP."""
        _exchange(blocks, _SWAPS, found)
        np.right_shift(blocks, _HALF, out=left)
        np.bitwise_and(blocks, _LOW, out=right)
        left *= _DOUBLE
        right *= _DOUBLE
        window = blocks
        index = window.view(np.int64)
        for tables in self._rounds:
            for table, place in zip(tables, _WINDOWS_AT, strict=True):
                np.right_shift(right, place, out=window)
                window &= _WINDOW
                table.take(index, out=found, mode="clip")  # any mode but the default writes straight to out
                left ^= found
            left, right = right, left
        left &= _LOW
        np.bitwise_and(right, _HIGH, out=blocks)
        blocks |= left
        _exchange(blocks, _SWAPS[::-1], found)


def _exchange(blocks: U64, swaps: tuple[tuple[U64, U64], ...], moved: U64) -> None:
    """Exchange bits of each block in place. moved: scratch."""
    for distance, mask in swaps:
        np.right_shift(blocks, distance, out=moved)
        moved ^= blocks
        moved &= mask
        blocks ^= moved
        moved <<= distance
        blocks ^= moved


def _round_tables(key: bytes) -> U64:
    """Return, for each round, S-box pair and window, what to XOR to the doubled left half: (16, 4, 1024)."""
    window = np.arange(1024)
    expanded = window >> 4 << 6 | window & 63  # the middle two of the ten bits go to both S-boxes
    keys = np.array(round_keys(key))[:, np.newaxis] >> np.array((36, 24, 12, 0)) & 0xFFF
    pair = np.arange(4)[:, np.newaxis]
    tables: U64 = _PAIRS[pair, expanded ^ keys[:, :, np.newaxis]]
    return tables
