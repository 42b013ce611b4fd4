"""What the rules of a module look at: one request with all that is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import cast

from voltoken.errors import KeyRefused
from voltoken.security.records import KeyMove
from voltoken.security.refusals import Refusal, refuse
from voltoken.security.requests import (
    KINDS,
    CreditRequest,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    VerifyRequest,
    request_hash,
)
from voltoken.security.settings import Act, Client, ModuleSettings
from voltoken.security.state import State
from voltoken.security.values import KeyRef, KeyRegister, MeterId
from voltoken.sts import (
    TID,
    BaseDate,
    STATables,
    TIDClock,
)

KeyedRequest = CreditRequest | ManagementRequest | KeyChangeRequest
"""A request that a key is needed for."""


@dataclass(slots=True)
class Case:
    """A request and everything rules look at. tables: what EA07 runs on. register: the request's key."""

    state: State
    settings: ModuleSettings
    client: Client
    request: KeyedRequest | VerifyRequest
    now: datetime
    tables: STATables | None
    register: KeyRegister

    @property
    def meter(self) -> MeterId:
        """The meter of the request."""
        return self.request.meter

    @property
    def request_id(self) -> str | None:
        """The id of the request; a question has none."""
        return None if isinstance(self.request, VerifyRequest) else self.request.request_id

    def refuse(self, code: str, **detail: str | int | bool | None) -> Refusal:
        """Return a refusal of this request."""
        return refuse(code, self.request_id, **detail)


@dataclass(slots=True)
class ChangeCase(Case):
    """A key change and everything its rules look at. new: the new key."""

    new: KeyRegister

    @property
    def change(self) -> KeyChangeRequest:
        """The request."""
        return cast(KeyChangeRequest, self.request)

    @property
    def roll_over(self) -> bool:
        """Whether the meter will forget its TIDs: asked for, or because the base date moves on."""
        return self.change.roll_over or self.new.base_date.instant > self.register.base_date.instant

    def history(self) -> tuple[KeyMove, ...]:
        """The key changes of the meter, oldest first; a set that was given again counts once."""
        moves: list[KeyMove] = []
        for move in self.state.moves(self.meter.pan):
            if not moves or not moves[-1].same_set(move):
                moves.append(move)
        return tuple(moves)

    def move(self) -> KeyMove:
        """The key change that this request would be."""
        change, new = self.change, self.new
        return KeyMove(
            change.request_id,
            self.meter,
            change.key,
            change.new_key,
            change.new_ti,
            change.tokens,
            self.roll_over,
            new.ken,
            new.check_value.value,
            change.sections,
        )

    @property
    def same_key(self) -> bool:
        """Whether the decoder key stays the same."""
        return (self.change.key, self.meter.ti) == (self.change.new_key, self.change.new_ti)


def approved(case: Case) -> bool:
    """Whether there is an approval for this very request that is still good."""
    found = case.state.approval(case.request_id or "")
    return found is not None and case.now <= found.until and found.request_hash == hash_of(case)


def hash_of(case: Case) -> str:
    """Return by which digits a person approves this request."""
    return request_hash(case.client.name, cast(IssueRequest, case.request))


def may_ask(client: Client, act: Act, request_id: str | None) -> Refusal | None:
    """Refuse a client that has no right to an act."""
    if act not in client.acts:
        return refuse("client.act", request_id, client=client.name, act=act.value)
    return None


def find_key(state: State, client: Client, ref: KeyRef, request_id: str | None) -> KeyRegister | Refusal:
    """Return a key that a client may use, or why not: other supply groups stay unknown to it."""
    if not client.may_use(ref.sgc):
        return refuse("client.supply_group", request_id, client=client.name, sgc=str(ref.sgc))
    register = state.register(ref)
    return refuse("key.unknown", request_id, key=str(ref)) if register is None else register


def act_of(request: IssueRequest) -> Act:
    """Return which right a request needs."""
    return Act(KINDS[type(request)])


def counted(request: CreditRequest | ManagementRequest) -> tuple[int, int]:
    """Return by how many steps of units and of money a token moves the counters of its key.

    Money that is taken away moves nothing: a limit that refills is none.
    """
    if isinstance(request, ManagementRequest):
        return 0, 0
    return (0, max(request.booked, 0)) if request.service.is_currency else (request.booked, 0)


def tid_today(register: KeyRegister, now: datetime) -> TID | None:
    """Return the TID of this minute on a key's base date, None when there is none."""
    return _tid_at(register.base_date, now)


@lru_cache(maxsize=8)  # a batch asks for one and the same time, once for every row
def _tid_at(base_date: BaseDate, now: datetime) -> TID | None:
    try:
        return TIDClock(base_date).tid_at(now)
    except KeyRefused:
        return None


def shown(moment: datetime) -> str:
    """Return a moment for a sentence."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
