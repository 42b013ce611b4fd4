"""Signatures of people: RFC 8032, without keys that sign for everybody."""

from __future__ import annotations

import pytest

from voltoken.access import fingerprint, public_key_of, sign, verify
from voltoken.errors import FieldError

RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]
"""RFC 8032, 7.1, tests 1 and 2: seed, public key, message, signature."""

SEED = bytes(range(32))
P = (1 << 255) - 19
D = -121665 * pow(121666, -1, P) % P


@pytest.mark.parametrize("number", range(len(RFC_8032)))
def test_the_vectors_of_the_standard_hold(number: int) -> None:
    seed, public, message, signature = (bytes.fromhex(each) for each in RFC_8032[number])
    assert public_key_of(seed) == public
    assert sign(seed, message) == signature
    assert verify(public, message, signature)


def test_every_changed_bit_of_a_signature_is_noticed() -> None:
    public, message = public_key_of(SEED), b"a request"
    signature = sign(SEED, message)
    for bit in range(8 * len(signature)):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verify(public, message, bytes(changed))


def test_another_message_or_another_key_does_not_fit() -> None:
    signature = sign(SEED, b"a request")
    assert not verify(public_key_of(SEED), b"a request!", signature)
    assert not verify(public_key_of(bytes(32)), b"a request", signature)


@pytest.mark.parametrize(
    ("public", "signature"),
    [
        (b"", bytes(64)),
        (bytes(31), bytes(64)),
        (bytes(32), bytes(64)),
        (b"\xff" * 32, bytes(64)),
        (public_key_of(SEED), b""),
        (public_key_of(SEED), bytes(63)),
        (public_key_of(SEED), bytes(64)),
        (public_key_of(SEED), "0" * 64),
        ("0" * 32, bytes(64)),
        ((2).to_bytes(32, "little"), bytes(64)),
    ],
    ids=range(10),
)
def test_what_is_no_key_or_no_signature_fits_nothing(public: bytes, signature: bytes) -> None:
    assert not verify(public, b"", signature)


def add(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """Add two points of the curve (RFC 8032, 5.1.4, in affine coordinates)."""
    (x1, y1), (x2, y2) = one, other
    cross = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + cross, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - cross, -1, P)
    return x % P, y % P


def points_of_small_order() -> set[tuple[int, int]]:
    """Find the eight points whose order divides 8: halve the order of a point that is not in the subgroup."""
    group = (1 << 252) + 27742317777372353535851937790883648493
    found: set[tuple[int, int]] = set()
    y = 2
    while len(found) < 8:
        y += 1
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
        if x * x % P != square:
            continue
        point, result, scalar = (x, y), (0, 1), group
        while scalar:
            result = add(result, point) if scalar & 1 else result
            point, scalar = add(point, point), scalar >> 1
        each = (0, 1)
        for _ in range(8):
            found.add(each)
            each = add(each, result)
    return found


def test_keys_of_small_order_are_refused_in_every_form() -> None:
    points = points_of_small_order()
    assert len(points) == 8
    for x, y in points:
        for value in {y, y + P} if y + P < 1 << 255 else {y}:
            for sign_bit in (x & 1, 1 - (x & 1)):
                public = (value | sign_bit << 255).to_bytes(32, "little")
                with pytest.raises(FieldError, match="small order"):
                    fingerprint(public)
                assert not verify(public, b"anything", bytes(64))


def test_a_key_of_small_order_would_have_fitted_everything() -> None:
    """The reason for the rule: under the neutral point, R = B and S = 1 fit every message."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    neutral = (1).to_bytes(32, "little")
    base = bytes.fromhex("58" + "66" * 31)
    forged = base + (1).to_bytes(32, "little")
    Ed25519PublicKey.from_public_bytes(neutral).verify(forged, b"whatever it says")
    assert not verify(neutral, b"whatever it says", forged)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33), "0" * 32], ids=range(4))
def test_a_seed_of_another_length_is_refused_and_not_shown(seed: bytes) -> None:
    with pytest.raises(FieldError, match="seed: the given value"):
        sign(seed, b"")
    with pytest.raises(FieldError, match="seed: the given value"):
        public_key_of(seed)


def test_people_compare_sixteen_digits_of_a_key() -> None:
    assert fingerprint(bytes.fromhex(RFC_8032[0][1])) == "21fe 31df a154 a261"
    with pytest.raises(FieldError, match="public_key"):
        fingerprint(b"short")
