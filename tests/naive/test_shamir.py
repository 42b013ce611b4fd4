"""Shares of a secret against their naive form, both ways."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.naive import shamir as naive
from voltoken.security import shamir


@st.composite
def splits(draw: st.DrawFn) -> tuple[bytes, int, int, bytes]:
    """Draw a secret, a threshold, a count of shares, and randomness for them."""
    secret = draw(st.binary(min_size=1, max_size=8))
    count = draw(st.integers(2, 6))
    threshold = draw(st.integers(2, count))
    size = shamir.randomness_bytes(len(secret), threshold)
    return secret, threshold, count, draw(st.binary(min_size=size, max_size=size))


@given(splits())
def test_the_shares_are_those_of_the_naive_form(case: tuple[bytes, int, int, bytes]) -> None:
    shares = shamir.split(*case)
    assert {share.number: share.y for share in shares} == naive.split(*case)


@settings(max_examples=25, deadline=None)
@given(splits(), st.randoms(use_true_random=False))
def test_solving_equations_recovers_the_same_secret(
    case: tuple[bytes, int, int, bytes], chance: random.Random
) -> None:
    secret, threshold, _, _ = case
    some = chance.sample(shamir.split(*case), threshold)
    solved = naive.combine({share.number: share.y for share in some})
    assert solved[:-4] == secret == shamir.combine(some)


def test_the_naive_field_is_rijndaels() -> None:
    # FIPS 197, 4.2 and 4.2.1: the worked products of the standard.
    assert naive.times(0x57, 0x83) == 0xC1
    assert naive.times(0x57, 0x13) == 0xFE
    assert naive.inverse(0x53) == 0xCA


@pytest.mark.slow
def test_the_highest_number_of_shares_agrees() -> None:
    randomness = bytes(place * 7 % 256 for place in range(4 + 254 * 5))
    shares = shamir.split(b"\xa5", 255, 255, randomness)
    assert {share.number: share.y for share in shares} == naive.split(b"\xa5", 255, 255, randomness)
    assert shamir.combine(reversed(shares)) == b"\xa5"
