"""The walk of money through the blocks, for many purchases by one plan: the twin of ``Plan``.

Units are counted as there, in ``1 / unit_den``; so are the limits of the segments and positions in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from voltoken.tariff.batch.exact import Column, Mask, Whole, top_of, wide
from voltoken.tariff.plan import Plan
from voltoken.tariff.rounding import Direction


@dataclass(frozen=True, slots=True)
class Bought:
    """What money buys from a position on.

    whole: units in 1/unit_den, without the last part of one. last: the segment in which the money ends.
    left, price: the last part is left / price.
    """

    position: Whole
    whole: Whole
    last: Whole
    left: Whole
    price: Whole

    def count(self, plan: Plan) -> Whole:
        """Return the units that are sold, in 1/unit_den, rounded as ``Plan.sold`` does."""
        more = self.left // self.price
        rest = self.left - more * self.price
        whole = self.whole + more
        down = np.asarray(plan.step * (whole // plan.step))
        if plan.units.to is Direction.DOWN:
            return down
        if plan.units.to is Direction.UP:
            count = np.asarray(plan.step * -(-(whole + (rest > 0)) // plan.step))
        else:
            # A rest of a half counts, and nothing finer does: what is added is whole.
            halves = 2 * whole + (rest >= self.price - rest)
            count = np.asarray(plan.step * ((halves + plan.step) // (2 * plan.step)))
        if any(plan.jumps):
            for bound in plan.bounds:
                room = bound - self.position  # up to a segment that has to be entered, and paid for
                short = (whole < room) | ((whole == room) & (rest == 0))
                count = np.where((room >= 0) & short & (room < count), down, count)
        return count


def walk(plan: Plan, position: Whole, money: Column) -> Bought:
    """Return what money buys from a position on. money: coins, zero or more."""
    scaled = money.times(plan.unit_den * plan.price_den)
    den = scaled.den  # every price is counted over it, too
    bounds = [limit for limit in plan.limits if limit is not None]
    top = max(scaled.top, (max(bounds, default=1) + 2) * max(*plan.totals, *plan.jumps) * den)
    position = wide(position, top)
    left = np.broadcast_to(wide(scaled.num, top), position.shape).copy()
    done = np.zeros_like(left)
    last = np.zeros(len(position), np.int64)
    going = np.ones(len(position), np.bool_)
    for number, (limit, total, jump) in enumerate(zip(plan.limits, plan.totals, plan.jumps, strict=True)):
        room = None if limit is None else limit - position - done
        here = going if room is None else going & (room > 0)
        last[here] = number
        if jump:
            enters = here & entering(plan, position, number)
            stuck = enters & (left < jump * den)
            left = np.where(stuck, 0, left - np.where(enters, jump * den, 0))
            going = going & ~stuck
            here = here & ~stuck
        if room is None:
            continue  # the last segment, in which the money ends
        cost = np.where(here, room, 0) * (total * den)
        fills = here & (left >= cost)
        left -= np.where(fills, cost, 0)
        done += np.where(fills, room, 0)
        going = going & (fills | ~here)
    prices = [price * den for price in plan.totals]
    price = np.array(prices, left.dtype)[last]
    return Bought(position, done, last, left, price)


def entering(plan: Plan, position: Whole, number: int) -> Mask:
    """Say of each purchase from a position on whether it comes to a segment from below."""
    before = plan.limits[number - 1] if number else None
    if before is None:
        return np.zeros(len(position), np.bool_)
    return np.asarray(position <= before, np.bool_)


def parts(plan: Plan, position: Whole, count: Whole, finer: int = 1) -> list[Column]:
    """Return how many of count units lie in each segment, as units.

    position: in 1/unit_den. count: in 1 / (unit_den * finer).
    """
    bounds = [limit for limit in plan.limits if limit is not None]
    top = (top_of(position) + max(bounds, default=1)) * finer + top_of(count)
    place, count = wide(position, top) * finer, wide(count, top)
    found = []
    for limit in plan.limits:
        part = count if limit is None else np.minimum(np.maximum(limit * finer - place, 0), count)
        found.append(Column.of(part, plan.unit_den * finer))
        if limit is not None:
            place, count = place + part, count - part
    return found


def entered(plan: Plan, position: Whole, units: Sequence[Column]) -> list[Mask]:
    """Return for each segment which purchases enter it from below."""
    return [
        np.asarray(part.num > 0, np.bool_) & entering(plan, position, number)
        for number, part in enumerate(units)
    ]


def goals(plan: Plan, position: Whole, count: Whole) -> tuple[Column, Mask]:
    """Return what must be left for energy to be sold count or more, and where it must be more than that.

    count: in 1/unit_den, multiples of the step.
    """
    finer = 2  # half a step may be enough
    up = plan.units.to is Direction.UP
    below = {Direction.UP: 2 * plan.step, Direction.NEAREST: plan.step, Direction.DOWN: 0}[plan.units.to]
    units, beyond = count * finer - below, np.full(len(count), up, np.bool_)
    for bound in plan.bounds if any(plan.jumps) else ():
        room = (bound - position) * finer
        enters = (room >= 0) & (room >= units) & (room < count * finer)
        units, beyond = np.where(enters, room, units), beyond | enters
    return cost(plan, position, units, finer, beyond), beyond


def cost(plan: Plan, position: Whole, count: Whole, finer: int, beyond: Mask) -> Column:
    """Return what count units cost, in coins, everything included and not rounded.

    beyond: where what any more than that need is included, too: they may begin a segment that is paid for.
    """
    units = parts(plan, position, count, finer)
    found = Column.all(0)
    ends = wide(position, (top_of(position) + top_of(count)) * finer) * finer + count
    for number, (part, total, jump) in enumerate(zip(units, plan.totals, plan.jumps, strict=True)):
        found = found + part.times(total)
        if jump:
            enters = (part.num > 0) | (beyond & (ends == plan.bounds[number - 1] * finer))
            due = np.asarray(enters & entering(plan, position, number), np.int64)
            found = found + Column(due, plan.unit_den, 1).times(jump)
    return Column(found.num, found.den * plan.price_den, found.top)
