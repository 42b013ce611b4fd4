"""The behaviour of a security module: (state, requests, now, chance) -> (records to persist, answers).

Pure: it reads a ``State``, asks a ``Vault`` for decoder keys, and returns for each request what must be on
the disk before the answer may leave. It keeps nothing but each client's allowance. Many requests at once
are decided as if they came one after the other; only the encryption is done for all together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from voltoken.errors import FieldError, JournalError, VoltokenError
from voltoken.security.allowance import Allowances
from voltoken.security.answers import unpack
from voltoken.security.cases import Case, ChangeCase, act_of, approved, counted, find_key, hash_of, may_ask
from voltoken.security.changes import first_change_refusal
from voltoken.security.making import make_credit, make_one, make_test, token_of
from voltoken.security.policy import RULES, first_refusal
from voltoken.security.refusals import Refusal, refuse
from voltoken.security.requests import (
    CreditRequest,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterTestRequest,
    digest,
)
from voltoken.security.sets import make_set
from voltoken.security.settings import Client, ModuleSettings
from voltoken.security.settling import (
    Decision,
    settle_change,
    settle_refusal,
    settle_repeat,
    settle_test,
    settle_token,
)
from voltoken.security.state import Overlay, Result, State
from voltoken.security.vault import Vault, Wanted
from voltoken.sts import STATables, TokenNumber

FEW: Final = 4
"""Fewer credits than this are encrypted one by one."""


class Engine:
    """A software module's behaviour, bound to its settings, its vault and its EA07 tables.

    tables: licensed or sample; None when the module makes no EA07 tokens. Used by one thread at a time.
    """

    def __init__(self, settings: ModuleSettings, vault: Vault, tables: STATables | None = None) -> None:
        self.settings = settings
        self.vault = vault
        self.tables = tables
        self.allowances = Allowances()

    @property
    def sample(self) -> bool:
        """Whether EA07 runs on the sample tables, or on none."""
        return self.tables is None or self.tables.is_sample

    def decide(
        self,
        state: State,
        asked: Sequence[tuple[str, IssueRequest]],
        now: datetime,
        chance: bytes,
        *,
        sealed: bool = False,
    ) -> list[Decision]:
        """Decide requests in order; each sees what those before it did.

        asked: client and request. chance: one random byte for each. sealed: the vault is empty.
        Returns one decision for each request. Raises FieldError when chance is too short.
        """
        if len(chance) < len(asked):
            raise FieldError("chance", len(chance), f"{len(asked)} bytes, one for each request")
        return _Sitting(self, state, now, sealed=sealed).hear(asked, chance)


@dataclass(slots=True)
class _Planned:
    """A token that passed every rule and waits to be made. place: of its request in the sitting."""

    place: int
    case: Case
    request: CreditRequest | ManagementRequest
    mark: bytes
    attempt: int
    rnd: int

    @property
    def in_units(self) -> bool:
        """Whether it is credit in units, which can be made together with others."""
        return isinstance(self.request, CreditRequest) and not self.request.service.is_currency

    @property
    def wanted(self) -> Wanted:
        """The decoder key it needs."""
        meter = self.request.meter
        return Wanted(self.case.register, meter.ea, meter.pan, meter.ti)


class _Sitting:
    """One call of ``decide``: the state as it goes on changing, and the tokens still to be made."""

    def __init__(self, engine: Engine, state: State, now: datetime, *, sealed: bool) -> None:
        self.engine = engine
        self.state = Overlay(state)
        self.now = now
        self.sealed = sealed
        self.decisions: dict[int, Decision] = {}
        self.planned: list[_Planned] = []
        self.seen: dict[str, tuple[bytes, int]] = {}
        self.again: dict[int, int] = {}

    def hear(self, asked: Sequence[tuple[str, IssueRequest]], chance: bytes) -> list[Decision]:
        """Decide all requests."""
        for place, (name, request) in enumerate(asked):
            refusal = self._decide(place, name, request, chance[place] & 15)
            if refusal is not None:
                self.decisions[place] = self._refused(name, request, refusal)
        self._make()
        for place, first in self.again.items():
            name, request = asked[place]
            answer = self.decisions[first].answer
            if isinstance(answer, Refusal):
                self.decisions[place] = self._refused(name, request, answer)
            else:
                self.decisions[place] = settle_repeat(name, request, answer)
        return [self.decisions[place] for place in range(len(asked))]

    def _decide(self, place: int, name: str, request: IssueRequest, rnd: int) -> Refusal | None:
        """Decide one request: note its decision or its plan, or return why it is refused."""
        request_id = request.request_id
        client = self.engine.settings.clients.get(name)
        if client is None:
            return refuse("client.unknown", request_id, client=name)
        if not self.engine.allowances.take(name, self.now, client.rate, client.burst):
            return refuse("client.rate", request_id, client=name, rate=client.rate)
        if self.sealed and not isinstance(request, MeterTestRequest):
            return refuse("module.sealed", request_id)
        refusal = may_ask(client, act_of(request), request_id)
        if refusal is not None:
            return refusal
        mark = digest(name, request)
        seen = self.seen.get(request_id)
        if seen is not None and seen[0] == mark:
            self.again[place] = seen[1]
            return None
        kept = None if self.sealed else self.state.result(request_id)
        if kept is not None and kept.digest == mark:
            return self._again(place, name, request, kept)
        if kept is not None or seen is not None:
            return refuse("request.conflict", request_id, used=request_id)
        refusal = self._plan(place, client, request, mark, rnd)
        if refusal is None:
            self.seen[request_id] = mark, place
        return refusal

    def _again(self, place: int, name: str, request: IssueRequest, kept: Result) -> Refusal | None:
        """Answer a request as it was answered before."""
        try:
            answer = unpack(kept.answer)
        except JournalError as error:
            return refuse("module.failed", request.request_id, why=error.message)
        self.decisions[place] = settle_repeat(name, request, answer)
        return None

    def _plan(
        self, place: int, client: Client, request: IssueRequest, mark: bytes, rnd: int
    ) -> Refusal | None:
        """Apply the rules, and note what is to be made."""
        if isinstance(request, MeterTestRequest):
            module_id = self.engine.settings.module_id
            number = make_test(request)
            self.decisions[place] = settle_test(
                module_id, client.name, request, number, mark, sealed=self.sealed
            )
            return None
        found = find_key(self.state, client, request.key, request.request_id)
        if isinstance(found, Refusal):
            return found
        case = Case(self.state, self.engine.settings, client, request, self.now, self.engine.tables, found)
        if isinstance(request, KeyChangeRequest):
            return self._change(place, case, request, mark)
        refusal = first_refusal(case, RULES[type(request)])
        if refusal is not None:
            return refusal
        pan, base_date = request.meter.pan, found.base_date.value
        attempt = self.state.attempts(pan, base_date, request.tid)
        if attempt and not approved(case):
            return case.refuse(
                "tid.claimed", tid=int(request.tid), request=request.request_id, hash=hash_of(case)
            )
        self.planned.append(_Planned(place, case, request, mark, attempt, rnd))
        self.state.claim(pan, base_date, request.tid, attempt)
        self.state.count(found.ref, *counted(request))
        return None

    def _change(self, place: int, case: Case, request: KeyChangeRequest, mark: bytes) -> Refusal | None:
        """Apply the rules about key changes and make the set: the next request may depend on it."""
        new = find_key(self.state, case.client, request.new_key, request.request_id)
        if isinstance(new, Refusal):
            return new
        change = ChangeCase(
            case.state, case.settings, case.client, request, case.now, case.tables, case.register, new
        )
        refusal = first_change_refusal(change)
        if refusal is not None:
            return refusal
        try:
            numbers = make_set(change, self.engine.vault, self.engine.tables)
        except VoltokenError as error:
            return refuse("module.failed", request.request_id, why=error.message)
        if isinstance(numbers, Refusal):
            return numbers
        self.decisions[place] = settle_change(change, numbers, mark)
        self.state.take(self.decisions[place].records)
        return None

    def _make(self) -> None:
        """Make the tokens that are planned, and note the decisions."""
        many = [one for one in self.planned if one.in_units]
        made = self._make_many(many) if len(many) >= FEW else {}
        for one in self.planned:
            try:
                number = made[one.place] if one.place in made else self._make_one(one)
            except VoltokenError as error:
                refusal = refuse("module.failed", one.request.request_id, why=error.message)
                self.decisions[one.place] = self._refused(one.case.client.name, one.request, refusal)
            else:
                self.decisions[one.place] = settle_token(
                    one.case, one.request, number, mark=one.mark, attempt=one.attempt
                )

    def _make_many(self, many: list[_Planned]) -> dict[int, TokenNumber]:
        """Return the tokens of credits by their places; none when not all could be made together."""
        requests = [cast(CreditRequest, one.request) for one in many]
        try:
            keys = self.engine.vault.decoder_keys([one.wanted for one in many])
            made = make_credit(requests, [one.rnd for one in many], keys, self.engine.tables)
        except VoltokenError:
            return {}  # one by one, then, each with its own refusal
        return {one.place: number for one, number in zip(many, made, strict=True)}

    def _make_one(self, one: _Planned) -> TokenNumber:
        key = self.engine.vault.decoder_key(one.wanted)
        return make_one(token_of(one.request, one.rnd), key, self.engine.tables)

    def _refused(self, name: str, request: IssueRequest, refusal: Refusal) -> Decision:
        return settle_refusal(self.engine.allowances, name, request, refusal, self.now)
