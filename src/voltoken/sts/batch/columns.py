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

    Column = Sequence[int] | npt.NDArray[Any]
    """A column of whole numbers."""
    Numbers = int | Column
    """A column of whole numbers, or one for all rows."""
    Texts = Sequence[str] | npt.NDArray[Any]
    """A column of texts; bytes in arrays only."""
    Result = Any
    """A column that comes out: an array where arrays came in, a list where only lists did."""

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


def is_array(column: object) -> bool:
    """Whether a column is a numpy array."""
    return hasattr(column, "dtype")


def check_length(column: Any, rows: int) -> None:
    """Raise FieldError for a column of another length than rows; a number has none, and stands for all."""
    if isinstance(column, int):
        return
    try:
        length = len(column)
    except TypeError:
        length = -1
    if length != rows:
        given = type(column).__name__ if length < 0 else f"{length} rows"
        raise FieldError("column", given, f"{rows} rows long, as the first column is")


def number_list(column: Numbers, rows: int) -> list[Any]:
    """Return a column of numbers as a list to read from, its elements as they are."""
    if isinstance(column, int):
        return [column] * rows
    check_length(column, rows)
    values: Any = column.tolist() if is_array(column) else column  # type: ignore[union-attr] # an array
    return values if isinstance(values, list) else list(values)


def number_array(column: Numbers, rows: int) -> I64:
    """Return a column of numbers as 64-bit integers; what is none, or does not fit, is ``NO_NUMBER``."""
    import numpy as np

    if isinstance(column, int):
        return np.full(rows, whole(column), np.int64)
    if isinstance(column, np.ndarray) and column.dtype.kind in "iub" and column.ndim == 1:
        check_length(column, rows)
        return column.astype(np.int64, copy=False)  # beyond 63 bits they turn negative, which nothing admits
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
    """Return a column of numbers as a list of plain ints of any size; what is none is ``NO_NUMBER``."""
    if isinstance(column, int):
        return [whole(column)] * rows
    values = number_list(column, rows)
    return [value if value.__class__ is int else whole(value) for value in values]


def index_list(column: Numbers | Texts, rows: int) -> list[int]:
    """Return a column of tariff indices, numbers or texts of two digits, as a list of plain ints."""
    if isinstance(column, int):
        values: Sequence[Any] = number_list(column, rows)
    elif is_array(column) and column.dtype.kind in "iu":  # type: ignore[union-attr] # an array
        return column.tolist()  # type: ignore[union-attr, no-any-return] # plain ints already
    else:
        values = text_list(column)  # type: ignore[arg-type] # texts, or what is none
    return [value if value.__class__ is int else tariff_index(value) for value in values]


def index_array(column: Numbers | Texts, rows: int) -> I64:
    """Return a column of tariff indices, numbers or texts of two digits, as 64-bit integers."""
    if isinstance(column, int) or (is_array(column) and column.dtype.kind in "iub"):  # type: ignore[union-attr]
        return number_array(column, rows)  # type: ignore[arg-type] # numbers, as seen
    return number_array(index_list(column, rows), rows)


def tariff_index(value: object) -> int:
    """Return a tariff index, a number or a text of two digits, as a plain int, or ``NO_NUMBER``."""
    return _TARIFF_INDICES.get(value, NO_NUMBER) if isinstance(value, str) else whole(value)


def text_list(column: Texts) -> Sequence[Any]:
    """Return a column of texts as a sequence of str; elements that are no text stay as they are."""
    if not is_array(column):
        return column  # type: ignore[return-value] # no array, as seen
    values = column.tolist()  # type: ignore[union-attr] # an array
    return [value.decode("latin-1") if value.__class__ is bytes else value for value in values]


def text_array(column: Texts, width: int) -> Text:
    """Return a column of texts as an array of width bytes each; another length gives zero bytes."""
    import numpy as np

    kind = np.dtype(f"S{width}")
    if isinstance(column, np.ndarray) and column.dtype.kind == "S" and column.ndim == 1:
        if column.dtype.itemsize > width:
            fits = np.char.str_len(column) <= width
            return np.where(fits, column, b"").astype(kind)
        return np.ascontiguousarray(column.astype(kind, copy=False))
    values = text_list(column)
    with suppress(TypeError, UnicodeEncodeError):  # something else than ASCII texts among them
        if set(map(len, values)) == {width}:
            return np.frombuffer("".join(values).encode("ascii"), kind)
    blank = bytes(width)
    return np.frombuffer(b"".join(_bytes_of(value, width) or blank for value in values), kind)


def _bytes_of(value: object, width: int) -> bytes:
    """Return a text of exactly width ASCII characters as bytes, or nothing."""
    data = value.encode("ascii", "replace") if isinstance(value, str) else b""
    return data if len(data) == width else b""


def element(column: Numbers | Texts, row: int) -> Any:
    """Return one element of a column as a plain Python value; texts as str."""
    value: Any = column if isinstance(column, int) else column[row]
    array = is_array(column)
    if array and column.dtype.kind != "O":  # type: ignore[union-attr] # an array
        value = value.tolist()
    elif is_array(value) and whole(value) != NO_NUMBER:
        value = whole(value)  # numbers of numpy count among Python's values, too; nothing else of it does
    return value.decode("latin-1") if array and isinstance(value, bytes) else value


def as_arrays(*columns: tuple[Sequence[Any], str]) -> Any:
    """Return what the scalar loop made as arrays, one for each column of values and type of array."""
    import numpy as np

    return [np.array(values, dtype) for values, dtype in columns]


def as_list(values: Any) -> Result:
    """Return what the kernels made as a list, texts as str."""
    if values.dtype.kind == "S":
        values = values.astype(f"U{values.dtype.itemsize}")
    return values.tolist()
