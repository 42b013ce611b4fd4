"""Every driver of security modules does what the suite says: software, PKCS#11, PrismToken, pool and fake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.issuing import SAYS, SUITE, Says, code_of, enter_set, refused
from tests.contract.sites import (
    BUILDERS,
    FIRST,
    KEY,
    Post,
    Served,
    Site,
    new_id,
    new_meter,
    real_meter,
    tid_now,
)
from tests.integration.softhsm import SoftHSM
from tests.unit.security.desk import first_key
from voltoken.errors import ModuleRefused
from voltoken.security import CreditRequest, InitialKeyChangeRequest, ModuleRole
from voltoken.sts import TI, Service


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the modules."""
    return tmp_path_factory.mktemp("sites")


SLOW = ("pkcs11", "pool", "prism")
DRIVERS = [pytest.param(one, marks=[pytest.mark.slow] if one in SLOW else []) for one in BUILDERS]


@pytest.fixture(scope="module", params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    """The name of a driver."""
    return str(request.param)


@pytest.fixture(scope="module")
def site(driver: str, folder: Path) -> Iterator[Site]:
    """A site of a driver, for all its behaviours."""
    with ExitStack() as stack:
        hsm = stack.enter_context(SoftHSM.in_folder(folder)) if driver == "pkcs11" else None
        made = BUILDERS[driver](folder, hsm)
        yield made
        made.close()


@pytest.mark.parametrize("behaviour", SUITE, ids=lambda one: one.__name__)
def test_every_driver(site: Site, driver: str, behaviour: Callable[[Site, Says], None]) -> None:
    behaviour(site, SAYS[driver])


@pytest.mark.parametrize("kind", [Post, Served], ids=["software", "prism"])
def test_a_manufacturing_module_leads_meters_away_from_their_first_key(
    kind: type[Post], tmp_path: Path
) -> None:
    """And makes no credit; the key of the meter is a DITK, of which each meter has its own."""
    line = kind(tmp_path / "line", ModuleRole.MANUFACTURING)
    try:
        meter = new_meter()
        real = real_meter(meter, first_key(FIRST))
        request = InitialKeyChangeRequest(new_id(), meter, FIRST, KEY, TI("01"), 4)
        made = line.client("till").issue_initial_key_change(request)
        assert enter_set(real, made) == ["1stKCT", "2ndKCT", "3rdKCT", "Accept"]
        credit = CreditRequest(new_id(), meter, KEY, Service.ELECTRICITY, 10, tid_now())
        error = refused(line.client("till"), credit)
        assert (type(error), code_of(error)) == (ModuleRefused, "role.credit")
    finally:
        line.close()
