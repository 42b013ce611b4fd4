"""Checks of ranges that several values of the meter share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from voltoken.errors import FieldError


def check_whole(owner: object, *ranges: tuple[str, int, int]) -> None:
    """Refuse attributes of owner that are no whole number within their range. Raises FieldError.

    ranges: name, least and greatest value of each attribute.
    """
    for name, low, high in ranges:
        value = getattr(owner, name)
        if value.__class__ is not int or not low <= value <= high:
            raise FieldError(name, value, f"a whole number {low} to {high}")


def check_within(name: str, values: Any, allowed: range | Collection[int] | Collection[str]) -> None:
    """Refuse anything but a tuple whose members are all among the allowed ones. Raises FieldError."""
    if not isinstance(values, tuple):
        raise FieldError(name, values, "a list")
    kind = int if isinstance(next(iter(allowed), 0), int) else str
    for value in values:
        # The class first: a range looks for anything but a whole number one by one.
        if value.__class__ is not kind or value not in allowed:
            raise FieldError(name, value, _named(allowed))


def _named(allowed: range | Collection[int] | Collection[str]) -> str:
    if isinstance(allowed, range):
        return f"among {allowed[0]} to {allowed[-1]}"
    return f"among {', '.join(map(str, allowed)) or 'nothing: the profile has none'}"


def check_types(owner: object, kind: type, *names: str) -> None:
    """Refuse attributes of owner that are not exactly of a kind. Raises FieldError."""
    for name in names:
        value = getattr(owner, name)
        if value.__class__ is not kind:
            shown = "true or false" if kind is bool else f"of the type {kind.__name__}"
            raise FieldError(name, value, shown)
