"""Passwords of clients, hashed as ``voltoken.access`` does it: the chance and the turns that it needs."""

from __future__ import annotations

import os
import threading
from typing import Final

from voltoken import access

_AT_ONCE: Final = threading.BoundedSemaphore(2)  # each comparison takes its memory


def hash_password(password: str) -> str:
    """Return a password as an Argon2id text with a random salt. Raises FieldError for one that is none."""
    return access.hash_password(password, os.urandom(access.SALT_BYTES))


def check_password(password: str, hashed: str) -> bool:
    """Whether a password is the one of an Argon2id text. At most two are compared at a time."""
    with _AT_ONCE:
        return access.check_password(password, hashed)
