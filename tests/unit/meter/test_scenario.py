"""Scenarios as files: they are read as they are written, and everything else is one error."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltoken.errors import ScenarioError
from voltoken.meter import MeterSetup, Scenario, Step, write_scenario
from voltoken.meter.scenario_setup import quantity_counts
from voltoken.meter.scenario_values import plain
from voltoken.sts import BaseDate

NOW = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
FOLDER = Path(__file__).resolve().parents[3] / "scenarios"
NAMES = (
    "the-register-is-full",
    "a-meter-that-keeps-money",
    "friendly-hours",
    "an-ea07-meter",
    "too-much-power",
)


def document(name: str = "the-register-is-full") -> dict[str, Any]:
    """Return a scenario that comes along, parsed."""
    parsed: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return parsed


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return a document after a change."""
    told = document()
    change(told)
    return told


def test_a_scenario_is_read_as_it_is_written() -> None:
    for name in NAMES:
        scenario = Scenario.from_document(document(name))
        assert scenario.to_document() == document(name)
        assert Scenario.from_document(json.loads(write_scenario(scenario))) == scenario


def test_the_file_has_one_step_to_a_line() -> None:
    scenario = Scenario.from_document(document())
    lines = write_scenario(scenario).splitlines()
    steps = [line for line in lines if line.startswith('    {"at": ')]
    assert len(steps) == len(scenario.steps)
    assert [json.loads(line.rstrip(",")) for line in steps] == document()["steps"]


def test_tokens_stand_in_groups_of_four() -> None:
    step = Step(NOW, "enter", {"token": "12345678901234567890"})
    assert step.to_document()["token"] == "1234 5678 9012 3456 7890"
    assert Step(NOW, "enter", {"token": "1234"}).to_document()["token"] == "1234"


def test_amounts_mean_the_same_however_they_are_written() -> None:
    said = [Step(NOW, "wait", {}, {"credit": text}) for text in ("10", "10.0", "010.00")]
    assert said[0] == said[1] == said[2]
    assert said[0].expect["credit"] == "10"


