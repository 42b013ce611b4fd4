"""Who gets which request of a pool, and what came of it: the bookkeeping around every call."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from typing import NamedTuple

from voltoken.drivers.pool.placement import Candidate, Homes, Marks, Outcome, choose, marks_of
from voltoken.drivers.pool.roster import Member, Roster
from voltoken.security import IssueRequest, KeyChangeRequest, KeyRef, MeterTestRequest, Refusal, refuse


class Seat(NamedTuple):
    """A member that a request was given to; give it back with ``Seating.leave``, whatever happens."""

    member: Member
    marks: tuple[str, ...]


class Seating:
    """Gives requests to members of a roster, one call at a time for each. Thread-safe.

    memory: how many requests are remembered, about.
    """

    def __init__(self, roster: Roster, memory: int) -> None:
        self._roster = roster
        self._homes = Homes(memory)
        self._last = -1

    def enter(self, request: IssueRequest, tried: Container[str]) -> Seat | Refusal:
        """Give a request to a member, or say why nobody can have it.

        tried: names of the members that had it and certainly did nothing. It goes by what the roster knows;
        have that learn first.
        """
        roster, refs = self._roster, keys_of(request)
        now = roster.clock()
        with roster.lock:
            registers = [one for ref in refs[:1] for one in roster.registers(ref)]
            marks = marks_of(request, registers[0].base_date.value if registers else None)
            found = self._member(request, refs, marks, tried, now)
            if isinstance(found, Refusal):
                return found
            if self._homes.is_full:
                return refuse("module.busy", request.request_id)
            self._homes.enter(marks.own, found.name)
            found.waiting += 1
            self._last = found.place
            return Seat(found, marks.own)

    def leave(self, member: Member, outcomes: Sequence[tuple[Seat, Outcome]]) -> None:
        """Note what came of one call to a member."""
        roster = self._roster
        now = roster.clock()
        with roster.lock:
            member.waiting -= len(outcomes)
            member.health = member.health.after({outcome for _, outcome in outcomes}, roster.breaker, now)
            for seat, outcome in outcomes:
                self._homes.leave(seat.marks, member.name, outcome)

    def home(self, request_id: str) -> Member | None:
        """Return the member that had a request, None when that is not known."""
        with self._roster.lock:
            name = self._homes.of_request(request_id)
        return None if name is None else self._roster.by_name[name]

    def remember(self, request_id: str, member: Member) -> None:
        """Note that a member has had a request, unless another one is known to have."""
        with self._roster.lock:
            self._homes.remember(request_id, member.name)

    def clear_up(self, request_id: str) -> None:
        """Note that the member which had a request has said what came of it."""
        with self._roster.lock:
            self._homes.clear_up(request_id)

    def alerts(self) -> list[str]:
        """Return what a person should look at."""
        with self._roster.lock:
            doubtful = self._homes.doubtful
        return [f"The outcome of {doubtful} requests is unknown. Fetch their results."] if doubtful else []

    def _member(
        self,
        request: IssueRequest,
        refs: tuple[KeyRef, ...],
        marks: Marks,
        tried: Container[str],
        now: datetime,
    ) -> Member | Refusal:
        """Decide who gets a request."""
        home = self._homes.of((*marks.own, *marks.also))
        if home is not None:
            member = self._roster.by_name[home]
            if member.health.is_up and home not in tried:
                return member
            why = f"only {home} may have it, where it or one like it was sent before, and {home} is not up."
            return refuse("module.failed", request.request_id, why=why)
        serving = self._roster.serving(refs, request.request_id)
        if isinstance(serving, Refusal):
            return serving
        ready = [one for one in serving if one.health.is_up and one.name not in tried]
        if not ready:
            return refuse("module.failed", request.request_id, why=_nobody(serving, now))
        place = choose([Candidate(one.place, one.waiting) for one in ready], self._last)
        return self._roster.members[place]


def keys_of(request: IssueRequest) -> tuple[KeyRef, ...]:
    """Return the keys that a module must have for a request; that of its meter stands first."""
    if isinstance(request, MeterTestRequest):
        return ()
    if isinstance(request, KeyChangeRequest):
        return request.key, request.new_key
    return (request.key,)


def _nobody(serving: list[Member], now: datetime) -> str:
    """Say that none of these is up, and when the first will be tried again."""
    names = ", ".join(one.name for one in serving)
    rests = [one.health.resting_until - now for one in serving if one.health.resting_until is not None]
    again = f" The first is tried again in {max(int(min(rests).total_seconds()), 1)} s." if rests else ""
    return f"none of {names} is up.{again} Ask again under the same id."
