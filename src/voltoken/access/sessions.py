"""Sessions: what a browser holds after signing in, and what is kept of it here.

A token is 32 random bytes that the caller draws; only its SHA-256 is kept, so that who reads the store has no
session. A session ends when it is idle, when it is old, or when somebody ends it. It gets a new token at each
step that gives it more: at signing in, and when a second factor is given.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from voltoken.access.credentials import Outcome, refused
from voltoken.access.documents import check_hash
from voltoken.access.values import Actor, Person, Via, check_ident, check_moment, check_roles
from voltoken.errors import HIDDEN, FieldError

TOKEN_BYTES: Final = 32
"""Length of a session's token."""
_SPAN_MAX: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How long sessions last.

    idle: without any request. absolute: whatever happens. step_up: how long a second factor is fresh. Each
    more than nothing, and at most seven days. Raises FieldError.
    """

    idle: timedelta = timedelta(minutes=15)
    absolute: timedelta = timedelta(hours=12)
    step_up: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        """Check every attribute."""
        for name in self.__slots__:
            if not timedelta(0) < getattr(self, name) <= _SPAN_MAX:
                raise FieldError(name, getattr(self, name), "more than nothing, at most seven days")


@dataclass(frozen=True, slots=True)
class Session:
    """What is kept of a session.

    mark: SHA-256 of the token. roles: those the person had when signing in. made_at: of signing in.
    seen_at: of the last request. second_factor_at: when one was given, None for never.
    Raises FieldError.
    """

    mark: str
    person_id: str
    roles: frozenset[str]
    made_at: datetime
    seen_at: datetime
    second_factor_at: datetime | None = None

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_hash("mark", self.mark)
        check_ident("person_id", self.person_id)
        check_roles(self.roles)
        check_moment("made_at", self.made_at)
        check_moment("seen_at", self.seen_at)
        if self.second_factor_at is not None:
            check_moment("second_factor_at", self.second_factor_at)


def session_mark(token: bytes) -> str:
    """Return what is kept of a token. token: 32 bytes. Raises FieldError."""
    if not isinstance(token, bytes) or len(token) != TOKEN_BYTES:
        raise FieldError("token", HIDDEN, f"{TOKEN_BYTES} random bytes")
    return hashlib.sha256(token).hexdigest()


def begin_session(token: bytes, person: Person, outcome: Outcome, now: datetime) -> Session:
    """Return the session of somebody who has just signed in.

    token: fresh, also where the browser had one. Raises FieldError; SignInRefused for an outcome that does
    not open.
    """
    if not outcome.opens:
        raise refused(outcome.value)
    given = now if outcome.has_second_factor else None
    return Session(session_mark(token), person.person_id, person.roles, now, now, given)


def use_session(session: Session, now: datetime, settings: SessionSettings) -> tuple[Session, Actor]:
    """Return a session as it is after a request, and who asks.

    Raises SignInRefused: ``expired`` when it is idle or old. FieldError for a moment that is not in UTC.
    """
    check_moment("now", now)
    if abs(now - session.seen_at) >= settings.idle or now - session.made_at >= settings.absolute:
        raise refused("expired")
    given = session.second_factor_at
    fresh = given is not None and abs(now - given) < settings.step_up
    seen = replace(session, seen_at=max(now, session.seen_at))
    return seen, Actor(session.person_id, Via.SESSION, session.roles, fresh)


def raise_session(session: Session, token: bytes, outcome: Outcome, now: datetime) -> Session:
    """Return the session that takes a session's place after a second factor was given.

    token: fresh. It is as old as before. Raises FieldError; SignInRefused for an outcome without a second
    factor.
    """
    if not outcome.has_second_factor:
        raise refused(Outcome.WRONG_CODE.value if outcome.opens else outcome.value)
    return replace(session, mark=session_mark(token), second_factor_at=now, seen_at=now)
