"""Which centres a module trusts, each with its signing keys and its dates.

The list is not signed: it is set by the keepers of a module, who compare fingerprints. It rises in version,
so that an old list cannot come back unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.security.keyload.documents import VERSION, Members, made, read_document
from voltoken.security.keyload.identities import CentreIdentity, DatedKey, check_keys, grouped, read_keys
from voltoken.security.keyload.layout import DOCUMENTS, TRUST_FORMAT, TRUSTED
from voltoken.security.keyload.reasons import reject
from voltoken.security.keyload.values import check_ident, check_moment, check_span, check_whole

CENTRES_MAX: Final = 64
"""The most centres that one module trusts."""


@dataclass(frozen=True, slots=True)
class TrustedCentre:
    """A centre that is trusted. begin, end: from when on, and until when. Raises FieldError."""

    centre_id: str
    keys: tuple[DatedKey, ...]
    begin: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_ident("centre_id", self.centre_id)
        check_keys(self.keys)
        check_span(self.begin, self.end)

    def valid(self, at: datetime) -> bool:
        """Whether it is trusted at a moment."""
        return self.begin <= at < self.end

    @classmethod
    def of(cls, identity: CentreIdentity) -> TrustedCentre:
        """Return a centre as it says it is, trusted for as long as any of its keys is good."""
        begin, end = min(key.begin for key in identity.keys), max(key.end for key in identity.keys)
        return cls(identity.centre_id, identity.keys, begin, end)


@dataclass(frozen=True, slots=True)
class TrustList:
    """The centres that a module trusts. version: 1 or higher, rising with every change. Raises FieldError."""

    version: int
    issued_at: datetime
    centres: tuple[TrustedCentre, ...]

    def __post_init__(self) -> None:
        """Check every attribute."""
        check_whole("version", self.version, 1)
        check_moment("issued_at", self.issued_at)
        names = {centre.centre_id for centre in self.centres}
        if len(self.centres) > CENTRES_MAX or len(names) < len(self.centres):
            raise FieldError("centres", len(self.centres), f"at most {CENTRES_MAX} centres, each once")

    @property
    def fingerprint(self) -> str:
        """What people compare: 32 hexadecimal digits in groups of four."""
        return grouped(canonical.digest(self.document(), TRUST_FORMAT))

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "centres": [
                {
                    "begin": canonical.write_moment(centre.begin),
                    "centre_id": centre.centre_id,
                    "end": canonical.write_moment(centre.end),
                    "keys": [key.document() for key in centre.keys],
                }
                for centre in self.centres
            ],
            "format": TRUST_FORMAT,
            "issued_at": canonical.write_moment(self.issued_at),
            "list_version": self.version,
            "version": VERSION,
        }

    def centre(self, centre_id: str) -> TrustedCentre | None:
        """Return a centre of the list, None for others."""
        return next((one for one in self.centres if one.centre_id == centre_id), None)

    def key(self, centre_id: str, kid: str, issued_at: datetime, now: datetime) -> DatedKey:
        """Return the key of a centre that may have signed something.

        kid: its name. issued_at, now: when that was made, and when it is read; centre and key must be good
        at both, so that a key that was stolen is worth nothing after its end, whatever date a thief writes.
        Raises KeyFileError: ``untrusted`` or ``signing_key``.
        """
        centre = self.centre(centre_id)
        if centre is None:
            names = ", ".join(one.centre_id for one in self.centres) or "none"
            raise reject("untrusted", f"Trusted are: {names}. Add {centre_id!a} to the list first.")
        if not (centre.valid(issued_at) and centre.valid(now)):
            raise reject(
                "untrusted",
                f"{centre_id} is trusted from {centre.begin.isoformat()} to {centre.end.isoformat()}.",
            )
        key = next((one for one in centre.keys if one.kid == kid), None)
        if key is None:
            raise reject("signing_key", f"Take the present identity of {centre_id} into the list.")
        if not (key.valid(issued_at) and key.valid(now)):
            span = f"from {key.begin.isoformat()} to {key.end.isoformat()}"
            raise reject("signing_key", f"Key {kid} of {centre_id} is good {span}.")
        return key

    def with_centre(self, centre: TrustedCentre, issued_at: datetime) -> TrustList:
        """Return the next version, with a centre added or in the place of what was known of it."""
        others = tuple(one for one in self.centres if one.centre_id != centre.centre_id)
        return TrustList(self.version + 1, issued_at, (*others, centre))


def write_trust(trust: TrustList) -> bytes:
    """Return the document of a list."""
    return canonical.write(trust.document()).encode("ascii")


def read_trust(data: bytes) -> TrustList:
    """Return the list that ``write_trust`` wrote. Raises KeyFileError."""
    members = read_document(data, TRUST_FORMAT, DOCUMENTS[TRUST_FORMAT])
    centres = tuple(_centre(one) for one in members.list("centres"))
    return made(lambda: TrustList(members.whole("list_version"), members.moment("issued_at"), centres))


def _centre(found: object) -> TrustedCentre:
    members = Members.of(found, TRUSTED, "A trusted centre")
    keys = read_keys(members)
    return made(
        lambda: TrustedCentre(members.text("centre_id"), keys, members.moment("begin"), members.moment("end"))
    )
