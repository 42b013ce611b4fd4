"""What the commands about tariffs share: documents by path or name, their zones, and the time in them.

A name without a folder and without the ending of a file is that of a tariff that comes along; ``-`` is
standard input.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import click

from voltoken.cli.bundled import bundled_files
from voltoken.cli.failures import FileTrouble
from voltoken.cli.sources import shown_name
from voltoken.errors import FieldError, MissingExtra
from voltoken.tariff import Tariff, load

FOLDER: Final = "examples/tariffs"
ENDING: Final = ".toml"
_BYTES_MAX: Final = 1 << 20
"""More than any document may have; the check of it says how many these are."""

_CASES: Final = ".cases"
"""Stands in the names of files with worked cases, which are no tariffs."""


def tariff_argument(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument TARIFF, which ``load_tariff`` reads."""
    return click.argument("name", metavar="TARIFF")(command)


def load_tariff(name: str) -> Tariff:
    """Return the tariff of a file, or the one of this name that comes along.

    Raises FileTrouble when there is none, TariffDocumentError when it has faults.
    """
    return load(read_document(name))


def read_document(name: str) -> bytes:
    """Return the exact bytes of a document. Raises FileTrouble."""
    if name == "-":
        return sys.stdin.buffer.read(_BYTES_MAX)
    try:
        if not _is_path(name):
            return _bundled(name)
        with Path(name).open("rb") as file:
            return file.read(_BYTES_MAX)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        raise FileTrouble(f"tariff {shown_name(name)}: {reason}.") from None


def bundled_names() -> tuple[str, ...]:
    """Return the names of the tariffs that come along, in order."""
    names = (entry.name.removesuffix(ENDING) for entry in bundled_files(FOLDER, ENDING))
    return tuple(name for name in names if not name.endswith(_CASES))


def zone_of(tariff: Tariff) -> ZoneInfo:
    """Return the time zone of a tariff. Raises FieldError when this system does not know it."""
    zone = find_zone(tariff.zone)
    if zone is None:
        raise FieldError("zone", tariff.zone, "a zone of the IANA time zone database, e.g. Africa/Kampala")
    return zone


def find_zone(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, None when there is none of this name.

    Raises MissingExtra on a system without any time zones.
    """
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        if not available_timezones():
            raise MissingExtra("Local times", "tzdata", "server") from None
        return None


def local(moment: datetime | None, zone: ZoneInfo) -> datetime:
    """Return a time on the clock of a zone; None is now, and one without a zone is read on that clock.

    Raises FieldError for a time that the calendar does not have there.
    """
    if moment is None:
        return datetime.now(UTC).astimezone(zone)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise FieldError("at", moment.isoformat(), "a time within the years 1 to 9999 there") from None


def _is_path(name: str) -> bool:
    return name.endswith(ENDING) or Path(name).name != name or Path(name).is_file()


def _bundled(name: str) -> bytes:
    names = bundled_names()
    if name in names:
        entry = next(one for one in bundled_files(FOLDER, ENDING) if one.name == f"{name}{ENDING}")
        return entry.read_bytes()
    near = [one for one in names if name and name in one][:3] or difflib.get_close_matches(name, names, 3)
    hint = (
        f"Did you mean {' or '.join(near)}?" if near else "voltoken tariff show lists those that come along."
    )
    raise FileTrouble(
        f"tariff {shown_name(name)}: there is no such file, and none of this name comes along. {hint}"
    )
