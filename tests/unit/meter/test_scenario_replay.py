"""Replay and recorder: verdicts on devices that see little, break down or cannot go on; stories kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from voltoken.errors import MeterOff, ScenarioError
from voltoken.meter import (
    OBSERVABLES,
    PROFILES,
    TROUBLE,
    UNABLE,
    FlatPrice,
    Meter,
    Observed,
    Recorder,
    Scenario,
    Step,
    Story,
    Verdict,
    VirtualDevice,
    observation,
    replay,
    scenario_record,
)
from voltoken.sts import EA, SAMPLE_TABLES, DecoderKey, MeterPAN, STATables

FOLDER = Path(__file__).resolve().parents[3] / "scenarios"
NOW = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
PAN = MeterPAN("600727000000000009")
KEY = DecoderKey(bytes(range(16)), EA.MISTY1, test=True)
TEST = "0000 0000 0001 5099 7584"


def story(name: str = "the-register-is-full") -> Scenario:
    """Return a scenario that comes along."""
    return Scenario.from_document(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def meter(key: DecoderKey = KEY, profile: str = "single-phase", **options: Any) -> Meter:
    """Return a new meter."""
    return Meter.new(PAN, key, PROFILES[profile], filled_with=1000, **options)


class Altered(VirtualDevice):
    """Our meter behind glasses: what it shows is changed by a function of step number and observation."""

    def __init__(self, alter: Callable[[int, Observed], Observed]) -> None:
        super().__init__()
        self.alter = alter
        self.number = 0

    def perform(self, step: Step) -> Observed:
        """Do the step and show it altered."""
        self.number += 1
        return self.alter(self.number, super().perform(step))


def raising(number: int, seen: Observed) -> Observed:
    """Break down at the second step."""
    if number == 2:
        raise MeterOff("The bench has no power.")
    return seen


def test_our_own_meter_passes_and_sees_everything() -> None:
    report = replay(story(), VirtualDevice())
    assert report.ok
    assert report.count(Verdict.FAIL) == report.count(Verdict.NOT_OBSERVED) == 0


def test_what_a_device_does_not_see_is_neither_passed_nor_failed() -> None:
    report = replay(story(), Altered(lambda _, seen: {"result": seen["result"]} if "result" in seen else {}))
    assert report.ok
    assert report.count(Verdict.NOT_OBSERVED) > report.count(Verdict.PASS) > 0


def test_a_device_that_sees_nothing_proves_nothing() -> None:
    class Blind(Altered):
        def begin(self, scenario: Scenario) -> Observed:
            super().begin(scenario)
            return {}

    report = replay(story(), Blind(lambda *_: {}))
    assert not report.ok
    assert report.count(Verdict.FAIL) == report.count(Verdict.PASS) == 0


def test_the_replay_goes_on_after_a_failure() -> None:
    report = replay(story(), Altered(lambda number, seen: {**seen, "credit": "1"} if number == 1 else seen))
    assert [step.ok for step in report.steps] == [True, False, *[True] * 6]
    (failed,) = [check for check in report.steps[1].checks if check.verdict is Verdict.FAIL]
    assert (failed.name, failed.expected, failed.observed) == ("credit", "999990", "1")


@pytest.mark.parametrize("alter", [raising, lambda number, seen: {TROUBLE: "smoke"} if number == 2 else seen])
def test_a_device_that_breaks_down_fails_that_step(alter: Callable[[int, Observed], Observed]) -> None:
    report = replay(story(), Altered(alter))
    assert not report.ok
    assert [number for number, step in enumerate(report.steps) if not step.ok] == [2]
    assert report.steps[2].trouble in ("The bench has no power.", "smoke")


def test_after_a_step_that_is_out_of_reach_nothing_is_observed() -> None:
    report = replay(story(), Altered(lambda number, seen: {UNABLE: "no load"} if number == 4 else seen))
    assert report.ok
    assert [step.unable for step in report.steps] == [*[False] * 4, *[True] * 4]
    late = [check.verdict for step in report.steps[4:] for check in step.checks]
    assert set(late) == {Verdict.NOT_OBSERVED}


@pytest.mark.parametrize("nonsense", [None, 5, [], {}, "x" * 1000, float("nan"), [[]]])
def test_an_observation_of_no_known_form_fails(nonsense: Any) -> None:
    report = replay(story(), Altered(lambda _, seen: {**seen, "memory": nonsense, "unknown": nonsense}))
    assert not report.ok
    assert all(step.trouble == "" for step in report.steps)


def test_a_device_writes_values_in_its_own_way() -> None:
    report = replay(story(), Altered(lambda _, seen: {**seen, "credit": f"0{seen['credit']}"}))
    assert report.ok


def test_a_virtual_device_without_a_scenario_has_no_meter() -> None:
    with pytest.raises(ScenarioError):
        VirtualDevice().perform(Step(NOW, "wait"))


STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("enter", {"token": TEST}),
    ("enter", {"token": "12"}),
    ("use", {"quantity": "1.5", "seconds": 3600}),
    ("tamper", {"kind": "magnet"}),
    ("press", {"code": "37"}),
    ("emergency", {}),
    ("reconnect", {}),
    ("arm_cut", {"writes": 0}),
    ("enter", {"token": "13"}),
    ("enter", {"token": TEST}),
    ("restore", {}),
    ("cut", {}),
    ("restore", {}),
    ("wait", {}),
)


def told(recorder: Recorder, begins: datetime = NOW) -> Scenario:
    """Tell a story with every action in it."""
    for minute, (action, given) in enumerate(STEPS):
        recorder.perform(Step(begins + timedelta(hours=minute), action, given))
    return recorder.scenario("everything", title="Everything", rule="What happens happens again.")


def test_a_recorded_story_replays() -> None:
    scenario = told(Recorder(meter(), NOW))
    assert [step.action for step in scenario.steps] == [action for action, _ in STEPS]
    report = replay(scenario, VirtualDevice())
    assert report.ok
    assert report.count(Verdict.NOT_OBSERVED) == 0
    assert (
        set(scenario.before)
        == set(scenario.steps[-1].expect)
        == {
            name
            for name in OBSERVABLES
            if name not in ("result", "code", "credited", "tests", "shows", "served")
        }
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_meters_of_every_profile_are_recorded(profile: str) -> None:
    price = FlatPrice(25_000) if PROFILES[profile].service.is_currency else None
    key = DecoderKey(bytes(8), EA.STA, test=True)  # good for models of two sections, too
    made = meter(key, profile, price=price, sta_tables=SAMPLE_TABLES)
    assert replay(told(Recorder(made, NOW)), VirtualDevice()).ok


def test_a_meter_in_the_middle_of_its_life_is_recorded() -> None:
    old = meter()
    old.memory.tids = (1000,) * 48 + (2000, 3000)
    old.memory.balance = old.memory.balance._replace(credit=5_000, total=7_000, cut_off=False)
    old.memory.flags = frozenset({3, 6})
    old.memory.limits = old.memory.limits._replace(power_w=3_000)
    old.memory.tamper = old.memory.tamper._replace(condition=True, cover=3)
    old.wait(NOW)
    scenario = told(Recorder(old, NOW))
    assert replay(scenario, VirtualDevice()).ok
    assert scenario.before["flags"] == [3, 6]


def test_a_live_key_is_never_written() -> None:
    live = meter(replace(KEY, test=False))
    with pytest.raises(ScenarioError, match="test key"):
        Recorder(live, NOW)


def test_licensed_tables_are_never_recorded() -> None:
    sample = SAMPLE_TABLES
    other = STATables(sample.substitution_2, sample.substitution_1, sample.permutation)
    key = DecoderKey(bytes(8), EA.STA, test=True)
    assert told(Recorder(meter(key, sta_tables=sample), NOW)).to_document()["meter"]["sta_tables"] == "sample"
    with pytest.raises(ScenarioError, match="sample tables"):
        Recorder(meter(key, sta_tables=other), NOW)


def test_states_that_no_scenario_sets_up_are_refused() -> None:
    off, lent = meter(), meter(profile="emergency")
    off.cut_power()
    waiting = meter()
    lent.memory.balance = lent.memory.balance._replace(credit=1000, cut_off=False)
    friday = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
    lent.take_emergency(friday)
    waiting.enter("12", NOW)
    waiting.enter("12", NOW)
    waiting.enter("12", NOW)
    for begun, moment in ((off, NOW), (lent, friday), (waiting, NOW)):
        with pytest.raises(ScenarioError):
            Recorder(begun, moment)


def test_a_price_for_other_counts_is_not_recorded() -> None:
    money = Meter.new(PAN, KEY, PROFILES["currency"], filled_with=1, price=FlatPrice(5, counts=500))
    with pytest.raises(ScenarioError, match="flat price of one unit"):
        Recorder(money, NOW)


def test_a_story_without_steps_is_none() -> None:
    with pytest.raises(ScenarioError):
        Recorder(meter(), NOW).scenario("x", title="x", rule="x")


def test_a_story_goes_on_where_it_was_put_down() -> None:
    story = Story.begin(meter(), NOW)
    made = meter()
    made.wait(NOW)
    for number in range(3):
        story = Story.from_document(json.loads(json.dumps(story.to_document())))
        step = Step(NOW + timedelta(minutes=number), "enter", {"token": TEST})
        story.add(step, observation(made, step, made.enter(TEST, step.at)))
    whole = Recorder(meter(), NOW)
    for number in range(3):
        whole.perform(Step(NOW + timedelta(minutes=number), "enter", {"token": TEST}))
    assert story == whole.story
    scenario = story.scenario("x", title="x", rule="x")
    assert scenario == whole.scenario("x", title="x", rule="x")
    assert replay(scenario, VirtualDevice()).ok


def test_a_story_neither_runs_back_nor_goes_on_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    made = meter()
    recorder = Recorder(made, NOW)
    before = made.to_document()
    with pytest.raises(ScenarioError, match="does not run back"):
        recorder.perform(Step(NOW - timedelta(seconds=1), "tamper", {"kind": "cover"}))
    monkeypatch.setattr(scenario_record, "STEPS_MAX", 0)
    with pytest.raises(ScenarioError, match="begin another one"):
        recorder.perform(Step(NOW, "tamper", {"kind": "cover"}))
    assert made.to_document() == before


@pytest.mark.parametrize("document", [None, [], {}, {"meter": {}}, {"steps": 3}, "story"])
def test_what_is_no_story_is_refused(document: object) -> None:
    with pytest.raises(ScenarioError, match="no story"):
        Story.from_document(document)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda made: made.enter("12", NOW), "wrong tokens"),
        (lambda made: made.arm_cut(3), "power cut to come"),
        (lambda made: made.set_limits(NOW, alarm_minutes=5), "alarm"),
    ],
)
def test_what_cannot_be_seen_but_matters_later_is_refused(
    change: Callable[[Meter], object], said: str
) -> None:
    made = meter()
    change(made)
    with pytest.raises(ScenarioError, match=said):
        Recorder(made, NOW)


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(ScenarioError, match="token"):
        Step(NOW, "enter", {"token": "\udcff"})
