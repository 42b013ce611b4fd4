"""Charges and debts: what is due at a purchase, how much of it the purchase pays, and what then stands.

Taking is exact: how much of a tender goes to a due is a fraction of a coin until the line is printed, so
that more money never leaves less for energy.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from voltoken.errors import PurchaseRefused
from voltoken.tariff.calendar import months_between, next_month, next_period, periods_between
from voltoken.tariff.document import Charge, Debt, Period, Tariff
from voltoken.tariff.plan import Due, Plan
from voltoken.tariff.quote import Context, Standing
from voltoken.tariff.words import Per


class Demand(NamedTuple):
    """What is due of one charge or debt at a purchase.

    net: coins, without what is reckoned on it; 0 for a fee, which depends on the tender. next_due: of the
    standing after the purchase, None where there is none.
    """

    due: Due
    net: int
    next_due: date | None


def demands(tariff: Tariff, plan: Plan, context: Context) -> tuple[Demand, ...]:
    """Return what is due, in the order in which it is taken."""
    return tuple(_demand(tariff.period, plan, due, context) for due in plan.dues)


def _demand(period: Period, plan: Plan, due: Due, context: Context) -> Demand:
    """Return what is due of one charge or debt."""
    rule, standing, day = due.rule, context.standing.get(due.rule.code), context.at.date()
    is_debt = isinstance(rule, Debt)
    balance = context.debts.get(rule.code, 0) if is_debt else 0
    if due.net is None:
        return Demand(due, balance, None)
    times = times_due(rule, period, standing, context.last_purchase, day)
    if rule.accrues_max is not None:
        times = min(times, rule.accrues_max)
    owing = 0 if standing is None else standing.owing
    exact = times * due.net * _size(rule, context)
    net = plan.coins(exact) + owing
    return Demand(due, min(net, balance) if is_debt else net, next_due(rule.per, period, standing, day))


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
        return 0 if since is None else max(0, (day - since).days)
    if standing is None:
        return 1
    between = months_between if rule.per is Per.MONTH else lambda a, b: periods_between(period, a, b)
    begun = max(0, between(standing.next_due, day) + 1)
    return begun if rule.accrues else min(begun, 1)


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
    for due, net, _ in wanted:
        fee = due.rule.rate if isinstance(due.rule, Charge) else None
        amount = net * due.gross if fee is None else fee * tender
        if due.rule.take.share is not None or due.at_most is not None:
            amount = min(amount, due.limit(tender, tender - gone))
        amount = min(amount, max(left - gone, Fraction(0)))
        gone += amount
        found.append(amount)
    return found


def unpaid(wanted: Sequence[Demand], amounts: Sequence[Fraction]) -> Due | None:
    """Return the first charge that must be paid as a whole and is not, or None."""
    for (due, net, _), amount in zip(wanted, amounts, strict=True):
        if due.rule.take.whole and amount < net * due.gross:
            return due
    return None


def printed(demand: Demand, amount: Fraction, plan: Plan) -> int:
    """Return the line of what was taken, without what is reckoned on it, in coins."""
    due, net, _ = demand
    exact = Fraction(amount, due.gross)
    if exact == net:
        return net
    line = plan.coins(exact)
    return line if isinstance(due.rule, Charge) and due.rule.rate is not None else min(line, net)
