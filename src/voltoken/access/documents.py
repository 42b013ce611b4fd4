"""Reading signed documents back, and checks of what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from voltoken import canonical
from voltoken.access.signing import SIGNATURE_BYTES
from voltoken.errors import HIDDEN, ApprovalRefused, CanonicalError, FieldError

HASH_DIGITS: Final = 64
"""Length of a hash as text: SHA-256 in lower-case hexadecimal digits."""

_HEX: Final = frozenset("0123456789abcdef")

Sign = Callable[[bytes], bytes]
"""Signs a message with a person's own Ed25519 key, wherever that is kept, and returns 64 bytes."""

_Made = TypeVar("_Made")


def check_hash(name: str, value: object) -> None:
    """Check a hash. Raises FieldError, which calls it ``name``."""
    if not isinstance(value, str) or len(value) != HASH_DIGITS or not set(value) <= _HEX:
        raise FieldError(name, value, f"{HASH_DIGITS} hexadecimal digits in lower case")


def check_signature(value: object) -> None:
    """Check the length of a signature. Raises FieldError."""
    if not isinstance(value, bytes) or len(value) != SIGNATURE_BYTES:
        raise FieldError("signature", HIDDEN, f"{SIGNATURE_BYTES} bytes")


def frozen(value: Any) -> Any:
    """Return a document's value in containers that nobody can change."""
    if isinstance(value, Mapping):
        return MappingProxyType({name: frozen(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return tuple(frozen(inner) for inner in value)
    return value


def bytes_of(value: object) -> bytes | None:
    """Return the bytes of hexadecimal digits in lower case, None for anything else."""
    if not isinstance(value, str) or len(value) % 2 or not set(value) <= _HEX:
        return None
    return bytes.fromhex(value)


def read_fields(data: bytes, most: int, names: Collection[str], what: str) -> dict[str, Any]:
    """Return the fields of a document in its one form that has these fields and no others.

    most: bytes. what: the document, for the message.
    Raises ApprovalRefused (``form``), and nothing else.
    """
    try:
        found = canonical.read(data, most)
    except CanonicalError as error:
        raise ApprovalRefused("form", f"This is not the document of a {what}. {error.message}") from None
    if found.keys() != set(names):
        raise ApprovalRefused(
            "form",
            f"This is not the document of a {what}: it has {', '.join(sorted(names))}, and nothing else.",
        )
    return found


def make(kind: Callable[..., _Made], fields: Mapping[str, Any], what: str) -> _Made:
    """Make a value of the fields of a document. Raises ApprovalRefused (``form``), and nothing else."""
    try:
        return kind(**fields)
    except (CanonicalError, FieldError) as error:
        raise ApprovalRefused("form", f"This is not the document of a {what}. {error.message}") from None
