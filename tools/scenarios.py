"""Write the scenario files: `python -m tools.scenarios`, or check them: `python -m tools.scenarios --check`.

The stories are in `tools/scenario_book`, each with its rule and with what its author says must come of every
step. Before anything is written they are replayed against our meter; where the meter and an author disagree,
nothing is written, because one of them is wrong.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from tools.scenario_book import (
    classes,
    identifiers,
    key_changes,
    key_types,
    limits,
    lockout,
    memory,
    power,
    rollover,
    services,
    supply,
)
from tools.scenario_book.kit import BOOK
from voltoken.meter import Scenario, Verdict, VirtualDevice, replay, write_scenario

FOLDER = Path(__file__).resolve().parents[1] / "scenarios"
CHAPTERS = (
    *(identifiers, memory, classes, key_changes, key_types, rollover, power, lockout),
    *(limits, supply, services),
)
"""The files of the book; importing one puts its stories into ``BOOK``."""


def faults(scenario: Scenario) -> list[str]:
    """Return where our meter and the author of a scenario disagree, or where the author is silent."""
    found = _hurried(scenario)
    for number, step in enumerate(replay(scenario, VirtualDevice()).steps):
        where = f"{scenario.name}, step {number}"
        if step.trouble:
            found.append(f"{where}: {step.trouble}")
        found += [
            f"{where}: {check.name} must be {check.expected!r}, and is {check.observed!r}"
            for check in step.checks
            if check.verdict is not Verdict.PASS
        ]
    if not {"memory", "credit"} <= set(scenario.steps[-1].expect):
        found.append(f"{scenario.name}: the last step must state memory and credit")
    if Scenario.from_document(scenario.to_document()) != scenario:
        found.append(f"{scenario.name}: it is not read as it is written")
    return found


def _hurried(scenario: Scenario) -> list[str]:
    """Return the steps that begin to draw before the step before them; no real meter could follow."""
    found, last = [], scenario.begins
    for number, step in enumerate(scenario.steps, 1):
        if step.action == "use" and last + timedelta(seconds=step.arguments["seconds"]) > step.at:
            found.append(f"{scenario.name}, step {number}: it begins before the step before it")
        last = step.at
    return found


def texts() -> dict[str, str]:
    """Return every file of the book by its name."""
    return {f"{name}.json": write_scenario(written()) for name, written in BOOK.items()}


def main(words: list[str]) -> int:
    """Write or check the files and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.scenarios", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, compare with what is there")
    options = parser.parse_args(words)
    wrong = [fault for written in BOOK.values() for fault in faults(written())]
    wanted = texts()
    standing = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    if options.check:
        names = sorted(wanted.keys() | standing.keys())
        wrong += [
            f"{name} is not as the book has it" for name in names if wanted.get(name) != standing.get(name)
        ]
    for fault in wrong:
        print(fault)
    if wrong or options.check:
        return int(bool(wrong))
    FOLDER.mkdir(exist_ok=True)
    for name in standing.keys() - wanted.keys():
        (FOLDER / name).unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(wanted)} scenarios in {len(CHAPTERS)} chapters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
