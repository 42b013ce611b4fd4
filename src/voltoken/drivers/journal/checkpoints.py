"""Signed heads of the log: what a witness keeps, so that nobody can rewrite what came before.

A checkpoint is the Ed25519 signature (RFC 8032) of a module over its id, the number and hash of a line,
and the time. On a line of its own, as JSON in its one form, it goes to witnesses; a witness that has taken
it can tell ever after whether the log still holds that line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken.drivers.journal import canonical
from voltoken.errors import JournalError

_LABEL: Final = b"voltoken-checkpoint/1|"
_MEMBERS: Final = frozenset({"at", "hash", "module_id", "seq", "signature"})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at a moment. hash: of line seq, 32 bytes. signature: 64 bytes."""

    module_id: str
    seq: int
    hash: bytes
    at: datetime
    signature: bytes = b""

    def message(self) -> bytes:
        """Return what is signed."""
        return _LABEL + canonical.write(self._facts()).encode()

    def text(self) -> str:
        """Return the checkpoint as a line of JSON, without the end of the line."""
        return canonical.write(self._facts() | {"signature": self.signature.hex()})

    def _facts(self) -> dict[str, Any]:
        at = canonical.write_moment(self.at)
        return {"at": at, "hash": self.hash.hex(), "module_id": self.module_id, "seq": self.seq}

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read what ``text`` wrote; the signature is not checked. Raises JournalError."""
        found = canonical.read(text)
        if found is not None and found.keys() == _MEMBERS:
            at, seq = canonical.read_moment(found["at"]), found["seq"]
            digest, signature = _unhex(found["hash"], 32), _unhex(found["signature"], 64)
            module_id = found["module_id"]
            if at and digest and signature and canonical.is_count(seq) and isinstance(module_id, str):
                return cls(module_id, seq, digest, at, signature)
        raise JournalError("This is no checkpoint of a journal: it is damaged, or of another version.")

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether the signature is the one of this key. public_key: 32 bytes."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.message())
        except (InvalidSignature, ValueError):
            return False
        return True


def _unhex(value: object, length: int) -> bytes | None:
    """Return the bytes that lower-case hex stands for, None when it is not that long or something else."""
    try:
        found = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        return None
    return found if len(found) == length and found.hex() == value else None
