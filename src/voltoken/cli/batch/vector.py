"""Columns of text as numbers and back, a whole column at once, without a loop over the rows.

Each reader knows the plain form that nearly all cells have, gives the values of those, and says which rows
it did not understand; what these mean is for the row-by-row way to find out, which has the last word.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
I64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Fixed = npt.NDArray[np.bytes_]
"""Texts of at most a fixed width, filled up with zero bytes."""

_ZERO: Final = 48
_POINT: Final = 46
_DIGITS_MAX: Final = 13
"""So many characters of a number are read at once: with five more decimals it is still within 64 bits."""
_TEMPLATE: Final = np.frombuffer(b"0000-00-00T00:00:00Z", np.uint8)
_PLACES: Final = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
"""Where year, month, day, hour, minute and second stand in a time, and how many digits they have."""
TIME_WIDTHS: Final = (16, 19, 20)
"""Lengths of a time without seconds, with seconds, and with seconds and Z."""


class Cells:
    """A column of text: one buffer of bytes, and where each cell begins and ends. Never changed."""

    __slots__ = ("data", "ends", "starts")

    def __init__(self, data: U8, starts: I64, ends: I64) -> None:
        self.data = data if data.size else np.zeros(1, np.uint8)
        self.starts = starts
        self.ends = ends

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def lengths(self) -> I64:
        """The length of each cell in bytes."""
        return self.ends - self.starts

    def take(self, rows: I64) -> Cells:
        """Return the cells of some rows."""
        return Cells(self.data, self.starts[rows], self.ends[rows])

    def text(self, row: int) -> str:
        """Return one cell."""
        return self.data[self.starts[row] : self.ends[row]].tobytes().decode()

    def fixed(self, width: int) -> tuple[Fixed, Bool]:
        """Return the cells of exactly width bytes, zero bytes for the others, and which these are."""
        fits = self.lengths == width
        if len(self) and fits.all() and (self.starts[1:] == self.ends[:-1]).all():
            block = np.ascontiguousarray(self.data[self.starts[0] : self.ends[-1]])
        else:
            rows = np.flatnonzero(fits)
            block = np.zeros((len(self), width), np.uint8)
            block[rows] = self.data[self.starts[rows, None] + np.arange(width)]
        return block.reshape(-1).view(f"S{width}"), fits


def matrix(texts: Fixed) -> U8:
    """Return texts of a fixed width as rows of bytes."""
    return texts.view(np.uint8).reshape(len(texts), texts.dtype.itemsize)


def all_digits(texts: Fixed) -> Bool:
    """Whether each text is of digits only, over its full width."""
    return np.asarray((matrix(texts) - np.uint8(_ZERO) < 10).all(1))


def numbers(cells: Cells) -> tuple[I64, Bool]:
    """Return whole numbers of plain digits, and which cells are such."""
    values, fraction, good = _scan(cells)
    return values, good & (fraction < 0)


def decimals(cells: Cells, places: int) -> tuple[I64, Bool]:
    """Return plain decimals in steps of so many places, rounded up, and which cells are such."""
    values, fraction, good = _scan(cells)
    if not good.any():
        return values, good
    shift = places - np.maximum(fraction, 0)
    steps = values * 10 ** np.maximum(shift, 0)
    finer = np.flatnonzero(shift < 0)
    if finer.size:
        steps[finer] = -(-values[finer] // 10 ** -shift[finer])
    return steps, good


def _scan(cells: Cells) -> tuple[I64, I64, Bool]:
    """Return the digits of each cell as a number, how many follow a point (-1 without one), and if plain."""
    rows = len(cells)
    lengths = cells.lengths
    good: Bool = (lengths > 0) & (lengths <= _DIGITS_MAX)
    values, fraction = np.zeros(rows, np.int64), np.full(rows, -1, np.int64)
    width = int(lengths[good].max(initial=0))
    for place in range(width):
        inside = good & (lengths > place)
        found = cells.data[np.where(inside, cells.starts + place, 0)]
        digit = found - np.uint8(_ZERO)
        is_digit = inside & (digit < 10)
        values = np.where(is_digit, values * 10 + digit, values)
        fraction += is_digit & (fraction >= 0)
        other = inside & ~is_digit
        if other.any():
            is_point = other & (found == _POINT) & (fraction < 0)
            fraction[is_point] = 0
            good &= ~other | is_point
    good &= ~((lengths == 1) & (fraction == 0))  # a point alone
    return values, fraction, good


def minutes(cells: Cells) -> tuple[I64, Bool, Bool]:
    """Return times as minutes since 1970, which of them say UTC, and which cells are plain times.

    Plain is ``2026-03-01T13:00``, with seconds or not, with ``Z`` behind seconds or not; a blank may stand
    for the ``T``.
    """
    found = np.zeros(len(cells), np.int64)
    good, in_utc = np.zeros(len(cells), np.bool_), cells.lengths == TIME_WIDTHS[-1]
    for width in TIME_WIDTHS:
        rows = np.flatnonzero(cells.lengths == width)
        if rows.size:
            found[rows], good[rows] = _minutes(cells.take(rows).fixed(width)[0])
    return found, in_utc, good


def _minutes(texts: Fixed) -> tuple[I64, Bool]:
    signs = matrix(texts)
    width = signs.shape[1]
    wanted = _TEMPLATE[:width]
    is_digit = wanted == _ZERO
    fits = np.where(is_digit, signs - np.uint8(_ZERO) < 10, signs == wanted)
    fits[:, 10] |= signs[:, 10] == 32
    good: Bool = np.asarray(fits.all(1))
    parts = []
    for start, count in _PLACES:
        value = np.zeros(len(texts), np.int64)
        for place in range(start, start + count) if start < width else ():
            value = value * 10 + (signs[:, place] - np.uint8(_ZERO))
        parts.append(np.where(good, value, 0))
    year, month, day, hour, minute, second = parts
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60)
    good &= second < 60
    months = (np.where(good, year, 1970) - 1970) * 12 + np.where(good, month, 1) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    following = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    good &= day <= following - first
    return ((first + day - 1) * 24 + hour) * 60 + minute, good


# ---------------------------------------------------------------------- numbers as texts


def decimal_texts(steps: I64, places: int) -> Fixed:
    """Return numbers, zero or more, as texts with so many decimals."""
    whole = 10**places
    width = len(str(int(steps.max(initial=0)) // whole))
    signs = np.empty((len(steps), width + places + bool(places)), np.uint8)
    left = steps
    for column in range(signs.shape[1] - 1, -1, -1):
        if places and column == width:
            signs[:, column] = _POINT
            continue
        left, digit = np.divmod(left, 10)
        signs[:, column] = digit + _ZERO
    out = np.zeros_like(signs)
    leading = np.full(len(steps), width - 1)
    for power in range(1, width):
        leading -= steps >= whole * 10**power
    for lead in range(width):
        rows = np.flatnonzero(leading == lead)
        if rows.size:
            out[rows, : signs.shape[1] - lead] = signs[rows, lead:]
    return out.reshape(-1).view(f"S{signs.shape[1]}")


def time_texts(since_1970: I64) -> Fixed:
    """Return minutes since 1970 as times in UTC such as ``2026-03-01T13:00:00Z``."""
    days, minute = np.divmod(since_1970, 1440)
    date = days.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    year = month.astype("datetime64[Y]").astype(np.int64) + 1970
    parts: tuple[Any, ...] = (
        year,
        month.astype(np.int64) % 12 + 1,
        (date - month.astype("datetime64[D]")).astype(np.int64) + 1,
        minute // 60,
        minute % 60,
    )
    signs = np.repeat(_TEMPLATE[None], len(days), 0)
    for (start, count), value in zip(_PLACES, parts, strict=False):
        for place in range(count):
            signs[:, start + place] = value // 10 ** (count - 1 - place) % 10 + _ZERO
    return signs.reshape(-1).view(f"S{len(_TEMPLATE)}")


def patched(texts: Fixed, changes: dict[int, str]) -> Fixed:
    """Return texts with some of them replaced."""
    if not changes:
        return texts
    longest = max(map(len, changes.values()), default=1)
    width = max(texts.dtype.itemsize, longest)
    out: Fixed = texts.astype(f"S{width}")
    out[list(changes)] = [text.encode() for text in changes.values()]
    return out
