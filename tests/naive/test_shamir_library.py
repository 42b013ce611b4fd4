"""Shares of a secret against a library that others wrote, both ways, and what k-1 of them leave open.

pyshamir (MPL-2.0, for tests only) is a port of the shares of HashiCorp's Vault: the same field, byte by byte,
each share its bytes and then its number. It knows no check bytes, so they are part of its secret here.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable

import pyshamir  # type: ignore[import-untyped] # it says nothing about types
import pytest

from tests.naive import shamir as naive
from voltoken.errors import RuleError
from voltoken.security import shamir

SIZES = [(2, 2), (2, 4), (3, 4), (3, 5), (4, 6), (5, 5)]
SECRET = bytes(range(0x61, 0x75))  # 20 bytes, as a vending key of 160 bits
CHANCE = random.Random(7)


def made(threshold: int, count: int, secret: bytes = SECRET) -> tuple[shamir.Share, ...]:
    """Split a secret with seeded randomness."""
    size = shamir.randomness_bytes(len(secret), threshold)
    return shamir.split(secret, threshold, count, random.Random(threshold).randbytes(size))


def foreign(shares: Iterable[shamir.Share]) -> list[bytearray]:
    """Return shares in the form of the library."""
    return [bytearray([*share.y, share.number]) for share in shares]


@pytest.mark.parametrize(("threshold", "count"), SIZES)
def test_the_library_recovers_a_secret_from_every_k_of_our_shares(threshold: int, count: int) -> None:
    for some in itertools.combinations(made(threshold, count), threshold):
        assert bytes(pyshamir.combine(foreign(some)))[:-4] == SECRET == shamir.combine(some)


@pytest.mark.parametrize(("threshold", "count"), SIZES[1:])
def test_k_less_one_of_our_shares_give_neither_of_both_the_secret(threshold: int, count: int) -> None:
    for some in itertools.combinations(made(threshold, count), threshold - 1):
        with pytest.raises(RuleError) as caught:
            shamir.combine(some)
        assert caught.value.rule == "shares_too_few"
        if threshold > 2:  # the library takes two at least
            assert bytes(pyshamir.combine(foreign(some)))[:-4] != SECRET


@pytest.mark.parametrize(("threshold", "count"), SIZES)
def test_we_recover_a_secret_from_every_k_shares_of_the_library(threshold: int, count: int) -> None:
    set_id = b"\x01\x02\x03\x04"
    whole = SECRET + shamir._check_bytes(set_id, threshold, SECRET)
    theirs = pyshamir.split(whole, count, threshold)
    ours = [shamir.Share(set_id, threshold, share[-1], bytes(share[:-1])) for share in theirs]
    for some in itertools.combinations(ours, threshold):
        assert shamir.combine(some) == SECRET


@pytest.mark.parametrize(("threshold", "count"), [(2, 5), (3, 5), (4, 5)])
def test_k_less_one_shares_go_with_every_secret_alike(threshold: int, count: int) -> None:
    """Whoever holds k-1 shares can explain them by any secret: exactly one choice of chance gives them.

    So no secret is more likely than another. For every k-1 of the shares, and secrets drawn anew each time.
    """
    for held in itertools.combinations(made(threshold, count, b"\xa7"), threshold - 1):
        set_id = held[0].set_id
        other = CHANCE.randbytes(1)
        shared = other + shamir._check_bytes(set_id, threshold, other)
        columns = [
            naive.solve({0: byte} | {share.number: share.y[place] for share in held})
            for place, byte in enumerate(shared)
        ]
        chance = set_id + bytes(column[row] for row in range(1, threshold) for column in columns)
        again = shamir.split(other, threshold, count, chance)
        assert [again[share.number - 1] for share in held] == list(held)
