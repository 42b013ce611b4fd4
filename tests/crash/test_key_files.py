"""A module that dies while it loads a key file has all of it or nothing, and answers it always alike."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.sites import settings_text
from tests.crash.module_seller import open_module
from tests.tidy.source import ROOT
from tests.unit.security.desk import register, secret_of
from tests.unit.security.office import Office
from voltoken.drivers.custody.roots import SharesProvider
from voltoken.drivers.local.making import make_home
from voltoken.drivers.local.module import LocalModule
from voltoken.security import KeyRef
from voltoken.security.keyload import check_receipt, read_module, read_request

pytestmark = pytest.mark.slow  # processes, sockets or disks at work

POINTS = ("unwrapped", "begin", "rows", "before_commit", "after_commit")
THERE, GONE, NEW = (KeyRef.parse(f"31000{number}/1") for number in (1, 2, 3))


@dataclass
class House:
    """A module's folder, what unseals it, and a key file for it."""

    folder: Path
    shares: tuple[str, ...]
    file: Path

    def run(self, point: str) -> subprocess.CompletedProcess[str]:
        """Have a process load the file."""
        return subprocess.run(
            [sys.executable, "-m", "tests.crash.key_loader", str(self.folder), str(self.file), point],
            cwd=ROOT,
            input="\n".join(self.shares),
            capture_output=True,
            text=True,
            check=False,
        )

    def open(self) -> LocalModule:
        """Open the module and unseal it."""
        return open_module(self.folder, self.shares)


@pytest.fixture
def house(tmp_path: Path) -> House:
    now = datetime.now(UTC) - timedelta(seconds=1)
    made = make_home(tmp_path / "home", settings_text("crash"), lambda _: SharesProvider(2, 3), now=now)
    module = open_module(made.folder, made.shares[:2])
    office = Office(now)
    module.keeper.load_key(register(THERE, ulm=10), [secret_of(THERE)], by="crash")
    module.keeper.set_trust(office.document, by="crash")
    identity = read_module(module.keeper.identity())
    module.keeper.load_key_file(office.file(identity, [register(GONE, ulm=10)]), by="crash")
    request = read_request(module.keeper.begin_key_load("kmc-1", [NEW], by="crash"))
    keys = [register(NEW, ulm=20), register(THERE, ulm=20)]
    file = tmp_path / "file.klf"
    file.write_bytes(office.file(identity, keys, [GONE], request_id=request.request_id))
    module.close()
    return House(made.folder, made.shares[:2], file)


def kinds(module: LocalModule) -> list[str]:
    return [json.loads(one.body)["kind"] for one in module.keeper.audit()]


@pytest.mark.parametrize("point", POINTS)
def test_a_module_killed_on_the_way_has_all_of_the_file_or_nothing(house: House, point: str) -> None:
    assert house.run(point).returncode == -signal.SIGKILL
    module = house.open()
    whole = {str(NEW): 20, str(THERE): 20}
    before = {str(THERE): 10, str(GONE): 10}
    held = {str(one.ref): one.ulm for one, _ in module.keeper.list_keys()}
    assert held == (whole if point == "after_commit" else before)
    assert kinds(module).count("keyfile.loaded") == 1 + (point == "after_commit")
    revoked = [one.register.ref for one in module.keeper.revoked_keys()]
    assert revoked == ([GONE] if point == "after_commit" else [])
    assert module.keeper.verify_audit().faults == ()
    receipts = [module.keeper.load_key_file(house.file.read_bytes(), by="crash") for _ in range(2)]
    found = check_receipt(receipts[0], read_module(module.keeper.identity()).signing_key)
    assert (found.seq, [one.ref for one in found.keys], found.revoked) == (2, [NEW, THERE], (GONE,))
    module.close()
    again = house.run("nowhere")
    assert (again.returncode, again.stderr) == (0, "")
    assert {again.stdout.encode(), *receipts} == {receipts[0]}
    module = house.open()
    assert {str(one.ref): one.ulm for one, _ in module.keeper.list_keys()} == whole
    assert kinds(module).count("keyfile.loaded") == 2
    assert [one.register.ref for one in module.keeper.revoked_keys()] == [GONE]
    assert module.keeper.verify_audit().faults == ()
    module.close()
