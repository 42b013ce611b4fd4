"""People, roles and rights check themselves once, when they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.access.people import NOW, person
from voltoken.access import Actor, Grant, Person, Role, Via, check_ident
from voltoken.errors import FieldError

NAIVE = NOW.replace(tzinfo=None)
GRANT: Any = Grant
ROLE: Any = Role
ACTOR: Any = Actor
"""They take values from outside here, whatever their types say."""


def made(**changes: Any) -> Person:
    """Return a person with something changed."""
    fields: dict[str, Any] = {"person_id": "ann", "name": "Ann", "roles": frozenset(), "public_key": None}
    return Person(**fields | changes)


@pytest.mark.parametrize("name", ["a", "0", "ann.b-c_d", "a" * 40])
def test_names_are_short_and_plain(name: str) -> None:
    check_ident("person_id", name)


@pytest.mark.parametrize("name", ["", "A", "-a", ".a", "_a", "a b", "a/b", "ä", "a" * 41, "a\n", 7, None])
def test_other_names_are_refused(name: object) -> None:
    with pytest.raises(FieldError, match="person_id"):
        check_ident("person_id", name)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: made(person_id="Ann"), "person_id"),
        (lambda: made(name=""), "name"),
        (lambda: made(name=" "), "name"),
        (lambda: made(name="a\nb"), "name"),
        (lambda: made(name="a" * 101), "name"),
        (lambda: made(name=None), "name"),
        (lambda: made(roles={"maker"}), "roles"),
        (lambda: made(roles=frozenset({"Maker"})), "role"),
        (lambda: made(public_key=bytes(31)), "public_key"),
        (lambda: made(public_key=bytes(32)), "public_key"),
        (lambda: made(public_key="ab"), "public_key"),
        (lambda: made(active=1), "active"),
        (lambda: made(until=NAIVE), "until"),
        (lambda: GRANT("vend..x"), "action"),
        (lambda: GRANT("*"), "action"),
        (lambda: GRANT(".*"), "action"),
        (lambda: GRANT("Vend"), "action"),
        (lambda: GRANT("vend.*.*"), "action"),
        (lambda: GRANT("a" * 101), "action"),
        (lambda: GRANT(None), "action"),
        (lambda: GRANT("vend", {"amount": -1}), "most amount"),
        (lambda: GRANT("vend", {"amount": True}), "most amount"),
        (lambda: GRANT("vend", {"amount": 1 << 63}), "most amount"),
        (lambda: GRANT("vend", {"Amount": 1}), "fact"),
        (lambda: GRANT("vend", {7: 1}), "fact"),
        (lambda: GRANT("vend", {}, {"sgc": {"1"}}), "only sgc"),
        (lambda: GRANT("vend", {}, {"sgc": frozenset({1})}), "only sgc"),
        (lambda: GRANT("vend", {}, {"": frozenset()}), "fact"),
        (lambda: GRANT("vend", second_factor=1), "second_factor"),
        (lambda: ROLE("Clerk", ()), "role"),
        (lambda: ROLE("clerk", [GRANT("vend")]), "grants"),
        (lambda: ROLE("clerk", ("vend",)), "grants"),
        (lambda: ACTOR("Ann", Via.KEY, frozenset()), "person_id"),
        (lambda: ACTOR("ann", "key", frozenset()), "via"),
        (lambda: ACTOR("ann", Via.KEY, ["maker"]), "roles"),
        (lambda: ACTOR("ann", Via.KEY, frozenset(), 1), "second_factor"),
        (lambda: ACTOR("ann", Via.API_KEY, frozenset(), True), "second_factor"),
    ],
)
def test_what_is_out_of_range_is_refused(make: Callable[[], object], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        make()
    assert caught.value.field == field


def test_a_right_cannot_be_widened_after_it_was_given() -> None:
    most = {"amount": 5}
    grant: Any = Grant("vend", most)
    most["amount"] = 500
    assert grant.exceeded({"amount": 6}) == "amount"
    with pytest.raises(TypeError):
        grant.most["amount"] = 500
    assert grant.covers("vend")


def test_people_of_the_office_are_in_order() -> None:
    assert person("ann", "maker").roles == {"maker"}
