"""All that a centre knows, as its log tells it: registers, requests, and the people who may act.

``State`` takes in the lines of the log one by one; nothing else changes it. Two centres that took in the
same lines are equal to the byte, which ``export`` shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from voltoken import canonical
from voltoken.access import Approval, BreakGlass, Grant, Person, Request, Role
from voltoken.errors import CentreFileError
from voltoken.kmc.papers import read_approval, read_glass, read_request
from voltoken.kmc.values import (
    APPROVAL,
    CLOSED,
    DESTROYED,
    ENTRY,
    GLASS,
    REQUEST,
    REVIEWED,
    SECRET,
    Entry,
    Event,
)

CREATED = "centre.created"
"""The first line of every log: who the centre is."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A request as the centre has it. outcome: empty while it is open."""

    request: Request
    signature: bytes
    approvals: tuple[Approval, ...] = ()
    outcome: str = ""


@dataclass(slots=True)
class State:
    """What a centre knows. secrets: the names of kept secrets with the hash of each sealed record.

    reviews: requests that were carried out without approvals and wait for somebody to look at them.
    breakers: who broke the glass for each, with the key of that time.
    birth: 32 hexadecimal digits of the hash of the first line; every request is bound to it.
    """

    centre_id: str = ""
    rehearsal_days: int = 0
    created: Mapping[str, Any] = field(default_factory=dict)
    entries: dict[str, dict[str, Entry]] = field(default_factory=dict)
    requests: dict[str, Filed] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    reviews: dict[str, BreakGlass] = field(default_factory=dict)
    breakers: dict[str, Person | None] = field(default_factory=dict)
    lines: int = 0
    birth: str = ""
    _people: dict[str, tuple[Entry, Person]] = field(default_factory=dict, repr=False, compare=False)
    _roles: dict[str, tuple[Entry, Role]] = field(default_factory=dict, repr=False, compare=False)

    def take(self, event: Event) -> None:
        """Take in a line of the log. Raises CentreFileError for one that is none."""
        self.lines += 1
        taker = _TAKERS.get(event.kind)
        if taker is None:
            return  # a line that is for people only
        try:
            taker(self, event.facts)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            raise CentreFileError(
                f"Line {self.lines} of the log does not say what a line of its kind says."
            ) from None

    def _take_created(self, facts: Mapping[str, Any]) -> None:
        self.centre_id, self.created = str(facts["centre_id"]), facts
        self.rehearsal_days = int(facts["rehearsal_days"])
        self.birth = canonical.digest(facts, "voltoken-kmc-centre/1")[:32]

    def _take_entry(self, facts: Mapping[str, Any]) -> None:
        entry = Entry.of(facts)
        self.entries.setdefault(entry.register, {})[entry.entry_id] = entry

    def _take_request(self, facts: Mapping[str, Any]) -> None:
        request, signature = read_request(facts)
        self.requests[request.request_id] = Filed(request, signature)

    def _take_approval(self, facts: Mapping[str, Any]) -> None:
        request_id, approval = str(facts["request"]), read_approval(facts)
        filed = self.requests[request_id]
        self.requests[request_id] = Filed(
            filed.request, filed.signature, (*filed.approvals, approval), filed.outcome
        )

    def _take_closed(self, facts: Mapping[str, Any]) -> None:
        request_id, outcome = str(facts["request"]), str(facts["outcome"])
        filed = self.requests[request_id]
        self.requests[request_id] = Filed(filed.request, filed.signature, filed.approvals, outcome)

    def _take_secret(self, facts: Mapping[str, Any]) -> None:
        self.secrets[str(facts["name"])] = str(facts["sealed"])

    def _take_destroyed(self, facts: Mapping[str, Any]) -> None:
        self.secrets.pop(str(facts["name"]), None)

    def _take_glass(self, facts: Mapping[str, Any]) -> None:
        glass = read_glass(facts)
        self.reviews[str(facts["request"])] = glass
        self.breakers[str(facts["request"])] = self.person(glass.person_id)

    def _take_review(self, facts: Mapping[str, Any]) -> None:
        self.reviews.pop(str(facts["request"]), None)

    def entry(self, register: str, entry_id: str) -> Entry | None:
        """Return an entry, None when there is none."""
        return self.entries.get(register, {}).get(entry_id)

    def of(self, register: str) -> Iterator[Entry]:
        """Yield the entries of a register in order of their ids."""
        found = self.entries.get(register, {})
        for entry_id in sorted(found):
            yield found[entry_id]

    def where(self, register: str, **values: object) -> Iterator[Entry]:
        """Yield the entries of a register that have these values; ``state`` is one of them."""
        for entry in self.of(register):
            seen = {**entry.values, "state": entry.state}
            if all(seen.get(name) == value for name, value in values.items()):
                yield entry

    def person(self, person_id: str) -> Person | None:
        """Return a person of the register of people: ``voltoken.access.Directory``."""
        entry = self.entry("person", person_id)
        if entry is None:
            return None
        # Made once: a log that is read again asks for the same people and roles at every line.
        kept = self._people.get(person_id)
        if kept is None or kept[0] is not entry:
            kept = self._people[person_id] = entry, _person(entry)
        return kept[1]

    def role(self, name: str) -> Role | None:
        """Return a role of the register of roles: ``voltoken.access.Directory``."""
        entry = self.entry("role", name)
        if entry is None or entry.state != "active":
            return None
        kept = self._roles.get(name)
        if kept is None or kept[0] is not entry:
            kept = self._roles[name] = entry, _role(entry)
        return kept[1]

    def export(self) -> bytes:
        """Return all registers in their one form, with what is still open: equal bytes are equal states."""
        document = {
            "format": "voltoken-registers/1",
            "centre": self.centre_id,
            "registers": {name: [entry.document for entry in self.of(name)] for name in sorted(self.entries)},
            "secrets": dict(self.secrets),
            "requests": {
                name: filed.request.hash for name, filed in self.requests.items() if not filed.outcome
            },
            "reviews": sorted(self.reviews),
        }
        return canonical.write(document).encode("ascii")

    def fingerprint(self) -> str:
        """Return SHA-256 of the export, as 64 hexadecimal digits."""
        return hashlib.sha256(self.export()).hexdigest()


