"""EA11, MISTY1 (RFC 2994), with a key of its own for each block, by table lookups.

A block is four columns of 16-bit words, and each function of the cipher works on whole columns. FI is two
lookups, as in ``ciphers/misty1.py``, whose tables these are.

The lookups are memory accesses at addresses that depend on key and data: this is not constant time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.types import U16, U64, slices
from voltoken.sts.ciphers.misty1 import fi_tables

_F1, _F2 = (np.frombuffer(table, np.uint16) for table in fi_tables())

_CHUNK: Final = 16_384
"""Blocks per turn: their keys, words and the tables together take about 1 MiB."""

_PLACES: Final = tuple(np.array(place, np.uint64) for place in (48, 32, 16, 0))
_WORD: Final = np.array(16, np.uint64)


def encrypt(high: U64, low: U64, blocks: U64) -> U64:
    """Encrypt 64-bit blocks, each under its own key high || low; the result is a new array."""
    sent = np.empty_like(blocks)
    for rows, network, (a, b, c, d) in _chunks(high, low, blocks):
        for i in range(4):
            network.fl(i, a, b, c, d)
            network.fo(2 * i, a, b, c, d)
            network.fo(2 * i + 1, c, d, a, b)
        network.fl(4, a, b, c, d)
        _join((c, d, a, b), sent[rows])
    return sent


def decrypt(high: U64, low: U64, blocks: U64) -> U64:
    """Decrypt 64-bit blocks, each under its own key high || low; the result is a new array."""
    plain = np.empty_like(blocks)
    for rows, network, (c, d, a, b) in _chunks(high, low, blocks):
        network.fl_inverse(4, a, b, c, d)
        for i in (3, 2, 1, 0):
            network.fo(2 * i + 1, c, d, a, b)
            network.fo(2 * i, a, b, c, d)
            network.fl_inverse(i, a, b, c, d)
        _join((a, b, c, d), plain[rows])
    return plain


def _chunks(high: U64, low: U64, blocks: U64) -> Iterator[tuple[slice, _Network, list[U16]]]:
    """Yield, chunk by chunk, which rows it is, the network under their keys and their blocks as words."""
    network = _Network(min(_CHUNK, len(blocks)))
    for rows in slices(len(blocks), _CHUNK):
        size = rows.stop - rows.start
        if size != network.size:
            network = _Network(size)
        network.schedule(high[rows], low[rows])
        yield rows, network, network.split(blocks[rows], network.words)


def _join(words: Iterable[U16], blocks: U64) -> None:
    """Write words, the highest first, into blocks."""
    blocks[...] = 0
    for word in words:
        blocks <<= _WORD
        blocks |= word


class _Network:
    """The parts of MISTY1 for a number of keys at once, in place on columns of words.

    The numbering is that of the scalar cipher: k0 to k7 are the words of the key, p0 to p7 those made
    from them. Holds the schedule and scratch columns, and serves chunk after chunk because fresh memory is
    slow.
    """

    __slots__ = ("_index", "_k", "_p", "_t", "_u", "size", "words")

    def __init__(self, size: int) -> None:
        self.size = size
        self.words = list(np.empty((4, size), np.uint16))
        self._k = list(np.empty((8, size), np.uint16))
        self._p = list(np.empty((8, size), np.uint16))
        self._t, self._u = np.empty((2, size), np.uint16)
        self._index = np.empty(size, np.int64)

    def split(self, column: U64, words: list[U16]) -> list[U16]:
        """Write the four words of each number, the highest first, into words and return them."""
        shifted = self._index.view(np.uint64)
        for word, place in zip(words, _PLACES, strict=True):
            np.right_shift(column, place, out=shifted)
            word[...] = shifted
        return words

    def schedule(self, high: U64, low: U64) -> None:
        """Take in the keys high || low."""
        k = self._k
        self.split(high, k[:4])
        self.split(low, k[4:])
        for i, p in enumerate(self._p):
            p[...] = k[i]
            self._fi(p, k[(i + 1) % 8])

    def fl(self, i: int, a: U16, b: U16, c: U16, d: U16) -> None:
        """Apply the FL functions before round 2 * i to both halves of the block."""
        k, p, t = self._k, self._p, self._t
        b ^= np.bitwise_and(a, k[i], out=t)
        a ^= np.bitwise_or(b, p[(i + 6) % 8], out=t)
        d ^= np.bitwise_and(c, p[i + 2], out=t)
        c ^= np.bitwise_or(d, k[(i + 4) % 8], out=t)

    def fl_inverse(self, i: int, a: U16, b: U16, c: U16, d: U16) -> None:
        """Undo ``fl``."""
        k, p, t = self._k, self._p, self._t
        a ^= np.bitwise_or(b, p[(i + 6) % 8], out=t)
        b ^= np.bitwise_and(a, k[i], out=t)
        c ^= np.bitwise_or(d, k[(i + 4) % 8], out=t)
        d ^= np.bitwise_and(c, p[i + 2], out=t)

    def fo(self, i: int, a: U16, b: U16, c: U16, d: U16) -> None:
        """XOR the FO function of one half, a and b, in round i to the other half, c and d."""
        k, p, t, u = self._k, self._p, self._t, self._u
        np.bitwise_xor(a, k[i], out=t)
        self._fi(t, p[(i + 5) % 8])
        t ^= b
        np.bitwise_xor(b, k[(i + 2) % 8], out=u)
        self._fi(u, p[(i + 1) % 8])
        u ^= t
        t ^= k[(i + 7) % 8]
        self._fi(t, p[(i + 3) % 8])
        t ^= u
        u ^= k[(i + 4) % 8]
        c ^= u
        d ^= t

    def _fi(self, words: U16, key: U16) -> None:
        """Apply the FI function in place."""
        # take() converts what is not a full-width index, into fresh memory; here it is done in place. Any
        # mode but the default writes straight to out.
        index = self._index
        index[...] = words
        _F1.take(index, out=words, mode="clip")
        words ^= key
        index[...] = words
        _F2.take(index, out=words, mode="clip")
