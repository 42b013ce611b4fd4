"""Verify answers from the record; whoever looks further is counted, capped and reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.security.desk import (
    ALL_ACTS,
    KEY,
    METER,
    NEW_KEY,
    NOW,
    OTHER_PAN,
    STA_METER,
    Desk,
    change,
    client,
    credit,
    first_key,
    management,
    meter_test,
    money,
    register,
)
from voltoken.security import (
    NOT_CERTIFIED,
    RULES,
    Act,
    Event,
    KeyRef,
    MeterId,
    Refusal,
    UnknownTried,
    Verified,
    VerifyRequest,
)
from voltoken.sts import EA, SAMPLE_TABLES, TokenNumber

FOREIGN = TokenNumber(12345678901234567890)
"""A number that no key here makes anything of."""


def question(token: TokenNumber = FOREIGN, meter: MeterId = METER, key: KeyRef = KEY) -> VerifyRequest:
    """Return the question whether a token is one of the meter's."""
    return VerifyRequest(meter, key, token)


def unknown_but_genuine(minutes: int = 0, meter: MeterId = METER) -> TokenNumber:
    """Return a token that another module with the same keys has made."""
    return Desk().token(credit(minutes=minutes, meter=meter)).token


def asked_of(code: str) -> VerifyRequest:
    """Return a question about a genuine token that only the module's record can be wrong about."""
    meter = STA_METER if code == "meter.no_tables" else METER
    return question(unknown_but_genuine(meter=meter), meter)


def _tried(desk: Desk, times: int, pan_of: Callable[[int], MeterId] = lambda _: METER) -> Desk:
    for place in range(times):
        desk.verify(question(meter=pan_of(place)))
    return desk


def _on_meter(right: bool) -> Desk:
    return _tried(Desk(bounds={"unknown_per_meter": 3}), 2 if right else 3)


def _by_client(right: bool) -> Desk:
    desk = Desk(clients=[client(unknown_per_day=1), client("other")], bounds={"unknown_per_meter": 9})
    desk.verify(question(meter=replace(METER, pan=OTHER_PAN)), "other" if right else "till")
    return desk


def _spent(right: bool) -> Desk:
    desk = Desk(clients=[client(rate=1, burst=2 if right else 1)])
    desk.ask(meter_test())
    return desk


CASES: dict[str, tuple[Callable[[bool], Desk], str, str]] = {
    "client.unknown": (lambda ok: Desk(clients=[client("till" if ok else "x")]), "", "till"),
    "client.rate": (_spent, "", "1 tokens a second"),
    "module.sealed": (lambda ok: Desk(sealed=not ok), "", "shares"),
    "client.act": (
        lambda ok: Desk(clients=[client(acts=ALL_ACTS - (set() if ok else {Act.VERIFY}))]),
        "",
        "no right to verify",
    ),
    "client.supply_group": (
        lambda ok: Desk(clients=[client(supply_groups=frozenset({"123456" if ok else "654321"}))]),
        "",
        "123456",
    ),
    "key.unknown": (lambda ok: Desk([register(KEY if ok else NEW_KEY)]), "", "123456/1"),
    "key.first": (
        lambda ok: Desk([register() if ok else first_key(KEY)]),
        "first_keys_are_for_initial_changes",
        "123456/1",
    ),
    "key.algorithm": (
        lambda ok: Desk([register(eas=frozenset({EA.MISTY1 if ok else EA.STA}))]),
        "the_key_knows_the_algorithm",
        "EA11",
    ),
    "meter.no_tables": (
        lambda ok: Desk(tables=SAMPLE_TABLES if ok else None),
        "sta_needs_tables",
        "EA07",
    ),
    "verify.unknown": (
        lambda ok: Desk(clients=[client(acts=ALL_ACTS - (set() if ok else {Act.VERIFY_UNKNOWN}))]),
        "",
        "verify_unknown",
    ),
    "verify.meter_cap": (_on_meter, "", "3 unknown tokens"),
    "verify.client_cap": (_by_client, "", "1 unknown tokens"),
}
VERIFY_CODES = {*CASES, "verify.not_ours", "module.failed"}
ALARMING = {"client.unknown", "verify.unknown", "verify.meter_cap", "verify.client_cap", "client.rate"}
RETRY_SAFE = {"client.rate", "module.sealed", "verify.meter_cap", "verify.client_cap"}


