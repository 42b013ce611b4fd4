"""Documents as they are hashed and signed, for the auditor of centres."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


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
