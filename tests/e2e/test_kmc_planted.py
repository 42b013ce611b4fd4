"""The whole life of a centre on the command line, with planted secrets: none of them is anywhere afterwards.

What every command prints, every file of the centre, what it writes for people, its backup, its log and its
exported registers are looked through. Files that are there to hold a secret are left out: shares, people's
keys, and the components that the test wrote itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import kmc_site
from tests.e2e.conftest import Grown
from tests.e2e.kmc_site import CENTRE, NAMES, SGC, SHARES, Site, acting, founders, write
from tests.e2e.sessions import ask, environ
from tests.planted import (
    CUSTODIANS,
    PASSPHRASE,
    SECRETS,
    VENDING_KEY,
    WRONG_KEY,
    WRONG_PASSPHRASE,
    Search,
)
from tests.planted import SHARES as PLANTED_SHARES
from tests.tidy.source import ROOT
from voltoken.drivers.centre import Centre
from voltoken.security import Share, combine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="a centre needs Linux or macOS"),
]

HOLDERS = {".key", ".part"}
"""Endings of files that are there to hold a secret."""


@pytest.fixture(scope="module")
def life(grown: Grown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Live the life of a centre, with the mistakes that people make with secrets."""
    before = Path.cwd()
    os.chdir(shutil.copytree(grown[0], tmp_path_factory.mktemp("planted") / "here"))
    site = Site(alternating=True, heard=list(grown[1]))
    kmc_site.vending_key(site, 2, "--bits", "160", "--dkga", "04", "--base-date", "14")
    site.both("vending-key", "generate", f"{SGC}/2")
    _mistakes(site)
    for form in ((), ("--json",)):
        site.form = form
        for words in (("log", "centre"), ("status", "centre"), ("papers", "centre"), ("verify", "centre")):
            site.kmc(*words)
        for register in ("vending-key", "ceremony", "module", "key-file", "centre-key"):
            site.kmc("list", "centre", register)
        site.kmc("show", "centre", "ceremony", "key-1")
        site.kmc("requests", "centre", "--all")
        file = f"{len(form)}.backup"
        site.kmc("backup", "centre", "--file", file, *SHARES)
        site.kmc("rehearse", file, "--centre", "centre", *SHARES)
        site.kmc("restore", file, f"again-{len(form)}", *SHARES)
    yield site
    os.chdir(before)


def _mistakes(site: Site) -> None:
    """Offer secrets where they do not belong: wrong ones, in the wrong place, and half of them."""
    os.environ |= {"OFFER": WRONG_PASSPHRASE, "SHARE": PLANTED_SHARES[0], "PHRASE": PASSPHRASE}
    part = CUSTODIANS["carol"].hex()
    wrong = write("wrong.part", WRONG_KEY.hex())
    do = ("ceremony", "do", "centre", "key-3")
    custodians = ("--custodians", "carol,dan,eve", "--officer", "alice", "--auditor", "fay")
    plan = (
        "--script",
        "vending-key-components",
        "--purpose",
        "x",
        "--bits",
        "64",
        "--vending-key",
        f"{SGC}/3",
    )
    kmc_site.vending_key(
        site, 3, "--bits", "64", "--dkga", "02", "--base-date", "14", "--origin", "components"
    )
    site.both("ceremony", "add", "key-3", *plan, *custodians)
    site.act("alice", "ceremony", "begin", "key-3")
    site.kmc(*do, "place=x", "present=5", *acting("alice"))
    site.kmc(*do, "machine=x", "offline=yes", *acting("fay"))
    carol = acting("carol")
    for words, code in (
        ((*do, f"check_value={part}", "--typed", wrong, *SHARES, *carol), 13),
        ((*do, "check_value=000000", "--typed", wrong, *SHARES, *carol), 13),
        ((*do, "check_value=000000", "--typed", write("d.part", part), *SHARES, *carol), 13),
        ((*do, "check_value=000000", "--typed", part, *SHARES, *carol), 2),
        ((*do, part, *carol), 2),
        (("identity", "centre", "--unseal", "env:OFFER"), 13),
        (("identity", "centre", "--unseal", "env:SHARE"), 13),
        (("identity", "centre", "--unseal", Path("shares/share-1.txt").read_text("utf-8").strip()), 2),
        (("key", "new.key", "--passphrase", PASSPHRASE), 2),
        (("init", "c2", "--passphrase", PASSPHRASE, *founders()), 2),
        (("country", "add", "centre", "KE", "--name", "x", "--as", "alice", "--key", "wrong.part"), 13),
        (("restore", "none.backup", "c3", "--unseal", "env:OFFER"), 8),
    ):
        for form in ((), ("--json",)):
            answer = ask("kmc", *words, *form)
            site.heard.append((words, answer))
            assert answer.code == code, (words[:3], answer.code)
    for name in ("hugo", "nora"):
        site.kmc("key", f"{name}.key", "--passphrase", "env:PHRASE")
    own = ("--as", "hugo", "--key", "hugo.key", "--key-passphrase")
    for source, code in (("env:PHRASE", 13), ("env:OFFER", 3)):
        words = ("country", "add", "centre", "KE", "--name", "x", *own, source)
        site.heard.append((words, ask("kmc", *words)))
        assert site.heard[-1][1].code == code
    for name in ("OFFER", "SHARE", "PHRASE"):
        del os.environ[name]


