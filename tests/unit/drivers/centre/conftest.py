"""Centres for tests: as they are made, and with something in all their tables."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return world.make(tmp_path_factory.mktemp("centre") / "c1")


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = world.make(tmp_path_factory.mktemp("filled") / "c1")
    world.fill(place)
    return place


def _copy(place: Place, folder: Path) -> Place:
    shutil.copytree(place.folder, folder)
    return Place(folder, place.shares, place.public_key)


@pytest.fixture
def place(_made: Place, tmp_path: Path) -> Place:
    """A new centre, closed."""
    return _copy(_made, tmp_path / "c1")


@pytest.fixture
def filled(_filled: Place, tmp_path: Path) -> Place:
    """A closed centre with secrets, files, and requests that came to every end."""
    return _copy(_filled, tmp_path / "c1")
