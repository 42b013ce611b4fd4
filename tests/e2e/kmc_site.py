"""A key management centre as its people use it from the command line, in this process.

Six people with keys of their own, a centre on its own day, and the owner of a supply group. What is done
goes through ``voltoken kmc``; security modules are the boxes of the unit tests, which answer as real ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from tests.e2e.sessions import Answer, ask
from tests.planted import CUSTODIANS
from tests.unit.kmc.vault import SM_1, Box
from tests.unit.security.office import Office
from voltoken.drivers.centre import Centre
from voltoken.kmc import REGISTERS, Entry
from voltoken.security.keyload import TrustedCentre, TrustList, parse, read_centre
from voltoken.sts import key_check_value

TODAY: Final = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
BEGIN: Final = f"{TODAY - timedelta(days=2):%Y-%m-%dT%H:%MZ}"
END: Final = f"{TODAY + timedelta(days=1000):%Y-%m-%dT%H:%MZ}"
CENTRE: Final = Path("centre")
SGC: Final = "123457"
PEOPLE: Final[Mapping[str, str]] = {
    "alice": "officer,emergency",
    "bob": "officer",
    "carol": "custodian",
    "dan": "custodian",
    "eve": "custodian",
    "fay": "auditor",
}
NAMES: Final = (*PEOPLE, "gus", "lakeside", "newco")
"""Whoever has a key: the people of the centre, a stranger, and two owners."""
SHARES: Final = ("--unseal", "file:shares/share-1.txt", "--unseal", "file:shares/share-3.txt")
BOX: Final = SM_1
NORTH: Final = Office(TODAY, "north")
"""Another centre."""


def acting(person: str) -> tuple[str, ...]:
    """Return the options of somebody who acts."""
    return "--as", person, "--key", f"{person}.key"


@dataclass
class Site:
    """The folder that everything stands in, which is the present one.

    form: of the answers: () for people, ("--json",) for programs. alternating: acts take turns in it.
    heard: what was said so far, by command.
    """

    form: tuple[str, ...] = ()
    alternating: bool = False
    heard: list[tuple[tuple[str, ...], Answer]] = field(default_factory=list)

    def kmc(self, *words: object, code: int = 0) -> Answer:
        """Run a command, and see how it ends and that JSON is JSON."""
        given = [str(word) for word in words]
        answer = ask("kmc", *given, *self.form)
        assert answer.code == code, (given[:4], answer)
        if self.form:
            assert isinstance(answer.json, dict)
        self.heard.append((tuple(given), answer))
        return answer

    def refused(self, *words: object, code: int = 13, says: str = "", reason: str | None = None) -> str:
        """Run a command that must be refused, in both forms, with one line that says why; return that."""
        plain = ask("kmc", *map(str, words))
        assert plain.code == code, plain
        (line,) = [one for one in plain.err.splitlines() if one.startswith("error: ")]
        assert says in line, line
        assert plain.out == ""
        told = ask("kmc", *map(str, words), "--json")
        assert told.code == code
        error = told.json["error"]
        assert error["message"]
        if reason is not None:
            assert error["detail"]["reason"] == reason
        return line

    def act(self, person: str, register: str, step: str, entry_id: str, *options: object) -> None:
        """Do what nobody has to approve, and see that both forms of the answer say what became of it."""
        self._take_turns()
        answer = self.kmc(register, step, "centre", entry_id, *options, *acting(person))
        self._became(answer, register.replace("-", "_"), entry_id)

    def both(self, register: str, step: str, entry_id: str, *options: object) -> None:
        """Let alice ask, and bob approve and carry out."""
        self._take_turns()
        asked = self.kmc(register, step, "centre", entry_id, *options, *acting("alice"))
        request_id = asked.json["request"] if self.form else asked.out.split()[1]
        if self.form:
            assert asked.json["done"] is False
            assert asked.json["missing"] == 1
        else:
            assert f"Approve it: voltoken kmc approve centre {request_id} --as NAME --key FILE\n" in asked.out
        answer = self.kmc("approve", "centre", request_id, "--carry-out", *SHARES, *acting("bob"))
        self._became(answer, register.replace("-", "_"), entry_id)

    def _take_turns(self) -> None:
        if self.alternating:
            self.form = () if self.form else ("--json",)

    def _became(self, answer: Answer, register: str, entry_id: str) -> None:
        if self.form:
            assert answer.json["done"] is True
            entry = answer.json["entry"]
            assert (entry["register"], entry["id"]) == (register, entry_id)
            assert entry["state"] in REGISTERS[register].states
        else:
            found = re.match(rf"{register} {re.escape(entry_id)} is (\w+) \(version [0-9]+\)", answer.out)
            assert found is not None, answer.out
            assert found[1] in REGISTERS[register].states

    def entry(self, register: str, entry_id: str) -> Entry:
        """Return an entry as it stands in the file."""
        with Centre.look(CENTRE) as centre:
            entry = centre.state.entry(register, entry_id)
        assert entry is not None
        return entry


class Outside:
    """The centre as a module sees it: what ``Box`` asks for."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.state = SimpleNamespace(centre_id="centre")
        self.files = {file.name: file.read_bytes() for file in Path().glob("*.json")}

    def trust(self) -> TrustList:
        """Return a list with the centre alone."""
        return TrustList(1, self.now, (TrustedCentre.of(read_centre(self.files["centre.centre.json"])),))


