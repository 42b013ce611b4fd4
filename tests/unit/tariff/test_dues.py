"""Charges, debts and free units: what falls due, how much a purchase pays, and what stands afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.unit.tariff.written import amounts, on, prices
from voltoken.errors import PurchaseRefused
from voltoken.tariff import Prices, Standing

VAT = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy','FEE']\n"


def charge(amount: str = "10", per: str = "month", more: str = "") -> str:
    return f"[[charge]]\ncode='FEE'\nname='Service'\namount={amount}\nper='{per}'\n{more}\n"


def test_a_monthly_charge_is_paid_with_the_first_purchase_of_the_month() -> None:
    sale = prices(charge())
    first = sale.quote(2000, on("2024-03-31"))
    assert amounts(first) == {"FEE": "10.00", "energy1": "10.00"}
    assert first.standing == {"FEE": Standing(date(2024, 4, 1))}
    again = sale.quote(2000, on("2024-03-31", standing=first.standing))
    assert amounts(again) == {"energy1": "20.00"}
    assert again.standing == {}
    april = sale.quote(2000, on("2024-04-01", standing=first.standing))
    assert amounts(april)["FEE"] == "10.00"


def test_idle_months_are_charged_only_where_they_accrue() -> None:
    stands = {"FEE": Standing(date(2024, 1, 1), 50)}
    assert amounts(prices(charge()).quote(9000, on(standing=stands)))["FEE"] == "10.50"
    accrues = prices(charge(more="accrues=true")).quote(9000, on(standing=stands))
    assert amounts(accrues)["FEE"] == "30.50"
    assert accrues.standing == {"FEE": Standing(date(2024, 4, 1))}
    capped = prices(charge(more="accrues=true\naccrues_max=2")).quote(9000, on(standing=stands))
    assert amounts(capped)["FEE"] == "20.50"


def test_a_charge_by_the_day_counts_the_days_since_the_last_purchase() -> None:
    sale = prices(charge("2.10", "day"))
    new = sale.quote(5000, on())
    assert "FEE" not in amounts(new)
    assert new.standing == {"FEE": Standing(date(2024, 3, 10))}
    assert amounts(sale.quote(5000, on(last_purchase=date(2024, 2, 26))))["FEE"] == "27.30"
    assert amounts(sale.quote(5000, on("2024-03-13", standing=new.standing)))["FEE"] == "6.30"
    early = sale.quote(5000, on("2024-03-09", standing=new.standing))
    assert "FEE" not in amounts(early)
    assert early.standing == {}


WINTER = "when={months=[6,7,8]}"


def test_months_in_which_a_charge_does_not_apply_are_not_charged() -> None:
    sale = prices(charge("100", more=f"accrues=true\n{WINTER}"))
    june = sale.quote(90000, on("2025-06-03", standing={"FEE": Standing(date(2024, 8, 1))}))
    assert amounts(june)["FEE"] == "200.00"
    assert "FEE" not in amounts(
        sale.quote(90000, on("2025-05-31", standing={"FEE": Standing(date(2024, 8, 1))}))
    )
    daily = prices(charge("1", "day", WINTER))
    assert (
        amounts(daily.quote(9000, on("2025-06-03", standing={"FEE": Standing(date(2024, 8, 20))})))["FEE"]
        == "14.00"
    )
    assert amounts(daily.quote(9000, on("2025-06-03", last_purchase=date(2025, 5, 3))))["FEE"] == "2.00"
    assert amounts(daily.quote(9000, on("2025-06-13", last_purchase=date(2025, 6, 3))))["FEE"] == "10.00"
    assert "FEE" not in amounts(daily.quote(9000, on("2025-06-03", last_purchase=date(2025, 6, 9))))
    period = prices(
        charge("10", "period", f"accrues=true\n{WINTER}") + "[period]\ndays=30\nstarts=2024-01-01\n"
    )
    assert (
        amounts(period.quote(90000, on("2024-06-29", standing={"FEE": Standing(date(2024, 1, 1))})))["FEE"]
        == "10.00"
    )


def test_a_charge_that_includes_its_tax_is_due_at_exactly_its_amount() -> None:
    quote = prices(charge("199.98", more="includes=['VAT']\ntake={whole=true}") + VAT).quote(19998, on())
    assert amounts(quote) == {"FEE": "173.90", "VAT": "26.09", "rounding": "-0.01"}
    assert quote.units == 0


def test_a_debt_that_is_paid_has_no_standing() -> None:
    sale = prices("[[debt]]\ncode='PLAN'\nname='Plan'\ninstalment=25\nper='month'\naccrues=true")
    assert sale.quote(1000, on()).standing == {}


def test_units_that_what_was_carried_over_buys_already_are_refused() -> None:
    with pytest.raises(PurchaseRefused) as refused:
        prices().quote_units(Decimal("0.1"), on(carried=10000))
    assert refused.value.reason == "carried_more"
    assert refused.value.message == "ZAR 100.00 were carried over and buy more than that."
    assert prices().quote_units(Decimal("0.1"), on(carried=19)).tender == 1
    assert prices().quote_units(Decimal("0.1"), on(carried=1)).tender == 19
    carries = prices(money="remainder='carry'", to="down").quote_units(Decimal("0.1"), on(carried=10000))
    assert (carries.tender, carries.carried) == (1, 9981)


def test_a_charge_may_fall_due_by_period_or_by_purchase() -> None:
    period = "[period]\ndays=30\nstarts=2024-03-01\n"
    sale = prices(charge("10", "period") + period)
    assert sale.quote(2000, on("2024-03-30")).standing == {"FEE": Standing(date(2024, 3, 31))}
    each = prices(charge("0.333", "purchase")).quote(2000, on())
    assert amounts(each)["FEE"] == "0.33"
    assert each.standing == {}


def test_a_charge_that_must_be_paid_as_a_whole_refuses_less() -> None:
    sale = prices(charge("10", more="take={whole=true}") + VAT)
    with pytest.raises(PurchaseRefused) as refused:
        sale.quote(1149, on())
    assert (refused.value.reason, refused.value.detail["code"]) == ("charge_unpaid", "FEE")
    assert "Service, ZAR 11.50 in all, must be paid" in refused.value.message
    assert amounts(sale.quote(1150, on())) == {"FEE": "10.00", "VAT": "1.50"}
    assert sale.quote_units(1, on()).tender == 1150 + 230


def test_a_charge_takes_at_most_its_share_and_the_rest_stays_owing() -> None:
    sale = prices(charge("200", more="accrues=true\ntake={share=0.5}") + VAT)
    small = sale.quote(10000, on())
    assert amounts(small) == {"FEE": "43.48", "energy1": "43.40", "VAT": "13.03", "rounding": "0.09"}
    assert small.standing == {"FEE": Standing(date(2024, 4, 1), 15652)}
    large = sale.quote(100000, on(standing=small.standing))
    assert amounts(large)["FEE"] == "156.52"
    assert large.standing == {"FEE": Standing(date(2024, 4, 1), 0)}


@pytest.mark.parametrize(
    ("take", "tender", "paid"),
    [
        ("", 10000, "80.00"),
        ("", 5000, "50.00"),
        ("share=0.3", 10000, "30.00"),
        ("share=0.3, at_least=40", 10000, "40.00"),
        ("share=0.3, at_least=40", 3000, "30.00"),
        ("share=0.3, at_most=20", 10000, "20.00"),
        ("at_most=25", 10000, "25.00"),
        ("share=0.9", 50000, "80.00"),
    ],
)
def test_a_debt_is_recovered_as_the_tariff_says(take: str, tender: int, paid: str) -> None:
    sale = prices(f"[[debt]]\ncode='OLD'\nname='Arrears'\ntake={{{take}}}")
    quote = sale.quote(tender, on(debts={"OLD": 8000, "OTHER": 5}))
    assert amounts(quote)["OLD"] == paid
    assert quote.debts == {"OLD": 8000 - int(Decimal(paid) * 100)}


def test_shares_are_of_the_tender_or_of_what_is_left() -> None:
    body = (
        "[[debt]]\ncode='A'\nname='A'\ntake={share=0.5}\n"
        "[[debt]]\ncode='B'\nname='B'\ntake={share=0.5, of='rest'}\n"
        "[[debt]]\ncode='C'\nname='C'\ntake={share=0.5}\n"
        "[collection]\norder=['B']\nenergy_share=0.1"
    )
    quote = prices(body).quote(10000, on(debts={"A": 10000, "B": 10000, "C": 10000}))
    assert amounts(quote) == {"B": "50.00", "A": "40.00", "energy1": "10.00"}


def test_an_instalment_falls_due_by_the_month() -> None:
    body = "[[debt]]\ncode='PLAN'\nname='Plan'\ninstalment=25\nper='month'\naccrues=true"
    sale = prices(body)
    first = sale.quote(10000, on(debts={"PLAN": 6000}))
    assert (amounts(first)["PLAN"], first.debts) == ("25.00", {"PLAN": 3500})
    later = sale.quote(10000, on("2024-05-01", debts=first.debts, standing=first.standing))
    assert (amounts(later)["PLAN"], later.debts) == ("35.00", {"PLAN": 0})


def test_a_debt_may_carry_a_tax() -> None:
    vat = "[[tax]]\ncode='VAT'\nname='VAT'\nrate=0.15\non=['energy','OLD']\n"
    whole = prices(f"[[debt]]\ncode='OLD'\nname='Penalty'\n{vat}").quote(11500, on(debts={"OLD": 10000}))
    assert (amounts(whole), whole.debts) == ({"OLD": "100.00", "VAT": "15.00"}, {"OLD": 0})
    plan = f"[[debt]]\ncode='OLD'\nname='Penalty'\ninstalment=40\nper='month'\n{vat}"
    part = prices(plan).quote(6900, on(debts={"OLD": 10000}))
    assert (amounts(part), part.debts) == ({"OLD": "40.00", "energy1": "20.00", "VAT": "9.00"}, {"OLD": 6000})


def test_what_is_owing_of_a_charge_that_includes_its_tax_bears_the_tax_too() -> None:
    sale = prices(charge("11.50", more="includes=['VAT']\naccrues=true") + VAT)
    quote = sale.quote(2300, on(standing={"FEE": Standing(date(2024, 3, 1), 1000)}))
    assert amounts(quote) == {"FEE": "20.00", "VAT": "3.00"}
    assert quote.standing == {"FEE": Standing(date(2024, 4, 1))}


def test_months_and_periods_are_counted_each_by_its_own_calendar() -> None:
    ten_days = "[period]\ndays=10\nstarts=2024-03-01\n"
    stands = {"FEE": Standing(date(2024, 3, 1))}
    by_period = prices(charge("1", "period", "accrues=true") + ten_days).quote(
        900, on("2024-03-25", standing=stands)
    )
    assert (amounts(by_period)["FEE"], by_period.standing["FEE"].next_due) == ("3.00", date(2024, 3, 31))
    by_month = prices(charge("1", "month", "accrues=true") + ten_days).quote(
        900, on("2024-03-25", standing=stands)
    )
    assert (amounts(by_month)["FEE"], by_month.standing["FEE"].next_due) == ("1.00", date(2024, 4, 1))


def test_one_tax_covers_several_charges_and_energy() -> None:
    two = charge("10") + charge("20").replace("FEE", "GRID")
    vat = VAT.replace("'FEE'", "'FEE','GRID'")
    quote = prices(two + vat, money="shares_on='exact'").quote(5750, on())
    assert amounts(quote) == {"FEE": "10.00", "GRID": "20.00", "energy1": "20.00", "VAT": "7.50"}


def test_a_fee_is_a_share_of_the_tender_with_its_tax_inside() -> None:
    fee = "[[charge]]\ncode='FEE'\nname='Convenience fee'\nrate=0.023\ntake={at_most=5}\n"
    quote = prices(fee + VAT).quote(10000, on())
    assert amounts(quote)["FEE"] == "2.00"
    assert amounts(prices(fee + VAT).quote(100000, on()))["FEE"] == "4.35"


def test_a_charge_may_include_its_tax() -> None:
    quote = prices(charge("11.50", more="includes=['VAT']") + VAT).quote(3450, on())
    assert amounts(quote) == {"FEE": "10.00", "energy1": "20.00", "VAT": "4.50"}


def test_a_charge_may_be_for_each_of_what_a_connection_has() -> None:
    sale = prices(charge("8", more="each='amps'"))
    assert amounts(sale.quote(50000, on(sizes={"amps": 40})))["FEE"] == "320.00"
    with pytest.raises(PurchaseRefused) as refused:
        sale.quote(50000, on(sizes={"kVA": 3}))
    assert refused.value.reason == "size_unknown"


def test_a_claim_of_free_units_leaves_what_was_carried_over() -> None:
    sale = prices(FREE, money="remainder='carry'", to="down")
    assert sale.quote(0, on(marks=frozenset({"poor"}), carried=1)).carried == 1


def test_all_charges_and_debts_may_take_the_whole_tender() -> None:
    quote = prices("[[debt]]\ncode='OLD'\nname='Arrears'").quote(5000, on(debts={"OLD": 9000}))
    assert (quote.units, quote.tokens, quote.steps) == (Decimal(0), (), ())
    assert amounts(quote) == {"OLD": "50.00"}


def test_units_that_no_tender_reaches_are_refused() -> None:
    whole = prices("[[charge]]\ncode='F'\nname='Fee'\nrate=0.5\n").tariff
    all_of_it = replace(whole.charges[0], rate=Fraction(1))
    with pytest.raises(PurchaseRefused) as refused:
        Prices(replace(whole, charges=(all_of_it,))).quote_units(1, on())
    assert refused.value.reason == "unreachable"


def test_units_can_be_bought_while_debts_take_their_share() -> None:
    sale = prices("[[debt]]\ncode='OLD'\nname='Arrears'\ntake={share=0.3}", energy="price = 7")
    context = on(debts={"OLD": 10**6})
    quote = sale.quote_units(10, context)
    assert quote.tender == 10000
    assert quote == sale.quote(10000, context)


FREE = (
    "[[free]]\ncode='FBE'\nname='Free basic electricity'\nunits=50\nper='month'\nwhen={customer=['poor']}\n"
)


def test_free_units_come_with_the_first_purchase_of_the_month() -> None:
    sale = prices(FREE)
    quote = sale.quote(2000, on(marks=frozenset({"poor"})))
    assert [(free.code, free.units, free.tokens) for free in quote.free] == [
        ("FBE", Decimal(50), (Decimal("50.0"),))
    ]
    assert (quote.units, quote.free_units) == (Decimal(10), Decimal("50.0"))
    assert amounts(quote) == {"energy1": "20.00", "FBE": "0.00"}
    assert sale.quote(2000, on()).free == ()
    rest = sale.quote(2000, on(marks=frozenset({"poor"}), free_taken={"FBE": Decimal("49.96")}))
    assert rest.free == ()
    some = sale.quote(2000, on(marks=frozenset({"poor"}), free_taken={"FBE": 20}))
    assert some.free_units == Decimal("30.0")


def test_free_units_can_be_claimed_alone_and_nothing_else_is_touched() -> None:
    sale = prices(FREE + charge("10", more="take={whole=true}"))
    quote = sale.quote(0, on(marks=frozenset({"poor"}), carried=77))
    assert (quote.units, quote.free_units, quote.tender) == (Decimal(0), Decimal(50), 0)
    assert (quote.standing, quote.carried, amounts(quote)) == ({}, 77, {"FBE": "0.00"})
    with pytest.raises(PurchaseRefused) as refused:
        sale.quote(0, on())
    assert refused.value.reason == "amount_below"


def test_some_free_units_are_given_only_when_asked_for() -> None:
    sale = prices(FREE.replace("when=", "claim=true\nwhen="))
    poor = frozenset({"poor"})
    assert sale.quote(2000, on(marks=poor)).free == ()
    assert sale.quote(2000, on(marks=poor, claims=frozenset({"FBE"}))).free_units == Decimal(50)


def test_free_units_may_move_the_customer_through_the_blocks() -> None:
    blocks = "blocks = [{ upto = 50, price = 1 }, { price = 2 }]"
    poor = on(marks=frozenset({"poor"}))
    assert prices(FREE, energy=blocks).quote(2000, poor).units == Decimal(20)
    counts = "[period]\ncounts=['bought','free']\n"
    assert prices(FREE + counts, energy=blocks).quote(2000, poor).units == Decimal(10)
    later = on(marks=frozenset({"poor"}), free_taken={"FBE": 50}, free_used=30)
    assert prices(FREE + counts, energy=blocks).quote(3000, later).units == Decimal(25)


def test_money_that_buys_no_step_may_be_carried_over() -> None:
    sale = prices(energy="price = 3", to="down", money="remainder='carry'")
    first = sale.quote(1000, on())
    assert (first.units, first.carried) == (Decimal("3.3"), 10)
    assert amounts(first) == {"energy1": "9.90", "carried_out": "0.10"}
    second = sale.quote(1000, on(carried=50))
    assert amounts(second) == {"energy1": "10.50", "carried_in": "-0.50"}
    assert second.carried == 0


def test_what_is_owed_from_the_last_purchase_is_paid_first() -> None:
    sale = prices(energy="price = 1", money="remainder='carry'", to="down")
    assert amounts(sale.quote(1000, on(carried=-30))) == {
        "energy1": "9.70",
        "carried_in": "0.30",
    }
    with pytest.raises(PurchaseRefused) as refused:
        sale.quote(20, on(carried=-30))
    assert refused.value.reason == "amount_below"
    assert sale.quote_units(5, on(carried=-30)).tender == 530
    assert sale.quote_units(1, on(carried=-600)).tender == 700
    assert sale.quote_units(5, on(carried=400)).tender == 100


def test_less_than_is_owed_from_the_last_purchase_buys_nothing() -> None:
    purchase = prices()._purchase(on(carried=-30))
    assert (purchase.bought(29), purchase.bought(30), purchase.bought(50)) == (-1, 0, 1)


def test_more_money_never_leaves_less_for_energy_where_two_shares_are_taken() -> None:
    body = "[[debt]]\ncode='A'\nname='A'\ntake={share=0.3}\n[[debt]]\ncode='B'\nname='B'\ntake={share=0.1}"
    sale = prices(body, energy="price = 0.05", to="down")
    context = on(debts={"A": 10**9, "B": 10**9})
    units = [sale.quote(tender, context).units for tender in range(20, 400)]
    assert units == sorted(units)
    for tender in range(20, 400):
        assert sum(line.amount for line in sale.quote(tender, context).lines) == tender


def test_taxes_on_a_charge_taken_in_part_are_exact_where_shares_are() -> None:
    sale = prices(charge("200", more="take={share=0.5}") + VAT, money="shares_on='exact'")
    found = {line.code: line.exact for line in sale.quote(10000, on()).lines}
    assert found["FEE"] == Fraction(5000 * 100, 115)
    assert amounts(sale.quote(10000, on()))["VAT"] == "13.03"
