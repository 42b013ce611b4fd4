"""What a centre is made of: entries in registers, and the events that its log keeps.

An entry is plain data: texts, whole numbers, yes, no, nothing, lists and objects of them, so that it can be
hashed, signed, exported and compared byte by byte. What its values mean is in the tables of
``voltoken.kmc.registers``. No entry ever holds key bytes: keys are kept elsewhere, under a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import CentreFileError

NOTICE: Final = (
    "Not a key management centre of the STS Association; its files are not STSA key load files. "
    "For pilots, laboratories, training and private schemes."
)
"""What a centre says of itself, in every file and on every screen."""

Values = Mapping[str, Any]
"""The values of an entry, by the names of its register's fields."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a register as it stands.

    version: 1 when it was made, one more with every change. state: of its register's life. since: of this
        version. by: who asked for it.
    """

    register: str
    entry_id: str
    version: int
    state: str
    values: Values
    since: datetime
    by: str

    def __str__(self) -> str:
        """Return e.g. ``supply_group 123456``."""
        return f"{self.register} {self.entry_id}"

    def get(self, name: str) -> Any:
        """Return a value, None where the entry has none."""
        return self.values.get(name)

    @property
    def document(self) -> dict[str, Any]:
        """The entry as plain values, for export."""
        return {
            "register": self.register,
            "id": self.entry_id,
            "version": self.version,
            "state": self.state,
            "values": dict(self.values),
            "since": canonical.write_moment(self.since),
            "by": self.by,
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Entry:
        """Return the entry of a line of the log. Raises CentreFileError for facts that are none."""
        since = canonical.read_moment(facts.get("since"))
        texts = [facts.get(name) for name in ("register", "id", "state", "by")]
        version, values = facts.get("version"), facts.get("values")
        if (
            since is None
            or not isinstance(version, int)
            or not isinstance(values, dict)
            or not all(isinstance(text, str) for text in texts)
        ):
            raise CentreFileError("A line of the log is no entry of a register. Restore the centre's file.")
        register, entry_id, state, by = (str(text) for text in texts)
        return cls(register, entry_id, version, state, values, since, by)


@dataclass(frozen=True, slots=True)
class Event:
    """One line that an act leaves in the log. kind: dotted. facts: plain values, nothing secret.

    alarm: a person should look at it.
    """

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    alarm: bool = False


ENTRY: Final = "entry"
"""An entry was made, changed or moved; the facts are the whole entry, its step and its request."""
REQUEST: Final = "request.filed"
"""Somebody asked for an act; the facts are the whole request and its maker's signature."""
APPROVAL: Final = "request.approval"
"""Somebody approved or rejected a request; the facts are the whole approval with its signature."""
CLOSED: Final = "request.closed"
"""A request came to its end: carried out, or withdrawn."""
REFUSED: Final = "act.refused"
"""A rule, a right or an approval was missing. An alarm where somebody tried to forge something."""
SECRET: Final = "secret.kept"  # noqa: S105 - the name of a kind of line
"""A secret was put under its name; the facts have the hash of the sealed record."""
DESTROYED: Final = "secret.destroyed"
"""A secret was destroyed."""
GLASS: Final = "glass.broken"
"""A request was carried out without its approvals; a review is open."""
REVIEWED: Final = "glass.reviewed"
"""Somebody else has looked at what was done without approvals."""


def entry_event(entry: Entry, step: str, request_id: str) -> Event:
    """Return the line of an entry that a step has made or changed."""
    return Event(ENTRY, entry.document | {"step": step, "request": request_id})
