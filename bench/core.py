"""The least work a token takes on plain integers and strings: what the public API is measured against.

No validation, no types, no errors: derive, build the block, encrypt, make the digits, with the project's
own ciphers. Every function is checked against the public API before anything is timed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from voltoken.sts.ciphers.des import des_encryptor
from voltoken.sts.ciphers.misty1 import MISTY1
from voltoken.sts.ciphers.sta import STA
from voltoken.sts.ciphers.sta_tables import SAMPLE_TABLES
from voltoken.sts.crc import token_crc

Key = Callable[[str, str], bytes]
"""Meter number and tariff index to decoder key."""


def dkga02(vending_key: bytes, sgc: str, krn: int) -> Key:
    """Return the derivation of 64-bit keys, key type 2."""
    encrypt = des_encryptor(vending_key)
    mask = int.from_bytes(vending_key, "big")
    control = int(f"2{sgc}00{krn}FFFFFF", 16)

    def derive(pan: str, ti: str) -> bytes:
        block = int(pan[1:17], 16) ^ control ^ int(ti, 16) << 28
        return (encrypt(block) ^ block ^ mask).to_bytes(8, "big")

    return derive


def dkga04(vending_key: bytes, base_date: str, sgc: str, krn: int) -> Key:
    """Return the derivation of 128-bit keys for EA11, key type 2."""
    padded = vending_key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
    inner.update(f"\x04\x0204\x02{base_date}\x0211\x02".encode())
    middle = f"\x00\x04\x06{sgc}\x012\x01{krn}\x12".encode()

    def derive(pan: str, ti: str) -> bytes:
        first = inner.copy()
        first.update(b"%b%b%b\x00\x00\x00\x80" % (ti.encode(), middle, pan.encode()))
        second = outer.copy()
        second.update(first.digest())
        return second.digest()[:16]

    return derive


def sta(key: bytes) -> STA:
    """Return EA07 with the sample tables."""
    return STA(int.from_bytes(key, "big"), SAMPLE_TABLES)


def credit_digits(cipher: STA | MISTY1, rnd: int, tid: int, field: int) -> str:
    """Return the digits of a token of electricity credit."""
    data = rnd << 40 | tid << 16 | field
    block = cipher.encrypt(data << 16 | token_crc(data))
    return "%020d" % (block & 0xFFFFFFFFE7FFFFFF | (block >> 27 & 3) << 64)  # noqa: UP031 - faster


def read_credit(cipher: STA | MISTY1, digits: str) -> tuple[int, int, int]:
    """Return RND, TID and amount field of a token of electricity credit."""
    number = int(digits)
    block = cipher.decrypt(number & 0xFFFFFFFFE7FFFFFF | number >> 64 << 27)
    data = block >> 16
    if number >> 27 & 3 or block >> 60 or token_crc(data) != block & 0xFFFF:
        raise ValueError(digits)
    return data >> 40 & 15, data >> 16 & 0xFFFFFF, data & 0xFFFF
