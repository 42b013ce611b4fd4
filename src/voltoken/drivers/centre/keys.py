"""What the root key lets a centre do while it is unsealed: keep secrets, sign heads, encrypt backups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from voltoken.drivers.custody.sealing import Guarded, Purpose, RootKey, Sealer
from voltoken.drivers.hardening import wipe
from voltoken.errors import CentreSealed, SealBroken

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SIGNING: Final = b"signing key"


class Keys(Guarded):
    """The keys of one unsealed centre. public_key: checks the heads of its log. ``wipe`` drops all."""

    __slots__ = ("_backup", "_secrets", "_signing", "public_key")
    public_key: bytes

    def __init__(self, root: RootKey, signing: bytes) -> None:
        """Derive the keys. signing: the sealed signing key.

        Raises SealBroken when root is not the root key of this centre, or the signing key is damaged.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        sealer = Sealer(root, Purpose.SIGNING)
        try:
            seed = sealer.open(signing, _SIGNING)
        finally:
            sealer.wipe()
        if len(seed) != 32:
            raise SealBroken("The signing key has not the length of one. Restore the centre from a backup.")
        self._signing: Ed25519PrivateKey | None = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._signing.public_key().public_bytes_raw()
        self._secrets = Sealer(root, Purpose.KEYSTORE)
        self._backup = bytearray(root.derive(Purpose.BACKUP))

    @classmethod
    def begin(cls, root: RootKey) -> tuple[bytes, Keys]:
        """Make a new signing key; return it sealed, and the keys."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        sealer = Sealer(root, Purpose.SIGNING)
        try:
            sealed = sealer.seal(Ed25519PrivateKey.generate().private_bytes_raw(), _SIGNING)
        finally:
            sealer.wipe()
        return sealed, cls(root, sealed)

    def __repr__(self) -> str:
        """Show nothing of the keys."""
        return "<keys of a centre>"

    def keep(self, name: str, secret: bytes) -> bytes:
        """Return a secret sealed for its name."""
        return self._secrets.seal(secret, f"secret|{name}".encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return a secret again. Raises SealBroken."""
        return self._secrets.open(sealed, f"secret|{name}".encode())

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of a message, 64 bytes. Raises CentreSealed."""
        if self._signing is None:
            raise CentreSealed("The keys are gone from memory: the centre was sealed. Unseal it.")
        return self._signing.sign(message)

    def backup_key(self) -> bytes:
        """Return the key of backups, 32 bytes. Raises CentreSealed."""
        if self._signing is None:
            raise CentreSealed("The keys are gone from memory: the centre was sealed. Unseal it.")
        return bytes(self._backup)

    def wipe(self) -> None:
        """Drop and overwrite the keys, as far as CPython can promise that; it may be called again."""
        self._signing = None
        self._secrets.wipe()
        wipe(self._backup)
