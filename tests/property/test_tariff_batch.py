"""The law of the vector engine of prices: in every line, unit and standing it answers as the scalar one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.tariff_replay import Row, replay
from tests.property.tariffs import GRID_STEP, MARKS, contexts, tariffs
from voltoken.errors import PurchaseRefused
from voltoken.sts import UNITS
from voltoken.tariff import dues
from voltoken.tariff.batch.dues import Demand
from voltoken.tariff.batch.exact import Column
from voltoken.tariff.batch.kernel import sell, sell_units
from voltoken.tariff.batch.refusals import Refusal
from voltoken.tariff.batch.repricing import Hold, Purchases, reprice
from voltoken.tariff.batch.sales import Sales, Sold
from voltoken.tariff.document import Block, Energy, Tariff
from voltoken.tariff.entitlements import free_units
from voltoken.tariff.plan import Plan
from voltoken.tariff.pricing import Prices
from voltoken.tariff.quote import Context, Kind, Quote
from voltoken.tariff.words import Counts, LinesOf, Remainder

pytestmark = pytest.mark.slow

TAKEN = (Kind.CHARGE, Kind.DEBT)
SHARES = (Kind.LEVY, Kind.TAX)


def position_of(tariff: Tariff, context: Context) -> Fraction:
    position = Fraction(0)
    if Counts.BOUGHT in tariff.period.counts:
        position += Fraction(context.used)
    if Counts.FREE in tariff.period.counts:
        free = sum((Fraction(one.units) for one in free_units(tariff, context, UNITS)), Fraction(0))
        position += Fraction(context.free_used) + free
    return position


def sales_of(tariff: Tariff, plan: Plan, given: Sequence[Context], kind: type) -> Sales:
    """What the kernel is told of purchases: everything but the tender, from the scalar functions."""
    every = [dues.demands(tariff, plan, context) for context in given]
    return Sales(
        np.array([int(position_of(tariff, context) * plan.unit_den) for context in given], kind),
        np.array([context.carried for context in given], kind),
        tuple(demand_of([each[place] for each in every], kind) for place in range(len(plan.dues))),
        np.array([bool(free_units(tariff, context, UNITS)) for context in given], np.bool_),
    )


def demand_of(every: Sequence[dues.Demand], kind: type) -> Demand:
    """What is due of one charge or debt, as columns."""
    den = lcm(*(one.exact.denominator for one in every))
    exact: Any = np.array([int(one.exact * den) for one in every], kind)
    return Demand(every[0].due, Column.of(np.array([one.net for one in every], kind)), Column.of(exact, den))


def row_of(sold: Sold, plan: Plan, row: int) -> dict[str, Any]:
    """One row of the kernel's answer."""
    lines: dict[str, int] = {}
    for block, line in sold.energy.items():
        lines[f"energy {block}"] = int(line[row])
    for due, line in zip(plan.dues, sold.dues, strict=True):
        lines[due.rule.code] = int(line[row])
    for share, line in zip(plan.shares, sold.shares, strict=True):
        lines[share.code] = int(line[row])
    return {
        "refused": Refusal(int(sold.refused[row])).word,
        "tender": int(sold.tender[row]),
        "units": Fraction(int(sold.count[row]), plan.unit_den),
        "lines": {code: amount for code, amount in lines.items() if amount},
        "left": int(sold.left[row]),
    }


def told(quote: Quote) -> dict[str, Any]:
    """The same of a quote."""
    lines: dict[str, int] = {}
    left = 0
    for line in quote.lines:
        if line.kind is Kind.ROUNDING or line.code == "carried_out":
            left = line.amount
        elif line.kind is not Kind.CARRIED:
            code = f"energy {line.block}" if line.kind is Kind.ENERGY else line.code
            lines[code] = lines.get(code, 0) + line.amount
    return {
        "refused": "",
        "tender": quote.tender,
        "units": Fraction(quote.units),
        "lines": {code: amount for code, amount in lines.items() if amount},
        "left": left,
    }


def scalar(prices: Prices, context: Context, *, tender: int | None, units: Fraction) -> dict[str, Any]:
    try:
        if tender is not None:
            return told(prices.quote(tender, context))
        return told(prices.quote_units(units, context))
    except PurchaseRefused as refusal:
        nothing = {"tender": 0, "units": Fraction(0), "lines": {}, "left": 0}
        return {"refused": refusal.reason} | nothing


def with_jumps(tariff: Tariff) -> Tariff:
    """A tariff whose later blocks set the price of all units, so that reaching one is paid for."""

    def risen(energy: Energy) -> Energy:
        prices = sorted(block.price for block in energy.blocks)
        blocks = [Block(old.upto, price, True) for old, price in zip(energy.blocks, prices, strict=True)]
        return replace(energy, blocks=(replace(blocks[0], all_units=False), *blocks[1:]))

    plain = tuple(
        one
        for one in tariff.extras
        if not one.from_units and one.upto_units is None and one.unit_rounding is None
        if one.rate is None or one.rate >= 0
    )
    return replace(
        tariff,
        energies=tuple(risen(energy) for energy in tariff.energies),
        extras=plain,
        money=replace(tariff.money, remainder=Remainder.CARRY),
    )


