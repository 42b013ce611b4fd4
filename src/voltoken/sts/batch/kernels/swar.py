"""Eight decimal digits at a time: ASCII in a 64-bit word, to packed digits or to a number.

A word holds eight characters, the first in its highest byte. All lanes of a word are worked on at once, and
all words of a column with one numpy call; nothing here looks at a digit by itself. The names of the masks
say which bits of each lane they keep.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.types import U64, Text

ZEROS: Final = np.uint64(0x3030303030303030)
"""Eight characters ``0``."""
_BEYOND_NINE: Final = np.uint64(0x7676767676767676)
"""What carries into the highest bit of a lane when it holds more than 9."""
_TOP_BITS: Final = np.uint64(0x8080808080808080)
_PAIRS: Final = np.uint64(0x00FF00FF00FF00FF)
_FOURS: Final = np.uint64(0x0000FFFF0000FFFF)
_EIGHTS: Final = np.uint64(0x00000000FFFFFFFF)
_4, _8, _16, _32 = (np.uint64(count) for count in (4, 8, 16, 32))


def words(texts: Text, offset: int) -> U64:
    """Return the eight characters from offset of each text, as words. The texts are contiguous."""
    width = texts.dtype.itemsize
    view = np.ndarray(texts.shape, ">u8", texts, offset, (width,))
    return view.astype(np.uint64)


def digits_of(characters: U64) -> tuple[U64, U64]:
    """Return the digits of eight characters, one in each byte, and zero where all eight are digits 0 to 9."""
    digits = characters ^ ZEROS
    return digits, (digits | digits + _BEYOND_NINE) & _TOP_BITS


def packed(digits: U64) -> U64:
    """Return eight digits, one in each byte, as four bits each: 0x0102030405060708 gives 0x12345678."""
    pairs = (digits | digits >> _4) & _PAIRS
    fours = (pairs | pairs >> _8) & _FOURS
    return (fours | fours >> _16) & _EIGHTS


def numbers(digits: U64) -> U64:
    """Return eight digits, one in each byte, as the number they write: 0x0102030405060708 gives 12345678."""
    pairs = (digits * np.uint64(1 << 8 | 10) >> _8) & _PAIRS
    fours = (pairs * np.uint64(1 << 16 | 100) >> _16) & _FOURS
    return fours * np.uint64(1 << 32 | 10_000) >> _32


def luhn_doubled(digits: U64) -> U64:
    """Return what each of eight digits counts when it is doubled and nines are cast out."""
    beyond_four = (digits + np.uint64(0x0303030303030303)) >> np.uint64(3) & np.uint64(0x0101010101010101)
    return (digits << np.uint64(1)) - beyond_four * np.uint64(9)


def lane_sums(lanes: U64) -> U64:
    """Return the sum of the eight bytes of each word, below 256."""
    return lanes * np.uint64(0x0101010101010101) >> np.uint64(56)
