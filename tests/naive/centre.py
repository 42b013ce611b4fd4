"""An auditor of a centre's file who believes nobody, written from the description of the file alone.

He opens the file to read, and has JSON, SQLite, hashes and Ed25519 of a library, and the tables of
``centre_tables``. He says what is wrong, and what the registers are.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.naive.centre_acts import Act, People, Wrong, judge_entries, must
from tests.naive.centre_paper import (
    APPROVAL,
    CREATED,
    FOR_PEOPLE,
    REQUEST,
    SAID,
    UNSEALED_ONLY,
    canon,
    check_tables,
    moment,
    one_form,
    request_hash,
    sealed_by,
    sha,
    within,
)
from tests.naive.centre_tables import GLASS, SECOND

Facts = dict[str, Any]


@dataclass
class Audit:
    """What was found: faults, and the registers as the centre would export them."""

    faults: list[str] = field(default_factory=list)
    registers: bytes = b""
    acts: int = 0


def audit(file: Path) -> Audit:
    """Look at a whole file of a centre."""
    found = Audit()
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            book = Book(found)
            check_tables(database)
            book.lines(database)
            book.beside(database)
            found.registers = book.export()
    except (sqlite3.Error, Wrong, LookupError, TypeError, ValueError, AttributeError) as error:
        found.faults.append(f"the file: {type(error).__name__}: {error}")
    return found


class Book:
    """What the lines so far come to."""

    def __init__(self, found: Audit) -> None:
        self.found = found
        self.people = People()
        self.born: Facts = {}
        self.domain = ""
        self.founding = 0
        self.founders = hashlib.sha256()
        self.requests: dict[str, Facts] = {}
        self.reviews: dict[str, Facts] = {}
        self.secrets: dict[str, str] = {}
        self.papers: dict[str, tuple[str, str]] = {}
        self.root = ""
        self.sealed_from = 0
        self.hashes: dict[int, bytes] = {}
        self.dates: dict[int, str] = {}
        self.act: list[Facts] = []

    def lines(self, database: sqlite3.Connection) -> None:
        """Every line follows from the one before, and from what people signed."""
        before, last, number = bytes(32), "", 0
        for seq, body, digest in database.execute("SELECT seq, body, hash FROM log ORDER BY seq"):
            number += 1
            must(seq == number, f"line {number} is not there")
            must(isinstance(body, str) and isinstance(digest, bytes), f"line {seq} is no text with a hash")
            before = sha(before, body.encode())
            must(before == digest, f"the hash of line {seq} is another")
            try:
                line = one_form(body)
                more = {"alarm"} & line.keys()
                must(line.keys() - more == {"at", "facts", "kind", "seq"}, "it has other members")
                must(not more or line["alarm"] is True, "its alarm is neither given nor left out")
                must(line["seq"] == seq, "it has another number")
                moment(line["at"])
                must(line["at"] >= last, "it is older than the line before")
                last = line["at"]
                self.line(line)
            except (Wrong, LookupError, TypeError, ValueError, AttributeError) as error:
                self.found.faults.append(f"line {seq}: {error}")
                self.act = []
            self.hashes[seq], self.dates[seq] = digest, last
        must(number > 0, "there are no lines")
        must(not self.act, "the last act has no end")
        must(self.founding < number, "the founders are not all there")

    def line(self, line: Facts) -> None:
        """Take in one line."""
        kind, facts, seq = line["kind"], line["facts"], line["seq"]
        if kind in UNSEALED_ONLY:
            self.sealed_from = seq
        if seq == 1:
            self.created(kind, facts)
        elif seq <= self.founding:
            self.founder(kind, facts, seq)
        elif self.act or kind == "act.carried_out":
            self.act.append(line)
            if kind == "request.closed":
                act, self.act = self.act, []
                self.carried(act)
        else:
            self.alone(kind, facts, line["at"])

    def alone(self, kind: str, facts: Facts, at: str) -> None:
        """Take in a line that is no part of an act."""
        if kind == "request.filed":
            self.filed(facts, at)
        elif kind == "request.approval":
            self.approved(facts, at)
        elif kind == "request.closed":
            self.turned_down(facts)
        elif kind == "glass.reviewed":
            self.reviewed(facts, at)
        else:
            must(kind in FOR_PEOPLE, f"a {kind} with nothing before it")
            if kind == "centre.root_changed":
                self.root = facts["root"]

    def created(self, kind: str, facts: Facts) -> None:
        must(kind == "centre.created" and facts.keys() == {*CREATED.split()}, "it is not that of a beginning")
        self.born, self.root = facts, facts["root"]
        birth = sha(b"voltoken-kmc-centre/1|", canon(facts)).hex()[:32]
        self.domain = f"voltoken-kmc/{facts['centre_id']}/{birth}"
        self.founding = 1 + facts["founding"]

    def founder(self, kind: str, facts: Facts, seq: int) -> None:
        self.founders.update(canon({"facts": facts, "kind": kind}) + b"\n")
        if kind == "secret.kept":
            self.secrets[facts["name"]] = facts["sealed"]
        else:
            must(kind == "entry" and facts["request"] == "", "a centre does not begin with it")
            must(facts["register"] in {"person", "role"} and facts["version"] == 1, "it founds nothing")
            self.people.put(facts)
        if seq == self.founding:
            must(self.founders.hexdigest() == self.born["founders"], "the founders are others")
            officers = [one for one in self.people.of("person") if "officer" in one["values"]["roles"]]
            must(len(officers) >= 2, "there are not two officers")
            must(len({one["values"]["public_key"] for one in officers}) >= 2, "two officers are one")

    def filed(self, facts: Facts, at: str) -> None:
        must(facts.keys() == {*REQUEST.split()}, "it is no request")
        must(facts["request"] not in self.requests, "its request was filed before")
        must(facts["domain"] == self.domain, "it is for another centre")
        must(facts["needs"] >= SECOND.get(facts["act"], 0), f"{facts['act']} takes more people")
        body = facts["body"]
        must(f"{body['register']}.{body['step']}" == facts["act"], "it names one act and holds another")
        within(facts["made_at"], facts["until"], hours=7 * 24)
        act = Act(facts, self.people, {}, at)
        act.check_maker()
        self.requests[facts["request"]] = {"facts": facts, "approvals": [], "outcome": ""}

    def approved(self, facts: Facts, at: str) -> None:
        must(facts.keys() == {*APPROVAL.split()}, "it is no approval")
        filed = self.open(facts)
        must(facts["verdict"] in {"approve", "reject"}, "it says neither yes nor no")
        act = Act(filed["facts"], self.people, {}, at)
        if facts["verdict"] == "reject" and facts["by"] == filed["facts"]["maker"]:
            act.check_said(facts, "voltoken-approval/1", whoever=True)
        else:
            act.check_approval(facts)
        filed["approvals"].append(facts)

    def turned_down(self, facts: Facts) -> None:
        must(facts.keys() == {"request", "outcome"}, "it closes nothing")
        filed = self.open(facts)
        last = filed["approvals"][-1]
        must(last["verdict"] == "reject", "nobody said no")
        own = last["by"] == filed["facts"]["maker"]
        must(facts["outcome"] == ("withdrawn" if own else "rejected"), "it ends in another way")
        filed["outcome"] = facts["outcome"]

    def carried(self, lines: list[Facts]) -> None:
        """Judge the lines of one act together."""
        head, last, at = lines[0]["facts"], lines[-1]["facts"], lines[0]["at"]
        must(head.keys() == {"request", "facts", "files"}, "it carries out nothing")
        must(all(line["at"] == at for line in lines), "an act is done at one moment")
        filed = self.open(head)
        must(last == {"request": head["request"], "outcome": "done"}, "it closes something else")
        act = Act(filed["facts"], self.people, head["facts"], at)
        act.check_maker()
        parts: dict[str, list[Facts]] = {}
        for line in lines[1:-1]:
            parts.setdefault(line["kind"], []).append(line)
        allowed = {"secret.kept", "secret.destroyed", "glass.broken", "entry"}
        must(parts.keys() <= allowed, "there is another line in the middle of it")
        glass = parts.get("glass.broken", [])
        if glass:
            must(len(glass) == 1 and glass[0].get("alarm") is True, "its glass breaks quietly")
            self.broken(act, glass[0]["facts"])
        else:
            self.seconded(act, filed["approvals"])
        entries = [line["facts"] for line in parts["entry"]]
        gone = [line["facts"]["name"] for line in parts.get("secret.destroyed", [])]
        kept = [(line["facts"]["name"], line["facts"]["sealed"]) for line in parts.get("secret.kept", [])]
        for line in (*parts.get("secret.destroyed", []), *parts.get("secret.kept", [])):
            must(line["facts"].keys() <= {"name", "sealed"}, "a secret has a name and a hash")
        judge_entries(act, entries)
        act.judge_secrets(self.secrets, gone, kept)
        for entry in entries:
            self.people.put(entry)
        act.judge_holdings(self.secrets, entries)
        self.papers |= {name: (digest, head["request"]) for name, digest in head["files"].items()}
        filed["outcome"] = "done"
        self.found.acts += 1

    def seconded(self, act: Act, approvals: list[Facts]) -> None:
        """Enough others approved it, each with a key of his own."""
        keys = {self.people.key(act.facts["maker"])}
        for one in approvals:
            act.check_approval(one)
            must(one["verdict"] == "approve", "somebody said no")
            keys.add(self.people.key(one["by"]))
        must(len(keys) == 1 + len(approvals), "somebody counts twice")
        knowing = act.custodians() & {act.facts["maker"], *(one["by"] for one in approvals)}
        must(not knowing, "whoever knows a component has no say about the key")
        must(len(approvals) >= max(act.facts["needs"], SECOND.get(act.name, 0)), "approvals are missing")

    def broken(self, act: Act, facts: Facts) -> None:
        must(facts.keys() == {*SAID.split(), "act"} and facts["act"] == act.name, "it breaks nothing")
        must(act.name in GLASS, f"no glass is broken for {act.name}")
        must(facts["request"] == act.facts["request"], "it is the glass of another request")
        act.check_said(facts, "voltoken-break-glass/1")
        within(facts["at"], act.at, hours=1, empty=True)
        act.check_right(facts["by"], f"{act.name}.break_glass")
        self.reviews[facts["request"]] = facts

    def reviewed(self, facts: Facts, at: str) -> None:
        must(facts.keys() == {*SAID.split()}, "it is no review")
        glass, filed = self.reviews.pop(facts["request"]), self.requests[facts["request"]]
        act = Act(filed["facts"], self.people, {}, at, over=True)
        act.check_said(facts, "voltoken-review/1", later=True)
        others = {self.people.key(name) for name in (glass["by"], filed["facts"]["maker"])}
        must(self.people.key(facts["by"]) not in others, "nobody reviews his own act")
        act.check_right(facts["by"], f"{act.name}.review")

    def open(self, facts: Facts) -> Facts:
        filed = self.requests.get(facts["request"])
        must(filed is not None, "there is no such request")
        assert filed is not None
        must(filed["outcome"] == "", "its request was closed before")
        return filed

    def beside(self, database: sqlite3.Connection) -> None:
        """What stands beside the log is what the log says of it."""
        key, centre = bytes.fromhex(self.born["public_key"]), self.born["centre_id"]
        newest = 0
        for seq, at, digest, signature in database.execute("SELECT seq, at, hash, signature FROM heads"):
            said = {"at": at, "hash": digest.hex(), "module_id": centre, "seq": seq}
            must(sealed_by(key, b"voltoken-checkpoint/1|" + canon(said), signature), f"head {seq} is forged")
            must(self.hashes.get(seq) == digest and self.dates[seq] == at, f"head {seq} is of another line")
            newest = max(newest, seq)
        must(newest >= max(1, self.sealed_from), "the centre did not sign the last line that it had to sign")
        meta = dict(database.execute("SELECT name, value FROM meta"))
        must(meta.keys() == {"root", "signing"} and isinstance(meta["signing"], bytes), "meta is changed")
        must(sha(meta["root"].encode()).hex() == self.root, "the root key is kept in another way")
        must(sha(meta["signing"]).hex() == self.born["signing"], "the sealed signing key is another")
        kept = {name: sha(sealed).hex() for name, sealed in database.execute("SELECT * FROM secrets")}
        must(kept == self.secrets, "the secrets are others")
        rows = database.execute("SELECT name, request, content FROM papers")
        papers = {name: (sha(content).hex(), request) for name, request, content in rows}
        must(papers == self.papers, "the papers are others")

    def export(self) -> bytes:
        """Return the registers in their one form."""
        document = {
            "format": "voltoken-registers/1",
            "centre": self.born["centre_id"],
            "registers": self.people.documents(),
            "requests": {
                name: request_hash(one["facts"]) for name, one in self.requests.items() if not one["outcome"]
            },
            "reviews": sorted(self.reviews),
            "secrets": self.secrets,
        }
        return canon(document)
