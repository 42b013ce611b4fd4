"""Small identifiers: what they take, what they refuse and in which words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from voltoken.errors import FieldError
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    RND,
    SGC,
    TCT,
    TI,
    TID,
    BaseDate,
    CountryCode,
    KeyType,
    ManufacturerCode,
    MeterTest,
    Service,
)

Maker = Callable[[object], object]


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (SGC, "000000"),
        (SGC, "999999"),
        (TI, "07"),
        (TCT, "02"),
        (ManufacturerCode, "00"),
        (ManufacturerCode, "0100"),
        (CountryCode, "710"),
    ],
)
def test_digit_strings_keep_their_zeros(make: Maker, value: str) -> None:
    made = make(value)
    assert made == value
    assert repr(made) == f"{type(made).__name__}('{value}')"
    assert make(made) is made


@pytest.mark.parametrize(
    ("make", "value", "message"),
    [
        (SGC, "12345", "sgc: '12345' is not allowed; it must be a string of 6 digits."),
        (SGC, "1234567", "sgc: '1234567' is not allowed; it must be a string of 6 digits."),
        (SGC, 123456, "sgc: 123456 is not allowed; it must be a string of 6 digits."),
        (SGC, "12345a", "sgc: '12345a' is not allowed; it must be a string of 6 digits."),
        (SGC, "12345\u0661", r"sgc: '12345\u0661' is not allowed; it must be a string of 6 digits."),
        (TI, "7", "ti: '7' is not allowed; it must be a string of 2 digits."),
        (TI, "²²", r"ti: '\xb2\xb2' is not allowed; it must be a string of 2 digits."),
        (TCT, "", "tct: '' is not allowed; it must be a string of 2 digits."),
        (
            ManufacturerCode,
            "123",
            "mfr_code: '123' is not allowed; it must be a string of 2 or 4 digits.",
        ),
        (CountryCode, None, "country_code: None is not allowed; it must be a string of 3 digits."),
    ],
)
def test_wrong_digit_strings_are_explained(make: Maker, value: object, message: str) -> None:
    with pytest.raises(FieldError) as refused:
        make(value)
    assert refused.value.message == f"{message} Keep the leading zeros."


@pytest.mark.parametrize(
    ("make", "low", "high"), [(KRN, 1, 9), (KEN, 0, 255), (RND, 0, 15), (TID, 0, 16_777_215)]
)
def test_numbers_are_taken_between_their_bounds(make: Maker, low: int, high: int) -> None:
    for value in (low, high):
        made = make(value)
        assert made == value
        assert make(made) is made
    wrong: tuple[object, ...] = (low - 1, high + 1, 10**5000, "1", 1.0, None, True)
    for other in wrong:
        with pytest.raises(FieldError, match=f"it must be a whole number {low} to {high}"):
            make(other)


@pytest.mark.parametrize(
    ("make", "value", "allowed"),
    [
        (KeyType, 4, "0 (DITK), 1 (DDTK), 2 (DUTK) or 3 (DCTK)"),
        (EA, "10", '"07" (STA), "09" (DEA) or "11" (MISTY1)'),
        (EA, 7, '"07" (STA), "09" (DEA) or "11" (MISTY1)'),
        (DKGA, "05", '"01", "02", "03" or "04"'),
        (BaseDate, "2014", '"93", "14" or "35"'),
        (Service, 8, "0 to 3 (units) or 4 to 7 (currency)"),
        (MeterTest, 19, "0 to 18"),
    ],
)
def test_unknown_codes_are_field_errors(make: Maker, value: object, allowed: str) -> None:
    with pytest.raises(FieldError) as refused:
        make(value)
    assert refused.value.allowed == allowed


def test_key_revisions_cycle_from_nine_to_one() -> None:
    revision, seen = KRN(1), []
    for _ in range(10):
        seen.append(int(revision))
        revision = revision.next()
    assert seen == [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]


@pytest.mark.parametrize(
    ("ken", "tid", "admitted"),
    [
        (0, 0, True),
        (0, 0xFFFF, True),
        (0, 0x10000, False),
        (85, 85 << 16, True),
        (85, (86 << 16) - 1, True),
        (85, 86 << 16, False),
        (254, 0xFEFFFF, True),
        (254, 0xFF0000, False),
        (255, 0xFFFFFF, True),
    ],
)
def test_a_key_lasts_to_the_end_of_its_expiry_number(ken: int, tid: int, admitted: bool) -> None:
    assert KEN(ken).admits(tid) is admitted


def test_only_magnetic_cards_are_erasable() -> None:
    assert [f"{code:02d}" for code in range(100) if TCT(f"{code:02d}").is_magnetic_card] == ["01"]


def test_key_lengths_follow_from_the_algorithm() -> None:
    assert {ea.value: ea.key_bits for ea in EA} == {"07": 64, "09": 64, "11": 128}


def test_base_dates_begin_on_new_year_in_utc() -> None:
    assert [base.instant for base in BaseDate] == [
        datetime(year, 1, 1, tzinfo=UTC) for year in (1993, 2014, 2035)
    ]


def test_the_first_four_services_are_units() -> None:
    assert [service.is_currency for service in Service] == [False] * 4 + [True] * 4
