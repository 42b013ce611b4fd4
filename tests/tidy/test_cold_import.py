"""Importing the standard costs nothing but itself: no library, no other room."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest

PROGRAM = """
import sys
before = set(sys.modules)
import voltoken.sts
print("\\n".join(sorted(set(sys.modules) - before)))
"""

OWN = ("voltoken.sts", "voltoken.errors")


def strangers(modules: list[str]) -> list[str]:
    """Pick the modules that are neither of the standard library nor of the standard's own room."""
    return [
        module
        for module in modules
        if module != "voltoken"
        and module.split(".")[0] not in sys.stdlib_module_names
        and not any(module == own or module.startswith(f"{own}.") for own in OWN)
    ]


@pytest.mark.skipif(importlib.util.find_spec("voltoken.sts") is None, reason="the room sts is not built yet")
def test_importing_sts_loads_no_library_and_no_other_room() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", PROGRAM], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert "voltoken.sts" in modules
    assert strangers(modules) == []


def test_strangers_are_seen() -> None:
    loaded = ["voltoken", "voltoken.sts.crc", "voltoken.errors", "json.decoder"]
    assert strangers(loaded) == []
    assert strangers([*loaded, "numpy.linalg", "voltoken.cli", "voltoken.sts_extra"]) == [
        "numpy.linalg",
        "voltoken.cli",
        "voltoken.sts_extra",
    ]
