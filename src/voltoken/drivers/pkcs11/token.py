"""One PKCS#11 token, logged in once, tested before use, shared by the threads of a process.

It offers what a module needs and no more: HMAC-SHA-256 under an imported key, and sealing of small records
under a key that the token made itself. There is no way to get a key out, and no raw cipher.

What this promises: whoever steals disk, backup or database has no key; whoever takes over the process can
use the keys while inside, but not copy them. What it cannot promise: that an intruder makes no tokens while
inside; limits and the log of the module are for that. The PIN is not kept: when the token is pulled out or
ends the login, it must be opened anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import pkcs11
from pkcs11 import Attribute, KeyType

from voltoken.drivers.pkcs11.library import AGAIN, Library, inherited, load, unavailable
from voltoken.drivers.pkcs11.selftest import Check, run_checks
from voltoken.drivers.pkcs11.sessions import BROKEN, Seat, SessionPool
from voltoken.drivers.pkcs11.templates import (
    HMAC,
    HMAC_KEY_BYTES,
    find_hmac_key,
    hmac_key,
    may_be_read,
    named,
    sealing_key,
)
from voltoken.drivers.pkcs11.wrapping import Pkcs11Wrapping
from voltoken.errors import HIDDEN, FieldError, ModuleUnavailable, ShareRefused

Result = TypeVar("Result")

SECRET_BYTES: Final = range(20, 65)
"""Lengths of secrets that can be imported: a 160-bit vending key up to one block of SHA-256."""

_LABEL_LENGTH: Final = 64
_TOKEN_LABEL_LENGTH: Final = 32  # bytes, in the token's own description


class Pkcs11Token:
    """An open token. Make it with ``open``, once for each token in a process; threads may share it.

    After a fork it is of no use in the child: open it there.
    """

    def __init__(self, library: Library, login: pkcs11.Session, label: str, sessions: int) -> None:
        self.label = label
        self._library = library
        self._login = login  # held open, because the login ends with the last session
        self._pid = os.getpid()
        self._closed = False
        self._pool = SessionPool(self._open_session, sessions)

    @classmethod
    def open(cls, library: Path, label: str, pin: str, *, sessions: int = 4) -> Self:
        """Log in to a token and test it.

        library: the PKCS#11 library of the token's maker. label: the token's, 1 to 32 bytes. pin: its user
        PIN, not kept. sessions: how many threads can be at work in it at a time, 1 or more.
        Raises ShareRefused for a wrong PIN; ModuleUnavailable when library or token is absent, is open
        already, or fails its test; FieldError for a label or PIN that cannot be one.
        """
        if not (isinstance(label, str) and label.strip() == label and label.isprintable()) or not (
            1 <= len(label.encode()) <= _TOKEN_LABEL_LENGTH
        ):
            raise FieldError("token label", label, "1 to 32 printable characters")
        if not isinstance(pin, str) or not pin or not pin.isprintable():
            raise FieldError("PIN", HIDDEN, "one or more printable characters")
        if not isinstance(sessions, int) or sessions < 1:
            raise FieldError("sessions", sessions, "1 or more")
        loaded = load(library)
        token = cls(loaded, _log_in(loaded, label, pin), label, sessions)
        token.self_test()
        return token

    def __repr__(self) -> str:
        """Return which token."""
        return f"Pkcs11Token({self.label!r})"

    def __enter__(self) -> Self:
        """Return the token itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the token."""
        self.close()

    def close(self) -> None:
        """Log out, when all threads are done with it. Again, or in a forked child, it does nothing.

        Raises ModuleUnavailable when a thread is not done in time.
        """
        if self._closed or os.getpid() != self._pid:
            return
        self._pool.close()
        self._closed = True
        self._library.leave(self._login)

    def self_test(self) -> tuple[Check, ...]:
        """Let the token show that it does what is needed of it, on known answers; return what it showed.

        Raises ModuleUnavailable, naming the mechanisms, when it fails; the token is closed then.
        """
        checks = self._alone("test itself", lambda: run_checks(self._login))
        faults = [f"{check.mechanism}: {check.fault}" for check in checks if not check.passed]
        if not faults:
            return checks
        self.close()
        raise ModuleUnavailable(
            f"The token {self.label!r} fails its self-test and is not used. {'; '.join(faults)}. Look at "
            "what its maker says about these mechanisms, or use another token.",
            retry_safe=False,
            mechanisms=" ".join(check.mechanism for check in checks if not check.passed),
        )

    def import_secret(self, label: str, key: bytes) -> None:
        """Put a secret into the token, where it can be used for HMAC-SHA-256 and never be read again.

        label: 1 to 64 printable ASCII characters, free in the token. key: 20 to 64 bytes; shorter than 32
        it is padded with zeros, as HMAC does itself. The caller's copy, and what the library copied on the
        way, remain in this process's memory until they are overwritten.
        Raises FieldError for a bad or taken label or a bad length, ModuleUnavailable when the token cannot
        take it or would give it away.
        """
        _check_label(label)
        if not isinstance(key, bytes) or len(key) not in SECRET_BYTES:
            raise FieldError("key", HIDDEN, f"{SECRET_BYTES[0]} to {SECRET_BYTES[-1]} bytes")

        def create() -> None:
            self._check_free(label)
            attributes = hmac_key(label, stays=True)
            made = self._login.create_object(
                {**attributes, Attribute.VALUE: key.ljust(HMAC_KEY_BYTES, b"\0")}
            )
            if may_be_read(made):
                made.destroy()
                raise ModuleUnavailable(
                    f"The token {self.label!r} gives imported keys away. Nothing is left in it; use another.",
                    retry_safe=False,
                )

        self._alone("import a key", create)

    def make_wrapping_key(self, label: str) -> None:
        """Let the token make an AES key of 256 bits for ``wrapping``, which nobody ever sees.

        Losing the token loses everything wrapped: make a backup of it by the means of its maker.
        Raises FieldError for a bad or taken label, ModuleUnavailable when the token cannot make it.
        """
        _check_label(label)

        def generate() -> None:
            self._check_free(label)
            self._login.generate_key(KeyType.AES, 256, template=sealing_key(label, stays=True))

        self._alone("make a key", generate)

    def wrapping(self, label: str) -> Pkcs11Wrapping:
        """Return what seals under the wrapping key with this label. Raises FieldError for a bad label."""
        _check_label(label)
        return Pkcs11Wrapping(self, label)

    def hmac_sha256(self, label: str, data: bytes) -> bytes:
        """Return the 32 bytes of HMAC-SHA-256 of data under an imported secret, computed in the token.

        Raises ModuleUnavailable when there is no such secret, or the token cannot.
        """
        return self.hmac_many(label, (data,))[0]

    def hmac_many(self, label: str, data: Sequence[bytes]) -> list[bytes]:
        """Return ``hmac_sha256`` of each, in order, in one session."""
        _check_label(label)

        def sign(seat: Seat) -> list[bytes]:
            key = find_hmac_key(seat, label)
            return [key.sign(item, mechanism=HMAC) for item in data]

        return self.run("compute an HMAC", sign)

    def holds(self, label: str) -> bool:
        """Say whether the token holds a key with this label.

        Raises FieldError for a bad label, ModuleUnavailable when the token cannot say.
        """
        _check_label(label)
        return self.run("look for a key", lambda seat: bool(named(seat.session, label)))

    def delete(self, label: str) -> None:
        """Destroy the key with this label, for good.

        Raises ModuleUnavailable when there is none, there are several, or the token does not let go of it.
        """
        _check_label(label)

        def destroy() -> None:
            found = named(self._login, label)
            if len(found) != 1:
                raise ModuleUnavailable(
                    f"The token {self.label!r} holds {len(found)} keys with the label {label!r}; exactly one "
                    f"is needed to delete it. {AGAIN}",
                    label=label,
                )
            found[0].destroy()

        self._alone("delete a key", destroy)

    def run(self, doing: str, work: Callable[[Seat], Result]) -> Result:
        """Do work in one of the sessions; see ``SessionPool.run``. For the files of this package."""
        self._check_here()
        return self._pool.run(doing, work)

    def _alone(self, doing: str, work: Callable[[], Result]) -> Result:
        self._check_here()
        try:
            return self._pool.alone(work)
        except BROKEN as error:
            raise self._lost(error) from None
        except pkcs11.PKCS11Error as error:
            raise unavailable(doing, error) from None

    def _check_here(self) -> None:
        if os.getpid() != self._pid:
            raise inherited()

    def _check_free(self, label: str) -> None:
        if named(self._login, label):
            raise FieldError(
                "label", label, "free in the token", "Delete the key of that name first, or choose another."
            )

    def _open_session(self) -> pkcs11.Session:
        """Open one more session, if the login still holds: without it a session would find no keys."""
        try:
            self._login.generate_random(64)
            return self._login.token.open()
        except BROKEN as error:
            raise self._lost(error) from None

    def _lost(self, error: pkcs11.PKCS11Error) -> ModuleUnavailable:
        return ModuleUnavailable(
            f"The token {self.label!r} was removed, or has ended the login ({type(error).__name__}). Put it "
            f"back, close it and open it again with its PIN. {AGAIN}"
        )


def _log_in(library: Library, label: str, pin: str) -> pkcs11.Session:
    try:
        return library.enter(label, pin)
    except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange):
        raise ShareRefused(
            f"The token {label!r} refuses this PIN. Tokens lock after a few wrong ones: look it up first."
        ) from None
    except pkcs11.PKCS11Error as error:
        raise unavailable("be logged in to", error) from None


def _check_label(label: str) -> None:
    if (
        not isinstance(label, str)
        or not 1 <= len(label) <= _LABEL_LENGTH
        or not (label.isascii() and label.isprintable())
    ):
        raise FieldError("label", label, f"1 to {_LABEL_LENGTH} printable ASCII characters")
