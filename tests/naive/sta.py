"""EA07 bit by bit, as section 9.1 of the protocol reference words it: the judge of the quick one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ONES = (1 << 64) - 1


class Tables(NamedTuple):
    """Two substitutions of 16 values and a permutation of 64 bits."""

    first: Sequence[int]
    second: Sequence[int]
    permutation: Sequence[int]


def rotate_left(value: int, count: int) -> int:
    """Rotate 64 bits to the left."""
    return (value << count | value >> 64 - count) & ONES


def rotate_right(value: int, count: int) -> int:
    """Rotate 64 bits to the right."""
    return (value >> count | value << 64 - count) & ONES


def bit(value: int, place: int) -> int:
    """Return one bit; place 0 is the lowest."""
    return value >> place & 1


def inverted(table: Sequence[int]) -> list[int]:
    """Return the table that undoes a permutation."""
    return [list(table).index(value) for value in range(len(table))]


def encrypt(key: int, block: int, tables: Tables) -> int:
    """Encrypt one block."""
    k = rotate_right(key ^ ONES, 12)
    for _ in range(16):
        substituted = 0
        for n in range(16):
            table = tables.first if bit(k, 4 * n + 3) == 0 else tables.second
            substituted |= table[block >> 4 * n & 15] << 4 * n
        permuted = 0
        for i in range(64):
            permuted |= bit(substituted, i) << tables.permutation[i]
        block = permuted
        k = rotate_left(k, 1)
    return block


def decrypt(key: int, block: int, tables: Tables) -> int:
    """Decrypt one block."""
    zero, one = inverted(tables.second), inverted(tables.first)
    k = key
    for _ in range(16):
        permuted = 0
        for i in range(64):
            permuted |= bit(block, tables.permutation[i]) << i
        substituted = 0
        for n in range(16):
            table = zero if bit(k, 4 * n) == 0 else one
            substituted |= table[permuted >> 4 * n & 15] << 4 * n
        block = substituted
        k = rotate_right(k, 1)
    return block
