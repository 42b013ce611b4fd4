"""What a process that holds keys asks of its system, so that they stay in it.

Each measure says whether it is on, and if not, why: not every system has it, and a container may forbid
it. Nothing here stops the superuser, who reads any memory, nor whoever is already inside the process. The
measures cannot be taken back and are meant for a process that does nothing else.

Facts: the Linux manual, pages prctl(2), getrlimit(2), mlockall(2), capabilities(7), proc(5).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4
_OTHER_FLAGS: Final = ("alpha", "ppc", "sparc")
"""Machines on which Linux numbers the flags of mlockall differently."""

_CAP_IPC_LOCK: Final = 14
_ONLY_LINUX: Final = "only Linux has it"
_NOT_WINDOWS: Final = "Windows has no such thing"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure and whether it holds.

    name: ``core_dumps_off``, ``undumpable``, ``no_new_privileges``, ``memory_locked`` or ``umask``.
    on: it holds for this process. why: the reason if it does not, with what to do where there is something.
    """

    name: str
    on: bool
    why: str = ""


def harden() -> tuple[Measure, ...]:
    """Protect this process as far as the system lets it, and return every measure with its outcome.

    - ``core_dumps_off``: a crash leaves no image of the memory (limit 0, soft and hard).
    - ``undumpable``: other processes of the same user can neither read its memory nor trace it.
    - ``no_new_privileges``: no program that it starts gains rights by a set-user-id bit.
    - ``memory_locked``: its memory is never written to the swap space.
    - ``umask``: files that it makes are readable by their owner only.
    """
    return (_core_dumps_off(), _undumpable(), _no_new_privileges(), _memory_locked(), _umask())


def wipe(buffer: bytearray) -> None:
    """Overwrite a buffer with zeros, in place.

    It is the best CPython allows and no promise: what was ever ``bytes`` or ``str``, what a library copied
    for its own use, and what the allocator moved stays in memory until something else is written there.
    """
    buffer[:] = bytes(len(buffer))


def _core_dumps_off() -> Measure:
    name = "core_dumps_off"
    if sys.platform == "win32":
        return Measure(name, on=False, why=_NOT_WINDOWS)
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as error:
        return Measure(name, on=False, why=f"the system refused: {error}")
    return Measure(name, on=True)


def _undumpable() -> Measure:
    return _control("undumpable", _PR_SET_DUMPABLE, 0)


def _no_new_privileges() -> Measure:
    return _control("no_new_privileges", _PR_SET_NO_NEW_PRIVS, 1)


def _control(name: str, option: int, value: int) -> Measure:
    """Set one attribute of the process by prctl."""
    if sys.platform != "linux":
        return Measure(name, on=False, why=_ONLY_LINUX)
    return _call(name, "prctl", option, value, 0, 0, 0)


def _memory_locked() -> Measure:
    """Lock all memory, but only without a limit: under one, a later allocation would fail instead."""
    name = "memory_locked"
    if sys.platform != "linux":
        return Measure(name, on=False, why=_ONLY_LINUX)
    if os.uname().machine.startswith(_OTHER_FLAGS):
        return Measure(name, on=False, why="the flags of mlockall on this kind of machine are not known here")
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    elif not _may_lock():
        return Measure(
            name,
            on=False,
            why=f"the limit of locked memory is {hard // 1024} KiB: set LimitMEMLOCK=infinity, or "
            "ulimit -l unlimited, or give the process CAP_IPC_LOCK",
        )
    # Pages are locked when they are first used, so that stacks and pools do not fill the memory.
    return _call(name, "mlockall", _MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT)


def _may_lock() -> bool:
    """Say whether this process may lock memory beyond the limit."""
    try:
        status = Path("/proc/self/status").read_bytes()
    except OSError:
        return False
    effective = [line.split()[1] for line in status.splitlines() if line.startswith(b"CapEff:")]
    return any(int(mask, 16) >> _CAP_IPC_LOCK & 1 for mask in effective)


def _call(name: str, function: str, *arguments: int) -> Measure:
    """Call a function of the C library that returns 0 when it has done what was asked."""
    import ctypes

    try:
        library = ctypes.CDLL(None, use_errno=True)
        called = getattr(library, function)
    except (OSError, AttributeError):
        return Measure(name, on=False, why=f"the C library has no {function}")
    if called(*map(ctypes.c_ulong, arguments)) != 0:
        reason = os.strerror(ctypes.get_errno())
        return Measure(name, on=False, why=f"the system or its container refused: {reason}")
    return Measure(name, on=True)


def _umask() -> Measure:
    if sys.platform == "win32":
        return Measure("umask", on=False, why=_NOT_WINDOWS)
    os.umask(0o077)
    return Measure("umask", on=True)
