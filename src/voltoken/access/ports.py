"""What the room needs kept: people, sessions and API keys. Whoever stores them offers these ports.

They are asked one after another, and each call is a whole: what it says it has done is on the disk.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from voltoken.access.api_keys import ApiKey
from voltoken.access.credentials import Credentials
from voltoken.access.sessions import Session
from voltoken.access.values import Directory


class PeopleStore(Directory, Protocol):
    """People, roles, and what people sign in with. Seeds of second factors rest encrypted."""

    def credentials(self, person_id: str) -> Credentials | None:
        """Return what a person signs in with, None for nobody."""
        ...

    def replace_credentials(self, person_id: str, read: Credentials, new: Credentials) -> bool:
        """Keep new credentials if those that are kept are still the ones that were read; say whether.

        Of calls at the same moment that read the same, one succeeds. False for somebody who is not there:
        nothing is ever kept for a person who has no credentials. The new ones may be equal to those read.
        """
        ...


class SessionStore(Protocol):
    """Sessions by their mark, never by their token."""

    def session(self, mark: str) -> Session | None:
        """Return a session, None when there is none."""
        ...

    def put_session(self, session: Session) -> None:
        """Keep a new session."""
        ...

    def replace_session(self, mark: str, new: Session) -> bool:
        """Keep a session in place of the one of this mark, if that is still there; say whether."""
        ...

    def drop_session(self, mark: str) -> None:
        """Forget a session, if it is there."""
        ...

    def drop_sessions_of(self, person_id: str) -> int:
        """Forget all sessions of a person; say how many there were."""
        ...


class ApiKeyStore(Protocol):
    """API keys by their id."""

    def api_key(self, key_id: str) -> ApiKey | None:
        """Return an API key, None when there is none."""
        ...

    def put_api_key(self, key: ApiKey) -> None:
        """Keep a new API key, or the same one revoked."""
        ...

    def note_use(self, key_id: str, at: datetime) -> None:
        """Keep when an API key was last used, and change nothing else of it."""
        ...
