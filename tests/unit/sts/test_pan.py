"""Meter numbers: what is wrong with a bad one is said, and nothing is repaired."""

from __future__ import annotations

import pytest

from voltoken.errors import FieldError
from voltoken.sts import ManufacturerCode, MeterPAN, luhn_check_digit, parse_meter_number

GOOD = "600727580000795237"
GOOD_LONG = "000001000000000082"


def refusal(text: object) -> FieldError:
    """Return the error that a meter number gives."""
    with pytest.raises(FieldError) as refused:
        parse_meter_number(text)  # type: ignore[arg-type]
    return refused.value


def test_a_meter_number_has_parts() -> None:
    pan = MeterPAN(GOOD)
    assert (pan.iin, pan.drn, pan.serial) == ("600727", "58000079523", "00007952")
    assert pan.mfr_code == ManufacturerCode("58")
    long_pan = MeterPAN(GOOD_LONG)
    assert (long_pan.iin, long_pan.drn) == ("0000", "0100000000008")
    assert (long_pan.mfr_code, long_pan.serial) == ("0100", "00000000")
    assert MeterPAN(pan) is pan


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("6.00727E+17", "A spreadsheet has turned the number into a rounded one"),
        ("6E+17", "A spreadsheet has turned the number into a rounded one"),
        ("6e+17", "A spreadsheet has turned the number into a rounded one"),
        ("6.00727e+17", "Take it again from the source, as text"),
        ("600727580000795237.0", "its last digits are lost"),
        ("727580000795237", "Count the digits and keep the leading zeros"),
        ("1234567890411111111113", "it must be 18, 13 or 11 digits"),
        ("", "it must be 18, 13 or 11 digits"),
        ("500727580000795237", "18 digits that begin with 600727 or 0000"),
        ("600727580000795137", "whose DRN check digit (the 17th) is right"),
        ("600727580000795238", "whose last check digit is right"),
        ("000001000000000092", "whose DRN check digit (the 17th) is right"),
        ("000001000000000083", "whose last check digit is right"),
        ("58000079524", "whose last check digit is right"),
        ("0100000000009", "whose last check digit is right"),
        ("5800007952O", "11 or 13 digits"),
        ("60072758000079523O", "a string of 18 digits"),
        ("٥٨٠٠٠٠٧٩٥٢٣", "11 or 13 digits"),
    ],
)
def test_a_wrong_meter_number_is_explained(text: str, words: str) -> None:
    assert words in refusal(text).message


@pytest.mark.parametrize("value", [600727580000795237, None, b"600727580000795237", 6.00727e17])
def test_a_meter_number_that_is_no_text_is_refused(value: object) -> None:
    assert refusal(value).allowed == "a string of 18, 13 or 11 digits"


def test_blanks_hyphens_and_line_ends_are_ignored() -> None:
    for text in (f" {GOOD}\r\n", "600727-5800-0079-5237", "58000079523\n", "01 0000\u202f0000\u2009008"):
        assert parse_meter_number(text) in (GOOD, GOOD_LONG)


@pytest.mark.parametrize("drn", ["5800007952", "580000795230", 58000079523, "5800007952 "])
def test_a_drn_of_another_form_is_refused(drn: str) -> None:
    with pytest.raises(FieldError, match="11 or 13 digits"):
        MeterPAN.from_drn(drn)


@pytest.mark.parametrize(
    ("mfr_code", "serial", "field"),
    [("123", "00000000", "mfr_code"), ("12", "0000000", "serial"), ("1234", "0000000a", "serial")],
)
def test_parts_of_another_form_are_refused(mfr_code: str, serial: str, field: str) -> None:
    with pytest.raises(FieldError) as refused:
        MeterPAN.build(mfr_code, serial)
    assert refused.value.field == field


def test_a_laboratory_may_use_a_drn_with_a_wrong_check_digit() -> None:
    pan = MeterPAN.unverified("600727", "01000000003")
    assert pan == "600727" + "01000000003" + luhn_check_digit("60072701000000003")
    with pytest.raises(FieldError):
        MeterPAN(str(pan))


@pytest.mark.parametrize(
    ("iin", "drn"),
    [("600727", "0100000000008"), ("0000", "58000079523"), ("123456", "58000079523"), ("0000", "x" * 13)],
)
def test_a_laboratory_still_needs_a_known_shape(iin: str, drn: str) -> None:
    with pytest.raises(FieldError, match="600727 and 11 digits, or 0000 and 13 digits"):
        MeterPAN.unverified(iin, drn)


@pytest.mark.parametrize("digits", ["", "12a", "१२", None])
def test_check_digits_are_of_decimal_digits_only(digits: str) -> None:
    with pytest.raises(FieldError, match="a non-empty string of decimal digits"):
        luhn_check_digit(digits)
