"""Centres for their auditors, each made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.naive.centre_audits import assert_sound, copied
from tests.naive.centre_forger import keys_of
from tests.naive.centre_walk import Walk, furnished, modest
from voltoken.drivers.centre.keys import Keys


@pytest.fixture(scope="session")
def modest_once(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """A closed centre with an act of every sort, whose file nobody touches."""
    walk = modest(tmp_path_factory.mktemp("modest") / "c1")
    assert_sound(walk)
    return walk


@pytest.fixture(scope="session")
def furnished_once(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """A closed centre with members, modules, keys and files, which nobody touches."""
    walk = furnished(tmp_path_factory.mktemp("furnished") / "c1")
    assert_sound(walk)
    return walk


@pytest.fixture
def shut(modest_once: Walk, tmp_path: Path) -> Walk:
    """A closed centre with an act of every sort, whose file is to be written in."""
    return copied(modest_once, tmp_path / "c1")


@pytest.fixture(scope="session")
def stolen(modest_once: Walk) -> Keys:
    """The centre's keys, which somebody got who found two shares."""
    return keys_of(modest_once.file, modest_once.shares)
