"""Waves: which meters go in which, and what a plan of them looks like."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kmc.planning.town import TODAY, meters, row
from voltoken.errors import FieldError
from voltoken.kmc.planning import Wave, WavePlan, even_waves, later, plan_of, sort_into_waves

REST = Wave("rest", TODAY)


def sizes(*waves: Wave) -> list[int]:
    """Return how many of six meters each wave has, and behind them those without one."""
    rows = [row(number, module="m-2" if number > 3 else "m-1") for number in range(1, 5)]
    rows += [row(5, ea="11"), row(6, sgc="654321")]
    found = sort_into_waves(meters(*rows).meters, waves)
    assert found.total == 6
    counted = [0] * len(waves)
    for (number, _), count in found.counts.items():
        counted[number] += count
    return [*counted, found.unplaced]


def test_a_meter_goes_in_the_first_wave_that_takes_it() -> None:
    assert sizes(Wave("m-2", TODAY, modules=frozenset({"m-2"})), REST) == [1, 5, 0]
    assert sizes(Wave("new", TODAY, eas=frozenset({"11"})), REST) == [1, 5, 0]
    assert sizes(Wave("group", TODAY, sgcs=frozenset({"654321"})), REST) == [1, 5, 0]
    assert sizes(REST, Wave("more", TODAY)) == [6, 0, 0]


def test_a_full_wave_sends_meters_on() -> None:
    assert sizes(Wave("first", TODAY, 2), Wave("second", TODAY, 1), REST) == [2, 1, 3, 0]


def test_meters_that_no_wave_takes_are_counted() -> None:
    assert sizes(Wave("first", TODAY, 2)) == [2, 4]
    assert sizes(Wave("none", TODAY, modules=frozenset({"m-9"}))) == [0, 6]


def test_meters_that_buy_alike_are_counted_together() -> None:
    found = sort_into_waves(meters(row(1), row(2), row(3, purchases="1")).meters, (REST,))
    assert sorted(found.counts.values()) == [1, 2]


def test_even_waves_take_all_meters() -> None:
    waves = even_waves(10, 3, date(2026, 12, 1), 14)
    assert [(one.name, str(one.opens), one.size) for one in waves] == [
        ("1", "2026-12-01", 4),
        ("2", "2026-12-15", 4),
        ("3", "2026-12-29", None),
    ]
    assert even_waves(0, 2, TODAY, 0)[0].size == 1


def test_a_plan_is_read_with_all_that_it_says() -> None:
    found = plan_of(
        {
            "visits_per_day": 40,
            "visit_after": 60,
            "missed": 2,
            "waves": [
                {
                    "name": "north",
                    "opens": "2026-12-01",
                    "size": 5,
                    "modules": ["m-1"],
                    "eas": ["07"],
                    "sgcs": ["123456"],
                },
                {"name": "rest", "opens": "2027-01-15"},
            ],
        }
    )
    north = Wave("north", date(2026, 12, 1), 5, frozenset({"m-1"}), frozenset({"07"}), frozenset({"123456"}))
    assert found == WavePlan((north, Wave("rest", date(2027, 1, 15))), 40, 60, 2)


def test_a_plan_says_no_more_than_it_must() -> None:
    assert plan_of({"waves": [{"name": "all", "opens": "2026-11-21"}]}) == WavePlan.at_once(TODAY)


WAVE = {"name": "all", "opens": "2026-11-21"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "wave plan"),
        ({}, "waves"),
        ({"waves": []}, "waves"),
        ({"waves": {}}, "waves"),
        ({"waves": [WAVE], "crew": 1}, "wave plan"),
        ({"waves": [WAVE, WAVE]}, "waves"),
        ({"waves": [WAVE | {"name": str(number)} for number in range(999)]}, "waves"),
        ({"waves": ["all"]}, "wave"),
        ({"waves": [WAVE | {"colour": "red"}]}, "wave"),
        ({"waves": [WAVE | {"name": ""}]}, "name"),
        ({"waves": [WAVE | {"name": "a\nb"}]}, "name"),
        ({"waves": [WAVE | {"name": 1}]}, "name"),
        ({"waves": [WAVE | {"opens": "soon"}]}, "opens"),
        ({"waves": [WAVE | {"opens": 20261121}]}, "opens"),
        ({"waves": [WAVE | {"size": 0}]}, "size"),
        ({"waves": [WAVE | {"size": True}]}, "size"),
        ({"waves": [WAVE | {"size": "5"}]}, "size"),
        ({"waves": [WAVE | {"modules": "m-1"}]}, "modules"),
        ({"waves": [WAVE | {"eas": [7]}]}, "eas"),
        ({"waves": [WAVE], "visits_per_day": -1}, "visits_per_day"),
        ({"waves": [WAVE], "visits_per_day": 1.5}, "visits_per_day"),
        ({"waves": [WAVE], "visit_after": 99_999}, "visit_after"),
        ({"waves": [WAVE], "missed": 0}, "missed"),
        ({"waves": [WAVE], "missed": None}, "missed"),
    ],
    ids=str,
)
def test_a_plan_that_is_none_is_refused_by_the_field(document: Any, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        plan_of(document)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("waves", "apart", "field"), [(0, 1, "waves"), (201, 1, "waves"), (2, -1, "days_apart")]
)
def test_even_waves_are_within_reason(waves: int, apart: int, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        even_waves(10, waves, TODAY, apart)
    assert refused.value.field == field


def test_days_end_with_the_calendar() -> None:
    assert later(TODAY, 9) == date(2026, 11, 30)
    with pytest.raises(FieldError, match="year 10000"):
        later(date(9999, 12, 1), 99)


scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just("2026-12-01"))
waves_in_json = st.dictionaries(
    st.sampled_from(["name", "opens", "size", "modules", "eas", "sgcs", "else"]),
    st.one_of(scalars, st.lists(scalars, max_size=2)),
)
plans_in_json = st.dictionaries(
    st.sampled_from(["waves", "visits_per_day", "visit_after", "missed", "else"]),
    st.one_of(scalars, st.lists(st.one_of(waves_in_json, scalars), max_size=3)),
)


@given(st.one_of(scalars, plans_in_json))
@settings(max_examples=200, deadline=None)
def test_any_json_is_a_plan_or_a_field_error(document: Any) -> None:
    try:
        found = plan_of(document)
    except FieldError:
        return
    assert found.waves
