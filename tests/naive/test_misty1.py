"""EA11 against its naive form, which itself reproduces RFC 2994."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.naive import misty1 as naive
from voltoken.sts import EA, DecoderKey, TokenCipher

KEYS = st.binary(min_size=16, max_size=16)
BLOCKS = st.integers(0, (1 << 64) - 1)

RFC_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
RFC = [(0x0123456789ABCDEF, 0x8B1DA5F56AB3D07C), (0xFEDCBA9876543210, 0x04B68240B13BE95D)]


def quick(key: bytes) -> TokenCipher:
    """Return the cipher under test."""
    return TokenCipher(DecoderKey(key, EA.MISTY1))


@pytest.mark.parametrize(("plain", "sent"), RFC)
def test_the_naive_cipher_reproduces_the_rfc(plain: int, sent: int) -> None:
    assert naive.encrypt(RFC_KEY, plain) == sent
    assert naive.decrypt(RFC_KEY, sent) == plain


def test_the_expanded_key_of_the_rfc() -> None:
    # Appendix A prints the expanded key of its example.
    assert [f"{word:04x}" for word in naive.key_schedule(RFC_KEY)[8:16]] == [
        *("cf51", "8e7f", "5e29", "673a", "cdbc", "07d6", "bf35", "5e11"),
    ]


@given(key=KEYS, block=BLOCKS)
def test_encryption_agrees_with_the_naive_cipher(key: bytes, block: int) -> None:
    assert quick(key).block.encrypt(block) == naive.encrypt(key, block)


@given(key=KEYS, block=BLOCKS)
def test_decryption_agrees_with_the_naive_cipher(key: bytes, block: int) -> None:
    assert quick(key).block.decrypt(block) == naive.decrypt(key, block)


@given(key=KEYS, block=BLOCKS)
def test_decryption_undoes_encryption(key: bytes, block: int) -> None:
    cipher = quick(key).block
    assert cipher.decrypt(cipher.encrypt(block)) == block


def test_every_single_bit_of_key_and_block_is_in_its_place() -> None:
    for place in range(128):
        key = (1 << place).to_bytes(16, "big")
        assert quick(key).block.encrypt(0) == naive.encrypt(key, 0)
        assert quick(key).block.decrypt(0) == naive.decrypt(key, 0)
    for place in range(64):
        assert quick(RFC_KEY).block.encrypt(1 << place) == naive.encrypt(RFC_KEY, 1 << place)
        assert quick(RFC_KEY).block.decrypt(1 << place) == naive.decrypt(RFC_KEY, 1 << place)
