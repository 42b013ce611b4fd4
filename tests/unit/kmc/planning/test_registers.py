"""The registers of revisions and incidents: which steps are taken, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.planning.town import NOW, SGC, key, put, town
from voltoken.errors import ActRefused, FieldError
from voltoken.kmc import planned, request_of
from voltoken.kmc.registers import REGISTERS, incidents, revisions
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry

OLD, NEW, NEXT = f"{SGC}/1", f"{SGC}/2", f"{SGC}/3"
WAVES = {"waves": [{"name": "all", "opens": "2026-12-01"}]}


def take(state: State, register: str, entry_id: str, step: str, **values: Any) -> Entry:
    """Take a step as if it were approved, and return the entry. Raises what its rules raise."""
    request = request_of(state, "alice", register, step, entry_id, values, request_id="r-1", now=NOW)
    after = planned(state, request, NOW).after
    state.entries.setdefault(register, {})[entry_id] = after
    return after


def reason(state: State, register: str, entry_id: str, step: str, **values: Any) -> str:
    """Return why a step is refused."""
    with pytest.raises(ActRefused) as refused:
        take(state, register, entry_id, step, **values)
    return refused.value.reason


def begun() -> State:
    """Return a town with a revision from the first key to the second that is running."""
    state = town()
    key(state, NEW, "active", base_date="14")
    take(state, "revision", "r", "add", from_key=OLD, to_key=NEW, reason="base_date", waves=WAVES)
    take(state, "revision", "r", "start")
    return state


def test_a_revision_goes_from_plan_to_end() -> None:
    state = begun()
    assert take(state, "revision", "r", "rearrange", credit_stop="2026-12-24").state == "running"
    counted = {"list_digest": "0" * 64, "listed_on": "2026-11-21", "rows_unread": 0}
    take(state, "revision", "r", "count", meters_left=3, meters_moved=7, **counted)
    assert reason(state, "revision", "r", "finish") == "not_over"
    take(state, "revision", "r", "count", meters_left=0, meters_moved=10, **counted)
    assert reason(state, "revision", "r", "finish") == "not_over"
    key(state, OLD, "destroyed")
    assert take(state, "revision", "r", "finish").state == "done"


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        ({}, "Nobody has counted the meters."),
        ({"meters_left": 2, "rows_unread": 0}, "2 meters are left on the old key."),
        (
            {"meters_left": 0, "rows_unread": 5},
            "0 meters are left on the old key, and 5 rows of the list could not be read.",
        ),
    ],
)
def test_a_revision_does_not_end_on_a_guess(counted: dict[str, int], said: str) -> None:
    state = begun()
    key(state, OLD, "destroyed")
    take(state, "revision", "r", "count", **counted)
    with pytest.raises(ActRefused) as refused:
        take(state, "revision", "r", "finish")
    assert refused.value.message == said


def test_there_is_no_way_back_in_the_register_either() -> None:
    state = begun()
    third = {"from_key": NEW, "to_key": OLD, "reason": "rotation"}
    assert reason(state, "revision", "back", "add", **third) == "way_back"
    key(state, NEXT, "active", base_date="93")
    assert (
        reason(state, "revision", "back", "add", from_key=NEW, to_key=NEXT, reason="rotation") == "way_back"
    )


def test_a_revision_that_meters_have_followed_is_not_given_up() -> None:
    state = begun()
    take(state, "revision", "r", "count", meters_left=9, meters_moved=1)
    assert reason(state, "revision", "r", "abandon") == "moved"
    key(state, NEW, "compromised", base_date="14")
    assert take(state, "revision", "r", "abandon", notes="the new key is known").state == "abandoned"
    key(state, NEW, "active", base_date="14")
    take(state, "revision", "again", "add", from_key=OLD, to_key=NEW, reason="rotation")
    assert take(state, "revision", "again", "abandon").state == "abandoned"


def test_meters_are_led_one_way_at_a_time() -> None:
    state = begun()
    key(state, NEXT, "active", base_date="14")
    assert (
        reason(state, "revision", "s", "add", from_key=OLD, to_key=NEXT, reason="rotation") == "revision_open"
    )
    assert (
        reason(state, "revision", "s", "add", from_key=NEW, to_key=NEXT, reason="rotation") == "revision_open"
    )
    assert (
        take(state, "revision", "s", "add", from_key=NEW, to_key=NEXT, reason="compromise").state == "planned"
    )
    assert (
        take(state, "revision", "s", "change", reason="compromise", notes="in haste").get("notes")
        == "in haste"
    )


def test_a_revision_starts_when_the_new_key_is_made() -> None:
    state = town()
    key(state, NEW, "requested")
    take(state, "revision", "r", "add", from_key=OLD, to_key=NEW, reason="rotation")
    assert reason(state, "revision", "r", "start") == "new_key"
    key(state, NEW, "pre_active")
    assert take(state, "revision", "r", "start").state == "running"


def test_a_revision_leads_away_from_a_key_that_meters_are_on() -> None:
    state = town()
    key(state, OLD, "destroyed")
    key(state, NEW, "active")
    key(state, "654321/1", "active")
    assert reason(state, "revision", "r", "add", from_key=OLD, to_key=NEW, reason="rotation") == "key_over"
    other = {"from_key": NEW, "to_key": "654321/1"}
    assert reason(state, "revision", "r", "add", **other, reason="rotation") == "same_revision"
    assert take(state, "revision", "r", "add", **other, reason="group").state == "planned"


def test_waves_are_checked_when_they_are_given() -> None:
    state = town()
    key(state, NEW, "active")
    with pytest.raises(FieldError) as refused:
        take(state, "revision", "r", "add", from_key=OLD, to_key=NEW, reason="rotation", waves={"waves": []})
    assert refused.value.field == "waves"


FOUND = {"title": "Laptop with a backup was stolen", "found_at": "2026-11-21T10:00:00+00:00"}


def test_an_incident_goes_from_report_to_lessons() -> None:
    state = begun()
    take(
        state, "incident", "i", "add", kind="key", subject=OLD, **FOUND, keys=[OLD], modules=["m-1"], meters=9
    )
    assert take(state, "incident", "i", "change", what="It was in a car.").state == "open"
    assert reason(state, "incident", "i", "contain", measures="told the bank") == "not_contained"
    key(state, OLD, "compromised")
    assert take(state, "incident", "i", "contain", measures="marked the key").state == "contained"
    assert take(state, "incident", "i", "recover", revision="r").state == "recovering"
    assert reason(state, "incident", "i", "close") == "lessons"
    assert reason(state, "incident", "i", "close", lessons="Lock it away.") == "revision_running"
    key(state, OLD, "destroyed_compromised")
    put(state, "revision", "r", "done", from_key=OLD, to_key=NEW)
    assert take(state, "incident", "i", "close", lessons="Lock it away.").state == "closed"


def test_a_drill_touches_nothing() -> None:
    state = begun()
    take(state, "incident", "i", "add", kind="module", subject="m-1", drill=True, **FOUND)
    take(state, "incident", "i", "contain")
    take(state, "incident", "i", "recover", revision="r")
    assert take(state, "incident", "i", "close", lessons="We were slow.").state == "closed"


@pytest.mark.parametrize(("kind", "subject"), [("key", NEW), ("module", "m-9"), ("centre", "kmc-z")])
def test_an_incident_is_about_something_that_is_there(kind: str, subject: str) -> None:
    assert reason(town(), "incident", "i", "add", kind=kind, subject=subject, **FOUND) == "subject"


@pytest.mark.parametrize(("kind", "subject"), [("centre", "kmc-a"), ("other", "the safe")])
def test_what_has_no_entry_is_contained_by_what_people_say(kind: str, subject: str) -> None:
    state = town()
    take(state, "incident", "i", "add", kind=kind, subject=subject, **FOUND)
    take(state, "incident", "i", "contain", measures="sealed")
    assert take(state, "incident", "i", "close", lessons="A second lock.").state == "closed"


@pytest.mark.parametrize(
    ("kind", "register", "subject", "stops"),
    [("module", "module", "m-1", "compromised"), ("centre", "centre", "kmc-b", "suspended")],
)
def test_a_real_incident_is_contained_when_its_subject_is_out_of_use(
    kind: str, register: str, subject: str, stops: str
) -> None:
    state = town()
    put(state, register, subject, "trusted")
    take(state, "incident", "i", "add", kind=kind, subject=subject, **FOUND)
    assert reason(state, "incident", "i", "contain") == "not_contained"
    put(state, register, subject, stops)
    assert take(state, "incident", "i", "contain").state == "contained"


def test_a_false_alarm_is_dismissed() -> None:
    state = town()
    take(state, "incident", "i", "add", kind="key", subject=OLD, **FOUND)
    assert take(state, "incident", "i", "dismiss", lessons="It was in the drawer.").state == "unfounded"


def test_reasons_are_told() -> None:
    assert REGISTERS["revision"] in revisions.TABLES
    assert REGISTERS["incident"] in incidents.TABLES
    for reasons in (revisions.REASONS, incidents.REASONS):
        assert all(text and not text.endswith(".") for text in reasons.values())
