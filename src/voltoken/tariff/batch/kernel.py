"""Many purchases by one plan, by money or by units: what ``Prices`` does, column by column.

Which plan a purchase has, where it stands in the blocks and what is due is found before (``repricing``).
Every answer is the scalar path's, to the coin and to the step: rows that 64 bits cannot hold included.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from voltoken.sts import UnitGrid
from voltoken.tariff.batch.bounds import check_amount, check_carried, check_units, refuse
from voltoken.tariff.batch.dues import Demand, taken, unpaid
from voltoken.tariff.batch.exact import Column, Mask, Whole, narrow, top_of, total, wide
from voltoken.tariff.batch.lines import Lines, lines
from voltoken.tariff.batch.refusals import Refusal
from voltoken.tariff.batch.sales import Sales, Sold, apart
from voltoken.tariff.batch.seek import least_tender
from voltoken.tariff.batch.walk import Bought, cost, entered, goals, parts, walk
from voltoken.tariff.document import Tariff
from voltoken.tariff.plan import Plan
from voltoken.tariff.words import LinesOf


class _Terms(NamedTuple):
    """What all purchases of a call have in common."""

    tariff: Tariff
    plan: Plan
    grid: UnitGrid


def sell(tariff: Tariff, plan: Plan, grid: UnitGrid, sales: Sales, tender: Whole) -> Sold:
    """Price purchases for money: ``Prices.quote`` of each. tender: coins, 0 to 10**18."""
    return apart(sales, tender, partial(_by_tender, _Terms(tariff, plan, grid)))


def sell_units(tariff: Tariff, plan: Plan, grid: UnitGrid, sales: Sales, count: Whole) -> Sold:
    """Price purchases of units: ``Prices.quote_units`` of each. count: in 1/unit_den of the plan."""
    return apart(sales, count, partial(_by_units, _Terms(tariff, plan, grid)))


def _by_tender(terms: _Terms, sales: Sales, tender: Whole) -> Sold:
    plan, refused = terms.plan, np.zeros(len(sales), np.uint8)
    check_amount(terms.tariff, tender, sales.has_free, refused)
    sales = sales.paying(tender != 0)
    effective = _sum(tender, sales.carried)
    refuse(refused, effective < 0, Refusal.AMOUNT_BELOW)
    wanted = sales.wanted
    amounts, money = _spent(terms, wanted, effective)
    refuse(refused, unpaid(wanted, amounts, len(sales)), Refusal.CHARGE_UNPAID)
    bought = walk(plan, sales.position, money)
    count = bought.count(plan)
    untouched = total(amounts).num == 0
    refuse(refused, (count == 0) & (money.num != 0) & untouched & ~sales.has_free, Refusal.TOO_SMALL)
    check_units(terms.tariff, plan, terms.grid, count, refused)
    found = _lines(terms, sales, wanted, amounts, count, bought)
    return _sold(sales, refused, tender, count, found)


def _by_units(terms: _Terms, sales: Sales, count: Whole) -> Sold:
    plan, refused = terms.plan, np.zeros(len(sales), np.uint8)
    refuse(refused, (count <= 0) | (count % plan.step != 0), Refusal.UNITS_STEP)
    check_units(terms.tariff, plan, terms.grid, count, refused)
    count = np.where(refused == 0, count, plan.step)
    wanted, carried = sales.wanted, Column.of(sales.carried)
    check_carried(terms.tariff, sales.carried, _first_coin(terms, sales) > count, refused)

    def tender_for(goal: Column, strictly: Mask) -> Whole:
        return least_tender(wanted, carried, terms.tariff.energy_share, goal, strictly)

    exactly = np.zeros(len(sales), np.bool_)
    paid = tender_for(cost(plan, sales.position, count, 1, exactly), exactly)
    least = tender_for(*goals(plan, sales.position, count))
    most = tender_for(*goals(plan, sales.position, count + plan.step))
    refuse(refused, (paid < 0) | (least < 0) | (most < 0), Refusal.UNREACHABLE)
    good = refused == 0
    paid, least, most = (np.where(good, column, 1) for column in (paid, least, most))
    amounts, _ = _spent(terms, wanted, _sum(paid, sales.carried))
    units = parts(plan, sales.position, count)
    found = lines(plan, wanted, amounts, units, entered(plan, sales.position, units))
    asked = (total(found.every) - carried).num
    tender = narrow(np.maximum(least, np.minimum(asked, most - 1)))
    check_amount(terms.tariff, tender, sales.has_free, refused)
    by_money = terms.tariff.money.lines_of is LinesOf.TENDER
    if by_money or (wanted and bool((good & (tender != paid)).any())):
        amounts, money = _spent(terms, wanted, _sum(tender, sales.carried))
        found = _lines(terms, sales, wanted, amounts, count, walk(plan, sales.position, money))
    return _sold(sales, refused, tender, count, found)


def _spent(terms: _Terms, wanted: Sequence[Demand], effective: Whole) -> tuple[list[Column], Column]:
    """Return what tenders pay of everything due, and what they leave for energy; none is below zero."""
    tender = Column.of(effective).where(effective >= 0)
    amounts = taken(wanted, tender, terms.tariff.energy_share)
    return amounts, tender - total(amounts)


def _first_coin(terms: _Terms, sales: Sales) -> Whole:
    """Return what one coin buys on top of what was carried over; -1 where it may not be paid alone."""
    if not (sales.carried > 0).any():
        return np.full(len(sales), -1, np.int64)
    amounts, money = _spent(terms, sales.wanted, _sum(np.ones_like(sales.carried), sales.carried))
    bought = walk(terms.plan, sales.position, money).count(terms.plan)
    return np.where(unpaid(sales.wanted, amounts, len(sales)), -1, bought)


def _sum(one: Whole, two: Whole) -> Whole:
    return wide(one, top_of(one) + top_of(two)) + two


def _lines(
    terms: _Terms,
    sales: Sales,
    wanted: Sequence[Demand],
    amounts: list[Column],
    count: Whole,
    bought: Bought,
) -> Lines:
    """Return the lines of purchases, reckoned from their units or from their money."""
    plan = terms.plan
    if terms.tariff.money.lines_of is LinesOf.UNITS:
        units = parts(plan, sales.position, count)
        return lines(plan, wanted, amounts, units, entered(plan, sales.position, units))
    made = []
    places = []
    for last in np.unique(bought.last).tolist():
        rows = np.flatnonzero(bought.last == last)
        # The money of all of them ends in the same segment: what is left of it has one price.
        finer = int(bought.price[rows[0]])
        top = top_of(bought.whole) * finer + top_of(bought.left)
        exact = wide(bought.whole[rows], top) * finer + bought.left[rows]
        position = sales.position[rows]
        units = parts(plan, position, exact, finer)
        made.append(
            lines(
                plan,
                [demand.at(rows) for demand in wanted],
                [amount.at(rows) for amount in amounts],
                units,
                entered(plan, position, units),
            )
        )
        places.append(rows)
    return _joined(made, places, len(sales))


def _joined(made: list[Lines], places: list[Whole], rows: int) -> Lines:
    """Return the lines of several parts of the purchases as those of all."""

    def join(columns: list[Column]) -> Column:
        tops = [column.top for column in columns]
        whole = wide(np.zeros(rows, np.int64), max(tops))
        for column, place in zip(columns, places, strict=True):
            whole[place] = column.num
        return Column(whole, 1, max(tops))

    return Lines(
        [join(list(columns)) for columns in zip(*(one.dues for one in made), strict=True)],
        {block: join([one.energy[block] for one in made]) for block in made[0].energy},
        [join(list(columns)) for columns in zip(*(one.shares for one in made), strict=True)],
    )


def _sold(sales: Sales, refused: Whole, tender: Whole, count: Whole, found: Lines) -> Sold:
    """Return what purchases come to, and nothing for those that are refused."""
    good = refused == 0
    rest = Column.of(_sum(tender, sales.carried)) - total(found.every)

    def kept(column: Column) -> Whole:
        return narrow(np.where(good, column.num, 0))

    return Sold(
        refused,
        narrow(np.where(good, tender, 0)),
        narrow(np.where(good, count, 0)),
        {block: kept(line) for block, line in found.energy.items()},
        tuple(kept(line) for line in found.dues),
        tuple(kept(line) for line in found.shares),
        kept(rest),
    )
