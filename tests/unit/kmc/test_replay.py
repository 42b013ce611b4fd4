"""A log that is judged line by line: what follows from signatures is taken, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kmc.town import FOUNDERS, KEY, NOW, SEEDS, Town
from voltoken.access import BreakGlass, Verdict, break_glass, review_glass
from voltoken.errors import CentreFileError
from voltoken.kmc import (
    CREATED,
    REGISTERS,
    SECRET,
    Event,
    Replay,
    State,
    carried_event,
    carry_out,
    founders_digest,
    founding_events,
    review,
)

Lines = list[tuple[Event, datetime]]


class Logged(Town):
    """A centre that writes its log as one on a disk does."""

    def __init__(self) -> None:
        self.state, self.log, self.now, self.asked = State(), [], NOW, 0
        self.lines: Lines = []
        founding = founding_events(FOUNDERS, NOW)
        born = {"founding": len(founding), "founders": founders_digest(founding)}
        self.take([Event(CREATED, {"centre_id": "C1", "rehearsal_days": 0} | born), *founding])

    def take(self, events: Iterable[Event]) -> None:
        """Write lines with their time."""
        events = tuple(events)
        self.lines += [(event, self.now) for event in events]
        super().take(events)

    def carry_out(
        self, request_id: str, facts: Mapping[str, Any] | None = None, glass: BreakGlass | None = None
    ) -> None:
        """Carry out a request, with a secret that is kept."""
        done = carry_out(self.state, request_id, facts or {}, self.now, glass)
        body = self.state.requests[request_id].request.body
        job = REGISTERS[body["register"]].step(body["step"]).job
        kept = (
            [Event(SECRET, {"name": f"signing_key/{request_id}", "sealed": "0" * 64})]
            if job == "new_signing_key"
            else []
        )
        self.take([carried_event(request_id, facts or {}, {}), *kept, *done])


def busy() -> Logged:
    """Return a centre in which requests came to every end."""
    town = Logged()
    town.act("country", "add", "KE", name="Kenya")
    town.act("role", "withdraw", "approver")
    for by in ("bob", "alice"):
        town.approve(town.ask("role", "withdraw", "custodian"), by, Verdict.REJECT)
    facts = {"kid": "0" * 16, "public_key": KEY["box-1"]}
    for name in ("first", "second"):
        span = {"begin": NOW.isoformat(), "end": (NOW + timedelta(days=900)).isoformat()}
        kid = {"kid": f"{len(name):016x}", "public_key": KEY["box-1" if name == "first" else "box-2"]}
        town.act("centre_key", "add", name, facts=facts | kid, **span)
    request_id = town.ask("centre_key", "compromise", "second", note="stolen")
    request = town.state.requests[request_id].request
    town.carry_out(request_id, glass=break_glass(request, "alice", "at once", town.now, SEEDS["alice"]))
    seen = review_glass(request, "bob", "it was needed", town.now, SEEDS["bob"])
    town.take(review(town.state, request_id, seen, town.now))
    town.ask("role", "withdraw", "custodian")
    return town


BUSY = busy()


def replayed(lines: Lines, signed: int | None = None, aside: frozenset[str] = frozenset()) -> State:
    """Return what a log amounts to, when every line is judged. signed: up to where; None for all."""
    state = State()
    replay = Replay(state, signed=len(lines) if signed is None else signed, aside=aside)
    for event, at in lines:
        replay.take(event, at)
    replay.finish()
    return state


def refused(lines: Lines, signed: int | None = None) -> str:
    """Return why a log is not believed."""
    with pytest.raises(CentreFileError) as caught:
        replayed(lines, signed)
    return caught.value.message


def where(kind: str, nth: int = 1) -> int:
    """Return the index of the nth line of a kind."""
    return [index for index, (event, _) in enumerate(BUSY.lines) if event.kind == kind][nth - 1]


def changed(index: int, **facts: object) -> Lines:
    """Return the log with one line that says something else."""
    lines = list(BUSY.lines)
    event, at = lines[index]
    lines[index] = replace(event, facts={**event.facts, **facts}), at
    return lines


def test_a_genuine_log_amounts_to_the_same_registers() -> None:
    state = replayed(BUSY.lines)
    assert state.export() == BUSY.state.export()
    assert state.requests == BUSY.state.requests
    assert not state.reviews


def test_lines_for_people_are_passed_over() -> None:
    lines = [*BUSY.lines, (Event("centre.unsealed", {"provider": "shamir"}), BUSY.now)]
    assert replayed(lines, aside=frozenset({"centre.unsealed"})).lines == len(BUSY.lines) + 1
    assert "no program of this version writes such a line" in refused(lines)
    refusal = (Event("act.refused", {"by": "eve"}), BUSY.now)
    for signed in (0, len(lines)):
        assert replayed([*lines[:1], *BUSY.lines[1:15], refusal], signed).lines == 16


@pytest.mark.parametrize(
    ("kind", "nth", "facts", "why"),
    [
        ("centre.created", 1, {"founding": 0}, "no request leads to it"),
        ("centre.created", 1, {"founding": "many"}, "does not say what its kind says"),
        ("centre.created", 1, {"founders": "0" * 64}, "not those that line 1 names"),
        ("entry", 1, {"request": "r1"}, "none of those that a centre begins with"),
        ("entry", 2, {"by": "mallory"}, "not those that line 1 names"),
        ("request.filed", 1, {"signature": "00" * 64}, "not that of alice"),
        ("request.filed", 1, {"maker": "bob"}, "not that of bob"),
        ("request.filed", 2, {"needs": 0}, "such an act needs 1 approvals"),
        ("request.filed", 2, {"request": "r1"}, "its request was filed before"),
        ("request.filed", 2, {"until": "soon"}, "is no request"),
        ("request.approval", 1, {"signature": "00" * 64}, "not what bob has signed"),
        ("request.approval", 1, {"request": "r9"}, "there is no such request"),
        ("request.approval", 1, {"request": "r1"}, "closed before: done"),
        ("request.approval", 3, {"signature": "00" * 64}, "the signature is not that of alice"),
        ("request.approval", 3, {"hash": "0" * 64}, "it takes back another request"),
        ("request.closed", 3, {"outcome": "withdrawn"}, "came to another end"),
        ("request.closed", 4, {"outcome": "rejected"}, "came to another end"),
        ("request.closed", 1, {"outcome": "rejected"}, "closes another request than the one"),
        ("request.closed", 1, {"request": "r2"}, "closes another request than the one"),
        ("act.carried_out", 1, {"request": "r2"}, "there is no such request"),
        ("act.carried_out", 3, {"facts": {"kid": "1" * 16, "public_key": KEY["eve"]}}, "does not lead to"),
        ("glass.broken", 1, {"signature": "00" * 64}, "signed"),
        ("glass.broken", 1, {"by": "bob"}, "signed"),
        ("glass.broken", 1, {"act": "role.add"}, "not the glass that was broken"),
        ("glass.reviewed", 1, {"signature": "00" * 64}, "signed"),
        ("glass.reviewed", 1, {"act": "role.add"}, "not the review that was signed"),
    ],
)
def test_a_line_that_was_edited_is_refused(kind: str, nth: int, facts: Mapping[str, Any], why: str) -> None:
    message = refused(changed(where(kind, nth), **facts))
    assert why in message
    assert message.startswith("Line ")


@pytest.mark.parametrize("name", ["register", "id", "version", "state", "since", "by", "request"])
def test_an_entry_with_another_heading_is_not_what_its_act_leads_to(name: str) -> None:
    index = where("entry", len(founding_events(FOUNDERS, NOW)) + 1)
    other = {"version": 9, "since": "2026-01-01T00:00:00.000000Z"}.get(name, "other")
    assert refused(changed(index, **{name: other}))


def test_an_entry_with_other_values_is_not_what_its_act_leads_to() -> None:
    index = where("entry", len(founding_events(FOUNDERS, NOW)) + 1)
    values = dict(BUSY.lines[index][0].facts["values"])
    assert "does not lead to" in refused(changed(index, values=values | {"name": "Congo"}))


COUNTRY = where("entry", len(founding_events(FOUNDERS, NOW)) + 1)
VALUES: Mapping[str, Any] = BUSY.lines[COUNTRY][0].facts["values"]


@pytest.mark.parametrize("name", sorted(VALUES))
def test_a_value_is_missing_only_where_it_is_the_default_and_a_head_vouches_for_the_line(name: str) -> None:
    lines = changed(COUNTRY, values={other: value for other, value in VALUES.items() if other != name})
    assert "without its keys no centre writes this" in refused(lines, signed=COUNTRY)
    if VALUES[name] is None:
        state = replayed(lines)
        assert state.entry("country", "KE") is not None
    else:
        assert "does not lead to" in refused(lines)


def test_a_value_that_the_entry_had_before_is_not_missing_later() -> None:
    index = where("entry", len(founding_events(FOUNDERS, NOW)) + 2)  # a role is withdrawn
    values = dict(BUSY.lines[index][0].facts["values"])
    assert values.pop("most") is None
    assert "does not lead to" in refused(changed(index, values=values))


def test_a_value_that_no_register_ever_had_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = changed(COUNTRY, values={**VALUES, "was_there_once": 1})
    assert "does not lead to" in refused(lines)
    former = {"country": frozenset({"was_there_once", "name"})}  # what the register has today still counts
    monkeypatch.setattr("voltoken.kmc.former.FORMER_FIELDS", former)
    assert replayed(lines).entry("country", "KE") is not None
    assert "does not lead to" in refused(changed(COUNTRY, values={**VALUES, "name": "Congo"}))
    assert "without its keys" in refused(lines, signed=COUNTRY)


def test_what_a_stricter_rule_would_refuse_today_stays_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def no(look: Any) -> None:
        raise look.refuse("state", "never again")

    for module in ("plans", "engine"):
        monkeypatch.setattr(f"voltoken.kmc.{module}.ask_rules", no)
    assert replayed(BUSY.lines).export() == BUSY.state.export()


@pytest.mark.parametrize("kind", ["entry", "secret.kept", "secret.destroyed", "glass.broken"])
def test_what_no_request_leads_to_is_refused(kind: str) -> None:
    index = where(kind) if kind != "secret.destroyed" else where("secret.kept")
    event = replace(BUSY.lines[index][0], kind=kind)
    message = refused([*BUSY.lines, (event, BUSY.now)])
    assert message == f"Line {len(BUSY.lines) + 1} of the log was inserted or edited: no request leads to it."


def test_a_beginning_stands_at_the_beginning_and_once() -> None:
    assert "only the first line" in refused([*BUSY.lines, BUSY.lines[0]])
    assert "only the first line" in refused(BUSY.lines[1:])


def test_a_request_is_closed_only_by_somebody_who_said_no() -> None:
    closed = Event("request.closed", {"request": "r8", "outcome": "rejected"})
    assert "nobody rejected" in refused([*BUSY.lines, (closed, BUSY.now)])


def test_an_act_is_whole() -> None:
    index = where("act.carried_out")
    assert "begins an act that has no end" in refused(BUSY.lines[: index + 2])
    other = (Event("act.refused", {}), BUSY.now)
    assert "in the middle of an act" in refused([*BUSY.lines[: index + 1], other, *BUSY.lines[index + 1 :]])
    assert "does not lead to" in refused([*BUSY.lines[: index + 1], *BUSY.lines[index + 2 :]])
    assert "its kind says" in refused(changed(index, more=1))


def test_an_act_breaks_one_glass() -> None:
    index = where("glass.broken")
    assert "two broken glasses" in refused([*BUSY.lines[:index], BUSY.lines[index], *BUSY.lines[index:]])


def test_an_act_without_its_approvals_is_refused() -> None:
    index = where("request.approval")
    assert "approv" in refused([*BUSY.lines[:index], *BUSY.lines[index + 1 :]])


def test_an_act_after_its_time_is_refused() -> None:
    index, late = where("act.carried_out", 2), timedelta(days=8)
    lines = [(event, at + late if place >= index else at) for place, (event, at) in enumerate(BUSY.lines)]
    assert "expired" in refused(lines)


FACTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
NAMES = sorted({name for event, _ in BUSY.lines for name in event.facts})


@given(
    st.sampled_from(sorted({event.kind for event, _ in BUSY.lines})),
    st.dictionaries(st.sampled_from(NAMES), FACTS, max_size=6),
)
def test_whatever_a_line_says_it_is_taken_or_an_error_of_ours(kind: str, facts: dict[str, Any]) -> None:
    replay = Replay(State(), signed=1)
    for event, at in BUSY.lines[:1]:
        replay.take(event, at)
    with suppress(CentreFileError):
        replay.take(Event(kind, facts), NOW)


@given(st.data())
def test_no_edit_of_anything_signed_is_believed(data: st.DataObject) -> None:
    signed = {"request.filed", "request.approval", "glass.broken", "glass.reviewed"}
    places = [index for index, (event, _) in enumerate(BUSY.lines) if event.kind in signed]
    index = data.draw(st.sampled_from(places))
    facts = BUSY.lines[index][0].facts
    name = data.draw(st.sampled_from(sorted(facts)))
    value = data.draw(FACTS)
    if value != facts[name]:
        refused(changed(index, **{name: value}))
