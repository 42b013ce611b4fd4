"""How the journal writes what it hashes: ``voltoken.canonical``, whose faults are the journal's here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from json.encoder import encode_basestring_ascii
from typing import Any, Final, TypeGuard

from voltoken import canonical
from voltoken.canonical import INTEGER_MAX, read_moment
from voltoken.errors import CanonicalError, JournalError

__all__ = ["INTEGER_MAX", "is_count", "quote", "read", "read_moment", "write", "write_moment"]

quote: Final = encode_basestring_ascii
"""Write a string as JSON, for those who put a line together by hand."""


def write(document: Mapping[str, Any]) -> str:
    """Return a document in its one form. Raises JournalError for what has none."""
    try:
        return canonical.write(document)
    except CanonicalError:
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
    return canonical.write_moment(moment)
