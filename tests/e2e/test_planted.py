"""The whole life of a module on the command line, with planted secrets: none of them is anywhere afterwards.

Every command runs in a process of its own; what each prints, every file that the module leaves, what the
administration door answers and the exported log are looked through. Files that are there to hold a secret
are left out: shares, passwords, TLS keys, and those with components that the test wrote itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.sessions import Answer, environ, session
from tests.planted import (
    COMPONENT_1,
    COMPONENT_2,
    PASSPHRASE,
    PASSWORD,
    SECRETS,
    SHARES,
    SMALL_KEY,
    VENDING_KEY,
    WRONG_KEY,
    WRONG_PASSPHRASE,
    WRONG_PASSWORD,
    Search,
)
from tests.tidy.source import ROOT
from tests.unit.security.desk import register
from tests.unit.security.office import Office
from voltoken.drivers.local.passwords import hash_password
from voltoken.security import KeyRef, Share, combine
from voltoken.security.keyload import read_module
from voltoken.sts import BaseDate, TIDClock, key_check_value

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="modules are served on Linux and macOS"),
]
FORM = [(), ("--json",)]


@dataclass
class Life:
    """A module and everything that was heard of it. search: for what must not be there."""

    folder: Path
    form: tuple[str, ...]
    search: Search = field(default_factory=lambda: Search(SECRETS))
    heard: list[tuple[str, str]] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """The module's folder."""
        return self.folder / "pilot"

    def run(self, *words: str, code: int = 0, **environment: str) -> Answer:
        """Run a command, see how it ends, and keep what it says."""
        answer = session("sm", *words, *self.form, folder=self.folder, **environment)
        assert answer.code == code, (
            words[:2],
            answer.code,
            answer.err if not self.leaks(answer.err) else "...",
        )
        self.heard.append((" ".join(words[:2]), answer.out + answer.err))
        return answer

    def write(self, name: str, text: str) -> str:
        """Write a file with a secret, and return it as a SOURCE."""
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        return f"file:{file}"

    def leaks(self, content: bytes | str) -> list[str]:
        """Return what leaks in content."""
        return self.search.found_in(content)

    @contextmanager
    def served(self, end: signal.Signals = signal.SIGTERM) -> Iterator[int]:
        """Serve the module, and give its port. end: how it ends."""
        with subprocess.Popen(
            [
                sys.executable,
                "-X",
                "faulthandler",
                "-m",
                "voltoken",
                "sm",
                "serve",
                "pilot",
                "--port",
                "0",
                "--json",
            ],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ(),
        ) as server:
            assert server.stdout is not None
            lines: list[str] = []
            while not "".join(lines).rstrip().endswith("}"):
                lines.append(server.stdout.readline())
                assert lines[-1], "the server ended"
            try:
                yield int(json.loads("".join(lines))["port"])
            finally:
                server.send_signal(end)
                out, err = server.communicate(timeout=30)
        self.heard.append(("serve", "".join(lines) + out + err))

    def admin(self, request: bytes) -> str:
        """Send bytes to the administration door, and return what it answers."""
        with socket.socket(socket.AF_UNIX) as door:
            os_path = os.path.relpath(self.home / "admin.sock")
            door.settimeout(30)
            door.connect(os_path)
            door.sendall(request)
            door.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: door.recv(65536), b"")).decode()
        self.heard.append(("admin", answer))
        return answer

    def told(self) -> list[str]:
        """Return where something leaked, of all that was heard and all files of the module."""
        found = [f"{where}: {leak}" for where, text in self.heard for leak in self.leaks(text)]
        for file in sorted(self.home.rglob("*")):
            if file.is_file() and file.suffix != ".password":
                found += [f"{file.name}: {leak}" for leak in self.leaks(file.read_bytes())]
        return found


def key_words(life: Life, *more: str) -> Sequence[str]:
    """Return the options for the planted key in two components."""
    parts = (life.write("part-1", COMPONENT_1.hex()), life.write("part-2", COMPONENT_2.hex()))
    options = ["keys", "load", "pilot", *(word for part in parts for word in ("--component", part))]
    return [*options, "--sgc", "123457", "--krn", "1", "--units", "1000", *more]


