"""Documents as they are hashed and signed, and the tables they are kept in, for the auditor of centres."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.naive.centre_tables import TABLES

APPLICATION = 0x56544B43
CREATED = "centre_id exchange_key founders founding notice public_key rehearsal_days root signing"
REQUEST = "domain request act body maker made_at until needs signature"
APPROVAL = "request hash by verdict at reason signature"
SAID = "request hash by at reason signature"

UNSEALED_ONLY = frozenset({"secret.kept", "centre.root_changed", "centre.unsealed", "centre.backed_up"})
FOR_PEOPLE = frozenset(
    [
        "act.refused",
        "centre.unsealed",
        "centre.unseal_failed",
        "centre.root_changed",
        "centre.backed_up",
        "centre.restored",
        "centre.upgraded",
    ]
)


class Wrong(Exception):
    """Something is not as it is described."""


def must(holds: bool, otherwise: str) -> None:
    """Say what is wrong, if it is."""
    if not holds:
        raise Wrong(otherwise)


def canon(document: object) -> bytes:
    """Write a document in its one form."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def one_form(text: str) -> dict[str, Any]:
    """Read a document that is in its one form."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        must(len(found) == len(pairs), "a name stands twice")
        return found

    def fraction(_: str) -> None:
        raise Wrong("a number is not whole")

    found = json.loads(text, object_pairs_hook=once, parse_float=fraction, parse_constant=fraction)
    must(isinstance(found, dict) and canon(found) == text.encode(), "it is not in the one form")
    return dict(found)


def sha(*parts: bytes) -> bytes:
    """Hash bytes."""
    return hashlib.sha256(b"".join(parts)).digest()


def moment(text: str) -> datetime:
    """Read a moment as it is written."""
    found = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    must(found.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == text, "it is no moment")
    return found


def within(begin: str, end: str, *, hours: int, empty: bool = False) -> None:
    """See that two moments stand in order and at most so many hours apart."""
    span = moment(end) - moment(begin)
    must(timedelta(0) < span or (empty and not span), "two moments are the wrong way round")
    must(span <= timedelta(hours=hours), "two moments are too far apart")


def sealed_by(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a key signed a message."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def request_hash(facts: dict[str, Any]) -> str:
    """Hash a request of the log as its maker and others sign it."""
    names = ("act", "body", "domain", "made_at", "maker", "needs", "until")
    document = {name: facts[name] for name in names} | {"request_id": facts["request"]}
    return sha(b"voltoken-request/1|", canon(document)).hex()


def check_tables(database: sqlite3.Connection) -> None:
    """The file has the tables of a centre, and nothing that acts by itself."""
    for name, wanted in (("application_id", APPLICATION), ("user_version", 3)):
        (value,) = database.execute(f"PRAGMA {name}").fetchone()
        must(value == wanted, f"{name} is {value}")
    for kind, name in database.execute("SELECT type, name FROM sqlite_master").fetchall():
        must(kind == "table" and name in TABLES, f"there is a {kind} {name}")
    for name, columns in TABLES.items():
        seen = tuple(row[1] for row in database.execute(f"PRAGMA table_info({name})"))
        must(seen == columns, f"the table {name} has other columns")
    (state,) = database.execute("PRAGMA integrity_check").fetchone()
    must(state == "ok", "the file is damaged")
