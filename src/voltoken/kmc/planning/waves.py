"""Waves: reading the plan of them, and which meters go in which.

A plan is a JSON object::

    {"visits_per_day": 40, "visit_after": 60, "missed": 3,
     "waves": [{"name": "north", "opens": "2026-12-01", "size": 20000, "modules": ["M1"]},
               {"name": "rest", "opens": "2027-01-15"}]}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.kmc.planning.values import (
    DAYS_MAX,
    MISSED_DEFAULT,
    WAVES_MAX,
    Cadence,
    Meter,
    Setup,
    Wave,
    WavePlan,
)

_PLAN: Final = ("waves", "visits_per_day", "visit_after", "missed")
_WAVE: Final = ("name", "opens", "size", "modules", "eas", "sgcs")


@dataclass(frozen=True, slots=True)
class Sorted:
    """Meters in their waves. counts: how many there are of each wave's number and each way to buy.

    unplaced: meters that no wave takes.
    """

    counts: Mapping[tuple[int, Cadence], int]
    unplaced: int = 0

    @property
    def total(self) -> int:
        """All meters, those without a wave too."""
        return sum(self.counts.values()) + self.unplaced


def sort_into_waves(meters: Iterable[Meter], waves: tuple[Wave, ...]) -> Sorted:
    """Put each meter, in the order of the list, in the first wave that takes it and has room."""
    rooms = [wave.size for wave in waves]
    open_to: dict[Setup, list[int]] = {}
    counts: Counter[tuple[int, Cadence]] = Counter()
    unplaced = 0
    for _, setup, cadence in meters:
        places = open_to.get(setup)
        if places is None:
            places = open_to[setup] = [number for number, wave in enumerate(waves) if wave.takes(setup)]
        while places and rooms[places[0]] == 0:
            places.pop(0)
        if not places:
            unplaced += 1
            continue
        number = places[0]
        room = rooms[number]
        if room is not None:
            rooms[number] = room - 1
        counts[number, cadence] += 1
    return Sorted(counts, unplaced)


def even_waves(meters: int, waves: int, opens: date, days_apart: int) -> tuple[Wave, ...]:
    """Return waves of about the same size, for a number of meters.

    Raises FieldError for more than WAVES_MAX waves, or days_apart beyond 0 to DAYS_MAX.
    """
    if not 1 <= waves <= WAVES_MAX:
        raise FieldError("waves", waves, f"1 to {WAVES_MAX}")
    if not 0 <= days_apart <= DAYS_MAX:
        raise FieldError("days_apart", days_apart, f"0 to {DAYS_MAX} days")
    size = max(1, -(-meters // waves))
    return tuple(
        Wave(str(number + 1), later(opens, number * days_apart), size if number + 1 < waves else None)
        for number in range(waves)
    )


def later(day: date, days: int) -> date:
    """Return a day some days later. Raises FieldError beyond the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise FieldError("day", f"{day} and {days} days", "before the year 10000") from None


def plan_of(document: object) -> WavePlan:
    """Return the plan of a JSON document. Raises FieldError, and nothing else."""
    found = _object(document, _PLAN, "wave plan")
    waves = found.get("waves")
    if not isinstance(waves, list):
        raise FieldError("waves", waves, "a list of waves, each with a name and the day on which it opens")
    after = found.get("visit_after")
    return WavePlan(
        tuple(_wave(one) for one in waves[: WAVES_MAX + 1]),
        _whole("visits_per_day", found.get("visits_per_day", 0)),
        None if after is None else _whole("visit_after", after),
        _whole("missed", found.get("missed", MISSED_DEFAULT)),
    )


def _wave(document: object) -> Wave:
    found = _object(document, _WAVE, "wave")
    name, opens, size = found.get("name"), canonical.read_day(found.get("opens")), found.get("size")
    if not isinstance(name, str) or not 1 <= len(name) <= 60 or not name.isprintable():
        raise FieldError("name", name, "1 to 60 printable characters")
    if opens is None:
        raise FieldError("opens", found.get("opens"), "a day such as 2026-12-01")
    texts = [_texts(member, found.get(member, [])) for member in ("modules", "eas", "sgcs")]
    return Wave(name, opens, None if size is None else _whole("size", size), *texts)


def _object(document: object, known: tuple[str, ...], what: str) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise FieldError(what, document, f"an object with {', '.join(known)}")
    unknown = [name for name in document if name not in known]
    if unknown:
        raise FieldError(what, unknown[0], f"an object with {', '.join(known)}, and nothing else")
    return document


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise FieldError(name, value, "a whole number")
    return value


def _texts(name: str, value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise FieldError(name, value, "a list of texts")
    return frozenset(value)
