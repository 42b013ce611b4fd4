"""Run every static check and print one line for each: `./dev check`.

The steps run side by side and all of them run to the end, so one call shows everything there is to
mend. A step that fails shows its whole output below its line. Nothing is changed in the tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent

TYPED = ("src", "tests", "tools", "bench", "docs")
"""Folders under strict typing; one that does not exist is left out."""

GREEN, RED, PLAIN = "\033[32m", "\033[31m", "\033[0m"


@dataclass(frozen=True, slots=True)
class Step:
    """One check: a name for people and a Python module with its arguments."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a step: whether it passed, how long it took, what it said."""

    step: Step
    passed: bool
    seconds: float
    output: str


def steps(root: Path = ROOT) -> tuple[Step, ...]:
    """List the checks for the tree at `root`, the slowest first so that they overlap well."""
    typed = tuple(folder for folder in TYPED if (root / folder).is_dir())
    return (
        Step("types", ("mypy", "--no-error-summary", *typed)),
        Step("house rules", ("pytest", "-q", "--no-header", "-p", "no:cacheprovider", "tests/tidy")),
        Step("licences", ("tools.licences",)),
        Step("lint", ("ruff", "check", "--quiet", ".")),
        Step("format", ("ruff", "format", "--check", "--quiet", ".")),
    )


def run(step: Step, root: Path = ROOT) -> Outcome:
    """Run one step in a process of its own and keep what it printed."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", *step.command],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    seconds = time.perf_counter() - start
    return Outcome(step, done.returncode == 0, seconds, done.stdout)


def coloured(stream: TextIO) -> bool:
    """Say whether `stream` is a terminal whose user wants colours."""
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def line(outcome: Outcome, *, colours: bool) -> str:
    """Write the line of one step: verdict, name, seconds."""
    verdict = "ok    " if outcome.passed else "FAILED"
    if colours:
        verdict = f"{GREEN if outcome.passed else RED}{verdict}{PLAIN}"
    return f"{verdict}  {outcome.step.name:<12}{outcome.seconds:6.1f} s"


def report(todo: Sequence[Step], stream: TextIO, root: Path = ROOT) -> int:
    """Run all steps, print a line for each as its turn comes, and return the exit status."""
    colours = coloured(stream)
    failures = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(lambda step: run(step, root), todo):
            print(line(outcome, colours=colours), file=stream, flush=True)
            if not outcome.passed:
                failures += 1
                print(outcome.output.rstrip(), file=stream, flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(report(steps(), sys.stdout))
