"""The names by which callers give the fields of tokens, and the codes of token types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from voltoken.errors import FieldError
from voltoken.sts.layouts import ROWS, Layout

T = TypeVar("T")

ZERO_BY_DEFAULT: Final = "pad"
"""The one field that need not be given: it is zero by the standard."""


def code_of(token_class: int, subclass: int) -> int:
    """Return class and subclass as the one number that stands in a ``code`` column.

    Raises FieldError for what no token type with a public layout has.
    """
    if not any((token_class, subclass) == (row[0], row[1]) for row in ROWS):
        raise FieldError("code", f"{token_class}, {subclass}", "class and subclass of a public token type")
    return token_class << 4 | subclass


def fields_of(row: Layout, values: Mapping[str, T]) -> list[T | int]:
    """Return the columns of the fields of a layout, in its order, and 0 for ``pad`` where it is not given.

    Raises FieldError when another one is missing.
    """
    try:
        return [values[name] for name in row.names]
    except KeyError:
        missing = [name for name in row.names if name not in (ZERO_BY_DEFAULT, *values)]
    if missing:
        raise FieldError(
            "values",
            ", ".join(values) or "nothing",
            f"columns for {', '.join(row.names)}, as {row.name} has",
            f"Missing: {', '.join(missing)}.",
        )
    return [values.get(name, 0) for name in row.names]
