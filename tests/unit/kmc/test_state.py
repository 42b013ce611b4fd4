"""The state of a centre: what its lines make of it, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.kmc.town import KEY, NOW, Town
from voltoken import canonical
from voltoken.errors import CentreFileError
from voltoken.kmc import (
    APPROVAL,
    CLOSED,
    CREATED,
    DESTROYED,
    ENTRY,
    GLASS,
    REFUSED,
    REQUEST,
    REVIEWED,
    SECRET,
    Entry,
    Event,
    State,
    entry_event,
    facts_in,
)

COUNTRY = Entry("country", "KE", 1, "listed", {"name": "Kenya"}, NOW, "alice")


def replayed(town: Town) -> State:
    """Return the state of a log that went through a file."""
    state = State()
    for event in town.log:
        state.take(Event(event.kind, json.loads(canonical.write(event.facts)), event.alarm))
    return state


def test_the_same_lines_make_the_same_state_to_the_byte(town: Town) -> None:
    town.act("person", "change", "dave", roles=["approver", "auditor"])
    open_request = town.ask("person", "leave", "dave")
    town.approve(open_request)
    again = replayed(town)
    assert again.export() == town.state.export()
    assert again == town.state
    assert json.loads(again.export())["centre"] == "C1"


def test_one_other_value_makes_another_fingerprint(town: Town) -> None:
    again = replayed(town)
    assert again.fingerprint() == town.state.fingerprint()
    again.take(Event(SECRET, {"name": "vending_key/1", "sealed": "00"}))
    assert again.fingerprint() != town.state.fingerprint()


def test_entries_are_found_by_id_and_by_value() -> None:
    state = State()
    for number, (name, at) in enumerate((("UG", 0), ("KE", 5), ("TZ", 9))):
        entry = Entry("country", name, 1, "listed", {"n": number % 2}, NOW + timedelta(days=at), "alice")
        state.take(entry_event(entry, "add", "r1"))
    assert [entry.entry_id for entry in state.of("country")] == ["KE", "TZ", "UG"]
    assert [entry.entry_id for entry in state.where("country", n=0, state="listed")] == ["TZ", "UG"]
    assert state.entry("country", "XX") is None
    assert list(state.of("planet")) == []


def test_secrets_and_reviews_come_and_go_with_their_lines() -> None:
    state = State()
    state.take(Event(SECRET, {"name": "a", "sealed": "00"}))
    assert state.secrets == {"a": "00"}
    state.take(Event(DESTROYED, {"name": "a"}))
    state.take(Event(DESTROYED, {"name": "a"}))
    assert state.secrets == {}


def test_a_line_for_people_changes_nothing() -> None:
    state = State()
    state.take(Event(REFUSED, {"by": "mallory"}))
    assert (state.lines, state.export()) == (1, State().export())


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        (CREATED, {"centre_id": "C1"}),
        (CREATED, {"centre_id": "C1", "rehearsal_days": "x"}),
        (ENTRY, {}),
        (ENTRY, {**COUNTRY.document, "version": "1"}),
        (ENTRY, {**COUNTRY.document, "since": "now"}),
        (ENTRY, {**COUNTRY.document, "values": []}),
        (ENTRY, {**COUNTRY.document, "by": None}),
        (REQUEST, {"request": "r1"}),
        (APPROVAL, {"request": "r1"}),
        (CLOSED, {"request": "r1", "outcome": "done"}),
        (CLOSED, {}),
        (SECRET, {"name": "a"}),
        (DESTROYED, {}),
        (GLASS, {"request": "r1"}),
        (REVIEWED, {}),
    ],
)
def test_a_line_that_does_not_say_what_its_kind_says_is_refused(kind: str, facts: dict[str, Any]) -> None:
    with pytest.raises(CentreFileError):
        State().take(Event(kind, facts))


def test_an_approval_of_a_request_that_was_never_filed_is_refused() -> None:
    town = Town()
    town.approve(town.ask("person", "leave", "dave"))
    with pytest.raises(CentreFileError) as error:
        State().take(town.log[-1])
    assert "Line 1" in error.value.message


def test_nobody_is_a_person_and_nothing_a_role_that_is_not_in_the_registers() -> None:
    town = Town()
    assert town.state.person("nobody") is None
    assert town.state.role("king") is None
    town.act("role", "withdraw", "approver")
    assert town.state.role("approver") is None


def test_a_role_gives_its_rights_within_its_limits() -> None:
    town = Town()
    limits: dict[str, Any] = {"most": {"clm": 5}, "only": {"country": ["UG", "KE"]}}
    town.act("role", "add", "small", actions="vending_key.add, person.*", **limits)
    role = town.state.role("small")
    assert role is not None
    assert [grant.action for grant in role.grants] == ["person.*", "vending_key.add"]
    assert dict(role.grants[0].most) == {"clm": 5}
    assert role.grants[0].only == {"country": frozenset({"KE", "UG"})}


def test_a_suspended_person_is_not_active() -> None:
    town = Town()
    town.act("person", "suspend", "dave")
    dave = town.state.person("dave")
    assert dave is not None
    assert not dave.active
    assert dave.public_key == bytes.fromhex(KEY["dave"])


def test_limits_see_texts_whole_numbers_and_lists_of_texts_and_neither_yes_nor_no() -> None:
    values = {
        "a": "x",
        "b": 1,
        "c": True,
        "d": None,
        "e": ["y"],
        "f": [1],
        "register": "planet",
        "id": "Mars",
    }
    entry = Entry("country", "KE", 1, "listed", values, NOW, "alice")
    assert facts_in(entry) == {"a": "x", "b": 1, "e": ("y",), "register": "country", "id": "KE"}


def test_an_entry_shows_itself_and_its_document_is_the_entry() -> None:
    assert str(COUNTRY) == "country KE"
    assert (COUNTRY.get("name"), COUNTRY.get("height")) == ("Kenya", None)
    assert Entry.of(COUNTRY.document) == COUNTRY
