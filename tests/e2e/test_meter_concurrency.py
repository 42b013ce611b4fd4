"""Several commands at once on one meter: each change is seen by the next, and no token is taken twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.sessions import METER, ask, environ, write_key

pytestmark = pytest.mark.slow  # many processes at once

PROCESSES = 8


@pytest.fixture
def meter(tmp_path: Path) -> tuple[str, str]:
    """Return the file of a meter and a token for it."""
    source = write_key(tmp_path / "vending.json", base_date="14")
    key = ("--vending-key", source, "--pan", METER, "--ti", "01")
    path = str(tmp_path / "my.meter")
    ask("meter", "create", path, *key, "--made", "2026-01-01", "--profile", str(_patient(tmp_path)))
    sold = ask("token", "issue", "electricity", "100", *key, "--time", "2026-03-01T12:00", "--json")
    return path, sold.json["token"]


def _patient(folder: Path) -> Path:
    """Return a profile without lockout, so that refusals are all of one kind."""
    path = folder / "patient.json"
    path.write_text(json.dumps({"base": "single-phase", "lockout": None}), encoding="utf-8")
    return path


def at_once(*words: str) -> list[tuple[int, str]]:
    """Run one command in many processes at once; return exit codes and answers."""
    line = [sys.executable, "-m", "voltoken", *words, "--time", "2026-03-01T13:00", "--json"]
    running = [
        subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ())
        for _ in range(PROCESSES)
    ]
    return [(process.communicate(timeout=60)[0], process.returncode)[::-1] for process in running]


def test_one_of_many_processes_gets_the_token_accepted(meter: tuple[str, str]) -> None:
    path, token = meter
    answers = at_once("meter", "enter", path, token)
    results = sorted(json.loads(out)["tokens"][0]["result"] for _, out in answers)
    assert results == ["Accept"] + ["UsedError"] * (PROCESSES - 1)
    assert sorted(code for code, _ in answers) == [0] + [9] * (PROCESSES - 1)
    assert ask("meter", "show", path, "--json").json["credit_counts"] == 100_000
    assert [entry.name for entry in Path(path).parent.glob(".*")] == []


def test_nothing_that_is_drawn_at_once_is_lost(meter: tuple[str, str]) -> None:
    path, token = meter
    ask("meter", "enter", path, token, "--time", "2026-03-01T12:30")
    answers = at_once("meter", "use", path, "100Wh")
    assert [code for code, _ in answers] == [0] * PROCESSES
    shown = ask("meter", "show", path, "--json").json
    assert (shown["total_counts"], shown["credit_counts"]) == (800, 99_200)


def test_one_of_many_processes_makes_the_meter(tmp_path: Path) -> None:
    source = write_key(tmp_path / "vending.json", base_date="14")
    line = ("meter", "create", str(tmp_path / "m"), "--vending-key", source, "--pan", METER, "--ti", "01")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "voltoken", *line],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environ(),
        )
        for _ in range(PROCESSES)
    ]
    assert sorted(process.wait(60) for process in running) == [0] + [8] * (PROCESSES - 1)
    assert ask("meter", "show", str(tmp_path / "m")).code == 0
