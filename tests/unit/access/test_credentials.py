"""Signing in: the same work for everybody, locks that grow, codes that are good once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.access.people import CHEAP, DAY, MINUTE, NOW
from voltoken.access import (
    SIGN_IN_REASONS,
    UNKNOWN,
    Credentials,
    Outcome,
    Seed,
    check_password,
    code_of,
    count_try,
    counter_at,
    hash_password,
    needs_rehash,
    recovery_codes,
    recovery_mark,
    settle_try,
    sign_in,
    step_up,
)
from voltoken.access import credentials as room
from voltoken.errors import FieldError

WORDS = "orange ladder whispers uphill"
SEED = Seed(b"12345678901234567890")
CODES = recovery_codes(bytes(range(100)))
PLAIN = Credentials(hash_password(WORDS, bytes(16), CHEAP))
TWO = replace(PLAIN, seed=SEED, recovery=frozenset(str(recovery_mark(code)) for code in CODES))
CODE = code_of(SEED, counter_at(NOW))


def failed(times: int, kept: Credentials = PLAIN) -> Credentials:
    """Return credentials after so many wrong tries, each as soon as one counts."""
    now = NOW
    for _ in range(times):
        now = max(now, kept.locked_until or now)
        kept, outcome = sign_in(kept, "wrong", "", now)
        assert outcome is Outcome.WRONG_PASSWORD
    return kept


def test_a_password_is_enough_where_no_second_factor_is_set_up() -> None:
    assert sign_in(PLAIN, WORDS, "", NOW) == (PLAIN, Outcome.PASSWORD)
    assert sign_in(PLAIN, WORDS, CODE, NOW) == (PLAIN, Outcome.PASSWORD)


def test_a_wrong_password_counts() -> None:
    after, outcome = sign_in(PLAIN, "wrong", "", NOW)
    assert (after.failures, after.locked_until, outcome) == (1, None, Outcome.WRONG_PASSWORD)


def test_a_right_code_opens_and_is_used_up() -> None:
    after, outcome = sign_in(TWO, WORDS, CODE, NOW)
    assert (outcome, after.last_counter, after.failures) == (Outcome.CODE, counter_at(NOW), 0)
    again, outcome = sign_in(after, WORDS, CODE, NOW)
    assert (outcome, again.failures, again.last_counter) == (Outcome.CODE_USED, 1, after.last_counter)


@pytest.mark.parametrize("code", ["", "000000", "aaaa-aaaa-aaaa-aaaa"])
def test_a_wrong_or_missing_code_counts_as_a_wrong_password_does(code: str) -> None:
    after, outcome = sign_in(TWO, WORDS, code, NOW)
    assert (outcome, after) == (Outcome.WRONG_CODE, replace(TWO, failures=1))


def test_a_wrong_password_uses_up_no_code() -> None:
    after, outcome = sign_in(TWO, "wrong", CODE, NOW)
    assert (outcome, after.last_counter) == (Outcome.WRONG_PASSWORD, -1)
    after, outcome = sign_in(TWO, "wrong", CODES[0], NOW)
    assert (outcome, after.recovery) == (Outcome.WRONG_PASSWORD, TWO.recovery)


def test_a_recovery_code_is_good_once() -> None:
    after, outcome = sign_in(TWO, WORDS, CODES[3].upper(), NOW)
    assert outcome is Outcome.RECOVERY
    assert TWO.recovery - after.recovery == {recovery_mark(CODES[3])}
    assert sign_in(after, WORDS, CODES[3], NOW)[1] is Outcome.WRONG_CODE


@pytest.mark.parametrize(
    ("tries", "minutes"),
    [(5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (12, 60), (30, 60)],
)
def test_locks_grow(tries: int, minutes: int) -> None:
    assert failed(4).locked_until is None
    before, after = failed(tries - 1), failed(tries)
    begun = max(NOW, before.locked_until or NOW)
    assert after.locked_until == begun + timedelta(minutes=minutes)


def test_while_it_is_locked_nothing_opens_and_nothing_counts() -> None:
    kept = failed(5)
    for password in (WORDS, "wrong"):
        assert sign_in(kept, password, "", NOW + MINUTE - MINUTE / 60) == (kept, Outcome.LOCKED)
    after, outcome = sign_in(kept, WORDS, "", NOW + MINUTE)
    assert (after, outcome) == (PLAIN, Outcome.PASSWORD)


def test_a_right_try_forgets_the_wrong_ones() -> None:
    assert sign_in(failed(4), WORDS, "", NOW)[0] == PLAIN


def test_a_try_that_is_counted_first_and_settled_is_as_one_that_is_judged_at_once() -> None:
    for kept in (TWO, replace(TWO, failures=4), replace(TWO, failures=7, locked_until=NOW)):
        counted = count_try(kept, NOW)
        assert counted == sign_in(kept, "wrong", CODE, NOW)[0]
        assert settle_try(kept, counted, CODE, NOW) == sign_in(kept, WORDS, CODE, NOW)
        assert settle_try(kept, counted, "000000", NOW) == (counted, Outcome.WRONG_CODE)


def test_no_try_counts_of_nobody_or_while_it_is_locked() -> None:
    assert count_try(UNKNOWN, NOW) == UNKNOWN
    locked = failed(5)
    assert count_try(locked, NOW) == locked


def test_a_right_try_that_lasted_longer_than_a_lock_does_not_lift_the_lock_of_others() -> None:
    later = NOW + MINUTE
    others = replace(PLAIN, failures=7, locked_until=later + MINUTE)
    assert settle_try(PLAIN, others, "", later) == (replace(others, failures=6), Outcome.PASSWORD)
    few = replace(others, failures=5)
    assert settle_try(PLAIN, few, "", later) == (replace(PLAIN, failures=4), Outcome.PASSWORD)
    assert settle_try(few, PLAIN, "", later) == (PLAIN, Outcome.PASSWORD)


def test_nobody_is_refused_like_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def counting(password: str, phc: str) -> bool:
        compared.append(phc)
        return check_password(password, phc)

    monkeypatch.setattr(room, "check_password", counting)
    assert sign_in(UNKNOWN, WORDS, CODE, NOW) == (UNKNOWN, Outcome.UNKNOWN)
    sign_in(failed(5), WORDS, "", NOW)
    sign_in(TWO, WORDS, CODE, NOW)
    assert compared[0] == UNKNOWN.phc
    assert len(compared) == 1 + 5 + 1 + 1
    assert not needs_rehash(UNKNOWN.phc)


def test_nobody_comes_in_even_with_the_password_of_nobody() -> None:
    known = replace(UNKNOWN, failures=0)
    assert sign_in(known, "nobody", "", NOW)[1] is Outcome.UNKNOWN


def test_a_second_factor_alone_steps_up() -> None:
    after, outcome = step_up(TWO, CODE, NOW)
    assert (outcome, after.last_counter) == (Outcome.CODE, counter_at(NOW))
    assert step_up(after, CODE, NOW)[1] is Outcome.CODE_USED
    assert step_up(TWO, CODES[0], NOW)[1] is Outcome.RECOVERY


def test_wrong_codes_lock_as_well() -> None:
    kept = TWO
    for _ in range(5):
        kept, outcome = step_up(kept, "000000", NOW)
        assert outcome is Outcome.WRONG_CODE
    assert step_up(kept, CODE, NOW) == (kept, Outcome.LOCKED)
    assert sign_in(kept, WORDS, CODE, NOW) == (kept, Outcome.LOCKED)


def test_nobody_steps_up_without_a_second_factor() -> None:
    after, outcome = step_up(replace(PLAIN, recovery=TWO.recovery), CODES[0], NOW)
    assert (outcome, after.failures, after.recovery) == (Outcome.WRONG_CODE, 1, TWO.recovery)


def test_what_opens_and_what_has_a_second_factor() -> None:
    assert {each for each in Outcome if each.opens} == {Outcome.PASSWORD, Outcome.CODE, Outcome.RECOVERY}
    assert {each for each in Outcome if each.has_second_factor} == {Outcome.CODE, Outcome.RECOVERY}
    assert {each.value for each in Outcome if not each.opens} <= set(SIGN_IN_REASONS)


@pytest.mark.parametrize(
    "changes",
    [
        {"phc": None},
        {"seed": b"12345678901234567890"},
        {"last_counter": -2},
        {"last_counter": True},
        {"failures": -1},
        {"failures": "1"},
        {"locked_until": NOW.replace(tzinfo=None)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_credentials_out_of_range_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        replace(PLAIN, **changes)


def test_no_secret_is_shown() -> None:
    shown = repr(TWO)
    assert PLAIN.phc not in shown
    assert "1234567890" not in shown
    assert str(recovery_mark(CODES[0])) not in shown


def test_a_moment_without_a_zone_is_a_fault_of_the_caller() -> None:
    with pytest.raises(FieldError):
        sign_in(PLAIN, WORDS, "", (NOW + DAY).replace(tzinfo=None))
