"""Every module that keeps keys does what the suite says, in software and with a real PKCS#11 token."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.contract.custody import KEYS, LAST, NEW, SUITE, load, sell
from tests.contract.custody import credit as asked_of
from tests.contract.sites import Post
from tests.integration.softhsm import SoftHSM
from tests.unit.security.desk import register, secret_of
from voltoken.errors import SecurityModuleError, VoltokenError


@dataclass(frozen=True)
class Kind:
    """Of what kind modules are made. labels: of tokens made before the library looks for any."""

    hsm: SoftHSM | None = None
    labels: Iterator[str] = field(default_factory=lambda: itertools.repeat(""))

    def post(self, folder: Path) -> Post:
        """Make a module."""
        return Post(folder, hsm=self.hsm, label=next(self.labels), keys=KEYS)


@pytest.fixture(scope="module", params=["software", "pkcs11"])
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kind]:
    """The kind of module."""
    if request.param == "software":
        yield Kind()
        return
    with SoftHSM.in_folder(tmp_path_factory.mktemp("softhsm")) as hsm:
        yield Kind(hsm, iter([hsm.new_token() for _ in range(1 + len(LAST))]))


@pytest.fixture(scope="module")
def shared(kind: Kind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """A module for all behaviours that leave it whole."""
    post = kind.post(tmp_path_factory.mktemp("custody") / "shared")
    yield post
    post.close()


@pytest.fixture
def own(kind: Kind, tmp_path: Path) -> Iterator[Post]:
    """A module for one behaviour."""
    post = kind.post(tmp_path / "own")
    yield post
    post.close()


@pytest.mark.parametrize("behaviour", SUITE, ids=lambda one: one.__name__)
def test_every_custodian(shared: Post, behaviour: Callable[[Post], None]) -> None:
    behaviour(shared)


@pytest.mark.parametrize("behaviour", LAST, ids=lambda one: one.__name__)
def test_every_custodian_to_the_end(own: Post, behaviour: Callable[[Post], None]) -> None:
    behaviour(own)


def test_a_live_key_is_taken_once_the_settings_accept_that_this_is_no_certified_module(
    tmp_path: Path,
) -> None:
    post = Post(tmp_path / "live", keys=(), more="accept_non_sts_compliant_module = true")
    try:
        live = register(NEW, test=False)
        load(post, live, secret_of(NEW))
        assert sell(post, asked_of(NEW)).key == NEW
    finally:
        post.close()


def test_a_software_module_takes_no_key_that_is_to_live_in_hardware(tmp_path: Path) -> None:
    """It would be gone with the next restart, because nothing of it is on the disk."""
    post = Post(tmp_path / "soft", keys=())
    try:
        with pytest.raises(VoltokenError):
            load(post, register(NEW), secret_of(NEW), inside=True)
        post.restart()
        with pytest.raises(SecurityModuleError):
            sell(post, asked_of(NEW))
    finally:
        post.close()
