"""The options that say which meters there are, and in which waves they are led to a new key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import click

from voltoken import canonical
from voltoken.cli.commands import SectionOption
from voltoken.cli.failures import FileTrouble
from voltoken.cli.kmc.lists import meters_of, waves_of
from voltoken.cli.parameters import Decorator, convert, gather
from voltoken.cli.parameters import number as whole_number
from voltoken.cli.sources import shown_name
from voltoken.errors import FieldError
from voltoken.kmc.planning import (
    DAYS_MAX,
    VISITS_MAX,
    WAVES_MAX,
    WINDOW_DEFAULT,
    MeterList,
    WavePlan,
    even_waves,
    meters_on,
)

CHARTS: Final = (".svg", ".png", ".html")
_SECTION: Final = "Meters and waves"


@dataclass(frozen=True, slots=True)
class Field:
    """The meters and waves that were asked for. apart: days from one wave to the next."""

    meters: str | None
    window: int
    waves: str | None
    count: int | None
    opens: date | None
    apart: int
    visits: int | None
    visit_after: int | None

    def read(self) -> MeterList | None:
        """Return the list of meters, None where none was named. Raises FileTrouble and WrongFile."""
        return None if self.meters is None else meters_of(self.meters, self.window)

    def plan(self, meters: MeterList | None, today: date, *names: str) -> WavePlan:
        """Return the plan for the meters that are on some keys.

        Raises FileTrouble, WrongFile, FieldError, and UsageError for options that contradict each other.
        """
        if self.waves is not None:
            if self.count is not None or self.opens is not None:
                raise click.UsageError("--waves names a whole plan: leave out --even-waves and --opens.")
            found = waves_of(self.waves)
        else:
            size = 0 if meters is None else sum(1 for _ in meters_on(meters.meters, *names))
            found = WavePlan(even_waves(size, self.count or 1, self.opens or today, self.apart))
        if self.visits is not None:
            found = replace(found, visits_per_day=self.visits)
        if self.visit_after is not None:
            found = replace(found, visit_after=self.visit_after)
        return found


def day(field: str) -> Callable[[str], date]:
    """Return what reads a day."""

    def read(text: str) -> date:
        found = canonical.read_day(text)
        if found is None:
            raise FieldError(field, text, "a day such as 2026-12-01")
        return found

    return read


def chart_name(text: str) -> str:
    """Return the name of a file for a chart. Raises FieldError unless its ending tells what it is."""
    if Path(text).suffix.lower() not in CHARTS:
        raise FieldError("chart", text, f"a name that ends in {', '.join(CHARTS)}")
    return text


def check_free(*names: str | None, force: bool) -> None:
    """Refuse to write over anything by accident. Raises FileTrouble."""
    for name in names:
        if name is not None and Path(name).exists() and not force:
            raise FileTrouble(f"{shown_name(name)} exists already; --force replaces it.")


def _option(*names: str, **options: Any) -> Decorator:
    return click.option(*names, cls=SectionOption, section=_SECTION, **options)


def _number(name: str, least: int, most: int) -> dict[str, Any]:
    allowed = f"a whole number {least} to {most}"
    whole = whole_number(name, allowed)

    def read(text: str) -> int:
        found = whole(text)
        if not least <= found <= most:
            raise FieldError(name, text, allowed)
        return found

    return {"callback": convert(read)}


METERS: Final = _option("--meters", metavar="FILE", help="List of meters: CSV or lines of JSON; - for input.")
_OPTIONS: Final = (
    METERS,
    _option(
        "--window",
        metavar="DAYS",
        default=str(WINDOW_DEFAULT),
        show_default=True,
        help="What the column purchases counts.",
        **_number("window", 1, DAYS_MAX),
    ),
    _option(
        "--waves", metavar="FILE", help="Wave plan: JSON with waves, visits_per_day, visit_after, missed."
    ),
    _option(
        "--even-waves",
        "count",
        metavar="N",
        help="So many waves of one size, in place of a plan.",
        **_number("waves", 1, WAVES_MAX),
    ),
    _option(
        "--opens", metavar="DAY", callback=convert(day("opens")), help="The first wave.  [default: today]"
    ),
    _option(
        "--apart",
        metavar="DAYS",
        default="14",
        show_default=True,
        help="From one wave to the next.",
        **_number("apart", 0, DAYS_MAX),
    ),
    _option(
        "--visits", metavar="N", help="Meters that people visit in a day.", **_number("visits", 0, VISITS_MAX)
    ),
    _option(
        "--visit-after",
        metavar="DAYS",
        help="Days after which a wave's slowest buyers are visited as well.",
        **_number("visit_after", 0, DAYS_MAX),
    ),
)

meters_and_waves: Final = gather("field", Field, _OPTIONS)
"""Adds the options; they arrive as one ``Field`` named ``field``."""
