"""The root key of a security module, the keys that hang on it, and records sealed under them.

    root key (256 bit)                       lives only in an unsealed process
     `- key of a purpose                     HKDF-SHA-256, salt = module id, info = voltoken-sm/1|<purpose>
         |- key of a session                 HKDF-SHA-256, info = seal|<16 random bytes>
         |   `- sealed records               AES-256-GCM, 96 random bits as nonce
         `- key of the codes                 HKDF-SHA-256, info = mac: HMAC-SHA-256

A sealed record is version (01), session (16 bytes), nonce (12), ciphertext and tag (16): 45 bytes longer
than what is in it. Version and context are authenticated, so a record opens only where it was sealed for.

Why a key for each session. A nonce of 96 random bits must not serve more than 2**32 records under one key
(NIST SP 800-38D, 8.3), which a busy module uses up in days; a counter would start again, or run twice, in a
copy of the machine or a forked process. So every ``Sealer`` draws 128 random bits, seals under a key of
its own that these select, and draws afresh after 2**28 records. Two nonces meet under one session key with
a chance below 2**-40, sessions meet after some 2**64, and no purpose key is ever worn out by records.
Purpose keys change only with the root key.

``RootKey`` is overwritten by ``wipe``. What the library and CPython keep for themselves (key schedules,
``bytes`` on their way between functions) is dropped, not overwritten: see ``hardening.wipe``.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NoReturn, Self

from voltoken.drivers.hardening import wipe
from voltoken.errors import HIDDEN, FieldError, ModuleUnavailable, RuleError, SealBroken

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROOT_BYTES: Final = 32
"""Length of a root key."""

RECORD_BYTES_MAX: Final = 1 << 24
"""The longest record that is sealed: 16 MiB."""

_VERSION: Final = b"\x01"
_SESSION_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_HEAD_BYTES: Final = 1 + _SESSION_BYTES + _NONCE_BYTES
_SESSION_RECORDS: Final = 1 << 28
_SESSIONS_KEPT: Final = 64
_LABEL: Final = b"voltoken-sm/1|"
_MODULE_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Purpose(StrEnum):
    """What a key under the root key is for. The values are part of the derivation and never change."""

    KEYSTORE = "keystore"
    """Vending keys at rest."""
    RESULTS = "results"
    """Answers kept for those who ask again."""
    MARKS = "marks"
    """Codes that stand for values which must not be read."""
    STATE = "state"
    """Counters and policy at rest."""
    SIGNING = "signing"
    """The seed of the key that signs checkpoints."""
    EXCHANGE = "exchange"
    """The private key that key files are made for."""
    BACKUP = "backup"
    """Backups of a whole centre."""


class Guarded:
    """Base of what holds secrets: it refuses to be pickled or copied."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        """Refuse. Raises RuleError."""
        raise RuleError(
            "secret_copied", f"{type(self).__name__}: what holds secrets is not pickled or copied."
        )


class RootKey(Guarded):
    """The root key of one module, in memory.

    Neither printed nor pickled nor copied. Use it as a context manager, or call ``wipe``, when it has done
    its work; afterwards it gives nothing but ModuleUnavailable.
    """

    __slots__ = ("_lock", "_material", "module_id")
    module_id: str

    def __init__(self, material: bytes | bytearray, module_id: str) -> None:
        """Take 32 bytes, which are copied, and the id of the module they belong to. Raises FieldError."""
        if not isinstance(material, bytes | bytearray) or len(material) != ROOT_BYTES:
            raise FieldError("root key", HIDDEN, f"{ROOT_BYTES} bytes")
        check_module_id(module_id)
        self._material = bytearray(material)
        self._lock = threading.Lock()  # nobody must read a key that is half overwritten
        self.module_id = module_id

    @classmethod
    def generate(cls, module_id: str) -> RootKey:
        """Make a new root key from the system's generator. Raises FieldError."""
        return cls(secrets.token_bytes(ROOT_BYTES), module_id)

    @property
    def wiped(self) -> bool:
        """Whether the key is gone."""
        return not self._material

    def reveal(self) -> bytes:
        """Return the 32 bytes, for those who keep them at rest (``roots``) and for nobody else.

        Raises ModuleUnavailable when the key was wiped.
        """
        with self._lock:
            if not self._material:
                raise ModuleUnavailable("The root key is gone from memory: the module was sealed. Unseal it.")
            return bytes(self._material)

    def derive(self, purpose: Purpose) -> bytes:
        """Return the 32 bytes of the key for a purpose. Raises ModuleUnavailable when the key was wiped."""
        return self.derive_for(purpose.value)

    def derive_for(self, name: str) -> bytes:
        """Derive as for a purpose that is not listed: a check value of the key itself, say."""
        return _hkdf(self.reveal(), self.module_id.encode("ascii"), _LABEL + name.encode("ascii"))

    def wipe(self) -> None:
        """Overwrite the key, as far as CPython can promise that; it may be called again."""
        with self._lock:
            wipe(self._material)
            self._material.clear()

    def __enter__(self) -> Self:
        """Return the key itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Overwrite the key."""
        self.wipe()

    def __repr__(self) -> str:
        """Name the module, and say whether the key is there."""
        return f"<root key of {self.module_id}, {'wiped' if self.wiped else 'in memory'}>"


