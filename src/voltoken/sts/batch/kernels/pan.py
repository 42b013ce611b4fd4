"""Meter numbers: both check digits of a column of MeterPANs, and the PANBlock of each.

The rules are those of ``voltoken.sts.pan``; here the 18 digits are two words of eight and two more.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from voltoken.sts.batch.kernels.swar import digits_of, lane_sums, luhn_doubled, packed, words
from voltoken.sts.batch.kernels.types import U8, U64, Text, slices
from voltoken.sts.pan import IIN_FOUR_DIGIT, IIN_TWO_DIGIT

_PLACES: Final = 18
_EVEN: Final = np.uint64(0xFF00FF00FF00FF00)
"""The lanes of the first, third, fifth and seventh of eight characters."""
_ODD: Final = ~_EVEN
_TWO_DIGIT: Final = np.uint64(int(IIN_TWO_DIGIT, 16))
_FOUR_DIGIT: Final = np.uint64(int(IIN_FOUR_DIGIT, 16))
_TEN: Final = np.uint64(10)
_IIN_COMPLEMENT: Final = np.uint64(2)
"""What takes the IIN 600727, which counts 6, 0, 0, 5, 2, 5, out of the check sum of the DRN modulo 10."""


def parse_pans(pans: Text) -> tuple[U64, U8]:
    """Return the PANBlocks (digits 2 to 17, four bits each) and where a number is no valid MeterPAN."""
    blocks = np.empty(len(pans), np.uint64)
    invalid = np.empty(len(pans), np.uint8)
    for part in slices(len(pans)):
        blocks[part], invalid[part] = _parse(pans[part])
    return blocks, invalid


def _parse(pans: Text) -> tuple[U64, U8]:
    first, not_first = digits_of(words(pans, 0))
    second, not_second = digits_of(words(pans, 8))
    last, not_last = digits_of(words(pans, _PLACES - 8))
    drn_check = last >> np.uint64(8) & np.uint64(0xFF)
    pan_check = last & np.uint64(0xFF)
    # The digits at odd places count double for the DRN, those at even places for the PAN, each check digit
    # counting once. Together the lanes stay below 256: 16 digits of at most 9 and the last one or two.
    plain = first + second
    doubled = luhn_doubled(first) + luhn_doubled(second)
    drn_sum = lane_sums(doubled & _ODD | plain & _EVEN) + drn_check
    pan_sum = lane_sums(doubled & _EVEN | plain & _ODD) + luhn_doubled(drn_check) + pan_check

    front, back = packed(first), packed(second)
    two_digit = front >> np.uint64(8) == _TWO_DIGIT
    four_digit = front >> np.uint64(16) == _FOUR_DIGIT
    drn_sum += two_digit * _IIN_COMPLEMENT
    invalid = not_first | not_second | not_last | _units(drn_sum) | _units(pan_sum)
    return front << np.uint64(36) | back << np.uint64(4) | drn_check, (invalid != 0) | ~(
        two_digit | four_digit
    )


def _units(sums: U64) -> U64:
    """Return the last decimal digit of each number; dividing is many times as fast as the remainder."""
    return sums - sums // _TEN * _TEN
