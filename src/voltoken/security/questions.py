"""Questions that make no token: is this one of ours, and what was the answer again.

A checksum of 16 bits is all there is between random digits and a genuine token, so a module that says of
any number whether it decrypts well is an oracle for forgers. ``verify`` answers from the record. Only with
a right of its own may a client have an unknown token decrypted, a few times for each meter and client in a
day; every time is on record before the answer, and an alarm.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from voltoken.errors import TokenError, VoltokenError
from voltoken.security.answers import unpack
from voltoken.security.cases import Case, find_key, may_ask
from voltoken.security.policy import RULES, first_refusal
from voltoken.security.records import Event, Record, UnknownTried
from voltoken.security.refusals import Refusal, refuse
from voltoken.security.requests import VerifyRequest
from voltoken.security.settings import Act, Client
from voltoken.security.settling import ALARMING, rate_line
from voltoken.security.software import Engine
from voltoken.security.state import Result, State
from voltoken.security.values import NOT_CERTIFIED, Answer, IssuedToken, KeyChangeSet, Verified
from voltoken.security.vault import Wanted
from voltoken.sts import Token, TokenCipher, TransferCredit, TransferCurrency, decode


class Reply(NamedTuple):
    """What a question is answered with, and what must be on the disk before."""

    answer: Verified | Refusal
    records: tuple[Record, ...]


def verify(
    engine: Engine, state: State, name: str, request: VerifyRequest, now: datetime, *, sealed: bool
) -> Reply:
    """Say what is known about a token. name: the client's."""
    client = engine.settings.clients.get(name)
    if client is None:
        return _refused(request, name, refuse("client.unknown", client=name))
    if not engine.allowances.take(name, now, client.rate, client.burst):
        refusal = refuse("client.rate", client=name, rate=client.rate)
        return Reply(refusal, rate_line(engine.allowances, name, _facts(request, name), now))
    if sealed:
        return _refused(request, name, refuse("module.sealed"))
    refused = may_ask(client, Act.VERIFY, None)
    found = refused or find_key(state, client, request.key, None)
    if isinstance(found, Refusal):
        return _refused(request, name, found)
    case = Case(state, engine.settings, client, request, now, engine.tables, found)
    refused = first_refusal(case, RULES[VerifyRequest])
    if refused is not None:
        return _refused(request, name, refused)
    request_id = state.request_of(request.meter.pan, int(request.token))
    kept = None if request_id is None else state.result(request_id)
    known = None if kept is None else _on_record(kept, request, name, engine.settings.module_id)
    if known is None:
        return _look_further(engine, case, request)
    return Reply(known, (Event("verified", _facts(request, name) | {"request": request_id}),))


def fetch(
    engine: Engine, state: State, name: str, request_id: str, now: datetime, *, sealed: bool
) -> Answer | Refusal | None:
    """Return again what a client's request was answered with; None when it has no such answer.

    Requests of other clients have none either, as far as this one can see.
    """
    client = engine.settings.clients.get(name)
    if client is None:
        return refuse("client.unknown", request_id, client=name)
    if not engine.allowances.take(name, now, client.rate, client.burst):
        return refuse("client.rate", request_id, client=name, rate=client.rate)
    if sealed:
        return refuse("module.sealed", request_id)
    kept = state.result(request_id)
    return unpack(kept.answer) if kept is not None and kept.client == name else None


def _look_further(engine: Engine, case: Case, request: VerifyRequest) -> Reply:
    """Decrypt a token that is not on record, if the client may have that."""
    client = case.client
    capped = _capped(case, client)
    if capped is not None:
        return _refused(request, client.name, capped)
    tried = UnknownTried(request.meter.pan, client.name, case.now.date())
    meter = request.meter
    try:
        key = engine.vault.decoder_key(Wanted(case.register, meter.ea, meter.pan, meter.ti))
        token = decode(request.token, TokenCipher(key, engine.tables))
    except TokenError:
        refusal = refuse("verify.not_ours")
        return Reply(refusal, (tried, *_refused(request, client.name, refusal).records))
    except VoltokenError as error:
        refusal = refuse("module.failed", why=error.message)
        return Reply(refusal, (tried, *_refused(request, client.name, refusal).records))
    event = Event("verified.unknown", _facts(request, client.name), alarm=True)
    return Reply(_decrypted(token, engine.settings.module_id), (tried, event))


def _capped(case: Case, client: Client) -> Refusal | None:
    """Refuse a client that has no right to look further, or has used it up."""
    if Act.VERIFY_UNKNOWN not in client.acts:
        return refuse("verify.unknown")
    day = case.now.date()
    most = case.settings.unknown_per_meter
    if case.state.unknown_on_meter(case.meter.pan, day) >= most:
        return refuse("verify.meter_cap", most=most)
    if case.state.unknown_by_client(client.name, day) >= client.unknown_per_day:
        return refuse("verify.client_cap", client=client.name, most=client.unknown_per_day)
    return None


def _on_record(kept: Result, request: VerifyRequest, client: str, module_id: str) -> Verified | None:
    """Return what the record says about a token, None when it was made under another key."""
    answer = unpack(kept.answer)
    tokens = answer.tokens if isinstance(answer, KeyChangeSet) else (answer,)
    for found in tokens:
        if isinstance(found, IssuedToken) and found.token == request.token and found.key == request.key:
            return Verified(
                found.token_class,
                found.subclass,
                found.tid,
                found.steps,
                found.request_id if kept.client == client else None,
                module_id,
                NOT_CERTIFIED,
                on_record=True,
            )
    return None


def _decrypted(token: Token, module_id: str) -> Verified:
    """Return what a decrypted token says; of the sections of a key change, no more than their kind."""
    tid = getattr(token, "tid", None)
    steps = token.steps if isinstance(token, TransferCredit | TransferCurrency) else None
    return Verified(
        token.token_class, token.subclass, tid, steps, None, module_id, NOT_CERTIFIED, on_record=False
    )


def _refused(request: VerifyRequest, client: str, refusal: Refusal) -> Reply:
    facts = _facts(request, client) | {"code": refusal.code}
    alarm = refusal.code in ALARMING or refusal.code.startswith("verify.")
    return Reply(refusal, (Event("refused", facts, alarm=alarm),))


def _facts(request: VerifyRequest, client: str) -> dict[str, str | int | bool | None]:
    return {"client": client, "kind": "verify", "pan": str(request.meter.pan), "key": str(request.key)}
