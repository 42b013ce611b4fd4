"""Shares of a secret: any k of n people recover it, and k-1 of them know nothing about it.

Shamir's scheme, byte by byte over GF(256) with the polynomial of Rijndael (FIPS 197, 4.2): each byte of
the secret is the constant term of a polynomial of degree k-1 whose other coefficients are random, and
share number x is the value of all these polynomials at x. Every coefficient may be zero, the highest too;
otherwise k-1 shares would exclude something.

Behind the secret travel four check bytes, shared like it: SHA-256 over the set and the secret. Shares
that do not belong together, or that somebody made up, give a secret whose check bytes are wrong, except
once in 2**32. Whoever knows the secret can make shares that pass; who relies on more keeps a check value
of his own. A share as text also ends in a checksum over all of it, against errors of reading and typing.

Nothing here runs in constant time: tables are looked up by secret bytes. Split and combine where nobody
else can run a program, as a ceremony does.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from voltoken.errors import HIDDEN, FieldError, RuleError

SECRET_BYTES_MAX: Final = 64
"""The longest secret that is shared."""

_CHECK_BYTES: Final = 4
_SHARED_MAX: Final = SECRET_BYTES_MAX + _CHECK_BYTES
_SET_BYTES: Final = 4
_CRC_BYTES: Final = 4
_HEAD_BYTES: Final = _SET_BYTES + 2  # threshold and number
_PREFIX: Final = "VS1"
_DOMAIN: Final = b"voltoken-share/1|"
_GROUP: Final = 4
_TEXT_MAX: Final = 400  # a share of 64 bytes has 162 characters with its hyphens


def _tables() -> tuple[bytes, bytes]:
    """Return the powers of the generator 3, written twice, and the logarithms to that base."""
    powers = bytearray(510)
    logs = bytearray(256)
    power = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = power
        logs[power] = exponent
        power ^= power << 1  # times 3
        if power > 0xFF:
            power ^= 0x11B
    return bytes(powers), bytes(logs)


_POWERS, _LOGS = _tables()


@dataclass(frozen=True, slots=True)
class Share:
    """One share of a set.

    set_id: 4 bytes that all shares of a set have in common. threshold: how many recover the secret, 2 to
        255. number: which share it is, 1 to 255. y: its bytes, four more than the secret has; never shown.
    Raises FieldError.
    """

    set_id: bytes
    threshold: int
    number: int
    y: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Check every attribute."""
        if self.set_id.__class__ is not bytes or len(self.set_id) != _SET_BYTES:
            raise FieldError("set_id", self.set_id, f"{_SET_BYTES} bytes")
        _check_number("threshold", self.threshold, 2, 255)
        _check_number("number", self.number, 1, 255)
        if self.y.__class__ is not bytes or not _CHECK_BYTES < len(self.y) <= _SHARED_MAX:
            raise FieldError("share", HIDDEN, f"{_CHECK_BYTES + 1} to {_SHARED_MAX} bytes")

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied. Raises RuleError."""
        raise RuleError("secret_copied", "A share of a secret is not pickled; write it down as text.")

    @property
    def secret_bytes(self) -> int:
        """Length of the secret."""
        return len(self.y) - _CHECK_BYTES

    @property
    def text(self) -> str:
        """The share on one line, as it is printed for its holder: a secret."""
        body = self.set_id + bytes((self.threshold, self.number)) + self.y
        coded = base64.b32encode(body + _crc(body)).decode("ascii").rstrip("=")
        groups = (coded[start : start + _GROUP] for start in range(0, len(coded), _GROUP))
        return "-".join((_PREFIX, *groups))

    @classmethod
    def parse(cls, text: str) -> Share:
        """Read a share from text; blanks, hyphens and small letters make no difference.

        Any one wrong character is noticed, as are two that changed places.
        Raises FieldError, which never shows the text.
        """
        coded = _compact(text)
        if not coded.startswith(_PREFIX):
            raise FieldError("share", HIDDEN, "a share as printed, beginning with VS1")
        whole = _decode(coded[len(_PREFIX) :])
        body, checksum = whole[:-_CRC_BYTES], whole[-_CRC_BYTES:]
        if len(body) <= _HEAD_BYTES + _CHECK_BYTES or checksum != _crc(body):
            advice = "A character is wrong, missing or too many; there is no 0, 1, 8 or 9 after VS1."
            raise FieldError("share", HIDDEN, "the whole share, as printed", advice)
        return cls(body[:_SET_BYTES], body[_SET_BYTES], body[_SET_BYTES + 1], body[_HEAD_BYTES:])


def randomness_bytes(secret_length: int, threshold: int) -> int:
    """Return how many random bytes ``split`` takes: 4 for the set, and k-1 for each byte that is shared."""
    return _SET_BYTES + (threshold - 1) * (secret_length + _CHECK_BYTES)


def split(
    secret: bytes | bytearray, threshold: int, count: int, randomness: bytes | bytearray
) -> tuple[Share, ...]:
    """Split a secret into shares.

    secret: 1 to 64 bytes. threshold: how many shares recover it, 2 to count. count: how many there will
        be, 2 to 255. randomness: ``randomness_bytes(len(secret), threshold)`` bytes from a generator fit
        for keys, used for nothing else and forgotten afterwards: with one share they give the secret away.
    Raises FieldError.
    """
    if not isinstance(secret, bytes | bytearray) or not 1 <= len(secret) <= SECRET_BYTES_MAX:
        raise FieldError("secret", HIDDEN, f"1 to {SECRET_BYTES_MAX} bytes")
    _check_number("count", count, 2, 255)
    _check_number("threshold", threshold, 2, count)
    needed = randomness_bytes(len(secret), threshold)
    if not isinstance(randomness, bytes | bytearray) or len(randomness) != needed:
        raise FieldError("randomness", HIDDEN, f"{needed} bytes for this secret and threshold")
    set_id = bytes(randomness[:_SET_BYTES])
    shared = bytes(secret) + _check_bytes(set_id, threshold, secret)
    width = len(shared)
    rows = [randomness[start : start + width] for start in range(_SET_BYTES, needed, width)]
    return tuple(
        Share(set_id, threshold, number, _evaluate((shared, *rows), number)) for number in range(1, count + 1)
    )


def combine(shares: Iterable[Share]) -> bytes:
    """Recover the secret from shares of one set, in any order; shares beyond the threshold are compared.

    Raises RuleError: ``shares_mixed`` (of different sets), ``share_twice`` (a number occurs twice),
    ``shares_too_few``, ``share_forged`` (they do not lie on one polynomial, or the check bytes are wrong).
    """
    given = tuple(shares)
    _check_belonging(given)
    first = given[: given[0].threshold]
    shared = _interpolate(first, 0)
    length = len(shared) - _CHECK_BYTES
    genuine = hmac.compare_digest(
        shared[length:], _check_bytes(given[0].set_id, given[0].threshold, shared[:length])
    ) and all(_interpolate(first, share.number) == share.y for share in given[len(first) :])
    if not genuine:
        del shared  # so that no report of the error's frames can show it
        raise RuleError(
            "share_forged",
            "These shares do not recover a secret: at least one of them is not genuine, and which one "
            "cannot be told. Try others of the set.",
        )
    return shared[:length]


def _check_belonging(shares: Sequence[Share]) -> None:
    """Refuse shares that cannot be combined. Raises RuleError."""
    if not shares:
        raise RuleError("shares_too_few", "No share was given.", have=0)
    first = shares[0]
    kinds = {(share.set_id, share.threshold, len(share.y)) for share in shares}
    if len(kinds) > 1:
        raise RuleError("shares_mixed", "The shares are of different sets. Take those of one set only.")
    if len({share.number for share in shares}) < len(shares):
        raise RuleError("share_twice", "A share was given twice. Every share has a number of its own.")
    if len(shares) < first.threshold:
        raise RuleError(
            "shares_too_few",
            f"{first.threshold} shares recover the secret; {len(shares)} were given.",
            have=len(shares),
            need=first.threshold,
        )


def _evaluate(rows: Sequence[bytes | bytearray], x: int) -> bytes:
    """Return the values at x of polynomials whose coefficients stand in columns, the constant term first."""
    log_x = _LOGS[x]
    value = bytearray(rows[-1])
    for row in reversed(rows[:-1]):
        for place, coefficient in enumerate(row):
            held = value[place]
            value[place] = coefficient ^ (_POWERS[_LOGS[held] + log_x] if held else 0)
    return bytes(value)


def _interpolate(shares: Sequence[Share], x: int) -> bytes:
    """Return the values at x, which is none of the shares' numbers, of the polynomials through shares."""
    value = bytearray(len(shares[0].y))
    for share in shares:
        log_weight = 0
        for other in shares:
            if other is not share:
                log_weight += _LOGS[x ^ other.number] - _LOGS[share.number ^ other.number]
        log_weight %= 255
        for place, y in enumerate(share.y):
            if y:
                value[place] ^= _POWERS[_LOGS[y] + log_weight]
    return bytes(value)


