"""Scripts as data: how they are laid out for people, and what every one of them keeps to."""

from __future__ import annotations

import pytest

from voltoken.kmc.ceremony import (
    FORMS,
    RECORDED_BY,
    SCRIPTS,
    Action,
    Form,
    Part,
    Script,
    Turn,
    practice_component,
)
from voltoken.kmc.ceremony.script import laid_out
from voltoken.kmc.registers.ceremonies import TABLES

PEOPLE = ("ann", "ben", "cem")
EACH = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)


def turns(script: Script, witness: str | None = "wyn") -> tuple[Turn, ...]:
    """Return a script laid out for three custodians."""
    return laid_out(script, "oli", PEOPLE, "aud", witness)


@EACH
def test_turns_are_numbered_without_a_gap_and_read_back(script: Script) -> None:
    found = turns(script)
    assert [turn.number for turn in found] == list(range(1, len(found) + 1))
    assert [Turn.of(turn.document) for turn in found] == list(found)


@EACH
def test_every_custodian_does_the_same_one_after_another(script: Script) -> None:
    found = [turn for turn in turns(script) if turn.part is Part.CUSTODIAN]
    by_person = [[turn for turn in found if turn.person == person] for person in PEOPLE]
    assert [turn for mine in by_person for turn in mine] == found
    for number, mine in enumerate(by_person, start=1):
        assert {turn.custodian for turn in mine} == {number}
        assert [turn.action for turn in mine] == [turn.action for turn in by_person[0]]


@EACH
def test_without_a_witness_nobody_does_the_steps_of_one(script: Script) -> None:
    alone = turns(script, None)
    assert Part.WITNESS not in {turn.part for turn in alone}
    assert len(alone) == len([turn for turn in turns(script) if turn.part is not Part.WITNESS])


@EACH
def test_a_script_begins_and_ends_with_words_of_the_officer(script: Script) -> None:
    found = turns(script)
    assert {found[0].person, found[-1].person} == {"oli"}
    assert {found[0].action, found[-1].action} == {Action.NOTE}


@EACH
def test_secrets_come_from_custodians_and_are_put_together_by_the_officer(script: Script) -> None:
    wanted = {
        Action.COMPONENT: Part.CUSTODIAN,
        Action.SHARE: Part.CUSTODIAN,
        Action.HAND_OUT: Part.CUSTODIAN,
        Action.ENVELOPE: Part.CUSTODIAN,
        Action.COMBINE: Part.OFFICER,
        Action.SPLIT: Part.OFFICER,
        Action.RECOVER: Part.OFFICER,
    }
    for turn in turns(script):
        assert wanted.get(turn.action, turn.part) is turn.part


def test_a_block_of_custodians_may_end_a_script() -> None:
    script = SCRIPTS["vending-key-components"]
    cut = Script("cut", "Cut", "Cut", script.steps[:4])
    assert [turn.person for turn in turns(cut)] == ["oli", "aud", "ann", "ann", "ben", "ben", "cem", "cem"]


def test_every_action_has_its_step_in_the_register() -> None:
    steps = {step.name for step in TABLES[0].steps}
    assert {RECORDED_BY[action] for action in Action} <= steps


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (Form.TEXT, "room 4", "\n"),
        (Form.COUNT, 3, 1.5),
        (Form.CHECK_VALUE, "A1B2C3", "a1b2c3"),
        (Form.ENVELOPE, "A-1001", "a 1001"),
        (Form.DIGEST, "0" * 64, "0" * 63),
        (Form.CONFIRMED, True, False),
    ],
)
def test_evidence_has_a_form(form: Form, good: object, bad: object) -> None:
    assert FORMS[form].read(good) == good
    with pytest.raises((ValueError, TypeError)):
        FORMS[form].read(bad)


def test_components_for_practice_are_all_different() -> None:
    made = {practice_component(number, bits) for number in range(1, 10) for bits in (64, 160)}
    assert len(made) == 18
    assert {len(one) for one in made} == {8, 20}
