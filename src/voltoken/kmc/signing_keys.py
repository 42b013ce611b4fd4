"""Who this centre is to others: its signing keys, its identity, and the list of centres that modules trust.

A centre has several signing keys, each good for a time of its own. It goes on signing with the one it has
had longest, because modules know that one; a new key is first made known in a trust list, and takes over
when the old one is retired or would end before what it signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltoken import canonical
from voltoken.errors import ActRefused
from voltoken.kmc.keys import moment_of
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security.keyload import (
    CentreIdentity,
    DatedKey,
    Sign,
    TrustedCentre,
    TrustList,
    read_centre,
    write_centre,
)

CENTRE: Final = "centre"
CENTRE_KEY: Final = "centre_key"
TRUST_LIST: Final = "trust_list"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A signing key of this centre. kid: its name for others. public: 32 bytes."""

    entry_id: str
    kid: str
    public: bytes
    begin: datetime
    end: datetime

    @classmethod
    def of(cls, entry: Entry) -> SigningKey:
        """Return the key of an entry of the register."""
        return cls(
            entry.entry_id,
            entry.get("kid"),
            bytes.fromhex(entry.get("public_key")),
            moment_of(entry, "begin"),
            moment_of(entry, "end"),
        )


def signing_secret(kid: str) -> str:
    """Return under which name the seed of a signing key is kept."""
    return f"signing_key/{kid}"


def signing_keys(state: State, now: datetime) -> tuple[SigningKey, ...]:
    """Return the keys that this centre has and that are not over, the one it had longest first."""
    found = [SigningKey.of(entry) for entry in state.where(CENTRE_KEY, state="active")]
    living = [key for key in found if now < key.end]
    return tuple(sorted(living, key=lambda key: (key.begin, key.entry_id)))


def signing_key(state: State, now: datetime, until: datetime) -> SigningKey:
    """Return the key to sign with now: the first that lasts until then, or the one that lasts longest.

    Raises ActRefused (``no_signing_key``).
    """
    usable = [key for key in signing_keys(state, now) if key.begin <= now]
    if not usable:
        raise ActRefused(
            "no_signing_key", "The centre has no signing key that is good now. Make one: centre_key add."
        )
    lasting = [key for key in usable if key.end >= until]
    return lasting[0] if lasting else max(usable, key=lambda key: key.end)


def own_identity(state: State, now: datetime) -> CentreIdentity:
    """Return what this centre says of itself. Raises ActRefused (``no_signing_key``)."""
    keys = tuple(DatedKey(key.public, key.begin, key.end) for key in signing_keys(state, now))
    if not keys:
        raise ActRefused("no_signing_key", "The centre has no signing key. Make one: centre_key add.")
    point = state.created.get("exchange_key")
    return CentreIdentity(state.centre_id, keys, exchange_key=None if point is None else bytes.fromhex(point))


def identity_file(state: State, now: datetime, signs: Mapping[str, Sign]) -> tuple[str, bytes]:
    """Return name and bytes of the document that says who this centre is. signs: by kid, for every key."""
    return f"{state.centre_id}.centre.json", write_centre(own_identity(state, now), signs)


def identity_of(entry: Entry) -> CentreIdentity:
    """Return what another centre says of itself, its signatures checked again. Raises KeyFileError."""
    return read_centre(canonical.write(entry.get("identity")).encode("ascii"))


def trusted_of(entry: Entry) -> TrustedCentre:
    """Return another centre as it is trusted: as long as any of its keys is good, or shorter."""
    trusted = TrustedCentre.of(identity_of(entry))
    if entry.get("until") is None:
        return trusted
    end = min(trusted.end, moment_of(entry, "until"))
    return TrustedCentre(trusted.centre_id, trusted.keys, trusted.begin, end)


def trust_of(state: State, now: datetime, version: int) -> TrustList:
    """Return the list of centres that modules of this centre are to trust: this one and those it trusts.

    Raises ActRefused (``no_signing_key``).
    """
    own = TrustedCentre.of(own_identity(state, now))
    others = [trusted_of(entry) for entry in state.where(CENTRE, state="trusted")]
    return TrustList(version, now, (own, *(one for one in others if now < one.end)))
