"""Wall time of whole processes from cold: importing the core, and one token from the command line."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RUNS: Final = 15
ROOT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Startup:
    """One command: milliseconds of wall time, median of the runs, and the aim."""

    name: str
    milliseconds: float
    aim: float | None

    @property
    def passed(self) -> bool:
        """Whether the aim is met."""
        return self.aim is None or self.milliseconds <= self.aim


def startups() -> list[Startup]:
    """Measure every command, in turn, so that load on the machine hits all of them."""
    token = ["-m", "voltoken", "token", "issue", "electricity", "25.6"]
    token += ["--pan", "600727000000000009", "--sgc", "123457", "--krn", "1", "--ti", "01", "--ea", "11"]
    token += ["--base-date", "93", "--tid", "5871660", "--rnd", "5", "--vending-key", "env:BENCH_KEY"]
    commands: tuple[tuple[str, list[str], float | None], ...] = (
        ("python, nothing else", ["-c", "pass"], None),
        ("import voltoken.sts", ["-c", "import voltoken.sts"], None),
        ("voltoken token issue, DKGA04+EA11", token, 120.0),
    )
    rounds: dict[str, list[float]] = {name: [] for name, _, _ in commands}
    for run in range(RUNS + 1):
        for name, arguments, _ in commands:
            milliseconds = _run(arguments)
            if run:  # the first one fills the bytecode cache
                rounds[name].append(milliseconds)
    return [Startup(name, statistics.median(rounds[name]), aim) for name, _, aim in commands]


def _run(arguments: list[str]) -> float:
    environment = dict(os.environ, BENCH_KEY="abababababababab949494949494949401234567")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's machine keeps its bytecode
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(arguments)} failed:\n{done.stderr}")
    return (time.perf_counter() - start) * 1e3
