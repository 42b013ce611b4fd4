"""Energy: flat prices, blocks in both directions, prices that reach back, ranges, unit prices as printed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.unit.tariff.written import amounts, on, prices
from voltoken.errors import FieldError, PurchaseRefused
from voltoken.sts import UnitGrid
from voltoken.tariff import Prices, price
from voltoken.tariff.rounding import Direction, Rounding

RISING = "blocks = [{ upto = 50, price = 1 }, { upto = 100, price = 2 }, { price = 4 }]"


def test_a_flat_price_buys_units_to_the_step_and_closes_with_a_rounding_line() -> None:
    quote = prices(energy="price = 3").quote(1000, on())
    assert quote.units == Decimal("3.3")
    assert quote.exact_units == Fraction(10, 3)
    assert amounts(quote) == {"energy1": "9.90", "rounding": "0.10"}


@pytest.mark.parametrize(
    ("used", "tender", "units", "parts"),
    [
        (0, 5000, "50.0", {"energy1": "50.00"}),
        (0, 10000, "75.0", {"energy1": "50.00", "energy2": "50.00"}),
        (40, 11000, "60.0", {"energy1": "10.00", "energy2": "100.00"}),
        (40, 15000, "70.0", {"energy1": "10.00", "energy2": "100.00", "energy3": "40.00"}),
        (100, 1000, "2.5", {"energy3": "10.00"}),
        (Decimal("99.9"), 100, "0.3", {"energy2": "0.20", "energy3": "0.80"}),
        (Decimal("99.95"), 50, "0.2", {"energy2": "0.10", "energy3": "0.60", "rounding": "-0.20"}),
    ],
)
def test_money_walks_through_the_blocks_from_where_the_month_stands(
    used: int | Decimal, tender: int, units: str, parts: dict[str, str]
) -> None:
    quote = prices(energy=RISING).quote(tender, on(used=used))
    assert str(quote.units) == units
    assert amounts(quote) == parts


def test_a_later_block_may_be_cheaper() -> None:
    falling = "blocks = [{ upto = 10, price = 2 }, { upto = 20, price = 1 }, { price = 2 }]"
    quote = prices(energy=falling).quote(4000, on())
    assert amounts(quote) == {"energy1": "20.00", "energy2": "10.00", "energy3": "10.00"}
    assert quote.units == Decimal(25)


def test_a_block_that_reaches_back_is_entered_for_the_difference_of_all_units_before() -> None:
    back = "blocks = [{ upto = 30, price = 1 }, { upto = 100, price = 2, all_units = true }, { price = 3 }]"
    sale = prices(
        "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.1\non=['energy']",
        energy=back,
        money='remainder="carry"',
        to="down",
    )
    inside = sale.quote(3300, on())
    assert (inside.units, inside.carried) == (Decimal(30), 0)
    stuck = sale.quote(5000, on())
    assert stuck.units == Decimal(30)
    assert amounts(stuck) == {"energy1": "30.00", "VAT": "3.00", "carried_out": "17.00"}
    beyond = sale.quote(8800, on())
    assert beyond.units == Decimal(40)
    assert [(line.code, line.block, line.amount, line.units) for line in beyond.lines] == [
        ("energy", 2, 3000, None),
        ("energy", 1, 3000, 30),
        ("energy", 2, 2000, 10),
        ("VAT", 0, 800, None),
    ]
    assert sale.quote_units(40, on()).tender == 8800
    tax = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.1\non=['energy']"
    exact = prices(tax, energy=back, money='remainder="carry"\nshares_on="exact"', to="down").quote(
        8800, on()
    )
    assert amounts(exact)["VAT"] == "8.00"


def test_a_block_that_reaches_back_is_paid_for_once() -> None:
    back = "blocks = [{ upto = 30, price = 1 }, { price = 2, all_units = true }]"
    sale = prices(energy=back, money='remainder="carry"\nshares_on="exact"', to="down")
    assert sale.quote(5000, on(used=30)).units == Decimal(10)
    assert sale.quote(5000, on(used=31)).units == Decimal(25)
    assert sale.quote(5000, on(used=Decimal("30.05"))).units == Decimal(25)


ONCE = (
    "[[levy]]\ncode='UPGRADE'\nname='Upgrade'\nonce=8.6\nfrom_units=30\n"
    "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.1\non=['energy','UPGRADE']\n"
)


def test_a_levy_may_be_paid_once_on_going_above_so_many_units() -> None:
    sale = prices(ONCE, energy="price = 1", money='remainder="carry"', to="down")
    assert amounts(sale.quote(3300, on())) == {"energy1": "30.00", "VAT": "3.00"}
    above = sale.quote_units(40, on())
    assert amounts(above) == {"energy1": "40.00", "UPGRADE": "8.60", "VAT": "4.86"}
    assert {(line.units, line.price) for line in above.lines if line.code == "UPGRADE"} == {(None, None)}
    assert amounts(sale.quote(1100, on(used=31))) == {"energy1": "10.00", "VAT": "1.00"}
    stuck = sale.quote(4000, on())
    assert (stuck.units, stuck.carried) == (Decimal(30), 700)


@pytest.mark.parametrize("to", ["nearest", "up"])
def test_rounding_up_never_enters_a_block_that_was_not_paid_for(to: str) -> None:
    back = "blocks = [{ upto = 100, price = 1 }, { price = 2, all_units = true }]"
    whole = prices(energy=back, money='remainder="carry"', to="down").tariff
    blocks = (replace(whole.energies[0].blocks[0], upto=Fraction("100.05")), whole.energies[0].blocks[1])
    energies = (replace(whole.energies[0], blocks=blocks),)
    sale = Prices(replace(whole, energies=energies, units=Rounding(Fraction(1, 10), Direction(to))))
    quote = sale.quote(10005, on())
    assert (quote.units, quote.carried) == (Decimal("100.0"), 5)
    assert sale.quote(9998, on()).units == Decimal("100.0")
    assert sale.quote(10005 + 10005 + 10, on()).units == Decimal("100.1")


def test_a_levy_may_cover_a_range_of_units() -> None:
    vat = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.5\non=['energy']\nfrom_units=20\nupto_units=30"
    quote = prices(vat, energy="price = 1").quote(4500, on())
    assert quote.units == Decimal(40)
    assert amounts(quote) == {"energy1": "40.00", "VAT": "5.00"}


def test_the_tax_on_one_unit_may_be_rounded_as_it_is_printed() -> None:
    vat = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy']\nunit_round={step=0.0001,to='nearest'}"
    sale = prices(vat, energy="price = 1.2449", step="0.01")
    quote = Prices(sale.tariff, UnitGrid(decimals=2, exponent_max=3, signed=False)).quote(71580, on())
    assert quote.units == Decimal("500.00")
    assert quote.steps[0].price == Fraction("1.4316")


@pytest.mark.parametrize(
    ("to", "units", "rounding"), [("down", "3.3", "0.10"), ("nearest", "3.3", "0.10"), ("up", "3.4", "-0.20")]
)
def test_units_are_rounded_as_the_tariff_says(to: str, units: str, rounding: str) -> None:
    quote = prices(energy="price = 3", to=to).quote(1000, on())
    assert str(quote.units) == units
    assert amounts(quote)["rounding"] == rounding


def test_half_a_step_is_rounded_up_by_the_nearest() -> None:
    assert prices(energy="price = 2").quote(10, on()).units == Decimal("0.1")


def test_units_are_a_multiple_of_both_the_tariff_s_step_and_the_token_s() -> None:
    assert prices(energy="price = 1", step="0.25").quote(199, on()).units == Decimal("2.0")
    assert prices(energy="price = 1", step="0.01").quote(199, on()).units == Decimal("2.0")
    assert prices(energy="price = 1", step="5").quote(1200, on()).units == Decimal("10.0")


def test_a_large_sale_is_split_into_amounts_that_tokens_carry() -> None:
    quote = prices(energy="price = 1").quote_units(Decimal("1700.1"), on())
    assert quote.tender == 170010
    assert quote.tokens == (Decimal("1699.4"), Decimal("0.7"))
    assert sum(quote.tokens) == quote.units == Decimal("1700.1")


def test_more_than_a_hundred_tokens_are_refused() -> None:
    with pytest.raises(PurchaseRefused) as refused:
        prices(energy="price = 0.0001").quote(10**17, on())
    assert refused.value.reason == "units_above"


def test_steps_show_what_went_into_each_block_and_the_last_takes_the_rest() -> None:
    vat = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy']"
    quote = prices(vat, energy=RISING).quote(10000, on())
    assert [(step.block, step.units, step.price, step.amount) for step in quote.steps] == [
        (1, 50, Fraction("1.15"), 5750),
        (2, Fraction("18.5"), Fraction("2.3"), 4250),
    ]


def test_prices_that_contain_tax_are_taken_apart() -> None:
    vat = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy']"
    quote = prices(vat, energy="price = 2.30\nincludes = ['VAT']").quote(23000, on())
    assert quote.units == Decimal(100)
    assert amounts(quote) == {"energy1": "200.00", "VAT": "30.00"}


def test_a_price_may_contain_taxes_that_stand_on_one_another() -> None:
    body = (
        "[[levy]]\ncode='EXCISE'\nname='Excise'\nrate=0.10\non=['energy']\n"
        "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.20\non=['energy','EXCISE']"
    )
    quote = prices(body, energy="price = 1.32\nincludes = ['EXCISE', 'VAT']").quote(13200, on())
    assert amounts(quote) == {"energy1": "100.00", "EXCISE": "10.00", "VAT": "22.00"}


def test_shares_are_reckoned_on_printed_lines_unless_told_otherwise() -> None:
    body = "[[levy]]\ncode='REP'\nname='REP'\nrate=0.05\non=['energy']"
    of_printed = prices(body, energy="price = 230.298", step="1").quote(24181, on())
    of_exact = prices(body, energy="price = 230.298", step="1", money='shares_on="exact"').quote(24181, on())
    assert amounts(of_printed)["REP"] == "11.52"
    assert amounts(of_exact)["REP"] == "11.51"


def test_lines_may_be_reckoned_from_the_money() -> None:
    body = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.18\non=['energy']"
    quote = prices(body, energy="price = 292", money='lines_of="tender"', currency="TZS").quote(500000, on())
    assert amounts(quote) == {"energy1": "4237.29", "VAT": "762.71"}
    assert (quote.units, quote.exact_units) == (Decimal("14.5"), Fraction(500000, 118 * 292))


def test_prices_may_be_in_another_currency() -> None:
    money = (
        "prices_in = 'USD'\nrates = [{ from = 2024-03-01, rate = 26.4 }, { from = 2024-03-15, rate = 27 }]"
    )
    sale = prices(energy="price = 0.10", currency="ZWG", money=money, valid_from="2024-03-01")
    assert sale.quote(2640, on("2024-03-14", exchange=25)).units == Decimal(10)
    assert sale.quote(2700, on("2024-03-15")).units == Decimal(10)


def test_the_rate_of_exchange_may_come_with_the_purchase() -> None:
    sale = prices(energy="price = 0.10", currency="ZWG", money="prices_in = 'USD'")
    assert sale.quote(2500, on(exchange=25)).units == Decimal(10)
    for exchange in (None, 0):
        with pytest.raises(PurchaseRefused) as refused:
            sale.quote(2500, on(exchange=exchange))
        assert refused.value.reason == "no_exchange"


def test_converted_prices_may_be_rounded_as_they_are_published() -> None:
    money = "prices_in = 'USD'\nprice_round = { step = 0.01, to = 'nearest' }"
    sale = prices(energy="price = 0.1234", currency="ZWG", money=money)
    assert sale.quote(326, on(exchange=Decimal("26.4017"))).steps[0].price == Fraction("3.26")


def test_a_rebate_has_a_line_below_zero() -> None:
    body = "[[levy]]\ncode='REBATE'\nname='Rebate'\nrate=-0.25\non=['energy']"
    quote = prices(body, energy="price = 2").quote(1500, on())
    assert amounts(quote) == {"energy1": "20.00", "REBATE": "-5.00"}


def test_a_price_that_is_rounded_to_nothing_is_refused() -> None:
    money = "prices_in = 'USD'\nprice_round = { step = 0.01, to = 'down' }"
    with pytest.raises(PurchaseRefused) as refused:
        prices(money=money, currency="ZWG").quote(1500, on(exchange=Decimal("0.001")))
    assert refused.value.reason == "no_price"


def test_pass_throughs_have_a_value_for_each_month() -> None:
    body = "[[levy]]\ncode='FUEL'\nname='Fuel'\nper_unit={'2024-03'=1, '2024-04'=3}"
    sale = prices(body, energy="price = 1", valid_from="2024-03-01")
    assert sale.quote(1200, on("2024-03-31")).units == Decimal(6)
    assert sale.quote(1200, on("2024-04-01")).units == Decimal(3)
    with pytest.raises(PurchaseRefused) as refused:
        sale.quote(1200, on("2024-05-01"))
    assert (refused.value.reason, refused.value.detail["code"]) == ("no_month", "FUEL")


def test_a_levy_by_unit_shows_units_and_price_and_none_where_it_differs() -> None:
    body = (
        "[[levy]]\ncode='A'\nname='A'\nper_unit=0.5\nfrom_units=5\n"
        "[[tax]]\ncode='B'\nname='B'\nrate=1\non=['A']\nunit_round={step=1,to='up'}"
    )
    quote = prices(body, energy="price = 1").quote(2000, on())
    found = {line.code: (line.units, line.price, line.rate) for line in quote.lines}
    assert found["A"] == (Fraction(6), Fraction(1, 2), None)
    assert found["B"] == (None, None, Fraction(1))


def test_the_price_by_units_is_the_quote_of_the_tender_that_buys_them() -> None:
    body = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy']"
    sale = prices(body, energy="price = 2.0967")
    by_units = sale.quote_units(350, on())
    assert by_units.tender == 84393
    assert by_units == sale.quote(84393, on())


def test_units_that_no_coin_buys_exactly_are_sold_for_the_least_that_buys_as_many() -> None:
    quote = prices(energy="price = 0.001", to="down").quote_units(Decimal("12.5"), on())
    assert (quote.tender, quote.units) == (2, Decimal("12.5"))
    assert amounts(quote) == {"energy1": "0.01", "rounding": "0.01"}


@pytest.mark.parametrize("units", [0, Decimal("0.05"), Fraction(1, 3)])
def test_units_outside_the_steps_cannot_be_sold(units: Fraction) -> None:
    with pytest.raises(PurchaseRefused) as refused:
        prices().quote_units(units, on())
    assert refused.value.reason == "units_step"
    assert refused.value.message == "Units are sold in multiples of 0.1 kWh."


def test_one_purchase_is_priced_by_money_or_by_units() -> None:
    sale = prices(energy="price = 2")
    assert price(sale.tariff, on(), tender=200).units == Decimal(1)
    assert price(sale.tariff, on(), units=1).tender == 200
    with pytest.raises(FieldError):
        price(sale.tariff, on())
    with pytest.raises(FieldError):
        price(sale.tariff, on(), tender=1, units=1)


@pytest.mark.parametrize("tender", [-1, 10**18 + 1, True, "5"])
def test_a_tender_is_a_number_of_coins(tender: int) -> None:
    with pytest.raises(FieldError):
        prices().quote(tender, on())


def test_a_tender_that_buys_less_than_a_step_is_refused() -> None:
    with pytest.raises(PurchaseRefused) as refused:
        prices(energy="price = 100").quote(100, on())
    assert refused.value.reason == "too_small"


def test_plans_are_kept_and_given_up_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    sale = prices(energy="price = 0.1", money="prices_in = 'USD'")
    first = sale.plan(on(exchange=1))
    assert sale.plan(on(exchange=1)) is first
    monkeypatch.setattr("voltoken.tariff.pricing.PLANS_MAX", 2)
    sale.plan(on(exchange=2))
    sale.plan(on(exchange=3))
    assert sale.plan(on(exchange=1)) == first
    assert sale.plan(on(exchange=1)) is not first


def test_credit_is_sold_where_the_meter_collects_the_energy() -> None:
    from voltoken.sts import CURRENCY

    body = (
        "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy']\n"
        "[[levy]]\ncode='KWH'\nname='KWH'\nper_unit=0.5\ncollected='meter'"
    )
    tariff = prices(body, energy="price = 2\ncollected = 'meter'").tariff
    quote = Prices(tariff, CURRENCY).quote(11500, on(used=77))
    assert (quote.units, quote.unit) == (Decimal("100.00000"), "ZAR")
    assert amounts(quote) == {"energy1": "100.00", "VAT": "15.00"}
