"""The exposure clock as a chart needs it: columns of whole numbers, and the days that people ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from voltoken.kmc.planning.exposure import SHARES, Exposure
from voltoken.kmc.planning.waves import later


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A column of the chart: days from the start, and how many meters are left on the old key at their end.

    bought, visited: since the column before.
    """

    day: int
    left: int
    bought: int
    visited: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """A share in percent, and after how many days it is reached; None for never."""

    percent: int
    days: int | None
    on: date | None


def points(clock: Exposure, most: int) -> tuple[CurvePoint, ...]:
    """Return the curve in at most so many columns of about the same width, down to the last day."""
    days = len(clock.bought)
    count = min(days, most)
    found, start = [], 0
    left = clock.total - clock.already
    for number in range(1, count + 1):
        end = number * days // count
        bought, visited = sum(clock.bought[start:end]), sum(clock.visited[start:end])
        left -= bought + visited
        found.append(CurvePoint(end - 1, left, bought, visited))
        start = end
    return tuple(found)


def milestones(clock: Exposure) -> tuple[Milestone, ...]:
    """Return when the shares are reached that people ask for."""
    found = ((percent, clock.days_to(percent)) for percent in SHARES)
    return tuple(
        Milestone(percent, days, None if days is None else later(clock.start, days))
        for percent, days in found
    )
