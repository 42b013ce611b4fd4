"""The calendar of a tariff: local months and periods, as days.

Blocks start again, charges fall due and free units lapse at a local midnight. A day here is the day on the
clock of the tariff's zone, so that hours that are set forward or back play no part. A period is a calendar
month or so many days, counted from a first day and also backwards from it.

The calendar of Python ends in the year 9999 and begins in the year 1; what lies outside is a FieldError.
"""

from __future__ import annotations

from datetime import date, timedelta

from voltoken.errors import FieldError
from voltoken.tariff.document import Period, Tariff
from voltoken.tariff.words import OnChange


def month_start(day: date) -> date:
    """Return the first day of the month of a day."""
    return date(day.year, day.month, 1)


def next_month(day: date) -> date:
    """Return the first day of the month after that of a day. Raises FieldError for December 9999."""
    if day.month < 12:
        return date(day.year, day.month + 1, 1)
    if day.year == date.max.year:
        raise _outside(day)
    return date(day.year + 1, 1, 1)


def months_between(first: date, day: date) -> int:
    """Return how many months the month of a day comes after that of the first; below zero before it."""
    return 12 * (day.year - first.year) + day.month - first.month


def period_start(period: Period, day: date) -> date:
    """Return the first day of the period that a day lies in.

    Raises FieldError when it began before the year 1.
    """
    if period.days is None or period.starts is None:
        return month_start(day)
    return _moved(day, -((day - period.starts).days % period.days))


def next_period(period: Period, day: date) -> date:
    """Return the first day of the period after that of a day.

    Raises FieldError when it begins after the year 9999.
    """
    if period.days is None or period.starts is None:
        return next_month(day)
    return _moved(day, period.days - (day - period.starts).days % period.days)


def counts_from(tariff: Tariff, day: date) -> date:
    """Return the first day whose units move a customer through the blocks on a day of the tariff's life.

    It is the first day of the period. Where a new version starts its blocks again, it is the day on which
    the version came into force, if that is later.
    Raises FieldError for a period that began before the year 1.
    """
    start = period_start(tariff.period, day)
    return max(start, tariff.valid_from) if tariff.period.on_change is OnChange.RESTART else start


def _moved(day: date, days: int) -> date:
    """Return the day so many days later, or say that no calendar has it."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise _outside(day) from None


def _outside(day: date) -> FieldError:
    return FieldError("day", day.isoformat(), "a day whose period lies within the years 1 to 9999")
