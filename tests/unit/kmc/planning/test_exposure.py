"""The exposure clock, reckoned by hand for a few meters; tests/property has it against a second one."""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction

import pytest

from tests.unit.kmc.planning.town import TODAY
from voltoken.errors import FieldError
from voltoken.kmc.planning import (
    Cadence,
    CurvePoint,
    Exposure,
    Sorted,
    Wave,
    WavePlan,
    exposure,
    later,
    milestones,
    points,
    visits_needed,
)
from voltoken.kmc.planning.exposure import HORIZON_DAYS

FIRST = TODAY.toordinal()
AT_ONCE = WavePlan.at_once(TODAY)


def ago(days: int, purchases: int = 9, window: int = 90) -> Cadence:
    """Return how a meter buys that bought so many days ago, every ten days unless told otherwise."""
    return Cadence(FIRST - days, purchases, window)


SILENT = ago(31)
NEVER = Cadence(0, 0, 90)


def run(plan: WavePlan, *cadences: Cadence, already: int = 0) -> Exposure:
    """Return the clock of some meters in the first wave of a plan."""
    return exposure(Sorted(Counter((0, one) for one in cadences)), plan, TODAY, already)


@pytest.mark.parametrize(
    ("cadence", "day", "expected"),
    [
        (ago(0), 0, 10),
        (ago(3), 0, 7),
        (ago(10), 0, 0),
        (ago(11), 0, 9),
        (ago(3), 7, 7),
        (ago(3), 8, 17),
        (ago(5, 2, 21), 0, 6),
        (ago(5, 2, 21), 6, 6),
        (ago(5, 2, 21), 7, 16),
        (ago(-4), 0, 14),
    ],
)
def test_a_meter_buys_whole_intervals_after_its_last_purchase(
    cadence: Cadence, day: int, expected: int
) -> None:
    assert cadence.next_from(FIRST + day) - FIRST == expected


def test_a_meter_that_missed_more_than_three_purchases_is_silent() -> None:
    assert not ago(30).is_silent(FIRST, 3)
    assert SILENT.is_silent(FIRST, 3)
    assert not SILENT.is_silent(FIRST, 4)
    assert NEVER.is_silent(FIRST, 1000)
    assert not Cadence(0, 9, 90).is_silent(FIRST, 1)


def test_a_meter_whose_last_purchase_nobody_knows_waits_the_longest_it_can() -> None:
    assert Cadence(0, 9, 90).next_from(FIRST) == FIRST + 10
    assert Cadence(0, 7, 90).next_from(FIRST) == FIRST + 13  # 12.86 days, complete on the thirteenth


def test_meters_get_their_new_key_with_the_next_purchase() -> None:
    found = run(AT_ONCE, ago(3), ago(3), ago(8), ago(0))
    assert found.bought == (0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 1)
    assert set(found.visited) == {0}
    assert found.never == 0
    assert [found.days_to(percent) for percent in (1, 25, 26, 75, 76, 100)] == [2, 2, 7, 7, 10, 10]
    assert found.day_of(50) == date(2026, 11, 28)
    assert found.meter_days == 2 + 7 + 7 + 10
    assert found.mean_days == Fraction(26, 4)


def test_a_wave_that_opens_later_waits_for_the_purchase_after() -> None:
    plan = WavePlan((Wave("later", later(TODAY, 8)),))
    assert run(plan, ago(3)).days_to(100) == 17
    early = WavePlan((Wave("long ago", date(2020, 1, 1)),))
    assert run(early, ago(3)).days_to(100) == 7


def test_a_silent_meter_waits_for_a_visit() -> None:
    alone = run(AT_ONCE, SILENT, ago(8))
    assert (alone.never, alone.days_to(50), alone.days_to(100), alone.day_of(100)) == (1, 2, None, None)
    assert (alone.meter_days, alone.mean_days) == (None, None)
    assert len(alone.bought) == 3
    visited = run(WavePlan.at_once(TODAY, 1), SILENT, NEVER, ago(8))
    assert visited.visited == (1, 1, 0)
    assert visited.bought == (0, 0, 1)


def test_nobody_is_visited_before_the_wave_opens() -> None:
    plan = WavePlan((Wave("later", later(TODAY, 5)),), 1)
    assert run(plan, SILENT).visited == (0, 0, 0, 0, 0, 1)


