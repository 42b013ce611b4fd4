"""What a module remembers, as its decisions read it, and a memory that takes in what they decide.

``State`` is the reading side of a journal. ``Overlay`` lies over one and takes in records that are decided
but not yet written, so that the second request of a batch sees the first. Over ``Blank`` it is a whole
memory by itself, which is what tests and simulations use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from voltoken.security.blank import Blank
from voltoken.security.records import (
    REQUESTS_OPEN_MAX,
    ApprovalGranted,
    ApprovalUsed,
    Issued,
    KeyDeleted,
    KeyFileLoaded,
    KeyLoaded,
    KeyMove,
    KeyRefreshed,
    KeyRevoked,
    LoadRequested,
    Record,
    TrustSet,
    UnknownTried,
)
from voltoken.security.values import KeyRef, KeyRegister, Usage


@dataclass(frozen=True, slots=True)
class Result:
    """What is kept of an answered request. answer: packed, as in ``Issued``."""

    digest: bytes
    client: str
    answer: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LastFile:
    """The last key file of one centre. seq: its number. digest: its SHA-256, in hex. receipt: its answer."""

    seq: int
    digest: str
    receipt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Revoked:
    """A key that a file took away. register: what it was. centre: whose file. mark: see ``KeyRevoked``."""

    register: KeyRegister
    centre: str
    mark: bytes


class State(Protocol):
    """What a module remembers. Nothing here changes anything."""

    def register(self, ref: KeyRef) -> KeyRegister | None:
        """Return what is known about a key, None when it is not loaded."""

    def registers(self) -> tuple[KeyRegister, ...]:
        """Return all keys that are loaded, in order of their names."""

    def owner(self, ref: KeyRef) -> str | None:
        """Return the centre to which a loaded key belongs; None for one of keepers, or none at all."""

    def revoked(self, ref: KeyRef) -> Revoked | None:
        """Return what is remembered of a key that a file took away; None unless that is how it went."""

    def usage(self, ref: KeyRef) -> Usage:
        """Return what was made under a key, also under one that was deleted since."""

    def result(self, request_id: str) -> Result | None:
        """Return what a request was answered with."""

    def request_of(self, pan: str, token: int) -> str | None:
        """Return the id of the request that made a token for a meter."""

    def attempts(self, pan: str, base_date: str, tid: int) -> int:
        """Return how many different tokens one meter, base date and TID have."""

    def moves(self, pan: str) -> tuple[KeyMove, ...]:
        """Return the key changes of a meter, oldest first."""

    def move(self, request_id: str) -> KeyMove | None:
        """Return the key change that a request made."""

    def unknown_on_meter(self, pan: str, day: date) -> int:
        """Return how many unknown tokens were decrypted for a meter on a day."""

    def unknown_by_client(self, client: str, day: date) -> int:
        """Return how many unknown tokens were decrypted for a client on a day."""

    def approval(self, request_id: str) -> ApprovalGranted | None:
        """Return the approval for a request, None when there is none or it was used."""

    def issued(self) -> int:
        """Return how many requests were answered with tokens."""

    def trust(self) -> TrustSet | None:
        """Return the list of centres that are trusted, None when no list was ever set."""

    def last_file(self, centre_id: str) -> LastFile | None:
        """Return the last key file of a centre, None when none was loaded."""

    def load_requests(self) -> Mapping[str, str]:
        """Return the open requests for keys: of which centre, by their ids."""


class Overlay:
    """A state with records on top that it does not know of yet. base: not changed by anything here."""

    def __init__(self, base: State | None = None) -> None:
        self._base: State = Blank() if base is None else base
        self._registers: dict[KeyRef, KeyRegister | None] = {}
        self._owners: dict[KeyRef, str | None] = {}
        self._revoked: dict[KeyRef, Revoked | None] = {}
        self._usage: dict[KeyRef, Usage] = {}
        self._results: dict[str, Result] = {}
        self._tokens: dict[tuple[str, int], str] = {}
        self._attempts: dict[tuple[str, str, int], int] = {}
        self._moves: dict[str, tuple[KeyMove, ...]] = {}
        self._move: dict[str, KeyMove] = {}
        self._on_meter: dict[tuple[str, date], int] = {}
        self._by_client: dict[tuple[str, date], int] = {}
        self._approvals: dict[str, ApprovalGranted | None] = {}
        self._issued = 0
        self._trust: TrustSet | None = None
        self._files: dict[str, LastFile] = {}
        self._requests: dict[str, str] | None = None

    def take(self, records: tuple[Record, ...]) -> None:
        """Take in what was decided."""
        for record in records:
            match record:
                case Issued():
                    self._take_issued(record)
                case KeyMove():
                    self._moves[record.meter.pan] = (*self.moves(record.meter.pan), record)
                    self._move[record.request_id] = record
                case UnknownTried():
                    on_meter, by_client = (record.pan, record.day), (record.client, record.day)
                    self._on_meter[on_meter] = self.unknown_on_meter(*on_meter) + 1
                    self._by_client[by_client] = self.unknown_by_client(*by_client) + 1
                case ApprovalGranted():
                    self._approvals[record.request_id] = record
                case ApprovalUsed():
                    self._approvals[record.request_id] = None
                case KeyLoaded() | KeyRefreshed() | KeyDeleted() | KeyRevoked():
                    self._take_key(record)
                case _:
                    self._take_file(record)

    def _take_key(self, record: KeyLoaded | KeyRefreshed | KeyDeleted | KeyRevoked) -> None:
        """Take in that a key came, or went."""
        if isinstance(record, KeyLoaded | KeyRefreshed):
            ref = record.register.ref
            self._registers[ref], self._owners[ref] = record.register, record.centre
            self._revoked[ref] = None
            return
        ref, known = record.ref, self.register(record.ref)
        self._registers[ref] = self._owners[ref] = self._revoked[ref] = None
        if isinstance(record, KeyRevoked) and known is not None:
            self._revoked[ref] = Revoked(known, record.centre, record.mark)

    def _take_file(self, record: Record) -> None:
        """Take in what is about centres; an event is a line of the log, and changes nothing."""
        requests = dict(self.load_requests())
        match record:
            case TrustSet():
                self._trust = record
            case LoadRequested():
                requests[record.request_id] = record.centre_id
                self._requests = dict(list(requests.items())[-REQUESTS_OPEN_MAX:])
            case KeyFileLoaded():
                self._files[record.centre_id] = LastFile(record.seq, record.digest, record.receipt)
                requests.pop(record.request_id or "", None)
                self._requests = requests
            case _:
                pass

    def _take_issued(self, record: Issued) -> None:
        self._issued += 1
        self._results[record.request_id] = Result(record.digest, record.client, record.answer)
        if record.pan is None or record.key is None:
            return
        for token in record.tokens:
            self._tokens[record.pan, token] = record.request_id
        if record.tid is not None and record.base_date is not None:
            self.claim(record.pan, record.base_date, record.tid, record.attempt)
        self.count(record.key, record.units, record.money)

    def claim(self, pan: str, base_date: str, tid: int, attempt: int) -> None:
        """Take in the TID that a token uses, as its attempt, before it is made."""
        self._attempts[pan, base_date, tid] = attempt + 1

    def count(self, key: KeyRef, units: int, money: int) -> None:
        """Take in what a token takes from the limits of its key."""
        if units or money:
            used = self.usage(key)
            self._usage[key] = Usage(used.units + units, used.money + money)

    def register(self, ref: KeyRef) -> KeyRegister | None:
        """Return what is known about a key, None when it is not loaded."""
        return self._registers[ref] if ref in self._registers else self._base.register(ref)

    def registers(self) -> tuple[KeyRegister, ...]:
        """Return all keys that are loaded, in order of their names."""
        known: dict[KeyRef, KeyRegister | None] = {one.ref: one for one in self._base.registers()}
        known |= self._registers
        return tuple(one for _, one in sorted(known.items(), key=lambda pair: pair[0]) if one is not None)

    def owner(self, ref: KeyRef) -> str | None:
        """Return the centre to which a loaded key belongs; None for one of keepers, or none at all."""
        return self._owners[ref] if ref in self._owners else self._base.owner(ref)

    def revoked(self, ref: KeyRef) -> Revoked | None:
        """Return what is remembered of a key that a file took away; None unless that is how it went."""
        return self._revoked[ref] if ref in self._revoked else self._base.revoked(ref)

    def usage(self, ref: KeyRef) -> Usage:
        """Return what was made under a key, also under one that was deleted since."""
        return self._usage.get(ref) or self._base.usage(ref)

    def result(self, request_id: str) -> Result | None:
        """Return what a request was answered with."""
        return self._results.get(request_id) or self._base.result(request_id)

    def request_of(self, pan: str, token: int) -> str | None:
        """Return the id of the request that made a token for a meter."""
        return self._tokens.get((pan, token)) or self._base.request_of(pan, token)

    def attempts(self, pan: str, base_date: str, tid: int) -> int:
        """Return how many different tokens one meter, base date and TID have."""
        found = self._attempts.get((pan, base_date, tid))
        return self._base.attempts(pan, base_date, tid) if found is None else found

    def moves(self, pan: str) -> tuple[KeyMove, ...]:
        """Return the key changes of a meter, oldest first."""
        return self._moves[pan] if pan in self._moves else self._base.moves(pan)

    def move(self, request_id: str) -> KeyMove | None:
        """Return the key change that a request made."""
        return self._move.get(request_id) or self._base.move(request_id)

    def unknown_on_meter(self, pan: str, day: date) -> int:
        """Return how many unknown tokens were decrypted for a meter on a day."""
        found = self._on_meter.get((pan, day))
        return self._base.unknown_on_meter(pan, day) if found is None else found

    def unknown_by_client(self, client: str, day: date) -> int:
        """Return how many unknown tokens were decrypted for a client on a day."""
        found = self._by_client.get((client, day))
        return self._base.unknown_by_client(client, day) if found is None else found

    def approval(self, request_id: str) -> ApprovalGranted | None:
        """Return the approval for a request, None when there is none or it was used."""
        if request_id in self._approvals:
            return self._approvals[request_id]
        return self._base.approval(request_id)

    def issued(self) -> int:
        """Return how many requests were answered with tokens."""
        return self._base.issued() + self._issued

    def trust(self) -> TrustSet | None:
        """Return the list of centres that are trusted, None when no list was ever set."""
        return self._trust or self._base.trust()

    def last_file(self, centre_id: str) -> LastFile | None:
        """Return the last key file of a centre, None when none was loaded."""
        return self._files.get(centre_id) or self._base.last_file(centre_id)

    def load_requests(self) -> Mapping[str, str]:
        """Return the open requests for keys: of which centre, by their ids."""
        return self._base.load_requests() if self._requests is None else self._requests
