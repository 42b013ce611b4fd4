"""Passwords: what a new one must be, and how they are kept and compared: Argon2id (RFC 9106), PHC texts.

The rule follows NIST SP 800-63B: length counts, a mixture of characters does not, and what everybody tries
first is refused. Text is compared in its NFKC form, so that two keyboards give the same password.
Argon2 takes memory: whoever serves many at a time bounds how many are compared at once.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from voltoken.errors import HIDDEN, FieldError

PASSWORD_MIN: Final = 12
"""The least length of a new password, in characters."""
PASSWORD_MAX: Final = 1024
"""The greatest length of a password, in characters."""
SALT_BYTES: Final = 16
"""Length of a salt."""

_KEY_BYTES: Final = 32
_MEMORY_MAX: Final = 1 << 20
_PASSES_MAX: Final = 16
_LANES_MAX: Final = 16
_PHC: Final = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9][0-9]?)"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}"
)

_COMMON: Final = (
    *("correcthorsebatterystaple", "administrator", "electricity", "qwertyuiop", "asdfghjkl", "1q2w3e4r5t"),
    *("password", "passw0rd", "p@ssword", "p@ssw0rd", "sunshine", "princess", "football", "baseball"),
    *("superman", "trustno1", "starwars", "changeme", "iloveyou", "voltoken", "1q2w3e4r", "1qaz2wsx"),
    *("welcome", "letmein", "default", "prepaid", "vending", "zxcvbnm", "dragon", "monkey", "shadow"),
    *("master", "secret", "qwertz", "qwerty", "azerty", "asdfgh", "zxcvbn", "admin", "guest", "login"),
)
"""What is tried first, longer words before those they contain."""
_LEFT_MIN: Final = 8  # what a password must have besides what is tried first
_DISTINCT_MIN: Final = 5
_NAME_MIN: Final = 3  # a shorter name is in half of all passwords
_ADVICE: Final = "Take four or five words that have nothing to do with each other, or have one made."


def _check_number(name: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or not least <= value <= most:
        raise FieldError(name, value, f"a whole number {least} to {most}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs to compare a password.

    memory_kib: 8 times the lanes to 1 048 576. passes: 1 to 16. lanes: 1 to 16.
    The defaults are what OWASP recommends at least.
    Raises FieldError.
    """

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1

    def __post_init__(self) -> None:
        """Check every attribute."""
        _check_number("lanes", self.lanes, 1, _LANES_MAX)
        _check_number("passes", self.passes, 1, _PASSES_MAX)
        _check_number("memory_kib", self.memory_kib, 8 * self.lanes, _MEMORY_MAX)


COST: Final = Cost()
"""What a password costs where nobody says otherwise."""


def hash_password(password: str, salt: bytes, cost: Cost = COST) -> str:
    """Return a password as an Argon2id text in PHC form.

    password: 1 to 1024 characters; ``check_new_password`` is stricter. salt: 16 random bytes, never used
    before. Raises FieldError.
    """
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if not isinstance(salt, bytes) or len(salt) != SALT_BYTES:
        raise FieldError("salt", HIDDEN, f"{SALT_BYTES} random bytes")
    secret = _bytes_of(password)
    if secret is None:
        raise FieldError("password", HIDDEN, f"1 to {PASSWORD_MAX} characters")
    kdf = Argon2id(
        salt=salt,
        length=_KEY_BYTES,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return kdf.derive_phc_encoded(secret)


def check_password(password: str, phc: str) -> bool:
    """Whether a password is the one of an Argon2id text.

    False, and no error, for a password or a text that is none, and for a text that would take more than
    1 GiB or 16 passes to compare.
    """
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    secret = _bytes_of(password)
    if secret is None or _cost_of(phc) is None:
        return False
    try:
        Argon2id.verify_phc_encoded(secret, phc)
    except (InvalidKey, ValueError):
        return False
    return True


def needs_rehash(phc: str, cost: Cost = COST) -> bool:
    """Whether a text was made at another cost, so that the next right password should be hashed anew."""
    return _cost_of(phc) != cost


def check_new_password(password: str, person_id: str, name: str = "") -> None:
    """Check a password that somebody has chosen.

    person_id, name: of the person, which must not be it. Raises FieldError, which never shows it.
    """
    secret = _bytes_of(password)
    plain = "" if secret is None else unicodedata.normalize("NFKC", password).casefold()
    if len(plain) < PASSWORD_MIN:
        raise FieldError("password", HIDDEN, f"{PASSWORD_MIN} to {PASSWORD_MAX} characters", _ADVICE)
    named = unicodedata.normalize("NFKC", name).casefold().split()
    own = (person_id, *re.split(r"[._-]", person_id), *named)
    left = plain
    for word in (*(each for each in own if len(each) >= _NAME_MIN), *_COMMON):
        left = left.replace(word, "")
    if len(left) < _LEFT_MIN or _is_dull(left):
        raise FieldError(
            "password",
            HIDDEN,
            "something that is not tried first: no name, no usual word with digits, no rows or repetitions",
            _ADVICE,
        )


def _is_dull(text: str) -> bool:
    """Whether most characters repeat the one before or count on from it, or few are different."""
    pairs = itertools.pairwise(text)
    steps = sum(abs(ord(after) - ord(before)) in (0, 1, 9) for before, after in pairs)
    return len(set(text)) < _DISTINCT_MIN or 4 * steps >= 3 * (len(text) - 1)


def _bytes_of(password: object) -> bytes | None:
    """Return what is hashed of a password, None when it is none."""
    if not isinstance(password, str) or not 1 <= len(password) <= PASSWORD_MAX:
        return None
    try:
        return unicodedata.normalize("NFKC", password).encode()
    except UnicodeEncodeError:  # half a character, from a caller that decodes bytes as they come
        return None


def _cost_of(phc: object) -> Cost | None:
    """Return the cost of an Argon2id text, None when it is none or costs too much."""
    found = _PHC.fullmatch(phc) if isinstance(phc, str) else None
    if found is None:
        return None
    memory, passes, lanes = (int(digits) for digits in found.groups())
    try:
        return Cost(memory, passes, lanes)
    except FieldError:
        return None
