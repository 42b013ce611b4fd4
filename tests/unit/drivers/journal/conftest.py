"""A journal for each test: as it is made, and with something in all its tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.drivers.journal import world
from voltoken.drivers.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of a new journal."""
    return world.make(tmp_path / "journal.db")


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """A new journal, unlocked, with one key."""
    with world.unlocked(path) as opened:
        opened.commit([world.loaded()], world.NOW)
        yield opened


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The file of a closed journal with something in all its tables."""
    return world.filled(tmp_path / "filled.db")
