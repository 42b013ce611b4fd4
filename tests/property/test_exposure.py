"""The exposure clock against a second one that goes from meter to meter and from day to day."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive.exposure import House, simulate
from voltoken.kmc.planning import (
    Cadence,
    Exposure,
    Sorted,
    Wave,
    WavePlan,
    exposure,
    later,
    visits_needed,
)

START = date(2026, 11, 21)
FIRST = START.toordinal()

meters = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(st.none(), st.integers(-60, 3)),
        st.integers(0, 9),
        st.integers(1, 50),
    ),
    max_size=25,
)
plans = st.builds(
    lambda opens, visits, after, missed: WavePlan(
        tuple(Wave(str(number), later(START, day)) for number, day in enumerate(opens)), visits, after, missed
    ),
    st.lists(st.integers(-5, 30), min_size=3, max_size=3),
    st.integers(0, 3),
    st.one_of(st.none(), st.integers(0, 20)),
    st.integers(1, 4),
)


def counted(rows: list[tuple[int, int | None, int, int]]) -> Sorted:
    """Return meters as the clock takes them."""
    return Sorted(
        Counter(
            (wave, Cadence(0 if last is None else FIRST + last, purchases, window))
            for wave, last, purchases, window in rows
        )
    )


def houses(rows: list[tuple[int, int | None, int, int]]) -> list[House]:
    """Return meters as the twin takes them."""
    return [
        House(wave, last, Fraction(window, purchases) if purchases else None)
        for wave, last, purchases, window in rows
    ]


def clock(rows: list[tuple[int, int | None, int, int]], plan: WavePlan) -> Exposure:
    """Return what the clock says."""
    return exposure(counted(rows), plan, START)


@given(meters, plans)
@settings(max_examples=150, deadline=None)
def test_the_clock_tells_what_happens_when_every_meter_is_followed_every_day(
    rows: list[tuple[int, int | None, int, int]], plan: WavePlan
) -> None:
    found = clock(rows, plan)
    days = len(found.bought) + 70
    opens = [(wave.opens - START).days for wave in plan.waves]
    told = simulate(houses(rows), opens, plan.visits_per_day, plan.visit_after, plan.missed, days)
    assert list(zip(found.bought, found.visited, strict=True)) == told[: len(found.bought)]
    assert sum(map(sum, told[len(found.bought) :])) == 0
    assert found.never == len(rows) - sum(map(sum, told))


@given(meters, plans)
@settings(max_examples=60, deadline=None)
def test_the_curve_rises_and_every_meter_is_somewhere(
    rows: list[tuple[int, int | None, int, int]], plan: WavePlan
) -> None:
    found = clock(rows, plan)
    curve = found.curve
    assert list(curve) == sorted(curve)
    assert (curve[-1] if curve else 0) + found.never == found.total == len(rows)
    reached = [found.days_to(percent) for percent in range(1, 101)]
    known = [day for day in reached if day is not None]
    assert known == sorted(known)
    assert (reached[-1] is None) == bool(found.never)
    for day in range(len(curve)):
        assert found.left_on(later(START, day)) == len(rows) - curve[day]


@given(meters, plans, st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_the_fewest_visits_are_enough_and_one_less_is_not(
    rows: list[tuple[int, int | None, int, int]], plan: WavePlan, days: int
) -> None:
    by = later(START, days)
    needed = visits_needed(counted(rows), plan, START, by)

    def left(visits: int) -> int:
        tried = WavePlan(plan.waves, visits, plan.visit_after, plan.missed)
        return exposure(counted(rows), tried, START).left_on(by)

    if needed is None:
        assert left(len(rows)) > 0
    else:
        assert left(needed) == 0
        assert needed == 0 or left(needed - 1) > 0
