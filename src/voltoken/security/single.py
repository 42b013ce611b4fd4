"""Single requests as lists of one, for modules that make everything by ``issue_many``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from voltoken.security.refusals import Refusal, refuse
from voltoken.security.requests import (
    CreditRequest,
    InitialKeyChangeRequest,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterTestRequest,
)
from voltoken.security.values import (
    Answer,
    IssuedToken,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    MeterTestToken,
)


class ByTheBatch(Protocol):
    """The part of a ``SecurityModule`` that follows from ``issue_many`` and ``list_keys``: inherit it."""

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Make many."""

    def list_keys(self) -> tuple[KeyRegister, ...]:
        """Return everything about all keys but their bytes."""

    def key(self, ref: KeyRef) -> KeyRegister:
        """Return everything about one key but its bytes. Raises ModuleRefused (``key.unknown``)."""
        for register in self.list_keys():
            if register.ref == ref:
                return register
        raise refuse("key.unknown", key=str(ref)).error()

    def issue_credit(self, request: CreditRequest) -> IssuedToken:
        """Make credit."""
        return cast(IssuedToken, self._one(request))

    def issue_management(self, request: ManagementRequest) -> IssuedToken:
        """Make a management token."""
        return cast(IssuedToken, self._one(request))

    def issue_key_change(self, request: KeyChangeRequest) -> KeyChangeSet:
        """Make the tokens of a key change."""
        return cast(KeyChangeSet, self._one(request))

    def issue_initial_key_change(self, request: InitialKeyChangeRequest) -> KeyChangeSet:
        """Make the tokens that bring a meter away from its first key."""
        return cast(KeyChangeSet, self._one(request))

    def meter_test_token(self, request: MeterTestRequest) -> MeterTestToken:
        """Make a token of class 1; a sealed module does, too."""
        return cast(MeterTestToken, self._one(request))

    def _one(self, request: IssueRequest) -> Answer:
        (answer,) = self.issue_many((request,))
        if isinstance(answer, Refusal):
            raise answer.error()
        return answer
