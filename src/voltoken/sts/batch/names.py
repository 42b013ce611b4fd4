"""The names by which callers give the fields of tokens, and the codes of token types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from voltoken.errors import FieldError
from voltoken.sts.layouts import ROWS, Layout

T = TypeVar("T")

ZERO_BY_DEFAULT: Final = "pad"
"""The one field that need not be given."""


def code_of(token_class: int, subclass: int) -> int:
    """Return class and subclass as the one number that stands in a ``code`` column.

    Raises FieldError for what no token type with a public layout has.
    """
    if not any((token_class, subclass) == (row[0], row[1]) for row in ROWS):
        raise FieldError("code", f"{token_class}, {subclass}", "class and subclass of a public token type")
    return token_class << 4 | subclass


def fields_of(row: Layout, values: Mapping[str, T]) -> list[T]:
    """Return the columns of the fields of a layout, in its order. Raises FieldError when one is missing."""
    missing = [spec.name for spec in row.fields if spec.name not in values]
    if missing:
        raise FieldError(
            "values",
            ", ".join(values) or "nothing",
            f"columns for {', '.join(spec.name for spec in row.fields)}, as {row.name} has",
            f"Missing: {', '.join(missing)}.",
        )
    return [values[spec.name] for spec in row.fields]
