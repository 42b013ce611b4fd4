"""The last step of a decision: what is answered, and what must be on the disk before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from voltoken.security.allowance import Allowances
from voltoken.security.answers import pack
from voltoken.security.cases import Case, ChangeCase, approved, counted
from voltoken.security.records import ApprovalUsed, Event, Issued, Record
from voltoken.security.refusals import Refusal
from voltoken.security.requests import (
    KINDS,
    CreditRequest,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterTestRequest,
)
from voltoken.security.values import NOT_CERTIFIED, Answer, IssuedToken, KeyChangeSet, MeterTestToken
from voltoken.sts import TokenNumber

ALARMING: Final = frozenset(
    {
        *("client.unknown", "request.conflict", "tid.claimed", "tid.ahead", "change.returns"),
        *("change.test_to_live", "role.initial_key_change", "verify.meter_cap", "verify.client_cap"),
        *("limit.units", "limit.money"),
    }
)
"""Refusals that a person should look at."""

_SECTIONS: Final = (3, 4, 8, 9)
"""The subclasses of the sections of a key change, in order."""


class Decision(NamedTuple):
    """What a module decided. records: on the disk before the answer leaves."""

    answer: Answer | Refusal
    records: tuple[Record, ...]


def settle_token(
    case: Case,
    request: CreditRequest | ManagementRequest,
    number: TokenNumber,
    *,
    mark: bytes,
    attempt: int,
) -> Decision:
    """Return the decision about one token that was made. mark: the digest of the request.

    attempt: how many other tokens its meter, base date and TID have; the second needed an approval.
    """
    if isinstance(request, CreditRequest):
        token_class, subclass, value = 0, int(request.service), request.booked
    else:
        token_class, subclass, value = 2, request.subclass, request.value
    units, money = counted(request)
    answer = _token(case, request.request_id, number, token_class, subclass, int(request.tid), value)
    record = Issued(
        request.request_id,
        case.client.name,
        KINDS[type(request)],
        mark,
        str(request.meter.pan),
        request.key,
        case.register.base_date.value,
        int(request.tid),
        attempt,
        units,
        money,
        pack(answer),
        (int(number),),
    )
    return Decision(answer, (record, ApprovalUsed(request.request_id)) if attempt else (record,))


def settle_change(case: ChangeCase, numbers: tuple[TokenNumber, ...], mark: bytes) -> Decision:
    """Return the decision about a key change whose tokens were made."""
    request, new = case.change, case.new
    tokens = tuple(
        _token(case, request.request_id, number, 2, subclass, None, None)
        for subclass, number in zip(_SECTIONS, numbers, strict=False)
    )
    answer = KeyChangeSet(
        request.request_id,
        tokens,
        case.roll_over,
        new.ref,
        request.new_ti,
        new.ken,
        new.check_value.value,
        case.settings.module_id,
        NOT_CERTIFIED,
    )
    issued = Issued(
        request.request_id,
        case.client.name,
        KINDS[type(request)],
        mark,
        str(request.meter.pan),
        request.key,
        None,
        None,
        0,
        0,
        0,
        pack(answer),
        tuple(map(int, numbers)),
    )
    move = case.move()
    return Decision(
        answer, (issued, move, ApprovalUsed(request.request_id)) if approved(case) else (issued, move)
    )


def settle_test(
    module_id: str, client: str, request: MeterTestRequest, number: TokenNumber, mark: bytes, *, sealed: bool
) -> Decision:
    """Return the decision about a class 1 token; a sealed module cannot keep it, and it is public anyway."""
    test = request.test
    answer = MeterTestToken(
        request.request_id, number, test.form, test.control, test.mfr_code, module_id, NOT_CERTIFIED
    )
    if sealed:
        facts = {"request": request.request_id, "client": client, "token": f"{number!r}"}
        return Decision(answer, (Event("issued.meter_test_sealed", facts),))
    kept = Issued(
        request.request_id, client, "meter_test", mark, None, None, None, None, 0, 0, 0, pack(answer), ()
    )
    return Decision(answer, (kept,))


def settle_repeat(client: str, request: IssueRequest, answer: Answer) -> Decision:
    """Return the decision about a request that was answered before."""
    return Decision(answer, (Event("repeated", _who(client, request)),))


def settle_refusal(
    allowances: Allowances, client: str, request: IssueRequest, refusal: Refusal, now: datetime
) -> Decision:
    """Return the decision about a request that is refused."""
    facts = _who(client, request)
    if refusal.code == "client.rate":
        return Decision(refusal, rate_line(allowances, client, facts, now))
    facts["code"] = refusal.code
    return Decision(refusal, (Event("refused", facts, alarm=refusal.code in ALARMING),))


def rate_line(
    allowances: Allowances, client: str, facts: Mapping[str, str | int | bool | None], now: datetime
) -> tuple[Event, ...]:
    """Return the line about a client that asks too fast, with how often; none while there was one lately."""
    count = allowances.refuse(client, now)
    return (Event("refused", {**facts, "code": "client.rate", "count": count}, alarm=True),) if count else ()


def _who(client: str, request: IssueRequest) -> dict[str, str | int | bool | None]:
    meter = None if isinstance(request, MeterTestRequest) else str(request.meter.pan)
    key = None if isinstance(request, MeterTestRequest) else str(request.key)
    facts: dict[str, str | int | bool | None] = {
        "request": request.request_id,
        "client": client,
        "kind": KINDS[type(request)],
        "pan": meter,
        "key": key,
    }
    if isinstance(request, KeyChangeRequest):
        facts["new_key"] = str(request.new_key)
    return facts


def _token(
    case: Case,
    request_id: str,
    number: TokenNumber,
    token_class: int,
    subclass: int,
    tid: int | None,
    value: int | None,
) -> IssuedToken:
    return IssuedToken(
        request_id,
        number,
        token_class,
        subclass,
        tid,
        value,
        case.register.ref,
        case.register.check_value.value,
        case.settings.module_id,
        NOT_CERTIFIED,
        case.meter,
    )
