"""The primitives give what their standards print, and take keys to the last one there is."""

from __future__ import annotations

import hashlib

import pytest

from tests.unit.security.keyload.lab import EPHEMERAL, EXCHANGE, made_up, refused
from voltoken.errors import FieldError
from voltoken.security.keyload import exchange_public, is_signed, key_id, signing_public, signing_with
from voltoken.security.keyload.primitives import agree, derive, unwrap, wrap

GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
"""FIPS 186-4, D.1.2.3."""
ORDER = 115792089210356248762697446949407573529996955224135760342422259061068512044369


def test_private_exchange_keys_are_the_numbers_from_one_below_the_order() -> None:
    assert exchange_public((1).to_bytes(32, "big")) == GENERATOR
    last = exchange_public((ORDER - 1).to_bytes(32, "big"))
    assert last[:33] == GENERATOR[:33]  # minus the generator: the same x
    for number in (0, ORDER, ORDER + 1, (1 << 256) - 1):
        with pytest.raises(FieldError) as caught:
            exchange_public(number.to_bytes(32, "big"))
        assert caught.value.value is None


def test_the_agreement_is_that_of_rfc_5903() -> None:
    """RFC 5903, 8.1: the 256-bit group."""
    mine = bytes.fromhex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433")
    his = bytes.fromhex("c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53")
    shared = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"
    assert agree(mine, exchange_public(his)).hex() == agree(his, exchange_public(mine)).hex() == shared


def test_the_derivation_is_one_block_of_x9_63() -> None:
    """SEC 1, 3.6.1: the hash of what was agreed, a counter of four bytes, and the shared information."""
    shared = agree(EXCHANGE, exchange_public(EPHEMERAL))
    for purpose in (b"", b"voltoken", bytes(200)):
        assert derive(shared, purpose) == hashlib.sha256(shared + b"\0\0\0\1" + purpose).digest()


def test_the_wrap_is_that_of_rfc_3394() -> None:
    """RFC 3394, 4.6: 256 bits of key data with a 256-bit key."""
    kek = bytes(range(32))
    plain = bytes.fromhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")
    wrapped = "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"
    assert wrap(kek, plain).hex() == wrapped
    assert unwrap(kek, bytes.fromhex(wrapped)) == plain
    assert unwrap(made_up("another"), bytes.fromhex(wrapped)) is None
    assert unwrap(kek, b"") is None
    assert unwrap(kek, bytes(39)) is None


def test_signatures_are_those_of_rfc_8032() -> None:
    """RFC 8032, 7.1: test 1, the empty message."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert signing_public(seed).hex() == public
    assert signing_with(seed)(b"").hex() == signature
    assert is_signed(bytes.fromhex(public), b"", bytes.fromhex(signature))
    assert not is_signed(bytes.fromhex(public), b"x", bytes.fromhex(signature))
    assert not is_signed(bytes(31), b"", bytes.fromhex(signature))
    assert not is_signed(bytes.fromhex(public), b"", b"")
    assert key_id(bytes.fromhex(public)) == "21fe31dfa154a261"


def test_a_point_of_another_length_is_refused() -> None:
    for point in (GENERATOR[:33], b"\x02" + GENERATOR[1:33], GENERATOR + b"\x00", b"", b"\x00"):
        assert refused(agree, EXCHANGE, point) == "point"
