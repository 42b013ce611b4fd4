"""The port of every security module: what can be asked of it, and what can be done with its keys.

``SecurityModule`` is for whoever sells; each of its methods acts for one client, whom the module knows by
the way it was reached. ``Custody`` is for the people who answer for the keys; it is reached on the machine
of the module only. Neither returns a key, lends a cipher, or derives anything for anybody: tokens come out,
nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voltoken.security.keyload import TrustList
from voltoken.security.refusals import Refusal
from voltoken.security.requests import (
    CreditRequest,
    InitialKeyChangeRequest,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterTestRequest,
    VerifyRequest,
)
from voltoken.security.values import (
    Answer,
    IssuedToken,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    MeterTestToken,
    ModuleInfo,
    ModuleStatus,
    Verified,
)


class SecurityModule(Protocol):
    """What makes tokens. Thread-safe, synchronous.

    All methods that make tokens: the answer is on the disk of the module before it is returned. The same
    request under the same id gets the same answer, also after years; another request under the id is
    refused. They raise ModuleRefused (a rule), ModuleLimit (a cap), ModuleUnavailable (nothing was done)
    and ModuleOutcomeUnknown (the answer was lost: ask ``fetch_result``).
    """

    def info(self) -> ModuleInfo:
        """Return what the module is."""

    def status(self) -> ModuleStatus:
        """Return how the module is now."""

    def list_keys(self) -> tuple[KeyRegister, ...]:
        """Return everything about all keys but their bytes, in order of their names."""

    def key(self, ref: KeyRef) -> KeyRegister:
        """Return everything about one key but its bytes. Raises ModuleRefused (``key.unknown``)."""

    def issue_credit(self, request: CreditRequest) -> IssuedToken:
        """Make credit."""

    def issue_management(self, request: ManagementRequest) -> IssuedToken:
        """Make a management token."""

    def issue_key_change(self, request: KeyChangeRequest) -> KeyChangeSet:
        """Make the tokens of a key change."""

    def issue_initial_key_change(self, request: InitialKeyChangeRequest) -> KeyChangeSet:
        """Make the tokens that bring a meter away from its first key: manufacturing modules only."""

    def meter_test_token(self, request: MeterTestRequest) -> MeterTestToken:
        """Make a token of class 1; a sealed module does, too."""

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Make many, with one write to the disk. One answer for each request, in order; none raises."""

    def verify(self, request: VerifyRequest) -> Verified:
        """Say what is known about a token: from the record, or, with the right, by decrypting it."""

    def fetch_result(self, request_id: str) -> Answer:
        """Return again what a request of the same client was answered with.

        Raises ResultMissing when there is no such answer: the request was not carried out.
        """


@dataclass(frozen=True, slots=True)
class Unsealed:
    """How far unsealing has come: how many shares there are of how many needed."""

    have: int
    need: int

    @property
    def done(self) -> bool:
        """Whether the module is unsealed."""
        return self.have >= self.need


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log as it was written. body: canonical JSON. hash: over the one before and body."""

    seq: int
    at: datetime
    body: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What checking a log found. faults: sentences, each naming the line; empty when all is well."""

    module_id: str
    entries: int
    head: str
    checkpoints: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


class Custody(Protocol):
    """What the people who answer for the keys can do; who they are is the word ``by`` in the log."""

    def unseal(self, offered: str, *, by: str) -> Unsealed:
        """Offer a share, passphrase or PIN. Raises ShareRefused when it is wrong."""

    def seal(self, *, by: str) -> None:
        """Forget all keys at once. Requests are refused from now on."""

    def load_key(self, register: KeyRegister, components: Sequence[bytes], *, by: str) -> KeyRegister:
        """Load the key that is the XOR of components; register says what it is and its check value.

        Raises ModuleRefused (``custody.*``): a live key in a software module, a published key as live, a
        wrong check value, a key that is there already.
        """

    def delete_key(self, ref: KeyRef, *, by: str, reason: str) -> None:
        """Delete a key, or forget one that a file has revoked. Its counters and its log stay."""

    def approve(self, request_id: str, request_hash: str, until: datetime, *, by: str, reason: str) -> None:
        """Approve, once, what a rule about recoveries forbids: for one request and no other.

        request_hash: the digits that the refusal named.
        """

    def zeroise(self, *, by: str, reason: str) -> None:
        """Destroy all keys and the root key for good. The log stays, and can be verified."""

    def identity(self) -> bytes:
        """Return the document that says who the module is, signed by itself. Raises ModuleUnavailable."""

    def prove(self, challenge: bytes, *, by: str) -> bytes:
        """Answer a trusted centre's challenge: that the private keys of ``identity`` are here.

        Raises KeyFileError.
        """

    def trusted(self) -> TrustList:
        """Return the centres that the module trusts."""

    def set_trust(self, document: bytes, *, by: str) -> TrustList:
        """Trust the centres of a list, or one more by its identity; return the list in force then.

        Whoever calls has compared its fingerprint. Raises KeyFileError, and ModuleRefused
        (``custody.trust_version``) for an old list.
        """

    def begin_key_load(self, centre_id: str, wanted: Sequence[KeyRef], *, by: str) -> bytes:
        """Return a signed request for keys; a file that answers it may be loaded once.

        Raises ModuleRefused (``custody.untrusted``) and FieldError.
        """

    def load_key_file(self, data: bytes, *, by: str) -> bytes:
        """Load a key file: every key of it, or nothing. Return the signed receipt.

        The last file of a centre again is answered with the same receipt. Raises KeyFileError for a file that
        is not for this module now, ModuleRefused (``custody.*``) for a key that it may not have.
        """

    def audit(self, from_seq: int = 1) -> Iterator[LogEntry]:
        """Return the log from a line on."""

    def verify_audit(self) -> AuditReport:
        """Check the whole log: its chain, its records, its counters and its checkpoints."""