def _person(entry: Entry) -> Person:
    with _legible(entry):
        return Person(
            entry.entry_id,
            str(entry.get("name")),
            frozenset(entry.get("roles")),
            bytes.fromhex(entry.get("public_key")),
            entry.state == "active",
        )


def _role(entry: Entry) -> Role:
    with _legible(entry):
        only = {str(key): frozenset(map(str, values)) for key, values in (entry.get("only") or {}).items()}
        most = {str(key): int(value) for key, value in (entry.get("most") or {}).items()}
        return Role(entry.entry_id, tuple(Grant(action, most, only) for action in entry.get("actions")))


@contextmanager
def _legible(entry: Entry) -> Iterator[None]:
    """Raise CentreFileError for an entry that lacks what every one of its register has."""
    try:
        yield
    except (TypeError, ValueError, AttributeError):
        raise CentreFileError(
            f"The {entry.register} {entry.entry_id:.40} of the log does not say what every {entry.register} "
            "says: it was edited. Restore the centre's file."
        ) from None


_TAKERS: Final[Mapping[str, Callable[[State, Mapping[str, Any]], None]]] = {
    CREATED: State._take_created,  # noqa: SLF001 - of the class above
    ENTRY: State._take_entry,  # noqa: SLF001
    REQUEST: State._take_request,  # noqa: SLF001
    APPROVAL: State._take_approval,  # noqa: SLF001
    CLOSED: State._take_closed,  # noqa: SLF001
    SECRET: State._take_secret,  # noqa: SLF001
    DESTROYED: State._take_destroyed,  # noqa: SLF001
    GLASS: State._take_glass,  # noqa: SLF001
    REVIEWED: State._take_review,  # noqa: SLF001
}
"""What takes in the lines of each kind; the others are for people only."""
