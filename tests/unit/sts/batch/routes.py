"""The routes through the batch engine, forced upon any number of rows, and columns in any form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from voltoken.errors import VoltokenError
from voltoken.sts import EA

ROUTES = ("loop", "kernels", "kernels with scalar ciphers")
"""The scalar loop; the kernels for everything; the kernels, but rows through the ciphers one by one."""
UNFORCED = "whichever is quicker"

_DOORS = (("derive", "FEW"), ("tokens", "FEW_TOKENS"), ("tokens", "FEW_READ"), ("keychange", "FEW"))
_NEVER = 1 << 60

every_route = pytest.mark.parametrize("route", ROUTES)


@contextmanager
def forced(route: str) -> Iterator[None]:
    """Send every batch one way, whatever its size; ``UNFORCED`` leaves it to the engine."""
    if route == UNFORCED:
        yield
        return
    door = _NEVER if route == "loop" else 0
    inner = 0 if route == "kernels" else _NEVER
    with pytest.MonkeyPatch.context() as patch:
        for module, name in _DOORS:
            patch.setattr(import_module(f"voltoken.sts.batch.{module}"), name, door)
        patch.setattr(import_module("voltoken.sts.batch.kernels.derivation"), "FEW", inner)
        patch.setattr(
            import_module("voltoken.sts.batch.kernels.tokens"), "FEW", {EA.STA: inner, EA.MISTY1: inner}
        )
        yield


FORMS = ("lists", "arrays", "small arrays", "objects")
"""Plain lists; S and int64 arrays; U arrays and the narrowest numbers; arrays of Python objects."""

every_form = pytest.mark.parametrize("form", FORMS)
every_way = pytest.mark.parametrize(
    ("route", "form"),
    [
        ("loop", "lists"),
        ("loop", "objects"),
        ("kernels", "arrays"),
        ("kernels", "lists"),
        ("kernels with scalar ciphers", "small arrays"),
    ],
)
"""Each route and each form, but not each with each: for tests of many rows."""


def texts(values: Sequence[Any], form: str) -> Any:
    """Return texts as a column. Lists may hold what arrays cannot."""
    if form == "lists":
        return list(values)
    if form == "objects":
        return np.array([*values, None], object)[:-1]
    return np.array(values, "S" if form == "arrays" and "".join(values).isascii() else "U")


def numbers(values: Sequence[Any], form: str) -> Any:
    """Return numbers as a column; those that no array of numbers holds stay objects."""
    if form == "lists":
        return list(values)
    fitting = all(type(value) is int and -1 << 63 <= value < 1 << 63 for value in values)
    if form == "objects" or not fitting:
        return np.array([*values, None], object)[:-1]
    if form == "arrays":
        return np.array(values, np.int64)
    kinds = (np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64)
    low, high = min(values), max(values)
    kind = next(kind for kind in kinds if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max)
    return np.array(values, kind)


def plain(column: Any) -> list[Any]:
    """Return a column that came out as a list of plain values, texts as str."""
    values = column if isinstance(column, list) else column.tolist()
    return [value.decode("ascii") if isinstance(value, bytes) else value for value in values]


def same_error(found: VoltokenError | None, expected: VoltokenError | None) -> bool:
    """Whether two errors say the same; an expected one of None agrees with any."""
    return expected is None or (type(found), str(found)) == (type(expected), str(expected))
