"""What a token must be seen to do before any of its keys is used: by doing it, never by asking what it lists.

SoftHSM lists single DES and cannot do it; other tokens list what a licence or a mode switches off. So every
mechanism computes a known answer, or refuses what it must refuse. All keys here are public or made for the
moment, live in the session only, and are destroyed.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pkcs11
from pkcs11 import Attribute, GCMParams, Mechanism

from voltoken.drivers.pkcs11.templates import (
    HMAC,
    HMAC_KEY_BYTES,
    TokenKey,
    hmac_key,
    may_be_read,
    sealing_key,
)
from voltoken.sts import EA, KRN, SGC, TI, BaseDate, Deriver, MeterPAN, VendingKey, dkga04_data

_LABEL: Final = "voltoken self-test"

# The published example of DKGA04 (vectors/dkga.json); its key is known to everybody.
_VENDING_KEY: Final = VendingKey(
    bytes.fromhex("abababababababab949494949494949401234567"),
    sgc=SGC("123457"),
    krn=KRN(1),
    base_date=BaseDate.BD1993,
    test=True,
)
_PAN: Final = MeterPAN("600727000000000009")
_TI: Final = TI("01")

# AES-256-GCM: test case 14 of "The Galois/Counter Mode of Operation" (McGrew, Viega): all is zero.
_GCM_ANSWER: Final = bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")

# AES key wrap: RFC 3394, 4.6: 256 bits of key data under a 256-bit key.
_WRAPPING_KEY: Final = bytes(range(32))
_WRAPPED: Final = bytes.fromhex(
    "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"
)
_UNWRAPPED: Final = bytes.fromhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")


@dataclass(frozen=True, slots=True)
class Check:
    """What one mechanism was seen to do.

    mechanism: its name in PKCS#11, or ``attributes`` for what keys must refuse. shows: what the check shows.
    fault: what went wrong; empty when nothing did.
    """

    mechanism: str
    shows: str
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong."""
        return not self.fault


def run_checks(session: pkcs11.Session) -> tuple[Check, ...]:
    """Try everything that is needed of a token, in a session that is logged in. Raises nothing of its own."""
    return tuple(Check(mechanism, shows, _fault_of(check, session)) for mechanism, shows, check in _CHECKS)


def _fault_of(check: Callable[[pkcs11.Session], str], session: pkcs11.Session) -> str:
    try:
        return check(session)
    except pkcs11.PKCS11Error as error:
        return f"the token answers {type(error).__name__}"


@contextlib.contextmanager
def _made(session: pkcs11.Session, attributes: dict[Attribute, object], value: bytes) -> Iterator[TokenKey]:
    """Give a key of the session, and destroy it."""
    with _destroyed(session.create_object({**attributes, Attribute.VALUE: value})) as key:
        yield key


@contextlib.contextmanager
def _destroyed(key: TokenKey) -> Iterator[TokenKey]:
    try:
        yield key
    finally:
        key.destroy()


def _derives(session: pkcs11.Session) -> str:
    padded = _VENDING_KEY.key.ljust(HMAC_KEY_BYTES, b"\0")
    with _made(session, hmac_key(_LABEL, stays=False), padded) as key:
        for ea in (EA.STA, EA.MISTY1):
            answer = key.sign(dkga04_data(_VENDING_KEY, ea, _TI, _PAN), mechanism=HMAC)
            wanted = Deriver(_VENDING_KEY, ea).derive(_PAN, _TI).key
            if answer[: len(wanted)] != wanted:
                return f"the decoder key for EA{ea.value} is not the published one"
    return ""


def _hides(session: pkcs11.Session) -> str:
    with _made(session, hmac_key(_LABEL, stays=False), bytes(range(HMAC_KEY_BYTES))) as key:
        return "the token gives away an imported key that it must keep" if may_be_read(key) else ""


def _seals(session: pkcs11.Session) -> str:
    nonce = bytes(12)
    with _made(session, sealing_key(_LABEL, stays=False), bytes(32)) as key:
        known = key.encrypt(
            bytes(16), mechanism=Mechanism.AES_GCM, mechanism_param=GCMParams(nonce, b"", 128)
        )
        if known != _GCM_ANSWER:
            return "the known plaintext does not encrypt to the known answer"
        param = GCMParams(nonce, b"context", 128)
        sealed = key.encrypt(bytes(16), mechanism=Mechanism.AES_GCM, mechanism_param=param)
        if key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=param) != bytes(16):
            return "what was encrypted does not decrypt"
        for place in (0, len(sealed) - 1):  # in the text, and in the tag
            damaged = bytearray(sealed)
            damaged[place] ^= 1
            if _decrypts(key, bytes(damaged), param):
                return "a flipped bit is not noticed"
        if _decrypts(key, sealed, GCMParams(nonce, b"contexu", 128)):
            return "another context is not noticed"
    return ""


def _decrypts(key: TokenKey, blob: bytes, param: GCMParams) -> bool:
    try:
        key.decrypt(blob, mechanism=Mechanism.AES_GCM, mechanism_param=param)
    except pkcs11.PKCS11Error:
        return False  # tokens name a bad tag differently; that the same key works was seen just before
    return True


def _unwraps(session: pkcs11.Session) -> str:
    attributes = sealing_key(_LABEL, stays=False)
    attributes |= {Attribute.ENCRYPT: False, Attribute.DECRYPT: False, Attribute.UNWRAP: True}
    inner = hmac_key(_LABEL, stays=False)
    with (
        _made(session, attributes, _WRAPPING_KEY) as wrapping,
        _destroyed(
            wrapping.unwrap_key(
                inner[Attribute.CLASS],
                inner[Attribute.KEY_TYPE],
                _WRAPPED,
                mechanism=Mechanism.AES_KEY_WRAP,
                template=inner,
            )
        ) as key,
    ):
        if key.sign(b"self-test", mechanism=HMAC) != hmac.digest(_UNWRAPPED, b"self-test", "sha256"):
            return "the known wrapped key does not unwrap to the known key"
        if may_be_read(key):
            return "the token gives away an unwrapped key that it must keep"
    return ""


_CHECKS: Final = (
    (HMAC.name, "derives the published decoder keys (DKGA04)", _derives),
    ("attributes", "keeps an imported key to itself", _hides),
    (Mechanism.AES_GCM.name, "seals, and notices damage and a wrong context", _seals),
    (Mechanism.AES_KEY_WRAP.name, "unwraps into a key that it keeps to itself", _unwraps),
)