def issue_words(port: int, *more: str) -> Sequence[str]:
    """Return the options for one token."""
    tls = Path("pilot/tls")
    return [
        *("issue", "electricity", "1.5", "--at", f"127.0.0.1:{port}", "--ca", str(tls / "ca.pem")),
        *("--certificate", str(tls / "till.pem"), "--user", "till", "--pan", "600727000000000009"),
        *("--ti", "01", "--sgc", "123457", "--krn", "1", *more),
    ]


def wrong_things_at_the_doors(life: Life, port: int) -> None:
    """Offer secrets where they do not belong: as garbage, in wrong requests, and without TLS."""
    documents: list[Any] = [
        {"do": "unseal", "offered": SHARES[0]},
        {"do": "unseal", "offered": [WRONG_PASSPHRASE]},
        {"do": WRONG_PASSPHRASE},
        {"do": "load", "register": {"key": WRONG_KEY.hex()}, "components": [WRONG_KEY.hex()]},
        {"do": "load", "register": WRONG_KEY.hex(), "components": WRONG_KEY.hex()},
        {"do": "delete", "key": WRONG_KEY.hex(), "reason": "x"},
        {"do": "approve", "request_id": "a:1", "until": WRONG_PASSWORD, "request_hash": "x", "reason": "x"},
        [WRONG_KEY.hex()],
    ]
    for document in documents:
        assert '"error"' in life.admin(json.dumps(document).encode() + b"\n")
    for raw in (
        WRONG_KEY,
        WRONG_KEY.hex().encode() + b"\n",
        b'{"do": "unseal", "offered": "' + SHARES[0].encode(),
    ):
        assert '"error"' in life.admin(raw)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        plain.sendall(WRONG_PASSWORD.encode() * 20)


@pytest.mark.parametrize("form", FORM, ids=["text", "json"])
def test_a_module_kept_by_shares_shows_no_secret(form: tuple[str, ...], tmp_path: Path) -> None:
    life = Life(tmp_path, form)
    life.run(
        "init", "pilot", "--shares", "2/3", "--shares-to", "shares", "--client", "till:*", "--test-meters"
    )
    shares = [file.read_text().strip() for file in sorted((tmp_path / "shares").iterdir())]
    password = (life.home / "tls" / "till.password").read_text().strip()
    root = combine([Share.parse(one) for one in shares[:2]])
    own = {f"share {one}": text for one, text in enumerate(shares)}
    life.search = Search({**SECRETS, **own, "root key": root, "own password": password})
    value = key_check_value(VENDING_KEY).value
    with life.served() as port:
        wrong_things_at_the_doors(life, port)
        life.run("unseal", "pilot", "--with", "env:OFFER", code=11, OFFER=SHARES[1])
        life.run("unseal", "pilot", "--with", "env:OFFER", code=11, OFFER=shares[0][:-1] + "!")
        life.run("unseal", "pilot", "--with", SHARES[0], code=2)
        for number in (1, 3):
            life.run("unseal", "pilot", "--with", f"file:shares/share-{number}.txt")
        small = ("--sgc", "123457", "--krn", "2", "--test-key")
        life.run(*key_words(life, "--test-key", "--check-value", "000000"), code=11)
        life.run(*key_words(life, "--check-value", value), code=11)  # a live key, in software
        life.run(*key_words(life, "--test-key", "--check-value", value))
        for wrong in (WRONG_KEY.hex() + "0", WRONG_KEY.hex()[:-2], f"hex:{WRONG_KEY.hex()}"):
            life.run("keys", "load", "pilot", "--component", wrong, *small, code=3)
        life.run("keys", "load", "pilot", "--component", "env:SMALL", *small, SMALL=SMALL_KEY.hex())
        life.run("keys", "list", "pilot")
        life.run(*issue_words(port, "--password", "file:pilot/tls/till.password", "--id", "a:1"))
        life.run(*issue_words(port, "--password", "env:GUESS"), code=11, GUESS=WRONG_PASSWORD)
        life.run(*issue_words(port, "--password", WRONG_PASSWORD), code=2)
        life.run("keys", "delete", "pilot", "123457/2", "--reason", "done")
        life.run("status", "pilot")
    with life.served(signal.SIGABRT):  # prints where every thread is
        life.run("unseal", "pilot", "--with", "file:shares/share-2.txt")
        life.run("unseal", "pilot", "--with", "file:shares/share-3.txt")
        life.run("seal", "pilot")
    life.run("audit", "verify", "pilot")
    life.run("audit", "export", "pilot")
    assert sorted(set(life.told())) == []
    assert any("Thread 0x" in text for where, text in life.heard if where == "serve")