def write(name: str, text: str | bytes) -> str:
    """Write a file that is ours alone, and return it as a SOURCE."""
    path = Path(name)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return f"file:{name}"


def make_people() -> None:
    """Make everybody's key."""
    for name in NAMES:
        assert ask("kmc", "key", f"{name}.key").code == 0


def founders() -> list[str]:
    """Return the options for the first people."""
    return [word for name, roles in PEOPLE.items() for word in ("--founder", f"{name}:{name}.pub:{roles}")]


def found(site: Site) -> None:
    """Make the centre, with three shares in files."""
    site.kmc("init", "centre", "--shares", "2/3", "--shares-to", "shares", *founders())


def furnish(site: Site) -> None:
    """Let the centre have a signing key, a member and a supply group."""
    site.both("centre-key", "add", "first", "--begin", BEGIN, "--end", END)
    site.act("alice", "country", "add", "ZA", "--name", "South Africa")
    for name in ("lakeside", "newco"):
        key = ("--owner-key", f"file:{name}.pub")
        given = ("--name", name.title(), "--country", "ZA", "--kinds", "utility,module_maker", *key)
        site.act("alice", "organisation", "add", name, *given)
        site.both("organisation", "accept", name)
    given = ("--name", "Lakeside", "--kind", "unique", "--owner", "lakeside", "--country", "ZA")
    site.act("alice", "supply-group", "add", SGC, *given)
    site.both("supply-group", "allocate", SGC)


def vending_key(site: Site, krn: int, *more: str) -> None:
    """Ask for a vending key of the group."""
    given = {
        "--sgc": SGC,
        "--krn": krn,
        "--kt": 2,
        "--act": BEGIN,
        "--iut": END,
        "--eas": "07",
        "--ulm": 1000,
        "--services": "electricity",
        "--test": "yes",
    }
    words = [str(word) for pair in given.items() for word in pair]
    site.act("alice", "vending-key", "add", f"{SGC}/{krn}", *words, *more)


