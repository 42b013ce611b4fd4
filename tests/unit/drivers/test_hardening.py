"""What a process does to keep its keys to itself, watched from outside."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from voltoken.drivers import hardening
from voltoken.drivers.hardening import Measure, harden, wipe

NAMES = ["core_dumps_off", "undumpable", "no_new_privileges", "memory_locked", "umask"]

# The superuser may read everything and lock memory, so the child becomes an ordinary user first. Changing
# the user makes a process undumpable; that is taken back, or it would hide what is to be shown.
CHILD = """
import ctypes, dataclasses, json, os, resource, sys
from voltoken.drivers.hardening import harden
if os.getuid() == 0 and "ordinary" in sys.argv:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
measures = harden() if "harden" in sys.argv else ()
made = os.umask(0)
print(json.dumps([[dataclasses.astuple(m) for m in measures], made]), flush=True)
sys.stdin.read()
"""

READER = """
import os, sys
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with open(f"/proc/{sys.argv[1]}/{sys.argv[2]}", "rb") as file:
        file.read(1) if sys.argv[2] == "maps" else file.fileno()
except PermissionError:
    sys.exit(13)
"""

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="these measures are Linux's")


class Child:
    """A process that waits, and what it said of itself."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        measures, self.umask = json.loads(process.stdout.readline()) if process.stdout else ([], 0)
        self.measures = {name: Measure(name, on, why) for name, on, why in measures}
        self.pid = process.pid

    def told(self, file: str, name: str) -> list[str]:
        """Return the words after a name in a file of /proc."""
        lines = Path(f"/proc/{self.pid}/{file}").read_text().splitlines()
        return next(line.removeprefix(name).split() for line in lines if line.startswith(name))

    def may_be_read(self, file: str) -> bool:
        """Whether another process of the same ordinary user may open a file of /proc."""
        done = subprocess.run([sys.executable, "-c", READER, str(self.pid), file], check=False)
        assert done.returncode in (0, 13)
        return done.returncode == 0


@contextmanager
def running(*words: str) -> Iterator[Child]:
    """Start a child with these words, and stop it afterwards."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


@linux_only
def test_every_measure_that_says_it_is_on_is_seen_from_outside() -> None:
    with running("harden") as child:
        assert list(child.measures) == NAMES
        assert child.told("limits", "Max core file size")[:2] == ["0", "0"]
        assert child.told("status", "NoNewPrivs:") == ["1"]
        assert (child.told("status", "VmLck:")[0] != "0") == child.measures["memory_locked"].on
        assert child.umask == 0o077
        for name in ("core_dumps_off", "undumpable", "no_new_privileges", "umask"):
            assert child.measures[name] == Measure(name, on=True)
        assert all(measure.on != bool(measure.why) for measure in child.measures.values())


@linux_only
def test_a_process_that_does_nothing_has_none_of_it() -> None:
    with running() as child:
        assert child.told("status", "NoNewPrivs:") == ["0"]
        assert child.told("status", "VmLck:")[0] == "0"


@linux_only
def test_another_process_of_the_same_user_cannot_read_the_memory() -> None:
    with running("ordinary") as child:
        if not child.may_be_read("maps"):
            pytest.skip("this system hides the memory of every process from its own user")
        traced = child.may_be_read("mem")
    with running("ordinary", "harden") as child:
        assert child.measures["undumpable"].on
        assert not child.may_be_read("maps")
        assert not (traced and child.may_be_read("mem"))


@linux_only
def test_memory_that_may_not_be_locked_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda _: (8 << 20, 8 << 20))
    monkeypatch.setattr(hardening, "_may_lock", lambda: False)
    monkeypatch.setattr(hardening, "_call", lambda *_: pytest.fail("locked under a limit"))
    measure = hardening._memory_locked()
    assert not measure.on
    assert "8192 KiB" in measure.why
    assert "LimitMEMLOCK=infinity" in measure.why


@linux_only
@pytest.mark.skipif(os.getuid() != 0, reason="takes a right away, so it must have it")
def test_the_right_to_lock_memory_is_read_from_the_process() -> None:
    assert hardening._may_lock()
    program = (
        "import os; from voltoken.drivers import hardening; os.setuid(65534); print(hardening._may_lock())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@linux_only
def test_what_the_system_refuses_is_off_with_its_reason() -> None:
    refused = hardening._call("undumpable", "prctl", 9999, 0, 0, 0, 0)
    assert not refused.on
    assert "Invalid argument" in refused.why
    absent = hardening._call("undumpable", "no_such_function", 0)
    assert absent == Measure("undumpable", on=False, why="the C library has no no_such_function")


def test_on_windows_everything_is_off_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hardening.sys, "platform", "win32")  # type: ignore[attr-defined] # not exported
        measures = harden()
    assert [measure.name for measure in measures] == NAMES
    assert not any(measure.on for measure in measures)
    assert all(measure.why for measure in measures)


def test_on_other_systems_and_machines_the_measures_of_linux_are_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(hardening.sys, "platform", "darwin")  # type: ignore[attr-defined] # not exported
        measures = [hardening._undumpable(), hardening._no_new_privileges(), hardening._memory_locked()]
    assert [(measure.on, measure.why) for measure in measures] == [(False, "only Linux has it")] * 3


@linux_only
def test_flags_that_are_not_known_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "host", "6", "1", "ppc64le")))
    monkeypatch.setattr(hardening, "_call", lambda *_: pytest.fail("locked with flags of another machine"))
    assert "not known" in hardening._memory_locked().why


def test_wiping_overwrites_the_buffer_in_place() -> None:
    buffer = bytearray(b"planted secret")
    address = ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))
    seen = memoryview(buffer)
    wipe(buffer)
    assert bytes(seen) == bytes(14)
    assert ctypes.string_at(address, 14) == bytes(14)
    wipe(bytearray())
