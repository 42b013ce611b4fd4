"""The forms of the values in a scenario: times, amounts, tokens, memories, as JSON has them.

A value has one form only: read through its kind it becomes that form, so that two values mean the same
exactly when they are equal. Amounts are decimals in quotes, because programs read bare ones as binary
fractions; times are RFC 3339 in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, Final, NamedTuple

from voltoken.errors import FieldError, ScenarioError
from voltoken.sts import TID

_COUNT_MAX: Final = 10**9
_TEXT_MAX: Final = 400
_LIST_MAX: Final = 1000
_DECIMAL: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,9})?")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z")


class Kind(NamedTuple):
    """A kind of value. said: what it is, for people. read: returns its one form, or raises ValueError."""

    said: str
    read: Callable[[Any], Any]


def read_as(kind: Kind, value: object, where: str) -> Any:
    """Return a value in the one form of its kind. Raises ScenarioError that names the place."""
    try:
        return kind.read(value)
    except (ValueError, TypeError):
        raise ScenarioError(FieldError(where, value, kind.said).message, place=where) from None


def plain(value: Decimal) -> str:
    """Return a decimal in its one form: no exponent, no zeros that say nothing."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def run_lengths(values: Collection[int]) -> list[list[int]]:
    """Return values, in their order, as pairs of a value and how often it stands there."""
    return [[value, len(list(group))] for value, group in groupby(values)]


def _checked(value: Any, *, fits: bool) -> Any:
    if not fits:
        raise ValueError
    return value


def _text(value: Any) -> str:
    text = str(_checked(value, fits=isinstance(value, str) and len(value) <= _TEXT_MAX))
    text.encode()  # half a character, which a keyboard or a foreign file can bring, is no text
    return text


def _bool(value: Any) -> bool:
    return bool(_checked(value, fits=isinstance(value, bool)))


def _decimal(value: Any) -> str:
    _checked(value, fits=isinstance(value, str) and _DECIMAL.fullmatch(value) is not None)
    return plain(Decimal(value))


def _time(value: Any) -> datetime:
    _checked(value, fits=isinstance(value, str) and _TIME.fullmatch(value) is not None)
    return datetime.fromisoformat(value).astimezone(UTC)


def _token(value: Any) -> str:
    text = _text(value)
    if len(text) == 20 and text.isascii() and text.isdecimal():
        return " ".join(text[i : i + 4] for i in range(0, 20, 4))
    return text


def _digits(value: Any) -> str:
    return str(_checked(value, fits=isinstance(value, str) and value.isascii() and value.isdecimal()))


def _is_whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _tids(value: Any) -> list[list[int]]:
    """Read a memory of TIDs: ascending pairs, each TID once."""
    _checked(value, fits=isinstance(value, list) and len(value) <= _LIST_MAX)
    last = -1
    for pair in value:
        _checked(pair, fits=isinstance(pair, list) and len(pair) == 2)
        _checked(pair, fits=_is_whole(pair[0], last + 1, TID.HIGH) and _is_whole(pair[1], 1, _LIST_MAX))
        last = pair[0]
    return [list(pair) for pair in value]


def whole(low: int, high: int = _COUNT_MAX) -> Kind:
    """Return the kind of whole numbers within a range."""
    return Kind(
        f"a whole number {low} to {high}", lambda value: _checked(value, fits=_is_whole(value, low, high))
    )


def one_of(names: Collection[str]) -> Kind:
    """Return the kind of some names."""
    return Kind(
        f"one of {', '.join(names)}",
        lambda value: _checked(value, fits=isinstance(value, str) and value in names),
    )


def or_null(kind: Kind) -> Kind:
    """Return the kind that may also be null."""
    return Kind(f"{kind.said}, or null", lambda value: None if value is None else kind.read(value))


def list_of(kind: Kind, *, as_set: bool = False) -> Kind:
    """Return the kind of lists. as_set: order and repetition say nothing."""

    def read(value: Any) -> list[Any]:
        _checked(value, fits=isinstance(value, list) and len(value) <= _LIST_MAX)
        members = [kind.read(member) for member in value]
        return sorted(set(members)) if as_set else members

    return Kind(f"a list of: {kind.said}", read)


def stamp(moment: datetime) -> str:
    """Return a time as it stands in scenarios: RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


TEXT: Final = Kind(f"text of at most {_TEXT_MAX} characters", _text)
TRUTH: Final = Kind("true or false", _bool)
DECIMAL: Final = Kind('a decimal number in quotes, such as "25.6"', _decimal)
QUANTITY: Final = Kind(
    'a decimal number in quotes, not below zero, such as "2.5"',
    lambda value: _decimal(_checked(value, fits=not str(value).startswith("-"))),
)
TIME: Final = Kind("a time such as 2026-03-01T13:00:00Z", _time)
TIDS: Final = Kind("a list of pairs [TID, how often], ascending", _tids)
TOKEN: Final = Kind("what is typed, 20 digits as a rule", _token)
WATTS: Final = or_null(whole(0))
DIGITS: Final = or_null(Kind("digits in quotes", _digits))
