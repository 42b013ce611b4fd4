"""JSON in its one form: keys sorted, no blanks, ASCII, whole numbers only. What is hashed is written so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from json.encoder import encode_basestring_ascii
from typing import Any, Final, TypeGuard

from voltoken.errors import JournalError

quote: Final = encode_basestring_ascii
"""Write a string as JSON, for those who put a line together by hand."""

INTEGER_MAX: Final = (1 << 63) - 1
"""The greatest number that a column takes."""


def write(document: Mapping[str, Any]) -> str:
    """Return a document in its one form. Raises JournalError for what has none."""
    try:
        return json.dumps(_plain(document), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    except (TypeError, ValueError, RecursionError):
        raise JournalError("A line of the log takes texts, whole numbers, yes, no and nothing.") from None


def read(text: object) -> dict[str, Any] | None:
    """Return the JSON object that text is, None when it is none; whatever text is."""
    if not isinstance(text, str):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_count(value: object) -> TypeGuard[int]:
    """Whether this is a whole number that a column takes and that is not below zero; True is none."""
    return isinstance(value, int) and value.__class__ is int and 0 <= value <= INTEGER_MAX


def write_moment(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, with microseconds and Z. Raises JournalError for a naive one."""
    if moment.tzinfo is None:
        raise JournalError("The journal takes moments with a time zone only.")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def read_moment(text: object) -> datetime | None:
    """Return the moment that ``write_moment`` wrote, None for anything else."""
    if not isinstance(text, str) or len(text) != 27 or not text.endswith("Z"):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is UTC and write_moment(moment) == text else None


def _plain(value: object) -> object:
    """Return value in plain containers. Raises TypeError where programs may read JSON differently."""
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise TypeError
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    raise TypeError
