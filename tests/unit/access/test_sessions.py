"""Sessions: a token that is kept nowhere, an end that always comes, a new token for every step up."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.access.people import DAY, HOUR, MINUTE, NOW, person
from voltoken.access import (
    Actor,
    Outcome,
    Session,
    SessionSettings,
    Via,
    begin_session,
    raise_session,
    session_mark,
    use_session,
)
from voltoken.errors import FieldError, SignInRefused

TOKEN, OTHER = bytes(range(32)), bytes(32)
ANN = person("ann", "maker")
SETTINGS = SessionSettings()
SECOND = timedelta(seconds=1)


def began(outcome: Outcome = Outcome.PASSWORD) -> Session:
    """Return ann's session."""
    return begin_session(TOKEN, ANN, outcome, NOW)


def test_only_the_hash_of_a_token_is_kept() -> None:
    session = began()
    assert session.mark == hashlib.sha256(TOKEN).hexdigest()
    assert TOKEN.hex() not in repr(session)


@pytest.mark.parametrize("token", [b"", bytes(31), bytes(33), "0" * 32], ids=range(4))
def test_a_token_of_another_length_is_refused_and_not_shown(token: bytes) -> None:
    with pytest.raises(FieldError) as caught:
        session_mark(token)
    assert caught.value.value is None


def test_a_request_with_a_session_comes_from_the_person() -> None:
    seen, actor = use_session(began(), NOW + MINUTE, SETTINGS)
    assert actor == Actor("ann", Via.SESSION, frozenset({"maker"}), False)
    assert seen == replace(began(), seen_at=NOW + MINUTE)


def test_a_session_ends_when_it_is_idle() -> None:
    seen, _ = use_session(began(), NOW + 15 * MINUTE - SECOND, SETTINGS)
    use_session(seen, NOW + 30 * MINUTE - 2 * SECOND, SETTINGS)
    with pytest.raises(SignInRefused) as caught:
        use_session(seen, NOW + 30 * MINUTE - SECOND, SETTINGS)
    assert caught.value.reason == "expired"


def test_a_session_ends_when_it_is_old_however_busy_it_is() -> None:
    session = began()
    for minutes in range(10, 12 * 60, 10):
        session, _ = use_session(session, NOW + minutes * MINUTE, SETTINGS)
    use_session(session, NOW + 12 * HOUR - SECOND, SETTINGS)
    with pytest.raises(SignInRefused):
        use_session(session, NOW + 12 * HOUR, SETTINGS)


def test_a_clock_that_goes_far_back_ends_a_session() -> None:
    seen, _ = use_session(began(), NOW - MINUTE, SETTINGS)
    assert seen.seen_at == NOW
    with pytest.raises(SignInRefused):
        use_session(began(), NOW - DAY, SETTINGS)


def test_a_second_factor_is_fresh_for_some_minutes() -> None:
    session = began(Outcome.CODE)
    assert use_session(session, NOW + 5 * MINUTE - SECOND, SETTINGS)[1].second_factor
    assert not use_session(session, NOW + 5 * MINUTE, SETTINGS)[1].second_factor
    assert not use_session(session, NOW - 5 * MINUTE, SETTINGS)[1].second_factor
    assert not use_session(began(), NOW, SETTINGS)[1].second_factor


def test_a_step_up_gives_a_new_token_and_no_new_life() -> None:
    now = NOW + 10 * MINUTE
    raised = raise_session(began(), OTHER, Outcome.CODE, now)
    assert raised == Session(session_mark(OTHER), "ann", ANN.roles, NOW, now, now)
    assert use_session(raised, now, SETTINGS)[1].second_factor


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome.WRONG_CODE, "wrong_code"),
        (Outcome.LOCKED, "locked"),
        (Outcome.PASSWORD, "wrong_code"),
    ],
    ids=["code", "locked", "password"],
)
def test_what_is_no_second_factor_raises_nothing(outcome: Outcome, reason: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        raise_session(began(), OTHER, outcome, NOW)
    assert caught.value.reason == reason


@pytest.mark.parametrize("outcome", [each for each in Outcome if not each.opens], ids=lambda each: each.value)
def test_what_does_not_open_begins_nothing(outcome: Outcome) -> None:
    with pytest.raises(SignInRefused) as caught:
        began(outcome)
    assert caught.value.reason == outcome.value


@pytest.mark.parametrize("name", ["idle", "absolute", "step_up"])
@pytest.mark.parametrize("span", [timedelta(0), -MINUTE, 7 * DAY + SECOND], ids=["none", "negative", "long"])
def test_settings_out_of_range_are_refused(name: str, span: timedelta) -> None:
    with pytest.raises(FieldError) as caught:
        SessionSettings(**{name: span})
    assert caught.value.field == name


@pytest.mark.parametrize(
    "changes",
    [
        {"mark": "ab"},
        {"person_id": "Ann"},
        {"roles": ["maker"]},
        {"made_at": NOW.replace(tzinfo=None)},
        {"seen_at": None},
        {"second_factor_at": NOW.replace(tzinfo=None)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_session_out_of_range_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        replace(began(), **changes)
