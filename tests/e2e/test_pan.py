"""Meter numbers and cards on the command line."""

from __future__ import annotations

import pytest

from tests.e2e.sessions import METER, ask, session

RECORD = "60072700000000000900000211123457011"


@pytest.mark.parametrize(
    ("words", "pan"),
    [
        ((METER,), METER),
        (("6007", "2700", "0000", "0000", "09"), METER),
        (("00000000000",), METER),
        (("0100000000008",), "000001000000000082"),
    ],
)
def test_good_numbers_are_taken_apart(words: tuple[str, ...], pan: str) -> None:
    checked = session("pan", "check", *words)
    assert (checked.code, checked.err) == (0, "")
    assert pan in checked.out
    assert ask("pan", "check", *words, "--json").json["pan"] == pan


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("600727000000000008", "PAN check digit   8, wrong"),
        ("600727000000000109", "DRN check digit   0, wrong"),
        ("00000000001", "DRN check digit   1, wrong"),
        ("000001000000000092", "DRN check digit   9, wrong"),
    ],
)
def test_the_wrong_check_digit_is_named(number: str, said: str) -> None:
    checked = ask("pan", "check", number)
    assert checked.code == 3
    assert said in checked.out
    assert checked.err.startswith("error: ")
    assert ask("pan", "check", number, "--json").json["error"]["code"] == "field.invalid"


@pytest.mark.parametrize("number", ["", "1", "6.00727E+17", "letters", "9" * 500])
def test_what_is_no_number_is_refused(number: str) -> None:
    checked = ask("pan", "check", number)
    assert (checked.code, checked.out) == (3, "")


def test_numbers_are_built_from_their_parts() -> None:
    built = ask("pan", "build", "--mfr-code", "01", "--serial", "12345678", "--json").json
    assert built["pan"] == "600727011234567804"
    assert ask("pan", "build", built["drn"], "--json").json == built
    assert ask("pan", "build", "--mfr-code", "01").code == 2
    assert ask("pan", "build").code == 2
    assert ask("pan", "build", "00000000001").code == 3


def test_cards_are_written_and_read() -> None:
    words = ("--pan", METER, "--ea", "11", "--sgc", "123457", "--ti", "01", "--krn", "1")
    written = session("pan", "card", "write", *words)
    assert RECORD in written.out
    read = ask("pan", "card", "read", RECORD[:18], RECORD[18:], "--json").json
    assert (read["record"], read["expired"]) == (RECORD, False)
    old = ask("pan", "card", "write", *words, "--doe", "1912")
    assert "expired" in old.out
    assert ask("pan", "card", "write", *words, "--doe", "1913").code == 3
    assert ask("pan", "card", "read", RECORD[:-1]).code == 4
    assert ask("pan", "card", "read", RECORD[:-1] + "0").code == 3
