"""Keys for programs: one text, ``vk1_<id>_<secret>_<check>``, of which only a hash is kept.

The check is a CRC-32 over all before it: a key that was cut off when it was copied is noticed at once, and
programs that look for leaked secrets can tell a real one. An API key has no second factor, and ends on a day.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltoken.access.credentials import refused
from voltoken.access.documents import check_hash
from voltoken.access.values import Actor, Via, check_ident, check_moment, check_roles
from voltoken.errors import HIDDEN, FieldError

SECRET_BYTES: Final = 32
"""Length of the secret in an API key."""
API_KEY_SPAN_MAX: Final = timedelta(days=366)
"""How long an API key may be good."""

_PREFIX: Final = "vk1"
_KEY_ID: Final = re.compile(r"[a-z0-9]{1,20}")
_TEXT: Final = re.compile(r"vk1_([a-z0-9]{1,20})_([a-z2-7]{52})_[0-9a-f]{8}")
_NETWORKS_MAX: Final = 1000


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of an API key.

    key_id: 1 to 20 of a-z and 0-9. person_id: whose it is. secret_hash: SHA-256 of the secret. roles: of the
    person's, those that it has. made_at, expires_at: in UTC, at most 366 days apart. last_used_at: None for
    never. revoked: for good. networks: from where it may be used, in the words of whoever serves it;
    empty for everywhere.
    Raises FieldError.
    """

    key_id: str
    person_id: str
    secret_hash: str
    roles: frozenset[str]
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked: bool = False
    networks: str = ""

    def __post_init__(self) -> None:
        """Check every attribute."""
        _check_key_id(self.key_id)
        check_ident("person_id", self.person_id)
        check_hash("secret_hash", self.secret_hash)
        check_roles(self.roles)
        check_moment("made_at", self.made_at)
        check_moment("expires_at", self.expires_at)
        if not timedelta(0) < self.expires_at - self.made_at <= API_KEY_SPAN_MAX:
            raise FieldError("expires_at", self.expires_at, "after the key is made, within 366 days")
        if self.last_used_at is not None:
            check_moment("last_used_at", self.last_used_at)
        if self.revoked.__class__ is not bool:
            raise FieldError("revoked", self.revoked, "True or False")
        if not isinstance(self.networks, str) or len(self.networks) > _NETWORKS_MAX:
            raise FieldError("networks", self.networks, f"a text of at most {_NETWORKS_MAX} characters")


def api_key_text(key_id: str, secret: bytes) -> str:
    """Return an API key as its owner gets it, once: a secret.

    key_id: 1 to 20 of a-z and 0-9. secret: 32 random bytes. Raises FieldError.
    """
    _check_key_id(key_id)
    if not isinstance(secret, bytes) or len(secret) != SECRET_BYTES:
        raise FieldError("secret", HIDDEN, f"{SECRET_BYTES} random bytes")
    coded = base64.b32encode(secret).decode("ascii").rstrip("=").lower()
    body = f"{_PREFIX}_{key_id}_{coded}"
    return f"{body}_{_check(body)}"


def read_api_key(text: str) -> tuple[str, str]:
    """Return the id in an API key, and the hash of its secret.

    Raises SignInRefused (``form``), and nothing else, whatever text is.
    """
    found = _TEXT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise refused("form")
    secret = base64.b32decode(f"{found[2].upper()}====")
    # Written again, for the check, and because the last character of a secret has bits that decoding ignores.
    if api_key_text(found[1], secret) != text:
        raise refused("form")
    return found[1], hashlib.sha256(secret).hexdigest()


def use_api_key(
    key: ApiKey | None,
    secret_hash: str,
    now: datetime,
    *,
    is_inside: Callable[[str], bool] | None = None,
) -> Actor:
    """Return who asks with an API key.

    key: what is kept under the id of the text; None for nothing. secret_hash: of the text. is_inside: says
    whether whoever asks is inside the key's networks; without it a key that has networks is refused.
    Raises SignInRefused: ``unknown``, ``revoked``, ``expired``, ``network``; FieldError for what is no moment
    in UTC or no hash.
    """
    check_moment("now", now)
    check_hash("secret_hash", secret_hash)
    if not hmac.compare_digest("" if key is None else key.secret_hash, secret_hash) or key is None:
        raise refused("unknown")
    if key.revoked:
        raise refused("revoked")
    if not key.made_at <= now < key.expires_at:
        raise refused("expired")
    if key.networks and (is_inside is None or not is_inside(key.networks)):
        raise refused("network")
    return Actor(key.person_id, Via.API_KEY, key.roles)


def _check_key_id(key_id: object) -> None:
    if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
        raise FieldError("key_id", key_id, "1 to 20 of a-z and 0-9")


def _check(body: str) -> str:
    return f"{binascii.crc32(body.encode('ascii')):08x}"
