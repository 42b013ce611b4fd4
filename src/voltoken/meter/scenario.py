"""Scenarios: stories of one meter as files, with what must come of every step.

A scenario says how a meter is set up, what is done to it and when, and what must be seen after each step.
It is read by people, who can follow it with a slip of paper, and by programs in any language, because it
is plain JSON with one step to a line. ``replay`` (in ``scenario_replay``) plays one against a device.

    setup + begins -> before -> step 1, expected -> step 2, expected -> ...
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from voltoken.errors import FieldError, ScenarioError, VoltokenError
from voltoken.meter.scenario_setup import MeterSetup, quantity_counts
from voltoken.meter.scenario_steps import Observed, Step, expectations
from voltoken.meter.scenario_values import TEXT, TIME, read_as, stamp, whole

FORMAT: Final = "voltoken-scenario"
VERSION: Final = 1
EDGE_CASES: Final = 20
"""How many numbered edge cases from the field there are."""

STEPS_MAX: Final = 10_000
"""How many steps a scenario has at most."""
_NAME: Final = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_MEMBERS: Final = (
    *("format", "version", "name", "title", "rule", "source", "edge_case"),
    *("meter", "begins", "before", "steps"),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story of one meter, with the rule that it shows.

    name: lower case words and hyphens. title: for a list. rule: one sentence of the standard or of
    practice. source: where the rule is written. meter: as set up. begins: when, aware.
    steps: in order of time. before: what must be seen before the first one.
    edge_case: number among the edge cases from the field, or None.
    Raises ScenarioError for anything else.
    """

    name: str
    title: str
    rule: str
    source: str
    meter: MeterSetup
    begins: datetime
    steps: tuple[Step, ...]
    before: Observed = field(default_factory=dict)
    edge_case: int | None = None

    def __post_init__(self) -> None:
        """Check every part, and that they go together."""
        if not isinstance(self.name, str) or len(self.name) > 80 or not _NAME.fullmatch(self.name):
            raise ScenarioError(FieldError("name", self.name, "lower case words and hyphens").message)
        for member in ("title", "rule", "source"):
            if not read_as(TEXT, getattr(self, member), member):
                raise ScenarioError(f"{member} must say something.", place=member)
        if self.edge_case is not None:
            read_as(whole(1, EDGE_CASES), self.edge_case, "edge_case")
        if not 1 <= len(self.steps) <= STEPS_MAX:
            raise ScenarioError(f"A scenario has 1 to {STEPS_MAX} steps.", place="steps")
        before = self.begins
        for number, step in enumerate(self.steps, 1):
            if step.at < before:
                raise ScenarioError(
                    f"Step {number} is at {stamp(step.at)}, before what came first; time does not run back.",
                    place=f"step {number}",
                )
            before = step.at
        object.__setattr__(self, "before", expectations(self.before))

    def to_document(self) -> dict[str, Any]:
        """Return the scenario as JSON values."""
        document: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "title": self.title,
            "rule": self.rule,
            "source": self.source,
        }
        if self.edge_case is not None:
            document["edge_case"] = self.edge_case
        return document | {
            "meter": self.meter.to_document(),
            "begins": stamp(self.begins),
            "before": dict(self.before),
            "steps": [step.to_document() for step in self.steps],
        }

    @classmethod
    def from_document(cls, document: object) -> Scenario:
        """Read a scenario. Raises ScenarioError that says where and why, and no other error."""
        values = _outline(document)
        place = "meter"
        try:
            meter = MeterSetup.from_document(values["meter"])
            place = "begins"
            begins = read_as(TIME, values["begins"], place)
            place = "meter"
            meter.meter(begins)
            steps = []
            for number, step in enumerate(values["steps"], 1):
                place = f"step {number}"
                steps.append(_read_step(step, meter))
            place = "before"
            before = expectations(values.get("before", {}))
        except VoltokenError as error:
            raise ScenarioError(f"{place}: {error.message}", place=place) from None
        edge_case = values.get("edge_case")
        return cls(
            values["name"],
            values["title"],
            values["rule"],
            values["source"],
            meter,
            begins,
            tuple(steps),
            before,
            edge_case,
        )


def _outline(document: object) -> dict[str, Any]:
    """Return the members of a scenario after a look at which they are. Raises ScenarioError."""
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise ScenarioError(f'This is no scenario: its format must be "{FORMAT}".', place="format")
    version = document.get("version")
    if version.__class__ is not int or version != VERSION:
        raise ScenarioError(f"Scenarios of version {VERSION} can be read, and no others.", place="version")
    for name in document:
        if name not in _MEMBERS:
            message = FieldError("scenario", name, f"one of {', '.join(_MEMBERS)}").message
            raise ScenarioError(message, place="scenario")
    for name in _MEMBERS:
        if name not in document and name not in ("edge_case", "before"):
            raise ScenarioError(f"A scenario needs {name}.", place=name)
    if not isinstance(document["steps"], list):
        raise ScenarioError("steps must be a list.", place="steps")
    return dict(document)


def _read_step(document: object, setup: MeterSetup) -> Step:
    """Read a step, and check that what it draws is a whole number of counts."""
    step = Step.from_document(document)
    if step.action == "use":
        quantity_counts(step.arguments["quantity"], setup.profile.commodity)
    return step


def write_scenario(scenario: Scenario) -> str:
    """Return a scenario as the text of its file: JSON with one step to a line."""
    lines = []
    for name, value in scenario.to_document().items():
        if name == "steps":
            steps = ",\n".join(f"    {_line(step)}" for step in value)
            lines.append(f'  "steps": [\n{steps}\n  ]')
        elif name == "meter":
            members = ",\n".join(f'    "{member}": {_line(part)}' for member, part in value.items())
            lines.append(f'  "meter": {{\n{members}\n  }}')
        else:
            lines.append(f'  "{name}": {_line(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