def ceremony(site: Site, key_id: str = "key-1") -> None:
    """Let three custodians make the first key, and everybody sign."""
    vending_key(site, 1, "--bits", "64", "--dkga", "02", "--base-date", "14", "--origin", "components")
    site.both(
        *("ceremony", "add", key_id, "--script", "vending-key-components", "--purpose", "The first key"),
        *("--vending-key", f"{SGC}/1", "--bits", "64", "--officer", "alice", "--auditor", "fay"),
        *("--custodians", "carol,dan,eve"),
    )
    site.act("alice", "ceremony", "begin", key_id)
    turn(site, "alice", key_id, "place=Hall", "present=6")
    turn(site, "fay", key_id, "machine=LK-7", "offline=yes")
    for number, (name, part) in enumerate(CUSTODIANS.items(), 1):
        typed = write(f"{name}.part", part.hex())
        turn(site, name, key_id, f"check_value={key_check_value(part).value}", "--typed", typed, *SHARES)
        turn(site, name, key_id, f"envelope=LK-{number}")
    turn(site, "fay", key_id, "components=3", "agree=yes")
    turn(site, "alice", key_id, *SHARES)
    value = site.entry("ceremony", key_id).get("check_value")
    turn(site, "fay", key_id, f"check_value={value}")
    turn(site, "alice", key_id, "remarks=none")
    site.act("alice", "ceremony", "close", key_id)
    for name in ("alice", "carol", "dan", "eve", "fay"):
        site.kmc("ceremony", "sign", "centre", key_id, *acting(name))
    site.act("alice", "ceremony", "finish", key_id)
    site.both("vending-key", "compose", f"{SGC}/1", "--ceremony", key_id)
    site.act("alice", "vending-key", "activate", f"{SGC}/1")


def turn(site: Site, person: str, key_id: str, *words: str) -> None:
    """Do a step of a ceremony, which is this person's."""
    site.kmc("ceremony", "do", "centre", key_id, *words, *acting(person))


def register_module(site: Site, box: Box = BOX) -> None:
    """Let a module prove that it has its keys."""
    site.act("alice", "module", "add", box.module_id, "--organisation", "lakeside", "--role", "vending")
    site.act("alice", "module", "challenge", box.module_id, *SHARES)
    site.kmc("identity", "centre", *SHARES)
    proof = write("proof.json", json.dumps(box.answer(Outside())))  # type: ignore[arg-type] # as a box sees it
    site.both("module", "register", box.module_id, "--proof", proof)


def authorise(site: Site, name: str, *, key_file: str = "lakeside.key") -> tuple[str, ...]:
    """Let the owner sign an authorisation, and return its options."""
    given = (
        *("--sgc", SGC, "--module", BOX.module_id, "--use", "full", "--begin", BEGIN),
        *("--end", END, "--ulm", "1000", "--services", "electricity"),
    )
    site.kmc("authorisation", "draft", "centre", name, *given, "--to", f"{name}.draft")
    site.kmc("sign", f"{name}.draft", "--key", key_file)
    return *given, "--signature", f"file:{name}.draft.sig"


def release(site: Site) -> None:
    """Send the module its key, and take in its receipt."""
    _, wanted = BOX.request(Outside(), f"{SGC}/1")  # type: ignore[arg-type] # as a box sees it
    request = write("request.json", json.dumps(wanted))
    site.both(
        "key-file",
        "add",
        f"centre.{BOX.module_id}.1",
        "--recipient",
        BOX.module_id,
        "--load-request",
        request,
    )
    outside = Outside()
    opened = BOX.open(outside, outside.files[f"centre.{BOX.module_id}.1.klf.json"])  # type: ignore[arg-type]
    assert parse(outside.files[f"centre.{BOX.module_id}.1.klf.json"]).header.seq == 1
    receipt = write("receipt.json", json.dumps(BOX.receipt(outside, opened)))  # type: ignore[arg-type]
    site.act("alice", "key-file", "confirm", f"centre.{BOX.module_id}.1", "--receipt", receipt)


def grow(site: Site) -> None:
    """Let a centre become one with a key from a ceremony, and a module that has it."""
    make_people()
    found(site)
    furnish(site)
    ceremony(site)
    register_module(site)
    site.act("alice", "authorisation", "add", "box-1", *authorise(site, "box-1"))
    release(site)
