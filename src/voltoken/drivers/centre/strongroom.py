"""The keys of a centre while it is unsealed, and how they come there: by a passphrase, shares, or a PIN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from voltoken.drivers.centre.keys import Keys
from voltoken.drivers.custody import Guarded, Progress, RootKey, TokenOpener, Unsealing, unsealer
from voltoken.errors import CentreFileError, CentreSealed, JournalError, SealBroken

Protect = Callable[[], object]
"""Called before keys come into memory: ``voltoken.drivers.hardening.harden``."""


_NEEDS_KEYS: Final = "The centre is sealed, and this needs its keys. Unseal it: offer what opens it."


class Strongroom(Guarded):
    """Holds the keys of one centre, or nothing.

    public_key: by which the centre's own keys are recognised. protect: called before they come.
    token: for a root key in a hardware token.
    """

    __slots__ = ("_keys", "_protect", "_public_key", "_root", "_token", "_unsealing")

    def __init__(self, public_key: bytes, protect: Protect, token: TokenOpener | None) -> None:
        self._public_key = public_key
        self._protect = protect
        self._token = token
        self._root: RootKey | None = None
        self._keys: Keys | None = None
        self._unsealing: Unsealing | None = None

    @property
    def sealed(self) -> bool:
        """Whether there is nothing in it."""
        return self._keys is None

    @property
    def signing(self) -> Keys | None:
        """The keys, None while the centre is sealed."""
        return self._keys

    @property
    def keys(self) -> Keys:
        """The keys. Raises CentreSealed."""
        if self._keys is None:
            raise CentreSealed(_NEEDS_KEYS)
        return self._keys

    @property
    def root(self) -> RootKey:
        """The root key itself. Raises CentreSealed."""
        if self._root is None:
            raise CentreSealed(_NEEDS_KEYS)
        return self._root

    def offer(self, record: Mapping[str, Any], signing: bytes, text: str) -> Progress:
        """Take a passphrase, a share or a PIN. record: how the root key is kept. signing: the sealed key.

        Raises ShareRefused when it is wrong, and CentreFileError when the keys are not this centre's.
        """
        try:
            if self._unsealing is None:
                self._unsealing = unsealer(dict(record), self._token)
        except JournalError as error:
            raise CentreFileError(error.message) from None
        self._protect()
        progress = self._unsealing.offer(text)
        if progress.root is not None:
            self.take(progress.root, signing)
        return progress

    def seal(self) -> None:
        """Drop everything; it may be called again."""
        for held in (self._keys, self._root):
            if held is not None:
                held.wipe()
        self._keys = self._root = None
        if self._unsealing is not None:
            self._unsealing.reset()
        self._unsealing = None

    def take(self, root: RootKey, signing: bytes) -> None:
        """Take a root key. signing: the sealed signing key. Raises CentreFileError when it is another's."""
        self.seal()
        try:
            keys = Keys(root, signing)
        except SealBroken:
            root.wipe()
            raise _foreign() from None
        if keys.public_key != self._public_key:
            keys.wipe()
            root.wipe()
            raise _foreign()
        self._root, self._keys = root, keys

    def __repr__(self) -> str:
        """Say whether there is something in it."""
        return f"<strongroom, {'sealed' if self.sealed else 'unsealed'}>"


def _foreign() -> CentreFileError:
    return CentreFileError(
        "The log names a key that is not the centre's own: the file was made anew, or put together from two. "
        "Restore it from a backup."
    )