@pytest.mark.parametrize("code", CASES)
def test_where_only_one_thing_is_wrong_it_is_refused_and_nothing_is_decrypted(code: str) -> None:
    desk = CASES[code][0](False)
    before, written = desk.remembered(), len(desk.records)

    answer = desk.verify(asked_of(code))

    assert isinstance(answer, Refusal)
    assert (answer.code, answer.request_id, answer.retry_safe) == (code, None, code in RETRY_SAFE)
    assert CASES[code][2] in answer.message
    assert "{" not in answer.message
    assert desk.remembered() == before
    (line,) = desk.records[written:]
    assert isinstance(line, Event)
    assert (line.kind, line.facts["code"], line.facts["kind"]) == ("refused", code, "verify")
    assert line.alarm == (code in ALARMING)


@pytest.mark.parametrize("code", CASES)
def test_with_the_one_thing_mended_it_is_answered(code: str) -> None:
    answer = CASES[code][0](True).verify(asked_of(code))
    assert isinstance(answer, Verified)


@pytest.mark.parametrize("rule", RULES[VerifyRequest], ids=lambda rule: rule.__name__)
def test_without_the_rule_its_case_passes(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, VerifyRequest, tuple(one for one in RULES[VerifyRequest] if one is not rule))
    (code,) = (code for code, case in CASES.items() if case[1] == rule.__name__)
    meter = STA_METER if code == "meter.no_tables" else METER
    answer = CASES[code][0](False).verify(question(meter=meter))
    # The number is none of theirs: what matters is that the module has looked.
    assert isinstance(answer, Refusal)
    assert answer.code == ("module.failed" if code == "meter.no_tables" else "verify.not_ours")


@pytest.mark.parametrize(
    ("request_", "known"),
    [
        pytest.param(credit(), (0, 0, True, 10), id="credit"),
        pytest.param(money(), (0, 4, True, 500_024), id="money"),
        pytest.param(management(subclass=1, value=7), (2, 1, True, 7), id="management"),
    ],
)
def test_an_issued_token_is_known_from_the_record(request_: Any, known: tuple[int, int, bool, int]) -> None:
    desk = Desk(clients=[client(acts=ALL_ACTS - {Act.VERIFY_UNKNOWN})])
    token = desk.token(request_)

    answer = desk.verify(question(token.token))

    assert isinstance(answer, Verified)
    assert (answer.token_class, answer.subclass, answer.tid == request_.tid, answer.steps) == known
    assert (answer.request_id, answer.on_record) == (request_.request_id, True)
    assert (answer.module_id, answer.notice) == ("desk-1", NOT_CERTIFIED)
    line = desk.records[-1]
    assert isinstance(line, Event)
    assert (line.kind, line.alarm, line.facts["request"]) == ("verified", False, request_.request_id)


def test_every_section_of_a_key_change_is_known_from_the_record() -> None:
    desk = Desk()
    tokens = desk.change(change()).tokens
    found = [desk.verify(question(one.token)) for one in tokens]
    assert [one.subclass for one in found if isinstance(one, Verified) and one.on_record] == [3, 4, 8, 9]
    assert {(one.tid, one.steps) for one in found if isinstance(one, Verified)} == {(None, None)}


def test_a_token_is_known_for_its_meter_only() -> None:
    desk = Desk()
    token = desk.token(credit())
    answer = desk.verify(question(token.token, replace(METER, pan=OTHER_PAN)))
    assert isinstance(answer, Refusal)
    assert answer.code == "verify.not_ours"


