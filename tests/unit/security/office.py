"""A key management centre on a desk: keys that everybody knows, and files for a module in one line.

Keys are those of ``desk``, made of their names, and the centre's are made of its own. Time is what a test
says it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.unit.security.desk import secret_of
from voltoken.security import KeyRef, KeyRegister
from voltoken.security.keyload import (
    CentreIdentity,
    DatedKey,
    FileRole,
    Header,
    KeyRecord,
    ModuleIdentity,
    TrustedCentre,
    TrustList,
    build,
    make_challenge,
    signing_public,
    signing_with,
    write_centre,
)

YEAR = timedelta(days=365)
NONCE = bytes(range(16))


def made_of(words: str) -> bytes:
    """Return 32 bytes that words stand for."""
    return hashlib.sha256(f"office: {words}".encode()).digest()


@dataclass
class Office:
    """A centre. now: when it was opened and makes its files. seq: the number of its last file."""

    now: datetime
    centre_id: str = "kmc-1"
    seq: int = 0
    seed: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        self.seed = self.seed or made_of(self.centre_id)

    @property
    def identity(self) -> CentreIdentity:
        """Who it is."""
        key = DatedKey(signing_public(self.seed), self.now - YEAR, self.now + YEAR)
        return CentreIdentity(self.centre_id, (key,))

    @property
    def document(self) -> bytes:
        """Its identity as a document."""
        (key,) = self.identity.keys
        return write_centre(self.identity, {key.kid: signing_with(self.seed)})

    def trust(self, version: int = 1) -> TrustList:
        """Return a list with this centre alone."""
        return TrustList(version, self.now, (TrustedCentre.of(self.identity),))

    def challenge(self, module_id: str, centre_id: str | None = None) -> bytes:
        """Return a challenge for a module."""
        return make_challenge(
            centre_id or self.centre_id,
            module_id,
            nonce=NONCE,
            ephemeral=made_of("challenge"),
            issued_at=self.now,
            until=self.now + timedelta(hours=1),
            sign=signing_with(self.seed),
            public=signing_public(self.seed),
        )

    def file(
        self,
        module: ModuleIdentity,
        keys: Sequence[KeyRegister] = (),
        revoked: Sequence[KeyRef] = (),
        *,
        seq: int | None = None,
        request_id: str | None = None,
        role: FileRole | None = None,
        owner_auth: str = "",
    ) -> bytes:
        """Return the next file for a module. keys: with the bytes that their names stand for."""
        self.seq = self.seq + 1 if seq is None else seq
        header = Header(
            f"00000000-0000-4000-8000-{self.seq:012d}",
            self.centre_id,
            module.module_id,
            role or module.role,
            self.seq,
            self.now,
            self.now + timedelta(days=30),
            request_id,
        )
        records = [KeyRecord(one, owner_auth, secret_of(one.ref, one.key_bits)) for one in keys]
        return build(
            header,
            records,
            revoked,
            recipient_key=module.exchange_key,
            ephemeral=made_of(f"file {self.seq}"),
            sign=signing_with(self.seed),
            public=signing_public(self.seed),
        )
