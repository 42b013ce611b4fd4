"""What a field of a register can hold, and how it is read: from a word on a command line, or from a file.

A kind turns what somebody gave into the one plain value that stands in the entry, or says what it should
have been. There is one kind for every idea: a supply group code is read the same way in every register.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.sts import DKGA, EA, KEN, KRN, SGC, BaseDate, KeyType, MeterPAN, Service

TEXT_MAX: Final = 400
LIST_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    name: for tables and help, e.g. ``SGC``. allowed: what it takes, as an error says it.
    read: returns the plain value of what was given, or raises ValueError, TypeError or FieldError.
    refers: the register whose entries it names, empty for others. many: it is a list.
    """

    name: str
    allowed: str
    read: Callable[[Any], Any]
    refers: str = ""
    many: bool = False

    def value(self, field: str, given: object) -> Any:
        """Return the plain value of what was given for a field. Raises FieldError."""
        try:
            return self.read(given)
        except FieldError as error:
            raise FieldError(field, given, error.allowed or self.allowed) from None
        except (ValueError, TypeError, LookupError, ArithmeticError):
            raise FieldError(field, given, self.allowed) from None


def text(most: int = TEXT_MAX, least: int = 1) -> Kind:
    """Return the kind of one line of printable text."""

    def read(given: Any) -> str:
        if not isinstance(given, str) or not least <= len(given.strip()) <= most or not given.isprintable():
            raise ValueError
        return given.strip()

    return Kind("text", f"one line of {least} to {most} printable characters", read)


def pattern(name: str, form: str, allowed: str) -> Kind:
    """Return the kind of a text that matches a regular expression as a whole."""
    compiled = re.compile(form)

    def read(given: Any) -> str:
        if not isinstance(given, str) or not compiled.fullmatch(given):
            raise ValueError
        return given

    return Kind(name, allowed, read)


def count(least: int = 0, most: int = canonical.INTEGER_MAX) -> Kind:
    """Return the kind of a whole number."""

    def read(given: Any) -> int:
        number = _whole(given)
        if not least <= number <= most:
            raise ValueError
        return number

    return Kind("number", f"a whole number {least} to {most}", read)


def choice(*words: str) -> Kind:
    """Return the kind of one of some words."""

    def read(given: Any) -> str:
        if given not in words:
            raise ValueError
        return str(given)

    return Kind("|".join(words), f"one of {', '.join(words)}", read)


def many(kind: Kind, least: int = 0) -> Kind:
    """Return the kind of a list without repetitions, in order: of a text with commas, or of a list."""

    def read(given: Any) -> list[Any]:
        parts = (
            [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given
        )
        if not isinstance(parts, list | tuple) or not least <= len(parts) <= LIST_MAX:
            raise ValueError
        found = sorted(kind.read(part) for part in parts)
        if any(one == other for one, other in pairwise(found)):
            raise ValueError
        return found

    again = f", at least {least}" if least else ""
    allowed = f"a list without repetitions{again}, each {kind.allowed}"
    return Kind(f"{kind.name},...", allowed, read, kind.refers, many=True)


def reference(register: str, kind: Kind | None = None) -> Kind:
    """Return the kind of the id of an entry of another register, which must be there."""
    base = kind or IDENT
    return Kind(base.name, f"the id of an entry of {register}: {base.allowed}", base.read, register)


def _whole(given: Any) -> int:
    number = int(given) if isinstance(given, str) and re.fullmatch(r"-?[0-9]{1,19}", given) else given
    if number.__class__ is not int:  # neither yes, which Python takes for 1, nor a fraction
        raise TypeError
    return int(number)


def _moment(given: Any) -> str:
    moment = datetime.fromisoformat(given) if isinstance(given, str) else given
    if not isinstance(moment, datetime):
        raise TypeError
    return canonical.write_moment(moment)


def _day(given: Any) -> str:
    day = canonical.read_day(given)
    if day is None:
        raise ValueError
    return day.isoformat()


def _flag(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    return {"true": True, "yes": True, "false": False, "no": False}[given]


def _ea(given: Any) -> str:
    return EA(str(given).removeprefix("EA")).value


def _key_type(given: Any) -> int:
    kt = KeyType(_whole(given))
    if kt is KeyType.DITK:
        raise ValueError
    return int(kt)


def _service(given: Any) -> str:
    return Service[str(given).upper()].name.lower()


def _document(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError
    return canonical.read(canonical.write(given).encode(), 1 << 20)


IDENT: Final = pattern(
    "id", r"[A-Za-z0-9][A-Za-z0-9_.,-]{0,39}", "1 to 40 letters, digits and _ . , -, a letter or digit first"
)
NAME: Final = text(120)
LINE: Final = text(TEXT_MAX)
FLAG: Final = Kind("yes|no", "yes or no", _flag)
DAY: Final = Kind("day", "a day such as 2026-11-21", _day)
MOMENT: Final = Kind("time", "a time with its zone, such as 2026-11-21T08:00:00+00:00", _moment)
SGC_KIND: Final = Kind("SGC", "six digits", lambda given: str(SGC(given)))
KRN_KIND: Final = Kind("KRN", "1 to 9", lambda given: int(KRN(_whole(given))))
KEN_KIND: Final = Kind("KEN", "0 to 255", lambda given: int(KEN(_whole(given))))
KT_KIND: Final = Kind("KT", "1 (default), 2 (unique) or 3 (common)", _key_type)
BASE_DATE_KIND: Final = Kind("93|14|35", "93, 14 or 35", lambda given: BaseDate(str(given)).value)
DKGA_KIND: Final = Kind("DKGA", "02 or 04", lambda given: DKGA(str(given)).value)
EAS_KIND: Final = many(Kind("EA", " or ".join(each.value for each in EA), _ea), least=1)
SERVICE: Final = Kind("service", f"one of {', '.join(one.name.lower() for one in Service)}", _service)
PAN: Final = Kind("PAN", "a MeterPAN of 18 digits", lambda given: str(MeterPAN(given)))
WORD: Final = pattern(
    "name", r"[a-z0-9][a-z0-9_.-]{0,39}", "1 to 40 of a-z, 0-9 and _ . -, a letter or digit first"
)
"""What ``voltoken.access`` takes as the name of a person or a role."""
SIGNATURE: Final = pattern("hex", r"[0-9a-f]{128}", "a signature: 128 hexadecimal digits in small letters")
PUBLIC_KEY: Final = pattern("hex", r"[0-9a-f]{64}", "a public key: 64 hexadecimal digits in small letters")
DIGEST: Final = pattern("hex", r"[0-9a-f]{64}", "SHA-256: 64 hexadecimal digits in small letters")
KCV: Final = pattern("hex", r"[0-9A-F]{6}", "a check value: 6 hexadecimal digits in capitals")
COUNTRY_CODE: Final = pattern("CC", r"[A-Z]{2}", "two capitals, as in ISO 3166: KE")
DOCUMENT: Final = Kind("object", "an object of JSON without fractions", _document)
