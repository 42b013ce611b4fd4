"""Which way tables are read: by the libraries of the extra ``batch`` where they are installed."""

from __future__ import annotations

from types import ModuleType

from voltoken.errors import MissingExtra


def is_fast() -> bool:
    """Whether whole columns can be worked on at once."""
    try:
        import numpy  # noqa: F401, ICN001 - only whether it is there
        import pyarrow  # type: ignore[import-untyped] # noqa: F401, ICN001 - likewise
    except ImportError:
        return False
    return True


def arrow() -> ModuleType:
    """Return what reads and writes Parquet. Raises MissingExtra where its libraries are missing."""
    if not is_fast():
        raise MissingExtra("Parquet files", "pyarrow", "batch")
    from voltoken.cli.batch import arrow

    return arrow
