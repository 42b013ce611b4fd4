"""What purchases pay of charges and debts, for many purchases by one plan: the twin of ``dues``."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from voltoken.tariff.batch.exact import ZERO, Column, Mask, Whole
from voltoken.tariff.document import Charge
from voltoken.tariff.plan import Due
from voltoken.tariff.rounding import Direction


class Demand(NamedTuple):
    """What is due of one charge or debt, of every purchase.

    net: coins, without what is reckoned on it; 0 for a fee. exact: everything included, in exact coins.
    """

    due: Due
    net: Column
    exact: Column

    @property
    def fee(self) -> Fraction | None:
        """The share of the tender that it is, or None."""
        rule = self.due.rule
        return rule.rate if isinstance(rule, Charge) else None

    def at(self, rows: Whole | Mask) -> Demand:
        """Return it for some of the purchases."""
        return Demand(self.due, self.net.at(rows), self.exact.at(rows))

    def where(self, chosen: Mask) -> Demand:
        """Return it with nothing due but for the chosen purchases."""
        return Demand(self.due, self.net.where(chosen), self.exact.where(chosen))


def taken(wanted: Sequence[Demand], tender: Column, energy_share: Fraction) -> list[Column]:
    """Return how much of the tenders each demand takes, everything reckoned on it included, in coins.

    tender: coins, with what is carried in. energy_share: the part of it that must be left for energy.
    """
    left = tender.times(1 - energy_share)
    gone = ZERO
    found = []
    for demand in wanted:
        due, fee = demand.due, demand.fee
        amount = demand.exact if fee is None else tender.times(fee)
        if due.rule.take.share is not None or due.at_most is not None:
            amount = amount.least(_limit(due, tender, gone))
        amount = amount.least(left - gone)  # which no amount before has made less than nothing
        gone = gone + amount
        found.append(amount)
    return found


def _limit(due: Due, tender: Column, gone: Column) -> Column:
    """Return the most that a purchase pays of it."""
    take = due.rule.take
    if take.share is None:
        return Column.all(due.at_most or 0)
    limit = Column.all(due.at_least).greatest((tender - gone if take.of_rest else tender).times(take.share))
    return limit if due.at_most is None else limit.least(Column.all(due.at_most))


def unpaid(wanted: Sequence[Demand], amounts: Sequence[Column], rows: int) -> Mask:
    """Say of each purchase whether a charge that must be paid as a whole is not."""
    found = np.zeros(rows, np.bool_)
    for demand, amount in zip(wanted, amounts, strict=True):
        if demand.due.rule.take.whole:
            found = found | amount.below(demand.exact)
    return found


def printed(demand: Demand, amount: Column) -> Column:
    """Return the lines of what was taken, without what is reckoned on it. amount: taken, exact coins."""
    line = amount.times(Fraction(1, demand.due.gross)).rounded(1, Direction.NEAREST)
    if demand.fee is not None:
        return line
    full = ~(amount.below(demand.exact) | demand.exact.below(amount))
    both = line.least(demand.net)
    return Column(np.where(full, demand.net.num, both.num), 1, both.top)