@pytest.mark.parametrize(
    ("value", "text"), [("-0.0", "0"), ("1E+3", "1000"), ("12.340", "12.34"), ("0.001", "0.001")]
)
def test_decimals_have_one_form(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


def test_arguments_that_are_as_usual_are_left_out() -> None:
    assert Step(NOW, "enter", {"token": "1", "path": "keypad"}).to_document().keys() == {
        "at",
        "action",
        "token",
    }
    assert "path" in Step(NOW, "enter", {"token": "1", "path": "remote"}).to_document()


@given(st.integers(0, 10**9))
def test_every_second_of_a_time_meter_has_its_own_decimal(seconds: int) -> None:
    profile = Scenario.from_document(document("a-time-meter")).meter.profile
    text = plain(profile.commodity.units(seconds))
    assert quantity_counts(text, profile.commodity) == seconds


FAULTY: dict[str, Callable[[dict[str, Any]], object]] = {
    "another format": lambda d: d.update(format="x"),
    "another version": lambda d: d.update(version=2),
    "a version that is no number at all": lambda d: d.update(version=Decimal("sNaN")),
    "a version that is true": lambda d: d.update(version=True),
    "an unknown member": lambda d: d.update(more=1),
    "no steps": lambda d: d.update(steps=[]),
    "steps that are no list": lambda d: d.update(steps={}),
    "no title": lambda d: d.pop("title"),
    "an empty rule": lambda d: d.update(rule=""),
    "a name with blanks": lambda d: d.update(name="My story"),
    "an edge case that is none": lambda d: d.update(edge_case=21),
    "a time without zone": lambda d: d.update(begins="2026-03-01T13:00:00"),
    "a day that is none": lambda d: d.update(begins="2026-02-30T13:00:00Z"),
    "a live key": lambda d: d["meter"]["key"].update(test=False),
    "a key of another length": lambda d: d["meter"]["key"].update(decoder_key="00" * 8),
    "an unknown profile": lambda d: d["meter"].update(profile="x"),
    "a profile of another form": lambda d: d["meter"].update(overrides={"lockout": 5}),
    "an unknown skin": lambda d: d["meter"].update(overrides={"skin": "x"}),
    "a wrong check digit": lambda d: d["meter"].update(pan="600727000000000008"),
    "an unknown member of the meter": lambda d: d["meter"].update(colour="grey"),
    "a meter that is no object": lambda d: d.update(meter=7),
    "no memory": lambda d: d["meter"].pop("filled_with"),
    "two memories": lambda d: d["meter"].update(tids=[[1, 50]]),
    "a memory of another size": lambda d: d["meter"].update(filled_with=None),
    "a memory with a TID too few": lambda d: (
        d["meter"].pop("filled_with"),
        d["meter"].update(tids=[[1, 49]]),
    ),
    "a price for kWh": lambda d: d["meter"].update(price="1"),
    "sample tables for EA11": lambda d: d["meter"].update(sta_tables="sample"),
    "credit as a number": lambda d: d["meter"].update(credit=10),
    "credit finer than a watt hour": lambda d: d["meter"].update(credit="0.0001"),
    "an unknown action": lambda d: d["steps"][0].update(action="fly"),
    "an action without its argument": lambda d: d["steps"][0].pop("token"),
    "an unknown argument": lambda d: d["steps"][0].update(writes=1),
    "an unknown expectation": lambda d: d["steps"][0]["expect"].update(mood="good"),
    "an unknown result": lambda d: d["steps"][0]["expect"].update(result="Fine"),
    "a code that is true": lambda d: d["steps"][0]["expect"].update(code=True),
    "a memory out of order": lambda d: d["steps"][0]["expect"].update(memory=[[2, 1], [1, 49]]),
    "time that runs back": lambda d: d["steps"][1].update(at="2026-03-01T12:59:59Z"),
    "a negative quantity": lambda d: d["steps"][3].update(quantity="-1"),
    "a quantity finer than a count": lambda d: d["steps"][3].update(quantity="0.0001"),
    "no seconds": lambda d: d["steps"][3].update(seconds=0),
    "a step that is no object": lambda d: d["steps"].append(7),
    "too many steps": lambda d: d.update(steps=d["steps"][:1] * 10_001),
}


@pytest.mark.parametrize("name", FAULTY)
def test_faulty_scenarios_are_refused(name: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_document(changed(FAULTY[name]))
    assert caught.value.code == "meter.scenario"
    assert caught.value.message


def test_the_message_names_the_step_and_what_is_allowed() -> None:
    told = changed(lambda d: d["steps"][2]["expect"].update(relay="shut"))
    with pytest.raises(ScenarioError, match=r"step 3: expect\.relay: .*connected, disconnected, ready"):
        Scenario.from_document(told)


def test_no_message_shows_a_key() -> None:
    told = changed(lambda d: d["meter"]["key"].update(decoder_key="c0ffee" * 5))
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_document(told)
    assert "c0ffee" not in repr(caught.value) + str(caught.value.detail)


def test_a_key_that_is_not_marked_test_is_refused_in_the_value_too() -> None:
    setup = Scenario.from_document(document()).meter
    with pytest.raises(ScenarioError, match="test key"):
        replace(setup, key=replace(setup.key, test=False))


def test_a_setup_holds_as_many_tids_as_its_profile() -> None:
    setup = Scenario.from_document(document()).meter
    with pytest.raises(ScenarioError, match="50 TIDs in all; 49 are given"):
        replace(setup, tids=setup.tids[1:])


def test_money_has_at_most_five_decimals() -> None:
    told = document("a-meter-that-keeps-money")
    told["meter"]["credit"] = "1.000001"
    with pytest.raises(ScenarioError, match="at most 5 decimals"):
        Scenario.from_document(told)


def test_steps_are_checked_when_they_are_made() -> None:
    faulty: tuple[dict[str, Any], ...] = (
        {"at": NOW.replace(tzinfo=None)},
        {"arguments": {"x": 1}},
        {"says": "x" * 500},
        {"expect": 7},
    )
    for wrong in faulty:
        values: dict[str, Any] = {"at": NOW, "action": "wait"} | wrong
        with pytest.raises(ScenarioError):
            Step(**values)


def test_a_scenario_is_checked_when_it_is_made() -> None:
    scenario = Scenario.from_document(document())
    with pytest.raises(ScenarioError, match="before what came first"):
        replace(scenario, begins=scenario.steps[0].at + timedelta(seconds=1))
    assert replace(scenario, meter=replace(scenario.meter, note="x")).meter.note == "x"


def test_a_setup_can_say_what_was_drawn_and_that_a_cover_was_opened() -> None:
    told = document()["meter"] | {"total": "12.345", "tamper": True, "tids": [[1, 20], [7, 30]]}
    del told["filled_with"]
    setup = MeterSetup.from_document(told)
    meter = setup.meter(NOW)
    assert (meter.total, meter.memory.tamper.condition, meter.memory.tids) == (
        12_345,
        True,
        (1,) * 20 + (7,) * 30,
    )
    assert setup.to_document() == told
    assert setup.key.base_date is BaseDate.BD2014


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=30)
    | st.sampled_from(
        ["1", "-1", "2026-03-01T13:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1e9", 10**400]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything inside a document."""
    if here:
        yield here
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*here, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*here, place))


SAMPLES = {name: document(name) for name in NAMES}
PLACES = [(name, path) for name, sample in SAMPLES.items() for path in paths(sample)]
OVERRIDES = [
    ("the-register-is-full", ("meter", "overrides", name))
    for name in (
        *("lockout", "emergency", "friendly", "tests", "functions", "flags", "flags_set", "recover_s", "tct"),
        *(
            "service",
            "memory_size",
            "skin",
            "sections",
            "phases",
            "pulses",
        ),
        *(
            "negative_tokens",
            "utc_offset_minutes",
            "name",
            "currency",
            "credit_max",
        ),
        *("power_limit_w", "unbalance_limit_w", "power_limit_range_w"),
    )
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PLACES + OVERRIDES * 20), VALUES)
def test_a_scenario_with_anything_anywhere_is_read_or_refused(
    place: tuple[str, tuple[Any, ...]], value: Any
) -> None:
    """Parse, or ScenarioError, never any other error; and what was read can be written and read again."""
    name, path = place
    told = copy.deepcopy(SAMPLES[name])
    inner: Any = told
    for part in path[:-1]:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    inner[path[-1]] = value
    try:
        scenario = Scenario.from_document(told)
    except ScenarioError:
        return
    assert Scenario.from_document(json.loads(write_scenario(scenario))) == scenario


@given(VALUES)
def test_whatever_is_no_scenario_is_refused(value: Any) -> None:
    with pytest.raises(ScenarioError):
        Scenario.from_document(value)
