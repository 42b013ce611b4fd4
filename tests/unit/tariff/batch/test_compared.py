"""Who pays more and who pays less: months, customers, bands."""

from __future__ import annotations

import numpy as np

from tests.unit.tariff.batch.bought import purchases
from tests.unit.tariff.written import tariff
from voltoken.tariff.batch import Hold, Refusal, compared, reprice
from voltoken.tariff.batch.compared import median

BANDS = (0, 10, 100)
CHEAP_THEN_DEAR = "blocks = [{ upto = 10, price = 1 }, { price = 4 }]"


def test_customers_are_told_apart_by_what_they_pay_and_use() -> None:
    given = purchases((0, 0, 1000, 50), (0, 40, 1000, 50), (1, 0, 1000, 300), (2, 0, 1000, 50))
    before, after = reprice(tariff(), given), reprice(tariff(energy=CHEAP_THEN_DEAR), given)
    found = compared(given, before, after, Hold.UNITS, BANDS)
    assert found.rows == 4
    assert found.months.meter.tolist() == [0, 0, 1, 2]
    assert found.months.before.tolist() == [1000, 1000, 6000, 1000]
    assert found.months.after.tolist() == [500, 500, 9000, 500]
    assert found.customers.months.tolist() == [2, 1, 1]
    assert found.customers.change.tolist() == [-500, 3000, -500]
    assert found.customers.per_mille.tolist() == [-500, 500, -500]
    low, high = found.bands
    assert (low.low, low.high, low.customers, low.falls, low.median) == (0, 10, 2, 2, -500)
    assert (high.low, high.high, high.customers, high.rises, high.highest) == (10, 100, 1, 1, 3000)
    assert (low.before, low.after, low.median_per_mille, low.lowest) == (3000, 1500, -500, -500)


def test_without_another_tariff_it_is_compared_with_what_was_paid() -> None:
    given = purchases((0, 0, 995, 50), (1, 0, 800, 50))
    found = compared(given, None, reprice(tariff(), given), Hold.UNITS, (0,))
    assert found.customers.before.tolist() == [995, 800]
    assert found.customers.same.tolist() == [True, False]
    assert (found.bands[0].rises, found.bands[0].same, found.bands[0].high) == (1, 1, None)


def test_with_the_money_held_units_are_compared() -> None:
    given = purchases((0, 0, 1000, 40))
    found = compared(given, None, reprice(tariff(), given, Hold.MONEY), Hold.MONEY, (0,))
    assert found.customers.change.tolist() == [10]
    before = reprice(tariff(energy="price = 1"), given, Hold.MONEY)
    found = compared(given, before, reprice(tariff(), given, Hold.MONEY), Hold.MONEY, (0,))
    assert found.customers.change.tolist() == [-50]


def test_rows_that_cannot_be_priced_both_ways_are_left_out() -> None:
    given = purchases((0, 0, 1000, 40), (0, 2, 1000, 45))
    after = reprice(tariff(step="1"), given)
    assert after.refused.tolist() == [0, Refusal.UNITS_STEP]
    found = compared(given, reprice(tariff(), given), after, Hold.UNITS, (0,))
    assert (found.rows, found.customers.units.tolist()) == (1, [40])
    nothing = compared(given, None, reprice(tariff(step="100"), given), Hold.UNITS, (0,))
    assert (nothing.rows, nothing.bands, len(nothing.customers.change)) == (0, (), 0)


def test_nothing_before_has_no_share() -> None:
    given = purchases((0, 0, 0, 40))
    found = compared(given, None, reprice(tariff(), given), Hold.UNITS, (0,))
    assert found.customers.per_mille.tolist() == [0]
    assert found.customers.rises.tolist() == [True]


def test_the_change_of_a_month_is_rounded_to_the_nearest_coin() -> None:
    given = purchases((0, 0, 799, 20), (0, 40, 0, 20), (1, 0, 0, 20), (1, 40, 799, 20))
    found = compared(given, None, reprice(tariff(), given), Hold.UNITS, (0,))
    assert found.customers.change.tolist() == [1, 1]  # half a coin


def test_the_median_is_one_of_the_values() -> None:
    assert median(np.array([5, 1, 9])) == 5
    assert median(np.array([5, 1, 9, 7])) == 5


def test_a_change_of_just_one_percent_is_about_the_same() -> None:
    given = purchases((0, 0, 1000, 50), (1, 0, 990, 50), (2, 0, 980, 50))
    found = compared(given, None, reprice(tariff(energy="price = 2.02"), given), Hold.UNITS, (0,))
    assert found.customers.after.tolist() == [1010, 1010, 1010]
    assert found.customers.same.tolist() == [True, False, False]
