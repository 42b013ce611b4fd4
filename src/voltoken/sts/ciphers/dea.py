"""EA09, the data encryption algorithm (DES) on the 64-bit block; deprecated since IEC 62055-41 edition 3.

No published token confirms it. Not for new products.
"""

from __future__ import annotations

from voltoken.sts.ciphers.des import BlockFunction, des_decryptor, des_encryptor


class DEA:
    """EA09 under one key. key: 8 bytes, canonical order; parity bits do not matter."""

    __slots__ = ("decrypt", "encrypt")

    encrypt: BlockFunction
    """Encrypts a 64-bit block."""
    decrypt: BlockFunction
    """Decrypts a 64-bit block."""

    def __init__(self, key: bytes) -> None:
        self.encrypt = des_encryptor(key)
        self.decrypt = des_decryptor(key)
