"""Random columns for the batch measurements: meters, tariff indices, credits; the same on every run."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from voltoken.sts import EA, KRN, SGC, BaseDate, Deriver, VendingKey

VENDING_KEYS: Final = {
    EA.STA: VendingKey(bytes.fromhex("ab" * 8), SGC("123456"), KRN(1), BaseDate.BD1993),
    EA.MISTY1: VendingKey(
        bytes.fromhex("abababababababab949494949494949401234567"), SGC("123457"), KRN(1), BaseDate.BD1993
    ),
}
"""Test keys that fit DKGA02 and DKGA04."""

LABELS: Final = {EA.STA: "DKGA02+EA07", EA.MISTY1: "DKGA04+EA11"}

_SERIALS: Final = 10**8
_STRIDE: Final = 48_271_009
"""Has no factor in common with the number of serials: its multiples run through all of them."""


def deriver(ea: EA) -> Deriver:
    """Return the derivation of keys for meters with ea."""
    return Deriver(VENDING_KEYS[ea], ea)


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length: meter numbers (18 digits), tariff indices, and the fields of a credit."""

    pan: npt.NDArray[np.bytes_]
    ti: npt.NDArray[np.uint8]
    rnd: npt.NDArray[np.int64]
    tid: npt.NDArray[np.int64]
    amount: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.pan)

    def head(self, n: int) -> Self:
        """Return the first n rows."""
        return self.part(0, n)

    def part(self, start: int, stop: int) -> Self:
        """Return the rows from start to before stop, as views."""
        return type(self)(*(getattr(self, field.name)[start:stop] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Lists:
    """The same columns as Python has them."""

    pan: list[str]
    ti: list[int]
    rnd: list[int]
    tid: list[int]
    amount: list[int]

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Return the rows as lists, each column in one go."""
        return cls(
            texts(rows.pan), rows.ti.tolist(), rows.rnd.tolist(), rows.tid.tolist(), rows.amount.tolist()
        )


def texts(column: npt.NDArray[np.bytes_]) -> list[str]:
    """Return a column of texts as a list."""
    return [text.decode() for text in column.tolist()]


def rows(n: int) -> Rows:
    """Return n rows of distinct meters, n at most 10**8."""
    random = np.random.default_rng(62055)
    return Rows(
        pan=_pans(n),
        ti=random.integers(0, 100, n, dtype=np.uint8),
        rnd=random.integers(0, 1 << 4, n),
        tid=random.integers(0, 1 << 24, n),
        amount=random.integers(0, 1 << 16, n),
    )


def _pans(n: int) -> npt.NDArray[np.bytes_]:
    """Return n distinct meter numbers with right check digits, an eighth of them with four-digit codes."""
    digits = np.zeros((n, 18), np.uint8)
    digits[:, :6] = 6, 0, 0, 7, 2, 7
    digits[::8, :6] = 0, 0, 0, 0, 1, 2
    digits[:, 7] = 3
    serial = np.arange(n, dtype=np.int64) * _STRIDE % _SERIALS
    for place in range(8):
        digits[:, 15 - place] = serial // 10**place % 10
    # The first check digit covers manufacturer and serial only; leading zeros do not count.
    covered = digits[:, :16].copy()
    covered[:, :4] = 0
    covered[digits[:, 0] == 6, 4:6] = 0
    digits[:, 16] = _check_digits(covered)
    digits[:, 17] = _check_digits(digits[:, :17])
    return np.ascontiguousarray(digits + ord("0")).view("S18").reshape(n)


def _check_digits(digits: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return the Luhn check digit that goes behind each row of digits."""
    doubled = 2 * digits[:, ::-1][:, ::2]
    total = (doubled - 9 * (doubled > 9)).sum(axis=1) + digits[:, ::-1][:, 1::2].sum(axis=1)
    checks: npt.NDArray[np.int64] = -total.astype(np.int64) % 10
    return checks
