"""Whose turn it is, what it has to show, and which components are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.kmc.ceremony.hall import KEY, PAPERS, Hall, joined, refused, secrets_in
from voltoken.errors import AccessDenied, FieldError, RuleError
from voltoken.kmc.ceremony import (
    Action,
    back_up,
    practice_component,
)
from voltoken.kmc.ceremony.components import join_components
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


def test_a_custodian_enters_only_the_own_component(running: Hall) -> None:
    turn = running.turn("k1")
    for other in ("chris", "olga", "colin"):
        assert (
            refused(
                running.act,
                other,
                "component",
                "k1",
                PAPERS[0].hex(),
                number=turn.number,
                evidence=running.evidence(turn, "k1"),
            ).reason
            == "part"
        )
    assert secrets_in(running) == []


@pytest.mark.parametrize(
    ("step", "number"), [("component", 4), ("component", 2), ("component", None), ("step", 3), ("combine", 3)]
)
def test_no_step_is_done_out_of_order(running: Hall, step: str, number: int | None) -> None:
    evidence = running.evidence(running.turn("k1"), "k1")
    who = "olga" if step == "combine" else "carol"
    error = refused(running.ask, who, step, "k1", number=number, evidence=evidence)
    assert error.reason == "turn"
    assert "step 3" in error.message


def test_a_ceremony_is_not_closed_before_its_last_step_nor_goes_on_after_it(running: Hall) -> None:
    assert refused(running.act, "olga", "close", "k1").reason == "turn"
    running.run()
    assert refused(running.ask, "olga", "step", "k1", number=15, evidence={}).reason == "turn"


WRONG_EVIDENCE: list[Mapping[str, Any]] = [
    {},
    {"place": "room 4"},
    {"place": "room 4", "present": 5, "weather": "fine"},
    {"place": "", "present": 5},
    {"place": "room 4", "present": -1},
    {"place": "room 4", "present": "many"},
]


@pytest.mark.parametrize("evidence", WRONG_EVIDENCE, ids=range(len(WRONG_EVIDENCE)))
def test_a_step_shows_exactly_what_it_has_to(hall: Hall, evidence: Mapping[str, Any]) -> None:
    hall.plan()
    hall.act("olga", "begin", "k1")
    assert refused(hall.act, "olga", "step", "k1", number=1, evidence=evidence).reason == "evidence"
    assert refused(hall.act, "olga", "step", "k1", number=1).reason == "evidence"


def test_a_step_does_not_go_by_what_an_earlier_one_has_shown(running: Hall) -> None:
    running.run(until=Action.ENVELOPE)
    running.take()
    running.take()
    assert refused(running.act, "chris", "step", "k1", number=6).reason == "evidence"


def test_what_was_not_confirmed_is_not_recorded(hall: Hall) -> None:
    hall.plan()
    hall.act("olga", "begin", "k1")
    hall.take()
    evidence = {"machine": "seal 7", "offline": False}
    assert refused(hall.act, "abdul", "step", "k1", number=2, evidence=evidence).reason == "evidence"


def test_an_envelope_has_a_number_of_its_own(running: Hall) -> None:
    running.take()
    running.act("carol", "step", "k1", number=4, evidence={"envelope": "A-1001"})
    running.take()
    error = refused(running.ask, "chris", "step", "k1", number=6, evidence={"envelope": "A-1001"})
    assert error.reason == "evidence"
    assert "ceremony k1, step 4" in error.message


def test_envelopes_of_dry_runs_are_counted_apart(running: Hall) -> None:
    running.take()
    running.act("carol", "step", "k1", number=4, evidence={"envelope": "A-1001"})
    running.plan("dry-1", dry_run=True, vending_key=None)
    running.run("dry-1", until=Action.ENVELOPE)
    running.act("carol", "step", "dry-1", number=4, evidence={"envelope": "A-1001"})


@pytest.mark.parametrize(
    "typed", ["", "zz" * 20, PAPERS[0].hex()[:-2], PAPERS[0].hex() + "00", "VS1-AAAA"], ids=range(5)
)
def test_text_that_is_no_component_is_refused_and_never_shown(running: Hall, typed: str) -> None:
    with pytest.raises(FieldError) as caught:
        running.act("carol", "component", "k1", typed, number=3, evidence={"check_value": "ABCDEF"})
    said = repr(caught.value) + str(caught.value) + str(caught.value.detail)
    assert not typed or typed.lower() not in said.lower()
    assert secrets_in(running) == []
    assert running.entry("k1").get("number") == 2


@pytest.mark.parametrize(
    ("component", "why"),
    [
        (PAPERS[0][:8], "has 64 bits"),
        (bytes(20), "zeros"),
        (practice_component(1, 160), "dry runs"),
        (practice_component(9, 160), "dry runs"),
    ],
    ids=["short", "zero", "practice", "practice of another"],
)
def test_a_component_that_is_not_good_enough_is_refused(running: Hall, component: bytes, why: str) -> None:
    evidence = {"check_value": key_check_value(component).value}
    error = refused(running.act, "carol", "component", "k1", component.hex(), number=3, evidence=evidence)
    assert error.reason == "component"
    assert why in error.message
    assert component.hex() not in repr(error) + str(error.detail)


def test_a_component_with_another_check_value_than_its_paper_is_refused(running: Hall) -> None:
    evidence = {"check_value": key_check_value(PAPERS[0]).value}
    error = refused(running.act, "carol", "component", "k1", PAPERS[1].hex(), number=3, evidence=evidence)
    assert error.reason == "check_value"
    assert "Enter it again" in error.message
    assert secrets_in(running) == []


def test_too_few_shares_of_a_component_are_refused(running: Hall) -> None:
    one, *_ = back_up(PAPERS[0], 2, 3, bytes(28))
    evidence = {"check_value": key_check_value(PAPERS[0]).value}
    with pytest.raises(RuleError):
        running.act("carol", "component", "k1", one, number=3, evidence=evidence)


def test_a_real_component_typed_in_a_dry_run_is_refused(hall: Hall) -> None:
    hall.plan("dry-1", dry_run=True, vending_key=None)
    hall.run("dry-1", until=Action.COMPONENT)
    evidence = {"check_value": key_check_value(PAPERS[0]).value}
    error = refused(hall.act, "carol", "component", "dry-1", PAPERS[0].hex(), number=3, evidence=evidence)
    assert error.reason == "component"
    assert "draw it anew" in error.message


@pytest.mark.parametrize(
    ("components", "changes", "reason"),
    [
        ((PAPERS[0], PAPERS[0], PAPERS[2]), {}, "component"),
        ((PAPERS[0], PAPERS[1], joined(PAPERS[:2])), {}, "component"),
        ((PAPERS[0], PAPERS[1], joined((*PAPERS[:2], bytes(range(20))))), {}, "component"),
        (PAPERS, {"expected": "ABCDEF"}, "check_value"),
    ],
    ids=["twins", "zero", "published", "unexpected"],
)
def test_components_that_make_no_good_key_are_not_combined(
    hall: Hall, components: tuple[bytes, ...], changes: dict[str, Any], reason: str
) -> None:
    hall.components = components
    hall.plan(**changes)
    hall.run(until=Action.COMBINE)
    assert refused(hall.take).reason == reason
    assert secrets_in(hall) == ["component/k1/1", "component/k1/2", "component/k1/3"]


def test_a_test_key_may_be_a_published_one(hall: Hall) -> None:
    hall.components = (PAPERS[0], PAPERS[1], joined((*PAPERS[:2], bytes(range(20)))))
    hall.plan()
    hall.put("vending_key", KEY, "requested", test=True)
    hall.run()
    assert hall.secrets[f"vending_key/{KEY}"] == bytes(range(20))


def test_not_even_a_test_key_is_zero(hall: Hall) -> None:
    hall.components = (PAPERS[0], PAPERS[1], joined(PAPERS[:2]))
    hall.plan()
    hall.put("vending_key", KEY, "requested", test=True)
    hall.run(until=Action.COMBINE)
    assert refused(hall.take).reason == "component"


def test_a_component_that_is_missing_is_noticed(hall: Hall) -> None:
    entry = hall.plan()
    assert refused(join_components, hall.state, entry, PAPERS[:2]).reason == "component"


def test_the_auditor_reads_the_check_value_that_is_on_record(running: Hall) -> None:
    running.run(until=Action.COMBINE)
    running.take()
    number = running.turn("k1").number
    error = refused(running.ask, "abdul", "step", "k1", number=number, evidence={"check_value": "ABCDEF"})
    assert error.reason == "check_value"


def test_a_key_is_not_destroyed_on_record_only(hall: Hall) -> None:
    hall.put("vending_key", KEY, "deactivated", bits=160)
    hall.plan("d1", script="destroy-key", bits=None)
    hall.run("d1", until=Action.DESTROYED)
    assert refused(hall.take, "d1").reason == "evidence"


def test_whoever_aborts_says_why(running: Hall) -> None:
    assert refused(running.act, "olga", "abort", "k1").reason == "fields"


def test_nobody_without_the_right_enters_a_component(running: Hall) -> None:
    running.put("role", "custodian", "active", actions=["ceremony.step"])
    with pytest.raises(AccessDenied):
        running.take()
