"""How people and programs come in: passwords, codes, sessions and API keys over the ports of their stores.

A try is counted as a wrong one before the password is compared, and taken back when it was right: whoever
guesses a hundred times in the same moment has five tries, as one after another.
All refusals read alike. Nothing is permitted here: what somebody who is in may do, the gate says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from voltoken.access.api_keys import read_api_key, use_api_key
from voltoken.access.credentials import (
    UNKNOWN,
    Credentials,
    Outcome,
    count_try,
    refused,
    settle_try,
    sign_in,
    step_up,
)
from voltoken.access.ports import ApiKeyStore, PeopleStore, SessionStore
from voltoken.access.sessions import (
    Session,
    SessionSettings,
    begin_session,
    raise_session,
    session_mark,
    use_session,
)
from voltoken.access.values import Actor, Person

DEFAULT_SETTINGS: Final = SessionSettings()
"""15 minutes idle, 12 hours in all, 5 minutes for a second factor."""

_TURNS: Final = 64
"""So often a change of credentials is tried again because somebody else came first. Each of the others has
counted a try, or taken one back, so a door that is guessed at is locked long before."""


class Entrance:
    """The doors of one site. Tokens are 32 random bytes that the caller draws; moments are in UTC.

    Every method that lets somebody in raises SignInRefused, whose reason is for the log only, and FieldError
    for a token that is no 32 bytes or a moment that is not in UTC.
    """

    def __init__(
        self,
        people: PeopleStore,
        sessions: SessionStore,
        api_keys: ApiKeyStore,
        settings: SessionSettings = DEFAULT_SETTINGS,
    ) -> None:
        self._people = people
        self._sessions = sessions
        self._api_keys = api_keys
        self._settings = settings

    def sign_in(
        self,
        person_id: str,
        password: str,
        code: str,
        token: bytes,
        now: datetime,
        *,
        instead_of: bytes | None = None,
    ) -> tuple[Session, Outcome]:
        """Let somebody in with a password and, where one is set up, a code.

        token: of the new session. instead_of: the token that the browser had; that session ends.
        """
        read, is_counted = self._count(person_id, now)
        outcome = sign_in(read, password, code, now)[1]
        if not is_counted:
            raise refused("meanwhile")
        self._settle(person_id, read, code, now, outcome)
        session = begin_session(token, self._active(person_id, now), outcome, now)
        if instead_of is not None:
            self._sessions.drop_session(session_mark(instead_of))
        self._sessions.put_session(session)
        return session, outcome

    def step_up(self, token: bytes, code: str, fresh: bytes, now: datetime) -> tuple[Session, Outcome]:
        """Take a code from somebody who is in. fresh: the token that takes the place of the old one."""
        actor = self.by_session(token, now)
        read, is_counted = self._count(actor.person_id, now)
        outcome = step_up(read, code, now)[1]
        if not is_counted:
            raise refused("meanwhile")
        self._settle(actor.person_id, read, code, now, outcome)
        session = raise_session(self._session(token), fresh, outcome, now)
        self._replace(token, session)
        return session, outcome

    def by_session(self, token: bytes, now: datetime) -> Actor:
        """Return who asks with a session, and note that it is in use."""
        session, actor = use_session(self._session(token), now, self._settings)
        self._active(actor.person_id, now)
        self._replace(token, session)
        return actor

    def by_api_key(self, text: str, now: datetime, is_inside: Callable[[str], bool] | None = None) -> Actor:
        """Return who asks with an API key, and note its use.

        is_inside: says whether whoever asks is inside the networks of the key.
        """
        key_id, secret_hash = read_api_key(text)
        actor = use_api_key(self._api_keys.api_key(key_id), secret_hash, now, is_inside=is_inside)
        self._active(actor.person_id, now)
        self._api_keys.note_use(key_id, now)
        return actor

    def sign_out(self, token: bytes) -> None:
        """End a session."""
        self._sessions.drop_session(session_mark(token))

    def sign_out_everywhere(self, person_id: str) -> int:
        """End all sessions of a person, as after a lost phone. Returns how many there were."""
        return self._sessions.drop_sessions_of(person_id)

    def forget_tries(self, person_id: str) -> None:
        """Forget the wrong tries of a person, and open the door again if they locked it.

        For an administrator whom the person has called; whether somebody may is asked of the gate before.
        Raises SignInRefused for nobody, and when others keep coming first.
        """
        for _ in range(_TURNS):
            kept = self._people.credentials(person_id)
            if kept is None:
                raise refused("unknown")
            free = replace(kept, failures=0, locked_until=None)
            if self._people.replace_credentials(person_id, kept, free):
                return
        raise refused("meanwhile")

    def _count(self, person_id: str, now: datetime) -> tuple[Credentials, bool]:
        """Count a try as a wrong one. Returns what was kept before it, and whether it could be counted.

        The store has the same work for somebody who is not there, and for a door that is locked.
        """
        read = UNKNOWN
        for _ in range(_TURNS):
            kept = self._people.credentials(person_id)
            read = kept or UNKNOWN
            if self._people.replace_credentials(person_id, read, count_try(read, now)) or kept is None:
                return read, True
        return read, False

    def _settle(self, person_id: str, read: Credentials, code: str, now: datetime, outcome: Outcome) -> None:
        """Take a right try back and use up its code; refuse every other."""
        if not outcome.opens:
            raise refused(outcome.value)
        for _ in range(_TURNS):
            kept = self._people.credentials(person_id) or UNKNOWN
            after, found = settle_try(read, kept, code, now)
            if found is None:
                break
            if not found.opens:
                raise refused(found.value)
            if self._people.replace_credentials(person_id, kept, after):
                return
        raise refused("meanwhile")

    def _active(self, person_id: str, now: datetime) -> Person:
        person = self._people.person(person_id)
        if person is None or not person.is_active(now):
            raise refused("inactive")
        return person

    def _session(self, token: bytes) -> Session:
        session = self._sessions.session(session_mark(token))
        if session is None:
            raise refused("unknown")
        return session

    def _replace(self, token: bytes, session: Session) -> None:
        if not self._sessions.replace_session(session_mark(token), session):
            raise refused("meanwhile")
