"""A PKCS#11 library in this process: loaded once, told about threads, logged in once for each token.

The standard (PKCS#11 2.40, C_Initialize) makes three things a matter of the whole process, so they stand in
one place here:

* python-pkcs11 initialises with no arguments, which promises the library that only one thread will ever call
  it. SoftHSM then takes no locks, and threads disturb one another. Here the library is told to lock.
* A login holds for all sessions of the process. The PIN of a second login would not even be looked at, so a
  token can be open only once.
* Nothing of it survives a fork: a child must load and log in for itself, before its parent does.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from pathlib import Path
from typing import Final

import pkcs11
from pkcs11 import _pkcs11

from voltoken.errors import ModuleUnavailable

_OS_LOCKING_OK: Final = 0x02  # CKF_OS_LOCKING_OK
_OK: Final = 0x00
_CANNOT_LOCK: Final = 0x0A  # CKR_CANT_LOCK
_ALREADY: Final = 0x191  # CKR_CRYPTOKI_ALREADY_INITIALIZED

AGAIN: Final = "Nothing was done."
"""The end of messages of errors after which the same may be asked again."""


class _InitializeArgs(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS: no mutexes of ours, flags, and a reserved pointer."""

    _pack_ = 1 if os.name == "nt" else 0  # the standard packs its structures on Windows only
    _fields_ = (
        ("mutexes", ctypes.c_void_p * 4),
        ("flags", ctypes.c_ulong),
        ("reserved", ctypes.c_void_p),
    )


def unavailable(doing: str, error: pkcs11.PKCS11Error) -> ModuleUnavailable:
    """Return our error for one of the library: what could not be done, and the library's name of the fault.

    doing: what was tried, as in "cannot ...". Raise it ``from None``: texts and traces of other people's
    libraries are not shown, they may carry anything.
    """
    fault = type(error).__name__
    if type(error) is pkcs11.PKCS11Error:
        fault = "an error code without a name"
    return ModuleUnavailable(f"The security token cannot {doing} ({fault}). {AGAIN}", fault=fault)


class Library:
    """One loaded library. Get it from ``load``; it stays loaded until the process ends.

    It is initialised while a token of it is open, so that a token made meanwhile by another program is seen
    when the next is opened first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._calls = _calls_of(path)
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._owner = os.getpid()
        self._module: _pkcs11.lib | None = None

    def enter(self, label: str, pin: str) -> pkcs11.Session:
        """Log in to the token with this label; return the session that holds the login.

        Raises ModuleUnavailable when there is no such token, it is open already in this process, or the
        parent of this process has one open; the error of python-pkcs11 when the token refuses the PIN.
        """
        if os.getpid() != self._owner:
            if self._open:
                raise inherited()
            self._owner = os.getpid()
        with self._lock:
            self._initialise()
            try:
                token = self._find(label)
                slot = token.slot.slot_id
                if slot in self._open:
                    raise ModuleUnavailable(
                        f"The token {label!r} is open in this process already, and a second PIN would not be "
                        f"checked. Share the open one, or close it first."
                    )
                try:
                    session = token.open(rw=True, user_pin=pin)
                except pkcs11.PKCS11Error:
                    # python-pkcs11 leaves the session open that was to log in.
                    self._calls.C_CloseAllSessions(ctypes.c_ulong(slot))
                    raise
                self._open.add(slot)
            finally:
                self._finalise_if_idle()
            return session

    def leave(self, session: pkcs11.Session) -> None:
        """Log out of the token of this session and close all its sessions. Not for a forked child."""
        slot = session.token.slot.slot_id
        with self._lock:
            with contextlib.suppress(pkcs11.PKCS11Error):  # the token, or the session, may be gone
                session.close()
            self._calls.C_CloseAllSessions(ctypes.c_ulong(slot))
            self._open.discard(slot)
            self._finalise_if_idle()

    def _initialise(self) -> None:
        """Initialise with locks, unless a token is open."""
        if self._open:
            return
        result = self._calls.C_Initialize(ctypes.byref(_InitializeArgs(flags=_OS_LOCKING_OK)))
        if result == _ALREADY:
            raise ModuleUnavailable(
                f"The library {self.path} is in use already by another part of this process, which may have "
                f"promised it that there is one thread. Let only Voltoken use it in this process."
            )
        if result == _CANNOT_LOCK:
            raise ModuleUnavailable(
                f"The library {self.path} cannot be used by several threads. Use a newer one of its maker."
            )
        if result != _OK:
            raise ModuleUnavailable(
                f"The library {self.path} does not start: it answers 0x{result:x}. Look at its own settings "
                f"and log, e.g. SOFTHSM2_CONF for SoftHSM."
            )

    def _finalise_if_idle(self) -> None:
        if not self._open:
            self._calls.C_Finalize(None)

    def _find(self, label: str) -> pkcs11.Token:
        try:
            if self._module is None:
                # Without __init__, which would initialise again, and without locks.
                self._module = _pkcs11.lib.__new__(
                    _pkcs11.lib,
                    str(self.path),  # type: ignore[call-arg]  # the stub has no __new__
                )
            found = list(self._module.get_tokens(token_label=label))
        except pkcs11.PKCS11Error as error:
            raise unavailable("be looked for", error) from None
        if len(found) == 1:
            return found[0]
        many = "no token" if not found else f"{len(found)} tokens"
        raise ModuleUnavailable(
            f"The library {self.path} has {many} with the label {label!r}; exactly one is needed. Look for "
            "it with the maker's tools, e.g. softhsm2-util --show-slots. Some libraries see a token that was "
            "made just now only after all others are closed."
        )


def inherited() -> ModuleUnavailable:
    """Return the error for use after a fork."""
    return ModuleUnavailable(
        "The token was opened before this process was forked, and belongs to the parent. Fork first, and "
        "open it in the child.",
        retry_safe=False,
    )


_LIBRARIES: dict[Path, Library] = {}  # by resolved path: a process has one state for each, by the standard
_LOADING = threading.Lock()


def load(path: Path) -> Library:
    """Return the library at path, loaded once.

    Raises ModuleUnavailable when there is no file, or it is no PKCS#11 library.
    """
    with _LOADING:
        whole = path.resolve()
        if whole not in _LIBRARIES:
            _LIBRARIES[whole] = Library(whole)
        return _LIBRARIES[whole]


def _calls_of(path: Path) -> ctypes.CDLL:
    """Load the functions that python-pkcs11 does not offer, or not in the form that is needed."""
    if not path.is_file():
        raise ModuleUnavailable(
            f"There is no PKCS#11 library {path}. Install the one of the token's maker, or SoftHSM for tests "
            f"(apt install softhsm2), and give its path."
        )
    try:
        calls = ctypes.CDLL(str(path))
        for name in ("C_Initialize", "C_Finalize", "C_CloseAllSessions"):
            getattr(calls, name).restype = ctypes.c_ulong
    except (OSError, AttributeError):
        raise ModuleUnavailable(
            f"{path} is no PKCS#11 library of this machine's kind. Give the path of the token maker's own."
        ) from None
    return calls
