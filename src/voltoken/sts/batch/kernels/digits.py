"""The 66-bit number of a token and its 20 digits, whole columns of them.

A column of numbers is two: the lowest 64 bits, and the two bits above them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.swar import ZEROS, digits_of, numbers, words
from voltoken.sts.batch.kernels.types import U8, U64, Text, slices

DIGITS: Final = 20
_E4, _E8, _E12 = (np.uint64(10**places) for places in (4, 8, 12))
_TOP_E8, _TOP_REST = (np.uint64(part) for part in divmod(1 << 64, 10**8))
"""2**64 in hundred millions, and what is left."""
_5_E12: Final = np.uint64(5**12)
_LAST_FOUR: Final = np.uint64(0xFFFFFFFF)


def _four_digits() -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """Return the four characters of each number below 10 000, as 32 bits in the order of memory."""
    numbers = np.arange(10_000)
    places = [(numbers // 10**place % 10 + ord("0")).astype(np.uint8) for place in (3, 2, 1, 0)]
    return np.stack(places, axis=1).view(np.uint32).ravel()


_FOUR_DIGITS: Final = _four_digits()


def format_digits(low: U64, high: U64) -> Text:
    """Return the 20 digits of each number. high: 0 to 3."""
    texts = np.empty((len(low), 5), np.uint32)
    for part in slices(len(low)):
        _format(low[part], high[part], texts[part])
    return texts.view(f"S{DIGITS}").ravel()


def _format(low: U64, high: U64, groups: np.ndarray[tuple[int, int], np.dtype[np.uint32]]) -> None:
    upper = low // _E8
    lower = low - upper * _E8 + high * _TOP_REST
    carry = lower // _E8
    lower -= carry * _E8
    upper += high * _TOP_E8 + carry
    thousands, tens = lower // _E4, upper // _E4
    top = tens // _E4
    parts = top, tens - top * _E4, upper - tens * _E4, thousands, lower - thousands * _E4
    for place, part in enumerate(parts):
        groups[:, place] = _FOUR_DIGITS.take(part.view(np.int64))


def parse_digits(texts: Text) -> tuple[U64, U64, U8]:
    """Return the numbers that texts of 20 digits write, low and high, and where one is no token."""
    rows = len(texts)
    low, high, invalid = np.empty(rows, np.uint64), np.empty(rows, np.uint64), np.empty(rows, np.uint8)
    for part in slices(rows):
        low[part], high[part], invalid[part] = _parse(texts[part])
    return low, high, invalid


def _parse(texts: Text) -> tuple[U64, U64, U8]:
    first, not_first = digits_of(words(texts, 0))
    middle, not_middle = digits_of(words(texts, 8))
    last, not_last = digits_of(words(texts, 12) & _LAST_FOUR | ZEROS & ~_LAST_FOUR)
    upper = numbers(first)  # in units of 10**12
    lower = numbers(middle) * _E4 + numbers(last)
    # The number is upper * 10**12 + lower. Its lowest 64 bits come by themselves; for what is above them
    # 10**12 is taken apart into 5**12 and 2**12, so that nothing overflows.
    high = (upper * _5_E12 + (lower >> np.uint64(12))) >> np.uint64(52)
    invalid = (not_first | not_middle | not_last != 0) | (high > np.uint64(3))
    return upper * _E12 + lower, high, invalid
