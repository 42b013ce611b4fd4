"""Where a pool of modules sends a request: what decides it, as plain values and functions.

Two tokens for one TID are the worst that a pool can bring about, so everything here follows one rule: *what
may have been carried out in a module stays with that module.* A request is tried elsewhere only if it is
certain that nothing was done, neither now nor by an earlier or a simultaneous call under the same id. What
a module keeps to itself has the same effect: a second request for a TID, or for a key change of a meter,
goes where the first one went, because only there it is seen that there was a first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final, NamedTuple

from voltoken.errors import ModuleLimit, ModuleRefused, ModuleUnavailable, ResultMissing
from voltoken.security import (
    CreditRequest,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    Refusal,
)

_DOUBLINGS_MAX: Final = 16


class Outcome(Enum):
    """What came of a call, as far as placing is concerned."""

    ANSWERED = auto()
    """There is an answer."""
    REFUSED = auto()
    """A rule forbids it. The module is well; other modules have the same rules."""
    PASSED = auto()
    """Nothing was done, because too much waits, or for a reason that lies in this one request."""
    NOTHING = auto()
    """Nothing was done, because the module is not well."""
    UNKNOWN = auto()
    """Anything else: a token may exist."""


_ALIVE: Final = frozenset({"module.busy", "module.failed"})
"""Refusals that nothing was done for, and that say nothing against the module: a request that no module can
carry out would otherwise bring one after the other to rest."""


def outcome_of(result: object) -> Outcome:
    """Say what came of a call that returned or raised this. What is not known to be harmless is UNKNOWN."""
    match result:
        case Refusal() if result.kind is ModuleUnavailable:
            return Outcome.PASSED if result.code in _ALIVE else Outcome.NOTHING
        case Refusal() if result.kind in {ModuleRefused, ModuleLimit}:
            return Outcome.REFUSED
        case ModuleRefused() | ModuleLimit() | ResultMissing():
            return Outcome.REFUSED
        case ModuleUnavailable() if result.retry_safe:
            return Outcome.PASSED if result.detail.get("refusal") in _ALIVE else Outcome.NOTHING
        case Refusal() | BaseException():
            return Outcome.UNKNOWN
    return Outcome.ANSWERED


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a module is left alone.

    failures: after so many in a row it rests. rest: for how long; twice as long each further time, at most
    rest_max.
    """

    failures: int = 3
    rest: timedelta = timedelta(seconds=5)
    rest_max: timedelta = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Health:
    """How a module has been doing.

    failures: in a row. rests: in a row. resting_until: when it may be asked again, None while it is up.
    """

    failures: int = 0
    rests: int = 0
    resting_until: datetime | None = None

    @property
    def is_up(self) -> bool:
        """Whether requests may be sent to it."""
        return self.resting_until is None

    def may_be_asked(self, now: datetime) -> bool:
        """Whether it is time for a question that has no consequences, up or not."""
        return self.resting_until is None or now >= self.resting_until

    def failed(self, breaker: Breaker, now: datetime) -> Health:
        """Return the health after a failure. Late failures of calls from before a rest make it no longer."""
        if not self.may_be_asked(now):
            return self
        failures = self.failures + 1
        if failures < breaker.failures:
            return Health(failures, self.rests)
        rest = min(breaker.rest * 2 ** min(self.rests, _DOUBLINGS_MAX), breaker.rest_max)
        return Health(failures, self.rests + 1, now + rest)

    def answered(self, breaker: Breaker) -> Health:
        """Return the health after an answer to a question: up; after a rest, one failure means another."""
        return Health(min(self.failures, max(breaker.failures - 1, 0)), self.rests)

    def after(self, outcomes: Collection[Outcome], breaker: Breaker, now: datetime) -> Health:
        """Return the health after one call. outcomes: of the requests in it."""
        if Outcome.UNKNOWN in outcomes:
            return self.failed(breaker, now)
        if Outcome.ANSWERED in outcomes or Outcome.REFUSED in outcomes:
            return Health()
        return self.failed(breaker, now) if Outcome.NOTHING in outcomes else self


class Candidate(NamedTuple):
    """A module that could have a request. place: in the order of the pool. waiting: requests it has now."""

    place: int
    waiting: int


def choose(candidates: Sequence[Candidate], last: int) -> int:
    """Return the place of the module with the fewest waiting; among equals, of the next one after last."""
    return min(candidates, key=lambda one: (one.waiting, one.place <= last, one.place)).place