def test_another_client_of_the_group_learns_all_but_the_request() -> None:
    desk = Desk()
    token = desk.token(credit())
    answer = desk.verify(question(token.token), "other")
    assert isinstance(answer, Verified)
    assert (answer.on_record, answer.steps, answer.request_id) == (True, 10, None)


def test_the_record_is_no_window_into_other_supply_groups() -> None:
    nosy = client("nosy", supply_groups=frozenset({"777777"}), acts=frozenset({Act.VERIFY}))
    desk = Desk([register(), register("777777/1")], clients=[client(), nosy])
    token = desk.token(credit())
    answer = desk.verify(question(token.token, key=KeyRef.parse("777777/1")), "nosy")
    assert isinstance(answer, Refusal)
    assert answer.code == "verify.unknown"


def test_an_unknown_genuine_token_is_decrypted_counted_and_reported() -> None:
    desk = Desk()
    answer = desk.verify(question(unknown_but_genuine()))
    assert isinstance(answer, Verified)
    assert (answer.token_class, answer.subclass, answer.steps) == (0, 0, 10)
    assert (answer.tid, answer.request_id, answer.on_record) == (int(credit().tid), None, False)
    tried, line = desk.records
    assert tried == UnknownTried(METER.pan, "till", NOW.date())
    assert isinstance(line, Event)
    assert (line.kind, line.alarm) == ("verified.unknown", True)


def test_money_that_was_decrypted_is_told_in_its_steps() -> None:
    token = Desk().token(money()).token
    answer = Desk().verify(question(token))
    assert isinstance(answer, Verified)
    assert (answer.subclass, answer.steps) == (4, 500_024)


def test_of_an_unknown_section_only_its_kind_is_told() -> None:
    first = Desk().change(change()).tokens[0]
    answer = Desk().verify(question(first.token))
    assert isinstance(answer, Verified)
    assert (answer.token_class, answer.subclass, answer.tid, answer.steps) == (2, 3, None, None)


def test_a_foreign_token_is_refused_counted_and_reported() -> None:
    desk = Desk()
    answer = desk.verify(question())
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.retry_safe) == ("verify.not_ours", False)
    tried, line = desk.records
    assert isinstance(tried, UnknownTried)
    assert isinstance(line, Event)
    assert (line.facts["code"], line.alarm) == ("verify.not_ours", True)


def test_a_module_that_cannot_decrypt_says_so_and_has_counted() -> None:
    desk = Desk()
    desk.engine.vault.drop(KEY)
    answer = desk.verify(question())
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.retry_safe) == ("module.failed", True)
    assert [type(one) for one in desk.records] == [UnknownTried, Event]


def test_two_million_random_tokens_meet_the_cap_and_the_alarm() -> None:
    """Edge case 1: after three tries in a day nothing more is decrypted, however many come."""
    desk = _tried(Desk(), 50)
    tried = [one for one in desk.records if isinstance(one, UnknownTried)]
    lines = [one for one in desk.records if isinstance(one, Event)]
    assert len(tried) == 3
    assert [line.facts["code"] for line in lines] == ["verify.not_ours"] * 3 + ["verify.meter_cap"] * 47
    assert all(line.alarm for line in lines)


def test_the_caps_end_with_the_day() -> None:
    desk = _tried(Desk(), 4)
    desk.now += timedelta(hours=10, minutes=59)
    answer = desk.verify(question())
    assert isinstance(answer, Refusal)
    assert answer.code == "verify.meter_cap"
    desk.now += timedelta(minutes=1)
    answer = desk.verify(question())
    assert isinstance(answer, Refusal)
    assert answer.code == "verify.not_ours"


def test_tokens_on_record_count_for_no_cap() -> None:
    desk = Desk()
    token = desk.token(credit())
    assert all(isinstance(desk.verify(question(token.token)), Verified) for _ in range(9))
    assert isinstance(desk.verify(question(unknown_but_genuine(1))), Verified)


def test_a_flood_of_questions_becomes_one_line_a_minute() -> None:
    desk = _spent(right=False)
    del desk.records[:]
    for _ in range(5):
        desk.verify(question())
    assert len(desk.records) == 1