def on_its_clock(context: Context, tariff: Tariff) -> Context:
    """The same circumstances on the clock of the tariff's zone."""
    return replace(context, at=context.at.replace(tzinfo=ZoneInfo(tariff.zone)))


@st.composite
def batches(draw: Any) -> tuple[Tariff, list[Context], list[int]]:
    """A tariff, circumstances of several purchases and whole numbers to make amounts and units of."""
    places = draw(st.integers(0, 3))
    level = draw(st.integers(10, 10_000))
    tariff = draw(tariffs(Fraction(level, 10**places), places))
    if draw(st.booleans()):
        tariff = replace(tariff, money=replace(tariff.money, lines_of=LinesOf.TENDER))
    if draw(st.booleans()):
        tariff = with_jumps(tariff)
    given_contexts = [
        on_its_clock(draw(contexts(tariff, level)), tariff) for _ in range(draw(st.integers(1, 6)))
    ]
    numbers = [draw(st.integers(0, 400)) for _ in given_contexts]
    return tariff, given_contexts, [level, *numbers]


@pytest.mark.slow
@given(batch=batches(), times=st.sampled_from([1, 10**5, 10**9]), as_objects=st.booleans())
def test_the_vector_engine_answers_as_the_scalar_one(
    batch: tuple[Tariff, list[Context], list[int]], *, times: int, as_objects: bool
) -> None:
    tariff, every, (level, *numbers) = batch
    prices = Prices(tariff)
    plans: dict[Plan, list[int]] = {}
    for row, context in enumerate(every):
        try:
            plan = prices.plan(context).finer(position_of(tariff, context).denominator)
        except PurchaseRefused:
            continue
        plans.setdefault(plan, []).append(row)
    for plan, rows in plans.items():
        given_contexts = [every[row] for row in rows]
        sales = sales_of(tariff, plan, given_contexts, object if as_objects else np.int64)
        tenders = [numbers[row] * level * times // 7 for row in rows]
        sold = sell(tariff, plan, UNITS, sales, np.array(tenders))
        for place, (context, tender) in enumerate(zip(given_contexts, tenders, strict=True)):
            assert row_of(sold, plan, place) == scalar(prices, context, tender=tender, units=Fraction(0))
        steps = [numbers[row] * (times if row % 2 else 1) for row in rows]
        counts = np.array([step * (plan.step if step % 3 else 1) for step in steps])
        sold = sell_units(tariff, plan, UNITS, sales, counts)
        for place, (context, count) in enumerate(zip(given_contexts, counts.tolist(), strict=True)):
            units = Fraction(count, plan.unit_den)
            expected = scalar(prices, context, tender=None, units=units)
            assert row_of(sold, plan, place) == expected


def test_the_grid_of_these_tests_is_that_of_tokens() -> None:
    assert Fraction(UNITS.step) == GRID_STEP


@st.composite
def lives(draw: Any) -> tuple[Tariff, list[Row], Fraction | None]:
    """A tariff and the purchases of a few meters over a year or so."""
    tariff, _, (level, *_) = draw(batches())
    count = draw(st.integers(1, 25))
    first = 1_700_000_000
    rows = [
        Row(
            draw(st.integers(0, 2)),
            first + draw(st.integers(0, 420 * 24)) * 3600,
            draw(st.integers(0, 400)) * level // 7,
            draw(st.integers(0, 400)) * draw(st.sampled_from([1, 10, 5])),
            draw(st.frozensets(st.sampled_from(MARKS))),
        )
        for _ in range(count)
    ]
    return tariff, rows, draw(st.sampled_from([None, Fraction(37, 2)]))


@pytest.mark.slow
@given(life=lives(), hold=st.sampled_from(Hold))
def test_repricing_answers_as_pricing_row_by_row_does(
    life: tuple[Tariff, list[Row], Fraction | None], hold: Hold
) -> None:
    tariff, rows, exchange = life
    customers = sorted({row.marks for row in rows}, key=sorted)
    purchases = Purchases(
        np.array([row.meter for row in rows]),
        np.array([row.at for row in rows]) + 7200,
        np.array([row.tender for row in rows]),
        np.array([row.units for row in rows]),
        np.array([customers.index(row.marks) for row in rows]),
        customers,
    )
    found = reprice(tariff, purchases, hold, exchange=exchange)
    expected = replay(tariff, rows, by_units=hold is Hold.UNITS, exchange=exchange)
    for place, want in enumerate(expected):
        lines = {tuple(one): int(line[place]) for one, line in found.lines.items() if line[place]}
        assert {
            "refused": Refusal(int(found.refused[place])).word,
            "tender": int(found.tender[place]),
            "units": int(found.units[place]),
            "free": int(found.free[place]),
            "lines": lines,
        } == want