def secrets() -> dict[str, bytes | str]:
    """Return everything that must not be anywhere: what was planted, and what this centre has made itself."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found: dict[str, bytes | str] = dict(SECRETS)
    shares = [file.read_text("utf-8").strip() for file in sorted(Path("shares").iterdir())]
    found |= {f"own share {number}": share for number, share in enumerate(shares, 1)}
    found["own root key"] = combine([Share.parse(share) for share in shares[:2]])
    for name in NAMES:
        key = load_pem_private_key(Path(f"{name}.key").read_bytes(), None)
        found[f"key of {name}"] = key.private_bytes_raw()  # type: ignore[union-attr] # Ed25519, as written
    with Centre.open(CENTRE) as centre:
        for share in shares[:2]:
            centre.unseal(share)
        found |= {name: centre.secret(name) for name in centre.state.secrets}
    return found


def test_a_centre_shows_no_secret_and_writes_none(life: Site) -> None:
    search = Search(secrets())
    leaks = [
        f"{' '.join(words[:3])}: {leak}"
        for words, answer in life.heard
        for leak in search.found_in(answer.out + answer.err)
    ]
    read = 0
    for file in sorted(Path().rglob("*")):
        if file.is_file() and file.suffix not in HOLDERS and file.parent != Path("shares"):
            leaks += [f"{file}: {leak}" for leak in search.found_in(file.read_bytes())]
            read += 1
    with Centre.look(CENTRE) as centre:
        leaks += [f"export: {leak}" for leak in search.found_in(centre.state.export())]
        leaks += [
            f"{name}: {leak}" for name in centre.papers() for leak in search.found_in(centre.paper(name))
        ]
    assert sorted(set(leaks)) == []
    assert read > 20
    assert len(life.heard) > 100


def test_the_look_through_knows_what_the_centre_has(life: Site) -> None:
    """It would find each of them; otherwise the test above could not fail."""
    assert life.heard
    found = secrets()
    assert {f"vending_key/{SGC}/1", f"vending_key/{SGC}/2", "exchange"} <= set(found)
    assert found[f"vending_key/{SGC}/1"] == SECRETS["key of the custodians"]
    assert any(name.startswith("signing_key/") for name in found)
    search = Search(found)
    for name, secret in found.items():
        text = secret if isinstance(secret, str) else secret.hex()
        assert any(one.startswith(name) for one in search.found_in(f"xx{text}xx")), name
    assert VENDING_KEY not in Path("centre/centre.db").read_bytes()


INSIDE = """
import gc, sys, traceback
from pathlib import Path
from tests.planted import PASSPHRASE, SHARES
from voltoken.drivers.centre import Centre, make_backup, read_person_key
from voltoken.errors import VoltokenError
from voltoken.access import Approval, Verdict

def told(act):
    try:
        return act()
    except VoltokenError:
        traceback.print_exc()

alice, bob = (read_person_key(Path(f"{name}.key"), None) for name in ("alice", "bob"))
with Centre.open(Path("centre")) as centre:
    told(lambda: centre.unseal(SHARES[0]))
    told(lambda: centre.unseal(PASSPHRASE))
    for number in (1, 3):
        print(centre.unseal(Path(f"shares/share-{number}.txt").read_text().strip()))
    kept = [told(lambda: centre.secret("no/secret"))]
    request = centre.draft("alice", "vending_key", "destroy", "123457/2", {"meters_left": 0})
    filed = centre.ask(request, alice.sign(request.signed_bytes()))
    told(lambda: centre.carry_out(request.request_id))
    approval = Approval.signed(request, "bob", Verdict.APPROVE, "", centre.now(), bob.sign)
    centre.approve(request.request_id, approval)
    backup = make_backup(centre)
    ours = [found for found in gc.get_objects() if type(found).__module__.startswith("voltoken")]
    for found in ours:
        print(repr(found), getattr(found, "__dict__", {}).keys())
    print(len(ours), "things", sorted({type(found).__name__ for found in ours}))
"""


def test_no_repr_and_no_traceback_inside_the_process_shows_a_secret(life: Site) -> None:
    assert life.heard
    ended = subprocess.run(
        [sys.executable, "-c", INSIDE],
        env=environ() | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    search = Search(secrets())
    assert search.found_in(ended.stdout) == []
    assert search.found_in(ended.stderr) == []
    assert "ShareRefused" in ended.stderr
    assert "ApprovalRefused" in ended.stderr
    for name in ("Centre", "PersonKey", "Keys", "Strongroom"):
        assert f"'{name}'" in ended.stdout.splitlines()[-1], name