def test_a_module_kept_by_a_passphrase_shows_no_secret(tmp_path: Path) -> None:
    life = Life(tmp_path, ())
    phrase = life.write("phrase", PASSPHRASE)
    life.run("init", "pilot", "--passphrase", phrase, "--client", "till:123457")
    settings = life.home / "module.toml"
    hashed = next(line for line in settings.read_text().splitlines() if line.startswith("password"))
    settings.write_text(settings.read_text().replace(hashed, f'password = "{hash_password(PASSWORD)}"'))
    with life.served() as port:
        life.run("unseal", "pilot", "--with", "env:OFFER", code=11, OFFER=WRONG_PASSPHRASE)
        life.run("unseal", "pilot", "--with", phrase)
        life.run(*issue_words(port, "--password", "env:OFFER"), code=11, OFFER=PASSWORD)  # no key
        life.run("status", "pilot")
        life.run("zeroise", "pilot", "--yes", "--reason", "done")
    settings.write_text(f'{settings.read_text()}\nsecret = "{PASSWORD}"\n')
    life.run("serve", "pilot", code=3)
    settings.write_text(f'"{PASSWORD}" = 1\n{PASSPHRASE}')
    life.run("serve", "pilot", code=3)
    settings.unlink()
    life.run("audit", "export", "pilot")
    assert life.told() == []


