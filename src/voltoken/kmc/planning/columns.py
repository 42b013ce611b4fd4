"""Columns of lists of meters and of tokens: their names, whether a list needs them, and how a cell is read.

Every cell is text, so that leading zeros are never lost on the way; a number written by a spreadsheet, such
as ``6.00727E+17``, is refused and never repaired.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final, NamedTuple

from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.kmc.planning.values import DAYS_MAX
from voltoken.sts import EA, KEN, KRN, SGC, TCT, TI, TID, BaseDate, MeterPAN, parse_meter_number

WINDOW_DEFAULT: Final = 90
"""Days that a number of purchases counts, where a list does not say."""
PURCHASES_MAX: Final = 1_000_000

_WHOLE: Final = re.compile(r"[0-9]{1,10}", re.ASCII)
_DAYS: Final = re.compile(r"[0-9]{1,4}(\.[0-9]{1,6})?", re.ASCII)
_MODULE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,-]{0,39}", re.ASCII)
_ZEROS: Final = "Keep the leading zeros."


class Column(NamedTuple):
    """A column. read: turns the text of a cell into its value, or raises FieldError.

    needed: a list without it is refused, and so is a row without a value. number: JSON may have a number.
    """

    name: str
    read: Callable[[str], Any]
    text: str
    needed: bool = True
    number: bool = False


def whole(name: str, least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number."""

    def read(text: str) -> int:
        number = int(text) if _WHOLE.fullmatch(text) else -1
        if not least <= number <= most:
            raise FieldError(name, text, f"a whole number {least} to {most}")
        return number

    return read


def day_of(text: str) -> date:
    """Return the day of a text: a day, or a time with its zone, of which the day in UTC is taken."""
    day = canonical.read_day(text) if len(text) == 10 else moment_of(text, "last_purchase").date()
    if day is None:
        raise FieldError("last_purchase", text, "a day such as 2026-11-21")
    return day


def moment_of(text: str, name: str = "issued_at") -> datetime:
    """Return a time with its zone as one in UTC. Raises FieldError for any other text."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise FieldError(name, text, "a time with its zone, such as 2026-11-21T08:00:00Z")


def interval_of(text: str) -> Fraction:
    """Return days from one purchase to the next, exactly. Raises FieldError."""
    found = Fraction(text) if _DAYS.fullmatch(text) else Fraction(0)
    if not 0 < found <= DAYS_MAX:
        raise FieldError(
            "interval_days", text, f"days such as 12 or 10.5, more than 0 and at most {DAYS_MAX}"
        )
    return found


def module_of(text: str) -> str:
    """Return the id of a module. Raises FieldError."""
    if not _MODULE.fullmatch(text):
        raise FieldError("module", text, "1 to 40 letters, digits and _ . , -")
    return text


def pan_of(text: str) -> str:
    """Return a meter number with all its digits. Raises FieldError."""
    if len(text) == 18 and text.isdigit():
        return str(MeterPAN(text))  # what nearly all rows have, and the quicker way
    return str(parse_meter_number(text))


def _code(name: str, kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return what reads a code of two digits, and reminds of a zero that may be lost."""

    def read(text: str) -> Any:
        try:
            return kind(text)
        except FieldError as error:
            raise FieldError(name, text, error.allowed, _ZEROS if len(text) == 1 else "") from None

    return read


SETUP_COLUMNS: Final = (
    Column("sgc", lambda text: str(SGC(text)), "supply group code, six digits"),
    Column(
        "krn", lambda text: int(KRN(whole("krn", 1, 9)(text))), "key revision number, 1 to 9", number=True
    ),
    Column("ti", lambda text: str(TI(text)), "tariff index, two digits"),
    Column("ea", _code("ea", EA), "encryption algorithm, 07 or 11"),
    Column("base_date", _code("base_date", BaseDate), "base date, 93, 14 or 35"),
    Column(
        "ken", lambda text: int(KEN(whole("ken", 0, 255)(text))), "key expiry number, 0 to 255", number=True
    ),
    Column("tct", lambda text: str(TCT(text)), "token carrier type, two digits"),
    Column("module", module_of, "the module that serves the meter", needed=False),
)
"""What is the same in many meters."""

CADENCE_COLUMNS: Final = (
    Column(
        "last_purchase",
        day_of,
        "day or time of the last purchase; nothing: the whole interval is still to come",
        needed=False,
    ),
    Column(
        "purchases",
        whole("purchases", 0, PURCHASES_MAX),
        "how many purchases there were in the last window_days",
        needed=False,
        number=True,
    ),
    Column(
        "window_days",
        whole("window_days", 1, DAYS_MAX),
        f"the days that purchases counts; {WINDOW_DEFAULT} when nothing is said",
        needed=False,
        number=True,
    ),
    Column(
        "interval_days",
        interval_of,
        "days from one purchase to the next, in place of purchases",
        needed=False,
        number=True,
    ),
)
"""How a meter buys."""

PAN_COLUMN: Final = Column("pan", pan_of, "meter number, 18, 13 or 11 digits")

METER_COLUMNS: Final = (PAN_COLUMN, *SETUP_COLUMNS, *CADENCE_COLUMNS)
"""All columns of a list of meters; others are not looked at."""

TOKEN_COLUMNS: Final = (
    PAN_COLUMN,
    Column("tid", lambda text: int(TID(whole("tid", 0, TID.HIGH)(text))), "token identifier", number=True),
    *SETUP_COLUMNS[:2],
    Column("issued_at", moment_of, "time of issue, with its zone"),
    Column("module", module_of, "the module that made it"),
)
"""All columns of a list of tokens; others are not looked at."""
