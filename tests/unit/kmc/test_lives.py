"""The tables themselves: every one is sound, and the checks see faults."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from voltoken.kmc import ADD, REGISTERS, Field, Register, Step, arrows, faults, kinds, reached

SOUND = Register(
    "lamp",
    "Lamps.",
    (Field("colour", kinds.NAME, "its colour", required=True),),
    {"off": "dark", "on": "bright", "broken": "dark for good"},
    (
        Step(ADD, "put up", (), "off", ("colour",)),
        Step("light", "light it", ("off",), "on"),
        Step("quench", "put it out", ("on",), "off"),
        Step("break", "break it", ("on", "off"), "broken"),
    ),
    terminal=frozenset({"broken"}),
)
ALL = {"lamp": SOUND}


@pytest.mark.parametrize("name", REGISTERS)
def test_every_table_of_a_centre_is_sound(name: str) -> None:
    assert faults(REGISTERS[name], REGISTERS) == ()
    assert REGISTERS[name].name == name


@pytest.mark.parametrize("name", REGISTERS)
def test_whatever_takes_something_away_from_everybody_is_approved_or_explained(name: str) -> None:
    """A state that nothing leads out of is entered with approval, or by somebody who stops something."""
    quick = {
        *("mfr_code", "serial_range", "installation", "certification", "module", "assessment"),
        *("vending_key", "authorisation", "key_file", "centre", "centre_key", "transfer", "ceremony"),
        *("incident", "revision", "trust_list"),
    }
    register = REGISTERS[name]
    for arrow in arrows(register):
        if arrow.target in register.terminal and not arrow.step.inner and name not in quick:
            assert arrow.step.approvals, arrow


@pytest.mark.parametrize("name", REGISTERS)
def test_there_is_no_way_back_from_what_is_gone_for_good(name: str) -> None:
    register = REGISTERS[name]
    gone = {"compromised", "destroyed", "lost", "destroyed_compromised", "left", "retired", "withdrawn"}
    working = {
        "active",
        "member",
        "registered",
        "trusted",
        "certified",
        "accredited",
        "allocated",
        "pre_active",
    }
    for state in gone & register.states.keys():
        assert not reached(register, state) & working, state


def edited(**values: Any) -> Register:
    """Return the sound table with something wrong in it."""
    return replace(SOUND, **values)


def stepped(name: str, **values: Any) -> Register:
    """Return the sound table with something wrong in one step."""
    return edited(steps=tuple(replace(one, **values) if one.name == name else one for one in SOUND.steps))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (edited(states={**SOUND.states, "lost": "gone"}, terminal={"broken", "lost"}), "ever lost"),
        (edited(terminal=frozenset({"broken", "on"})), "on is the end, and a step leads out"),
        (edited(terminal=frozenset()), "out of broken, and it is not called an end"),
        (edited(terminal=frozenset({"broken", "gone"})), "gone is no state"),
        (stepped("light", target="bright"), "bright is no state"),
        (stepped("light", sources=("dark",)), "light leads from dark"),
        (edited(steps=(*SOUND.steps, SOUND.steps[-1])), "two steps are called break"),
        (edited(fields=SOUND.fields * 2), "two fields are called colour"),
        (edited(fields=(*SOUND.fields, Field("size", kinds.NAME, "x"))), "no step fills in size"),
        (edited(fields=(*SOUND.fields, Field("state", kinds.NAME, "x"))), "can be called state"),
        (stepped("light", fields=("size",)), "takes size, which is no field"),
        (
            edited(fields=(Field("colour", kinds.reference("paint"), "x"),)),
            "names entries of paint, which is no register",
        ),
        (stepped(ADD, sources=("on",)), "the step that makes an entry"),
        (stepped(ADD, inner=True), "the step that makes an entry"),
        (stepped("light", sources=()), "light leads from nowhere"),
        (stepped(ADD, target=None), "says in no state"),
        (stepped("light", inner=True, approvals=1), "light is inner"),
        (stepped("light", present=True, job="record", approvals=1), "done by whoever is there"),
        (stepped("light", present=True, job="record", inner=True), "done by whoever is there"),
        (stepped("light", present=True), "done by whoever is there"),
        (stepped("light", glass=True), "no glass to break"),
        (stepped("light", given=("colour",)), "nobody fills in colour"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(table: Register, said: str) -> None:
    assert any(said in fault for fault in faults(table, ALL)), faults(table, ALL)


def test_nothing_is_said_about_a_sound_table() -> None:
    assert faults(SOUND, ALL) == ()


def test_what_is_reached_is_every_state_ahead() -> None:
    assert reached(SOUND, "") == {"off", "on", "broken"}
    assert reached(SOUND, "off") == {"off", "on", "broken"}
    assert reached(SOUND, "broken") == frozenset()


def test_a_step_that_stays_is_no_way_back() -> None:
    swept = edited(steps=(*SOUND.steps, Step("sweep", "sweep it up", ("broken",))))
    assert reached(swept, "broken") == frozenset()
    assert faults(swept, ALL) == ()


def test_arrows_are_the_steps_from_each_source() -> None:
    found = [(arrow.source, arrow.step.name, arrow.target) for arrow in arrows(SOUND)]
    assert found == [
        *[("", "add", "off"), ("off", "light", "on"), ("on", "quench", "off")],
        *[("on", "break", "broken"), ("off", "break", "broken")],
    ]


def test_a_step_that_stays_leads_to_where_it_was() -> None:
    table = stepped("light", target=None)
    assert ("off", "off") in {(arrow.source, arrow.target) for arrow in arrows(table)}
