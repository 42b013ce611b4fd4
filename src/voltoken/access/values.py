"""People, roles and rights: the values that every door and every room asks the gate with.

A role is a set of rights. A right is an action with limits: how much of it, and of what. Nothing is allowed
that no right allows. What the actions do is not known here: they are names with dots, ``vend.purchase``.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Protocol

from voltoken.access.signing import check_public_key
from voltoken.errors import FieldError

IDENT_MAX: Final = 40
"""How long the name of a person, a role or a request may be, in characters."""
ACTION_MAX: Final = 100
"""How long the name of an action may be, in characters."""
BREAK_GLASS: Final = "break_glass"
"""The last word of the one kind of action that no ``.*`` covers: to break glass is a right by name."""

_IDENT: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_ACTION: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_FACT: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NAME_MAX: Final = 100
_INTEGER_MAX: Final = (1 << 63) - 1


def check_ident(name: str, value: object) -> None:
    """Check the name of a person, a role or a request. Raises FieldError, which calls it ``name``."""
    if not isinstance(value, str) or not _IDENT.fullmatch(value):
        raise FieldError(
            name, value, "1 to 40 of a-z, 0-9, '_', '.' and '-', beginning with a letter or digit"
        )


def check_action(name: str, value: object) -> None:
    """Check the name of an action, such as ``vend.purchase``. Raises FieldError, which calls it ``name``."""
    if not isinstance(value, str) or len(value) > ACTION_MAX or not _ACTION.fullmatch(value):
        raise FieldError(name, value, f"words of a-z, 0-9 and '_' with dots between, {ACTION_MAX} at most")


def check_moment(name: str, value: object) -> None:
    """Check that a moment is in UTC. Raises FieldError, which calls it ``name``."""
    if not isinstance(value, datetime) or value.utcoffset() != timedelta(0):
        raise FieldError(name, value, "a moment in UTC")


def check_text(name: str, value: object, most: int) -> None:
    """Check a line that a person wrote: not blank, printable, at most so long. Raises FieldError."""
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise FieldError(name, value, f"1 to {most} printable characters")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or a service, that can be asked who did it.

    person_id: for good, never given to another. name: to be shown. roles: by their names. public_key: the
    person's own Ed25519 key, 32 bytes; None for who signs nothing. active: False shuts every door.
    until: from this moment on the person is as good as inactive; None: no end.
    Raises FieldError.
    """

    person_id: str
    name: str
    roles: frozenset[str]
    public_key: bytes | None
    active: bool = True
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("person_id", self.person_id)
        check_text("name", self.name, _NAME_MAX)
        check_roles(self.roles)
        if self.public_key is not None:
            check_public_key(self.public_key)
        if self.active.__class__ is not bool:
            raise FieldError("active", self.active, "True or False")
        if self.until is not None:
            check_moment("until", self.until)

    def is_active(self, now: datetime) -> bool:
        """Whether the person may do anything at all at this moment."""
        return self.active and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Grant:
    """A right: an action, and the limits within which it is allowed.

    action: ``vend.purchase``, or ``vend.*`` for everything below ``vend`` but breaking glass.
    most: bounds whole-number facts of an act (amount, units, keys): 0 to so many. only: the values that text
    facts (sgc, register, country) may have; of a tuple of texts every one has to be among them. An act
    that does not state such a fact is refused, and so is one that states an empty tuple: it may mean all.
    second_factor: it takes a fresh code, or a signature with the person's own key.
    Raises FieldError.
    """

    action: str
    most: Mapping[str, int] = field(default_factory=dict)
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    second_factor: bool = False

    def __post_init__(self) -> None:
        """Check every attribute, and take the limits over so that nobody can change them."""
        check_action(
            "action", self.action.removesuffix(".*") if isinstance(self.action, str) else self.action
        )
        for name, most in self.most.items():
            _check_fact(name)
            if most.__class__ is not int or not 0 <= most <= _INTEGER_MAX:
                raise FieldError(f"most {name}", most, f"a whole number 0 to {_INTEGER_MAX}")
        for name, only in self.only.items():
            _check_fact(name)
            if not isinstance(only, frozenset) or not all(isinstance(each, str) for each in only):
                raise FieldError(f"only {name}", only, "a frozen set of texts")
        if self.second_factor.__class__ is not bool:
            raise FieldError("second_factor", self.second_factor, "True or False")
        object.__setattr__(self, "most", MappingProxyType(dict(self.most)))
        object.__setattr__(self, "only", MappingProxyType(dict(self.only)))

    def covers(self, action: str) -> bool:
        """Whether this is a right to the action, its limits left aside."""
        if not self.action.endswith(".*"):
            return action == self.action
        return action.startswith(self.action[:-1]) and action.rpartition(".")[2] != BREAK_GLASS

    def exceeded(self, facts: Mapping[str, Any]) -> str | None:
        """Return the name of the first fact that is missing or beyond its limit, None when all are within."""
        for name, most in self.most.items():
            value = facts.get(name)
            if value.__class__ is not int or not 0 <= value <= most:
                return name
        for name, only in self.only.items():
            value = facts.get(name)
            texts = value if isinstance(value, tuple) else (value,)
            if not texts or not all(isinstance(text, str) and text in only for text in texts):
                return name
        return None


@dataclass(frozen=True, slots=True)
class Role:
    """A name for a set of rights. Any one of them suffices; they are not added up. Raises FieldError."""

    name: str
    grants: tuple[Grant, ...]

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("role", self.name)
        if not isinstance(self.grants, tuple) or not all(isinstance(each, Grant) for each in self.grants):
            raise FieldError("grants", self.grants, "a tuple of grants")


class Directory(Protocol):
    """Where people and roles are looked up: as they are now, not as they were when something was signed."""

    def person(self, person_id: str) -> Person | None:
        """Return a person, None for nobody."""
        ...

    def role(self, name: str) -> Role | None:
        """Return a role, None when there is none of this name, or it gives nothing now."""
        ...


class Via(enum.Enum):
    """How somebody who asks has shown who it is."""

    KEY = "key"
    """The act is signed with the person's own key."""
    SESSION = "session"
    """Signed in with a password."""
    API_KEY = "api_key"
    """A program with an API key."""
    BREAK_GLASS = "break_glass"
    """Signed with the person's own key, in an emergency, without the approvals of others."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for an act, and how they have shown who they are.

    roles: those that are used; only those count that the person still has. second_factor: a fresh one was
    given; an API key has none.
    Raises FieldError.
    """

    person_id: str
    via: Via
    roles: frozenset[str]
    second_factor: bool = False

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("person_id", self.person_id)
        check_roles(self.roles)
        if not isinstance(self.via, Via):
            raise FieldError("via", self.via, "one of Via")
        if self.second_factor.__class__ is not bool or (self.second_factor and self.via is Via.API_KEY):
            raise FieldError("second_factor", self.second_factor, "True or False; False for an API key")

    @property
    def has_second_factor(self) -> bool:
        """Whether there is more than a password: a fresh code, or a signature with the person's own key."""
        return self.second_factor or self.via in (Via.KEY, Via.BREAK_GLASS)


def check_roles(roles: object) -> None:
    """Check a set of names of roles. Raises FieldError."""
    if not isinstance(roles, frozenset):
        raise FieldError("roles", roles, "a frozen set of names")
    for name in roles:
        check_ident("role", name)


def _check_fact(name: object) -> None:
    if not isinstance(name, str) or not _FACT.fullmatch(name):
        raise FieldError("fact", name, "1 to 40 of a-z, 0-9 and '_', beginning with a letter")
