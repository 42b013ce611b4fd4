"""What every field must be, in both directions: there, of its type, within its range, of its form.

The library that reads and writes messages checks none of this: a required field that is missing reads as
None, and is simply not written. The table of fields comes from the interface definition itself; this file
adds the ranges and forms. Meter numbers are looked at where their own error codes are known (``handler``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from voltoken.drivers.prism.frames import Member, Shape, Wire
from voltoken.drivers.prism.idl import Method, interface
from voltoken.errors import HIDDEN, FieldError
from voltoken.sts import TID

PASSWORD_MAX: Final = 55
"""Longest password, in characters."""
ECHO_MAX: Final = 65535
"""Longest text that ``ping`` sends back, in characters."""
SLEEP_MS_MAX: Final = 60_000
"""How long ``ping`` may be asked to wait, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a value must look like: a test and its description. hidden: never show the value."""

    allowed: str
    test: Callable[[Any], object]
    hidden: bool = False


def _between(low: int, high: int) -> Form:
    return Form(f"{low} to {high}", lambda value: low <= value <= high)


def _text(most: int, least: int = 0) -> Form:
    return Form(f"text of {least} to {most} characters", lambda value: least <= len(value) <= most)


def _pattern(allowed: str, pattern: str, *, hidden: bool = False) -> Form:
    return Form(allowed, re.compile(pattern, re.ASCII).fullmatch, hidden)


IDENT: Final = _pattern(
    "1 to 40 letters, digits, dots, hyphens and underscores, the first a letter or digit",
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}",
)
"""The form of message ids and error codes."""

_PRINTABLE: Final = _pattern("0 to 256 printable ASCII characters", r"[ -~]{0,256}")
_BEARER: Final = _pattern("1 to 4096 printable ASCII characters", r"[!-~]{1,4096}", hidden=True)
_PASSWORD: Final = Form(
    f"text of at most {PASSWORD_MAX} characters", lambda v: len(v) <= PASSWORD_MAX, hidden=True
)
_KCV: Final = _pattern("6 hexadecimal digits", r"[0-9A-Fa-f]{6}")
_TOKEN_DEC: Final = _pattern("20 digits", r"[0-9]{20}")
_TOKEN_HEX: Final = _pattern("17 hexadecimal digits", r"[0-9A-Fa-f]{17}")
_DRN: Final = _pattern("11 or 13 digits", r"[0-9]{11}(?:[0-9]{2})?")
_PAN: Final = _pattern("18 digits", r"[0-9]{18}")
_EA: Final = Form("7 or 11", lambda value: value in (7, 11))
_SGC, _KRN, _KEN = _between(0, 999_999), _between(1, 9), _between(0, 255)
_PERCENT, _NIBBLE, _CLASS = _between(0, 99), _between(0, 15), _between(0, 3)
_MFR_CODE: Final = _between(0, 9999)
_CONTROL: Final = _between(0, (1 << 36) - 1)
_FLAGS: Final = _between(0, 7)
_TIME: Final = _between(0, 1 << 40)
_FINITE: Final = Form("a finite number", lambda value: abs(value) < float("inf"))
_LONG_TEXT: Final = _text(ECHO_MAX)

_EVERYWHERE: Final[Mapping[str, Form]] = {
    "messageId": IDENT,
    "reqMessageId": IDENT,
    "accessToken": _BEARER,
    "sleepMs": _between(0, SLEEP_MS_MAX),
    "echo": _LONG_TEXT,
    "realm": _PRINTABLE,
    "username": _text(256, 1),
    "password": _PASSWORD,
    "version": _pattern("two numbers with a dot between", r"[0-9]{1,4}\.[0-9]{1,4}"),
    "culture": _pattern("LL or LL-CC", r"[A-Za-z]{2}(?:-[A-Za-z]{2})?"),
    "licenseText": _text(ECHO_MAX, 1),
    "panPattern": _pattern("1 to 18 digits, ? and *", r"[0-9?*]{1,18}"),
    "idRecord": _text(256, 1),
    "record2": _text(256, 1),
    "drn": _DRN,
    "pan": _PAN,
    "ea": _EA,
    "tct": _PERCENT,
    "sgc": _SGC,
    "toSgc": _SGC,
    "krn": _KRN,
    "toKrn": _KRN,
    "ti": _PERCENT,
    "toTi": _PERCENT,
    "ken": _KEN,
    "toKen": _KEN,
    "doe": _pattern("4 digits, YYMM or 0000", r"[0-9]{4}"),
    "tokenClass": _CLASS,
    "subclass": _NIBBLE,
    "control": _CONTROL,
    "mfrcode": _MFR_CODE,
    "tid": _between(0, TID.HIGH),
    "transferAmount": _FINITE,
    "tokenTime": _TIME,
    "flags": _FLAGS,
    "tokenDec": _TOKEN_DEC,
    "tokenHex": _TOKEN_HEX,
    "vkKcv": _KCV,
    "toVkKcv": _KCV,
    "idSm": _PRINTABLE,
    "description": _PRINTABLE,
    "stsUnitName": _PRINTABLE,
    "scaledAmount": _PRINTABLE,
    "scaledUnitName": _PRINTABLE,
    "validationResult": IDENT,
    "eCode": IDENT,
    "eMsgEn": _LONG_TEXT,
}
"""The form of a field by its name: a name means the same thing in every struct."""

_THERE: Final[Mapping[tuple[str, str], Form]] = {
    # Which numbers are meter numbers has error codes of its own.
    ("MeterConfigIn", "drn"): _text(40, 1),
}
"""What is different in one struct."""

FREE_FORM: Final = frozenset({"info", "alerts", "meterConfig", "newConfig", "sessionOpts", "token"}) | {
    *("meterTestToken", "rollover", "isReservedTid", "allowKrnUpdate", "allow3Kct", "allowKenUpdate"),
    *("success", "ex1"),
}
"""Fields whose type says all: structs, their containers, and truth values."""

_BOUNDS: Final = {Wire.BYTE: 7, Wire.I16: 15, Wire.I32: 31, Wire.I64: 63}
_CLASSES: Final[Mapping[Wire, Any]] = {
    Wire.STRING: str,
    Wire.BOOL: bool,
    Wire.DOUBLE: float,
    Wire.LIST: list,
    Wire.MAP: dict,
}


def form_of(struct: str, field: str) -> Form | None:
    """Return the form of a field, None for one whose type says all."""
    return _THERE.get((struct, field)) or _EVERYWHERE.get(field)


def check_arguments(method: Method, arguments: object) -> None:
    """Check the arguments of a call, before it is sent and after it was received.

    Raises FieldError that names the first field that is missing or wrong, e.g. ``meterConfig.sgc``.
    """
    _check_struct(method.call_shape, arguments, "")


def check_answer(method: Method, answer: object) -> None:
    """Check what a method returns. Raises FieldError as ``check_arguments`` does."""
    member = method.reply_shape.fields[0]
    _check(method.name, Member("success", member.shape, required=True), answer, "")


def check_struct(name: str, struct: object) -> None:
    """Check a struct by itself. Raises FieldError as ``check_arguments`` does."""
    _check_struct(interface().structs[name], struct, "")


def _check_struct(shape: Shape, struct: object, path: str) -> None:
    for member in shape.fields.values():
        _check(shape.name, member, getattr(struct, member.name, None), path)


def _check(struct: str, member: Member, value: object, path: str) -> None:
    name = path + member.name
    if value is None:
        if member.required:
            raise FieldError(name, None, "given: the field is required")
        return
    form = form_of(struct, member.name)
    shown = HIDDEN if form is not None and form.hidden else value
    _check_type(member.shape, value, shown, name)
    if form is not None and not form.test(value):
        raise FieldError(name, shown, form.allowed)


def _check_type(shape: Shape, value: Any, shown: object, name: str) -> None:
    """Check type and, for whole numbers, width; walk into structs and containers."""
    wire = shape.wire
    if wire is Wire.STRUCT:
        if value.__class__.__name__ != shape.name:
            raise FieldError(name, value.__class__.__name__, f"a {shape.name}")
        _check_struct(shape, value, f"{name}.")
        return
    if wire in _BOUNDS:
        limit = 1 << _BOUNDS[wire]
        if value.__class__ is not int or not -limit <= value < limit:
            raise FieldError(name, shown, f"a whole number of {_BOUNDS[wire] + 1} bits")
        return
    if value.__class__ is not _CLASSES[wire]:
        raise FieldError(name, shown, f"of the type {wire.name}")
    for key, part in value.items() if wire is Wire.MAP else ():
        _check_type(shape.inside[0], key, key, name)
        _check_type(shape.inside[1], part, part, name)
    for index, item in enumerate(value if wire is Wire.LIST else ()):
        _check_type(shape.inside[0], item, item, f"{name}[{index}]")
