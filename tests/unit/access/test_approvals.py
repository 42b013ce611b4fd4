"""Approvals: what a row in a database can and cannot do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.unit.access.people import (
    DAY,
    MINUTE,
    NOW,
    SEEDS,
    Office,
    approval,
    office,
    person,
    request,
    signed,
)
from voltoken.access import (
    Approval,
    Request,
    Verdict,
    approve_request,
    check_approval,
    judge,
    public_key_of,
    refusal_event,
    sign,
    sign_request,
)
from voltoken.access.approvals import is_same
from voltoken.errors import ApprovalRefused, FieldError

SOON = NOW + 2 * MINUTE


def judged(
    asked: Request,
    approvals: Iterable[Approval],
    here: Office | None = None,
    *,
    now: datetime = SOON,
    used: bool = False,
    signature: bytes | None = None,
) -> tuple[str, ...]:
    """Judge a request with the facts it states."""
    by = signed(asked) if signature is None else signature
    return judge(asked, by, approvals, here or office(), asked.facts, now, used=used)


def refused(asked: Request, approvals: Iterable[Approval], here: Office | None = None, **how: Any) -> str:
    """Return the reason for which a request may not go ahead; the refusal can be told as an event."""
    with pytest.raises(ApprovalRefused) as caught:
        judged(asked, approvals, here, **how)
    event = refusal_event(caught.value, "ann", asked.act)
    assert (event.kind, event.facts["reason"], event.facts["act"]) == (
        "access.approval",
        caught.value.reason,
        asked.act,
    )
    assert asked.request_id in caught.value.message
    assert event.facts["request"] == asked.request_id
    return caught.value.reason


def both(asked: Request) -> list[Approval]:
    """Return the approvals of ben and cat."""
    return [approval(asked, "ben"), approval(asked, "cat")]


def test_two_others_approve_and_the_request_goes_ahead() -> None:
    asked = request()
    assert judged(asked, both(asked)) == ("ben", "cat")


def test_more_approvals_than_needed_do_no_harm() -> None:
    asked = request(needs=1)
    assert judged(asked, both(asked)) == ("ben", "cat")


def test_a_request_that_needs_no_approval_still_needs_its_makers_signature() -> None:
    asked = request(needs=0)
    assert judged(asked, []) == ()
    assert refused(asked, [], signature=bytes(64)) == "maker_forged"


@pytest.mark.parametrize("have", [0, 1])
def test_too_few_approvals_are_not_enough(have: int) -> None:
    asked = request()
    with pytest.raises(ApprovalRefused) as caught:
        judged(asked, both(asked)[:have])
    assert caught.value.detail == {"reason": "missing", "request": "r-1", "have": have, "need": 2}


@pytest.mark.parametrize(
    "changes",
    [
        {"domain": "kmc/C2"},
        {"request_id": "r-2"},
        {"act": "key.destroy"},
        {"body": {"sgc": "123456", "keys": 4}},
        {"maker": "ben"},
        {"made_at": NOW - MINUTE},
        {"until": NOW + 2 * DAY},
        {"needs": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_row_of_a_request_that_was_edited_by_hand_is_refused(changes: dict[str, Any]) -> None:
    asked = request()
    fields = {name: getattr(asked, name) for name in Request.__slots__}
    edited = Request(**fields | changes)
    assert refused(edited, both(asked), signature=signed(asked)) == "maker_forged"
    assert refused(edited, both(asked)) in {"other_request", "no_right"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"person_id": "cat"}, "forged"),
        ({"person_id": "zoe"}, "unknown"),
        ({"verdict": Verdict.APPROVE}, "forged"),
        ({"at": NOW + 2 * MINUTE}, "forged"),
        ({"reason": "Fine."}, "forged"),
        ({"signature": bytes(64)}, "forged"),
        ({"request_hash": "0" * 64}, "other_request"),
    ],
    ids=["person", "nobody", "verdict", "at", "reason", "signature", "hash"],
)
def test_a_row_of_an_approval_that_was_edited_by_hand_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    asked = request(needs=1)
    said = replace(approval(asked, "ben", Verdict.REJECT, reason="No."), **changes)
    assert refused(asked, [said]) == reason


def test_a_row_that_somebody_made_up_approves_nothing() -> None:
    asked = request(needs=1)
    made_up = approve_request(asked, "ben", Verdict.APPROVE, "", NOW + MINUTE, SEEDS["eve"])
    assert refused(asked, [made_up]) == "forged"


def test_one_forged_approval_stops_a_request_that_has_enough_others() -> None:
    asked = request()
    made_up = approve_request(asked, "dan", Verdict.APPROVE, "", NOW + MINUTE, SEEDS["eve"])
    assert refused(asked, [*both(asked), made_up]) == "forged"


def test_an_approval_of_another_request_is_refused() -> None:
    asked, other = request(), request(request_id="r-2")
    assert refused(asked, [approval(asked, "ben"), approval(other, "cat")]) == "other_request"


def test_a_signature_over_a_request_is_no_approval_and_the_other_way_round() -> None:
    asked = request(needs=1)
    said = replace(approval(asked, "ben"), signature=sign_request(asked, SEEDS["ben"]))
    assert refused(asked, [said]) == "forged"
    as_maker = approve_request(asked, "ann", Verdict.APPROVE, "", NOW, SEEDS["ann"]).signature
    assert refused(asked, both(asked), signature=as_maker) == "maker_forged"


def test_a_request_is_used_once() -> None:
    asked = request()
    assert refused(asked, both(asked), used=True) == "used"


def test_a_request_is_open_until_its_last_moment() -> None:
    asked = request()
    assert judged(asked, both(asked), now=NOW + DAY - MINUTE / 60) == ("ben", "cat")
    assert refused(asked, both(asked), now=NOW + DAY) == "expired"
    assert refused(asked, both(asked), now=NOW + 30 * DAY) == "expired"


def test_a_request_that_is_dated_later_is_not_open_yet() -> None:
    asked = request()
    assert judged(request(needs=0), [], now=NOW) == ()
    assert refused(asked, both(asked), now=NOW - MINUTE) == "not_yet"


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (NOW - MINUTE / 60, "too_early"),
        (NOW + DAY, "after_until"),
        (SOON + MINUTE / 60, "not_yet"),
    ],
    ids=["too_early", "after_until", "not_yet"],
)
def test_an_approval_is_dated_while_the_request_is_open(at: datetime, reason: str) -> None:
    asked = request(needs=1)
    assert refused(asked, [approval(asked, "ben", at=at)]) == reason


@pytest.mark.parametrize("at", [NOW, SOON], ids=["first", "now"])
def test_an_approval_counts_from_the_first_moment_to_this_one(at: datetime) -> None:
    asked = request(needs=1)
    assert judged(asked, [approval(asked, "ben", at=at)]) == ("ben",)


def test_nobody_approves_an_own_request() -> None:
    here = office(ann=person("ann", "maker", "approver"))
    asked = request(needs=1)
    assert refused(asked, [approval(asked, "ann")], here) == "self"


def test_a_second_name_with_the_same_key_is_the_maker() -> None:
    key = public_key_of(SEEDS["ann"])
    here = office(ben=person("ben", "approver", public_key=key))
    asked = request(needs=1)
    said = approve_request(asked, "ben", Verdict.APPROVE, "", NOW, SEEDS["ann"])
    assert refused(asked, [said], here) == "self"


def test_a_person_counts_once() -> None:
    asked = request()
    assert refused(asked, [approval(asked, "ben"), approval(asked, "ben", at=SOON)]) == "twice"


def test_two_names_with_one_key_count_once() -> None:
    here = office(cat=person("cat", "approver", public_key=public_key_of(SEEDS["ben"])))
    asked = request()
    second = approve_request(asked, "cat", Verdict.APPROVE, "", NOW, SEEDS["ben"])
    assert refused(asked, [approval(asked, "ben"), second], here) == "twice"


def test_two_people_are_one_when_they_share_a_name_or_a_key() -> None:
    ann, ben = person("ann"), person("ben")
    assert is_same(ann, replace(ann, public_key=ben.public_key))
    assert is_same(ann, replace(ben, public_key=ann.public_key))
    assert not is_same(ann, ben)
    assert not is_same(replace(ann, public_key=None), replace(ben, public_key=None))


def test_a_rejection_stops_a_request_however_many_approve() -> None:
    asked = request(needs=1)
    no = approval(asked, "cat", Verdict.REJECT, reason="Not this month.")
    assert refused(asked, [approval(asked, "ben"), no]) == "rejected"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ben": person("ben")}, "no_right"),
        ({"ben": person("ben", "approver", active=False)}, "inactive"),
        ({"ben": person("ben", "approver", until=SOON)}, "inactive"),
        ({"ben": person("ben", "approver", public_key=None)}, "forged"),
        ({"ben": person("ben", "approver", public_key=public_key_of(SEEDS["eve"]))}, "forged"),
        ({"ann": person("ann")}, "no_right"),
        ({"ann": person("ann", "maker", active=False)}, "inactive"),
        ({"ann": person("ann", "maker", public_key=None)}, "maker_forged"),
    ],
    ids=["right", "inactive", "over", "no key", "new key", "maker right", "maker inactive", "maker no key"],
)
def test_rights_and_keys_are_those_of_the_moment_of_judging(changes: dict[str, Any], reason: str) -> None:
    asked = request()
    assert refused(asked, both(asked), office(**changes)) == reason


def test_a_maker_who_is_not_known_asks_for_nothing() -> None:
    here = office()
    del here.people["ann"]
    asked = request()
    assert refused(asked, both(asked), here) == "unknown"


def test_an_approver_has_limits_like_everybody() -> None:
    here = office()
    asked = request({"sgc": "123456", "keys": 11})
    assert refused(asked, both(asked), here) == "no_right"
    here.roles["maker"] = replace(here.roles["maker"], grants=here.roles["approver"].grants)
    assert refused(request({"keys": 10}), [], here) == "no_right"


def test_limits_are_held_against_the_facts_that_the_caller_states() -> None:
    asked = request()
    facts = {"sgc": "123456", "keys": 11}
    with pytest.raises(ApprovalRefused) as caught:
        judge(asked, signed(asked), both(asked), office(), facts, SOON, used=False)
    assert caught.value.reason == "no_right"


def test_an_approval_is_looked_at_when_it_comes_in() -> None:
    asked, here = request(), office()
    check_approval(asked, approval(asked, "ben"), here, asked.facts, SOON)
    check_approval(asked, approval(asked, "ben", Verdict.REJECT), here, asked.facts, SOON)
    for said, now, reason in (
        (approval(asked, "eve"), SOON, "no_right"),
        (approval(asked, "ann"), SOON, "self"),
        (replace(approval(asked, "ben"), signature=sign(SEEDS["ben"], b"")), SOON, "forged"),
        (approval(asked, "ben"), NOW + DAY, "expired"),
        (approval(asked, "ben"), NOW - DAY, "not_yet"),
        (approval(asked, "ben"), NOW, "not_yet"),
    ):
        with pytest.raises(ApprovalRefused) as caught:
            check_approval(asked, said, here, asked.facts, now)
        assert caught.value.reason == reason


def test_a_moment_without_a_zone_is_a_fault_of_the_caller() -> None:
    asked = request()
    with pytest.raises(FieldError):
        judged(asked, both(asked), now=NOW.replace(tzinfo=None))
