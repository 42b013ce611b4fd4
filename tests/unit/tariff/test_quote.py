"""A whole quote, attribute by attribute: what each line is, says and was before it was rounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.unit.tariff.written import on, prices
from voltoken.errors import PurchaseRefused
from voltoken.tariff import Standing
from voltoken.tariff.quote import Kind, Line, Step

DOCUMENT = """
[[charge]]
code = "FEE"
name = "Service"
amount = 10
per = "month"
[[debt]]
code = "OLD"
name = "Arrears"
take = { share = 0.1 }
[[free]]
code = "FBE"
name = "Free units"
units = 5
[[levy]]
code = "FUEL"
name = "Fuel"
per_unit = 0.255
[[levy]]
code = "GREEN"
name = "Green levy"
rate = 0.05
on = ["energy"]
[[tax]]
code = "VAT"
name = "Value added tax"
rate = 0.15
on = ["energy", "FUEL", "FEE"]
"""
BLOCKS = "blocks = [{ upto = 20, price = 1.005 }, { price = 2.015, all_units = true }]"


def test_every_line_says_what_it_is() -> None:
    sale = prices(DOCUMENT, energy=BLOCKS, money="remainder = 'carry'", to="down")
    context = on(used=10, debts={"OLD": 5000}, carried=500)
    quote = sale.quote(9500, context)
    assert quote.lines == (
        Line(Kind.CHARGE, "FEE", "Service", 1000, Fraction(1000)),
        Line(Kind.DEBT, "OLD", "Arrears", 1000, Fraction(1000)),
        Line(Kind.ENERGY, "energy", "", 2020, Fraction(2020), 2),
        Line(Kind.ENERGY, "energy", "", 1005, Fraction(1005), 1, Fraction(10), Fraction("1.005")),
        Line(Kind.ENERGY, "energy", "", 2902, Fraction("2901.6"), 2, Fraction("14.4"), Fraction("2.015")),
        Line(
            Kind.LEVY,
            "FUEL",
            "Fuel",
            622,
            Fraction("622.2"),
            units=Fraction("24.4"),
            price=Fraction("0.255"),
        ),
        Line(Kind.LEVY, "GREEN", "Green levy", 296, Fraction("296.35"), rate=Fraction(1, 20), base=5927),
        Line(Kind.TAX, "VAT", "Value added tax", 1132, Fraction("1132.35"), rate=Fraction(3, 20), base=7549),
        Line(Kind.FREE, "FBE", "Free units", 0, Fraction(0), units=Fraction(5)),
        Line(Kind.CARRIED, "carried_in", "", -500, Fraction(-500)),
        Line(Kind.CARRIED, "carried_out", "", 23, Fraction(23)),
    )


def test_a_quote_says_by_what_and_for_whom_it_was_made() -> None:
    sale = prices(DOCUMENT, energy=BLOCKS, money="remainder = 'carry'", to="down")
    context = on(used=10, debts={"OLD": 5000}, carried=500)
    quote = sale.quote(9500, context)
    assert (quote.tariff, quote.version, quote.sha256) == ("test", "1", sale.tariff.sha256)
    assert (quote.context, quote.plan, quote.unit) == (context, sale.plan(context), "kWh")
    assert (quote.units, quote.tokens, quote.carried) == (Decimal("24.4"), (Decimal("24.4"),), 23)
    assert (quote.standing, quote.debts) == ({"FEE": Standing(date(2024, 4, 1))}, {"OLD": 4000})


def test_steps_hold_what_was_carried_in_and_what_entering_a_block_took() -> None:
    sale = prices(DOCUMENT, energy=BLOCKS, money="remainder = 'carry'", to="down")
    quote = sale.quote(9500, on(used=10, debts={"OLD": 5000}, carried=500))
    first, second = quote.steps
    assert first == Step(1, Fraction(10), Fraction("1.49925"), 1499)
    assert (second.units, second.price) == (Fraction("14.4"), Fraction("2.71125"))
    taken = 1150 + 1000
    assert first.amount + second.amount == 9500 + 500 - taken


@pytest.mark.parametrize(("units", "sold"), [(Decimal("1.0"), True), (Decimal("0.9"), False)])
def test_the_least_of_units_is_allowed_and_less_is_not(units: Decimal, *, sold: bool) -> None:
    sale = prices("[limits]\nunits_min = 1\nunits_max = 1")
    if sold:
        assert sale.quote_units(units, on()).units == units
        return
    with pytest.raises(PurchaseRefused, match="at least 1 units"):
        sale.quote_units(units, on())


def test_a_purchase_that_only_pays_debts_need_not_reach_the_least_of_units() -> None:
    sale = prices("[limits]\nunits_min = 5\n[[debt]]\ncode = 'OLD'\nname = 'Arrears'\n")
    assert sale.quote(1000, on(debts={"OLD": 9000})).units == 0
