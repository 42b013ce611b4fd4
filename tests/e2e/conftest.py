"""What most sessions start from: a key file, and the options that name it and a meter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e import kmc_site
from tests.e2e.sessions import METER, Answer, write_key

Grown = tuple[Path, list[tuple[tuple[str, ...], Answer]]]


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, ...]:
    """Return the options for the published vending key and meter."""
    source = write_key(tmp_path / "vending.json")
    return "--vending-key", source, "--pan", METER, "--ti", "01"


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """Return the folder of a centre with a key and a module, to be copied, and what was said in making it."""
    folder = tmp_path_factory.mktemp("grown")
    site = kmc_site.Site(alternating=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        kmc_site.grow(site)
    return folder, site.heard