def test_the_wave_that_opened_first_is_visited_first() -> None:
    plan = WavePlan((Wave("second", later(TODAY, 1)), Wave("first", TODAY)), 1)
    meters = Sorted(Counter({(0, SILENT): 2, (1, SILENT): 3, (1, ago(10)): 1}), unplaced=2)
    found = exposure(meters, plan, TODAY)
    assert found.visited == (1, 1, 1, 1, 1)
    assert (found.total, found.never) == (8, 2)


def test_after_a_while_those_are_visited_that_would_come_last() -> None:
    plan = WavePlan((Wave("all", TODAY),), 2, visit_after=4)
    found = run(plan, SILENT, ago(1), ago(2), ago(5), ago(5))
    assert found.visited == (1, 0, 0, 0, 2, 0)
    assert found.bought == (0, 0, 0, 0, 0, 2)


def test_the_slowest_of_the_wave_that_opened_first_are_visited_first() -> None:
    plan = WavePlan((Wave("second", later(TODAY, 1)), Wave("first", TODAY)), 1, visit_after=0)
    meters = Sorted(Counter({(1, ago(7)): 5, (0, ago(1)): 1}))
    found = exposure(meters, plan, TODAY)
    assert found.visited == (1, 1, 1, 1)
    assert found.bought == (0, 0, 0, 2)


def test_visits_do_not_come_twice_to_one_meter() -> None:
    plan = WavePlan((Wave("all", TODAY),), 1, visit_after=0)
    found = run(plan, *[ago(1)] * 4, ago(10))
    assert found.visited == (1, 1, 1, 1)
    assert found.bought == (1, 0, 0, 0)
    assert found.never == 0


def test_what_has_not_happened_in_a_hundred_years_never_does() -> None:
    late = WavePlan((Wave("all", later(TODAY, HORIZON_DAYS + 1)),), 1)
    assert run(late, SILENT, ago(1)).never == 2
    crew = exposure(Sorted({(0, NEVER): HORIZON_DAYS + 3}), WavePlan.at_once(TODAY, 1), TODAY)
    assert crew.never == 2


def test_meters_that_are_there_already_count_for_the_shares() -> None:
    found = run(AT_ONCE, ago(3), already=9)
    assert (found.total, found.days_to(90), found.days_to(91)) == (10, 0, 7)
    assert found.curve == (9, 9, 9, 9, 9, 9, 9, 10)
    assert (found.left_on(TODAY), found.left_on(later(TODAY, 6)), found.left_on(later(TODAY, 7))) == (1, 1, 0)
    assert found.left_on(date(2020, 1, 1)) == 1
    assert found.mean_days == Fraction(7, 10)


def test_no_meters_are_led_away_at_once() -> None:
    found = run(AT_ONCE)
    assert (found.days_to(100), found.bought, found.mean_days) == (0, (), None)
    assert points(found, 10) == ()


def test_the_fewest_visits_that_are_enough() -> None:
    meters = Sorted(Counter({(0, SILENT): 10, (0, ago(3)): 1}))
    assert visits_needed(meters, AT_ONCE, TODAY, later(TODAY, 9)) == 1
    assert visits_needed(meters, AT_ONCE, TODAY, later(TODAY, 7)) == 2
    assert visits_needed(meters, AT_ONCE, TODAY, later(TODAY, 3)) is None
    assert visits_needed(Sorted({}), AT_ONCE, TODAY, TODAY) == 0
    with pytest.raises(FieldError, match="not before"):
        visits_needed(meters, AT_ONCE, TODAY, date(2026, 11, 20))


def test_the_chart_has_as_many_columns_as_there_is_room_for() -> None:
    found = run(WavePlan.at_once(TODAY, 1), ago(3), ago(3), ago(8), ago(0), SILENT)
    assert points(found, 3) == (CurvePoint(2, 3, 1, 1), CurvePoint(6, 3, 0, 0), CurvePoint(10, 0, 3, 0))
    assert [one.day for one in points(found, 99)] == list(range(11))
    assert points(found, 1) == (CurvePoint(10, 0, 4, 1),)


def test_milestones_tell_days_and_dates() -> None:
    told = [(one.percent, one.days, str(one.on)) for one in milestones(run(AT_ONCE, ago(3), SILENT))]
    assert told == [(50, 7, "2026-11-28"), (90, None, "None"), (99, None, "None"), (100, None, "None")]
