"""The exposure clock once more, the slow way: every meter by itself, every day one after the other.

Written from the rules alone: a meter buys at whole multiples of its interval after the last purchase, and a
purchase counts on the day it is complete; the first one on or after the opening of its wave brings the new
key. Where the last purchase is not known, the whole interval is still to come. A meter that has missed too
many purchases is silent and waits. People visit so many meters a day: silent ones of the waves that are
open, the wave that opened first at first, then, some days after a wave has opened, those of it that would
come last. On one day purchases come before visits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass
class House:
    """A meter. wave: its number. last: day of the last purchase, None for none. Days count from day 0."""

    wave: int
    last: int | None
    interval: Fraction | None
    done: bool = False

    def is_silent(self, missed: int) -> bool:
        """Whether on day 0 more intervals than so many have gone by without a purchase."""
        if self.interval is None:
            return True
        if self.last is None:
            return False
        return -self.last > missed * self.interval

    def next_purchase(self, day: int) -> int:
        """Walk from purchase to purchase to the first one on this day or later."""
        assert self.interval is not None
        if self.last is None:
            return math.ceil(day + self.interval)
        turn = 1
        while math.ceil(self.last + turn * self.interval) < day:
            turn += 1
        return math.ceil(self.last + turn * self.interval)


def simulate(
    houses: list[House],
    opens: list[int],
    visits_per_day: int,
    visit_after: int | None,
    missed: int,
    days: int,
) -> list[tuple[int, int]]:
    """Return how many meters are re-keyed by a purchase and by a visit on each of so many days."""
    opens = [max(0, day) for day in opens]
    silent = [house for house in houses if house.is_silent(missed)]
    buying = [
        (house, house.next_purchase(opens[house.wave])) for house in houses if not house.is_silent(missed)
    ]
    order = sorted(range(len(opens)), key=lambda number: opens[number])
    found = []
    for day in range(days):
        bought = 0
        for house, purchase in buying:
            if not house.done and purchase == day:
                house.done = True
                bought += 1
        queue = [
            house for number in order for house in silent if house.wave == number and opens[number] <= day
        ]
        if visit_after is not None:
            for number in order:
                if opens[number] + visit_after <= day:
                    late = [pair for pair in buying if pair[0].wave == number]
                    queue += [house for house, _ in sorted(late, key=lambda pair: -pair[1])]
        chosen = [house for house in queue if not house.done][:visits_per_day]
        for house in chosen:
            house.done = True
        found.append((bought, len(chosen)))
    return found
