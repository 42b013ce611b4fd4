"""The constants the C reference works with, as arrays: nothing of them is written down a second time in C."""

from __future__ import annotations

from itertools import count, islice

import numpy as np
import numpy.typing as npt

from voltoken.sts.ciphers.des import _SP, TableDES
from voltoken.sts.ciphers.misty1 import _S7, _S9

Column = npt.NDArray[np.generic]
"""A column of any type, one-dimensional and contiguous."""


def misty1_boxes() -> tuple[Column, Column]:
    """Return S7 and S9."""
    return np.array(_S7, np.uint16), np.array(_S9, np.uint16)


def des_tables(key: bytes) -> tuple[Column, Column]:
    """Return the S-boxes of DES with P behind them, and the 16 round keys of key."""
    rounds = TableDES(key)._round_keys  # noqa: SLF001 - what C computes with, not how it gets it, is measured
    return np.array(_SP, np.uint32).reshape(-1), np.array(rounds, np.uint64)


def sha256_constants() -> tuple[Column, Column]:
    """Return the words SHA-256 starts from and those of its rounds.

    They are the first 32 fractional bits of the square roots of the first 8 primes and of the cube roots
    of the first 64 (FIPS 180-4 clauses 4.2.2 and 5.3.3).
    """
    primes = [n for n in islice(count(2), 400) if all(n % p for p in range(2, n))][:64]
    initial = [_root(prime << 64, 2) & 0xFFFFFFFF for prime in primes[:8]]
    rounds = [_root(prime << 96, 3) & 0xFFFFFFFF for prime in primes]
    return np.array(initial, np.uint32), np.array(rounds, np.uint32)


def _root(value: int, power: int) -> int:
    """Return the greatest whole number whose power is at most value."""
    root = 0
    for bit in reversed(range(value.bit_length() // power + 1)):
        if (root | 1 << bit) ** power <= value:
            root |= 1 << bit
    return root