class Marks(NamedTuple):
    """By what a request is known again. own: it leaves these where it goes. also: it follows these, too."""

    own: tuple[str, ...]
    also: tuple[str, ...]


def marks_of(request: IssueRequest, base_date: str | None) -> Marks:
    """Return the marks of a request. base_date: of its key, None where that is not known."""
    own: list[str] = [_id_mark(request.request_id)]
    also: list[str] = []
    if isinstance(request, KeyChangeRequest):
        own.append(f"moves {request.meter.pan}")
        also = [_id_mark(one) for one in request.sections]
    elif isinstance(request, CreditRequest | ManagementRequest) and base_date is not None:
        own.append(f"tid {request.meter.pan} {base_date} {request.tid:d}")
    return Marks(tuple(own), tuple(also))


def _id_mark(request_id: str) -> str:
    return f"id {request_id}"


@dataclass(slots=True)
class _Held:
    """A mark that must not be forgotten: a call is under way, or came to an unknown end.

    marks: all marks of the request that made it. settled: an earlier call has an answer or a refusal.
    """

    module: str
    marks: tuple[str, ...]
    calls: int = 0
    settled: bool = False
    doubtful: bool = False


class Homes:
    """Which module has had which request. Plain memory: whoever shares it between threads has a lock.

    limit: so many settled marks are remembered, the oldest forgotten first; and so many may be under way
    or in doubt, which are never forgotten.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: dict[str, _Held] = {}
        self._settled: OrderedDict[str, str] = OrderedDict()

    def of(self, marks: Sequence[str]) -> str | None:
        """Return the module that the first known mark is with, None when it knows none of them."""
        for mark in marks:
            held = self._held.get(mark)
            found = self._settled.get(mark) if held is None else held.module
            if found is not None:
                return found
        return None

    def of_request(self, request_id: str) -> str | None:
        """Return the module that has had a request, None when that is not known."""
        return self.of((_id_mark(request_id),))

    @property
    def is_full(self) -> bool:
        """Whether no more can be under way."""
        return len(self._held) >= self._limit

    @property
    def doubtful(self) -> int:
        """How many requests came to an unknown end, and nobody has asked since."""
        return sum(held.doubtful and mark == held.marks[0] for mark, held in self._held.items())

    def enter(self, marks: tuple[str, ...], module: str) -> None:
        """Note, before the call, that a request goes to a module. Marks that are with another stay there."""
        for mark in marks:
            held = self._held.get(mark)
            if held is None:
                before = self._settled.get(mark)
                if before not in {None, module}:
                    continue
                self._settled.pop(mark, None)
                held = self._held[mark] = _Held(module, marks, settled=before is not None)
            if held.module == module:
                held.calls += 1

    def leave(self, marks: tuple[str, ...], module: str, outcome: Outcome) -> None:
        """Note, after the call, what came of it: marks of what was certainly not done are forgotten."""
        for mark in marks:
            held = self._held.get(mark)
            if held is None or held.module != module:
                continue
            held.calls -= 1
            held.doubtful = (held.doubtful or outcome is Outcome.UNKNOWN) and outcome is not Outcome.ANSWERED
            held.settled = held.settled or outcome in {Outcome.ANSWERED, Outcome.REFUSED}
            self._release(mark, held)

    def clear_up(self, request_id: str) -> None:
        """Note that the module was asked what came of a request, and said it: the doubt is over.

        The request stays with its module all the same.
        """
        first = self._held.get(_id_mark(request_id))
        for mark in () if first is None else first.marks:
            held = self._held.get(mark)
            if held is not None and held.doubtful:
                held.doubtful, held.settled = False, True
                self._release(mark, held)

    def remember(self, request_id: str, module: str) -> None:
        """Note that a module has had a request, unless another one is known to have."""
        mark = _id_mark(request_id)
        if self.of((mark,)) is None:
            self._settle(mark, module)

    def _release(self, mark: str, held: _Held) -> None:
        if held.calls or held.doubtful:
            return
        del self._held[mark]
        if held.settled:
            self._settle(mark, held.module)

    def _settle(self, mark: str, module: str) -> None:
        self._settled[mark] = module
        while len(self._settled) > self._limit:
            self._settled.popitem(last=False)
