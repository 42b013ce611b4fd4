"""The names that keys of a supply group have had: here, and at every centre where it was at home before.

A meter knows a key by its name alone, so a name is burnt for good when its key was compromised, wherever
that was, and no key has an earlier base date than any that the group ever had. When keys go to another
centre, the owner of the group signs all names with them; the receiver believes the owner, and keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from voltoken.kmc.authorisations import TRANSFER_DOMAIN
from voltoken.kmc.keys import (
    GONE,
    KEPT,
    KEY_ID,
    MOVING,
    UNMADE,
    VENDING_KEY,
    all_of,
    generation_of,
)
from voltoken.kmc.kinds import BASE_DATE_KIND, Kind, choice, count
from voltoken.kmc.release import TRANSFER
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import KeyRef

BURNT: Final = frozenset({"compromised", "destroyed_compromised"})
"""States after which no other key ever has the name."""
_RECEIVED: Final = ("received", "taken_over")
"""States of a transfer in which its names are believed."""


@dataclass(frozen=True, slots=True)
class Name:
    """A key of a supply group by its name. told_by: the transfer that told of it, empty for a key of here.

    meters_left: how many meters were on it when it was destroyed; None: nobody has said.
    """

    entry_id: str
    state: str
    base_date: str
    meters_left: int | None
    told_by: str = ""

    def __str__(self) -> str:
        """Return e.g. ``vending_key 123456/1``, with the transfer that told of it."""
        return f"{VENDING_KEY} {self.entry_id}" + (f" (told by transfer {self.told_by})" * bool(self.told_by))

    @property
    def ref(self) -> KeyRef:
        """What modules and meters call it."""
        return KeyRef.parse(self.entry_id.partition(".")[0])

    @property
    def document(self) -> dict[str, Any]:
        """What the owner of the group signs of it."""
        return {"base_date": self.base_date, "meters_left": self.meters_left, "state": self.state}


def names_of(state: State, sgc: str, news: Entry | None = None) -> tuple[Name, ...]:
    """Return every key that a supply group has had, as far as this centre knows, in order of the names.

    news: a transfer of which the names are believed as well. A key of this centre stands as it is here; of
    the others the last word counts, but what was burnt stays burnt.
    """
    found: dict[str, Name] = {}
    for transfer in (*_received(state, sgc), *(() if news is None else (news,))):
        for entry_id, said in (transfer.get("names") or {}).items():
            before = found.get(entry_id)
            if before is None or before.state not in BURNT or said["state"] in BURNT:
                found[entry_id] = Name(entry_id, told_by=transfer.entry_id, **said)
    for entry in all_of(state, sgc):
        if entry.state not in UNMADE or entry.entry_id not in found:
            get = entry.get
            found[entry.entry_id] = Name(
                entry.entry_id, entry.state, str(get("base_date")), get("meters_left")
            )
    return tuple(sorted(found.values(), key=lambda one: (one.ref, generation_of(one.entry_id))))


def known_names(state: State, sgc: str) -> dict[str, dict[str, Any]]:
    """Return the same as plain values by entry id: what the owner signs when keys go to another centre."""
    return {one.entry_id: one.document for one in names_of(state, sgc)}


def _received(state: State, sgc: str) -> Iterator[Entry]:
    """Yield the transfers that brought names of a supply group, in the order in which they came."""
    found = [one for one in state.where(TRANSFER, sgc=sgc) if one.state in _RECEIVED]
    yield from sorted(found, key=lambda one: (one.since, one.entry_id))


def next_id(state: State, ref: KeyRef) -> str:
    """Return the id under which a key of this name is asked for. Whether it may be is for the rules.

    No id is given twice, at whatever centre the group was at home.
    """
    taken = [generation_of(one.entry_id) for one in names_of(state, str(ref.sgc)) if one.ref == ref]
    return f"{ref}.{max(taken) + 1}" if taken else str(ref)


def why_name_is_taken(state: State, ref: KeyRef, entry_id: str, news: Entry | None = None) -> str:
    """Return why no key may be given a name now; empty where one may. entry_id: its own, not looked at."""
    for other in names_of(state, str(ref.sgc), news):
        if other.ref != ref or other.entry_id == entry_id or other.state == "withdrawn":
            continue
        if other.state in BURNT:
            return f"{other} was compromised. Its revision number is never used again in this group."
        if other.state not in GONE:
            return f"{other} is {other.state}. Take another revision number (KRN)."
        if other.meters_left != 0:
            return f"Meters may still be on {other}: no list of meters says that none is left."
    return ""


def state_after(here: str, there: str) -> str:
    """Return the state that a key of here gets when its state at the home of the group is heard.

    Empty: it stays as it is. What is compromised there is compromised, and what has ended there makes no
    credit here.
    """
    if there in BURNT and here in KEPT - BURNT:
        return "compromised"
    if there in BURNT and here == "destroyed":
        return "destroyed_compromised"
    ended = there in MOVING | {"destroyed"} and here in KEPT - MOVING
    return "deactivated" if ended else ""


def _names(given: Any) -> dict[str, dict[str, Any]]:
    """Read names as they are, or out of the document that the owner signs."""
    names = _object(given)
    if names.get("format") == TRANSFER_DOMAIN:
        names = _object(names.get("names"))
    return {KEY_ID.read(entry_id): _name(_object(said)) for entry_id, said in sorted(names.items())}


def _name(said: Mapping[str, Any]) -> dict[str, Any]:
    if set(said) != {"base_date", "meters_left", "state"}:
        raise ValueError
    left = said["meters_left"]
    return {
        "base_date": BASE_DATE_KIND.read(said["base_date"]),
        "meters_left": None if left is None else count().read(left),
        "state": _STATE.read(said["state"]),
    }


def _object(given: Any) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError
    return given


_STATE: Final = choice(*sorted(UNMADE | KEPT | GONE))
NAMES: Final = Kind(
    "object",
    "an object of state, base_date and meters_left by key, or the other centre's draft, which has it",
    _names,
)
"""The kind of the field in which a transfer names every key that the group ever had."""
