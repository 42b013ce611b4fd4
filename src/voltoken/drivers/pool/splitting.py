"""Many requests at once for a pool: split by module, asked side by side, put together in order again."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from voltoken.drivers.pool.placement import Outcome, outcome_of
from voltoken.drivers.pool.roster import Member, Roster
from voltoken.drivers.pool.seating import Seat, Seating, keys_of
from voltoken.errors import ModuleOutcomeUnknown, ModuleUnavailable
from voltoken.security import REFUSALS, Answer, IssueRequest, Refusal, refuse

Parts = dict[Member, list[tuple[int, Seat]]]
"""What each member was given: places in the batch, in order, with their seats."""


ELSEWHERE: Final = frozenset({Outcome.PASSED, Outcome.NOTHING})
"""Outcomes after which another module may have a request, if ``Homes`` agrees."""


class Batch:
    """One call of ``issue_many``. Used by one thread.

    answers: what is known so far, by place. failures: calls that ended in a way that leaves tokens in doubt.
    """

    def __init__(self, roster: Roster, seating: Seating, requests: Sequence[IssueRequest]) -> None:
        self._roster = roster
        self._seating = seating
        self._requests = requests
        self._tried: dict[int, set[str]] = {}
        self.answers: dict[int, Answer | Refusal] = {}
        self.failures: list[tuple[Member, BaseException]] = []

    def run(self) -> list[Answer | Refusal]:
        """Return an answer for each request, in order.

        What a module certainly has not done is given to others, as often as there are any. When a module
        leaves some of it in doubt, the rest is brought to its end first.
        Raises ModuleOutcomeUnknown, with the module's name in detail; and, after the bookkeeping, whatever
        else a module raised.
        """
        waiting = list(range(len(self._requests)))
        refs = tuple(dict.fromkeys(ref for request in self._requests for ref in keys_of(request)))
        while waiting:
            self._roster.learn(refs)
            waiting = self._ask(self._seat(waiting))
        for member, error in self.failures:
            raise in_doubt(error, member.name)
        return [self.answers[place] for place in range(len(self._requests))]

    def _seat(self, waiting: Sequence[int]) -> Parts:
        """Give each request to a member; for whom there is none, the last refusal stands."""
        parts: Parts = {}
        for place in waiting:
            tried = self._tried.setdefault(place, set())
            seat = self._seating.enter(self._requests[place], tried)
            if isinstance(seat, Seat):
                parts.setdefault(seat.member, []).append((place, seat))
            elif not tried:
                self.answers[place] = seat
        return parts

    def _ask(self, parts: Parts) -> list[int]:
        """Ask all members at the same time, and return the places that others may try."""
        if not parts:
            return []
        outcomes = {place: Outcome.UNKNOWN for part in parts.values() for place, _ in part}
        try:
            with ThreadPoolExecutor(len(parts), "voltoken-pool") as threads:
                calls = {
                    member: threads.submit(
                        member.module.issue_many, [self._requests[place] for place, _ in part]
                    )
                    for member, part in parts.items()
                }
            for member, part in parts.items():
                outcomes |= self._read(member, [place for place, _ in part], calls[member])
        finally:
            for member, part in parts.items():
                self._seating.leave(member, [(seat, outcomes[place]) for place, seat in part])
        return sorted(place for place, outcome in outcomes.items() if outcome in ELSEWHERE)

    def _read(
        self, member: Member, places: Sequence[int], call: Future[list[Answer | Refusal]]
    ) -> dict[int, Outcome]:
        """Note what a member answered, and return what came of each request."""
        error = call.exception()
        answers = [] if error is not None else call.result()
        if error is None and len(answers) != len(places):
            error = ModuleOutcomeUnknown(
                f"The module {member.name} gave {len(answers)} answers to {len(places)} requests."
            )
        if error is not None:
            outcome = outcome_of(error)
            if outcome is Outcome.UNKNOWN:
                self.failures.append((member, error))
            answers = [as_refusal(error, self._requests[place].request_id) for place in places]
            found = dict.fromkeys(places, outcome)
        else:
            found = {place: outcome_of(answer) for place, answer in zip(places, answers, strict=True)}
        for place, answer in zip(places, answers, strict=True):
            self.answers[place] = answer
            if answer.__class__ is Refusal and answer.code == "key.unknown":
                self._roster.contradicted(member)
            self._tried[place].add(member.name)
        return found


def as_refusal(error: BaseException, request_id: str) -> Refusal:
    """Return an error that says that nothing was done as a refusal."""
    code = error.detail.get("refusal") if isinstance(error, ModuleUnavailable) else None
    if isinstance(code, str) and code in REFUSALS and isinstance(error, ModuleUnavailable):
        return Refusal(code, error.message, request_id)
    return refuse("module.failed", request_id, why=str(error))


def in_doubt(error: BaseException, name: str) -> BaseException:
    """Return an error with the name of the module that it is from: only that module knows the outcome."""
    if not isinstance(error, ModuleOutcomeUnknown):
        return error
    named = ModuleOutcomeUnknown(
        error.message, retry_safe=error.retry_safe, **(error.detail | {"module": name})
    )
    named.__cause__ = error
    return named
