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


def check_within(name: str, values: Any, allowed: range | Collection[int | str]) -> None:
    """Refuse anything but a tuple whose members are all among the allowed ones. Raises FieldError."""
    if not isinstance(values, tuple):
        raise FieldError(name, values, "a list")
    for value in values:
        if value.__class__ not in (int, str) or value not in allowed:
            names = ", ".join(map(str, allowed))
            shown = f"{allowed[0]} to {allowed[-1]}" if isinstance(allowed, range) else names
            raise FieldError(name, value, f"among {shown}")
