"""Keys that everybody knows, by the hash of their bytes: they are never live keys.

Each stands in a public document: the standard's own examples, the published test vectors, or a manual.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Final

from voltoken.sts import odd_parity

_DIGESTS: Final = frozenset(
    hashlib.sha256(odd_parity(bytes.fromhex(key))).digest()
    for key in (
        "abababababababab",
        "abababababababab949494949494949401234567",
        "9494949494949494",
        "0abc12def3456789",
        "0abc12def34567890123456789abcdef",
        "8877665544332211",
        "00112233445566778899aabbccddeeff",
        "00112233445566778899aabbccddeeff01234567",
        "0123456789abcdef",
        "fedcba9876543210",
        "000102030405060708090a0b0c0d0e0f",
        "f94b6ed353c3bfdb113e2d3a7ea3c41d",
        "ef12ade3e7e2052b",
        "2c14ecdce31dec77",
    )
)


def is_published(key: bytes) -> bool:
    """Whether a key is published, or as plain as one byte over and over, or bytes that count up."""
    if not key or hashlib.sha256(odd_parity(key)).digest() in _DIGESTS:  # DES does not look at parity bits
        return True
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return len(steps) <= 1