def _check_bytes(set_id: bytes, threshold: int, secret: bytes | bytearray) -> bytes:
    return hashlib.sha256(_DOMAIN + set_id + bytes((threshold,)) + secret).digest()[:_CHECK_BYTES]


def _decode(coded: str) -> bytes:
    """Return the bytes of base32 text; none when it is not exactly what they are written as."""
    try:
        whole = base64.b32decode(coded + "=" * (-len(coded) % 8))
    except binascii.Error:
        return b""
    # The last character has bits that decoding ignores.
    return whole if base64.b32encode(whole).decode("ascii").rstrip("=") == coded else b""


def _crc(body: bytes) -> bytes:
    """Return the CRC-32 of a share's prefix and bytes.

    With its lowest byte first it finds every change within four neighbouring bytes of the whole.
    """
    return binascii.crc32(_PREFIX.encode("ascii") + body).to_bytes(_CRC_BYTES, "little")


def _compact(text: str) -> str:
    """Return text in capitals without blanks and hyphens; empty when it is no text or too long."""
    if not isinstance(text, str) or len(text) > _TEXT_MAX or not text.isascii():
        return ""
    return "".join(text.split()).replace("-", "").upper()


def _check_number(name: str, value: int, least: int, most: int) -> None:
    if value.__class__ is not int or not least <= value <= most:
        raise FieldError(name, value, f"a whole number {least} to {most}")
