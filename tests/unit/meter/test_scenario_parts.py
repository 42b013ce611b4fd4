"""Scenario documents: what may be left out, the ends of ranges, and the place that a refusal names."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.meter.test_scenario import NOW, changed, document
from voltoken.errors import FieldError, RuleError, ScenarioError
from voltoken.meter import MeterSetup, Scenario, Step, write_scenario
from voltoken.meter.scenario_setup import quantity_counts
from voltoken.meter.scenario_values import stamp
from voltoken.sts import KEN, BaseDate, KeyType

Change = Callable[[dict[str, Any]], object]


def setup_with(change: Change) -> MeterSetup:
    """Return the setup of a scenario after a change of its document."""
    told = document()["meter"]
    change(told)
    return MeterSetup.from_document(told)


def test_a_key_says_as_little_as_a_meter_may_know() -> None:
    whole = document()["meter"]["key"]
    key = setup_with(
        lambda meter: meter.update(key={name: whole[name] for name in ("decoder_key", "test", "ea")})
    ).key
    assert (key.sgc, key.krn, key.ti) == (None, None, None)
    assert (key.kt, key.base_date, key.ken) == (KeyType.DUTK, BaseDate.BD2014, 255)


def test_a_key_says_as_much_as_a_meter_can_know() -> None:
    more = {"kt": 0, "base_date": "35", "ken": 85, "krn": 9, "ti": "99", "sgc": "654321", "note": "why"}
    setup = setup_with(lambda meter: meter["key"].update(more))
    key = setup.key
    assert (key.kt, key.base_date, key.ken) == (KeyType.DITK, BaseDate.BD2035, KEN(85))
    assert (key.krn, key.ti, key.sgc, setup.note) == (9, "99", "654321", "why")
    assert more.items() <= setup.to_document()["key"].items()


def test_a_key_that_is_not_said_to_be_a_test_key_is_none() -> None:
    with pytest.raises(ScenarioError, match="test key"):
        setup_with(lambda meter: meter["key"].pop("test"))


def test_a_setup_without_credit_total_or_note_has_none() -> None:
    setup = setup_with(lambda meter: (meter.pop("credit"), meter["key"].pop("note", None)))
    assert (setup.credit, setup.total, setup.price, setup.tamper, setup.note) == ("0", "0", None, False, "")
    assert "note" not in setup.to_document()["key"]


@pytest.mark.parametrize("tid", [0, 0xFFFFFF])
def test_a_memory_is_filled_with_any_tid(tid: int) -> None:
    assert set(setup_with(lambda meter: meter.update(filled_with=tid)).tids) == {tid}


def test_money_is_told_in_money_and_minutes_in_minutes() -> None:
    told = document("a-meter-that-keeps-money")["meter"]
    told["credit"] = "12.34567"
    meter = MeterSetup.from_document(told).meter(NOW)
    assert (meter.credit, document("a-time-meter")["meter"]["profile"]) == (1_234_567, "time")


def test_a_quantity_that_is_no_count_is_named() -> None:
    commodity = MeterSetup.from_document(document()["meter"]).profile.commodity
    assert quantity_counts("0.001", commodity) == 1
    with pytest.raises(FieldError, match=r"'0\.0001'.*Wh, in kWh") as refused:
        quantity_counts("0.0001", commodity)
    assert refused.value.field == "quantity"


def test_before_may_be_left_out() -> None:
    assert dict(Scenario.from_document(changed(lambda told: told.pop("before"))).before) == {}


def test_a_name_has_up_to_80_characters() -> None:
    scenario = Scenario.from_document(document())
    assert replace(scenario, name="x" * 80).name == "x" * 80
    for wrong in ("x" * 81, "Much too long"):
        with pytest.raises(ScenarioError, match=f"name: '{wrong[:20]}"):
            replace(scenario, name=wrong)


def test_a_scenario_is_written_in_the_letters_of_its_language() -> None:
    scenario = replace(Scenario.from_document(document()), title="Der Zähler ist voll")
    assert '"Der Zähler ist voll"' in write_scenario(scenario)


def test_the_file_has_one_member_of_the_meter_to_a_line() -> None:
    lines = write_scenario(Scenario.from_document(document())).splitlines()
    for name in document()["meter"]:
        assert [line for line in lines if line.startswith(f'    "{name}": ')]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="a program cannot set this system's time zone")
def test_times_are_in_utc_wherever_the_computer_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    india = timezone(timedelta(hours=5, minutes=30))
    with monkeypatch.context() as context:
        context.setenv("TZ", "IST-5:30")
        time.tzset()
        begins: datetime = Scenario.from_document(document()).begins
        written = stamp(NOW.astimezone(india))
        at = Step(NOW.astimezone(india), "wait").at
    time.tzset()
    assert written == "2026-03-01T13:00:00Z"
    assert begins.utcoffset() == at.utcoffset() == timedelta(0)


def test_a_scenario_has_at_least_one_step_and_at_most_ten_thousand() -> None:
    scenario = Scenario.from_document(document())
    for count in (1, 10_000):
        assert len(replace(scenario, steps=scenario.steps[:1] * count).steps) == count
    for count in (0, 10_001):
        with pytest.raises(ScenarioError, match="steps"):
            replace(scenario, steps=scenario.steps[:1] * count)


def test_edge_cases_are_numbered_from_1_to_20() -> None:
    scenario = Scenario.from_document(document())
    assert [replace(scenario, edge_case=number).edge_case for number in (1, 20, None)] == [1, 20, None]
    for wrong in (0, 21, True):
        with pytest.raises(ScenarioError, match=f"edge_case: {wrong}") as refused:
            replace(scenario, edge_case=wrong)
        assert refused.value.detail["place"] == "edge_case"


# ---------------------------------------------------------------------- what a refusal names


PLACES: dict[str, tuple[Change, str, str]] = {
    "another format": (lambda told: told.update(format="x"), "format", "format"),
    "another version": (lambda told: told.update(version=2), "version", "version 1"),
    "an unknown member": (lambda told: told.update(colour=1), "scenario", "scenario: 'colour'"),
    "a missing member": (lambda told: told.pop("rule"), "rule", "rule"),
    "an empty rule": (lambda told: told.update(rule=""), "rule", "rule"),
    "steps that are no list": (lambda told: told.update(steps={}), "steps", "steps"),
    "a rule that is no text": (lambda told: told.update(rule=7), "rule", "rule: 7"),
    "time that runs back": (
        lambda told: told["steps"][1].update(at="2026-03-01T12:59:59Z"),
        "step 2",
        "Step 2 is at",
    ),
    "no steps": (lambda told: told.update(steps=[]), "steps", "steps"),
    "a wrong time": (lambda told: told.update(begins="noon"), "begins", "begins: 'noon'"),
    "a wrong state before": (lambda told: told.update(before={"relay": "shut"}), "before", "expect.relay"),
    "what is before is no object": (lambda told: told.update(before=7), "before", "object"),
    "a meter that is no object": (lambda told: told.update(meter=7), "meter", "meter must be an object"),
    "an unknown member of the meter": (
        lambda told: told["meter"].update(colour=1),
        "meter",
        "meter: 'colour'",
    ),
    "an unknown profile": (lambda told: told["meter"].update(profile="x"), "meter", "profile: 'x'"),
    "a missing number": (lambda told: told["meter"].pop("pan"), "meter", "pan"),
    "a key that is no object": (lambda told: told["meter"].update(key=7), "meter", "key must be an object"),
    "an unknown member of the key": (
        lambda told: told["meter"]["key"].update(colour=1),
        "meter",
        "key: 'colour'",
    ),
    "no key": (lambda told: told["meter"]["key"].pop("decoder_key"), "meter", "decoder_key"),
    "no encryption": (lambda told: told["meter"]["key"].pop("ea"), "meter", "ea"),
    "a wrong key type": (lambda told: told["meter"]["key"].update(kt=4), "meter", "kt: 4"),
    "a wrong key expiry": (lambda told: told["meter"]["key"].update(ken=256), "meter", "ken: 256"),
    "test that is no truth": (lambda told: told["meter"]["key"].update(test=1), "meter", "test: 1"),
    "a note that is no text": (lambda told: told["meter"]["key"].update(note=1), "meter", "note: 1"),
    "credit that is no text": (lambda told: told["meter"].update(credit=1), "meter", "credit: 1"),
    "a total that is no text": (lambda told: told["meter"].update(total=1), "meter", "total: 1"),
    "a price that is no text": (lambda told: told["meter"].update(price=1), "meter", "price: 1"),
    "a tamper that is no truth": (lambda told: told["meter"].update(tamper=1), "meter", "tamper: 1"),
    "sample tables for EA11": (lambda told: told["meter"].update(sta_tables="sample"), "meter", "sta_tables"),
    "a memory that is none": (
        lambda told: told["meter"].update(filled_with=1 << 24),
        "meter",
        "filled_with: 16777216",
    ),
    "two memories": (lambda told: told["meter"].update(tids=[[1, 50]]), "meter", "tids"),
    "a memory of a TID too few": (
        lambda told: (told["meter"].pop("filled_with"), told["meter"].update(tids=[[1, 49]])),
        "meter",
        "50 TIDs",
    ),
    "a memory that is no list": (
        lambda told: (told["meter"].pop("filled_with"), told["meter"].update(tids=7)),
        "meter",
        "tids: 7",
    ),
    "a meter that cannot be made": (lambda told: told["meter"].update(price="1"), "meter", "price"),
    "a step that is no object": (lambda told: told["steps"].insert(1, 7), "step 2", "object"),
    "no time": (lambda told: told["steps"][0].pop("at"), "step 1", "at: None"),
    "no action": (lambda told: told["steps"][0].pop("action"), "step 1", "action: None"),
    "no token": (lambda told: told["steps"][0].pop("token"), "step 1", "enter needs token"),
    "an unknown argument": (lambda told: told["steps"][0].update(colour=1), "step 1", "enter: 'colour'"),
    "a finer quantity": (lambda told: told["steps"][3].update(quantity="0.0001"), "step 4", "quantity"),
    "an unknown expectation": (
        lambda told: told["steps"][1]["expect"].update(mood=1),
        "step 2",
        "expect: 'mood'",
    ),
    "expectations that are no object": (
        lambda told: told["steps"][1].update(expect=7),
        "step 2",
        "expected must be an object",
    ),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_refusal_says_where_and_what(name: str) -> None:
    change, place, says = PLACES[name]
    with pytest.raises(ScenarioError) as refused:
        Scenario.from_document(changed(change))
    assert refused.value.detail["place"] == place
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("wrong", "place", "says"),
    [
        ({"at": NOW.replace(tzinfo=None)}, "at", "at: "),
        ({"action": "fly"}, "action", "action: 'fly'"),
        ({"action": "enter"}, "token", "needs token"),
        ({"arguments": {"x": 1}}, "wait", "wait: 'x' is not allowed; it must be left out"),
        ({"action": "arm_cut", "arguments": {"x": 1}}, "arm_cut", "one of writes"),
        ({"action": "arm_cut", "arguments": {"writes": -1}}, "writes", "writes: -1"),
        ({"expect": 7}, "expect", "object"),
        ({"expect": {"mood": 1}}, "expect", "expect: 'mood'"),
        ({"expect": {"low": 1}}, "expect.low", "expect.low: 1"),
        ({"says": 7}, "says", "says: 7"),
    ],
)
def test_a_step_that_is_none_names_its_part(wrong: dict[str, Any], place: str, says: str) -> None:
    values: dict[str, Any] = {"at": NOW, "action": "wait"} | wrong
    with pytest.raises(ScenarioError) as refused:
        Step(**values)
    assert refused.value.detail["place"] == place
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"colour": 1}, "meter"),
        ({"key": 7}, "key"),
        ({"key": {"colour": 1}}, "key"),
        ({"sta_tables": "sample"}, "sta_tables"),
        ({"tids": [[1, 50]]}, "tids"),
        ({"filled_with": None}, "filled_with"),
    ],
)
def test_a_setup_by_itself_names_its_part(change: dict[str, Any], place: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        setup_with(lambda meter: meter.update(change))
    assert refused.value.detail["place"] == place


def test_a_setup_with_a_memory_of_another_size_names_its_memory() -> None:
    with pytest.raises(ScenarioError) as refused:
        setup_with(lambda meter: (meter.pop("filled_with"), meter.update(tids=[[1, 49]])))
    assert refused.value.detail["place"] == "tids"


def test_parts_of_a_setup_that_do_not_fit_are_named() -> None:
    money = document("a-meter-that-keeps-money")["meter"] | {"credit": "0.000001"}
    with pytest.raises(FieldError, match=r"0\.000001") as refused:
        MeterSetup.from_document(money).meter(NOW)
    assert refused.value.field == "credit"
    common = setup_with(lambda meter: meter["key"].update(kt=3))
    with pytest.raises(RuleError):
        common.meter(NOW)
