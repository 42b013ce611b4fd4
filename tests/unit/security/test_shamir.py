"""Sharing a secret: any k shares recover it, fewer say nothing, and wrong ones are noticed."""

from __future__ import annotations

import copy
import itertools
import pickle
import random
import string
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltoken.errors import FieldError, RuleError
from voltoken.security.shamir import SECRET_BYTES_MAX, Share, combine, randomness_bytes, split

SECRET = bytes(range(0xA0, 0xC0))


def made(secret: bytes = SECRET, threshold: int = 3, count: int = 5, seed: int = 1) -> tuple[Share, ...]:
    """Split a secret with seeded randomness."""
    randomness = random.Random(seed).randbytes(randomness_bytes(len(secret), threshold))
    return split(secret, threshold, count, randomness)


def refused(shares: Sequence[Share]) -> str:
    """Return the rule for which shares do not combine."""
    with pytest.raises(RuleError) as caught:
        combine(shares)
    return caught.value.rule


@pytest.mark.parametrize(("threshold", "count"), [(2, 2), (2, 3), (3, 5), (5, 5), (4, 7)])
def test_every_subset_of_the_threshold_recovers_the_secret(threshold: int, count: int) -> None:
    shares = made(threshold=threshold, count=count)
    for some in itertools.permutations(shares, threshold):
        assert combine(some) == SECRET


@given(st.binary(min_size=1, max_size=SECRET_BYTES_MAX), st.integers(2, 6), st.data())
def test_any_secret_comes_back_from_any_large_enough_choice_of_shares(
    secret: bytes, threshold: int, data: st.DataObject
) -> None:
    count = data.draw(st.integers(threshold, 10))
    shares = made(secret, threshold, count, data.draw(st.integers(0, 2**32)))
    some = data.draw(st.permutations(shares))[: data.draw(st.integers(threshold, count))]
    assert combine(Share.parse(share.text) for share in some) == secret


@pytest.mark.slow
def test_one_share_of_two_says_nothing_about_a_secret_of_one_byte() -> None:
    """Count exactly: for each secret, every value of a share arises once from the 256 random choices."""
    for secret in range(256):
        for share in (0, 1):
            seen = {
                split(bytes([secret]), 2, 2, bytes([0, 0, 0, 0, chance, 0, 0, 0, 0]))[share].y[0]
                for chance in range(256)
            }
            assert len(seen) == 256


@pytest.mark.slow
def test_two_shares_of_three_say_nothing_about_a_secret_of_one_byte() -> None:
    """Count exactly: each pair of values arises once from the 65 536 random choices."""
    seen = set()
    for low, high in itertools.product(range(256), repeat=2):
        randomness = bytes([0, 0, 0, 0, low, 0, 0, 0, 0, high, 0, 0, 0, 0])
        _, second, third = split(b"\xa7", 3, 3, randomness)
        seen.add((second.y[0], third.y[0]))
    assert len(seen) == 65_536


def test_each_byte_of_a_share_hangs_on_randomness_of_its_own() -> None:
    """Together with the counts above: bytes, the check bytes among them, are shared independently."""
    size = randomness_bytes(3, 2)
    base = split(b"abc", 2, 2, bytes(size))[0]
    for place in range(7):
        randomness = bytearray(size)
        randomness[4 + place] = 0x5A
        other = split(b"abc", 2, 2, randomness)[0]
        assert [at for at in range(7) if base.y[at] != other.y[at]] == [place]


def test_fewer_shares_than_the_threshold_are_refused() -> None:
    shares = made(threshold=3)
    assert refused([]) == "shares_too_few"
    assert refused(shares[:2]) == "shares_too_few"
    with pytest.raises(RuleError, match="3 shares recover the secret; 2 were given"):
        combine(shares[1:3])


def test_shares_of_two_sets_do_not_mix() -> None:
    one, other = made(seed=1), made(seed=2)
    assert refused([*one[:2], other[2]]) == "shares_mixed"
    assert refused([one[0], *made(threshold=2)[1:3]]) == "shares_mixed"
    assert refused([*one[:2], *made(b"short")[2:3]]) == "shares_mixed"


def test_the_same_share_twice_does_not_count_twice() -> None:
    shares = made()
    assert refused([shares[0], shares[0], shares[1]]) == "share_twice"
    assert refused([*shares[:3], replace(shares[0], y=bytes(36))]) == "share_twice"


