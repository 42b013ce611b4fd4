"""The negative matrix: for each code and each rule a request in which only that one fails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.security.cases import CREDITS, Wrong
from tests.unit.security.change_cases import CHANGES
from tests.unit.security.management_cases import MANAGEMENTS
from tests.unit.security.mixture_cases import MIXTURES
from tests.unit.security.test_custody import CUSTODY_CODES
from tests.unit.security.test_loading import LOADING_CODES
from tests.unit.security.test_verify import VERIFY_CODES
from voltoken.errors import ModuleLimit, ModuleOutcomeUnknown, ModuleRefused, ModuleUnavailable
from voltoken.security import (
    CHANGE_RULES,
    REFUSALS,
    RULES,
    CreditRequest,
    Event,
    ManagementRequest,
    Refusal,
    changes,
    refuse,
)

CASES = (*CREDITS, *MANAGEMENTS, *CHANGES, *MIXTURES)
PROVEN_ELSEWHERE = {
    *("module.journal", "module.busy", "module.clock", "module.outcome_unknown", "module.away"),
    "custody.zeroised",
}
"""Given by the drivers, which have a disk, a queue and a line; their own tests provoke them."""

RETRY_SAFE = {
    *("module.sealed", "module.journal", "module.failed", "module.busy", "module.clock"),
    *("module.away", "client.rate"),
    *("limit.units", "limit.money", "verify.meter_cap", "verify.client_cap"),
}
ALARMING = {
    *("client.unknown", "request.conflict", "tid.claimed", "tid.ahead", "change.returns"),
    *("change.test_to_live", "role.initial_key_change", "limit.units", "limit.money", "client.rate"),
}


def named(case: Wrong) -> str:
    """Return the name of a case."""
    table = "credit" if case in CREDITS else "management" if case in MANAGEMENTS else "change"
    return f"{table}-{case.name or case.code}-{case.rule or 'before the rules'}"


@pytest.mark.parametrize("case", CASES, ids=named)
def test_where_only_one_thing_is_wrong_it_is_refused_and_nothing_else_happens(case: Wrong) -> None:
    desk, request = case.scene(False)
    before, written = desk.remembered(), len(desk.records)

    answer = desk.ask(request)

    assert isinstance(answer, Refusal)
    assert answer.code == case.code
    assert answer.request_id == request.request_id
    assert case.says in answer.message
    assert "{" not in answer.message
    assert "None" not in answer.message
    assert answer.retry_safe == (case.code in RETRY_SAFE)
    assert desk.remembered() == before
    (line,) = desk.records[written:]
    assert isinstance(line, Event)
    assert (line.kind, line.facts["code"], line.facts["request"]) == (
        "refused",
        case.code,
        request.request_id,
    )
    assert line.alarm == (case.code in ALARMING)


@pytest.mark.parametrize("case", CASES, ids=named)
def test_with_the_one_thing_mended_it_is_issued(case: Wrong) -> None:
    desk, request = case.scene(True)
    issued = desk.memory.issued()
    assert not isinstance(answer := desk.ask(request), Refusal), answer
    assert desk.memory.issued() == issued + 1


def test_every_code_has_a_case() -> None:
    here = {case.code for case in CASES}
    assert here | VERIFY_CODES | CUSTODY_CODES | LOADING_CODES | PROVEN_ELSEWHERE == set(REFUSALS)
    assert not here & PROVEN_ELSEWHERE


def _of(kind: str) -> tuple[Wrong, ...]:
    return {"credit": CREDITS, "management": MANAGEMENTS, "change": (*CHANGES, *MIXTURES)}[kind]


KINDS_WITH_RULES = (
    *(("credit", rule) for rule in RULES[CreditRequest]),
    *(("management", rule) for rule in RULES[ManagementRequest]),
    *(("change", rule) for rule in CHANGE_RULES),
)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [pytest.param(kind, rule, id=f"{kind}-{rule.__name__}") for kind, rule in KINDS_WITH_RULES],
)
def test_without_the_rule_its_case_passes(kind: str, rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [case for case in _of(kind) if case.rule == rule.__name__]
    assert cases, "a rule without a case"
    if kind == "change":
        monkeypatch.setattr(changes, "CHANGE_RULES", tuple(one for one in CHANGE_RULES if one is not rule))
    else:
        asked = CreditRequest if kind == "credit" else ManagementRequest
        monkeypatch.setitem(RULES, asked, tuple(one for one in RULES[asked] if one is not rule))
    for case in cases:
        desk, request = case.scene(False)
        assert desk.code(request) == case.without


@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_a_refusal_is_raised_as_what_it_is(code: str) -> None:
    refusal = Refusal(code, "the message", "v1:1", {"why": "x", "limit": 3})
    error = refusal.error()
    assert isinstance(error, ModuleUnavailable | ModuleLimit | ModuleRefused | ModuleOutcomeUnknown)
    assert error.retry_safe == refusal.retry_safe == (code in RETRY_SAFE)
    assert isinstance(error, ModuleRefused | ModuleOutcomeUnknown) == (code not in RETRY_SAFE)
    assert isinstance(error, ModuleOutcomeUnknown) == (code == "module.outcome_unknown")
    assert error.detail == {"refusal": code, "why": "x", "limit": 3}
    assert error.message == "the message"


def test_a_sentence_takes_no_orders_from_what_it_names() -> None:
    assert "{limit}" in refuse("client.unknown", client="{limit}").message
