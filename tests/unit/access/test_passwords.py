"""Passwords: long ones that nobody guesses, kept as Argon2id."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.access.people import CHEAP
from voltoken.access import COST, Cost, check_new_password, check_password, hash_password, needs_rehash
from voltoken.drivers.local import check_password as check_of_a_client
from voltoken.drivers.local import hash_password as hash_of_a_client
from voltoken.errors import FieldError

SALT = bytes(range(16))
WORDS = "orange ladder whispers uphill"
PHC = hash_password(WORDS, SALT, CHEAP)


def test_the_right_password_fits_and_no_other() -> None:
    assert check_password(WORDS, PHC)
    for wrong in ("", WORDS + " ", WORDS.upper(), WORDS[:-1]):
        assert not check_password(wrong, PHC)
    assert not check_password(WORDS, PHC[:-1])


def test_the_text_is_the_usual_one() -> None:
    assert PHC.startswith("$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$")
    assert WORDS not in PHC


def test_another_salt_gives_another_text() -> None:
    assert hash_password(WORDS, bytes(16), CHEAP) != PHC


def test_two_keyboards_give_the_same_password() -> None:
    composed, decomposed = "caf\u00e9 caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301 cafe\u0301"
    assert check_password(decomposed, hash_password(composed, SALT, CHEAP))


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17), "0" * 16], ids=range(4))
def test_a_salt_of_another_length_is_refused(salt: bytes) -> None:
    with pytest.raises(FieldError, match="salt"):
        hash_password(WORDS, salt, CHEAP)


@pytest.mark.parametrize(
    "password", ["", "a" * 1025, "half \ud800 a character", None, b"bytes"], ids=range(5)
)
def test_what_is_no_password_is_refused_and_fits_nothing(password: str) -> None:
    with pytest.raises(FieldError) as caught:
        hash_password(password, SALT, CHEAP)
    assert caught.value.value is None
    assert not check_password(password, PHC)


@pytest.mark.parametrize(
    "phc",
    [
        "",
        "password",
        PHC.replace("argon2id", "argon2i"),
        PHC.replace("v=19", "v=16"),
        PHC.replace("m=8", "m=7"),
        PHC.replace("m=8", "m=1048577"),
        PHC.replace("m=8", "m=99999999999"),
        PHC.replace("t=1", "t=0"),
        PHC.replace("t=1", "t=17"),
        PHC.replace("p=1", "p=2"),
        PHC.replace("p=1", "p=99"),
        PHC + "$",
        None,
    ],
    ids=range(13),
)
def test_what_is_no_hash_or_would_take_the_machine_down_fits_nothing(phc: str) -> None:
    assert not check_password(WORDS, phc)
    assert needs_rehash(phc, CHEAP)


@settings(max_examples=40)
@given(st.text(max_size=60), st.text(max_size=30))
@example("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA", "x")
def test_no_text_brings_a_comparison_down(phc: str, password: str) -> None:
    assert not check_password(password, phc)


def test_a_hash_of_another_cost_is_to_be_made_anew() -> None:
    assert not needs_rehash(PHC, CHEAP)
    assert needs_rehash(PHC)
    assert needs_rehash(PHC, Cost(16, 1, 1))
    assert Cost(19_456, 2, 1) == COST


@pytest.mark.parametrize(
    ("cost", "field"),
    [
        ((7, 1, 1), "memory_kib"),
        ((15, 1, 2), "memory_kib"),
        ((1_048_577, 1, 1), "memory_kib"),
        ((8, 0, 1), "passes"),
        ((8, 17, 1), "passes"),
        ((8, 1, 0), "lanes"),
        ((256, 1, 17), "lanes"),
    ],
)
def test_a_cost_out_of_range_is_refused(cost: tuple[int, int, int], field: str) -> None:
    with pytest.raises(FieldError) as caught:
        Cost(*cost)
    assert caught.value.field == field


@pytest.mark.parametrize(
    "password",
    [
        WORDS,
        "Tr0ub4dor&3x",
        "caf\u00e9 caf\u00e8 th\u00e9 rouge",
        "\u6b63\u78ba\u99ac\u96fb\u6c60\u91d8\u66f8\u985e\u5c71\u5ddd\u6d77\u7a7a",
        "annual giraffe tin",
        "x7#kQ9!mZ2@w",
        "the password is a giraffe",
    ],
    ids=range(7),
)
def test_a_password_that_nobody_guesses_is_taken(password: str) -> None:
    check_new_password(password, "ann.smith", "Ann Smith")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short words",
        "x7#kQ9!mZ2@",
        "a" * 12,
        "ababababababab",
        "abcabcabcabcabc",
        "aaaabbbbccccdddd",
        "abcdefghijklmnop",
        "ponmlkjihgfedcba",
        "123456789012",
        "987654321098",
        "12345678901234567890",
        "password1234",
        "P@ssw0rd1234",
        "Welcome2026!!",
        "qwertyuiop12",
        "administrator1",
        "correcthorsebatterystaple",
        "voltoken-secret",
        "password12345678",
        "password-x7q9",
        "ann.smith",
        "ann.smith.2026",
        "AnnSmith2026!",
        "smithannsmith",
        "admin admin admin",
        "\ud800" * 12,
    ],
    ids=range(27),
)
def test_a_password_that_is_tried_first_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(FieldError) as caught:
        check_new_password(password, "ann.smith", "Ann Smith")
    assert caught.value.value is None
    assert not password or password not in caught.value.message
    assert "words" in caught.value.message


def test_a_short_name_is_in_many_good_passwords() -> None:
    for person_id, name in (("e", ""), ("r.l", "E R"), ("li", "Li Ng")):
        check_new_password("orange ladder", person_id, name)


def test_every_part_of_a_name_counts() -> None:
    for person_id, name in (("jan-de-vries", ""), ("till", "Vries Jan"), ("vries", "Jan"), ("jan_vries", "")):
        with pytest.raises(FieldError):
            check_new_password("VriesJan20261", person_id, name)


def test_ligatures_do_not_make_a_password_longer_than_it_is() -> None:
    with pytest.raises(FieldError):
        check_new_password("a\u0301" * 3 + "e\u0301" * 3 + "x7", "ann")


def test_a_client_of_a_module_has_the_same_passwords() -> None:
    first, second = hash_of_a_client(WORDS), hash_of_a_client(WORDS)
    assert first != second
    assert not needs_rehash(first)
    assert check_of_a_client(WORDS, first)
    assert check_password(WORDS, second)
    assert not check_of_a_client("another one", first)
