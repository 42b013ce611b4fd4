"""Sessions of a token, lent to one thread at a time.

PKCS#11 wants one session for each thread that is at work, and tokens have few. A thread borrows one for one
piece of work and gives it back. A key is searched for once in each session (a search in a full token takes
ten milliseconds), and remembered with it. A session that broke is dropped with all that rested, the work is
done again once in a new one: everything asked of a token here may be done twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import pkcs11

from voltoken.drivers.pkcs11.library import AGAIN, unavailable
from voltoken.errors import ModuleUnavailable

Result = TypeVar("Result")

BROKEN: Final = (
    pkcs11.DeviceError,
    pkcs11.DeviceRemoved,
    pkcs11.KeyHandleInvalid,  # another program deleted the key: search again
    pkcs11.ObjectHandleInvalid,
    pkcs11.OperationActive,
    pkcs11.SessionClosed,
    pkcs11.SessionHandleInvalid,
    pkcs11.TokenNotPresent,
    pkcs11.UserNotLoggedIn,
)
"""Errors after which a session is of no more use, but another may be."""


@dataclass(slots=True, eq=False)
class Seat:
    """A session and the keys found in it, by label."""

    session: pkcs11.Session
    keys: dict[str, pkcs11.Object] = field(default_factory=dict)


class SessionPool:
    """Lends at most ``size`` sessions at a time.

    open_session: opens one more. size: 1 or more. wait_s: how long a thread waits for a session, or for all
    of them, before it is told that the token is busy.
    """

    def __init__(self, open_session: Callable[[], pkcs11.Session], size: int, wait_s: float = 30) -> None:
        self._open_session = open_session
        self._size = size
        self._wait_s = wait_s
        self._turn = threading.Condition()
        self._resting: list[Seat] = []
        self._lent = 0
        self._reserved = False
        self._closed = False

    def run(self, doing: str, work: Callable[[Seat], Result]) -> Result:
        """Do work in a borrowed session and return what it returns.

        doing: what it is, as in "cannot ...". work may run twice, in different sessions; errors other than
        those of python-pkcs11 pass through.
        Raises ModuleUnavailable when the token is busy, closed, or cannot do it.
        """
        try:
            try:
                return self._once(work)
            except BROKEN:
                return self._once(work)
        except pkcs11.PKCS11Error as error:
            raise unavailable(doing, error) from None

    def alone(self, work: Callable[[], Result]) -> Result:
        """Do work while no session is lent, and forget all found keys: for what makes or deletes keys.

        Otherwise a thread could use a handle that the token has given to another key meanwhile.
        Raises ModuleUnavailable when the token stays busy, or is closed; errors of work pass through.
        """
        with self._turn:
            self._wait(lambda: not self._reserved)
            self._reserved = True
            try:
                self._wait(lambda: not self._lent)
                return work()
            finally:
                self._reserved = False
                for seat in self._resting:
                    seat.keys.clear()
                self._turn.notify_all()

    def close(self) -> None:
        """Lend nothing more, wait until all is given back, and close it.

        Raises ModuleUnavailable when some thread does not give back in time; close again later.
        """
        with self._turn:
            self._closed = True
            self._drop_resting()
            self._turn.notify_all()
            if not self._turn.wait_for(lambda: not self._lent, self._wait_s):
                raise ModuleUnavailable(
                    f"{self._lent} sessions of the security token are still at work. Close it again later."
                )

    def _once(self, work: Callable[[Seat], Result]) -> Result:
        seat = self._borrow()
        broken = False
        try:
            return work(seat)
        except BROKEN:
            broken = True
            raise
        finally:
            self._give_back(seat, broken=broken)

    def _borrow(self) -> Seat:
        with self._turn:
            self._wait(lambda: self._lent < self._size and not self._reserved)
            if self._resting:
                self._lent += 1
                return self._resting.pop()
            self._lent += 1
        try:
            return Seat(self._open_session())
        except BaseException:
            with self._turn:
                self._lent -= 1
                self._turn.notify_all()
            raise

    def _give_back(self, seat: Seat, *, broken: bool) -> None:
        with self._turn:
            self._lent -= 1
            if broken:
                self._drop_resting()
            if broken or self._closed:
                close_quietly(seat.session)
            else:
                self._resting.append(seat)
            self._turn.notify_all()

    def _drop_resting(self) -> None:
        while self._resting:
            close_quietly(self._resting.pop().session)

    def _wait(self, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + self._wait_s
        while not self._closed and not ready():
            left = until - time.monotonic()
            if left <= 0:
                raise ModuleUnavailable(
                    f"The security token is busy: no session of {self._size} became free within "
                    f"{self._wait_s:g} s. {AGAIN} Ask again later, or allow more sessions."
                )
            self._turn.wait(left)
        if self._closed:
            raise ModuleUnavailable("The security token is closed. Open it again with its PIN.")


def close_quietly(session: pkcs11.Session) -> None:
    """Close a session that may be gone already."""
    try:
        session.close()
    except pkcs11.PKCS11Error:
        return  # it is gone
