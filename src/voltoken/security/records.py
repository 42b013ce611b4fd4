"""What a module must have on the disk before an answer leaves: the output of its decisions.

A decision is a tuple of these. Whoever persists them (``voltoken.drivers``) writes all of one decision in
one transaction, or none. ``Event`` is a line of the hash-chained log: it holds no token and no key, only
masked or keyed forms of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, NamedTuple

from voltoken.security.values import KeyRef, KeyRegister, MeterId
from voltoken.sts import KEN, TI

REQUESTS_OPEN_MAX: Final = 16
"""So many requests for keys of one module are open at a time."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One request that was answered with tokens.

    digest: what decides whether a request is the same, 32 bytes. kind: see ``requests.KINDS``.
    base_date, tid: of the token; None where it has none. attempt: 0 for the first token of this meter,
        base date and TID; a recovery makes 1, 2 and so on.
    units, money: by how many steps the counters of the key go up.
    answer: the whole answer, ``answers.pack``ed. Secret: it holds the tokens. Keep it sealed.
    tokens: the 66-bit numbers, by which ``verify`` finds the request; only keyed hashes of them are kept.
    """

    request_id: str
    client: str
    kind: str
    digest: bytes
    pan: str | None
    key: KeyRef | None
    base_date: str | None
    tid: int | None
    attempt: int
    units: int
    money: int
    answer: bytes = field(repr=False)
    tokens: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyMove:
    """A meter was given a set that leads from one key to another; everything needed to make it again.

    ken, check_value: of the new key at that time. A key of the same name that was loaded since with another
    KEN, or other bytes, makes another set. sections: not empty when the set was made under a mixture.
    """

    request_id: str
    meter: MeterId
    key: KeyRef
    new_key: KeyRef
    new_ti: TI
    tokens: int
    roll_over: bool
    ken: KEN
    check_value: str
    sections: tuple[str, ...] = ()

    def same_set(self, other: KeyMove) -> bool:
        """Whether another move has the very same tokens."""
        mine, theirs = replace(self, request_id=""), replace(other, request_id="")
        return replace(mine, meter=theirs.meter) == theirs and self.meter.ti == other.meter.ti

    @property
    def start(self) -> tuple[KeyRef, TI]:
        """Which key the meter had."""
        return self.key, self.meter.ti

    @property
    def end(self) -> tuple[KeyRef, TI]:
        """Which key it gets."""
        return self.new_key, self.new_ti


@dataclass(frozen=True, slots=True)
class UnknownTried:
    """A token that the module has not on record was decrypted for somebody. day: UTC."""

    pan: str
    client: str
    day: date


@dataclass(frozen=True, slots=True)
class ApprovalUsed:
    """An approval was used up."""

    request_id: str


@dataclass(frozen=True, slots=True)
class ApprovalGranted:
    """A person approved, at the administration door, what a rule forbids.

    request_id, request_hash: the request it is for, and no other; the hash covers client and content
        (``requests.request_hash``). until: it is worth nothing afterwards. by, reason: who and why, for the
        log.
    """

    request_id: str
    request_hash: str
    until: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyLoaded:
    """A key was loaded, in place of all that was remembered of its name.

    secret: its bytes; None when they live in a hardware token. Keep it sealed. centre: whose file brought it;
    None when keepers put it in.
    """

    register: KeyRegister
    secret: bytes | None = field(repr=False)
    centre: str | None = None


@dataclass(frozen=True, slots=True)
class KeyRefreshed:
    """What is known about a key was replaced by a key file. Its bytes and its counters stay.

    secret: the bytes that are there already; None when they live in a hardware token. Keep it sealed. centre:
    to whom it belongs from now on; None for a key of keepers, which it stays.
    """

    register: KeyRegister
    secret: bytes | None = field(repr=False)
    centre: str | None = None


@dataclass(frozen=True, slots=True)
class TrustSet:
    """A keeper said which centres the module trusts.

    version: higher than that of the list before. document: the list in its one form. by: who.
    """

    version: int
    document: str
    by: str


@dataclass(frozen=True, slots=True)
class LoadRequested:
    """A keeper asked a centre for keys. At most ``REQUESTS_OPEN_MAX`` are open; the oldest ends then."""

    request_id: str
    centre_id: str
    by: str


class FiledKey(NamedTuple):
    """A key of a key file. owner_auth: digest of the owner's authorisation in hex, empty without one."""

    ref: KeyRef
    check_value: str
    owner_auth: str = ""


@dataclass(frozen=True, slots=True)
class KeyFileLoaded:
    """A key file was loaded as a whole; its keys have records of their own in the same decision.

    seq: its number, which only rises for one centre. digest: SHA-256 of the file, in hex. request_id: the
    request that it answers, None for one that was not asked for. revoked: keys that are not here any more.
    receipt: signed; whoever loads the same file again gets it again. by: who loaded it.
    """

    centre_id: str
    seq: int
    file_id: str
    digest: str
    request_id: str | None
    keys: tuple[FiledKey, ...]
    revoked: tuple[KeyRef, ...]
    receipt: bytes
    by: str


@dataclass(frozen=True, slots=True)
class KeyDeleted:
    """Keepers deleted a key, or what was remembered of one that a file had revoked.

    Its counters stay, so that loading it again gives no new limits.
    """

    ref: KeyRef


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """A key file took a key away. What it was stays known, so that no later file makes more of its name.

    centre: whose file it was. mark: a code of its bytes that this module alone can make; empty when they
    lived in a hardware token. Counters stay.
    """

    ref: KeyRef
    centre: str
    mark: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log. kind: dotted, e.g. ``issued.credit``. facts: plain values, nothing secret.

    alarm: a person should look at it.
    """

    kind: str
    facts: Mapping[str, str | int | bool | None]
    alarm: bool = False


Record = (
    Issued
    | KeyMove
    | UnknownTried
    | ApprovalUsed
    | ApprovalGranted
    | KeyLoaded
    | KeyRefreshed
    | KeyDeleted
    | KeyRevoked
    | TrustSet
    | LoadRequested
    | KeyFileLoaded
    | Event
)
"""Anything a decision has to leave on the disk."""
