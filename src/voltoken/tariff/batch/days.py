"""Days, months and periods of many purchases as whole numbers: the twin of ``calendar``.

Days are counted from 1970-01-01, months from January 1970, periods from the one that ``Period.starts``
begins, or as months.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from voltoken.tariff.batch.exact import Whole
from voltoken.tariff.document import Period
from voltoken.tariff.words import Per

EPOCH_YEAR = 1970
"""The year from which days and months are counted."""


def day_number(day: date) -> int:
    """Return the number of a day."""
    return day.toordinal() - date(EPOCH_YEAR, 1, 1).toordinal()


def month_of(day: Whole) -> Whole:
    """Return the months that days lie in."""
    return np.asarray(day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))


def month_begins(month: Whole) -> Whole:
    """Return the first days of months."""
    return np.asarray(month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64))


def number_of(per: Per, period: Period, day: Whole) -> Whole:
    """Return the months or periods that days lie in."""
    if per is Per.MONTH or period.days is None or period.starts is None:
        return month_of(day)
    return np.asarray((day - day_number(period.starts)) // period.days)


def begins(per: Per, period: Period, number: Whole) -> Whole:
    """Return the first days of months or periods."""
    if per is Per.MONTH or period.days is None or period.starts is None:
        return month_begins(number)
    return np.asarray(day_number(period.starts) + number * period.days)
