"""Modules as they are in the field: slow, one call at a time, and mortal.

Both go around any ``SecurityModule``. ``ThrottledModule`` takes its time for every token, as hardware on a
serial line does; ``DyingModule`` dies at calls that are told to it, before the work or after it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from typing import Final, TypeVar

from voltoken.errors import FieldError, ModuleOutcomeUnknown, ModuleUnavailable
from voltoken.security import (
    Answer,
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    ManagementRequest,
    MeterTestRequest,
    MeterTestToken,
    ModuleInfo,
    ModuleStatus,
    Refusal,
    SecurityModule,
    Verified,
    VerifyRequest,
)

T = TypeVar("T")

TOKENS_PER_SECOND: Final = 3
"""What a TSM250 says of itself; from a status that the client NECTAR has on record."""


class _Around:
    """A module that passes every call on to another one: through ``_make`` or ``_ask``."""

    def __init__(self, inner: SecurityModule) -> None:
        self.inner = inner

    def _make(self, call: Callable[[], T]) -> T:
        """Make the call, which makes tokens."""
        return call()

    def _ask(self, call: Callable[[], T]) -> T:
        """Make the call, which makes none."""
        return call()

    def info(self) -> ModuleInfo:
        """Return what the module is."""
        return self._ask(self.inner.info)

    def status(self) -> ModuleStatus:
        """Return how the module is now."""
        return self._ask(self.inner.status)

    def list_keys(self) -> tuple[KeyRegister, ...]:
        """Return everything about all keys but their bytes."""
        return self._ask(self.inner.list_keys)

    def key(self, ref: KeyRef) -> KeyRegister:
        """Return everything about one key but its bytes."""
        return self._ask(lambda: self.inner.key(ref))

    def issue_credit(self, request: CreditRequest) -> IssuedToken:
        """Make credit."""
        return self._make(lambda: self.inner.issue_credit(request))

    def issue_management(self, request: ManagementRequest) -> IssuedToken:
        """Make a management token."""
        return self._make(lambda: self.inner.issue_management(request))

    def issue_key_change(self, request: KeyChangeRequest) -> KeyChangeSet:
        """Make the tokens of a key change."""
        return self._make(lambda: self.inner.issue_key_change(request))

    def issue_initial_key_change(self, request: InitialKeyChangeRequest) -> KeyChangeSet:
        """Make the tokens that bring a meter away from its first key."""
        return self._make(lambda: self.inner.issue_initial_key_change(request))

    def meter_test_token(self, request: MeterTestRequest) -> MeterTestToken:
        """Make a token of class 1."""
        return self._make(lambda: self.inner.meter_test_token(request))

    def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
        """Make many."""
        return self._make(lambda: self.inner.issue_many(requests))

    def verify(self, request: VerifyRequest) -> Verified:
        """Say what is known about a token."""
        return self._ask(lambda: self.inner.verify(request))

    def fetch_result(self, request_id: str) -> Answer:
        """Return again what a request was answered with."""
        return self._ask(lambda: self.inner.fetch_result(request_id))


class ThrottledModule(_Around):
    """A module with one line to it: one call at a time, and so many tokens a second.

    inner: does the work. tokens_per_second: 1 or more. sleep: is told how many seconds each answer with
    tokens takes; the line is taken meanwhile. Everything else takes the line, but no time.
    Raises FieldError.
    """

    def __init__(
        self,
        inner: SecurityModule,
        tokens_per_second: int = TOKENS_PER_SECOND,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if tokens_per_second.__class__ is not int or tokens_per_second < 1:
            raise FieldError("tokens_per_second", tokens_per_second, "a whole number, 1 or more")
        super().__init__(inner)
        self._token = Fraction(1, tokens_per_second)
        self._sleep = sleep
        self._line = threading.Lock()

    def _make(self, call: Callable[[], T]) -> T:
        with self._line:
            answer = call()
            tokens = _tokens_in(answer)
            if tokens:
                self._sleep(float(tokens * self._token))
            return answer

    def _ask(self, call: Callable[[], T]) -> T:
        with self._line:
            return call()


class Death(Enum):
    """When a module dies, and so what its caller gets to know."""

    AWAY = "away"
    """It cannot be reached: nothing was done, and the caller knows it (ModuleUnavailable)."""
    BEFORE_THE_WORK = "before the work"
    """It has taken the request, and does nothing; the caller cannot know (ModuleOutcomeUnknown)."""
    BEFORE_THE_ANSWER = "before the answer"
    """The tokens are made and on record, and the answer is lost (ModuleOutcomeUnknown)."""


Dies = Callable[[int], Death | None]
"""Says of each call that makes tokens, counted from 1, whether the module dies in it."""


def at_calls(deaths: Mapping[int, Death]) -> Dies:
    """Return the plan to die at these calls, counted from 1, and at no others."""
    return dict(deaths).get


def every(calls: int, death: Death) -> Dies:
    """Return the plan to die at every so many calls, 1 or more. Raises FieldError."""
    if calls.__class__ is not int or calls < 1:
        raise FieldError("calls", calls, "a whole number, 1 or more")
    return lambda call: None if call % calls else death


class DyingModule(_Around):
    """A module that dies by plan, and is there again at the next call, unless told to stay down.

    inner: does the work, and keeps what it has on record through every death. dies: the plan. calls: how
    many calls that make tokens there were; those while it is down are counted, too. down: while it is set,
    every call finds the module away. stays_down: every death by plan but AWAY sets it.
    """

    def __init__(self, inner: SecurityModule, dies: Dies = at_calls({}), *, stays_down: bool = False) -> None:  # noqa: B008 - a plan keeps no state
        super().__init__(inner)
        self.calls = 0
        self.down = False
        self._dies = dies
        self._stays_down = stays_down
        self._counting = threading.Lock()

    def _make(self, call: Callable[[], T]) -> T:
        with self._counting:
            self.calls += 1
            death = self._dies(self.calls)
        if self.down or death is Death.AWAY:
            raise _away()
        if death is None:
            return call()
        self.down = self._stays_down
        if death is Death.BEFORE_THE_ANSWER:
            call()
        raise ModuleOutcomeUnknown(
            "The module died, and its answer was lost. Fetch the result before anything else."
        )

    def _ask(self, call: Callable[[], T]) -> T:
        if self.down:
            raise _away()
        return call()


def _away() -> ModuleUnavailable:
    return ModuleUnavailable("The module cannot be reached. Nothing was done.")


def _tokens_in(answer: object) -> int:
    """Count the tokens of an answer; a refusal has none."""
    match answer:
        case KeyChangeSet(tokens=tokens):
            return len(tokens)
        case IssuedToken() | MeterTestToken():
            return 1
        case list():
            return sum(map(_tokens_in, answer))
    return 0
