"""Breaking glass: one request, one hour, always an alarm, and somebody else looks at it afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.unit.access.people import DAY, HOUR, MINUTE, NOW, SEEDS, Office, office, person, request
from voltoken.access import (
    BreakGlass,
    Grant,
    Request,
    Review,
    Role,
    break_glass,
    judge_glass,
    judge_review,
    public_key_of,
    review_glass,
    sign,
)
from voltoken.errors import ApprovalRefused

SOON = NOW + 2 * MINUTE
LATER = NOW + 9 * DAY


def broken(asked: Request, name: str = "dan", at: datetime = NOW) -> BreakGlass:
    """Return glass that somebody broke."""
    return break_glass(asked, name, "The other two are ill.", at, SEEDS[name])


def looked_at(asked: Request, name: str = "eve", at: datetime = SOON) -> Review:
    """Return somebody's review."""
    return review_glass(asked, name, "It was right.", at, SEEDS[name])


def refused(asked: Request, glass: BreakGlass, here: Office | None = None, now: datetime = SOON) -> str:
    """Return the reason for which glass does not help."""
    with pytest.raises(ApprovalRefused) as caught:
        judge_glass(asked, glass, here or office(), asked.facts, now)
    return caught.value.reason


def review_refused(asked: Request, review: Review, here: Office | None = None, **how: Any) -> str:
    """Return the reason for which a review does not close."""
    given: dict[str, Any] = {"glass": broken(asked), "now": LATER, "closed": False} | how
    with pytest.raises(ApprovalRefused) as caught:
        judge_review(
            asked,
            given["glass"],
            review,
            here or office(),
            asked.facts,
            given["now"],
            closed=given["closed"],
        )
    return caught.value.reason


def test_whoever_has_the_right_goes_ahead_with_an_alarm() -> None:
    asked = request()
    event = judge_glass(asked, broken(asked), office(), asked.facts, SOON)
    assert (event.kind, event.by, event.alarm) == ("access.break_glass", "dan", True)
    assert event.facts == {
        "act": "key.make",
        "maker": "ann",
        "reason": "The other two are ill.",
        "request": "r-1",
        "request_hash": asked.hash,
    }


def test_the_maker_may_break_glass() -> None:
    here = office(ann=person("ann", "maker", "duty"))
    asked = request()
    assert judge_glass(asked, broken(asked, "ann"), here, asked.facts, SOON).by == "ann"


def test_glass_is_broken_for_one_request_only() -> None:
    asked = request()
    assert refused(request(request_id="r-2"), broken(asked)) == "other_request"
    assert refused(request({"keys": 9}), broken(asked)) == "other_request"


def test_glass_takes_a_right_of_its_own() -> None:
    asked = request()
    here = office(dan=person("dan", "all"))
    here.roles["all"] = Role("all", (Grant("key.*"),))
    assert refused(asked, broken(asked), here) == "no_right"
    assert refused(asked, broken(asked, "ben")) == "no_right"


def test_glass_that_was_edited_or_made_up_does_not_help() -> None:
    asked, glass = request(), broken(request())
    for edited in (
        replace(glass, reason="Nobody was ill."),
        replace(glass, at=NOW + MINUTE),
        replace(glass, signature=bytes(64)),
        replace(glass, signature=sign(SEEDS["dan"], asked.signed_bytes())),
        break_glass(asked, "dan", "Mine.", NOW, SEEDS["eve"]),
    ):
        assert refused(asked, edited) == "forged"
    assert refused(asked, replace(glass, person_id="zoe")) == "unknown"


def test_a_review_is_no_broken_glass() -> None:
    asked = request()
    review = looked_at(asked, "dan", NOW)
    same = BreakGlass(review.request_hash, "dan", review.reason, review.at, review.signature)
    assert refused(asked, same) == "forged"


def test_glass_is_good_for_an_hour() -> None:
    asked = request()
    assert judge_glass(asked, broken(asked), office(), asked.facts, NOW + HOUR - MINUTE).alarm
    assert refused(asked, broken(asked), now=NOW + HOUR) == "expired"


def test_glass_is_broken_while_the_request_is_open() -> None:
    asked = request()
    assert refused(asked, broken(asked, at=NOW - MINUTE)) == "too_early"
    assert refused(asked, broken(asked, at=SOON + MINUTE)) == "not_yet"
    assert refused(asked, broken(asked, at=NOW + DAY)) == "after_until"
    assert refused(asked, broken(asked, at=NOW + DAY - MINUTE), now=NOW + DAY) == "expired"


def test_somebody_else_closes_the_review() -> None:
    asked = request()
    event = judge_review(asked, broken(asked), looked_at(asked), office(), asked.facts, LATER, closed=False)
    assert (event.kind, event.by, event.alarm) == ("access.review", "eve", False)
    assert event.facts == {
        "act": "key.make",
        "broken_by": "dan",
        "reason": "It was right.",
        "request": "r-1",
    }


def test_neither_who_broke_the_glass_nor_who_made_the_request_reviews_it() -> None:
    here = office(dan=person("dan", "duty", "reviewer"), ann=person("ann", "maker", "reviewer"))
    asked = request()
    assert review_refused(asked, looked_at(asked, "dan"), here) == "self"
    assert review_refused(asked, looked_at(asked, "ann"), here) == "self"


def test_another_name_with_the_same_key_does_not_review_it_either() -> None:
    asked = request()
    for other in ("dan", "ann"):
        here = office(eve=person("eve", "reviewer", public_key=public_key_of(SEEDS[other])))
        review = review_glass(asked, "eve", "It was right.", SOON, SEEDS[other])
        assert review_refused(asked, review, here) == "self"


def test_a_review_takes_a_right_and_a_signature() -> None:
    asked = request()
    assert review_refused(asked, looked_at(asked, "ben")) == "no_right"
    assert review_refused(asked, replace(looked_at(asked), reason="Bad.")) == "forged"
    assert review_refused(request(request_id="r-2"), looked_at(asked), glass=broken(asked)) == "other_request"


def test_a_broken_glass_whose_row_was_edited_is_not_closed() -> None:
    asked = request()
    edited = replace(broken(asked), person_id="ben")
    assert review_refused(asked, looked_at(asked), glass=edited) == "forged"


def test_a_review_is_closed_once() -> None:
    asked = request()
    assert review_refused(asked, looked_at(asked), closed=True) == "used"


def test_a_review_comes_after_the_glass_and_before_now() -> None:
    asked = request()
    late = broken(asked, at=SOON + MINUTE)
    assert review_refused(asked, looked_at(asked), glass=late) == "too_early"
    assert review_refused(asked, looked_at(asked), now=NOW) == "not_yet"


def test_a_review_of_a_request_whose_maker_is_gone_names_that() -> None:
    here, asked = office(), request()
    del here.people["ann"]
    assert review_refused(asked, looked_at(asked), here) == "unknown"


def test_a_breaker_who_has_another_key_now_is_judged_by_the_key_of_then() -> None:
    asked = request()
    then = office().person("dan")
    assert then is not None
    glass = broken(asked)
    people = office(dan=replace(then, public_key=public_key_of(bytes([99]) * 32)))
    with pytest.raises(ApprovalRefused) as error:
        judge_review(asked, glass, looked_at(asked), people, asked.facts, LATER, closed=False)
    assert error.value.reason == "forged"
    event = judge_review(
        asked, glass, looked_at(asked), people, asked.facts, LATER, closed=False, breaker=then
    )
    assert event.facts["broken_by"] == "dan"
