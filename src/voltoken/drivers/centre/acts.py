"""Carrying out a request: its job, the lines that follow from it, and what is to be kept beside them.

The jobs decide nothing here: they are pure functions of ``voltoken.kmc``, which get secrets and chance lent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from voltoken import kmc
from voltoken.access import BreakGlass, Request
from voltoken.drivers.centre.lines import FILE_NAME, hash_of
from voltoken.drivers.custody import Guarded
from voltoken.errors import ActRefused, CentreError, CentreSealed
from voltoken.kmc import (
    DESTROYED,
    ENTRY,
    JOBS,
    REGISTERS,
    REPLACED,
    SECRET,
    Entry,
    Event,
    Plan,
    State,
    Tools,
    Work,
    carried_event,
)

ROOT: Final = "root"
"""The name under which the root key is lent."""
ROOT_JOBS: Final = frozenset({"split", "recover"})
"""The jobs that get the root key lent: those that make shares of it, and try them."""


@dataclass(frozen=True, slots=True)
class Outcome(Guarded):
    """What came of a request that was carried out.

    entry: as it stands now. approvers: who approved. files: to be written, by name; the centre keeps
    them too. told: shown once to whoever asked, and kept nowhere. followed: what else changed with it.
    """

    request_id: str
    act: str
    entry: Entry
    approvers: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    told: str = field(default="", repr=False)
    followed: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Lent(Guarded):
    """What a request needs beside itself.

    now: the one moment of everything in it. chance: random bytes. secret: opens a secret by its name.
    glass: in place of approvals. papers: files that were handed in. typed: what somebody typed beside it.
    here: requests that whoever asked waits for (``expect``). sealed: there are no keys to sign with.
    """

    now: datetime
    chance: Callable[[int], bytes]
    secret: Callable[[str], bytes] = field(repr=False)
    glass: BreakGlass | None = None
    papers: Sequence[bytes] = ()
    typed: str = field(default="", repr=False)
    here: set[str] = field(default_factory=set)
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Done(Guarded):
    """An act that is ready to be written. keep: secrets by name. destroy: names. events: of the registers."""

    outcome: Outcome
    carried: Event
    events: tuple[Event, ...]
    keep: Mapping[str, bytes] = field(repr=False)
    destroy: tuple[str, ...]

    def lines(self, sealed: Mapping[str, bytes]) -> tuple[Event, ...]:
        """Return all lines of the act. sealed: what is kept, as it is kept."""
        gone = [Event(DESTROYED, {"name": name}) for name in self.destroy]
        kept = [Event(SECRET, {"name": name, "sealed": hash_of(blob)}) for name, blob in sealed.items()]
        return (self.carried, *gone, *kept, *self.events)


def expect(here: set[str], request: Request, *, sealed: bool) -> None:
    """Note a request that is carried out in the moment it is asked, or never; others are let pass.

    here: ids of those whose makers are there. Raises CentreSealed before one is filed that would stay open:
    whoever carried it out later would type a component of his own, or read another's share.
    """
    step = REGISTERS[request.body["register"]].step(request.body["step"])
    if not step.present:
        return
    if sealed:
        raise CentreSealed(
            f"The centre is sealed, and {request.act} is carried out in the moment it is asked, or never. "
            "Nothing was filed. Unseal the centre, and ask again."
        )
    here.add(request.request_id)


def carry_out(state: State, request_id: str, lent: Lent) -> Done:
    """Return what a request leads to, when it is approved; nothing is changed yet.

    One whose maker has to be there is tried once.

    Raises what engine and jobs refuse, and CentreSealed when the job needs keys.
    """
    filed = kmc.open_request(state, request_id)
    is_here = request_id in lent.here
    lent.here.discard(request_id)
    plan = kmc.planned(state, filed.request, lent.now)
    if plan.step.present and not is_here:
        raise ActRefused(
            "not_present",
            f"{filed.request.act} is carried out in the moment it is asked, while whoever asked is there, or "
            f"never. Request {request_id} is worth nothing any more: {filed.request.maker} asks again.",
            request=request_id,
        )
    approvers = kmc.ready(state, request_id, lent.now, lent.glass)
    work = _work(state, plan, lent)
    events = kmc.carry_out(state, request_id, work.facts, lent.now, lent.glass)
    _check(state, plan.step.job, work)
    gone = tuple(name for name in work.destroy if name in state.secrets)
    entries = [Entry.of(event.facts) for event in events if event.kind == ENTRY]
    files = {name: hash_of(content) for name, content in work.files.items()}
    outcome = Outcome(
        request_id, filed.request.act, entries[0], approvers, work.files, work.told, tuple(entries[1:])
    )
    carried = carried_event(request_id, work.facts, files)
    done = Done(outcome, carried, tuple(events), work.keep, gone)
    if lent.sealed:
        _check_keyless(state, done, lent)
    return done


def _check_keyless(state: State, done: Done, lent: Lent) -> None:
    """Raise CentreSealed unless anybody can work the lines of an act out again.

    No signed head vouches for them, so opening the centre again takes them on no other ground.
    """
    if not done.keep:
        wanted = kmc.carried_without_keys(state, done.outcome.request_id, lent.now, lent.glass)
        if done.lines({}) == wanted:
            return
    raise CentreSealed("The centre is sealed, and this act takes its signature. Unseal it, and try again.")


def _work(state: State, plan: Plan, lent: Lent) -> Work:
    name = plan.step.job
    if not name:
        return Work()
    job = JOBS.get(name)
    if job is None:
        raise CentreError(f"This program cannot do the job {name}. Install a later one.")

    def secret(wanted: str) -> bytes:
        if wanted == ROOT and name not in ROOT_JOBS:
            raise CentreError(f"The root key is not lent to the job {name}.")
        return lent.secret(wanted)

    papers = {hash_of(paper): paper for paper in lent.papers}
    typed = lent.typed if plan.step.present else ""
    work = job(state, plan, Tools(lent.now, lent.chance, secret, papers, typed=typed))
    if work.told and not plan.step.present:
        raise CentreError(f"The job {name} tells something to nobody who is there.")
    return work


def _check(state: State, job: str, work: Work) -> None:
    """See that no secret is lost: none is put in the place of another."""
    for name in work.keep:
        if name in state.secrets and name not in work.destroy and not name.startswith(REPLACED):
            raise ActRefused("exists", f"There is a secret {name} already, and none ever takes its place.")
    kept = all(kmc.may_keep(job, name) for name in work.keep)
    if not kept or not all(kmc.may_destroy(job, name) for name in work.destroy if name in state.secrets):
        raise CentreError(f"The job {job} is not one that touches such a secret.")
    for name in work.files:
        if not FILE_NAME.fullmatch(name):
            raise CentreError("A job names a file that no folder takes.")
