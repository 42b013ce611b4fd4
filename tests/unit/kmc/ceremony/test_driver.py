"""What a driver puts down is held against what was asked, so that its faults are seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.ceremony.hall import PAPERS, Hall, refused
from voltoken.errors import VoltokenError
from voltoken.kmc.ceremony import (
    JOBS,
    Action,
)
from voltoken.kmc.ceremony.record import begun
from voltoken.kmc.ceremony.rules import it_begins_as_planned, it_is_their_turn
from voltoken.kmc.plans import Plan
from voltoken.kmc.register import Look
from voltoken.kmc.registers.ceremonies import TABLES
from voltoken.kmc.values import Entry
from voltoken.kmc.work import Tools
from voltoken.sts import key_check_value


@pytest.fixture
def hall() -> Hall:
    """Return a centre without ceremonies."""
    return Hall()


@pytest.fixture
def running() -> Hall:
    """Return a centre with the ceremony k1, in which the first component is next."""
    hall = Hall()
    hall.plan()
    hall.run(until=Action.COMPONENT)
    return hall


@pytest.mark.parametrize("name", ["steps", "people", "planned", "begun_at"])
def test_what_a_driver_puts_down_at_the_beginning_is_held_against_the_script(hall: Hall, name: str) -> None:
    hall.plan()
    request_id = hall.ask("olga", "begin", "k1")
    facts = begun(hall.state, hall.entry("k1"), hall.now)
    other: dict[str, Any] = {
        "steps": facts["steps"][:-1],
        "people": [],
        "planned": {},
        "begun_at": hall.now.replace(year=2025),
    }
    error = refused(hall.carry_out, request_id, facts=facts | {name: other[name]})
    assert error.reason == "turn"


@pytest.mark.parametrize(
    "change",
    [{"number": 2}, {"person": "chris"}, {"evidence": {}}, {"found": {"check_value": "ABCDEF"}}],
    ids=str,
)
def test_what_a_driver_records_is_held_against_the_turn(running: Hall, change: dict[str, Any]) -> None:
    turn = running.turn("k1")
    request_id = running.ask(
        "carol", "component", "k1", number=turn.number, evidence=running.evidence(turn, "k1")
    )
    row = {
        "number": turn.number,
        "person": "carol",
        "at": "2026-11-21T08:00:00.000000Z",
        "evidence": running.evidence(turn, "k1"),
        "found": {"check_value": key_check_value(PAPERS[0]).value},
    }
    rows = [*running.entry("k1").get("record"), row | change]
    error = refused(running.carry_out, request_id, PAPERS[0].hex(), {"record": rows, "evidence": {}})
    assert error.reason in {"turn", "evidence", "check_value"}
    shorter = [*running.entry("k1").get("record")[1:], row]
    error = refused(running.carry_out, request_id, PAPERS[0].hex(), {"record": shorter, "evidence": {}})
    assert error.reason == "turn"


def test_a_driver_that_records_nothing_is_refused(running: Hall) -> None:
    turn = running.turn("k1")
    request_id = running.ask(
        "carol", "component", "k1", number=turn.number, evidence=running.evidence(turn, "k1")
    )
    rows = running.entry("k1").get("record")
    error = refused(running.carry_out, request_id, PAPERS[0].hex(), {"record": rows, "evidence": {}})
    assert error.reason == "turn"
    for broken in ({"record": 7}, {"record": [7]}):
        with pytest.raises(VoltokenError):
            running.carry_out(request_id, PAPERS[0].hex(), broken | {"evidence": {}})


def test_a_step_without_evidence_is_recorded_as_well(running: Hall) -> None:
    running.run(until=Action.COMBINE)
    turn = running.turn("k1")
    request_id = running.ask("olga", "combine", "k1", number=turn.number)
    rows = running.entry("k1").get("record")
    facts = {"record": rows, "evidence": {}, "check_value": "ABCDEF"}
    assert refused(running.carry_out, request_id, "", facts).reason == "turn"


def test_jobs_and_rules_refuse_an_entry_that_is_not_there(hall: Hall) -> None:
    register = TABLES[0]
    after = Entry("ceremony", "k1", 1, "running", {}, hall.now, "olga")
    plan = Plan(register, register.step("begin"), None, after)
    tools = Tools(hall.now, bytes, lambda _: b"")
    assert refused(JOBS["begin"], hall.state, plan, tools).reason == "unknown"
    look = Look(hall.state, register, register.step("step"), None, after, {}, hall.now, "olga")
    assert refused(it_is_their_turn, look).reason == "unknown"
    assert refused(it_begins_as_planned, look).reason == "unknown"
    hall.plan()
    entry = hall.run()
    over = Plan(register, register.step("component"), entry, entry)
    assert refused(JOBS["component"], hall.state, over, tools).reason == "turn"


def test_a_ceremony_reaches_every_state_and_comes_back_from_no_end() -> None:
    register = TABLES[0]
    assert {step.target for step in register.steps} == set(register.states)
    assert not any(set(step.sources) & register.terminal for step in register.steps)
    assert {step.job for step in register.steps} == {"", *JOBS}
