"""Months and periods of a tariff, as days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tariff.written import tariff
from voltoken.errors import FieldError
from voltoken.tariff.calendar import (
    counts_from,
    month_start,
    months_between,
    next_month,
    next_period,
    period_start,
)
from voltoken.tariff.document import Period

MONTHS = Period()
THIRTY = Period(30, date(2024, 1, 10))


def test_a_month_begins_on_its_first_day_and_ends_before_the_next() -> None:
    assert month_start(date(2024, 2, 29)) == date(2024, 2, 1)
    assert next_month(date(2024, 2, 29)) == date(2024, 3, 1)
    assert next_month(date(2024, 12, 1)) == date(2025, 1, 1)


def test_months_are_counted_by_the_calendar_whatever_the_day() -> None:
    assert months_between(date(2024, 1, 31), date(2024, 2, 1)) == 1
    assert months_between(date(2023, 11, 1), date(2024, 2, 29)) == 3
    assert months_between(date(2024, 2, 1), date(2023, 12, 31)) == -2
    assert months_between(date(2024, 2, 1), date(2024, 2, 29)) == 0


@pytest.mark.parametrize(
    ("day", "start", "following"),
    [
        (date(2024, 1, 10), date(2024, 1, 10), date(2024, 2, 9)),
        (date(2024, 2, 8), date(2024, 1, 10), date(2024, 2, 9)),
        (date(2024, 2, 9), date(2024, 2, 9), date(2024, 3, 10)),
        (date(2024, 1, 9), date(2023, 12, 11), date(2024, 1, 10)),
    ],
    ids=["first day", "last day", "next period", "before the first"],
)
def test_a_period_of_days_is_counted_from_its_first_day_both_ways(
    day: date, start: date, following: date
) -> None:
    assert period_start(THIRTY, day) == start
    assert next_period(THIRTY, day) == following


def test_a_period_is_the_calendar_month_unless_the_document_says_otherwise() -> None:
    assert period_start(MONTHS, date(2024, 2, 29)) == date(2024, 2, 1)
    assert next_period(MONTHS, date(2024, 2, 29)) == date(2024, 3, 1)


days = st.dates(date(2, 1, 1), date(9990, 1, 1))


@given(days, st.integers(1, 400), days)
def test_periods_follow_each_other_without_gap(starts: date, length: int, day: date) -> None:
    period = Period(length, starts)
    first, following = period_start(period, day), next_period(period, day)
    assert first <= day < following
    assert (following - first).days == length
    assert period_start(period, following) == following
    assert period_start(period, following - timedelta(days=1)) == first


def test_what_no_calendar_has_is_said() -> None:
    with pytest.raises(FieldError, match="9999-12-01"):
        next_month(date(9999, 12, 1))
    with pytest.raises(FieldError, match="9999-12-31"):
        next_period(THIRTY, date.max)
    with pytest.raises(FieldError, match="0001-01-01"):
        period_start(THIRTY, date.min)
    assert next_month(date(9999, 11, 30)) == date(9999, 12, 1)


CHANGE = '[period]\nevery = "month"\non_change = "{}"\n'


@pytest.mark.parametrize(
    ("on_change", "day", "start"),
    [
        ("carry", "2024-03-20", date(2024, 3, 1)),
        ("restart", "2024-03-20", date(2024, 3, 15)),
        ("restart", "2024-04-01", date(2024, 4, 1)),
    ],
)
def test_a_new_version_carries_the_units_of_the_month_or_starts_again(
    on_change: str, day: str, start: date
) -> None:
    new = tariff(CHANGE.format(on_change), valid_from="2024-03-15")
    assert counts_from(new, date.fromisoformat(day)) == start
