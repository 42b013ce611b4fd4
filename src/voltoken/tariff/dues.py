"""Charges and debts: what is due at a purchase, how much of it the purchase pays, and what then stands.

Taking is exact: how much of a tender goes to a due is a fraction of a coin until the line is printed, so
that more money never leaves less for energy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from voltoken.errors import PurchaseRefused
from voltoken.tariff.calendar import next_month, next_period
from voltoken.tariff.document import Charge, Debt, Period, Tariff
from voltoken.tariff.plan import Due, Plan
from voltoken.tariff.quote import Context, Standing
from voltoken.tariff.rounding import Direction, rounded
from voltoken.tariff.words import Per


class Demand(NamedTuple):
    """What is due of one charge or debt at a purchase.

    net: coins, without what is reckoned on it; 0 for a fee, which depends on the tender. exact: everything
    included, in exact coins. next_due: of the standing after the purchase, None where there is none.
    """

    due: Due
    net: int
    exact: Fraction
    next_due: date | None


def demands(tariff: Tariff, plan: Plan, context: Context) -> tuple[Demand, ...]:
    """Return what is due, in the order in which it is taken."""
    return tuple(_demand(tariff.period, plan, due, context) for due in plan.dues)


def _demand(period: Period, plan: Plan, due: Due, context: Context) -> Demand:
    """Return what is due of one charge or debt.

    A charge that includes taxes is due at its amount, whatever its line and those of the taxes are rounded
    to; another at its rounded line with everything on it.
    """
    rule, standing, day = due.rule, context.standing.get(due.rule.code), context.at.date()
    balance = context.debts.get(rule.code, 0)
    if due.net is None:
        whole = balance if isinstance(rule, Debt) else 0
        return Demand(due, whole, whole * due.gross, None)
    times = times_due(rule, period, standing, context.last_purchase, day)
    if rule.accrues_max is not None:
        times = min(times, rule.accrues_max)
    amount = times * due.net * _size(rule, context)
    owing = 0 if standing is None else standing.owing
    net = plan.coins(amount) + owing
    reached = next_due(rule.per, period, standing, day)
    if isinstance(rule, Debt):
        net = min(net, balance)
        return Demand(due, net, net * due.gross, reached if balance else None)
    if not rule.includes:
        return Demand(due, net, net * due.gross, reached)
    with_tax = plan.coins(amount * due.contained)
    return Demand(due, net, Fraction(with_tax * due.gross, due.contained) + owing * due.gross, reached)


def _size(rule: Charge | Debt, context: Context) -> Fraction:
    """Return how many of what a charge is for each of there are."""
    if isinstance(rule, Debt) or not rule.each:
        return Fraction(1)
    size = context.sizes.get(rule.each)
    if size is None:
        raise PurchaseRefused(
            "size_unknown",
            f"{rule.name} is for each {rule.each}. Give their number with the purchase.",
            code=rule.code,
        )
    return Fraction(size)


def times_due(
    rule: Charge | Debt, period: Period, standing: Standing | None, last_purchase: date | None, day: date
) -> int:
    """Return how many times a charge or instalment has fallen due up to a day.

    A charge by the day falls due for every day since the standing's, else since the last purchase; one by
    month or period once when it begins, and again for each one that begins after, if it accrues.
    """
    if rule.per is Per.PURCHASE:
        return 1
    if rule.per is Per.DAY:
        since = last_purchase if standing is None else standing.next_due
        return 0 if since is None else _days(rule, since, day)
    if standing is None or standing.next_due > day:
        return 1 if standing is None else 0
    if not rule.accrues:
        return 1
    if rule.per is Per.MONTH:
        return _in_season(rule, _starts(standing.next_due, day, next_month))
    return _in_season(rule, _starts(standing.next_due, day, lambda first: next_period(period, first)))


def _days(rule: Charge | Debt, since: date, day: date) -> int:
    """Return for how many days since one, and before another, a charge by the day applies."""
    if not rule.when.months:
        return max(0, (day - since).days)
    months = [since, *_starts(next_month(since), day, next_month), day]
    return sum(
        max(0, (end - first).days) for first, end in pairwise(months) if first.month in rule.when.months
    )


def _starts(first: date, day: date, following: Callable[[date], date]) -> Iterator[date]:
    """Yield a first day and those that follow it, up to a day."""
    while first <= day:
        yield first
        first = following(first)


def _in_season(rule: Charge | Debt, starts: Iterable[date]) -> int:
    """Return how many months or periods begin in a month in which a charge applies."""
    return sum(1 for first in starts if not rule.when.months or first.month in rule.when.months)


def next_due(per: Per, period: Period, standing: Standing | None, day: date) -> date | None:
    """Return the first day that is not reckoned yet once a day is; None for what has no standing."""
    if per is Per.PURCHASE:
        return None
    reached = day if per is Per.DAY else next_month(day) if per is Per.MONTH else next_period(period, day)
    return reached if standing is None else max(reached, standing.next_due)


def taken(wanted: Sequence[Demand], tender: int, energy_share: Fraction) -> list[Fraction]:
    """Return how much of a tender each demand takes, everything reckoned on it included, in exact coins.

    tender: coins. energy_share: the part of it that must be left for energy.
    """
    left = tender - energy_share * tender
    gone = Fraction(0)
    found = []
    for due, _, exact, _ in wanted:
        fee = due.rule.rate if isinstance(due.rule, Charge) else None
        amount = exact if fee is None else fee * tender
        if due.rule.take.share is not None or due.at_most is not None:
            amount = min(amount, due.limit(tender, tender - gone))
        amount = min(amount, max(left - gone, Fraction(0)))
        gone += amount
        found.append(amount)
    return found


def unpaid(wanted: Sequence[Demand], amounts: Sequence[Fraction]) -> Demand | None:
    """Return the first charge that must be paid as a whole and is not, or None."""
    for demand, amount in zip(wanted, amounts, strict=True):
        if demand.due.rule.take.whole and amount < demand.exact:
            return demand
    return None


def printed(demand: Demand, amount: Fraction) -> int:
    """Return the line of what was taken, without what is reckoned on it, in coins.

    It is not rounded to the step of other lines: what is owed falls by this line, and would else never be
    paid off in small parts.
    """
    due, net = demand.due, demand.net
    is_fee = isinstance(due.rule, Charge) and due.rule.rate is not None
    if amount == demand.exact and not is_fee:
        return net
    exact = Fraction(amount, due.gross)
    line = rounded(exact.numerator, exact.denominator, Direction.NEAREST)
    return line if is_fee else min(line, net)
