"""The least tender that leaves enough for energy, for many purchases at once.

More money never leaves less for energy. Where nothing is due the answer is a sum; where something is, it is
looked for by halving, in the rows that need it only.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from voltoken.tariff.batch.dues import Demand, taken, unpaid
from voltoken.tariff.batch.exact import ZERO, Column, Mask, Whole, narrow, top_of, total, wide
from voltoken.tariff.pricing import TENDER_MAX

NOWHERE = -1
"""Stands where no tender reaches."""


def least_tender(
    wanted: Sequence[Demand], carried: Column, energy_share: Fraction, goal: Column, strictly: Mask
) -> Whole:
    """Return the least tender, at least 1 coin, that leaves the goal for energy; -1 where none does.

    wanted: what is taken before. carried: coins added to the tender. goal: coins, exact. strictly: where
    more than the goal is needed, not just as much.
    """
    needed = np.where(strictly, goal.floor() + 1, goal.ceiling())
    low = narrow(np.maximum((Column.of(needed) - carried).num, 1))
    if not wanted:
        return low
    search = _Search(wanted, carried, energy_share, goal, strictly)
    open_rows = np.flatnonzero(~search.reaches(low))
    if not len(open_rows):
        return low
    found = low.copy()
    found[open_rows] = _between(search.at(open_rows), low[open_rows])
    return found


class _Search:
    """Purchases whose tender is looked for."""

    def __init__(
        self,
        wanted: Sequence[Demand],
        carried: Column,
        energy_share: Fraction,
        goal: Column,
        strictly: Mask,
    ) -> None:
        self.wanted = wanted
        self.carried = carried
        self.energy_share = energy_share
        self.goal = goal
        self.strictly = strictly

    def at(self, rows: Whole) -> _Search:
        """Return some of them."""
        return _Search(
            [demand.at(rows) for demand in self.wanted],
            self.carried.at(rows),
            self.energy_share,
            self.goal.at(rows),
            self.strictly[rows],
        )

    def reaches(self, tender: Whole) -> Mask:
        """Say of each purchase whether a tender is enough."""
        effective = Column.of(tender) + self.carried
        enough = effective.num >= 0
        effective = effective.where(enough)
        amounts = taken(self.wanted, effective, self.energy_share)
        money = effective - total(amounts)
        reached = ~money.below(self.goal) & (~self.strictly | self.goal.below(money))
        return np.asarray(enough & reached & ~unpaid(self.wanted, amounts, len(tender)), np.bool_)

    def due(self) -> Whole:
        """Return all that is due but fees, in whole coins."""
        full = [demand.exact for demand in self.wanted if demand.fee is None]
        return (total(full).ceiling() if full else ZERO.num) + 1


def _between(search: _Search, low: Whole) -> Whole:
    """Return the least tender that is enough, above one that is not; -1 where there is none."""
    high = low + search.due()
    reached = search.reaches(high)
    while not reached.all():
        beyond = ~reached & (high > TENDER_MAX)
        if beyond.any():
            reached = reached | beyond
            high = np.where(beyond, NOWHERE, high)
            low = np.where(beyond, NOWHERE, low)
            continue
        low, high = np.where(reached, low, high), np.where(reached, high, wide(high, 2 * top_of(high)) * 2)
        reached = reached | search.reaches(high)
    while (high - low > 1).any():
        middle = (low + high) // 2
        enough = search.reaches(middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return high