def test_every_forged_bit_of_a_share_is_noticed() -> None:
    shares = made(b"\x12\x34", threshold=2, count=3)
    for bit in range(8 * len(shares[0].y)):
        y = bytearray(shares[0].y)
        y[bit // 8] ^= 1 << bit % 8
        assert refused([replace(shares[0], y=bytes(y)), shares[1]]) == "share_forged"
        assert refused([*shares[1:], replace(shares[0], y=bytes(y))]) == "share_forged"


def test_a_share_under_another_number_is_noticed() -> None:
    shares = made(threshold=2, count=3)
    assert refused([replace(shares[0], number=3), shares[1]]) == "share_forged"


def test_a_share_moved_to_another_set_or_threshold_is_noticed() -> None:
    shares = made(threshold=2, count=3)
    assert refused([replace(share, set_id=b"abcd") for share in shares]) == "share_forged"
    assert refused([replace(share, threshold=3) for share in shares]) == "share_forged"


def test_a_share_is_one_line_that_can_be_read_out() -> None:
    text = made()[0].text
    assert text.isascii()
    assert text.startswith("VS1-")
    assert set(text[3:]) <= set(string.ascii_uppercase + "234567-")
    assert max(map(len, text.split("-"))) == 4
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 20, 32, 63, 64])
def test_text_reads_back_however_it_is_grouped(length: int) -> None:
    share = made(bytes(length), threshold=2, count=3)[2]
    assert Share.parse(share.text) == share
    assert Share.parse(f"  {share.text.lower().replace('-', ' ')}\n") == share
    assert Share.parse(share.text.replace("-", "")) == share


def test_one_wrong_character_anywhere_is_seen() -> None:
    text = made(threshold=2, count=2)[0].text
    for place, right in enumerate(text):
        for wrong in string.ascii_uppercase + string.digits:
            if right not in (wrong, "-"):
                with pytest.raises(FieldError):
                    Share.parse(text[:place] + wrong + text[place + 1 :])


def test_neighbours_that_changed_places_are_seen() -> None:
    bare = made(threshold=2, count=2)[0].text.replace("-", "")
    for place in range(len(bare) - 1):
        swapped = bare[:place] + bare[place + 1] + bare[place] + bare[place + 2 :]
        if swapped != bare:
            with pytest.raises(FieldError):
                Share.parse(swapped)


def test_a_missing_or_doubled_character_is_seen() -> None:
    bare = made(threshold=2, count=2)[0].text.replace("-", "")
    for place in range(len(bare)):
        for text in (bare[:place] + bare[place + 1 :], bare[:place] + bare[place] + bare[place:]):
            with pytest.raises(FieldError):
                Share.parse(text)


@given(
    st.one_of(
        st.text(),
        st.text(string.ascii_uppercase + "234567-").map("VS1-{}".format),
        st.binary(max_size=100).map(lambda raw: "VS1" + raw.hex()),
        st.none(),
    )
)
def test_any_text_is_a_share_or_a_field_error(text: str) -> None:
    try:
        share = Share.parse(text)
    except FieldError:
        return
    assert Share.parse(share.text) == share


def test_a_wrong_share_is_not_repeated_in_the_error() -> None:
    text = made()[0].text
    with pytest.raises(FieldError) as caught:
        Share.parse(text[:-1] + ("A" if text[-1] != "A" else "B"))
    assert caught.value.field == "share"
    assert caught.value.value is None
    assert text[10:20] not in repr(caught.value) + str(caught.value.detail)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"secret": b""}, "secret"),
        ({"secret": bytes(65)}, "secret"),
        ({"secret": "text"}, "secret"),
        ({"threshold": 1}, "threshold"),
        ({"threshold": 4}, "threshold"),
        ({"threshold": True}, "threshold"),
        ({"count": 1}, "count"),
        ({"count": 256}, "count"),
        ({"randomness": bytes(randomness_bytes(32, 2) - 1)}, "randomness"),
        ({"randomness": bytes(randomness_bytes(32, 2) + 1)}, "randomness"),
        ({"randomness": 76}, "randomness"),
    ],
)
def test_what_cannot_be_split_is_refused(change: dict[str, object], field: str) -> None:
    arguments = {"secret": SECRET, "threshold": 2, "count": 3, "randomness": bytes(randomness_bytes(32, 2))}
    with pytest.raises(FieldError) as caught:
        split(**(arguments | change))  # type: ignore[arg-type] # wrong types are the point
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"set_id": b"abc"}, "set_id"),
        ({"set_id": "abcd"}, "set_id"),
        ({"threshold": 1}, "threshold"),
        ({"threshold": 256}, "threshold"),
        ({"number": 0}, "number"),
        ({"number": 256}, "number"),
        ({"y": bytes(4)}, "share"),
        ({"y": bytes(69)}, "share"),
        ({"y": bytearray(36)}, "share"),
    ],
)
def test_a_share_checks_itself(change: dict[str, object], field: str) -> None:
    share = made()[0]
    with pytest.raises(FieldError) as caught:
        replace(share, **change)  # type: ignore[arg-type] # wrong types are the point
    assert caught.value.field == field


def test_a_share_shows_no_byte_of_itself_and_is_not_pickled() -> None:
    share = Share(b"\x01\x02\x03\x04", 2, 1, b"planted-secret-in-share")
    assert "planted" not in repr(share) + str(share) + f"{share}"
    for act in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(RuleError) as caught:
            act(share)
        assert "planted" not in repr(caught.value)


def test_the_text_of_a_share_stays_the_same_for_ever() -> None:
    """Shares lie in safes for decades: this text was made by version 1 of the form."""
    share = Share(b"\xde\xad\xbe\xef", 2, 3, bytes(range(12)))
    assert share.text == "VS1-32W3-53YC-AMAA-CAQD-AQCQ-MBYI-BEFA-XDYZ-EFKQ"
    assert Share.parse(share.text) == share
