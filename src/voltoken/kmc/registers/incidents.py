"""Incidents: a key, a module or a centre that somebody else may have, and what was done about it.

Anybody who may can open one at once; nothing waits for an approval. A drill is an incident that is marked as
one: it can be closed without anything having been done to what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.keys import KEY_ID
from voltoken.kmc.kinds import DIGEST, FLAG, IDENT, LINE, MOMENT, NAME, choice, count, many, reference, text
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.values import Entry

INCIDENT: Final = "incident"

REASONS: Final[Mapping[str, str]] = {
    "subject": "what the incident is about is not there",
    "not_contained": "what the incident is about is still in use",
    "lessons": "an incident is closed with what was learnt from it",
    "revision_running": "the revision that mends it is not over",
}

_REGISTERS: Final[Mapping[str, str]] = {"key": "vending_key", "module": "module", "centre": "centre"}
_STOPPED: Final[Mapping[str, frozenset[str]]] = {
    "key": frozenset({"compromised", "destroyed_compromised"}),
    "module": frozenset({"compromised"}),
    "centre": frozenset({"suspended", "lost", "retired"}),
}
"""States in which the subject of an incident is no longer used as before."""


def _subject_of(look: Look) -> Entry | None:
    """Return the entry of what it is about; None for this centre itself, and for something else."""
    kind, subject = str(look.after.get("kind")), str(look.after.get("subject"))
    if kind not in _REGISTERS or (kind == "centre" and subject == look.state.centre_id):
        return None
    found = look.state.entry(_REGISTERS[kind], subject)
    if found is None:
        raise look.refuse("subject", f"There is no {_REGISTERS[kind]} {subject!r:.60}.", field="subject")
    return found


def _is_about_something(look: Look) -> None:
    """What it is about is known here."""
    _subject_of(look)


def _is_contained(look: Look) -> None:
    """What it is about is marked, so that no new secret goes there; a drill marks nothing."""
    subject = _subject_of(look)
    if look.after.get("drill") or subject is None:
        return
    stopped = _STOPPED[str(look.after.get("kind"))]
    if subject.state not in stopped:
        raise look.refuse(
            "not_contained",
            f"{subject} is {subject.state}; it has to be {' or '.join(sorted(stopped))} first.",
        )


def _is_mended(look: Look) -> None:
    """The revision that leads meters away is over, and somebody has said what was learnt."""
    if not look.after.get("lessons"):
        raise look.refuse("lessons", "Say what was learnt from it: give lessons.", field="lessons")
    if look.after.get("revision") is not None and not look.after.get("drill"):
        revision = look.other("revision", look.after.get("revision"))
        if revision.state != "done":
            raise look.refuse("revision_running", f"{revision} is {revision.state}. Finish it first.")


_FOUND: Final = ("kind", "subject", "title", "found_at", "drill", "what", "keys", "modules", "files")
_SCOPE: Final = ("meters", "tokens", "report")

INCIDENTS: Final = Register(
    INCIDENT,
    "Incidents and drills: what somebody else may have, what hangs on it, and what was done.",
    (
        Field(
            "kind", choice("key", "module", "centre", "other"), "what it is about", required=True, shown=True
        ),
        Field("subject", text(80), "the id of the key, module or centre", required=True, shown=True),
        Field("title", NAME, "in one line", required=True, shown=True),
        Field("found_at", MOMENT, "when it was found", required=True),
        Field("drill", FLAG, "it is an exercise", default=False, shown=True),
        Field("what", LINE, "what happened"),
        Field(
            "keys", many(reference("vending_key", KEY_ID)), "vending keys that others may have", default=()
        ),
        Field("modules", many(reference("module")), "modules that hold them", default=()),
        Field("files", many(text(120)), "key files that they were in", default=()),
        Field("meters", count(), "how many meters are on them"),
        Field("tokens", count(), "how many tokens are concerned"),
        Field("report", DIGEST, "SHA-256 of the report of the drill"),
        Field("measures", LINE, "what was done at once"),
        Field("revision", reference("revision", IDENT), "the revision that leads meters away"),
        Field("lessons", LINE, "what was learnt"),
    ),
    {
        "open": "found; nothing is certain yet",
        "contained": "what it is about is no longer used as before",
        "recovering": "meters are led away from what others may have",
        "closed": "over",
        "unfounded": "nothing had happened",
    },
    (
        Step(ADD, "report it", (), "open", (*_FOUND, *_SCOPE), rules=(_is_about_something,)),
        Step(
            "change",
            "correct or add to it",
            ("open", "contained", "recovering"),
            None,
            (*_FOUND[2:], *_SCOPE),
        ),
        Step(
            "contain",
            "say what was done at once",
            ("open",),
            "contained",
            ("measures",),
            rules=(_is_contained,),
        ),
        Step("recover", "say how it is mended", ("contained",), "recovering", ("revision",)),
        Step(
            "close",
            "end it, with what was learnt",
            ("contained", "recovering"),
            "closed",
            ("lessons",),
            approvals=1,
            rules=(_is_contained, _is_mended),
        ),
        Step("dismiss", "find that nothing had happened", ("open",), "unfounded", ("lessons",), approvals=1),
    ),
    terminal=frozenset({"closed", "unfounded"}),
)

TABLES: Final = (INCIDENTS,)
