"""The exposure clock: how long meters stay on a key that should be gone, day by day.

A meter takes its key change with the first purchase after its wave has opened; one that has fallen silent
waits for a visit. The days of purchases follow from how each meter has bought so far, exactly and without
chance, so the same lists give the same curve. What it leaves out: people who buy earlier because they were
told to, and meters whose customer does not enter the key change; see the states of a key change campaign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import accumulate
from operator import add
from typing import Final

from voltoken.errors import FieldError
from voltoken.kmc.planning.values import VISITS_MAX, WavePlan
from voltoken.kmc.planning.waves import Sorted, later

HORIZON_DAYS: Final = 36_525
"""Nothing is reckoned further ahead than a hundred years: what has not happened then never does."""
SHARES: Final = (50, 90, 99, 100)
"""The shares, in percent, for which people want to know the day."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the clock found.

    start: day 0. total: all meters. already: those that were on the new key before. bought, visited: meters
    re-keyed on each day from day 0 to the last with any. never: those that no purchase and no visit reaches.
    """

    start: date
    total: int
    already: int
    bought: tuple[int, ...]
    visited: tuple[int, ...]
    never: int

    @property
    def daily(self) -> tuple[int, ...]:
        """How many meters are re-keyed on each day."""
        return tuple(map(add, self.bought, self.visited))

    @property
    def curve(self) -> tuple[int, ...]:
        """How many meters are on the new key at the end of each day."""
        return tuple(self.already + done for done in accumulate(self.daily))

    def left_on(self, day: date) -> int:
        """Return how many meters are still on the old key at the end of a day."""
        days = max(0, (day - self.start).days + 1)
        return self.total - self.already - sum(self.daily[:days])

    def days_to(self, percent: int) -> int | None:
        """Return after how many days this share of all meters is re-keyed; None for never.

        percent: 1 to 100, of which at least so much is meant, never rounded up to it.
        """
        if self.already * 100 >= percent * self.total:
            return 0
        return next((day for day, done in enumerate(self.curve) if done * 100 >= percent * self.total), None)

    def day_of(self, percent: int) -> date | None:
        """Return the day on which this share is reached; None for never."""
        days = self.days_to(percent)
        return None if days is None else later(self.start, days)

    @property
    def meter_days(self) -> int | None:
        """Days on the old key, added up over all meters; None where some stay on it for ever."""
        if self.never:
            return None
        return sum(day * count for day, count in enumerate(self.daily))

    @property
    def mean_days(self) -> Fraction | None:
        """Days on the old key in the mean of all meters; None where some stay on it for ever."""
        days = self.meter_days
        return None if days is None or not self.total else Fraction(days, self.total)


def exposure(sorted_meters: Sorted, plan: WavePlan, start: date, already: int = 0) -> Exposure:
    """Return how meters are re-keyed by a plan.

    sorted_meters: those on the old key, in the waves of the plan. start: day 0, on which what is known of
    purchases is looked at; waves that opened earlier open then. already: meters that are on the new key.
    """
    run = _Run(sorted_meters, plan, start)
    bought, visited = [], []
    for one, other in run.days():
        bought.append(one)
        visited.append(other)
    while bought and not bought[-1] and not visited[-1]:
        bought.pop()
        visited.pop()
    total = sorted_meters.total
    never = total - sum(bought) - sum(visited)
    return Exposure(start, total + already, already, tuple(bought), tuple(visited), never)


def visits_needed(sorted_meters: Sorted, plan: WavePlan, start: date, by: date) -> int | None:
    """Return the fewest visits a day with which all meters are re-keyed by a day; None when none are enough.

    Visits end the wait of those that come last only where the plan has visit_after.
    """

    def is_enough(visits: int) -> bool:
        tried = WavePlan(plan.waves, visits, plan.visit_after, plan.missed)
        return exposure(sorted_meters, tried, start).left_on(by) == 0

    if by < start:
        raise FieldError("by", str(by), f"not before {start}")
    low, high = 0, min(max(1, sorted_meters.total), VISITS_MAX)
    if not is_enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low


class _Run:
    """One wave after the other, day by day. Meters are counted, so that a million of them take no longer."""

    def __init__(self, meters: Sorted, plan: WavePlan, start: date) -> None:
        self.plan = plan
        first = start.toordinal()
        self.opens = [max(0, wave.opens.toordinal() - first) for wave in plan.waves]
        self.order = sorted(range(len(plan.waves)), key=lambda number: (self.opens[number], number))
        self.silent = [0] * len(plan.waves)
        self.buyers: list[dict[int, int]] = [{} for _ in plan.waves]
        for (number, cadence), count in meters.counts.items():
            if cadence.is_silent(first, plan.missed):
                self.silent[number] += count
                continue
            day = cadence.next_from(first + self.opens[number]) - first
            self.buyers[number][day] = self.buyers[number].get(day, 0) + count
        self.last_days: Sequence[list[int]] = [sorted(days) for days in self.buyers]

    def days(self) -> Iterator[tuple[int, int]]:
        """Yield how many buy and how many are visited on each day, as long as anything can happen."""
        for day in range(HORIZON_DAYS + 1):
            if not any(self.buyers) and not (self.plan.visits_per_day and any(self.silent)):
                return
            bought = sum(days.pop(day, 0) for days in self.buyers)
            yield bought, self._visit(day)

    def _visit(self, day: int) -> int:
        """Visit silent meters of open waves, the first wave first, then those that would come last."""
        left = self.plan.visits_per_day
        for number in self.order:
            if self.opens[number] <= day:
                taken = min(left, self.silent[number])
                self.silent[number] -= taken
                left -= taken
        if self.plan.visit_after is not None:
            for number in self.order:
                if self.opens[number] + self.plan.visit_after <= day:
                    left -= self._visit_late(number, left)
        return self.plan.visits_per_day - left

    def _visit_late(self, number: int, most: int) -> int:
        """Visit up to so many meters of a wave, those with the latest purchase first, and return how many."""
        buyers, days = self.buyers[number], self.last_days[number]
        visited = 0
        while days and visited < most:
            count = buyers.get(days[-1], 0)
            taken = min(count, most - visited)
            visited += taken
            if taken < count:
                buyers[days[-1]] = count - taken
                break
            buyers.pop(days.pop(), None)
        return visited
