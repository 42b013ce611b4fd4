"""The vault of a PKCS#11 module, from before its PIN is known until it is sealed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from voltoken.drivers.custody.roots import RootProvider, TokenProvider
from voltoken.drivers.local.settings import HomeSettings
from voltoken.drivers.pkcs11.token import Pkcs11Token
from voltoken.drivers.pkcs11.vault import Pkcs11Vault
from voltoken.drivers.pkcs11.wrapping import Pkcs11Wrapping
from voltoken.errors import FieldError
from voltoken.security import KeyRef, KeyRegister, Wanted, refuse
from voltoken.sts import DecoderKey, batch


class LockedVault:
    """A vault that is locked until ``open`` is given the token's PIN, and again after ``wipe``.

    library, label: of the token. module_id: keeps the keys of several modules in one token apart.
    """

    def __init__(self, library: Path, label: str, module_id: str) -> None:
        self._library = library
        self._label = label
        self._module_id = module_id
        self._token: Pkcs11Token | None = None
        self._vault: Pkcs11Vault | None = None

    def __repr__(self) -> str:
        """Return which token, and whether it is open."""
        return f"LockedVault({self._label!r}, {'open' if self._vault else 'locked'})"

    def open(self, pin: str) -> Pkcs11Wrapping:
        """Log in to the token, test it, and return the key in it that wraps the root key.

        Raises ShareRefused for a wrong PIN, ModuleUnavailable when the token is not there or fails a test.
        """
        self.wipe()
        self._token = Pkcs11Token.open(self._library, self._label, pin)
        self._vault = Pkcs11Vault(self._token, self._module_id)
        return self._token.wrapping(wrapping_label(self._module_id))

    def put(self, register: KeyRegister, secret: bytes) -> None:
        """Take in a key. Raises as ``Pkcs11Vault.put`` does."""
        self._opened().put(register, secret)

    def drop(self, ref: KeyRef) -> None:
        """Delete a key, from the token too."""
        self._opened().drop(ref)

    def wipe(self) -> None:
        """Forget the keys in memory and log out of the token."""
        vault, token = self._vault, self._token
        self._vault = self._token = None  # first: should the token not let go, it is out of use all the same
        if vault is not None:
            vault.wipe()
        if token is not None:
            token.close()

    def decoder_key(self, wanted: Wanted) -> DecoderKey:
        """Return one decoder key. Raises ModuleUnavailable."""
        return self._opened().decoder_key(wanted)

    def decoder_keys(self, wanted: Sequence[Wanted]) -> batch.DecoderKeys:
        """Return many at once. Raises ModuleUnavailable."""
        return self._opened().decoder_keys(wanted)

    def _opened(self) -> Pkcs11Vault:
        if self._vault is None:
            raise refuse("module.sealed").error()
        return self._vault


def token_provider(pin: str) -> tuple[Callable[[HomeSettings], RootProvider], Callable[[], None]]:
    """Return what has a token keep the root key of a new module, and what closes the token afterwards."""
    opened: list[Pkcs11Token] = []

    def provide(settings: HomeSettings) -> RootProvider:
        if settings.token is None:
            raise FieldError("pkcs11", None, "given, with library and token")
        token = Pkcs11Token.open(Path(settings.token.library), settings.token.label, pin)
        opened.append(token)
        label = wrapping_label(settings.module.module_id)
        token.make_wrapping_key(label)
        return TokenProvider(token.wrapping(label))

    def close() -> None:
        for token in opened:
            token.close()

    return provide, close


def wrapping_label(module_id: str) -> str:
    """Return the label, in the token, of the key that wraps a module's root key."""
    return f"{module_id} root"
