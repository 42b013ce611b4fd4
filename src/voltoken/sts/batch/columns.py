"""Columns: what comes in, as lists for the scalar loop or arrays for the kernels; and whether there is numpy.

A column is a numpy array, any sequence of Python values or, for numbers, one whole number that stands for
all rows. What is no whole number becomes ``NO_NUMBER``, what is no text of the right length a text of
zero bytes: neither passes any check, so such rows come out as faults and never stop a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from operator import index
from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import FieldError

if TYPE_CHECKING:
    import numpy.typing as npt

    from voltoken.sts.batch.kernels.types import I64, Text

    Numbers = int | Sequence[int] | npt.NDArray[Any]
    """A column of whole numbers."""
    Texts = Sequence[str | bytes] | npt.NDArray[Any]
    """A column of texts."""
    Result = npt.NDArray[Any]
    """A column that comes out; a plain list where numpy is not installed."""

NO_NUMBER: Final = -1
_INT64: Final = 1 << 63
_TARIFF_INDICES: Final = {f"{value:02d}": value for value in range(100)}


def numpy_found() -> bool:
    """Whether numpy, the extra ``batch``, is there. Loads it when it is."""
    try:
        import numpy  # noqa: F401, ICN001 - only whether it can be loaded
    except ImportError:
        return False
    return True


def count_rows(**columns: Any) -> int:
    """Return how many rows the columns have. Raises FieldError when they differ or none has a length."""
    lengths = {name: len(column) for name, column in columns.items() if hasattr(column, "__len__")}
    if len(set(lengths.values())) != 1:
        shown = ", ".join(f"{name} {length}" for name, length in lengths.items()) or "none"
        raise FieldError("columns", shown, "columns of the same number of rows")
    return next(iter(lengths.values()))


def number_list(column: Numbers, rows: int) -> list[Any]:
    """Return a column of numbers as a list, its elements as they are."""
    if isinstance(column, int):
        return [column] * rows
    return column.tolist() if hasattr(column, "tolist") else list(column)


def number_array(column: Numbers, rows: int) -> I64:
    """Return a column of numbers as 64-bit integers; what is none, or does not fit, is ``NO_NUMBER``."""
    import numpy as np

    if isinstance(column, int):
        return np.full(rows, whole(column), np.int64)
    if isinstance(column, np.ndarray) and column.dtype.kind in "iub":
        if column.dtype == np.uint64:
            column = np.where(column < _INT64, column, np.uint64(_INT64))  # which is negative below
        return column.astype(np.int64, copy=False)
    values = number_list(column, rows)
    if set(map(type, values)) == {int}:
        with suppress(OverflowError):
            return np.array(values, np.int64)
    return np.array([whole(value) for value in values], np.int64)


def whole(value: object) -> int:
    """Return a whole number of 64 bits as a plain int, anything else as ``NO_NUMBER``."""
    try:
        number = index(value)  # type: ignore[arg-type] # what is no number is caught
    except TypeError:
        return NO_NUMBER
    return int(number) if -_INT64 <= number < _INT64 else NO_NUMBER


def whole_list(column: Numbers, rows: int) -> list[int]:
    """Return a column of numbers as a list of plain ints; what is none is ``NO_NUMBER``."""
    if isinstance(column, int):
        return [whole(column)] * rows
    values = number_list(column, rows)
    return [value if value.__class__ is int else whole(value) for value in values]


def index_list(column: Numbers | Texts, rows: int) -> list[int]:
    """Return a column of tariff indices, numbers or texts of two digits, as a list of plain ints."""
    values = number_list(column, rows)  # type: ignore[arg-type] # texts pass through
    return [value if value.__class__ is int else _tariff_index(value) for value in values]


def index_array(column: Numbers | Texts, rows: int) -> I64:
    """Return a column of tariff indices, numbers or texts of two digits, as 64-bit integers."""
    if isinstance(column, int) or getattr(getattr(column, "dtype", None), "kind", "") in "iub":
        return number_array(column, rows)  # type: ignore[arg-type] # numbers, as seen
    return number_array(index_list(column, rows), rows)


def _tariff_index(value: object) -> int:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return _TARIFF_INDICES.get(value, NO_NUMBER) if isinstance(value, str) else whole(value)


def text_list(column: Texts) -> list[Any]:
    """Return a column of texts as a list of str; elements that are no text stay as they are."""
    values = column.tolist() if hasattr(column, "tolist") else list(column)
    return [value.decode("latin-1") if isinstance(value, bytes) else value for value in values]


def text_array(column: Texts, width: int) -> Text:
    """Return a column of texts as an array of width bytes each; another length gives zero bytes."""
    import numpy as np

    kind = np.dtype(f"S{width}")
    if isinstance(column, np.ndarray) and column.dtype.kind == "S":
        if column.dtype.itemsize > width:
            fits = np.char.str_len(column) <= width
            return np.where(fits, column, b"").astype(kind)
        return np.ascontiguousarray(column.astype(kind, copy=False))
    values: Any = column.tolist() if isinstance(column, np.ndarray) else column
    with suppress(TypeError, UnicodeEncodeError):  # something else than ASCII texts among them
        if set(map(len, values)) == {width}:
            return np.frombuffer("".join(values).encode("ascii"), kind)
    blank = bytes(width)
    return np.frombuffer(b"".join(_bytes_of(value, width) or blank for value in values), kind)


def _bytes_of(value: object, width: int) -> bytes:
    """Return a text of exactly width ASCII characters as bytes, or nothing."""
    if isinstance(value, str):
        value = value.encode("ascii", "replace")
    return bytes(value) if isinstance(value, bytes) and len(value) == width else b""


def element(column: Numbers | Texts, row: int) -> Any:
    """Return one element of a column as a plain Python value; texts as str."""
    value = column if isinstance(column, int) else column[row]
    value = value.item() if hasattr(value, "item") else value
    return value.decode("latin-1") if isinstance(value, bytes) else value


def result(values: Sequence[Any], dtype: str) -> Result:
    """Return what the scalar loop made as a column: an array, or the list itself without numpy."""
    try:
        import numpy as np
    except ImportError:
        return values  # type: ignore[return-value] # said in the description of Result
    return np.array(values, dtype)
