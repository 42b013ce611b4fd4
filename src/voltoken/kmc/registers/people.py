"""People and their roles: who may ask for what, and who may approve it.

A person is an Ed25519 key; the private half is the person's own and never comes to the centre. No
organisation and no module signs with it. A role is a
set of actions with limits. The role of officers is the one that can give out all others, so two officers
stay whatever happens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from voltoken.access import Grant
from voltoken.errors import FieldError
from voltoken.kmc.kinds import LINE, PUBLIC_KEY, WORD, Kind, many, pattern, reference, text
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.rules import in_state, own_key, sound_key
from voltoken.kmc.values import Entry

OFFICER: Final = "officer"
"""The role that can give out all others."""
OFFICERS_LEAST: Final = 2
"""So many active officers there are always: one to ask, another to approve."""
OFFICER_ACTIONS: Final = ("person.*", "role.*")
"""What the role of officers never loses."""

REASONS: Final[Mapping[str, str]] = {
    "last_officers": "fewer than two active officers would be left",
    "officer_role": "the role of officers keeps its rights over people and roles, without limits",
    "officers_only": "only active officers make somebody an officer, or end that somebody is one",
    "right": "a right of a role is none that the gate understands",
}

_LIMIT_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def _most(given: Any) -> dict[str, int]:
    if not isinstance(given, Mapping) or not all(_is_limit(name) for name in given):
        raise TypeError
    if not all(value.__class__ is int and 0 <= value < 1 << 63 for value in given.values()):
        raise ValueError
    return {str(name): int(value) for name, value in sorted(given.items())}


def _only(given: Any) -> dict[str, list[str]]:
    if not isinstance(given, Mapping) or not all(_is_limit(name) for name in given):
        raise TypeError
    words = many(text(), least=1)
    return {str(name): words.read(values) for name, values in sorted(given.items())}


def _is_limit(name: object) -> bool:
    return isinstance(name, str) and _LIMIT_NAME.fullmatch(name) is not None


ACTION: Final = pattern(
    "action", r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?", "an action such as module.add, or module.*"
)
MOST: Final = Kind("object", 'whole numbers by the name of a fact: {"clm": 5000}', _most)
ONLY: Final = Kind("object", 'lists of texts by the name of a fact: {"country": ["KE"]}', _only)


def _rights_are_understood(look: Look) -> None:
    """Every right of a role is one that the gate takes."""
    only = {name: frozenset(values) for name, values in (look.after.get("only") or {}).items()}
    for action in look.after.get("actions"):
        try:
            Grant(action, look.after.get("most") or {}, only)
        except FieldError as error:
            raise look.refuse("right", f"The right {action!r:.60} is none: {error.message}") from None


def _officers_keep_their_rights(look: Look) -> None:
    """Nobody takes from the role of officers what only they can give back."""
    if look.after.entry_id != OFFICER:
        return
    kept = set(OFFICER_ACTIONS) <= set(look.after.get("actions"))
    if not kept or look.after.get("most") or look.after.get("only") or look.after.state != "active":
        raise look.refuse(
            "officer_role", f"The role {OFFICER} keeps {' and '.join(OFFICER_ACTIONS)}, without limits."
        )


def _officers_stay(look: Look) -> None:
    """Two active officers are left."""
    after = look.after
    left = [one for one in look.state.where("person", state="active") if one.entry_id != after.entry_id]
    if sum(_is_officer(one) for one in (*left, after)) < OFFICERS_LEAST:
        raise look.refuse(
            "last_officers", f"Fewer than {OFFICERS_LEAST} officers would be left. Make another one first."
        )


def _is_not_about_oneself(look: Look) -> None:
    """Nobody asks for or approves a change of the own entry."""
    if look.after.entry_id in (look.by, *look.approvers):
        raise look.refuse(
            "own_case", f"{look.after.entry_id} does not decide about the own roles or key. Others have to."
        )


def _officers_make_officers(look: Look) -> None:
    """Whoever asks or approves that somebody becomes an officer, or is none any more, is one.

    Whoever founds a centre asks nobody: there is no one yet.
    """
    was = look.before is not None and _is_officer(look.before)
    if was == _is_officer(look.after) or not look.state.created:
        return
    for person_id in (look.by, *look.approvers):
        person = look.state.entry("person", person_id)
        if person is None or not _is_officer(person):
            raise look.refuse("officers_only", f"{person_id} is no officer, and neither makes nor ends one.")


def _is_officer(person: Entry) -> bool:
    return person.state == "active" and OFFICER in person.get("roles")


_ROLE_FIELDS: Final = ("text", "actions", "most", "only")

ROLE: Final = Register(
    "role",
    "What a person may do: a set of actions, with limits.",
    (
        Field("text", LINE, "what it is for", shown=True),
        Field("actions", many(ACTION, least=1), "what it allows", required=True, shown=True),
        Field("most", MOST, "the most that whole-number facts of an act may be"),
        Field("only", ONLY, "the only texts that facts of an act may be"),
    ),
    {"active": "gives its rights", "withdrawn": "gives nobody any right"},
    (
        Step(ADD, "make a role", target="active", fields=_ROLE_FIELDS, approvals=1),
        Step("change", "change its rights", ("active",), None, _ROLE_FIELDS, approvals=1),
        Step("withdraw", "take its rights from everybody", ("active",), "withdrawn", approvals=1),
    ),
    identifier=WORD,
    terminal=frozenset({"withdrawn"}),
    rules=(_rights_are_understood, _officers_keep_their_rights),
)

_PERSON_FIELDS: Final = ("name", "organisation", "email", "phone", "roles", "public_key")
_SOUND: Final = (sound_key("public_key"), own_key, in_state("roles", "active"))

PERSON: Final = Register(
    "person",
    "Who may ask for something or approve it, each with a key of their own.",
    (
        Field("name", text(100), "as others know the person", required=True, shown=True),
        Field("organisation", reference("organisation"), "whom the person works for"),
        Field("email", LINE, "where mail reaches the person"),
        Field("phone", text(40), "where a call reaches the person"),
        Field("roles", many(reference("role", WORD)), "what the person may do", default=(), shown=True),
        Field("public_key", PUBLIC_KEY, "the person's own Ed25519 key", required=True),
    ),
    {
        "active": "may act within the roles",
        "suspended": "may do nothing, until restored",
        "left": "may do nothing any more; the name is not given to another",
    },
    (
        Step(
            ADD,
            "register a person",
            (),
            "active",
            _PERSON_FIELDS,
            approvals=1,
            rules=(*_SOUND, _officers_make_officers),
        ),
        Step(
            "change",
            "change roles, key or address",
            ("active", "suspended"),
            None,
            _PERSON_FIELDS,
            approvals=1,
            rules=(*_SOUND, _is_not_about_oneself, _officers_stay, _officers_make_officers),
        ),
        Step("suspend", "stop a person at once", ("active",), "suspended", rules=(_officers_stay,)),
        Step(
            "restore",
            "let a person act again",
            ("suspended",),
            "active",
            approvals=1,
            rules=(_is_not_about_oneself, _officers_make_officers),
        ),
        Step(
            "leave",
            "end a person's part for good",
            ("active", "suspended"),
            "left",
            approvals=1,
            rules=(_officers_stay, _officers_make_officers),
        ),
    ),
    identifier=WORD,
    terminal=frozenset({"left"}),
)

TABLES: Final = (PERSON, ROLE)
