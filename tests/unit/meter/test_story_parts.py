"""Replay and recorder in detail: which step a report is about, what is observed, what is worth noting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.unit.meter.shop import KWH, NOW, Shop, installed, key_of, later, with_credit
from tests.unit.meter.test_scenario import document
from tests.unit.meter.test_scenario_replay import Altered, raising, story
from voltoken.errors import ScenarioError
from voltoken.meter import (
    TROUBLE,
    UNABLE,
    EntryPath,
    Meter,
    MeterSetup,
    Recorder,
    Scenario,
    Step,
    Verdict,
    VirtualDevice,
    replay,
)
from voltoken.meter.scenario_replay import observe
from voltoken.sts import EA, KEN, SAMPLE_TABLES, BaseDate, SetMaximumPhasePowerUnbalanceLimit, STATables

OTHER_TABLES = STATables(
    SAMPLE_TABLES.substitution_2, SAMPLE_TABLES.substitution_1, SAMPLE_TABLES.permutation
)


def step(after: float, action: str, **given: Any) -> Step:
    """Return a step so many seconds after the beginning."""
    return Step(later(after), action, given)


# ---------------------------------------------------------------------- replay


ALTERED: dict[str, Callable[[], VirtualDevice]] = {
    "nothing": VirtualDevice,
    "breaks down": lambda: Altered(raising),
    "says it broke": lambda: Altered(lambda number, seen: {TROUBLE: "smoke"} if number == 2 else seen),
    "is unable": lambda: Altered(lambda number, seen: {UNABLE: "no load"} if number == 2 else seen),
}


@pytest.mark.parametrize("name", ALTERED)
def test_a_report_is_about_its_scenario_and_every_step_of_it(name: str) -> None:
    scenario = story()
    report = replay(scenario, ALTERED[name]())
    assert report.scenario is scenario
    assert [step.step for step in report.steps] == [None, *scenario.steps]
    for told, expect in zip(
        report.steps, (scenario.before, *(s.expect for s in scenario.steps)), strict=True
    ):
        assert {check.name: check.expected for check in told.checks} == dict(expect)


def test_what_was_not_observed_of_a_step_is_told_with_what_was_expected_and_why() -> None:
    for name, trouble in (("breaks down", "The bench has no power."), ("says it broke", "smoke")):
        failed = replay(story(), ALTERED[name]()).steps[2]
        assert (failed.trouble, failed.unable, failed.ok) == (trouble, False, False)
        assert {(check.observed, check.verdict) for check in failed.checks} == {(None, Verdict.NOT_OBSERVED)}
    unable = replay(story(), ALTERED["is unable"]()).steps[2]
    assert (unable.trouble, unable.unable, unable.ok) == ("no load", True, True)


def device(meter: Meter) -> VirtualDevice:
    """Return a meter as a device."""
    return VirtualDevice(meter)


def test_each_path_is_observed_with_its_own_lockout() -> None:
    meter, _ = installed()
    bench = device(meter)
    seen = [bench.perform(step(0, "enter", token="12", path="remote"))["lockout_s"] for _ in range(3)]
    assert seen == [0, 0, 10]
    assert set(meter.memory.lockout) == {EntryPath.REMOTE}
    assert bench.perform(step(4, "enter", token="12", path="remote"))["lockout_s"] == 6
    assert bench.perform(step(4, "wait"))["lockout_s"] == 0
    assert observe(meter, later(4), EntryPath.REMOTE)["lockout_s"] == 6


def test_phases_that_a_step_gives_are_drawn() -> None:
    meter, shop = with_credit("three-phase", units=100)
    meter.enter(shop.digits(SetMaximumPhasePowerUnbalanceLimit.of(2_000, tid=shop.next_tid(), rnd=5)), NOW)
    bench = device(meter)
    assert bench.perform(step(0, "use", quantity="0.1", phases_w=[1, 2_001, 2]))["reasons"] == []
    assert bench.perform(step(0, "use", quantity="0.1", phases_w=[1, 2_002, 2]))["reasons"] == [
        "phase unbalance"
    ]


def test_actions_without_an_answer_still_act() -> None:
    meter, _ = with_credit()
    bench = device(meter)
    assert bench.perform(step(0, "tamper", kind="magnet"))["tamper"]
    assert meter.memory.tamper.magnet == 1
    assert bench.perform(step(0, "arm_cut", writes=7))["powered"]
    assert meter.memory.fuse == 7
    assert bench.perform(step(0, "cut")) == {"powered": False}
    assert bench.perform(step(0, "wait")) == {"powered": False}
    assert bench.perform(step(0, "restore"))["powered"]


def test_a_cut_is_armed_and_disarmed_without_power_too() -> None:
    bench = device(with_credit()[0])
    bench.perform(step(0, "cut"))
    bench.perform(step(0, "arm_cut", writes=0))
    assert bench.perform(step(1, "restore")) == {"powered": False}
    bench.perform(step(2, "arm_cut", writes=0))
    bench.perform(step(2, "cut"))
    assert bench.perform(step(3, "restore"))["powered"]


def test_a_short_code_is_observed_by_what_it_shows() -> None:
    assert device(with_credit()[0]).perform(step(0, "press", code="37"))["shows"] == ["10.00 kWh"]


def test_the_key_is_observed_by_what_the_meter_knows_of_it() -> None:
    meter, _ = installed(key=key_of(3, ken=KEN(85)))
    seen = observe(meter, NOW)
    names = ("sgc", "krn", "kt", "ti", "ken", "key_check_value")
    value = str(meter.memory.key.check_value)
    assert [seen[name] for name in names] == ["123457", 3, 2, "01", 85, value]
    told_nothing, _ = installed(key=key_of(sgc=None, krn=None, ti=None))
    assert [observe(told_nothing, NOW)[name] for name in ("sgc", "krn", "ti")] == [None] * 3


def test_credit_is_observed_in_the_units_of_the_meter() -> None:
    for name in ("single-phase", "currency", "time"):
        meter, _ = with_credit(name, units=Decimal("0.1"))
        assert observe(meter, NOW)["credit"] == "0.1"


# ---------------------------------------------------------------------- recorder


def recorded(meter: Meter, *steps: Step) -> Scenario:
    """Return the story of a meter."""
    recorder = Recorder(meter, NOW)
    for each in steps:
        recorder.perform(each)
    return recorder.scenario("a-story", title="A story", rule="What happens happens again.")


def test_a_step_is_noted_with_what_it_showed_and_what_has_changed() -> None:
    meter, shop = installed()
    expected = Step(NOW, "enter", {"token": shop.credit(20)}, {"credit": "1"})
    told = recorded(
        meter, expected, step(1, "wait"), step(2, "use", quantity="0.1", seconds=3600), step(3, "wait")
    )
    assert told.source == "recorded"
    entered, nothing, used, last = (each.expect for each in told.steps)
    assert set(entered) == {
        *("result", "code", "credited", "tests", "shows"),
        *("credit", "low", "relay", "reasons", "memory"),
    }
    assert entered["credit"] == "20"
    assert dict(nothing) == {}
    assert dict(used) == {"served": "0.1", "credit": "19.9", "total": "0.1"}
    assert last == dict(told.before) | {
        name: last[name] for name in ("memory", "relay", "reasons", "low")
    } | {
        "credit": "19.9",
        "total": "0.1",
    }


def test_a_cut_is_noted_and_what_came_back_with_the_power_is_not() -> None:
    meter, shop = installed()
    told = recorded(
        meter,
        Step(NOW, "enter", {"token": shop.credit(20)}),
        step(1, "cut"),
        step(2, "restore"),
        step(3, "wait"),
        step(4, "wait"),
        step(5, "cut"),
    )
    assert dict(told.steps[1].expect) == {"powered": False}
    assert "credit" not in told.steps[2].expect
    assert dict(told.steps[3].expect) == {}
    assert dict(told.steps[-1].expect) == {"powered": False}


def test_what_a_power_cut_has_changed_is_noted_when_the_power_is_back() -> None:
    meter, _ = installed()
    wrong = [step(0, "enter", token="12") for _ in range(3)]
    told = recorded(meter, *wrong, step(1, "cut"), step(2, "restore"), step(3, "wait"))
    assert told.steps[2].expect["lockout_s"] == 10
    assert told.steps[4].expect["lockout_s"] == 0


def test_a_token_that_power_cut_short_is_noted_with_its_result() -> None:
    meter, shop = installed()
    told = recorded(meter, step(0, "arm_cut", writes=0), step(0, "enter", token=shop.credit(20)))
    last = told.steps[-1].expect
    assert set(last) == {"result", "code", "powered"}
    assert (last["result"], last["powered"]) == ("not ready", False)


def test_what_was_served_before_power_failed_is_noted() -> None:
    meter, _ = with_credit()
    told = recorded(meter, step(0, "arm_cut", writes=0), step(0, "use", quantity="0.1"))
    assert dict(told.steps[-1].expect) == {"served": "0", "powered": False}


def test_the_last_step_states_what_it_showed_and_not_what_others_did() -> None:
    meter, shop = with_credit()
    last = recorded(meter, step(0, "enter", token=shop.credit(20)), step(1, "wait")).steps[-1].expect
    assert last["credit"] == "30"
    assert "result" not in last


@pytest.mark.parametrize("ea", [EA.STA, EA.DEA, EA.MISTY1])
def test_a_recorded_meter_is_set_up_with_all_that_is_known_of_its_key(ea: EA) -> None:
    key = key_of(3, ea, ken=KEN(85))
    recorder = Recorder(installed(key=key)[0], NOW, BaseDate.BD2035)
    recorder.perform(step(0, "wait"))
    setup = recorder.scenario("a-story", title="A story", rule="What happens happens again.").meter
    assert setup.key == replace(key, base_date=BaseDate.BD2035)
    assert setup.key.key == key.key


def test_a_story_of_a_maker_s_own_model_starts_from_one_that_comes_along() -> None:
    own, _ = with_credit("water")
    own.profile = replace(own.profile, name="mine")
    setup = recorded(own, step(0, "wait")).meter
    assert (setup.base, setup.profile.name) == ("single-phase", "mine")
    assert MeterSetup.from_document(setup.to_document()) == setup
    assert recorded(with_credit("water")[0], step(0, "wait")).meter.base == "water"


def test_a_model_is_recorded_as_it_is() -> None:
    meter, shop = with_credit("three-phase", flags_set=(6, 4, 3, 1))
    assert recorded(meter, step(0, "wait")).meter.profile.flags_set == (6, 4, 3, 1)
    meter.enter(shop.digits(SetMaximumPhasePowerUnbalanceLimit.of(2_000, tid=shop.next_tid(), rnd=5)), NOW)
    meter.set_limits(NOW, low_credit=3 * KWH)
    meter.enter(shop.flag(4, 0), NOW)
    profile = recorded(meter, step(0, "wait")).meter.profile
    assert (profile.unbalance_limit_w, profile.low_credit, profile.flags_set) == (2_000, 3_000, (1, 3, 6))


def test_tables_that_a_meter_does_not_use_are_no_reason_to_refuse_it() -> None:
    meter = Meter.new(
        installed()[0].pan, key_of(), installed()[0].profile, filled_with=1000, sta_tables=OTHER_TABLES
    )
    assert "sta_tables" not in recorded(meter, step(0, "wait")).meter.to_document()


def refusal(meter: Meter, seconds: float = 0) -> str:
    """Return why no story can begin with a meter."""
    with pytest.raises(ScenarioError) as refused:
        Recorder(meter, NOW + timedelta(seconds=seconds))
    return refused.value.message


def test_a_state_that_cannot_be_set_up_is_named() -> None:
    locked, lent = installed()[0], with_credit("emergency", units=1)[0]
    for _ in range(3):
        locked.enter("12", NOW)
    assert "lockout_s" in refusal(locked)
    lent.take_emergency(NOW)
    assert "emergency" in refusal(lent)


def test_half_a_key_change_and_half_a_step_cannot_be_set_up_though_they_are_not_seen() -> None:
    waiting, _ = installed()
    waiting.enter(Shop(key_of()).key_change(key_of(2))[0], NOW)
    assert waiting.missing_sections(later(601)) == ()
    assert refusal(waiting, 601)
    owing, _ = with_credit("currency")
    owing.memory.balance = owing.memory.balance._replace(owed=Fraction(1, 2))
    assert refusal(owing)


def test_a_meter_of_one_tid_begins_a_story() -> None:
    told = document()["meter"] | {"overrides": {"memory_size": 1}, "filled_with": 7}
    assert MeterSetup.from_document(told).meter(NOW).memory.tids == (7,)
