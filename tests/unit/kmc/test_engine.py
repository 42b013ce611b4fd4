"""Asking, approving, carrying out: what it takes, and what each forged or stale piece of it is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from tests.unit.kmc.town import DAY, KEY, NOW, SEEDS, Town
from voltoken.access import (
    BreakGlass,
    Request,
    Verdict,
    approve_request,
    break_glass,
    review_glass,
    sign_request,
)
from voltoken.errors import AccessDenied, ActRefused, ApprovalRefused, FieldError, VoltokenError
from voltoken.kmc import (
    APPROVAL,
    CLOSED,
    ENTRY,
    GLASS,
    REGISTERS,
    REQUEST,
    REVIEWED,
    Entry,
    Event,
    Field,
    Filed,
    Look,
    approve,
    carry_out,
    engine,
    file,
    open_request,
    plans,
    ready,
    refused,
    request_of,
    review,
)
from voltoken.kmc.kinds import SIGNATURE


def reason_of(act: Callable[[], object]) -> str:
    """Return why an act is refused."""
    with pytest.raises((ActRefused, ApprovalRefused, AccessDenied)) as error:
        act()
    return str(error.value.detail["reason"])


def kinds(town: Town, lines: int) -> list[str]:
    """Return the kinds of the last lines."""
    return [event.kind for event in town.log[-lines:]]


def leave_dave(town: Town, by: str = "alice") -> str:
    """Ask for an act that takes one approval."""
    return town.ask("person", "leave", "dave", by)


def changed(town: Town, request_id: str, **values: Any) -> None:
    """Edit the row of a request by hand."""
    filed = town.state.requests[request_id]
    town.state.requests[request_id] = replace(filed, request=replace(filed.request, **values))


# ---------------------------------------------------------------- the way it goes


def test_an_act_goes_from_request_to_approval_to_entry_and_each_leaves_its_line() -> None:
    town = Town()
    request = leave_dave(town)
    assert kinds(town, 1) == [REQUEST]
    town.approve(request)
    assert kinds(town, 1) == [APPROVAL]
    assert ready(town.state, request, town.now) == ("bob",)
    town.carry_out(request)
    assert kinds(town, 2) == [ENTRY, CLOSED]
    dave = town.entry("person", "dave")
    assert (dave.state, dave.version, dave.by) == ("left", 2, "alice")
    assert town.log[-2].facts["request"] == request


def test_an_act_that_needs_no_approval_is_carried_out_as_it_is_asked() -> None:
    assert Town().act("person", "suspend", "dave").state == "suspended"


def test_functions_change_nothing_before_their_lines_are_taken_in() -> None:
    town = Town()
    request = leave_dave(town)
    before = town.state.fingerprint()
    approve(town.state, request, town.approval(request, "bob"), town.now)
    assert not town.state.requests[request].approvals
    town.approve(request)
    carry_out(town.state, request, {}, town.now)
    assert town.state.fingerprint() == before


def test_a_step_shows_what_it_would_do_before_anybody_signs() -> None:
    town = Town()
    request = request_of(town.state, "alice", "person", "leave", "dave", {}, request_id="r1", now=town.now)
    plan = plans.planned(town.state, request, town.now)
    assert plan.before is not None
    assert (plan.before.state, plan.after.state) == ("active", "left")


def test_an_entry_can_be_shown_before_anybody_signs_it() -> None:
    table = REGISTERS["supply_group"]
    signed = Field("mark", SIGNATURE, "signed by its owner", required=True)
    step = replace(table.steps[0], fields=(*table.steps[0].fields, "mark"))
    table = replace(table, fields=(*table.fields, signed), steps=(step,))
    values = {"name": "North", "kind": "unique", "owner": "lightco", "country": "KE"}
    entry = plans.drafted(table, "123456", values, NOW)
    assert (entry.version, entry.state, entry.get("cluster"), entry.get("mark")) == (
        1,
        "applied",
        0,
        "0" * 128,
    )


def test_a_field_is_cleared_by_giving_nothing_for_it() -> None:
    town = Town()
    town.act("person", "change", "dave", email="d@example.org", phone="1")
    dave = town.act("person", "change", "dave", email="", phone=None, roles="")
    assert (dave.get("email"), dave.get("phone"), dave.get("roles")) == (None, "1", [])


# ---------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("register", "step", "entry_id", "values", "reason"),
    [
        ("planet", "add", "x", {}, "register"),
        ("person", "promote", "dave", {}, "no_step"),
        ("person", "leave", "nobody", {}, "unknown"),
        ("person", "restore", "dave", {}, "state"),
        ("person", "add", "dave", {"name": "D", "public_key": KEY["eve"]}, "exists"),
        ("person", "add", "eve", {"name": "E"}, "fields"),
        ("person", "leave", "dave", {"name": "D"}, "fields"),
        ("person", "change", "dave", {"height": 1}, "fields"),
        ("person", "change", "dave", {"organisation": "acme"}, "unknown"),
        ("supply_group", "move", "123456", {"centre": "C2"}, "inner"),
    ],
)
def test_a_request_that_can_never_be_carried_out_is_not_even_made(
    register: str, step: str, entry_id: str, values: Mapping[str, Any], reason: str
) -> None:
    town = Town()
    assert reason_of(lambda: town.ask(register, step, entry_id, **values)) == reason


def test_a_required_field_cannot_be_cleared() -> None:
    with pytest.raises(FieldError):
        Town().ask("person", "change", "dave", name="")


def test_an_id_has_the_form_of_its_register() -> None:
    with pytest.raises(FieldError) as error:
        Town().ask("country", "add", "Kenya", name="Kenya")
    assert error.value.field == "id"


def test_only_whoever_has_the_right_may_ask() -> None:
    town = Town()
    assert reason_of(lambda: leave_dave(town, "carol")) == "no_right"


def test_a_request_counts_once() -> None:
    town = Town()
    request = leave_dave(town)
    filed = town.state.requests[request]
    again = lambda: file(town.state, filed.request, filed.signature, town.now)  # noqa: E731
    assert reason_of(again) == "request_exists"


def drafted(town: Town, **values: Any) -> Request:
    """Return a request that nobody signed yet, with something edited in it."""
    request = request_of(town.state, "alice", "person", "leave", "dave", {}, request_id="r1", now=town.now)
    return replace(request, **values)


BODY = {"register": "person", "id": "dave", "step": "leave", "version": 1, "values": {}}


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"domain": "voltoken-kmc/C2"}, "centre"),
        ({"act": "person.suspend"}, "no_step"),
        ({"needs": 0}, "fields"),
        ({"needs": 2}, "fields"),
        ({"maker": "nobody"}, "unknown"),
        ({"body": {**BODY, "version": 7}}, "changed"),
        ({"body": {**BODY, "register": "attic"}}, "register"),
        ({"body": {**BODY, "register": 5}}, "fields"),
        ({"body": {**BODY, "values": "x"}}, "fields"),
        ({"body": {**BODY, "values": None}}, "fields"),
        ({"body": {**BODY, "version": True}}, "fields"),
        ({"body": {**BODY, "more": 1}}, "fields"),
        ({"body": {name: value for name, value in BODY.items() if name != "values"}}, "fields"),
        ({"made_at": NOW + DAY, "until": NOW + 2 * DAY}, "not_yet"),
        ({"made_at": NOW - DAY, "until": NOW}, "expired"),
    ],
    ids=[
        *("centre", "act", "needs 0", "needs 2", "maker", "version", "register", "no name", "values as text"),
        *("no values", "version as yes", "one more", "one less", "early", "late"),
    ],
)
def test_a_request_that_was_put_together_by_hand_is_refused(edit: dict[str, Any], reason: str) -> None:
    town = Town()
    request = drafted(town, **edit)
    signature = sign_request(request, SEEDS["alice"])
    assert reason_of(lambda: file(town.state, request, signature, town.now)) == reason


def test_a_request_under_the_signature_of_another_is_refused_and_alarms() -> None:
    town = Town()
    request = drafted(town)
    with pytest.raises(ApprovalRefused) as error:
        file(town.state, request, sign_request(request, SEEDS["mallory"]), town.now)
    assert error.value.reason == "maker_forged"
    event = refused(error.value, "mallory", request.act, "r1")
    assert event.alarm
    assert event.facts == {
        "by": "mallory",
        "act": "person.leave",
        "request": "r1",
        "code": "access.approval",
        "reason": "maker_forged",
    }


def test_a_rule_that_forbids_something_is_logged_without_alarm() -> None:
    event = refused(ActRefused("state", "It is not."), "alice", "person.leave")
    assert (event.facts["reason"], event.alarm) == ("state", False)
    assert refused(VoltokenError("x"), "alice", "person.leave").facts["reason"] == ""


# ---------------------------------------------------------------- approvals


def test_nobody_approves_the_own_request() -> None:
    town = Town()
    request = leave_dave(town)
    assert reason_of(lambda: town.approve(request, "alice")) == "self"


def test_nobody_approves_without_the_right() -> None:
    town = Town()
    request = leave_dave(town)
    assert reason_of(lambda: town.approve(request, "carol")) == "no_right"


def test_nobody_counts_twice() -> None:
    town = Town()
    request = leave_dave(town)
    town.approve(request, "dave")
    assert reason_of(lambda: town.approve(request, "dave")) == "twice"


def test_an_approval_signed_by_another_is_refused() -> None:
    town = Town()
    request = leave_dave(town)
    forged = replace(town.approval(request, "bob"), signature=bytes(64))
    assert reason_of(lambda: approve(town.state, request, forged, town.now)) == "forged"


def test_without_approvals_nothing_is_carried_out() -> None:
    town = Town()
    request = leave_dave(town)
    assert reason_of(lambda: town.carry_out(request)) == "missing"
    assert town.entry("person", "dave").state == "active"


def test_a_row_that_is_put_among_the_approvals_by_hand_stops_the_act() -> None:
    town = Town()
    request = leave_dave(town)
    filed = town.state.requests[request]
    forged = approve_request(filed.request, "bob", Verdict.APPROVE, "", town.now, SEEDS["mallory"])
    town.state.requests[request] = replace(filed, approvals=(forged,))
    assert reason_of(lambda: town.carry_out(request)) == "forged"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ({"needs": 0}, "maker_forged"),
        ({"body": {**BODY, "id": "carol"}}, "maker_forged"),
        ({"maker": "bob"}, "maker_forged"),
        ({"until": NOW + 6 * DAY}, "maker_forged"),
    ],
    ids=["needs", "entry", "maker", "until"],
)
def test_a_row_that_is_edited_after_its_approval_is_worth_nothing(edit: dict[str, Any], reason: str) -> None:
    town = Town()
    request = leave_dave(town)
    town.approve(request)
    changed(town, request, **edit)
    assert reason_of(lambda: town.carry_out(request)) == reason


def test_a_maker_who_signs_that_no_approval_is_needed_gets_nothing() -> None:
    town = Town()
    request = drafted(town, needs=0)
    row = Filed(request, sign_request(request, SEEDS["alice"]))
    town.state.requests["r1"] = row
    assert reason_of(lambda: town.carry_out("r1")) == "missing"


def test_an_approval_is_for_one_time() -> None:
    town = Town()
    request = leave_dave(town)
    town.approve(request)
    town.carry_out(request)
    assert reason_of(lambda: town.carry_out(request)) == "used"
    assert reason_of(lambda: open_request(town.state, request)) == "used"


def test_an_approved_request_expires() -> None:
    town = Town()
    request = leave_dave(town)
    town.approve(request)
    town.now += 8 * DAY
    assert reason_of(lambda: town.carry_out(request)) == "expired"


def test_an_entry_that_changed_meanwhile_takes_a_new_request() -> None:
    town = Town()
    request = leave_dave(town)
    town.approve(request)
    town.act("person", "change", "dave", email="d@example.org")
    assert reason_of(lambda: town.carry_out(request)) == "changed"


def test_a_right_that_was_taken_away_meanwhile_does_not_count() -> None:
    town = Town()
    town.act("person", "add", "eve", name="Eve", roles=["officer"], public_key=KEY["eve"])
    request = leave_dave(town, "eve")
    town.approve(request)
    town.act("person", "suspend", "eve")
    assert reason_of(lambda: town.carry_out(request)) == "inactive"


def test_somebody_who_may_approve_may_reject_and_that_is_the_end() -> None:
    town = Town()
    request = leave_dave(town)
    town.approve(request, "bob", Verdict.REJECT)
    assert kinds(town, 2) == [APPROVAL, CLOSED]
    assert town.state.requests[request].outcome == "rejected"
    assert reason_of(lambda: town.carry_out(request)) == "used"


def test_somebody_without_the_right_cannot_reject() -> None:
    town = Town()
    request = leave_dave(town)
    assert reason_of(lambda: town.approve(request, "carol", Verdict.REJECT)) == "no_right"


def test_whoever_asked_can_take_it_back() -> None:
    town = Town()
    request = leave_dave(town)
    town.approve(request, "alice", Verdict.REJECT)
    assert town.state.requests[request].outcome == "withdrawn"


def test_nobody_else_can_take_a_request_back() -> None:
    town = Town()
    request, other = leave_dave(town), town.ask("person", "suspend", "carol")
    forged = replace(town.approval(request, "alice", Verdict.REJECT), signature=bytes(64))
    assert reason_of(lambda: approve(town.state, request, forged, town.now)) == "forged"
    foreign = town.approval(other, "alice", Verdict.REJECT)
    assert reason_of(lambda: approve(town.state, request, foreign, town.now)) == "other_request"


def test_a_request_that_is_not_there_is_neither_approved_nor_carried_out() -> None:
    town = Town()
    assert reason_of(lambda: town.carry_out("r9")) == "unknown"


# ---------------------------------------------------------------- what the centre fills in, and what follows


def challenged(town: Town) -> str:
    """Ask for a challenge, which the centre makes."""
    town.act("module", "add", "SM1", organisation="lightco", role="vending")
    return town.ask("module", "challenge", "SM1")


def test_the_centre_fills_in_what_nobody_can_ask_for(town: Town) -> None:
    request = challenged(town)
    town.carry_out(request, {"challenge": MappingProxyType({"nonce": "00"}), "more": 1})
    assert town.entry("module", "SM1").get("challenge") == {"nonce": "00"}


def test_what_the_centre_has_to_fill_in_is_asked_for_every_time(town: Town) -> None:
    request = challenged(town)
    assert reason_of(lambda: town.carry_out(request)) == "fields"
    town.carry_out(request, {"challenge": {"nonce": "00"}})
    again = town.ask("module", "challenge", "SM1")
    assert reason_of(lambda: town.carry_out(again, {"challenge": None})) == "fields"


def test_what_the_centre_fills_in_has_its_form_too(town: Town) -> None:
    request = challenged(town)
    with pytest.raises(FieldError):
        town.carry_out(request, {"challenge": "nonce"})


def followed(town: Town, *entries: Entry) -> Look:
    """Return a look at an act that other entries follow."""
    request = leave_dave(town)
    look = plans.look_at(town.state, town.state.requests[request].request, town.now, {})
    return replace(look, step=replace(look.step, follow=(lambda _: entries,)))


def test_what_follows_goes_only_where_a_step_of_its_register_leads() -> None:
    town = Town()
    carol = town.entry("person", "carol")
    look = followed(town)
    for state in ("suspended", "left", None):
        moved = look.moved(carol, state, phone="1")
        assert list(engine.following(followed(town, moved))) == [moved]
        assert (moved.version, moved.get("phone"), carol.get("phone")) == (2, "1", None)
    town.act("person", "leave", "carol")
    back = look.moved(town.entry("person", "carol"), "active")
    assert reason_of(lambda: list(engine.following(followed(town, back)))) == "follow"


def test_what_follows_can_be_a_new_entry_in_a_state_of_a_new_entry() -> None:
    town = Town()
    born = Entry("country", "KE", 1, "listed", {}, town.now, "alice")
    assert list(engine.following(followed(town, born))) == [born]
    odd = replace(born, state="closed")
    assert reason_of(lambda: list(engine.following(followed(town, odd)))) == "follow"


def test_rules_see_who_has_approved_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    person = REGISTERS["person"]
    watched = replace(person, rules=(lambda look: seen.append(look.approvers),))
    monkeypatch.setattr(plans, "REGISTERS", {**REGISTERS, "person": watched})
    town = Town()
    request = leave_dave(town)
    seen.clear()
    town.approve(request)
    ready(town.state, request, town.now)
    assert seen == [("bob",), ("bob",)]


# ---------------------------------------------------------------- without approvals


@pytest.fixture
def brittle(monkeypatch: pytest.MonkeyPatch) -> Town:
    """Return a centre where a person may be made to leave without approvals, in an emergency."""
    person = REGISTERS["person"]
    steps = tuple(replace(step, glass=step.name == "leave") for step in person.steps)
    tables = {**REGISTERS, "person": replace(person, steps=steps)}
    monkeypatch.setattr(plans, "REGISTERS", tables)
    town = Town()
    town.act("role", "change", "emergency", actions=["person.leave.break_glass"])
    return town


def glass_for(town: Town, request_id: str, by: str = "alice") -> BreakGlass:
    """Break glass for a request."""
    request = town.state.requests[request_id].request
    return break_glass(request, by, "the building is on fire", town.now, SEEDS[by])


def test_in_an_emergency_an_act_goes_ahead_loudly_and_waits_for_a_review(brittle: Town) -> None:
    request = leave_dave(brittle)
    glass = glass_for(brittle, request)
    assert ready(brittle.state, request, brittle.now, glass) == ()
    brittle.carry_out(request, glass=glass)
    assert kinds(brittle, 3) == [GLASS, ENTRY, CLOSED]
    assert brittle.log[-3].alarm
    assert brittle.state.reviews == {request: glass}
    assert brittle.entry("person", "dave").state == "left"
    found = review_glass(brittle.state.requests[request].request, "bob", "it was", brittle.now, SEEDS["bob"])
    brittle.take(review(brittle.state, request, found, brittle.now))
    assert kinds(brittle, 1) == [REVIEWED]
    assert brittle.state.reviews == {}
    assert reason_of(lambda: review(brittle.state, request, found, brittle.now)) == "no_review"


def test_nobody_reviews_the_own_broken_glass(brittle: Town) -> None:
    request = leave_dave(brittle)
    brittle.carry_out(request, glass=glass_for(brittle, request))
    made = brittle.state.requests[request].request
    found = review_glass(made, "alice", "it was", brittle.now, SEEDS["alice"])
    assert reason_of(lambda: review(brittle.state, request, found, brittle.now)) == "self"


def test_a_review_of_an_act_whose_entry_is_gone_is_judged_all_the_same(brittle: Town) -> None:
    request = leave_dave(brittle)
    brittle.carry_out(request, glass=glass_for(brittle, request))
    del brittle.state.entries["person"]["dave"]
    made = brittle.state.requests[request].request
    found = review_glass(made, "bob", "it was", brittle.now, SEEDS["bob"])
    assert [event.kind for event in review(brittle.state, request, found, brittle.now)] == [REVIEWED]


def test_glass_is_broken_only_by_whoever_may(brittle: Town) -> None:
    request = leave_dave(brittle)
    assert (
        reason_of(lambda: brittle.carry_out(request, glass=glass_for(brittle, request, "bob"))) == "no_right"
    )


def test_glass_is_good_for_its_request_alone(brittle: Town) -> None:
    other = glass_for(brittle, leave_dave(brittle))
    request = brittle.ask("person", "leave", "carol")
    assert reason_of(lambda: brittle.carry_out(request, glass=other)) == "other_request"


def test_most_acts_are_never_done_without_their_approvals() -> None:
    town = Town()
    request = leave_dave(town)
    assert reason_of(lambda: town.carry_out(request, glass=glass_for(town, request))) == "glass"


def test_a_request_whose_maker_is_gone_is_refused() -> None:
    town = Town()
    request = leave_dave(town)
    del town.state.entries["person"]["alice"]
    rejection = town.approval(request, "alice", Verdict.REJECT)
    assert reason_of(lambda: approve(town.state, request, rejection, town.now)) == "other_request"


def test_every_line_is_an_event_with_plain_facts() -> None:
    town = Town()
    town.act("person", "suspend", "dave")
    assert all(isinstance(event, Event) and event.facts for event in town.log)
