"""The minutes of a ceremony: all of it as one document, which everybody who took part signs.

The document is in its one form (``voltoken.canonical``); a signature is Ed25519 over its hash, made with the
key that the person had when the ceremony began. Minutes hold check values and numbers of envelopes, never a
component, a share or a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.access import verify
from voltoken.errors import ActRefused
from voltoken.kmc.ceremony.record import is_dry
from voltoken.kmc.ceremony.scripts import SCRIPTS
from voltoken.kmc.register import Look
from voltoken.kmc.values import NOTICE, Entry

MINUTES_DOMAIN: Final = "voltoken-minutes/1"
"""The format of minutes; stands before what is hashed and signed."""

_TAKEN_OVER: Final = (
    *("purpose", "vending_key", "bits", "expected", "check_value", "threshold", "people", "planned"),
    *("steps", "record", "begun_at", "closed_at", "reason"),
)


def minutes(centre_id: str, entry: Entry) -> dict[str, Any]:
    """Return the minutes of a ceremony that has begun, as plain values.

    Before it is closed they grow; ``closed_at`` is None until then. reason: why it was aborted, or None.
    """
    script = SCRIPTS[entry.get("script")]
    return {
        "format": MINUTES_DOMAIN,
        "notice": NOTICE,
        "centre": centre_id,
        "ceremony": entry.entry_id,
        "script": script.name,
        "title": script.title,
        "dry_run": is_dry(entry),
    } | {name: entry.get(name) for name in _TAKEN_OVER}


def minutes_digest(document: Mapping[str, Any]) -> str:
    """Return SHA-256 of minutes, 64 hexadecimal digits."""
    return canonical.digest(document, MINUTES_DOMAIN)


def minutes_message(document: Mapping[str, Any]) -> bytes:
    """Return what everybody who took part signs."""
    return f"{MINUTES_DOMAIN}|{minutes_digest(document)}".encode("ascii")


def closing(centre_id: str, entry: Entry, now: datetime) -> dict[str, Any]:
    """Return what the centre puts down when a ceremony is closed: when, and the hash of its minutes."""
    moment = canonical.write_moment(now)
    closed = replace(entry, values={**entry.values, "closed_at": moment})
    return {"closed_at": moment, "minutes": minutes_digest(minutes(centre_id, closed))}


def signed_by(document: Mapping[str, Any], signatures: Mapping[str, str]) -> frozenset[str]:
    """Return the people who took part and whose signatures are right.

    signatures: 128 hexadecimal digits by person.
    """
    message = minutes_message(document)
    return frozenset(
        one["person"]
        for one in document["people"]
        if verify(bytes.fromhex(one["public_key"]), message, _octets(signatures.get(one["person"])))
    )


def check_minutes(document: Mapping[str, Any], signatures: Mapping[str, str]) -> None:
    """Check that everybody who took part has signed minutes. Raises ActRefused (``minutes``)."""
    missing = sorted({str(one["person"]) for one in document["people"]} - signed_by(document, signatures))
    if missing:
        raise ActRefused(
            "minutes", f"The minutes are not signed, or not signed rightly, by {', '.join(missing)}."
        )


def signature_is_right(look: Look) -> None:
    """Whoever signs took part, has not signed before, and signs these minutes. A rule of the register."""
    document = minutes(look.state.centre_id, look.after)
    if look.by not in {one["person"] for one in document["people"]}:
        raise look.refuse("part", f"{look.by} took no part in {look.after}.")
    before = {} if look.before is None else look.before.get("signatures") or {}
    if look.by in before:
        raise look.refuse("minutes", f"{look.by} has signed these minutes before.")
    if look.by not in signed_by(document, {look.by: str(look.after.get("signature"))}):
        raise look.refuse(
            "minutes",
            f"This is not the signature of {look.by} under the minutes {look.after.get('minutes')}, made "
            "with the key that this person had when the ceremony began.",
        )


def everybody_has_signed(look: Look) -> None:
    """A ceremony is done when all signatures are there. A rule of the register."""
    check_minutes(minutes(look.state.centre_id, look.after), look.after.get("signatures") or {})


def signing(before: Entry, after: Entry) -> dict[str, Any]:
    """Return what the centre puts down when somebody signs."""
    return {"signatures": {**(before.get("signatures") or {}), after.by: after.get("signature")}}


def _octets(text: str | None) -> bytes:
    try:
        return bytes.fromhex(text or "")
    except ValueError:
        return b""
