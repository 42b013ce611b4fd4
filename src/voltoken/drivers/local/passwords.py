"""Passwords of clients, as Argon2id texts (PHC form): how they are made and compared."""

from __future__ import annotations

import os
import threading
from typing import Final

_MEMORY_KIB: Final = 19_456  # what OWASP recommends at least, with two passes
_PASSES: Final = 2
_AT_ONCE: Final = threading.BoundedSemaphore(2)  # each comparison takes its memory


def hash_password(password: str) -> str:
    """Return a password as an Argon2id text with a random salt."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def check_password(password: str, hashed: str) -> bool:
    """Whether a password is the one of an Argon2id text. At most two are compared at a time."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    with _AT_ONCE:
        try:
            Argon2id.verify_phc_encoded(password.encode(), hashed)
        except (InvalidKey, ValueError):
            return False
    return True
