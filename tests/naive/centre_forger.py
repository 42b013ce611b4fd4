"""Whoever can write a centre's file, and then somebody who has its root key as well, at work."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

from voltoken.access import public_key_of
from voltoken.drivers.centre.keys import Keys
from voltoken.drivers.custody import unsealer

Line = dict[str, Any]

FORGER = b"f" * 32
"""The private key of somebody who is not of the centre."""


def canon(document: object) -> str:
    """Write a document in its one form."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def keys_of(file: Path, shares: tuple[str, ...]) -> Keys:
    """Return the keys of a centre, out of its file and two shares."""
    with closing(sqlite3.connect(file)) as database:
        meta = dict(database.execute("SELECT name, value FROM meta"))
    unsealing = unsealer(json.loads(meta["root"]))
    root = [unsealing.offer(share) for share in shares[:2]][-1].root
    assert root is not None
    return Keys(root, meta["signing"])


def lines_of(file: Path) -> list[Line]:
    """Return all lines of a log."""
    with closing(sqlite3.connect(file)) as database:
        return [json.loads(body) for (body,) in database.execute("SELECT body FROM log ORDER BY seq")]


def rewrite(file: Path, lines: list[Line], keys: Keys) -> None:
    """Write a log anew: numbers, chain, and a head that the centre's own key has signed."""
    rows, before = [], bytes(32)
    for number, line in enumerate(lines, 1):
        body = canon(line | {"seq": number})
        before = hashlib.sha256(before + body.encode()).digest()
        rows.append((number, body, before))
    at, seq = lines[-1].get("at", ""), len(lines)
    said = {"at": at, "hash": before.hex(), "module_id": "C1", "seq": seq}
    signature = keys.sign(b"voltoken-checkpoint/1|" + canon(said).encode())
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("DELETE FROM log")
        database.execute("DELETE FROM heads")
        database.executemany("INSERT INTO log VALUES (?, ?, ?)", rows)
        database.execute("INSERT INTO heads VALUES (?, ?, ?, ?)", (seq, at, before, signature))


def other(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    if isinstance(value, str):
        if not value:
            return "x"
        last = "0" if value[-1] != "0" else "1"
        return value[:-1] + last
    return "x" if value is None else [*value, "x"] if isinstance(value, list) else {**value, "x": 1}


def leaves(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where every value of a document stands, and every object and list in it."""
    if path:
        yield path
    if isinstance(document, dict):
        for name, inner in document.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(document, list):
        for number, inner in enumerate(document):
            yield from leaves(inner, (*path, number))


def edited(lines: list[Line], number: int, path: tuple[Any, ...], how: str) -> list[Line]:
    """Return the lines with one value of one line changed, removed, or with one more beside it."""
    copy = deepcopy(lines)
    inside: Any = copy[number]
    for step in path[:-1]:
        inside = inside[step]
    if how == "changed":
        inside[path[-1]] = other(inside[path[-1]])
    elif how == "removed":
        del inside[path[-1]]
    elif isinstance(inside, dict):
        inside["x"] = None
    else:
        inside.append("x")
    return copy


def every_edit(lines: list[Line]) -> Iterator[tuple[str, int, tuple[Any, ...], str]]:
    """Yield one edit of every sort: for each kind of line and act, and each place in it; with a name."""
    seen = set()
    for number, line in enumerate(lines):
        facts = line["facts"]
        sort = [line["kind"], str(facts.get("register", "")), str(facts.get("step", facts.get("act", "")))]
        for path in leaves(line):
            for how in ("changed", "removed", "added"):
                name = " ".join([*sort, ".".join(map(str, path[:-1] if how == "added" else path)), how])
                if path != ("seq",) and name not in seen:
                    seen.add(name)
                    yield name, number, path, how


def waiting(lines: list[Line]) -> Line:
    """Return the line of the request that is approved and waits: it is the last that was filed."""
    return next(line for line in reversed(lines) if line["kind"] == "request.filed")


def carried_out(lines: list[Line], at: str, sealed: str) -> list[Line]:
    """Return the lines of the act that waits, a new signing key, as the centre would write them.

    sealed: hash of the sealed private half. The public half is the forger's own.
    """
    request = waiting(lines)["facts"]
    public = public_key_of(FORGER)
    found = {"kid": hashlib.sha256(public).hexdigest()[:16], "public_key": public.hex()}
    entry = {
        "register": "centre_key",
        "id": request["body"]["id"],
        "version": 1,
        "state": "active",
        "values": request["body"]["values"] | found | {"note": None},
        "since": at,
        "by": request["maker"],
        "step": "add",
        "request": request["request"],
    }
    facts = [
        ("act.carried_out", {"request": request["request"], "facts": found, "files": {}}),
        ("secret.kept", {"name": secret_name(), "sealed": sealed}),
        ("entry", entry),
        ("request.closed", {"request": request["request"], "outcome": "done"}),
    ]
    return [{"at": at, "facts": fact, "kind": kind} for kind, fact in facts]


def secret_name() -> str:
    """Return the name of the secret that belongs to the act that waits."""
    return f"signing_key/{hashlib.sha256(public_key_of(FORGER)).hexdigest()[:16]}"


def append(file: Path, lines: list[Line]) -> None:
    """Write lines at the end of a log, with numbers and hashes, as anybody can; there is no new head."""
    with closing(sqlite3.connect(file)) as database, database:
        query = "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1"
        seq, before = database.execute(query).fetchone()
        for line in lines:
            seq += 1
            body = canon(line | {"seq": seq})
            before = hashlib.sha256(before + body.encode()).digest()
            database.execute("INSERT INTO log VALUES (?, ?, ?)", (seq, body, before))


def keep(file: Path, name: str, sealed: bytes) -> None:
    """Put a sealed secret into a file."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("INSERT OR REPLACE INTO secrets VALUES (?, ?)", (name, sealed))
