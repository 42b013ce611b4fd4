"""Purchases by one plan as columns, before they are priced and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from voltoken.tariff.batch.dues import Demand
from voltoken.tariff.batch.exact import Mask, Whole

_USUAL: Final = 1 << 40
"""Amounts and positions beyond it are reckoned apart, so that a few odd rows do not slow all others."""


@dataclass(frozen=True, slots=True)
class Sales:
    """Purchases by one plan, before their tender.

    position: in the blocks, in 1/unit_den of the plan. carried: coins from the last purchase. wanted: what is
    due of each of ``Plan.dues``. has_free: free units are due.
    """

    position: Whole
    carried: Whole
    wanted: tuple[Demand, ...]
    has_free: Mask

    def __len__(self) -> int:
        """How many they are."""
        return len(self.position)

    def at(self, rows: Whole | Mask) -> Sales:
        """Return some of them."""
        wanted = tuple(demand.at(rows) for demand in self.wanted)
        return Sales(self.position[rows], self.carried[rows], wanted, self.has_free[rows])

    def paying(self, pays: Mask) -> Sales:
        """Return them with nothing due or carried over where nothing is paid: a claim leaves both alone."""
        if pays.all():
            return self
        wanted = tuple(demand.where(pays) for demand in self.wanted)
        return Sales(self.position, np.where(pays, self.carried, 0), wanted, self.has_free)


@dataclass(frozen=True, slots=True)
class Sold:
    """What purchases come to; zeros where one is refused. All but refused are whole coins or units.

    refused: a ``Refusal`` of each. count: units in 1/unit_den. energy: lines by block; dues, shares: lines
    in the order of the plan. left: the line of rounding, or what is carried out.
    """

    refused: Whole
    tender: Whole
    count: Whole
    energy: dict[int, Whole]
    dues: tuple[Whole, ...]
    shares: tuple[Whole, ...]
    left: Whole


Way = Callable[[Sales, Whole], Sold]
"""A way to price purchases: by tenders or by units, which are given beside them."""


def apart(sales: Sales, given: Whole, way: Way) -> Sold:
    """Price purchases; those of unusual size apart from the others."""
    usual = np.ones(len(sales), np.bool_)
    for column in (given, sales.position, sales.carried, *(one.net.num for one in sales.wanted)):
        usual &= np.asarray(np.abs(column) < _USUAL, np.bool_)
    if usual.all():
        return way(sales, given)
    if not usual.any():
        return way(sales, given.astype(object))
    both = (np.flatnonzero(usual), np.flatnonzero(~usual))
    one, two = (apart(sales.at(rows), given[rows], way) for rows in both)
    return _together(one, two, both)


def _together(one: Sold, two: Sold, places: tuple[Whole, Whole]) -> Sold:
    """Return the answers of two parts of the purchases in their order."""

    def join(first: Whole, second: Whole) -> Whole:
        kind = object if object in (first.dtype, second.dtype) else first.dtype
        whole = np.zeros(len(places[0]) + len(places[1]), kind)
        whole[places[0]], whole[places[1]] = first, second
        return whole

    return Sold(
        join(one.refused, two.refused),
        join(one.tender, two.tender),
        join(one.count, two.count),
        {block: join(line, two.energy[block]) for block, line in one.energy.items()},
        tuple(map(join, one.dues, two.dues)),
        tuple(map(join, one.shares, two.shares)),
        join(one.left, two.left),
    )
