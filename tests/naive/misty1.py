"""MISTY1 straight from RFC 2994: FI, FO and FL as functions, the rounds in its order."""

from __future__ import annotations

from voltoken.sts.ciphers.misty1 import _S7 as S7
from voltoken.sts.ciphers.misty1 import _S9 as S9


def key_schedule(key: bytes) -> list[int]:
    """Return the expanded key EK[0..31] of section 2.2; only EK[0..15] is used by FO and FL."""
    ek = [key[2 * i] << 8 | key[2 * i + 1] for i in range(8)] + [0] * 24
    for i in range(8):
        ek[i + 8] = fi(ek[i], ek[(i + 1) % 8])
        ek[i + 16] = ek[i + 8] & 0x1FF
        ek[i + 24] = ek[i + 8] >> 9
    return ek


def fi(fi_in: int, fi_key: int) -> int:
    """Section 2.1.2: sixteen bits through S9, S7 and S9."""
    d9 = fi_in >> 7
    d7 = fi_in & 0x7F
    d9 = S9[d9] ^ d7
    d7 = (S7[d7] ^ d9) & 0x7F
    d7 = d7 ^ fi_key >> 9
    d9 = d9 ^ fi_key & 0x1FF
    d9 = S9[d9] ^ d7
    return d7 << 9 | d9


def fo(ek: list[int], fo_in: int, k: int) -> int:
    """Section 2.1.1: thirty-two bits through three FI."""
    t0, t1 = fo_in >> 16, fo_in & 0xFFFF
    t0 ^= ek[k]
    t0 = fi(t0, ek[(k + 5) % 8 + 8])
    t0 ^= t1
    t1 ^= ek[(k + 2) % 8]
    t1 = fi(t1, ek[(k + 1) % 8 + 8])
    t1 ^= t0
    t0 ^= ek[(k + 7) % 8]
    t0 = fi(t0, ek[(k + 3) % 8 + 8])
    t0 ^= t1
    t1 ^= ek[(k + 4) % 8]
    return t1 << 16 | t0


def fl(ek: list[int], fl_in: int, k: int) -> int:
    """Section 2.1.3: thirty-two bits through AND and OR with the key."""
    d0, d1 = fl_in >> 16, fl_in & 0xFFFF
    if k % 2 == 0:
        d1 ^= d0 & ek[k // 2]
        d0 ^= d1 | ek[(k // 2 + 6) % 8 + 8]
    else:
        d1 ^= d0 & ek[((k - 1) // 2 + 2) % 8 + 8]
        d0 ^= d1 | ek[((k - 1) // 2 + 4) % 8]
    return d0 << 16 | d1


def flinv(ek: list[int], fl_in: int, k: int) -> int:
    """Section 2.1.3: the inverse of FL."""
    d0, d1 = fl_in >> 16, fl_in & 0xFFFF
    if k % 2 == 0:
        d0 ^= d1 | ek[(k // 2 + 6) % 8 + 8]
        d1 ^= d0 & ek[k // 2]
    else:
        d0 ^= d1 | ek[((k - 1) // 2 + 4) % 8]
        d1 ^= d0 & ek[((k - 1) // 2 + 2) % 8 + 8]
    return d0 << 16 | d1


def encrypt(key: bytes, block: int) -> int:
    """Encrypt one block: section 2.3."""
    ek = key_schedule(key)
    d0, d1 = block >> 32, block & 0xFFFFFFFF
    for number in range(0, 8, 2):
        d0 = fl(ek, d0, number)
        d1 = fl(ek, d1, number + 1)
        d1 ^= fo(ek, d0, number)
        d0 ^= fo(ek, d1, number + 1)
    d0 = fl(ek, d0, 8)
    d1 = fl(ek, d1, 9)
    return d1 << 32 | d0


def decrypt(key: bytes, block: int) -> int:
    """Decrypt one block: section 2.3, the other way."""
    ek = key_schedule(key)
    d1, d0 = block >> 32, block & 0xFFFFFFFF
    d0 = flinv(ek, d0, 8)
    d1 = flinv(ek, d1, 9)
    for number in range(6, -2, -2):
        d0 ^= fo(ek, d1, number + 1)
        d1 ^= fo(ek, d0, number)
        d0 = flinv(ek, d0, number)
        d1 = flinv(ek, d1, number + 1)
    return d0 << 32 | d1
