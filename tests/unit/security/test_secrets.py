"""No key, no component and no whole token is in anything that people or logs may see."""

from __future__ import annotations

import traceback
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import pytest

from tests.unit.security.desk import (
    KEY,
    METER,
    NEW_KEY,
    Desk,
    change,
    credit,
    first_key,
    management,
    meter_test,
    money,
    register,
    secret_of,
)
from voltoken.errors import JournalError, VoltokenError
from voltoken.security import (
    Event,
    IssueRequest,
    KeyLoaded,
    MemoryVault,
    ModuleSettings,
    Overlay,
    Refusal,
    Result,
    VerifyRequest,
    Wanted,
    join,
    load_key,
    made_of,
    pack,
    unpack,
)
from voltoken.sts import EA, KeyCheckValue, TokenNumber

SECRETS = [secret_of(KEY), secret_of(NEW_KEY), secret_of(first_key().ref, 128), secret_of(KEY, 64)]
COMPONENT = bytes(range(200, 220))
COMPONENTS = [COMPONENT, join([SECRETS[0], COMPONENT])]


def forms(secret: bytes) -> Iterable[str]:
    """Return the ways in which bytes come to be read: digits, escapes, lists, numbers."""
    yield from (secret.hex(), secret.hex(" "), secret.hex(":"), repr(secret)[2:-1], str(list(secret)))
    yield from (b64encode(secret).decode().rstrip("="), str(int.from_bytes(secret, "big")))


def assert_silent(shown: Iterable[object], tokens: Iterable[TokenNumber] = ()) -> None:
    """Check that none of the things shows a key, a component, or a token as a whole."""
    hidden = [one for secret in (*SECRETS, *COMPONENTS) for one in forms(secret)]
    for token in tokens:
        hidden += [token.digits, token.grouped, token.hex, str(int(token))]
    for one in shown:
        for text in (repr(one), str(one), f"{one}"):
            found = [secret for secret in hidden if secret.lower() in text.lower()]
            assert not found, type(one).__name__


def tokens_of(answers: Iterable[Any]) -> list[TokenNumber]:
    """Return the numbers of all tokens in answers, but of the public tests."""
    made = [one for answer in answers for one in getattr(answer, "tokens", [answer])]
    return [one.token for one in made if hasattr(one, "steps")]


def test_answers_records_and_decisions_show_no_token() -> None:
    desk = Desk()
    wanted: list[IssueRequest] = [
        credit(),
        money("v2:1", 1),
        management("m1:1", 2),
        change(),
        meter_test(),
        credit("v3:1", 2),
    ]
    made = desk.decide(*wanted)
    tokens = tokens_of(one.answer for one in made)
    assert len(tokens) == 7
    questions = [VerifyRequest(METER, KEY, one) for one in tokens]
    replies = [desk.verify(one) for one in questions]
    kept = desk.memory.result("v1:1")
    assert kept is not None
    assert_silent(
        [*made, *(one.answer for one in made), *desk.records, *wanted, *questions, *replies], tokens
    )
    assert_silent([kept, desk.engine, desk.memory, desk.engine.vault], tokens)
    for line in desk.records:
        if isinstance(line, Event):
            assert_silent([line.facts, *line.facts.values()], tokens)


def test_a_sealed_module_writes_no_whole_token_into_its_log() -> None:
    desk = Desk(sealed=True)
    answer: Any = desk.ask(meter_test())
    assert_silent(desk.records, [answer.token])


def test_a_kept_answer_shows_nothing() -> None:
    kept = Result(b"mark", "till", b"the tokens")
    assert "the tokens" not in repr(kept)


def test_keys_are_shown_by_nothing_that_holds_them() -> None:
    vault = MemoryVault()
    known = [register(), register(NEW_KEY), first_key()]
    for one in known:
        vault.put(one, secret_of(one.ref, one.key_bits))
    assert repr(vault) == "MemoryVault(3 keys)"
    wanted = [Wanted(one, EA.MISTY1, METER.pan, METER.ti) for one in known]
    decoder_keys = [vault.decoder_key(one) for one in wanted]
    records = [KeyLoaded(one, secret_of(one.ref, one.key_bits)) for one in known]
    shown = [*known, *wanted, *decoder_keys, *records, vault, vault.decoder_keys(wanted[:2])]
    assert_silent([*shown, *(made_of(one.register, one.secret or b"") for one in records)])
    made = [form for one in decoder_keys for form in forms(one.key)]
    assert not [form for form in made for one in shown if form.lower() in repr(one).lower()]


def test_loading_a_key_shows_none_whatever_comes_of_it() -> None:
    settings = ModuleSettings("desk-1")
    wrong = KeyCheckValue("ABCDEF", "on paper")
    cases = [
        (register(), COMPONENTS),
        (register(test=False), COMPONENTS),
        (register(check_value=wrong), COMPONENTS),
        (first_key(), [SECRETS[2]]),
        (register(), [COMPONENT, COMPONENT[1:]]),
        (register(), [SECRETS[3]]),
        (register(eas=frozenset({EA.DEA})), COMPONENTS),
        (register(bits=64), [SECRETS[3]]),
    ]
    shown: list[object] = []
    for one, components in cases:
        try:
            answer = load_key(settings, Overlay(), one, components)
        except VoltokenError as error:
            shown += [error, error.detail, "".join(traceback.format_exception(error))]
        else:
            shown += [answer, answer.error()] if isinstance(answer, Refusal) else [answer[0]]
    assert len(shown) > len(cases)
    assert_silent(shown)


def test_a_damaged_answer_is_refused_without_a_trace_of_it() -> None:
    answer = Desk().token(credit())
    damaged = pack(answer).replace(b'"till', b"").replace(b"[1", b"[7", 1)
    with pytest.raises(JournalError) as caught:
        unpack(damaged)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert_silent([caught.value], [answer.token])


def test_refusals_and_their_errors_show_no_key() -> None:
    desk = Desk()
    desk.engine.vault.drop(KEY)
    for request in (credit(), change(), management()):
        refusal = desk.ask(request)
        assert isinstance(refusal, Refusal)
        assert_silent([refusal, refusal.error(), refusal.error().detail])