@pytest.mark.parametrize("form", FORM, ids=["text", "json"])
def test_a_module_that_loads_key_files_shows_no_secret(
    form: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded, sent again, refused, damaged, revoked and brought back with other bytes."""
    life, office = Life(tmp_path, form), Office(datetime.now(UTC) - timedelta(seconds=1))
    life.search = Search({**SECRETS, "centre's signing key": office.seed})
    life.run("init", "pilot", "--passphrase", life.write("phrase", PASSPHRASE), "--client", "till:*")
    (tmp_path / "kmc.centre.json").write_bytes(office.document)
    with life.served():
        life.run("unseal", "pilot", "--with", f"file:{tmp_path / 'phrase'}")
        life.run("identity", "pilot", "--to", "pilot.module.json")
        module = read_module((tmp_path / "pilot.module.json").read_bytes())
        life.run("trust", "pilot", "kmc.centre.json", "--fingerprint", office.identity.fingerprint)
        life.run("request", "pilot", "--centre", office.centre_id, "--to", "request.json")

        def send(name: str, *keys: bytes, revoked: Sequence[KeyRef] = (), code: int = 0) -> None:
            named = {KeyRef.parse(f"123457/{number}"): key for number, key in enumerate(keys, 1)}
            monkeypatch.setattr("tests.unit.security.office.secret_of", lambda ref, _: named[ref])
            registers = [
                register(ref, bits=8 * len(key), check_value=key_check_value(key))
                for ref, key in named.items()
            ]
            (tmp_path / name).write_bytes(office.file(module, registers, revoked))
            life.run("load", "pilot", name, code=code)

        send("first.klf", VENDING_KEY, SMALL_KEY)
        life.run("load", "pilot", "first.klf", "--receipt", "receipt.json")
        send("other.klf", WRONG_KEY, code=11)
        send("gone.klf", revoked=[KeyRef.parse("123457/1")])
        send("back.klf", WRONG_KEY, code=11)
        (tmp_path / "cut.klf").write_bytes((tmp_path / "first.klf").read_bytes()[:-9])
        life.run("load", "pilot", "cut.klf", code=11)
        life.run("describe", "first.klf")
        life.run("keys", "list", "pilot")
        life.run("keys", "delete", "pilot", "123457/1", "--reason", "the group has moved")
        send("after.klf", WRONG_KEY)
    life.run("audit", "verify", "pilot")
    life.run("audit", "export", "pilot")
    told = " ".join(" ".join(text for _, text in life.heard).split())
    assert "custody.other_key" in told
    assert "was revoked by" in told or '"revoked"' in told
    life.heard += [
        (one.name, one.read_bytes().decode()) for one in tmp_path.iterdir() if one.suffix in {".klf", ".json"}
    ]
    assert life.told() == []


def test_the_look_through_sees_what_leaks(tmp_path: Path) -> None:
    """In a file of the module, in what a command says, and not in a file that is there to hold it."""
    life = Life(tmp_path, ())
    life.home.mkdir()
    (life.home / "till.password").write_text(PASSWORD)
    assert life.told() == []
    (life.home / "journal.db-wal").write_bytes(b"\x01" + VENDING_KEY + b"\x02")
    life.heard.append(("serve", f"unsealed with {PASSPHRASE}"))
    told = life.told()
    assert any(one.startswith("journal.db-wal: vending key") for one in told)
    assert any(one.startswith("serve: passphrase") for one in told)


INSIDE = """
import gc, json, sys, threading, traceback
from dataclasses import replace
from pathlib import Path
from tests.planted import COMPONENT_1, COMPONENT_2, PASSPHRASE, SMALL_KEY, VENDING_KEY, WRONG_PASSPHRASE
from tests.unit.security.desk import credit, register
from voltoken.drivers.local.home import open_home
from voltoken.drivers.journal import Journal
from voltoken.errors import VoltokenError
from voltoken.sts import EA, TID, key_check_value

def told(act):
    try:
        return act()
    except VoltokenError:
        traceback.print_exc()

commit = Journal.commit
def loud(journal, records, at):
    print(repr(records), repr(journal))
    return commit(journal, records, at)
Journal.commit = loud

module = open_home(Path(sys.argv[1])).open_module()
keeper, till = module.keeper, module.client("till")
told(lambda: keeper.unseal(WRONG_PASSPHRASE, by="ann"))
print(keeper.unseal(PASSPHRASE, by="ann"))
one = register("123457/1", check_value=key_check_value(VENDING_KEY))
told(lambda: keeper.load_key(one, [COMPONENT_1], by="ann"))
told(lambda: keeper.load_key(one, [COMPONENT_1, COMPONENT_2[:-1]], by="ann"))
print(keeper.load_key(one, [COMPONENT_1, COMPONENT_2], by="ann"))
small = register("123457/2", bits=64, check_value=key_check_value(SMALL_KEY))
print(keeper.load_key(small, [SMALL_KEY], by="ann"))
told(lambda: keeper.load_key(one, [VENDING_KEY], by="ann"))
ahead = json.loads(sys.argv[2])
for ref in (one.ref, small.ref):
    for ea in (EA.STA, EA.MISTY1):
        asked = credit(f"{ref.krn}{ea.value}:1", key=ref, tid=TID(ahead))
        print(told(lambda: till.issue_credit(replace(asked, meter=replace(asked.meter, ea=ea)))))
print(till.issue_many([credit(f"m{n}:1", key=one.ref, tid=TID(ahead + 1 + n)) for n in range(9)]))
ours = [found for found in gc.get_objects() if type(found).__module__.startswith("voltoken")]
for found in ours:
    print(repr(found), getattr(found, "__dict__", {}).keys())
print(len(ours), "things", sorted({type(found).__name__ for found in ours}))

def fail(*_, **__):
    raise RuntimeError("a fault of ours")
module._engine.decide = fail
told(lambda: till.issue_credit(credit("z:1", key=one.ref)))
module._worker._thread.join()
"""


def test_no_repr_no_record_and_no_traceback_inside_the_process_shows_a_secret(tmp_path: Path) -> None:
    """Everything of ours that is alive in a module at work is asked what it looks like."""
    life = Life(tmp_path, ())
    life.run("init", "pilot", "--passphrase", life.write("phrase", PASSPHRASE), "--client", "till:*")
    settings = life.home / "module.toml"
    settings.write_text(settings.read_text().replace("test_meters = false", "test_meters = true"))
    tid = TIDClock(BaseDate.BD2014).tid_at(datetime.now(UTC) + timedelta(hours=1))
    ended = subprocess.run(
        [sys.executable, "-c", INSIDE, str(life.home), str(tid + 1 if tid.is_reserved else tid)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    life.heard += [("inside", ended.stdout), ("tracebacks", ended.stderr)]
    assert sorted(set(life.told())) == []
    assert "RuntimeError: a fault of ours" in ended.stderr
    assert "ShareRefused" in ended.stderr
    for name in ("VendingKey", "Deriver", "MemoryVault", "RootKey", "Worker", "Engine", "Journal"):
        assert f"'{name}'" in ended.stdout.splitlines()[-1], name
