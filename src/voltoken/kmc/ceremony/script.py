"""A ceremony as data: who does what in which order, and what each step has to show for it.

A script names parts, not people: ``laid_out`` gives the parts to people, and repeats what every custodian
does. What comes out is a list of turns, which the register keeps as it was when the ceremony began, so that
a later edition of a script changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from voltoken.errors import ActRefused, FieldError
from voltoken.kmc.kinds import DIGEST, KCV, LINE, Kind, count, pattern

CUSTODIANS_MAX: Final = 9
"""How many custodians a ceremony can have."""


class Part(StrEnum):
    """What somebody is in a ceremony."""

    OFFICER = "officer"
    """Leads it, and knows no secret of it."""
    CUSTODIAN = "custodian"
    """Knows one component, or keeps one share; they are numbered from 1."""
    AUDITOR = "auditor"
    """Looks whether it goes by the script."""
    WITNESS = "witness"
    """Is there, and signs that it was so; not every ceremony has one."""


class Action(StrEnum):
    """What a step does."""

    NOTE = "note"
    """Something is put on record."""
    CHECK = "check"
    """Somebody makes sure of something; a check value must be the one on record."""
    ENVELOPE = "envelope"
    """Something is sealed in an envelope with a number that no other one has."""
    COMPONENT = "component"
    """A custodian enters the component of a key that only this custodian knows."""
    COMBINE = "combine"
    """The components become the key, and are destroyed."""
    SPLIT = "split"
    """The root key of the centre is split into as many shares as there are custodians."""
    HAND_OUT = "hand_out"
    """A custodian is shown a share, once, and writes it down."""
    SHARE = "share"
    """A custodian reads a share back from paper."""
    RECOVER = "recover"
    """The shares that were read back give the root key, and are forgotten."""
    DESTROYED = "destroyed"
    """The register says by now that the key is destroyed."""


RECORDED_BY: Final[Mapping[Action, str]] = {
    action: "step"
    if action in {Action.NOTE, Action.CHECK, Action.ENVELOPE, Action.DESTROYED}
    else action.value
    for action in Action
}
"""The step of the register by which an action is done."""


class Form(StrEnum):
    """The form of a piece of evidence."""

    TEXT = "text"
    COUNT = "count"
    CHECK_VALUE = "check_value"
    ENVELOPE = "envelope"
    DIGEST = "digest"
    CONFIRMED = "confirmed"


def _confirmed(given: Any) -> bool:
    if given not in (True, "yes", "true"):
        raise ValueError
    return True


FORMS: Final[Mapping[Form, Kind]] = {
    Form.TEXT: LINE,
    Form.COUNT: count(0, 1_000_000),
    Form.CHECK_VALUE: KCV,
    Form.ENVELOPE: pattern(
        "envelope", r"[A-Z0-9][A-Z0-9-]{2,19}", "the number on an envelope: 3 to 20 capitals, digits and -"
    ),
    Form.DIGEST: DIGEST,
    Form.CONFIRMED: Kind("yes", "yes, when it is so; otherwise the ceremony is aborted", _confirmed),
}
"""How each form of evidence is read."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something that a step has to show. name: one word. text: what it is."""

    name: str
    form: Form
    text: str


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """A step of a script. text: what is to be done, as it is read aloud.

    Steps of custodians that stand together are done by the first custodian, all of them, then by the next.
    A step of the witness is left out where there is none.
    """

    part: Part
    action: Action
    text: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A script. key: it is about a vending key. quorum: it is about shares, of which some number suffices.

    custodians: how many there must be at least.
    """

    name: str
    title: str
    text: str
    steps: tuple[ScriptStep, ...]
    key: bool = False
    quorum: bool = False
    custodians: int = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of a ceremony, given to a person. number: from 1. custodian: which one, 0 for other parts."""

    number: int
    part: Part
    custodian: int
    person: str
    action: Action
    text: str
    evidence: tuple[Evidence, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The turn as plain values."""
        return {
            "number": self.number,
            "part": self.part.value,
            "custodian": self.custodian,
            "person": self.person,
            "action": self.action.value,
            "text": self.text,
            "evidence": [
                {"name": one.name, "form": one.form.value, "text": one.text} for one in self.evidence
            ],
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Turn:
        """Return the turn of a document that ``document`` made."""
        return cls(
            document["number"],
            Part(document["part"]),
            document["custodian"],
            document["person"],
            Action(document["action"]),
            document["text"],
            tuple(Evidence(one["name"], Form(one["form"]), one["text"]) for one in document["evidence"]),
        )

    def shown(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the evidence of this turn in its plain form.

        given: by name. Raises ActRefused (``evidence``) unless it is exactly what the turn has to show.
        """
        wanted = {one.name: one for one in self.evidence}
        if wanted.keys() != given.keys():
            names = ", ".join(f"{one.name} ({FORMS[one.form].allowed})" for one in self.evidence) or "nothing"
            raise ActRefused(
                "evidence", f"Step {self.number} has to show exactly: {names}.", number=self.number
            )
        try:
            return {name: FORMS[one.form].value(name, given[name]) for name, one in wanted.items()}
        except FieldError as error:
            # What was given is not repeated: it may be a component, typed in the place of its check value.
            raise ActRefused(
                "evidence",
                f"Step {self.number}: {error.field} must be {error.allowed}.",
                number=self.number,
                field=error.field,
            ) from None


def laid_out(
    script: Script, officer: str, custodians: Sequence[str], auditor: str, witness: str | None
) -> tuple[Turn, ...]:
    """Return the steps of a script as turns of people."""
    turns: list[Turn] = []

    def give(step: ScriptStep, person: str, custodian: int = 0) -> None:
        number = len(turns) + 1
        turns.append(Turn(number, step.part, custodian, person, step.action, step.text, step.evidence))

    people = {Part.OFFICER: officer, Part.AUDITOR: auditor, Part.WITNESS: witness}
    block: list[ScriptStep] = []
    for step, following in zip(script.steps, (*script.steps[1:], None), strict=True):
        if step.part is Part.CUSTODIAN:
            block.append(step)
            if following is None or following.part is not Part.CUSTODIAN:
                for number, person in enumerate(custodians, start=1):
                    for each in block:
                        give(each, person, number)
                block = []
            continue
        filled = people[step.part]
        if filled is not None:
            give(step, filled)
    return tuple(turns)
