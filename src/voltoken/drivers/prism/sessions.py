"""Who is signed in: bearer tokens that mean nothing, expire, and are good on the right connection only.

The tokens are random and are kept as hashes, so that neither a look at the memory nor the time of a search
gives one away. A session belongs to the certificate that it was opened with. Wrong passwords are counted for
each user and whoever offers them, by certificate or else by address: who guesses locks out himself alone.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltoken.drivers.prism.codes import SIGNIN_AUTHENTICATION, TOKEN, fault
from voltoken.errors import FieldError

_TOKEN_BYTES: Final = 32
_GUESSERS_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class SessionBounds:
    """How long and how many. Raises FieldError unless all are at least 1 (or above zero).

    lifetime: of a session, whatever it does. sessions: at once for each user; the oldest makes room.
    guesses: wrong passwords within ``guess_span`` before further ones are not even looked at.
    """

    lifetime: timedelta = timedelta(hours=8)
    sessions: int = 64
    guesses: int = 10
    guess_span: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, value in (("sessions", self.sessions), ("guesses", self.guesses)):
            if value < 1:
                raise FieldError(name, value, "at least 1")
        for name, span in (("lifetime", self.lifetime), ("guess_span", self.guess_span)):
            if span <= timedelta():
                raise FieldError(name, str(span), "longer than nothing")


@dataclass(frozen=True, slots=True)
class _Session:
    user: str
    certificate: str | None
    until: datetime


class Sessions:
    """All sessions of one server. clock: gives aware moments. Thread-safe; nothing survives a restart."""

    def __init__(self, clock: Callable[[], datetime], bounds: SessionBounds | None = None) -> None:
        self._clock = clock
        self._bounds = bounds or SessionBounds()
        self._lock = threading.Lock()
        self._open: OrderedDict[bytes, _Session] = OrderedDict()
        self._wrong: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()

    def open(self, user: str, certificate: str | None) -> str:
        """Open a session and return its bearer token."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        now = self._clock()
        with self._lock:
            self._drop_old(now)
            mine = [key for key, one in self._open.items() if one.user == user]
            for key in mine[: max(0, len(mine) + 1 - self._bounds.sessions)]:
                del self._open[key]
            self._open[_mark(token)] = _Session(user, certificate, now + self._bounds.lifetime)
        return token

    def user_of(self, token: str, certificate: str | None) -> str:
        """Return who a bearer token belongs to.

        Raises ModuleRefused (answered with ``EAuthentication.Token``) for one that is unknown, expired, or
        used on a connection with another certificate; these are not told apart.
        """
        with self._lock:
            found = self._open.get(_mark(token))
        if found is None or found.until <= self._clock() or found.certificate != certificate:
            raise fault(TOKEN, "The access token is not valid, or no longer. Sign in again.")
        return found.user

    def check_guesses(self, user: str, guesser: str) -> None:
        """Raise ModuleRefused when too many wrong passwords came for a user from one guesser."""
        with self._lock:
            wrong = self._recent(user, guesser)
            if wrong is not None and len(wrong) >= self._bounds.guesses:
                raise fault(
                    SIGNIN_AUTHENTICATION, "Too many wrong passwords. Wait some minutes, then try again."
                )

    def note_guess(self, user: str, guesser: str) -> None:
        """Count a wrong password."""
        with self._lock:
            wrong = self._recent(user, guesser)
            if wrong is None:
                while len(self._wrong) >= _GUESSERS_MAX:
                    self._wrong.popitem(last=False)
                wrong = self._wrong[guesser, user] = deque(maxlen=self._bounds.guesses)
            wrong.append(self._clock())

    def _recent(self, user: str, guesser: str) -> deque[datetime] | None:
        """Return the wrong passwords that still count. The lock is held."""
        wrong = self._wrong.get((guesser, user))
        if wrong is not None:
            begin = self._clock() - self._bounds.guess_span
            while wrong and wrong[0] <= begin:
                wrong.popleft()
        return wrong

    def _drop_old(self, now: datetime) -> None:
        """Drop expired sessions; all live equally long, so the oldest are in front. The lock is held."""
        while self._open and next(iter(self._open.values())).until <= now:
            self._open.popitem(last=False)


def _mark(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
