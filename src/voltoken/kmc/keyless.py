"""What a centre does without its keys: lines that anybody can work out again, and so can check.

A sealed centre signs nothing. What it writes is worth as much as can be seen without it: requests and
approvals carry the signatures of people, and an act is written only when everything in it follows from the
registers, the request and the time. So its job gets neither secrets nor chance, and nothing that was typed or
handed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NoReturn

from voltoken.access import BreakGlass
from voltoken.errors import CentreSealed
from voltoken.kmc.engine import carry_out, open_request
from voltoken.kmc.jobs import JOBS
from voltoken.kmc.plans import Plan, planned
from voltoken.kmc.state import State
from voltoken.kmc.values import Event
from voltoken.kmc.work import Tools, Work

CARRIED: Final = "act.carried_out"
"""A request is carried out; what it did follows in the next lines, to the one that closes it. The facts are
what the centre itself found out, and the files that it made, by name with their SHA-256."""
REPLACED: Final = "challenge/"
"""What the name of a secret begins with that a later one may replace."""

_KEEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "generate": ("vending_key/",),
    "take_in": ("vending_key/",),
    "new_signing_key": ("signing_key/",),
    "challenge": (REPLACED,),
    "component": ("component/",),
    "combine": ("vending_key/",),
    "split": ("share/",),
    "share": ("offered/",),
}
_DESTROYS: Final[Mapping[str, tuple[str, ...]]] = {
    "destroy": ("vending_key/", "signing_key/"),
    "check_proof": (REPLACED,),
    "combine": ("component/",),
    "hand_out": ("share/",),
    "recover": ("offered/",),
    "abort": ("component/", "share/", "offered/", "vending_key/"),
}


def may_keep(job: str, name: str) -> bool:
    """Whether a job keeps secrets of such names."""
    return name.startswith(_KEEPS.get(job, ()))


def may_destroy(job: str, name: str) -> bool:
    """Whether a job destroys secrets of such names."""
    return name.startswith(_DESTROYS.get(job, ()))


def carried_event(request_id: str, facts: Mapping[str, Any], files: Mapping[str, str]) -> Event:
    """Return the line before those of an act. files: SHA-256 by name."""
    return Event(CARRIED, {"request": request_id, "facts": dict(facts), "files": dict(files)})


def carried_without_keys(
    state: State, request_id: str, now: datetime, glass: BreakGlass | None = None
) -> tuple[Event, ...]:
    """Return all lines of an act as a sealed centre writes them, from the one that carries it out.

    Raises CentreSealed for an act that takes keys: it opens, keeps or destroys a secret, draws a random
    number, or shows something once. And raises what engine and jobs refuse.
    """
    plan = planned(state, open_request(state, request_id).request, now)
    work = _work(state, plan, now)
    if work.keep or work.told or any(name in state.secrets for name in work.destroy):
        _needs_keys()
    files = {name: hashlib.sha256(content).hexdigest() for name, content in work.files.items()}
    done = carry_out(state, request_id, work.facts, now, glass)
    return carried_event(request_id, work.facts, files), *done


def _work(state: State, plan: Plan, now: datetime) -> Work:
    job = JOBS.get(plan.step.job)
    if job is not None:
        return job(state, plan, Tools(now, _needs_keys, _needs_keys))
    return _needs_keys() if plan.step.job else Work()


def _needs_keys(*_: object) -> NoReturn:
    """Refuse to lend anything, and whatever else takes keys."""
    raise CentreSealed("The centre is sealed, and this act takes its keys. Unseal it: offer what opens it.")
