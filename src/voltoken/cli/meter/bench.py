"""What the commands on a meter share: its file, the time, the words for what it holds and does.

The meter's time never runs backwards by itself: without ``--time`` a command happens now, or at the time of
the last command if that is later, so that waiting can be played. A ``--time`` in the past is taken with a
warning, because a laboratory may want to see what a meter makes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click

from voltoken.cli.failures import warn
from voltoken.cli.glass import printable
from voltoken.cli.keys import SAMPLE_WARNING, KeyOptions
from voltoken.cli.meter.files import LAST_YEAR, MeterFile
from voltoken.cli.parameters import convert, moment
from voltoken.errors import FieldError, MeterOff
from voltoken.meter import (
    READINGS,
    SKINS,
    EntryPath,
    Meter,
    Outcome,
    Reason,
    Relay,
    Skin,
    Step,
    observation,
)
from voltoken.sts import EA, STATables

YEARS: Final = (1994, LAST_YEAR)
"""The first and the last year in which a virtual meter can live."""
SPAN_MAX: Final = timedelta(days=3660)

REASONS: Final = {
    Reason.CREDIT: "no credit",
    Reason.POWER_LIMIT: "too much power was drawn",
    Reason.UNBALANCE: "the phases were too unequal",
    Reason.TAMPER: "tampering was noticed",
    Reason.SERVICE: "the utility has switched it off",
}
"""Why the supply is off, in words."""


def clock(text: str) -> datetime:
    """Read a time for a meter; without a zone it is UTC. Raises FieldError outside its years."""
    value = moment(text)
    if not YEARS[0] <= value.year <= YEARS[1]:
        raise FieldError("time", text, f"in the years {YEARS[0]} to {YEARS[1]}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


FILE: Final = click.argument("path", metavar="FILE")
TIME: Final = click.option(
    "--time",
    metavar="ISO",
    callback=convert(clock),
    help="When it happens, such as 2026-03-01T13:00; UTC without a zone.  [default: now]",
)
TABLES: Final = click.option(
    "--sta-tables", metavar="FILE", help="EA07: licensed tables, or the word sample.  [default: sample]"
)


def tables_of(sta_tables: str | None) -> STATables:
    """Return the tables of an option. Raises as reading a file does."""
    return KeyOptions(sta_tables=sta_tables).tables()


def warn_of_sample(meter: Meter, tables: STATables) -> None:
    """Say that a meter for EA07 runs on the sample tables, if it does."""
    if meter.memory.key.ea is EA.STA and tables.is_sample:
        warn(SAMPLE_WARNING)


def pick_time(file: MeterFile, time: datetime | None, after: timedelta = timedelta()) -> datetime:
    """Return when a command ends and note it in the file.

    time: as given; None is now, or so long after the last command if that is later.
    """
    last = file.last
    if time is None:
        time = datetime.now(UTC)
        if last is not None:
            time = max(time, last + after)
    elif last is not None and time < last:
        warn(f"the time goes back: the last command was at {iso(last)}. Waiting times may begin again.")
    if time.year > YEARS[1]:
        raise FieldError("time", iso(time), f"in the years {YEARS[0]} to {YEARS[1]}")
    file.last = time
    return time


def need_power(file: MeterFile) -> None:
    """Refuse what needs power while there is none. Raises MeterOff that says how to get it back."""
    if not file.meter.is_powered:
        raise MeterOff("The meter has no power. Give it back with: voltoken meter cut FILE --restore.")


POWER_OFF: Final = ("power", "off: voltoken meter cut --restore gives it back")
"""The row about the power of a meter that has none."""


def note(file: MeterFile, at: datetime, action: str, outcome: Outcome = None, **arguments: object) -> None:
    """Note in the story of a meter, if one is kept, what was done to it just now, and what came of it.

    action, arguments: as in a scenario. outcome: what the meter answered.
    Raises ScenarioError for what no scenario can say; the command then leaves the meter as it was.
    """
    if file.story is not None:
        step = Step(at, action, arguments)
        file.story.add(step, observation(file.meter, step, outcome))


def iso(time: datetime) -> str:
    """Return a time as RFC 3339 text in UTC, to the second."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def span_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--seconds``, ``--minutes`` and ``--hours``."""
    for name in ("hours", "minutes", "seconds"):
        command = click.option(
            f"--{name}", metavar="N", callback=convert(_whole(name)), help=f"So many {name}."
        )(command)
    return command


def _whole(name: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or len(text) > 9:
            raise FieldError(name, text, "a whole number")
        return int(text)

    return read


def span(seconds: int | None, minutes: int | None, hours: int | None) -> timedelta | None:
    """Return the options of ``span_options`` together, None without any. Raises FieldError beyond years."""
    if seconds is None and minutes is None and hours is None:
        return None
    whole = (seconds or 0) + 60 * (minutes or 0) + 3600 * (hours or 0)
    if whole > SPAN_MAX.days * 86_400:
        raise FieldError("span", f"{whole} s", f"at most {SPAN_MAX.days} days")
    return timedelta(seconds=whole)


def skin_of(meter: Meter) -> Skin:
    """Return the skin of a meter; its profile can name no other than those there are."""
    return SKINS[meter.profile.skin]


def reading(meter: Meter, name: str) -> str:
    """Return a reading as the meter shows it."""
    return printable(READINGS[name](meter).text())


def supply_line(meter: Meter) -> str:
    """Return in words whether the supply is on, and why not."""
    if meter.relay is Relay.CONNECTED:
        return "on"
    if meter.relay is Relay.READY:
        return "off; nothing keeps it off any more: press the key (voltoken meter reconnect)"
    why = ", ".join(REASONS[reason] for reason in meter.reasons)
    trip = meter.supply.trip
    return f"off: {why}{f'; on again at {iso(trip.until)}' if trip else ''}"


def lockouts(meter: Meter, now: datetime) -> list[tuple[EntryPath, int, int]]:
    """Return for each path with wrong tokens: the path, how many in a row, and the seconds to wait."""
    return [
        (path, failures.in_a_row, meter.lockout_s(now, path))
        for path, failures in meter.memory.lockout.items()
    ]


def state(file: MeterFile, now: datetime) -> dict[str, Any]:
    """Return what every answer in JSON tells about a meter after a command."""
    meter = file.meter
    credit = READINGS["credit"](meter)
    return {
        "file": file.path,
        "time": iso(now),
        "powered": meter.is_powered,
        "credit": str(credit.value),
        "unit": credit.unit,
        "credit_counts": meter.credit,
        "total_counts": meter.total,
        "relay": meter.relay.value,
        "reasons": [reason.value for reason in meter.reasons],
        "low_credit": meter.is_low,
    }


def masked(digits: str) -> str:
    """Return a token of which only the first and the last four digits can be read."""
    return f"{digits[:4]} {_HIDDEN} {_HIDDEN} {_HIDDEN} {digits[-4:]}"


_HIDDEN: Final = "\u00b7" * 4
