"""What a release consists of: keys that go out, keys that do not with the reason, and the file they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.security import KeyRef, KeyRegister
from voltoken.security.keyload import FileRole, Header


@dataclass(frozen=True, slots=True)
class Released:
    """A key that goes out. entry_id: in the register of vending keys.

    owner_auth: hash of what the owner signed. authorisation: its id. Both empty for another centre.
    """

    entry_id: str
    register: KeyRegister
    owner_auth: str
    authorisation: str

    @property
    def facts(self) -> dict[str, Any]:
        """What the centre's register of files keeps of it."""
        return {
            "check_value": self.register.check_value.value,
            "act": canonical.write_moment(self.register.act),
            "iut": canonical.write_moment(self.register.iut),
            "key_change_only": self.register.key_change_only,
            "ulm": self.register.ulm,
            "clm": self.register.clm,
            "authorisation": self.authorisation,
            "owner_auth": self.owner_auth,
        }


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A key that does not go out. reason: a word of ``LEFT_OUT``; text: what was found."""

    ref: KeyRef
    reason: str
    text: str


LEFT_OUT: Final[Mapping[str, str]] = {
    "no_key": "there is no such key",
    "not_made": "the key was asked for and not made yet",
    "suspended": "the key is suspended",
    "not_home": "the supply group is at home in another centre",
    "exp": "the centre gives it to nobody after its EXP",
    "iut": "the key is over (IUT)",
    "compromised": "the key is compromised, and goes only to modules that had it before",
    "not_authorised": "no authorisation by the owner of the supply group covers it",
    "too_short": "nothing is left between its activation and its end",
    "held_other": "the module has another key of this name, which must be revoked first",
}
"""Why a key is left out of a file: a word, and what it means."""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """A file that may be made. recipient_key: the point, 65 bytes. kid: of the centre's key that signs.

    request_id: of the load request that it answers, None for none.
    """

    centre_id: str
    recipient_id: str
    role: FileRole
    recipient_key: bytes
    seq: int
    issued_at: datetime
    not_after: datetime
    request_id: str | None
    kid: str
    keys: tuple[Released, ...]
    revoked: tuple[KeyRef, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """What the register keeps of the file, but for what only follows from its bytes."""
        return {
            "seq": self.seq,
            "issued_at": canonical.write_moment(self.issued_at),
            "not_after": canonical.write_moment(self.not_after),
            "request_id": self.request_id or "-",
            "kid": self.kid,
            "keys": {key.entry_id: key.facts for key in self.keys},
            "revoked": sorted(map(str, self.revoked)),
        }

    def header(self, file_id: str) -> Header:
        """Return the header of the file. file_id: a UUID in small letters."""
        return Header(
            file_id=file_id,
            kmc_id=self.centre_id,
            sm_id=self.recipient_id,
            role=self.role,
            seq=self.seq,
            issued_at=self.issued_at,
            not_after=self.not_after,
            request_id=self.request_id,
        )
