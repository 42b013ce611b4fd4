"""What the small parts of documents between centre and module may be, for values that check themselves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from voltoken.errors import FieldError
from voltoken.security.values import LIMIT_MAX

FILE_MAX: Final = 1 << 20
"""The most bytes of a key load file, and of every document beside it."""
TEXT_MAX: Final = 200
"""The most characters of a notice and of the name of a firmware."""
PUBLIC_BYTES: Final = 32
"""Length of a public signing key (Ed25519)."""
POINT_BYTES: Final = 65
"""Length of a public exchange key: a point of P-256, uncompressed."""
SCALAR_BYTES: Final = 32
"""Length of a private exchange key, and of an ephemeral one."""
HASH_HEX: Final = 64
"""Hexadecimal digits of a SHA-256."""
NOTICE: Final = "for tests, pilots and private schemes; not an STSA centre, not an STSA key load file"
"""What every file of a centre says of itself."""

Sign = Callable[[bytes], bytes]
"""Signs a message by Ed25519, wherever the key is: 64 bytes."""

_IDENT: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]*", re.ASCII)


class FileRole(StrEnum):
    """Whom a key load file is for."""

    VENDING = "vending"
    """A module that sells."""
    MANUFACTURING = "manufacturing"
    """A module that brings meters from their first key to others."""
    KMC = "kmc"
    """Another centre: a supply group is handed over, or kept in two places."""


def check_ident(name: str, value: object) -> None:
    """Raise FieldError unless value can name a centre, a module or a request."""
    if not isinstance(value, str) or not _IDENT.fullmatch(value):
        raise FieldError(name, value, "1 to 40 letters, digits and _ . -")


def check_file_id(value: object) -> None:
    """Raise FieldError unless value is a UUID in lower-case digits."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise FieldError("file_id", value, "a UUID in lower-case digits")


def check_text(name: str, value: object) -> None:
    """Raise FieldError unless value is one line of printable text, or empty."""
    if not isinstance(value, str) or len(value) > TEXT_MAX or not value.isprintable():
        raise FieldError(name, value, f"at most {TEXT_MAX} printable characters")


def check_hex(name: str, value: object, digits: int) -> None:
    """Raise FieldError unless value is so many lower-case hexadecimal digits."""
    if not isinstance(value, str) or len(value) != digits or not _HEX.fullmatch(value):
        raise FieldError(name, value, f"{digits} lower-case hexadecimal digits")


def check_bytes(name: str, value: object, size: int) -> None:
    """Raise FieldError unless value is so many bytes. For public ones: the message shows them."""
    if value.__class__ is not bytes or not isinstance(value, bytes) or len(value) != size:
        raise FieldError(name, value, f"{size} bytes")


def check_moment(name: str, value: object) -> None:
    """Raise FieldError unless value is a moment with a time zone."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise FieldError(name, str(value), "a moment with a time zone")


def check_span(begin: datetime, end: datetime, first: str = "begin", last: str = "end") -> None:
    """Raise FieldError unless both are moments with a time zone and end is the later one."""
    check_moment(first, begin)
    check_moment(last, end)
    if end <= begin:
        raise FieldError(last, end.isoformat(), f"later than {begin.isoformat()}")


def check_whole(name: str, value: object, least: int) -> None:
    """Raise FieldError unless value is a whole number from least on, of at most 63 bits."""
    if value.__class__ is not int or not isinstance(value, int) or not least <= value <= LIMIT_MAX:
        raise FieldError(name, value, f"a whole number from {least} on")
