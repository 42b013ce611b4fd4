"""The reference pages about scenarios: what can stand in one, and the list of those that come along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from docs.markdown import page, table
from voltoken.meter import OBSERVABLES, STEP_ACTIONS, Scenario

FOLDER: Final = Path(__file__).resolve().parent.parent / "scenarios"


def field_page() -> str:
    """Write the page of actions and observables, from the tables that the reader uses."""
    actions = []
    for name, action in STEP_ACTIONS.items():
        rows = [(f"`{name}`", action.meaning, "", "")] if not action.arguments else []
        for number, (argument, spec) in enumerate(action.arguments.items()):
            first = (f"`{name}`", action.meaning) if number == 0 else ("", "")
            needed = "" if spec.optional else ", required"
            default = f" Usually {json.dumps(spec.default)}." if spec.optional else ""
            rows.append((*first, f"`{argument}`{needed}", f"{spec.meaning}: {spec.kind.said}.{default}"))
        actions += rows
    seen = table(
        ("Name", "Meaning", "Value"),
        ((f"`{name}`", row.meaning, row.kind.said) for name, row in OBSERVABLES.items()),
    )
    return page(
        "Fields of scenarios",
        "What a step of a [scenario](../scenarios.md) can do, and what can be expected after it.",
        f"## Actions\n\n{table(('Action', 'What it does', 'Argument', 'Meaning'), actions)}",
        f"## Expectations\n\nEach may be left out. A device leaves out what it cannot observe.\n\n{seen}",
    )


def scenarios() -> list[Scenario]:
    """Return the scenarios that come along, by name."""
    return [
        Scenario.from_document(json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*.json"))
    ]


def list_page() -> str:
    """Write the page that lists every scenario with its rule, those of the numbered edge cases first."""
    told = scenarios()
    numbered = sorted((s.edge_case, s.name, s) for s in told if s.edge_case is not None)
    edges = table(
        ("Edge case>", "Scenario", "Rule"), ((number, _name(s), s.rule) for number, _, s in numbered)
    )
    others = table(
        ("Scenario", "Rule", "Where it is written"),
        ((_name(s), s.rule, s.source) for s in told if s.edge_case is None),
    )
    return page(
        "Scenarios that come along",
        f"{len(told)} stories of one meter each, in `scenarios/` of the repository and inside the package. "
        "`voltoken meter replay NAME -v` plays one. What every expectation rests on is the rule beside it: "
        "the authors state what must come of a step, and the program that writes the files refuses to when "
        "our meter disagrees.",
        f"## Edge cases from the field\n\n{edges}",
        f"## All others\n\n{others}",
    )


def _name(scenario: Scenario) -> str:
    return f"**{scenario.title}**<br>`{scenario.name}`"
