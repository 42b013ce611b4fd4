"""The modules of a pool: how each has been doing, and which keys it has.

Both are learnt by asking, at the moment when somebody needs to know: no thread runs here. A module that
rests is first asked for its keys, which has no consequences, before it gets a request again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from voltoken.drivers.pool.combined import Known, agree
from voltoken.drivers.pool.placement import Breaker, Health, Outcome, outcome_of
from voltoken.errors import FieldError, SecurityModuleError, VoltokenError
from voltoken.security import KeyRef, KeyRegister, ModuleRole, Refusal, SecurityModule, refuse

T = TypeVar("T")

UNKNOWN_KEY_WAIT: Final = timedelta(seconds=1)
"""A key that no module is known to have makes all be asked again, but not more often than this."""


@dataclass(slots=True, eq=False)
class Member:
    """A module of a pool. waiting: how many requests it has now. known: None until it was asked."""

    place: int
    name: str
    module: SecurityModule
    waiting: int = 0
    health: Health = Health()
    known: Known | None = None


class Roster:
    """The members of a pool, in their order. Thread-safe; ``lock`` guards what changes in members.

    modules: by the names that errors and alerts call them. role: modules with another one get no requests.
    refresh: how old what is known of a module may get. Raises FieldError when there is no module.
    """

    def __init__(
        self,
        modules: Mapping[str, SecurityModule],
        clock: Callable[[], datetime],
        *,
        role: ModuleRole,
        breaker: Breaker,
        refresh: timedelta,
    ) -> None:
        if not modules:
            raise FieldError("modules", None, "at least one security module")
        self.members = tuple(Member(place, *item) for place, item in enumerate(modules.items()))
        self.by_name = {one.name: one for one in self.members}
        self.lock = threading.Lock()
        self.clock = clock
        self.role = role
        self.breaker = breaker
        self._refresh = refresh
        self._learning = threading.Lock()

    def ask(self, member: Member, question: Callable[[SecurityModule], T]) -> T:
        """Ask a module what has no consequences, and note whether it answers. Raises what it raises."""
        try:
            answer = question(member.module)
        except VoltokenError as error:
            outcome = outcome_of(error)
            now = self.clock()
            with self.lock:
                if outcome in {Outcome.NOTHING, Outcome.UNKNOWN}:
                    member.health = member.health.failed(self.breaker, now)
                elif outcome is Outcome.REFUSED:
                    member.health = member.health.answered(self.breaker)
            raise
        with self.lock:
            member.health = member.health.answered(self.breaker)
        return answer

    def learn(self, refs: Sequence[KeyRef] = ()) -> None:
        """Ask the modules of which too little is known. refs: the keys that somebody needs.

        One thread asks; others go on with what is known, unless nothing is.
        """
        if not self._due(refs):
            return
        with self.lock:
            anything = any(one.known for one in self.members)
        if not self._learning.acquire(blocking=not anything):
            return
        try:
            for member in self._due(refs):
                self._learn_of(member)
        finally:
            self._learning.release()

    def _due(self, refs: Sequence[KeyRef]) -> list[Member]:
        now = self.clock()
        with self.lock:
            missing = not all(
                any(one.known and ref in one.known.keys for one in self.members) for ref in refs
            )
            longest = min(self._refresh, UNKNOWN_KEY_WAIT) if missing else self._refresh
            return [one for one in self.members if _is_due(one, now, longest)]

    def _learn_of(self, member: Member) -> None:
        try:
            info = self.ask(member, lambda module: module.info())
            keys = self.ask(member, lambda module: module.list_keys())
        except SecurityModuleError:
            return  # its health says so; what was known of it stays known
        known = Known(info, {register.ref: register for register in keys}, self.clock())
        with self.lock:
            member.known = known

    def contradicted(self, member: Member) -> None:
        """Note that what is known of a module is wrong."""
        with self.lock:
            if member.known is not None:
                member.known = replace(member.known, stale=True)

    def registers(self, ref: KeyRef) -> list[KeyRegister]:
        """Return what each module that has a key knows about it. The caller has the lock."""
        return [one.known.keys[ref] for one in self.members if one.known and ref in one.known.keys]

    def serving(self, refs: Sequence[KeyRef], request_id: str | None = None) -> list[Member] | Refusal:
        """Return the members that have all these keys, up or not, or why nobody can be asked for them.

        The caller has the lock.
        """
        for ref in refs:
            if not agree(self.registers(ref)):
                why = f"the modules have different keys under the name {ref}. Delete the wrong ones."
                return refuse("module.failed", request_id, why=why)
        found = [
            one
            for one in self.members
            if one.known and one.known.info.role is self.role and all(ref in one.known.keys for ref in refs)
        ]
        if found:
            return found
        silent = ", ".join(one.name for one in self.members if one.known is None)
        if silent:
            why = f"nobody knows yet which keys {silent} has. See that it can be reached."
            return refuse("module.failed", request_id, why=why)
        missing = next((ref for ref in refs if not self.registers(ref)), None)
        if missing is None:
            why = f"no module has all of {', '.join(map(str, refs))}. Load them into one."
            return refuse("module.failed", request_id, why=why) if refs else _no_role(self.role, request_id)
        return refuse("key.unknown", request_id, key=str(missing))

    def alerts(self) -> list[str]:
        """Return what a person should look at, of what the modules cannot know."""
        with self.lock:
            refs = sorted({ref for one in self.members if one.known for ref in one.known.keys})
            told = [
                f"{one.name}: a {one.known.info.role} module gets no requests in a pool for {self.role}."
                for one in self.members
                if one.known and one.known.info.role is not self.role
            ]
            return told + [
                f"The modules have different keys under the name {ref}. Nothing is made under it."
                for ref in refs
                if not agree(self.registers(ref))
            ]


def _is_due(member: Member, now: datetime, longest: timedelta) -> bool:
    """Say whether a member is to be asked: its rest is over, or what is known of it is old or wrong."""
    if not member.health.may_be_asked(now):
        return False
    known = member.known
    return not member.health.is_up or known is None or known.stale or now - known.at >= longest


def _no_role(role: ModuleRole, request_id: str | None) -> Refusal:
    return refuse("module.failed", request_id, why=f"no module here is one for {role}.")
