"""The gate: nothing is allowed that no right allows, and every limit is kept."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import voltoken.access
from tests.unit.access.people import HOUR, NOW, Office, office, person
from voltoken.access import Actor, Grant, Person, Role, Via, may, permit
from voltoken.errors import AccessDenied, FieldError


def refused(here: Office, actor: Actor, action: str, facts: dict[str, Any]) -> AccessDenied:
    """Return why somebody may not do something; ``may`` has to agree."""
    assert not may(here, actor, action, facts, NOW)
    with pytest.raises(AccessDenied) as caught:
        permit(here, actor, action, facts, NOW)
    return caught.value


def allowed(here: Office, actor: Actor, action: str, facts: dict[str, Any]) -> bool:
    """Say whether somebody may do something; ``permit`` has to agree."""
    if not may(here, actor, action, facts, NOW):
        return False
    permit(here, actor, action, facts, NOW)
    return True


def with_grants(*grants: Grant, **changes: Any) -> tuple[Office, Actor]:
    """Return an office in which ann has these rights, and ann."""
    here = office(ann=person("ann", "clerk", **changes))
    here.roles["clerk"] = Role("clerk", grants)
    return here, Actor("ann", Via.SESSION, frozenset({"clerk"}))


def test_a_right_within_its_limits_is_enough() -> None:
    here, ann = with_grants(Grant("vend.purchase", {"amount": 500}, {"sgc": frozenset({"123456"})}))
    for amount in (0, 1, 500):
        assert allowed(here, ann, "vend.purchase", {"amount": amount, "sgc": "123456"})


def test_of_several_texts_every_one_has_to_be_within_the_limit() -> None:
    here, ann = with_grants(Grant("vend.purchase", {}, {"sgc": frozenset({"123456", "123457"})}))
    for several in (("123456",), ("123456", "123457")):
        assert allowed(here, ann, "vend.purchase", {"sgc": several})


def test_nothing_is_allowed_by_default() -> None:
    here, ann = with_grants()
    error = refused(here, ann, "vend.purchase", {})
    assert error.reason == "no_right"
    assert error.detail == {"reason": "no_right", "by": "ann", "action": "vend.purchase"}


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({"amount": 501, "sgc": "123456"}, "amount"),
        ({"amount": -1, "sgc": "123456"}, "amount"),
        ({"amount": True, "sgc": "123456"}, "amount"),
        ({"amount": "5", "sgc": "123456"}, "amount"),
        ({"amount": None, "sgc": "123456"}, "amount"),
        ({"amount": 5.0, "sgc": "123456"}, "amount"),
        ({"sgc": "123456"}, "amount"),
        ({"amount": 5, "sgc": "654321"}, "sgc"),
        ({"amount": 5, "sgc": 123456}, "sgc"),
        ({"amount": 5, "sgc": ["123456"]}, "sgc"),
        ({"amount": 5, "sgc": ()}, "sgc"),
        ({"amount": 5, "sgc": ("123456", "654321")}, "sgc"),
        ({"amount": 5, "sgc": ("123456", 123456)}, "sgc"),
        ({"amount": 5}, "sgc"),
        ({}, "amount"),
    ],
)
def test_what_is_beyond_a_limit_or_does_not_state_it_is_refused(facts: dict[str, Any], fact: str) -> None:
    here, ann = with_grants(Grant("vend.purchase", {"amount": 500}, {"sgc": frozenset({"123456"})}))
    error = refused(here, ann, "vend.purchase", facts)
    assert (error.reason, error.detail["fact"]) == ("limit", fact)


def test_any_one_right_suffices_and_rights_are_not_added_up() -> None:
    here, ann = with_grants(
        Grant("vend.purchase", {"amount": 500}, {"sgc": frozenset({"111111"})}),
        Grant("vend.purchase", {"amount": 50}, {"sgc": frozenset({"222222"})}),
    )
    assert allowed(here, ann, "vend.purchase", {"amount": 500, "sgc": "111111"})
    assert allowed(here, ann, "vend.purchase", {"amount": 50, "sgc": "222222"})
    assert not allowed(here, ann, "vend.purchase", {"amount": 51, "sgc": "222222"})


@pytest.mark.parametrize(
    ("grant", "action", "covered"),
    [
        ("vend.purchase", "vend.purchase", True),
        ("vend.purchase", "vend.purchase.approve", False),
        ("vend.purchase", "vend.purchases", False),
        ("vend.*", "vend.purchase", True),
        ("vend.*", "vend.purchase.approve", True),
        ("vend.*", "vend", False),
        ("vend.*", "vending.purchase", False),
        ("vend.purchase.*", "vend.refund", False),
        ("vend.*", "vend.purchase.break_glass", False),
        ("vend.purchase.*", "vend.purchase.break_glass", False),
        ("vend.purchase.break_glass", "vend.purchase.break_glass", True),
        ("vend.*", "vend.break_glass.report", True),
    ],
)
def test_a_star_covers_what_is_below_it_but_never_breaking_glass(
    grant: str, action: str, covered: bool
) -> None:
    here, ann = with_grants(Grant(grant))
    assert allowed(here, ann, action, {}) is covered


def test_somebody_unknown_may_do_nothing() -> None:
    assert refused(office(), Actor("zoe", Via.SESSION, frozenset({"maker"})), "key.make", {}).reason == (
        "unknown"
    )


def test_a_directory_that_answers_with_somebody_else_is_not_believed() -> None:
    here, _ = with_grants(Grant("vend.purchase"))
    here.people["zoe"] = here.people["ann"]
    zoe = Actor("zoe", Via.SESSION, frozenset({"clerk"}))
    assert refused(here, zoe, "vend.purchase", {}).reason == "unknown"


def test_somebody_inactive_may_do_nothing() -> None:
    here, ann = with_grants(Grant("vend.purchase"), active=False)
    assert refused(here, ann, "vend.purchase", {}).reason == "inactive"


def test_somebody_who_was_let_in_for_a_time_may_do_nothing_after_it() -> None:
    here, ann = with_grants(Grant("vend.purchase"), until=NOW)
    assert refused(here, ann, "vend.purchase", {}).reason == "inactive"
    here, ann = with_grants(Grant("vend.purchase"), until=NOW + HOUR)
    assert allowed(here, ann, "vend.purchase", {})


def test_a_role_that_was_taken_away_is_gone_at_once() -> None:
    here, ann = with_grants(Grant("vend.purchase"))
    here.people["ann"] = person("ann")
    assert refused(here, ann, "vend.purchase", {}).reason == "no_right"


def test_a_role_that_is_not_used_does_not_count() -> None:
    here, _ = with_grants(Grant("vend.purchase"))
    program = Actor("ann", Via.API_KEY, frozenset({"reader"}))
    assert refused(here, program, "vend.purchase", {}).reason == "no_right"


def test_a_role_that_nobody_has_described_gives_nothing() -> None:
    here, ann = with_grants(Grant("vend.purchase"))
    del here.roles["clerk"]
    assert refused(here, ann, "vend.purchase", {}).reason == "no_right"


@pytest.mark.parametrize(
    ("via", "code", "enough"),
    [
        (Via.SESSION, False, False),
        (Via.SESSION, True, True),
        (Via.API_KEY, False, False),
        (Via.KEY, False, True),
        (Via.BREAK_GLASS, False, True),
    ],
    ids=lambda each: each.value if isinstance(each, Via) else None,
)
def test_some_rights_take_a_second_factor(via: Via, code: bool, enough: bool) -> None:
    here, _ = with_grants(Grant("vend.refund", {"amount": 10}, second_factor=True))
    actor = Actor("ann", via, frozenset({"clerk"}), code)
    if enough:
        assert allowed(here, actor, "vend.refund", {"amount": 10})
    else:
        assert refused(here, actor, "vend.refund", {"amount": 10}).reason == "second_factor"
    assert refused(here, actor, "vend.refund", {"amount": 11}).reason == "limit"


def test_a_second_factor_is_asked_for_only_where_no_other_right_suffices() -> None:
    here, ann = with_grants(
        Grant("vend.refund", {"amount": 10}), Grant("vend.refund", {"amount": 100}, second_factor=True)
    )
    assert allowed(here, ann, "vend.refund", {"amount": 10})
    assert refused(here, ann, "vend.refund", {"amount": 11}).reason == "second_factor"


def test_a_face_can_ask_before_it_knows_the_facts() -> None:
    here, ann = with_grants(Grant("vend.purchase", {"amount": 500}))
    assert may(here, ann, "vend.purchase", None, NOW)
    assert not may(here, ann, "vend.purchase", {}, NOW)
    assert not may(here, ann, "vend.refund", None, NOW)


def test_an_action_or_a_moment_that_is_none_is_a_fault_of_the_caller() -> None:
    here, ann = with_grants(Grant("vend.*"))
    with pytest.raises(FieldError, match="action"):
        permit(here, ann, "vend.*", {}, NOW)
    with pytest.raises(FieldError, match="now"):
        permit(here, ann, "vend.purchase", {}, NOW.replace(tzinfo=None))


def test_there_is_one_place_that_denies() -> None:
    folder = Path(voltoken.access.__file__).parent
    makers = {
        path.name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "AccessDenied"
    }
    assert makers == {"gate.py"}


def test_who_is_active_is_a_question_of_the_moment() -> None:
    guest = Person("guest", "Guest", frozenset(), None, until=NOW)
    assert guest.is_active(NOW - HOUR)
    assert not guest.is_active(NOW)
