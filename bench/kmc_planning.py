"""How long it takes to plan for a million meters: reading their list, sorting them into waves, the clock.

Aimed at: a second for everything but the reading, which checks two check digits of each meter and is told
by the row. ``python -m bench.kmc_planning [rows]`` prints these only.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Final

from bench.measure import Figure, measure
from bench.report import report
from voltoken.kmc.planning import (
    Exposure,
    MeterList,
    Sorted,
    WavePlan,
    even_waves,
    exposure,
    read_meters,
    sort_into_waves,
    visits_needed,
)
from voltoken.sts import luhn_check_digit

TITLE: Final = "CPU time per meter of a plan"
METERS: Final = 1_000_000
READ_HOPE: Final = 100_000.0
PLAN_HOPE: Final = 1_000_000.0

_TODAY: Final = date(2026, 11, 21)
_HEADER: Final = "pan,sgc,krn,ti,ea,base_date,ken,tct,module,last_purchase,purchases\n"
_PURCHASES: Final = (0, 1, 1, 2, 3, 4, 6, 9, 13, 26)
"""In ninety days; a tenth of the meters buy nothing."""


def figures(meters: int = METERS) -> list[Figure]:
    """Measure reading, sorting and the clock, each by the meter."""
    lines = list_of(meters)
    found = read_meters(lines)
    plan = WavePlan(even_waves(meters, 8, _TODAY + timedelta(days=10), 14), 200, 60)
    in_waves = sort_into_waves(found.meters, plan.waves)
    by = _TODAY + timedelta(days=250)
    _check(found, exposure(in_waves, plan, _TODAY), meters)
    ways: list[Callable[[], MeterList | Sorted | Exposure | int | None]] = [
        partial(read_meters, lines),
        partial(sort_into_waves, found.meters, plan.waves),
        partial(exposure, in_waves, plan, _TODAY),
        partial(visits_needed, in_waves, plan, _TODAY, by),
    ]
    timings = measure(ways, items=[meters] * len(ways), rounds=3, seconds=0)
    names = ("read a list of meters", "sort into 8 waves", "exposure clock", "fewest visits by a day")
    hopes = (READ_HOPE, PLAN_HOPE, PLAN_HOPE, PLAN_HOPE)
    return [Figure(name, one, hope=hope) for name, one, hope in zip(names, timings, hopes, strict=True)]


def list_of(meters: int) -> list[str]:
    """Return the lines of a made-up list, the same every time."""
    chance = random.Random(1)
    return [_HEADER, *(_line(number, chance) for number in range(meters))]


def _line(number: int, chance: random.Random) -> str:
    drn = f"07{number:08d}"
    drn += luhn_check_digit(drn)
    pan = f"600727{drn}"
    bought = chance.choice(_PURCHASES)
    last = _TODAY - timedelta(days=chance.randrange(1, 90)) if bought else ""
    key = "123456,1,01,07,93,255,02"
    return f"{pan}{luhn_check_digit(pan)},{key},m-{number % 5},{last},{bought}\n"


def _check(found: MeterList, clock: Exposure, meters: int) -> None:
    """See that every meter was read and is somewhere on the curve. Raises SystemExit when not."""
    if found.faults.count or len(found.meters) != meters or clock.total != meters:
        raise SystemExit("The list was not read as it was written.")


if __name__ == "__main__":
    wanted = [int(word) for word in sys.argv[1:] if word.isdigit()]
    sys.exit(report(figures(*wanted), TITLE))
