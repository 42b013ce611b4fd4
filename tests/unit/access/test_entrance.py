"""The entrance: passwords, codes, sessions and API keys over stores, and refusals that all read alike."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.access.people import CHEAP, DAY, HOUR, MINUTE, NOW, SEEDS, Office, office, person
from voltoken.access import (
    SIGN_IN_REASONS,
    ApiKey,
    Credentials,
    Entrance,
    Outcome,
    Seed,
    api_key_text,
    code_of,
    counter_at,
    hash_password,
    permit,
    recovery_codes,
    recovery_mark,
    session_mark,
)
from voltoken.errors import AccessDenied, SignInRefused

WORDS = "orange ladder whispers uphill"
SEED = Seed(b"12345678901234567890")
PLAIN = Credentials(hash_password(WORDS, bytes(16), CHEAP))
TOKEN, FRESH, THIRD = (bytes([number]) * 32 for number in (1, 2, 3))
KEY_TEXT = api_key_text("till7", SEEDS["eve"])


def opened(**credentials: Credentials) -> tuple[Office, Entrance]:
    """Return an office in which ann has a password and ben a second factor too, and its entrance."""
    here = office()
    here.kept = {"ann": PLAIN, "ben": replace(PLAIN, seed=SEED)} | credentials
    return here, Entrance(here, here, here)


def refused(act: Callable[[], object]) -> str:
    """Return the reason for which somebody does not come in."""
    with pytest.raises(SignInRefused) as caught:
        act()
    assert caught.value.reason in SIGN_IN_REASONS
    assert caught.value.message.startswith("That did not work.")
    return caught.value.reason


def test_somebody_signs_in_asks_and_signs_out() -> None:
    here, door = opened()
    session, outcome = door.sign_in("ann", WORDS, "", TOKEN, NOW)
    assert (outcome, here.sessions) == (Outcome.PASSWORD, {session_mark(TOKEN): session})
    actor = door.by_session(TOKEN, NOW + MINUTE)
    permit(here, actor, "key.make", {"sgc": "123456", "keys": 1}, NOW)
    assert here.sessions[session.mark].seen_at == NOW + MINUTE
    door.sign_out(TOKEN)
    assert refused(lambda: door.by_session(TOKEN, NOW + MINUTE)) == "unknown"


def test_signing_in_again_ends_the_session_that_the_browser_had() -> None:
    here, door = opened()
    door.sign_in("ann", WORDS, "", TOKEN, NOW)
    door.sign_in("ann", WORDS, "", FRESH, NOW, instead_of=TOKEN)
    assert set(here.sessions) == {session_mark(FRESH)}


def test_a_wrong_try_is_kept_and_no_session_begins() -> None:
    here, door = opened()
    assert refused(lambda: door.sign_in("ann", "wrong", "", TOKEN, NOW)) == "wrong_password"
    assert here.kept["ann"].failures == 1
    assert here.sessions == {}


def test_five_wrong_tries_lock_the_door() -> None:
    _, door = opened()
    for _ in range(5):
        refused(lambda: door.sign_in("ann", "wrong", "", TOKEN, NOW))
    assert refused(lambda: door.sign_in("ann", WORDS, "", TOKEN, NOW)) == "locked"
    assert door.sign_in("ann", WORDS, "", TOKEN, NOW + MINUTE)[1] is Outcome.PASSWORD


def test_nobody_is_refused_and_nothing_is_kept_of_it() -> None:
    here, door = opened()
    before = dict(here.kept)
    assert refused(lambda: door.sign_in("zoe", WORDS, "", TOKEN, NOW)) == "unknown"
    assert here.kept == before


def test_somebody_who_left_does_not_come_in_even_with_the_right_password() -> None:
    here, door = opened()
    door.sign_in("ann", WORDS, "", TOKEN, NOW)
    here.people["ann"] = person("ann", "maker", active=False)
    assert refused(lambda: door.sign_in("ann", WORDS, "", FRESH, NOW)) == "inactive"
    assert refused(lambda: door.by_session(TOKEN, NOW)) == "inactive"
    del here.people["ann"]
    assert refused(lambda: door.by_session(TOKEN, NOW)) == "inactive"


def test_a_code_is_used_once_even_by_two_at_the_same_moment() -> None:
    here, door = opened()
    code = code_of(SEED, counter_at(NOW))
    here.busy = True
    for words in (WORDS, "wrong"):
        assert refused(partial(door.sign_in, "ben", words, code, TOKEN, NOW)) == "meanwhile"
    here.busy = False
    assert door.sign_in("ben", WORDS, code, TOKEN, NOW)[1] is Outcome.CODE
    assert refused(lambda: door.sign_in("ben", WORDS, code, FRESH, NOW)) == "code_used"


def test_two_tries_at_once_with_one_code_never_both_succeed() -> None:
    here, door = opened()
    code = code_of(SEED, counter_at(NOW))
    other = Entrance(here, here, here)
    here.meanwhile = [lambda: None, lambda: other.sign_in("ben", WORDS, code, FRESH, NOW)]
    assert refused(lambda: door.sign_in("ben", WORDS, code, TOKEN, NOW)) == "code_used"
    assert set(here.sessions) == {session_mark(FRESH)}
    kept = here.kept["ben"]
    assert (kept.last_counter, kept.failures, kept.locked_until) == (counter_at(NOW), 0, None)


def test_a_recovery_code_opens_once_even_for_two_at_the_same_moment() -> None:
    text = recovery_codes(bytes(range(100)))[0]
    here, door = opened(ben=replace(PLAIN, seed=SEED, recovery=frozenset({str(recovery_mark(text))})))
    here.meanwhile = [lambda: None, lambda: door.sign_in("ben", WORDS, text, FRESH, NOW)]
    assert refused(lambda: door.sign_in("ben", WORDS, text, TOKEN, NOW)) == "wrong_code"
    assert here.kept["ben"].recovery == frozenset()


def test_guesses_at_the_same_moment_count_each() -> None:
    here, door = opened()

    def guess() -> None:
        refused(lambda: door.sign_in("ann", "wrong", "", FRESH, NOW))

    here.meanwhile = [guess, guess, guess]
    guess()
    assert here.kept["ann"].failures == 4


def test_of_many_who_guess_at_once_five_have_a_try() -> None:
    here, door = opened()
    together = threading.Barrier(12)
    waiting, one_by_one = threading.local(), threading.Lock()
    read, write = here.credentials, here.replace_credentials

    def read_together(person_id: str) -> Credentials | None:
        kept = read(person_id)
        if not hasattr(waiting, "is_over"):
            waiting.is_over = together.wait(60) >= 0
        return kept

    def write_alone(person_id: str, before: Credentials, after: Credentials) -> bool:
        with one_by_one:
            return write(person_id, before, after)

    store: Any = SimpleNamespace(
        credentials=read_together, replace_credentials=write_alone, person=here.person, role=here.role
    )
    door = Entrance(store, here, here)
    with ThreadPoolExecutor(12) as crowd:
        tries = [
            crowd.submit(refused, partial(door.sign_in, "ann", f"wrong {number}", "", bytes(32), NOW))
            for number in range(12)
        ]
    assert Counter(each.result() for each in tries) == {"wrong_password": 5, "locked": 7}
    assert (here.kept["ann"].failures, here.kept["ann"].locked_until) == (5, NOW + MINUTE)


def test_who_guesses_while_the_right_one_comes_in_is_still_counted() -> None:
    here, door = opened()
    here.kept["ann"] = replace(PLAIN, failures=3)

    def guess() -> None:
        refused(lambda: door.sign_in("ann", "wrong", "", FRESH, NOW))

    here.meanwhile = [lambda: None, guess]
    assert door.sign_in("ann", WORDS, "", TOKEN, NOW)[1] is Outcome.PASSWORD
    assert (here.kept["ann"].failures, here.kept["ann"].locked_until) == (1, None)


def test_a_password_that_is_changed_during_a_try_opens_nothing_any_more() -> None:
    for change in ({"phc": hash_password("a new one for ann", bytes(16), CHEAP)}, {"seed": SEED}):
        here, door = opened()

        def changed(here: Office = here, change: dict[str, Any] = change) -> None:
            here.kept["ann"] = replace(here.kept["ann"], **change)

        here.meanwhile = [lambda: None, changed]
        assert refused(partial(door.sign_in, "ann", WORDS, "", TOKEN, NOW)) == "meanwhile"
        assert (here.kept["ann"].failures, here.sessions) == (1, {})


def test_a_try_that_cannot_be_taken_back_opens_nothing() -> None:
    here, door = opened()
    here.meanwhile = [lambda: None, lambda: setattr(here, "busy", True)]
    assert refused(lambda: door.sign_in("ann", WORDS, "", TOKEN, NOW)) == "meanwhile"
    assert here.kept["ann"].failures == 1


def test_the_store_has_the_same_work_for_nobody_and_for_a_locked_door() -> None:
    here, door = opened(cat=replace(PLAIN, failures=5, locked_until=NOW + MINUTE))
    work = {}
    for name in ("ann", "cat", "zoe"):
        here.calls.clear()
        refused(partial(door.sign_in, name, "wrong", "", TOKEN, NOW))
        work[name] = tuple(here.calls)
    assert set(work.values()) == {("read", "replace")}


def test_an_administrator_forgets_wrong_tries_and_open_sessions_go_on_before() -> None:
    here, door = opened()
    door.sign_in("ann", WORDS, "", TOKEN, NOW)
    for _ in range(5):
        refused(lambda: door.sign_in("ann", "wrong", "", FRESH, NOW))
    assert door.by_session(TOKEN, NOW).person_id == "ann"
    assert refused(lambda: door.step_up(TOKEN, "000000", FRESH, NOW)) == "locked"
    here.meanwhile = [lambda: here.kept.update(ann=replace(here.kept["ann"], failures=6))]
    door.forget_tries("ann")
    assert here.kept["ann"] == PLAIN
    assert door.sign_in("ann", WORDS, "", FRESH, NOW)[1] is Outcome.PASSWORD
    assert refused(lambda: door.forget_tries("zoe")) == "unknown"
    here.busy = True
    assert refused(lambda: door.forget_tries("ann")) == "meanwhile"


def test_a_step_up_counts_before_it_compares() -> None:
    here, door = opened()
    door.sign_in("ben", WORDS, code_of(SEED, counter_at(NOW)), TOKEN, NOW)
    later = NOW + 10 * MINUTE
    code = code_of(SEED, counter_at(later))
    door.sign_in("ben", WORDS, code_of(SEED, counter_at(later) - 1), THIRD, later)
    here.meanwhile = [lambda: None, lambda: door.step_up(THIRD, code, FRESH, later)]
    assert refused(lambda: door.step_up(TOKEN, code, bytes(32), later)) == "code_used"
    here.meanwhile = [lambda: setattr(here, "busy", True)]
    assert refused(lambda: door.step_up(TOKEN, "000000", bytes(32), later)) == "meanwhile"


def test_a_step_up_gives_a_fresh_token_and_ends_the_old_one() -> None:
    here, door = opened()
    door.sign_in("ben", WORDS, code_of(SEED, counter_at(NOW)), TOKEN, NOW)
    later = NOW + 10 * MINUTE
    assert not door.by_session(TOKEN, later).second_factor
    session, outcome = door.step_up(TOKEN, code_of(SEED, counter_at(later)), FRESH, later)
    assert (outcome, session.made_at) == (Outcome.CODE, NOW)
    assert door.by_session(FRESH, later).second_factor
    assert refused(lambda: door.by_session(TOKEN, later)) == "unknown"
    assert refused(lambda: door.step_up(FRESH, "000000", THIRD, later)) == "wrong_code"
    assert here.kept["ben"].failures == 1
    assert set(here.sessions) == {session_mark(FRESH)}


def test_a_step_up_of_somebody_without_credentials_is_refused() -> None:
    here, door = opened()
    door.sign_in("ann", WORDS, "", TOKEN, NOW)
    del here.kept["ann"]
    assert refused(lambda: door.step_up(TOKEN, "000000", FRESH, NOW)) == "wrong_code"


def test_a_session_that_was_ended_meanwhile_does_not_come_back() -> None:
    here, door = opened()
    door.sign_in("ann", WORDS, "", TOKEN, NOW)
    here.busy = True
    assert refused(lambda: door.by_session(TOKEN, NOW)) == "meanwhile"


def test_all_sessions_of_a_person_end_at_once() -> None:
    here, door = opened()
    for token in (TOKEN, FRESH):
        door.sign_in("ann", WORDS, "", token, NOW)
    door.sign_in("ben", WORDS, code_of(SEED, counter_at(NOW)), THIRD, NOW)
    assert door.sign_out_everywhere("ann") == 2
    assert set(here.sessions) == {session_mark(THIRD)}


def test_a_session_that_is_idle_is_refused() -> None:
    _, door = opened()
    door.sign_in("ann", WORDS, "", TOKEN, NOW)
    assert refused(lambda: door.by_session(TOKEN, NOW + HOUR)) == "expired"


def with_key(networks: str = "", *roles: str) -> tuple[Office, Entrance]:
    """Return an office in which ann's program has an API key."""
    here, door = opened()
    secret_hash = hashlib.sha256(SEEDS["eve"]).hexdigest()
    here.put_api_key(ApiKey("till7", "ann", secret_hash, frozenset(roles), NOW, NOW + DAY, networks=networks))
    return here, door


