"""No way back across a rollover, and nine revision numbers that run out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.planning.town import SGC, key, put, town
from voltoken.errors import ActRefused
from voltoken.kmc.planning import (
    check_base_date,
    check_way,
    current_key,
    free_krns,
    latest_base_date,
    next_krn,
)
from voltoken.kmc.state import State
from voltoken.sts import BaseDate


def refusal(old: dict[str, Any], new: dict[str, Any], stands: str = "active") -> ActRefused:
    """Return why meters are not led from one key to another."""
    state = State(centre_id="kmc-a")
    before, after = key(state, f"{SGC}/1", "active", **old), key(state, f"{SGC}/2", stands, **new)
    with pytest.raises(ActRefused) as refused:
        check_way(state, before, after)
    return refused.value


def test_meters_go_on_to_a_new_key_of_the_same_base_date_or_a_later_one() -> None:
    state = town()
    old = current_key(state, SGC)
    for base_date in ("93", "14", "35"):
        for stands in ("requested", "pre_active", "active"):
            check_way(state, old, key(state, f"{SGC}/2", stands, base_date=base_date))


def test_there_is_no_way_back_across_a_rollover() -> None:
    error = refusal({"base_date": "14"}, {"base_date": "93"})
    assert error.reason == "way_back"
    assert "Tokens" in error.message or "tokens" in error.message
    assert error.code == "centre.refused"


@pytest.mark.parametrize("stands", ["running", "done"])
def test_meters_do_not_return_to_a_key_that_they_were_led_away_from(stands: str) -> None:
    state = town()
    second = key(state, f"{SGC}/2", "active")
    put(state, "revision", "first", stands, from_key=f"{SGC}/1", to_key=f"{SGC}/2")
    with pytest.raises(ActRefused) as refused:
        check_way(state, second, key(state, f"{SGC}/1", "active"))
    assert refused.value.reason == "way_back"
    put(state, "revision", "first", "abandoned", from_key=f"{SGC}/1", to_key=f"{SGC}/2")
    check_way(state, second, key(state, f"{SGC}/1", "active"))


@pytest.mark.parametrize(
    ("new", "stands", "reason"),
    [
        ({}, "deactivated", "key_over"),
        ({}, "suspended", "key_over"),
        ({}, "compromised", "key_over"),
        ({}, "destroyed", "key_over"),
        ({}, "withdrawn", "key_over"),
        ({"clu": 1}, "active", "cluster"),
        ({"kt": 3}, "active", "key_type"),
        ({"test": True}, "active", "test"),
    ],
)
def test_a_key_that_meters_cannot_go_to_is_refused(new: dict[str, Any], stands: str, reason: str) -> None:
    assert refusal({}, new, stands).reason == reason


def test_a_revision_leads_somewhere() -> None:
    state = town()
    old = current_key(state, SGC)
    with pytest.raises(ActRefused) as refused:
        check_way(state, old, old)
    assert refused.value.reason == "same_revision"


def test_test_keys_may_follow_test_keys() -> None:
    state = State(centre_id="kmc-a")
    check_way(state, key(state, f"{SGC}/1", "active", test=True), key(state, f"{SGC}/2", "active", test=True))


def test_the_latest_base_date_is_that_of_keys_that_were_made() -> None:
    state = State(centre_id="kmc-a")
    assert latest_base_date(state, SGC) is None
    check_base_date(state, SGC, BaseDate.BD1993)
    key(state, f"{SGC}/1", "destroyed", base_date="14", meters_left=0)
    key(state, f"{SGC}/2", "requested", base_date="35")
    assert latest_base_date(state, SGC) is BaseDate.BD2014
    check_base_date(state, SGC, BaseDate.BD2014)
    with pytest.raises(ActRefused) as refused:
        check_base_date(state, SGC, BaseDate.BD1993)
    assert refused.value.reason == "way_back"
    assert "2014" in refused.value.message


def test_the_key_in_use_is_the_newest_active_one() -> None:
    state = State(centre_id="kmc-a")
    with pytest.raises(ActRefused, match="no key yet"):
        current_key(state, SGC)
    key(state, f"{SGC}/1", "requested")
    key(state, f"{SGC}/2", "destroyed")
    with pytest.raises(ActRefused, match="no key yet"):
        current_key(state, SGC)
    key(state, f"{SGC}/3", "deactivated")
    assert current_key(state, SGC).entry_id == f"{SGC}/3"
    key(state, f"{SGC}/4", "active", act="2025-01-01T00:00:00.000000Z")
    key(state, f"{SGC}/5", "active", act="2024-01-01T00:00:00.000000Z")
    key(state, f"{SGC}/6", "pre_active", act="2026-01-01T00:00:00.000000Z")
    assert current_key(state, SGC).entry_id == f"{SGC}/4"


def test_the_next_revision_is_one_more_and_begins_again_after_nine() -> None:
    state = State(centre_id="kmc-a")
    assert next_krn(state, SGC) == 1
    key(state, f"{SGC}/1", "active")
    assert next_krn(state, SGC) == 2
    assert next_krn(state, SGC, {2, 3}) == 4
    key(state, f"{SGC}/9", "active", act="2025-01-01T00:00:00.000000Z")
    assert free_krns(state, SGC) == (2, 3, 4, 5, 6, 7, 8)


@pytest.mark.parametrize(
    ("stands", "values", "is_free"),
    [
        ("withdrawn", {}, True),
        ("destroyed", {"meters_left": 0}, True),
        ("destroyed", {"meters_left": 3}, False),
        ("destroyed", {"meters_left": None}, False),
        ("destroyed_compromised", {"meters_left": 0}, False),
        ("requested", {}, False),
        ("suspended", {}, False),
    ],
)
def test_a_number_is_free_again_when_its_key_is_gone_from_everywhere(
    stands: str, values: dict[str, Any], is_free: bool
) -> None:
    state = State(centre_id="kmc-a")
    key(state, f"{SGC}/5", stands, **values)
    assert (5 in free_krns(state, SGC)) is is_free


def test_when_all_nine_are_taken_the_refusal_says_what_is_in_the_way() -> None:
    state = State(centre_id="kmc-a")
    for krn in range(1, 9):
        key(state, f"{SGC}/{krn}", "active")
    assert next_krn(state, SGC) == 9
    with pytest.raises(ActRefused) as refused:
        next_krn(state, SGC, {9})
    assert refused.value.reason == "krn_exhausted"
    assert "1 (key not destroyed)" in refused.value.message
    assert "9 (in meters, or was compromised)" in refused.value.message
