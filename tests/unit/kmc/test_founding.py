"""Founding a centre: the roles it begins with, and the people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.kmc.refusals import why
from tests.unit.kmc.town import FOUNDERS, NOW, PUBLIC, Town
from voltoken.access import Actor, Via, may
from voltoken.errors import FieldError
from voltoken.kmc import ENTRY, OFFICER, REGISTERS, Founder, built_in_roles, founding_events


def test_a_centre_begins_with_its_roles_and_then_its_people() -> None:
    events = founding_events(FOUNDERS, NOW)
    assert {event.kind for event in events} == {ENTRY}
    names = [f"{event.facts['register']} {event.facts['id']}" for event in events]
    assert names == [
        *(f"role {name}" for name in built_in_roles()),
        *(f"person {one.person_id}" for one in FOUNDERS),
    ]
    assert {event.facts["request"] for event in events} == {""}
    assert {event.facts["by"] for event in events} == {"founding"}


def allowed(town: Town, role: str, action: str) -> bool:
    """Return whether a role alone allows an action."""
    town.state.entries["person"]["dave"] = replace(
        town.entry("person", "dave"), values={**town.entry("person", "dave").values, "roles": [role]}
    )
    return may(town.state, Actor("dave", Via.KEY, frozenset({role})), action, {}, town.now)


def test_officers_may_everything_but_act_without_approvals() -> None:
    town = Town()
    for name, table in REGISTERS.items():
        for step in table.steps:
            assert allowed(town, OFFICER, f"{name}.{step.name}")
            assert allowed(town, OFFICER, f"{name}.{step.name}.approve")
            assert not allowed(town, OFFICER, f"{name}.{step.name}.break_glass")


def test_approvers_approve_and_ask_for_nothing() -> None:
    town = Town()
    for name, table in REGISTERS.items():
        for step in table.steps:
            assert not allowed(town, "approver", f"{name}.{step.name}")
            assert allowed(town, "approver", f"{name}.{step.name}.approve") == bool(step.approvals)


def test_who_may_act_without_approvals_may_nothing_else() -> None:
    town = Town()
    for name, table in REGISTERS.items():
        for step in table.steps:
            assert not allowed(town, "emergency", f"{name}.{step.name}")
            assert allowed(town, "emergency", f"{name}.{step.name}.break_glass") == step.glass


def test_registrars_keep_neither_keys_nor_people() -> None:
    town = Town()
    for name in ("person", "role", "vending_key", "authorisation", "key_file", "ceremony", "centre"):
        assert not allowed(town, "registrar", f"{name}.add")
    assert allowed(town, "registrar", "organisation.add")


def test_every_built_in_role_is_about_something() -> None:
    roles = built_in_roles()
    assert set(roles) == {"approver", "auditor", "custodian", "emergency", "officer", "registrar"}
    assert all(text and actions for text, actions in roles.values())


def test_a_centre_takes_two_officers() -> None:
    assert why(lambda: founding_events(FOUNDERS[:1], NOW)) == "last_officers"
    assert why(lambda: founding_events((), NOW)) == "last_officers"
    assert why(lambda: founding_events((FOUNDERS[0], FOUNDERS[2], FOUNDERS[3]), NOW)) == "last_officers"


def test_founders_are_different_people_with_keys_and_roles_that_exist() -> None:
    twin = Founder("bob", "Bob", frozenset({OFFICER}), PUBLIC["eve"])
    assert why(lambda: founding_events((*FOUNDERS, twin), NOW)) == "exists"
    masked = Founder("eve", "Eve", frozenset({OFFICER}), PUBLIC["bob"])
    assert why(lambda: founding_events((*FOUNDERS, masked), NOW)) == "taken"
    king = Founder("eve", "Eve", frozenset({"king"}), PUBLIC["eve"])
    assert why(lambda: founding_events((*FOUNDERS, king), NOW)) == "unknown"
    weak = Founder("eve", "Eve", frozenset(), bytes(32))
    assert why(lambda: founding_events((*FOUNDERS, weak), NOW)) == "key"
    with pytest.raises(FieldError):
        founding_events((*FOUNDERS, Founder("Eve", "Eve", frozenset(), PUBLIC["eve"])), NOW)
