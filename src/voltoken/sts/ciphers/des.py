"""DES (FIPS 46-3) for decoder key generation and EA09: single blocks, single and two-key triple DES.

The work is done by the cryptography library, whose triple DES with one key repeated is single DES; it is
imported when the first cipher is made and by this file alone. Where the library has none (it has
announced that DES will go) the table DES below takes over; tests hold the two against each other and
against the published vectors. Neither is fit for anything but STS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

BlockFunction = Callable[[int], int]
"""Takes and returns a 64-bit block."""


def des_encryptor(key: bytes) -> BlockFunction:
    """Return the DES encryption of one 64-bit block under an 8-byte key (parity bits are ignored)."""
    return _library_cipher(key * 3, encrypt=True) or TableDES(key).encrypt


def des_decryptor(key: bytes) -> BlockFunction:
    """Return the DES decryption of one 64-bit block under an 8-byte key (parity bits are ignored)."""
    return _library_cipher(key * 3, encrypt=False) or TableDES(key).decrypt


def triple_des_encryptor(key: bytes) -> BlockFunction:
    """Return two-key triple DES (encrypt, decrypt, encrypt with K1, K2, K1) under 16 bytes K1 || K2."""
    first, second = key[:8], key[8:]
    library = _library_cipher(first + second + first, encrypt=True)
    if library:
        return library
    outer, inner = TableDES(first), TableDES(second)
    return lambda block: outer.encrypt(inner.decrypt(outer.encrypt(block)))


def _library_cipher(key: bytes, *, encrypt: bool) -> BlockFunction | None:
    """Return triple DES by the cryptography library, or None when it has no DES."""
    try:
        from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
        from cryptography.hazmat.primitives.ciphers import Cipher, modes
    except ImportError:
        return None
    cipher = Cipher(TripleDES(key), modes.ECB())  # noqa: S305 - one block is all there is
    update = (cipher.encryptor() if encrypt else cipher.decryptor()).update
    convert = int.from_bytes
    return lambda block: convert(update(block.to_bytes(8, "big")), "big")


def round_keys(key: bytes) -> tuple[int, ...]:
    """Return the sixteen 48-bit round keys of an 8-byte key (parity bits are ignored)."""
    chosen = _pick(int.from_bytes(key, "big"), 64, _PC1)
    left, right = chosen >> 28, chosen & 0xFFFFFFF
    keys = []
    for shift in _SHIFTS:
        left = (left << shift | left >> 28 - shift) & 0xFFFFFFF
        right = (right << shift | right >> 28 - shift) & 0xFFFFFFF
        keys.append(_pick(left << 28 | right, 56, _PC2))
    return tuple(keys)


class TableDES:
    """DES written out: the fallback of this module and the judge of its tests.

    key: 8 bytes; the lowest bit of each is parity and ignored.
    """

    __slots__ = ("_round_keys",)

    def __init__(self, key: bytes) -> None:
        self._round_keys = round_keys(key)

    def encrypt(self, block: int) -> int:
        """Encrypt a 64-bit block."""
        return self._run(block, self._round_keys)

    def decrypt(self, block: int) -> int:
        """Decrypt a 64-bit block."""
        return self._run(block, self._round_keys[::-1])

    def _run(self, block: int, keys: tuple[int, ...]) -> int:
        block = _pick(block, 64, _IP)
        left, right = block >> 32, block & 0xFFFFFFFF
        for key in keys:
            # Expansion: eight overlapping windows of six bits over the cyclic word.
            wide = (right & 1) << 33 | right << 1 | right >> 31
            mixed = 0
            for box in range(8):
                window = wide >> 28 - 4 * box & 63 ^ key >> 42 - 6 * box & 63
                mixed |= _SP[box][window]
            left, right = right, left ^ mixed
        return _pick(right << 32 | left, 64, _FP)


def _pick(value: int, width: int, order: tuple[int, ...]) -> int:
    """Return the bits of value (numbered from 1 at the top, as the standard does) in the given order."""
    picked = 0
    for number in order:
        picked = picked << 1 | value >> width - number & 1
    return picked


_IP: Final = tuple(column - 8 * row for column in (58, 60, 62, 64, 57, 59, 61, 63) for row in range(8))
_FP: Final = tuple(_IP.index(number) + 1 for number in range(1, 65))
_PC1: Final = (
    *(57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3),
    *(60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45),
    *(37, 29, 21, 13, 5, 28, 20, 12, 4),
)
_PC2: Final = (
    *(14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2),
    *(41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36),
    *(29, 32),
)
_SHIFTS: Final = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
_P: Final = (
    *(16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10),
    *(2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25),
)
# The S-boxes, each four rows of sixteen, one hexadecimal digit an entry.
_S: Final = (
    "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
    "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
    "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
    "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
    "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
    "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
    "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
    "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
)


def sp_tables() -> tuple[tuple[int, ...], ...]:
    """Return, for each S-box and its six input bits, its output after the permutation P."""
    tables = []
    for box, digits in enumerate(_S):
        outputs = [_pick(value << 28 - 4 * box, 32, _P) for value in range(16)]
        rows = [[outputs[int(digit, 16)] for digit in digits[16 * row : 16 * row + 16]] for row in range(4)]
        tables.append(tuple(rows[w >> 4 & 2 | w & 1][w >> 1 & 15] for w in range(64)))
    return tuple(tables)


_SP: Final = sp_tables()