def test_a_program_comes_in_with_its_key_and_has_no_more_roles_than_it() -> None:
    here, door = with_key("", "maker")
    actor = door.by_api_key(KEY_TEXT, NOW + MINUTE)
    permit(here, actor, "key.make", {"sgc": "123456", "keys": 1}, NOW)
    assert here.keys["till7"].last_used_at == NOW + MINUTE
    here, door = with_key()
    with pytest.raises(AccessDenied):
        permit(here, door.by_api_key(KEY_TEXT, NOW), "key.make", {"sgc": "123456", "keys": 1}, NOW)


def test_programs_that_do_not_come_in_leave_no_use_behind() -> None:
    here, door = with_key("10.0.0.0/8")
    assert refused(lambda: door.by_api_key("vk1_x", NOW)) == "form"
    assert refused(lambda: door.by_api_key(api_key_text("other", SEEDS["eve"]), NOW)) == "unknown"
    assert refused(lambda: door.by_api_key(api_key_text("till7", SEEDS["ann"]), NOW)) == "unknown"
    assert refused(lambda: door.by_api_key(KEY_TEXT, NOW)) == "network"
    assert refused(lambda: door.by_api_key(KEY_TEXT, NOW + DAY)) == "expired"
    here.people["ann"] = person("ann", active=False)
    assert refused(lambda: door.by_api_key(KEY_TEXT, NOW, lambda _: True)) == "inactive"
    assert here.keys["till7"].last_used_at is None
