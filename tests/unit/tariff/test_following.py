"""What one purchase leaves for the next, over the end of a month and with free units not given."""

from __future__ import annotations

from datetime import date

from tests.unit.tariff.written import on, prices
from voltoken.tariff import following

FREE = "[[free]]\ncode='FBE'\nname='Free'\nunits=5\nper='month'\nwhen={customer=['poor']}\n"
POOR = frozenset({"poor"})


def test_in_the_same_month_units_are_carried_on() -> None:
    sale = prices(FREE)
    quote = sale.quote(2000, on("2024-03-10", used=7, free_used=1, marks=POOR))
    after = following(quote, sale.tariff, on("2024-03-31").at)
    assert (after.used, after.free_used, after.free_taken) == (17, 6, {"FBE": 5})
    assert (after.last_purchase, after.past_units) == (date(2024, 3, 10), ())


def test_in_a_later_month_they_are_history() -> None:
    sale = prices(FREE)
    quote = sale.quote(2000, on("2024-01-10", used=7, past_units=(3,), marks=POOR))
    after = following(quote, sale.tariff, on("2024-03-01", marks=POOR).at)
    assert (after.used, after.free_used, after.free_taken) == (0, 0, {})
    assert after.past_units == (0, 22, 3)
    assert sale.quote(0, after).free_units == 5


def test_units_that_were_not_given_are_not_noted() -> None:
    sale = prices(FREE)
    after = following(sale.quote(2000, on("2024-03-10")), sale.tariff, on("2024-03-11").at)
    assert after.free_taken == {}
