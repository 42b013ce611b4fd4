"""The first entries of a centre, which no request leads to: the built-in roles, and the people who found it.

Everything after them follows from requests that these people sign.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.access import REQUEST_SPAN_MAX, Request
from voltoken.errors import ActRefused
from voltoken.kmc.plans import domain_of, planned
from voltoken.kmc.register import ADD, Register
from voltoken.kmc.registers import REGISTERS
from voltoken.kmc.registers.people import OFFICER, OFFICERS_LEAST, PERSON, ROLE
from voltoken.kmc.state import State
from voltoken.kmc.values import Event, entry_event

FOUNDING: Final = "founding"
"""The step and the maker of the entries that a centre begins with."""

_CUSTODIANS: Final = ("component", "hand_out", "share", "step", "sign")
_AUDITORS: Final = ("step", "sign", "abort")


@dataclass(frozen=True, slots=True)
class Founder:
    """Somebody who founds a centre. roles: names of built-in roles. public_key: Ed25519, 32 bytes."""

    person_id: str
    name: str
    roles: frozenset[str]
    public_key: bytes


def built_in_roles() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Return the roles of a new centre by name: what each is for, and its actions.

    No role but ``emergency`` has a right to act without approvals, and none has limits.
    """
    everything = tuple(f"{name}.*" for name in sorted(REGISTERS))
    registers = (
        *("assessment", "certification", "country", "installation", "laboratory", "mfr_code", "module"),
        *("organisation", "practice", "product", "serial_range", "supply_group"),
    )
    steps = [(name, step) for name, table in sorted(REGISTERS.items()) for step in table.steps]
    broken = tuple(f"{name}.{step.name}.break_glass" for name, step in steps if step.glass)
    approved = tuple(f"{name}.{step.name}.approve" for name, step in steps if step.approvals)
    ceremony = tuple(f"ceremony.{step}" for step in _CUSTODIANS)
    watching = tuple(f"ceremony.{step}" for step in _AUDITORS)
    roles = {
        "approver": ("approves what others ask for, and asks for nothing", approved),
        # Not all of ceremonies: two auditors would plan one, and approve it, that hands out the root key.
        "auditor": ("watches ceremonies, breaks them off, and otherwise reads", watching),
        "custodian": ("keeps components and shares in ceremonies", ceremony),
        "emergency": ("may act without approvals where the table of steps lets it", broken),
        OFFICER: ("everything but acting without approvals", everything),
        "registrar": ("keeps the registers, but no keys", tuple(f"{name}.*" for name in registers)),
    }
    return {name: (text, actions) for name, (text, actions) in sorted(roles.items()) if actions}


def founding_events(founders: Sequence[Founder], now: datetime) -> tuple[Event, ...]:
    """Return the lines of the built-in roles and of the founders, roles first.

    now: in UTC. Raises ActRefused (``last_officers`` with fewer than two officers, ``exists`` for a name that
    stands twice, ``taken`` for a key that does, ``unknown`` for a role that is not built in) and FieldError.
    """
    officers = sum(OFFICER in founder.roles for founder in founders)
    if officers < OFFICERS_LEAST:
        raise ActRefused(
            "last_officers",
            f"A centre is founded by {OFFICERS_LEAST} or more with the role {OFFICER}; {officers} have it.",
        )
    state = State()
    events = [
        _made(state, ROLE, name, {"text": text, "actions": list(actions)}, now)
        for name, (text, actions) in built_in_roles().items()
    ]
    for founder in founders:
        values = {
            "name": founder.name,
            "roles": sorted(founder.roles),
            "public_key": founder.public_key.hex(),
        }
        events.append(_made(state, PERSON, founder.person_id, values, now))
    return tuple(events)


def founders_digest(events: Iterable[Event]) -> str:
    """Return SHA-256 over the lines that a centre begins with: the first line holds it.

    Requests are bound to the first line, so nobody can change who founded a centre and keep what was signed.
    """
    found = hashlib.sha256()
    for event in events:
        found.update(canonical.write({"kind": event.kind, "facts": event.facts}).encode("ascii") + b"\n")
    return found.hexdigest()


def _made(state: State, register: Register, entry_id: str, values: Mapping[str, Any], now: datetime) -> Event:
    """Return the line of an entry by the rules of its register, and let the state take it."""
    request = Request(
        domain=domain_of(state),
        request_id=FOUNDING,
        act=f"{register.name}.{ADD}",
        body={"register": register.name, "id": entry_id, "step": ADD, "version": 0, "values": values},
        maker=FOUNDING,
        made_at=now,
        until=now + REQUEST_SPAN_MAX,
        needs=0,
    )
    event = entry_event(planned(state, request, now).after, FOUNDING, "")
    state.take(event)
    return event
