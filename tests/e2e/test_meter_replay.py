"""The replay command: scenarios that come along and others, programs as devices, a person at a meter."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sessions import Answer, session

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
PROGRAM = Path(__file__).resolve().with_name("scenario_device.py")


def device(how: str = "") -> str:
    """Return the command of a device that misbehaves as told, or not at all."""
    return shlex.join([sys.executable, str(PROGRAM), *filter(None, [how])])


def play(*words: str, stdin: str | None = None) -> Answer:
    """Run the command in a process of its own."""
    return session("meter", "replay", *words, stdin=stdin)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """Write a scenario with one wrong expectation."""
    told: dict[str, Any] = json.loads((SCENARIOS / "class-3.json").read_text("utf-8"))
    told["steps"][0]["expect"]["result"] = "Accept"
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return file


def test_all_that_come_along_pass() -> None:
    run = play()
    assert (run.code, run.err) == (0, "")
    assert f"{len(list(SCENARIOS.glob('*.json')))} passed." in run.out


def test_every_step_is_shown_on_demand() -> None:
    run = play("class-3", "-v")
    assert run.code == 0
    assert "Enter: 0000 0000" in run.out
    assert "result             FunctionError" in run.out


def test_a_failure_is_shown_with_what_was_seen(wrong: Path) -> None:
    run = play(str(wrong))
    assert run.code == 1
    assert "Accept, but was FunctionError" in run.out
    assert "1 failed." in run.out
    answer = play(str(wrong), "class-3", "--json")
    assert answer.code == 1
    assert [row["verdict"] for row in answer.json["scenarios"]] == ["fail", "pass"]
    checks = answer.json["scenarios"][0]["steps"][1]["checks"]
    assert checks[0] == {
        "name": "result",
        "expected": "Accept",
        "observed": "FunctionError",
        "verdict": "fail",
    }


def test_the_list_gives_names_rules_and_edge_cases() -> None:
    run = play("--list")
    assert run.code == 0
    assert "sixty-tokens-newest-first  (edge case 7)" in run.out
    rows = play("--list", "--json").json["scenarios"]
    assert {row["edge_case"] for row in rows} >= {3, 7, 13, None}
    assert all(row["rule"] for row in rows)


def test_the_report_is_written(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert play("class-3", "--report", str(file)).code == 0
    report = json.loads(file.read_text("utf-8"))
    assert (report["ok"], report["device"], report["passed"]) == (True, "virtual meter", 1)
    assert play("class-3", "--report", str(tmp_path)).code == 8


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("no-such-file.json",), 8),
        (("--device", "class-3", "--by-hand", "class-3"), 2),
        (("--by-hand",), 2),
        (("class-3", "--by-hand", "--json"), 2),
        (("class-3", "--device", ""), 2),
        (("class-3", "--device", "'"), 2),
        (("class-3", "--device", "./no-such-program"), 8),
        (("class-3", "--timeout", "0"), 2),
    ],
)
def test_what_cannot_be_played_has_a_message(words: tuple[str, ...], code: int) -> None:
    run = play(*words)
    assert run.code == code
    assert run.err.startswith("error: ")
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", '{"format": "voltoken-scenario", "version": 2}']
)
def test_a_file_that_is_no_scenario_has_a_message(text: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(text, encoding="utf-8")
    run = play(str(file))
    assert run.code == 2
    assert "scenario" in run.err


def test_a_program_is_a_device() -> None:
    names = ("class-3", "the-register-is-full", "key-change-cut-after-1-writes", "an-ea07-meter")
    run = play(*names, "--device", device(), "--json")
    assert run.code == 0, run.err
    assert run.json["passed"] == len(names)
    assert run.json["device"] == device()
    verdicts = {
        check["verdict"] for row in run.json["scenarios"] for step in row["steps"] for check in step["checks"]
    }
    assert verdicts == {"pass"}


@pytest.mark.parametrize(
    ("how", "verdict", "trouble"),
    [
        pytest.param("mute", "fail", "no answer in 3 s", marks=pytest.mark.slow),
        ("noise", "fail", "no JSON"),
        ("list", "fail", "no object"),
        ("quit", "fail", "has ended"),
        ("unable", "not finished", "no load here"),
    ],
)
def test_programs_that_misbehave_are_reported(how: str, verdict: str, trouble: str) -> None:
    run = play("class-3", "--device", device(how), "--timeout", "3", "--json")
    row = run.json["scenarios"][0]
    assert row["verdict"] == verdict
    assert trouble in row["steps"][1]["trouble"]
    assert run.code == 1
    assert "Traceback" not in run.err


def test_a_person_is_guided_through(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    # Set up; before: as expected; first step: no, the display said something else; last step: not seen.
    typed = "y\ny\nn\nCRCError\ns\n"
    run = play("class-3", "--by-hand", "--report", str(file), stdin=typed)
    assert run.code == 1
    assert "Enter the token:" in run.out
    report = json.loads(file.read_text("utf-8"))
    assert report["device"] == "by hand"
    before, first, last = report["scenarios"][0]["steps"]
    assert {check["verdict"] for check in before["checks"]} == {"pass", "not observed"}
    assert first["checks"][0]["observed"] == "CRCError"
    assert first["checks"][0]["verdict"] == "fail"
    assert {check["verdict"] for check in last["checks"]} == {"not observed"}


def test_a_person_may_stop() -> None:
    assert play("class-3", "--by-hand", stdin="n\n").code == 1
    run = play("the-register-is-full", "--by-hand", stdin="y\ny\nq\n")
    assert "not finished" in run.out
    assert play("class-3", "--by-hand", stdin="y\n").code == 130


def test_nobody_counts_writes_by_hand() -> None:
    run = play("power-fails-while-waking-up", "--by-hand", stdin="y\n" * 6)
    assert "Nobody can count" in run.out
    assert "not finished" in run.out
