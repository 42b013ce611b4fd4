"""The scenarios that come along: every one replays, and any wrong expectation in them is noticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.scenario_book.kit import RESULT_CODES
from tools.scenarios import FOLDER, main
from voltoken.meter import OBSERVABLES, STEP_ACTIONS, Scenario, TokenResult, Verdict, VirtualDevice, replay

FILES = sorted(FOLDER.glob("*.json"))
NO_METER = {1, 4, 20}
"""Edge cases that concern no meter; docs/reference/scenarios.md says why."""

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "scenarios.md"


def document(path: Path) -> dict[str, Any]:
    """Return a file, parsed."""
    parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed


def everything() -> Iterator[dict[str, Any]]:
    """Yield every scenario, parsed."""
    yield from map(document, FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_replays(path: Path) -> None:
    scenario = Scenario.from_document(document(path))
    report = replay(scenario, VirtualDevice())
    failed = [(check, step.trouble) for step in report.steps for check in step.checks if not step.ok]
    assert failed == []
    assert report.ok
    assert report.count(Verdict.NOT_OBSERVED) == 0
    assert scenario.name == path.stem


def test_there_are_at_least_forty() -> None:
    assert len(FILES) >= 40


def test_the_files_are_what_the_book_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_every_edge_case_of_a_meter_is_there() -> None:
    found = {told.get("edge_case") for told in everything()} - {None}
    assert found == set(range(1, 21)) - NO_METER
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"\n| {number} | " in text for number in NO_METER)


def test_every_result_action_and_observable_is_in_a_scenario() -> None:
    steps = [step for told in everything() for step in told["steps"]]
    assert {step["expect"]["result"] for step in steps if "result" in step.get("expect", {})} == {
        *TokenResult
    }
    assert {step["action"] for step in steps} == set(STEP_ACTIONS)
    assert {name for step in steps for name in step.get("expect", {})} == set(OBSERVABLES)


def test_the_codes_of_the_authors_are_those_of_the_meter() -> None:
    assert {result.value: result.code for result in TokenResult} == RESULT_CODES


def test_every_scenario_states_a_rule_and_the_memory_before_and_after() -> None:
    for told in everything():
        assert told["rule"].endswith(".")
        assert told["source"]
        assert {"memory", "credit"} <= told["before"].keys()
        assert {"memory", "credit"} <= told["steps"][-1]["expect"].keys()
        assert told["meter"]["key"]["test"] is True


def wrong(name: str, value: Any) -> Any:
    """Return a value of the same form that is not this one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value - 1 if value > 1 else value + 1
    if value is None:
        return "123456" if name == "sgc" else "01" if name == "ti" else 1
    if isinstance(value, list):
        return [] if value else {"memory": [[1, 1]], "reasons": ["tamper"], "shows": ["x"]}.get(name, [1])
    if name in ("result", "relay", "emergency"):
        names = {
            "result": [*TokenResult],
            "relay": ["connected", "disconnected"],
            "emergency": ["off", "invoked"],
        }
        return next(str(other) for other in names[name] if other != value)
    return {"key_check_value": "000000", "sgc": "000000", "ti": "99"}.get(name) or f"{value}1"


MUTATED = (
    *(
        "the-register-is-full",
        "two-sections",
        "emergency-credit",
        "a-new-power-limit",
        "class-3",
        "short-codes",
    ),
    *("a-lockout-for-each-path", "functions-it-has-not-got", "a-meter-that-keeps-money", "rate-and-factor"),
    *("a-1993-meter-today", "key-change-cut-after-1-writes", "three-sections-third-first", "the-first-key"),
    *("phases-out-of-balance", "every-test-at-once"),
)


@pytest.mark.parametrize("name", MUTATED)
def test_every_wrong_expectation_is_noticed(name: str) -> None:
    told = document(FOLDER / f"{name}.json")
    places = [told["before"], *(step.get("expect", {}) for step in told["steps"])]
    for number, expect in enumerate(places):
        for observable, right in list(expect.items()):
            expect[observable] = wrong(observable, right)
            report = replay(Scenario.from_document(told), VirtualDevice())
            expect[observable] = right
            failed = [
                (place, check.name)
                for place, step in enumerate(report.steps)
                for check in step.checks
                if check.verdict is Verdict.FAIL
            ]
            assert failed == [(number, observable)], f"{name}, step {number}, {observable}"


def test_the_mutated_ones_have_every_observable() -> None:
    told = [document(FOLDER / f"{name}.json") for name in MUTATED]
    names = {name for one in told for step in one["steps"] for name in step.get("expect", {})}
    assert names == set(OBSERVABLES)