class Sealer(Guarded):
    """Seals and opens records for one purpose, and makes codes for it. Threads may share it.

    ``wipe`` drops its keys; afterwards every call raises ModuleUnavailable.
    """

    __slots__ = ("_code_key", "_key", "_left", "_lock", "_session", "_sessions", "purpose")

    def __init__(self, root: RootKey, purpose: Purpose) -> None:
        """Derive the keys and begin a session. Raises ModuleUnavailable when the root key was wiped."""
        self.purpose = purpose
        self._key = bytearray(root.derive(purpose))
        self._code_key = bytearray(_hkdf(self._key, b"", b"mac"))
        self._lock = threading.Lock()  # nobody must use a key that is half overwritten
        self._sessions: dict[bytes, AESGCM] = {}
        self._session: tuple[bytes, AESGCM] | None = None
        self._left = 0
        self._begin()

    def seal(self, plain: bytes | bytearray, context: bytes) -> bytes:
        """Seal a record for a context.

        plain: up to 16 MiB. context: what the record belongs to, as bytes that say it without ambiguity; the
            same are needed to open it, and they are not kept in it.
        Raises FieldError, and ModuleUnavailable when the keys were wiped.
        """
        if len(plain) > RECORD_BYTES_MAX:
            raise FieldError("record", HIDDEN, f"at most {RECORD_BYTES_MAX} bytes")
        current = self._session
        if current is None or self._left <= 0:
            current = self._begin()
        self._left -= 1  # threads may lose a step here, of 2**28
        session, cipher = current
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return b"".join((_VERSION, session, nonce, cipher.encrypt(nonce, plain, _VERSION + context)))

    def open(self, blob: bytes, context: bytes) -> bytes:
        """Return what was sealed for this context.

        Raises SealBroken when blob is not what ``seal`` returned for this module, purpose and context, and
        ModuleUnavailable when the keys were wiped.
        """
        sealed = len(blob) - _HEAD_BYTES - _TAG_BYTES if isinstance(blob, bytes) else -1
        if not 0 <= sealed <= RECORD_BYTES_MAX or blob[:1] != _VERSION:
            raise SealBroken(
                "The record is no sealed record of version 1: it is damaged, or another version made it. "
                "Restore the file it is in."
            )
        from cryptography.exceptions import InvalidTag

        session = blob[1 : 1 + _SESSION_BYTES]
        cipher = self._sessions.get(session) or self._cipher(session)
        try:
            plain = cipher.decrypt(
                blob[1 + _SESSION_BYTES : _HEAD_BYTES], blob[_HEAD_BYTES:], _VERSION + context
            )
        except InvalidTag:
            raise SealBroken(
                "A sealed record does not open: it is damaged, was moved from another place, or was sealed "
                "under another root key. Restore the file it is in."
            ) from None
        if session not in self._sessions:
            self._keep(session, cipher)
        return plain

    def mac(self, data: bytes) -> bytes:
        """Return the code of data, 32 bytes. Compare it by ``same``.

        Raises ModuleUnavailable when the keys were wiped.
        """
        with self._lock:
            self._require()
            return hmac.digest(self._code_key, data, "sha256")

    def wipe(self) -> None:
        """Drop and overwrite the keys, as far as CPython can promise that; it may be called again."""
        with self._lock:
            wipe(self._key)
            wipe(self._code_key)
            self._key.clear()
            self._sessions.clear()
            self._session = None

    def _begin(self) -> tuple[bytes, AESGCM]:
        """Begin a session with a key of its own, and return it."""
        session = secrets.token_bytes(_SESSION_BYTES)
        cipher = self._cipher(session)
        with self._lock:
            self._require()
            self._session = (session, cipher)
            self._left = _SESSION_RECORDS
        return session, cipher

    def _cipher(self, session: bytes) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with self._lock:
            self._require()
            return AESGCM(_hkdf(self._key, b"", b"seal|" + session))

    def _keep(self, session: bytes, cipher: AESGCM) -> None:
        """Keep the cipher of a session that proved genuine, and drop the oldest of too many."""
        with self._lock:
            self._require()
            self._sessions[session] = cipher
            if len(self._sessions) > _SESSIONS_KEPT:
                del self._sessions[next(iter(self._sessions))]

    def _require(self) -> None:
        if not self._key:
            raise ModuleUnavailable("The keys are gone from memory: the module was sealed. Unseal it.")

    def __repr__(self) -> str:
        """Name the purpose."""
        return f"<sealer for {self.purpose}{'' if self._key else ', wiped'}>"


def check_module_id(module_id: str) -> None:
    """Refuse what is no id of a module: 1 to 40 letters, digits and ``_ . -``. Raises FieldError."""
    if not isinstance(module_id, str) or not _MODULE_ID.fullmatch(module_id):
        raise FieldError("module_id", module_id, "1 to 40 letters, digits and _ . -")


def same(a: bytes, b: bytes) -> bool:
    """Whether two codes are equal, in a time that does not say where they differ."""
    return hmac.compare_digest(a, b)


def _hkdf(key: bytes | bytearray, salt: bytes, info: bytes) -> bytes:
    """Return 32 bytes by HKDF-SHA-256 (RFC 5869)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt, info).derive(key)
