"""What people type, as the values of the standard; and options that travel in groups.

A wrong value is a FieldError of the protocol, never a message of the option parser, so that the same
fault reads the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from functools import wraps
from typing import Any, Final

import click

from voltoken.errors import FieldError
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    RND,
    SGC,
    TI,
    TID,
    BaseDate,
    KeyType,
    VendingKeyParity,
    parse_meter_number,
)

Callback = Callable[[click.Context, click.Parameter, Any], Any]
Decorator = Callable[[Callable[..., None]], Callable[..., None]]

MINUS: Final = "\u2212"
"""The typographical minus sign, which people paste and which no option begins with."""

_WHOLE: Final = re.compile(r"[0-9]{1,20}|0[xX][0-9a-fA-F]{1,16}", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})", re.ASCII)
_OFFSET: Final = re.compile(r"([-+])([0-9]{1,2})(?::?([0-9]{2}))?", re.ASCII)


def convert(make: Callable[[str], object]) -> Callback:
    """Return an option callback that converts text, or each of several texts, with make."""

    def callback(_ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(make(text) for text in value)
        return make(value) if isinstance(value, str) else value

    return callback


def whole(text: str) -> int | str:
    """Read a whole number, decimal or hexadecimal after 0x; other text is left for its type to refuse."""
    if not _WHOLE.fullmatch(text):
        return text
    return int(text, 16) if text[:2] in ("0x", "0X") else int(text)


def number(field: str, allowed: str) -> Callable[[str], int]:
    """Return what reads a whole number for a field whose type does not say its own range."""

    def read(text: str) -> int:
        value = whole(text)
        if isinstance(value, str):
            raise FieldError(field, text, allowed)
        return value

    return read


def exact(text: str) -> Decimal:
    """Read an amount exactly. Raises FieldError for anything but plain digits and a point."""
    plain = text.replace(MINUS, "-")
    if not _DECIMAL.fullmatch(plain):
        raise FieldError(
            "amount",
            text,
            "a number such as 25.6",
            "Use a point for decimals, and no thousands separators." if "," in text else "",
        )
    return Decimal(plain)


def moment(text: str) -> datetime:
    """Read a time in ISO 8601 form, with or without a zone."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise FieldError(
            "time",
            text,
            "an ISO 8601 time such as 2026-03-01T13:00, with a zone as in +02:00 or Z, or without",
        ) from None


def offset(text: str) -> timedelta:
    """Read an offset from UTC such as +02:00."""
    found = _OFFSET.fullmatch(text.replace(MINUS, "-"))
    if text.upper() in ("Z", "UTC"):
        return timedelta()
    if found is None:
        raise FieldError("utc-offset", text, "an offset such as +02:00 or -3")
    minutes = 60 * int(found[2]) + int(found[3] or 0)
    return timedelta(minutes=-minutes if found[1] == "-" else minutes)


def parity(text: str) -> VendingKeyParity:
    """Read which form of a 64-bit vending key to use: as-loaded or forced-odd."""
    forms = {form.value.replace(" ", "-"): form for form in VendingKeyParity}
    if text not in forms:
        raise FieldError("parity", text, " or ".join(forms))
    return forms[text]


ATTRIBUTES: Final[dict[str, Callable[[Any], object]]] = {
    "sgc": SGC,
    "krn": lambda value: KRN(_number_of(value)),
    "kt": lambda value: KeyType(_number_of(value)),
    "ken": lambda value: KEN(_number_of(value)),
    "base_date": lambda value: BaseDate(_code_of(value)),
    "ti": TI,
    "pan": parse_meter_number,
    "ea": lambda value: EA(_code_of(value)),
    "dkga": lambda value: DKGA(_code_of(value)),
}
"""What reads each attribute of a key, from an option or from a key file."""


def _number_of(value: Any) -> Any:
    """Read text as a whole number; numbers, as files have them, stay."""
    return whole(value) if isinstance(value, str) else value


def _code_of(value: Any) -> Any:
    """Write a two-digit code that a file gives as a number with its two digits."""
    return f"{value:02d}" if value.__class__ is int else value


def tid(text: str) -> TID:
    """Read a TID, decimal or hexadecimal after 0x."""
    return TID(whole(text))  # type: ignore[arg-type] # what is no number is for TID to refuse


def rnd(text: str) -> RND:
    """Read the random number of a token."""
    return RND(whole(text))  # type: ignore[arg-type] # as above


def attribute(name: str) -> Callback:
    """Return the callback of an option that holds an attribute of a key."""
    return convert(ATTRIBUTES[name])


class FilePath(click.Path):
    """A file or folder on the command line; a name that no system takes is refused like any other mistake."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path. Fails for a name with a zero character, which ``os`` raises ValueError for."""
        if "\0" in str(value):
            self.fail("No file has such a name: there is a zero character in it.", param, ctx)
        return super().convert(value, param, ctx)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add the option ``--json``."""
    decorate = click.option("--json", "as_json", is_flag=True, help="Answer as one JSON object.")
    return decorate(command)


def gather(name: str, kind: type[Any], options: Sequence[Decorator]) -> Decorator:
    """Return a decorator that adds options and hands them over together, as the dataclass kind.

    name: of the argument that takes the dataclass. The options are named like its fields; a field without
    one keeps its default.
    """
    names = {field.name for field in fields(kind)}

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def gathered(**values: Any) -> None:
            given = {field: values.pop(field) for field in names & values.keys()}
            command(**values, **{name: kind(**given)})

        decorated: Callable[..., None] = gathered
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate
