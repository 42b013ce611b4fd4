"""The form of a root record: what lies beside a sealed module's journal, as a JSON document of version 1.

    version, provider, module, check        in every record; check is 16 bytes
    memory_kib, passes, lanes, salt, wrapped    provider ``passphrase``: Argon2id (RFC 9106), AES-256-GCM
    set, threshold, count                   provider ``shamir``: which shares, how many of how many
    wrapped                                 provider ``pkcs11``: as the token's key wrapped it

Bytes are lower-case hexadecimal digits. A record that differs from this by one field is refused: what is
not understood is not guessed at when it leads to a root key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from voltoken.drivers.custody.sealing import check_module_id
from voltoken.errors import HIDDEN, FieldError, JournalError

RECORD_VERSION: Final = 1
"""The version of the form."""

CHECK_BYTES: Final = 16
"""Length of the value by which a root key is recognised."""


class RootKind(StrEnum):
    """How a root key is kept; the values stand in records and never change."""

    ARGON2ID = "passphrase"
    """Wrapped under a key that Argon2id makes of a passphrase."""
    SHAMIR = "shamir"
    """Nowhere: in shares."""
    PKCS11 = "pkcs11"
    """Wrapped by a key inside a hardware token."""


class _Whole(NamedTuple):
    """A whole number in a range."""

    least: int
    most: int


class _Octets(NamedTuple):
    """Bytes of a length in a range."""

    least: int
    most: int


# The least cost of Argon2id is what OWASP recommends as such; the greatest keeps a forged record from
# taking the machine's memory and time.
_FORMS: Final[Mapping[str, Mapping[str, _Whole | _Octets]]] = {
    RootKind.ARGON2ID: {
        "memory_kib": _Whole(19_456, 1 << 20),
        "passes": _Whole(2, 16),
        "lanes": _Whole(1, 16),
        "salt": _Octets(16, 16),
        "wrapped": _Octets(60, 60),
    },
    RootKind.SHAMIR: {"set": _Octets(4, 4), "threshold": _Whole(2, 255), "count": _Whole(2, 255)},
    RootKind.PKCS11: {"wrapped": _Octets(32, 4096)},
}


@dataclass(frozen=True, slots=True)
class RootRecord:
    """A root record, checked.

    provider: ``passphrase``, ``shamir`` or ``pkcs11``. module_id: whose root key it is. check: recognises the
        root key. numbers, octets: the other fields, by name.
    Raises FieldError.
    """

    provider: str
    module_id: str
    check: bytes
    numbers: Mapping[str, int] = field(default_factory=dict)
    octets: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every field against the form."""
        form = _FORMS.get(self.provider) if isinstance(self.provider, str) else None
        if form is None:
            raise FieldError("provider", self.provider, " or ".join(_FORMS))
        check_module_id(self.module_id)
        _check_octets("check", self.check, _Octets(CHECK_BYTES, CHECK_BYTES))
        if {*self.numbers, *self.octets} != {*form}:
            raise FieldError("root record", HIDDEN, f"of exactly the fields {', '.join(form)}")
        for name, limits in form.items():
            if isinstance(limits, _Octets):
                _check_octets(name, self.octets.get(name), limits)
            else:
                _check_whole(name, self.numbers.get(name), limits)
        if self.provider == RootKind.SHAMIR and self.numbers["threshold"] > self.numbers["count"]:
            raise FieldError("threshold", self.numbers["threshold"], f"at most {self.numbers['count']}")

    @property
    def document(self) -> dict[str, str | int]:
        """The record as a document for JSON."""
        document: dict[str, str | int] = {
            "version": RECORD_VERSION,
            "provider": str(self.provider),
            "module": self.module_id,
            "check": self.check.hex(),
        }
        for name in _FORMS[self.provider]:
            document[name] = self.numbers[name] if name in self.numbers else self.octets[name].hex()
        return document

    @property
    def context(self) -> bytes:
        """All fields but the wrapped key, as bytes that are authenticated with it."""
        bound = {name: value for name, value in self.document.items() if name != "wrapped"}
        return b"voltoken-root|" + json.dumps(bound, sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def parse(cls, document: object) -> RootRecord:
        """Read a record from a document. Raises JournalError when it is none of this version."""
        if not isinstance(document, dict) or "version" not in document:
            raise JournalError("This is no root record. Restore the module's files from a backup.")
        version = document["version"]
        if version.__class__ is not int or version != RECORD_VERSION:
            raise JournalError(
                f"The root record is not of version {RECORD_VERSION}, the one this program knows. Use the "
                "program that wrote it."
            )
        fields = {name: value for name, value in document.items() if name != "version"}
        try:
            return cls(
                fields.pop("provider", ""),
                fields.pop("module", ""),
                _octets("check", fields.pop("check", "")),
                {name: value for name, value in fields.items() if not isinstance(value, str)},
                {name: _octets(name, value) for name, value in fields.items() if isinstance(value, str)},
            )
        except FieldError as error:
            raise JournalError(
                f"The root record is damaged or forged. {error.message} Restore it from a backup.",
                part=error.field,
            ) from None


def _octets(name: object, text: object) -> bytes:
    """Read lower-case hexadecimal digits without blanks. Raises FieldError."""
    if isinstance(text, str):
        try:
            octets = bytes.fromhex(text)
        except ValueError:
            octets = b""
        if octets.hex() == text:
            return octets
    raise FieldError(str(name), HIDDEN, "lower-case hexadecimal digits")


def _check_octets(name: str, value: object, limits: _Octets) -> None:
    if not isinstance(value, bytes) or not limits.least <= len(value) <= limits.most:
        raise FieldError(name, HIDDEN, f"{limits.least} to {limits.most} bytes")


def _check_whole(name: str, value: object, limits: _Whole) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not limits.least <= value <= limits.most:
        raise FieldError(name, value, f"a whole number {limits.least} to {limits.most}")
