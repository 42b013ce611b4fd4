"""API keys: one text, kept as a hash, with an end, and noticed when it was cut off."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.access.people import DAY, MINUTE, NOW
from voltoken.access import Actor, ApiKey, Via, api_key_text, read_api_key, use_api_key
from voltoken.errors import FieldError, SignInRefused

SECRET = bytes(range(32))
TEXT = api_key_text("till7", SECRET)
HASH = hashlib.sha256(SECRET).hexdigest()
KEY = ApiKey("till7", "shop", HASH, frozenset({"seller"}), NOW, NOW + 366 * DAY)


def refused(key: ApiKey | None = KEY, secret_hash: str = HASH, **how: Any) -> str:
    """Return the reason for which an API key does not help; all are refused in the same words."""
    with pytest.raises(SignInRefused) as caught:
        use_api_key(key, secret_hash, how.pop("now", NOW), **how)
    assert caught.value.message.startswith("That did not work.")
    return caught.value.reason


def test_a_text_says_its_id_and_hides_its_secret() -> None:
    prefix, key_id, secret, check = TEXT.split("_")
    assert (prefix, key_id) == ("vk1", "till7")
    assert base64.b32decode(secret.upper() + "====") == SECRET
    assert int(check, 16) == zlib.crc32(TEXT[:-9].encode())
    assert read_api_key(TEXT) == ("till7", HASH)


def test_every_changed_or_missing_character_is_noticed() -> None:
    for place, old in enumerate(TEXT):
        for new in "a2_A ":
            if new != old:
                with pytest.raises(SignInRefused):
                    read_api_key(TEXT[:place] + new + TEXT[place + 1 :])
        with pytest.raises(SignInRefused):
            read_api_key(TEXT[:place])


def test_one_secret_has_one_text() -> None:
    """The last character of the secret has bits that decoding ignores; a text that uses them is refused."""
    body = TEXT[:-9]
    other = body[:-1] + chr(ord(body[-1]) + 1)
    with pytest.raises(SignInRefused):
        read_api_key(f"{other}_{zlib.crc32(other.encode()):08x}")


@settings(max_examples=60)
@given(st.text(max_size=90) | st.from_regex(r"vk1_[a-z0-9]{1,20}_[a-z2-7]{52}_[0-9a-f]{8}", fullmatch=True))
@example("vk1___")
def test_texts_from_outside_are_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(SignInRefused) as caught:
        read_api_key(text)
    assert caught.value.reason == "form"


def test_what_is_no_text_is_refused() -> None:
    nothing: Any = None
    with pytest.raises(SignInRefused):
        read_api_key(nothing)


@pytest.mark.parametrize(
    ("key_id", "secret", "field"),
    [
        ("", SECRET, "key_id"),
        ("a_b", SECRET, "key_id"),
        ("a" * 21, SECRET, "key_id"),
        (7, SECRET, "key_id"),
        ("a", bytes(31), "secret"),
        ("a", "0" * 32, "secret"),
    ],
    ids=range(6),
)
def test_a_key_is_made_of_an_id_and_a_secret(key_id: Any, secret: Any, field: str) -> None:
    with pytest.raises(FieldError) as caught:
        api_key_text(key_id, secret)
    assert caught.value.field == field
    assert field == "key_id" or caught.value.value is None


def test_a_program_asks_with_the_roles_of_its_key_and_never_with_a_second_factor() -> None:
    assert use_api_key(KEY, HASH, NOW) == Actor("shop", Via.API_KEY, frozenset({"seller"}), False)


def test_keys_that_are_not_known_wrong_taken_back_or_over_are_refused() -> None:
    assert refused(None) == "unknown"
    assert refused(secret_hash="0" * 64) == "unknown"
    assert refused(replace(KEY, revoked=True)) == "revoked"
    assert refused(now=NOW - MINUTE) == "expired"
    assert refused(now=NOW + 366 * DAY) == "expired"
    assert use_api_key(KEY, HASH, NOW + 366 * DAY - MINUTE).person_id == "shop"


def test_a_key_with_networks_needs_somebody_who_knows_them() -> None:
    key = replace(KEY, networks="10.0.0.0/8")
    assert refused(key) == "network"
    assert refused(key, is_inside=lambda networks: networks != "10.0.0.0/8") == "network"
    inside = use_api_key(key, HASH, NOW, is_inside=lambda networks: networks == "10.0.0.0/8")
    assert inside.person_id == "shop"
    assert use_api_key(KEY, HASH, NOW, is_inside=lambda _: False) == inside


@pytest.mark.parametrize(
    "changes",
    [
        {"key_id": "A"},
        {"person_id": "Shop"},
        {"secret_hash": "ab"},
        {"roles": {"seller"}},
        {"made_at": NOW.replace(tzinfo=None)},
        {"expires_at": NOW.replace(tzinfo=None)},
        {"expires_at": NOW},
        {"expires_at": NOW + 366 * DAY + MINUTE},
        {"last_used_at": 7},
        {"revoked": 0},
        {"networks": None},
        {"networks": "a" * 1001},
    ],
    ids=range(12),
)
def test_a_key_out_of_range_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        replace(KEY, **changes)


def test_what_the_caller_gives_has_its_form() -> None:
    assert replace(KEY, last_used_at=NOW).last_used_at == NOW
    with pytest.raises(FieldError):
        use_api_key(KEY, "é", NOW)
    with pytest.raises(FieldError):
        use_api_key(KEY, HASH, NOW.replace(tzinfo=None))
