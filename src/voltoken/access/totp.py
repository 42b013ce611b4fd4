"""Second factors: codes that change with the time (RFC 6238), and recovery codes for when the phone is gone.

SHA-1, 30 seconds, six digits, which is what every app understands. A code of the step before or after is
taken too, for clocks that differ; one that was used, or is older than the last used, never again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

from voltoken.access.values import check_moment
from voltoken.errors import HIDDEN, FieldError, RuleError

STEP: Final = timedelta(seconds=30)
"""How long a code lasts."""
WINDOW: Final = 1
"""How many steps a clock may be ahead or behind."""
DIGITS: Final = 6
"""Length of a code."""
RECOVERY_CODES: Final = 10
"""How many recovery codes somebody gets."""
RECOVERY_BYTES: Final = 10
"""How much chance goes into a recovery code, in bytes."""

_SEED_MIN: Final = 16
_SEED_MAX: Final = 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNRESERVED: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_RECOVERY_DIGITS: Final = 16
_RECOVERY_DOMAIN: Final = b"voltoken-recovery/1|"


@dataclass(frozen=True, slots=True)
class Seed:
    """What a phone and the server share: 16 to 64 random bytes, better 20; never shown. Raises FieldError."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check the length."""
        if not isinstance(self.secret, bytes) or not _SEED_MIN <= len(self.secret) <= _SEED_MAX:
            raise FieldError("seed", HIDDEN, f"{_SEED_MIN} to {_SEED_MAX} bytes")

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied. Raises RuleError."""
        raise RuleError("secret_copied", "The seed of a second factor is not pickled.")


def counter_at(moment: datetime) -> int:
    """Return the number of the step that a moment lies in. moment: in UTC, since 1970. Raises FieldError."""
    check_moment("moment", moment)
    if moment < _EPOCH:
        raise FieldError("moment", moment, "in 1970 or later")
    return (moment - _EPOCH) // STEP


def code_of(seed: Seed, counter: int) -> str:
    """Return the code of a step, six digits (RFC 4226, 5.3). counter: 0 or more."""
    digest = hmac.digest(seed.secret, counter.to_bytes(8), "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def accepted_counter(seed: Seed, code: str, now: datetime, last_counter: int) -> int | None:
    """Return the step whose code this is, None when it is none that may be used now.

    last_counter: the step of the last code used, -1 when there was none: it and all before are used up.
    Raises FieldError for a moment that is not in UTC.
    """
    here = counter_at(now)
    given = code.encode() if _is_code(code) else b""
    found = None
    for counter in range(max(here - WINDOW, 0), here + WINDOW + 1):  # all of them, whichever it is
        if hmac.compare_digest(code_of(seed, counter).encode(), given) and counter > last_counter:
            found = counter
    return found


def is_replayed(seed: Seed, code: str, now: datetime, last_counter: int) -> bool:
    """Whether a code would have been accepted now, had it not been used. Raises FieldError."""
    return (
        accepted_counter(seed, code, now, last_counter) is None
        and accepted_counter(seed, code, now, -1) is not None
    )


def otpauth_uri(seed: Seed, person_id: str, issuer: str) -> str:
    """Return what an app reads from a QR code: a secret, shown once. issuer: the name of the site."""
    secret = base64.b32encode(seed.secret).decode("ascii").rstrip("=")
    site = _quoted(issuer)
    return (
        f"otpauth://totp/{site}:{_quoted(person_id)}?secret={secret}&issuer={site}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP // timedelta(seconds=1)}"
    )


def recovery_codes(randomness: bytes) -> tuple[str, ...]:
    """Return ten recovery codes, ``abcd-efgh-ijkl-mnop``: secrets, shown once.

    randomness: 100 bytes fit for keys. Raises FieldError.
    """
    if not isinstance(randomness, bytes) or len(randomness) != RECOVERY_CODES * RECOVERY_BYTES:
        raise FieldError("randomness", HIDDEN, f"{RECOVERY_CODES * RECOVERY_BYTES} bytes")
    parts = (
        randomness[start : start + RECOVERY_BYTES] for start in range(0, len(randomness), RECOVERY_BYTES)
    )
    texts = (base64.b32encode(part).decode("ascii").lower() for part in parts)
    return tuple("-".join(text[start : start + 4] for start in range(0, 16, 4)) for text in texts)


def recovery_mark(code: str) -> str | None:
    """Return what is kept of a recovery code, None for what is none.

    Blanks, hyphens and capitals do not matter.
    Its 80 bits of chance need no slow hash.
    """
    plain = "".join(code.split()).replace("-", "").lower() if isinstance(code, str) else ""
    if len(plain) != _RECOVERY_DIGITS or not plain.isascii() or not plain.isalnum():
        return None
    return hashlib.sha256(_RECOVERY_DOMAIN + plain.encode("ascii")).hexdigest()


def _is_code(code: object) -> bool:
    return isinstance(code, str) and len(code) == DIGITS and code.isascii() and code.isdigit()


def _quoted(text: str) -> str:
    """Return a text as a part of a URI (RFC 3986, 2.1)."""
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())
