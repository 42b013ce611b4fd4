"""The checksums of a column: three lookups for each row, in tables made from the scalar checksum itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.types import U16, U64, slices

_WORD: Final = np.uint64(0xFFFF)
_16, _32, _48 = (np.uint64(count) for count in (16, 32, 48))


class Checksum:
    """A checksum of 50 bits for whole columns.

    function: ``token_crc`` or ``token_crc_c``. Both are affine over XOR: what each bit contributes does not
    depend on the others, so fifty calls tell all there is to know.
    """

    __slots__ = ("_high", "_low", "_middle", "_tops")

    def __init__(self, function: Callable[[int], int]) -> None:
        preset = function(0)
        bits = [function(1 << place) ^ preset for place in range(50)]
        self._low = _combinations(bits[:16])
        self._middle = _combinations(bits[16:32])
        self._high = _combinations(bits[32:48])
        self._tops = _combinations(bits[48:]) ^ np.uint16(preset)

    def of(self, data: U64, token_class: int) -> U16:
        """Return the checksum of each row. data: upper 48 bits of the block. token_class: 0 to 3."""
        sums = np.empty(len(data), np.uint16)
        for part in slices(len(data)):
            chunk = data[part]
            found = self._low.take((chunk & _WORD).view(np.int64))
            found ^= self._middle.take((chunk >> _16 & _WORD).view(np.int64))
            found ^= self._high.take((chunk >> _32).view(np.int64))
            sums[part] = found
        sums ^= self._tops[token_class]
        return sums


def _combinations(contributions: list[int]) -> U16:
    """Return, for each number of as many bits, the XOR of what its bits contribute."""
    table = np.zeros(1, np.uint16)
    for contribution in contributions:
        table = np.concatenate([table, table ^ np.uint16(contribution)])
    return table
