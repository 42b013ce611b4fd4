"""What a ceremony in the register says of itself: its people, its turns, and what is on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import ActRefused
from voltoken.kmc.ceremony.script import Action, Part, Turn, laid_out
from voltoken.kmc.ceremony.scripts import SCRIPTS
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry

CEREMONY: Final = "ceremony"
"""The name of the register."""
DRY: Final = "dry-"
"""What the id of every dry run begins with, and of nothing else."""


def is_dry(entry: Entry) -> bool:
    """Whether a ceremony is a dry run: nothing of it can ever become a real key."""
    return entry.entry_id.startswith(DRY)


def custodians(entry: Entry) -> tuple[str, ...]:
    """Return the custodians of a ceremony, in the order of their numbers."""
    return tuple(entry.get("custodians") or ())


def parts(entry: Entry) -> tuple[tuple[Part, int, str], ...]:
    """Return who takes part as what: the part, the number of a custodian or 0, and the person."""
    found = [(Part.OFFICER, 0, str(entry.get("officer")))]
    found += [(Part.CUSTODIAN, number, person) for number, person in enumerate(custodians(entry), start=1)]
    found.append((Part.AUDITOR, 0, str(entry.get("auditor"))))
    if entry.get("witness") is not None:
        found.append((Part.WITNESS, 0, str(entry.get("witness"))))
    return tuple(found)


def lay_out(entry: Entry) -> tuple[Turn, ...]:
    """Return the turns that a ceremony has when it begins now."""
    return laid_out(
        SCRIPTS[entry.get("script")],
        str(entry.get("officer")),
        custodians(entry),
        str(entry.get("auditor")),
        entry.get("witness"),
    )


def turns(entry: Entry) -> tuple[Turn, ...]:
    """Return all turns of a ceremony that has begun."""
    return tuple(Turn.of(document) for document in entry.get("steps") or ())


def next_turn(entry: Entry) -> Turn | None:
    """Return the turn that comes next, None when all are done or the ceremony has not begun."""
    all_turns, done = turns(entry), len(record(entry))
    return all_turns[done] if done < len(all_turns) else None


def record(entry: Entry) -> tuple[Mapping[str, Any], ...]:
    """Return what is on record: one object for every turn that is done."""
    return tuple(entry.get("record") or ())


def found_by(entry: Entry, action: Action, custodian: int = 0) -> Mapping[str, Any] | None:
    """Return what the centre found when a turn was done, None while it is not.

    custodian: whose turn, 0 for the first one of this action.
    """
    for turn, row in zip(turns(entry), record(entry), strict=False):
        if turn.action is action and custodian in {0, turn.custodian}:
            found: Mapping[str, Any] = row["found"]
            return found
    return None


def begun(state: State, entry: Entry, now: datetime) -> dict[str, Any]:
    """Return what the centre puts down when a ceremony begins: its turns, its people and their keys."""
    return {
        "steps": [turn.document for turn in lay_out(entry)],
        "people": [_participant(state, *part) for part in parts(entry)],
        "planned": _planned(state, entry),
        "begun_at": canonical.write_moment(now),
    }


def recorded(before: Entry, after: Entry, now: datetime, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the centre puts down when a turn is done.

    after: with the evidence that was given. found: what the centre found itself, such as a check value.
    """
    row = {
        "number": after.get("number"),
        "person": after.by,
        "at": canonical.write_moment(now),
        "evidence": dict(after.get("evidence") or {}),
        "found": dict(found),
    }
    # The evidence is emptied, so that no later step can go by what an earlier one has shown.
    return {"record": [*record(before), row], "evidence": {}}


def _participant(state: State, part: Part, number: int, person_id: str) -> dict[str, Any]:
    person = state.person(person_id)
    if person is None or person.public_key is None or not person.active:
        raise ActRefused("part", f"{person_id} takes part, and is not active with a key of their own.")
    return {
        "part": part.value,
        "custodian": number,
        "person": person_id,
        "name": person.name,
        "public_key": person.public_key.hex(),
    }


def _planned(state: State, entry: Entry) -> dict[str, Any]:
    """Return who planned a ceremony, and who approved that it is held."""
    for request_id, filed in state.requests.items():
        request = filed.request
        if (request.act, request.body.get("id"), filed.outcome) == ("ceremony.add", entry.entry_id, "done"):
            approved = sorted(one.person_id for one in filed.approvals)
            return {"by": request.maker, "approved_by": approved, "request": request_id}
    raise ActRefused("unknown", f"Nobody is on record for having planned {entry}.")
