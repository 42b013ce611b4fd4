"""JSON in its one form, for everything that is hashed or signed, and a reader that takes nothing else.

Keys are sorted, there are no blanks, all characters are ASCII, and numbers are whole: the part of RFC 8785
that two programs cannot understand differently. Moments are texts in UTC. ``read`` takes a document only in
the form that ``write`` gives it, so that every change of a byte is a change of what was hashed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, NoReturn

from voltoken.errors import CanonicalError

INTEGER_MAX: Final = (1 << 63) - 1
"""The greatest number, either way: what a column of a database takes."""
DEPTH_MAX: Final = 32
"""How deep objects and lists may stand in one another."""


def write(document: Mapping[str, Any]) -> str:
    """Return a document as text in its one form.

    document: texts, whole numbers, True, False, None, lists, tuples and mappings of them by text.
    Raises CanonicalError (``value``, ``depth``) for anything else.
    """
    return json.dumps(_plain(document, 0), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(document: Mapping[str, Any], domain: str = "") -> str:
    """Return SHA-256 of a document in its one form, as 64 hexadecimal digits.

    domain: goes before it, with a bar, so that what was hashed for one purpose is worth nothing for another.
    Raises CanonicalError.
    """
    head = f"{domain}|" if domain else ""
    return hashlib.sha256((head + write(document)).encode("ascii")).hexdigest()


def read(data: bytes, most: int) -> dict[str, Any]:
    """Return the object that data holds in its one form.

    most: the greatest length in bytes.
    Raises CanonicalError, and nothing else, whatever data is: ``size``, ``json`` (cut off or no JSON),
    ``duplicate`` (a key twice), ``number`` (a fraction, or beyond 63 bits), ``depth``, ``value`` (no object,
    or a character that is none), ``form`` (not the one form). No message shows what stands in it.
    """
    if len(data) > most:
        raise CanonicalError("size", f"It has {len(data)} bytes, and {most} are the most.", bytes=len(data))
    try:
        text = data.decode("ascii")
        found = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_number,
            parse_constant=_no_number,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        raise CanonicalError(
            "json", f"It is no JSON, or cut off: {error.msg}, byte {error.pos}.", byte=error.pos
        ) from None
    except UnicodeDecodeError as error:
        raise CanonicalError("form", f"It is not ASCII at byte {error.start}.", byte=error.start) from None
    except RecursionError:
        raise CanonicalError("depth", f"It is nested deeper than {DEPTH_MAX}.") from None
    if not isinstance(found, dict):
        raise CanonicalError("value", "It is no JSON object.")
    if write(found) != text:
        raise CanonicalError("form", "It is not in the one form: sorted keys, no blanks, ASCII.")
    return found


def write_moment(moment: datetime) -> str:
    """Return a moment as RFC 3339 in UTC, with microseconds and Z. Raises CanonicalError for a naive one."""
    if moment.tzinfo is None:
        raise CanonicalError("value", "A moment has a time zone.")
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


def read_day(text: object) -> date | None:
    """Return the day of a text such as 2026-11-21, None for anything else."""
    if not isinstance(text, str) or len(text) != 10:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise CanonicalError("duplicate", "A key stands twice in one object.")
    return found


def _whole(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > INTEGER_MAX:
        raise CanonicalError("number", "A number is beyond 63 bits.")
    return int(text)


def _no_number(_: str) -> NoReturn:
    raise CanonicalError("number", "Numbers are whole: it holds a fraction, an exponent or no number.")


def _plain(value: object, depth: int) -> object:
    """Return value in plain containers. Raises CanonicalError for what has no form."""
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= INTEGER_MAX:
        return int(value)
    if depth > DEPTH_MAX:
        raise CanonicalError("depth", f"It is nested deeper than {DEPTH_MAX}.")
    if isinstance(value, Mapping):
        return {_text(name): _plain(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value]
    raise _no_form()


def _text(value: object) -> str:
    """Return a text as it is. Raises CanonicalError for anything else, and for halves of characters."""
    if not isinstance(value, str):
        raise _no_form()
    if not value.isascii() and any("\ud800" <= each <= "\udfff" for each in value):
        raise _no_form()
    return value


def _no_form() -> CanonicalError:
    return CanonicalError(
        "value", "A document takes texts, whole numbers, yes, no, nothing, and lists and objects of them."
    )


def as_text(value: object) -> str:
    """Return a member of a document that has to be a text. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError
    return value


def as_whole(value: object) -> int:
    """Return a member that has to be a whole number; True is none. Raises TypeError for anything else."""
    if value.__class__ is not int or not isinstance(value, int):
        raise TypeError
    return value


def as_flag(value: object) -> bool:
    """Return a member that has to be yes or no. Raises TypeError for anything else."""
    if not isinstance(value, bool):
        raise TypeError
    return value


def as_list(value: object) -> list[Any]:
    """Return a member that has to be a list. Raises TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError
    return value
