"""What a customer is told of a purchase, section by section."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.unit.tariff.told import bought, codes, plain, told
from tests.unit.tariff.written import on, prices, tariff
from voltoken.sts import CURRENCY
from voltoken.tariff import Prices, Standing
from voltoken.tariff.telling.explaining import explain
from voltoken.tariff.telling.languages import ENGLISH, FRENCH, LANGUAGES
from voltoken.tariff.words import Counts

VAT = '[[tax]]\ncode = "VAT"\nname = "VAT"\nrate = 0.15\non = ["energy"]\n'
ARREARS = '[[debt]]\ncode = "ARREARS"\nname = "Arrears"\ntake = { share = 0.30 }\n'
FBE = '[[free]]\ncode = "FBE"\nname = "Free basic electricity"\nunits = 50\nper = "month"\n'
SERVICE = '[[charge]]\ncode = "SERVICE"\nname = "Service"\namount = 20\nper = "month"\n'
TAXED = '[[tax]]\ncode = "VAT"\nname = "VAT"\nrate = 0.15\non = ["energy", "SERVICE"]\n'
RISING = "blocks = [{ upto = 350, price = 2.3640 }, { price = 2.7116 }]"
THREE = "blocks = [{ upto = 50, price = 1 }, { upto = 100, price = 2 }, { price = 4 }]"
FALLING = "blocks = [{ upto = 50, price = 4 }, { price = 2 }]"
REACHING_BACK = "blocks = [{ upto = 50, price = 1 }, { price = 2, all_units = true }]"
CARRIED = {"money": 'remainder = "carry"', "to": "down"}
COUNTED = '[period]\ncounts = ["bought", "free"]\n'

LEAFLET = """\
You paid R 300.00 and bought 72.2 kWh. You also get 50 kWh free.

What you paid
  You paid R 300.00 on 14 August 2024.

What was taken first
  R 90.00 went towards your debt (Arrears). That is 30% of what you
  paid.

How the rest became units
  That left R 210.00 to buy units.
  The more you buy this month, the more a unit costs.
  Before this purchase you had bought 312 kWh this month.
  Up to 350 kWh the price is R 2.7186 per kWh: R 103.31 bought 38 kWh.
  Above that it is R 3.1183 per kWh: R 106.69 bought 34.2 kWh.
  All levies and taxes are in these prices.

Levies and taxes
  R 27.39 of what you paid is VAT (15%).

Free units
  You get 50 kWh free (Free basic electricity).

Rounding
  Units are sold in steps of 0.1 kWh. Rounding cost you 4 cents.

Your tokens
  One token carries what you bought: 72.2 kWh.
  One token carries your free units: 50 kWh.

What you still owe
  Your debt (Arrears) is now R 350.00.

What comes next
  You have now bought 384.2 kWh this month.
  From here the price is R 3.1183 per kWh.
  The count starts again at zero on 1 September 2024.

Compared with last time
  On 2 August 2024 you paid R 200.00 and got 101.5 kWh. This time you
  got 20.7 kWh more.
  You paid R 100.00 more. That makes 36.8 kWh more.
  R 30.00 more went towards what you owe. That makes 11.1 kWh less.
  You already had 312 kWh before buying (last time 0 kWh), and units
  cost more there. That makes 5 kWh less."""


def test_a_purchase_through_two_prices_reads_like_a_leaflet() -> None:
    selling = prices(ARREARS + FBE + VAT, energy=RISING)
    last = selling.quote(20000, on("2024-08-02", debts={"ARREARS": 50000}))
    now = selling.quote(30000, on("2024-08-14", used=312, debts={"ARREARS": 44000}))
    explanation = explain(now, last=last, tariff=selling.tariff)
    assert plain(explanation.text()) == LEAFLET
    assert len(explanation.sentences) == 21


def test_a_flat_price_is_one_sentence() -> None:
    assert bought(prices(), 10000, on()) == {
        "paid": ["You paid R 100.00 on 10 March 2024."],
        "energy.all": ["The price is R 2.00 per kWh."],
        "tokens": ["One token carries what you bought: 50 kWh."],
        "next": ["The price stays the same, however much you buy."],
    }
    assert bought(prices(VAT), 11500, on())["energy.all"] == [
        "The price is R 2.30 per kWh, with all levies and taxes."
    ]


@pytest.mark.parametrize(
    ("body", "tender", "headline"),
    [
        ("", 10000, "You paid R 100.00 and bought 50 kWh."),
        (FBE, 10000, "You paid R 100.00 and bought 50 kWh. You also get 50 kWh free."),
        (FBE, 0, "You get 50 kWh free."),
        (
            FBE + SERVICE,
            1500,
            "You paid R 15.00 and get 50 kWh free. The money did not buy any units this time.",
        ),
        (SERVICE, 1500, "You paid R 15.00. It did not buy any units this time."),
    ],
    ids=["bought", "bought and free", "claim", "paid and free", "nothing"],
)
def test_the_headline_says_what_was_paid_and_what_it_brought(body: str, tender: int, headline: str) -> None:
    quote = prices(body).quote(tender, on())
    assert plain(explain(quote).headline.text) == headline


def test_credit_is_told_as_money_and_not_as_units() -> None:
    text = 'price = 2\ncollected = "meter"'
    levy = '[[levy]]\ncode = "L"\nname = "Town levy"\nrate = 0.25\non = ["energy"]\n'
    selling = Prices(tariff(levy, energy=text), CURRENCY)
    quote = selling.quote(10000, on())
    explanation = explain(quote, tariff=selling.tariff)
    assert plain(explanation.headline.text) == "You paid R 100.00 and get R 80.00 of credit for your meter."
    assert told(explanation) == {
        "paid": ["You paid R 100.00 on 10 March 2024."],
        "credit.all": [
            "R 100.00 brought R 80.00 of credit; the other R 20.00 is Town levy.",
            "Your meter takes what you use from the credit.",
        ],
        "included": ["R 20.00 of what you paid is Town levy (25%)."],
        "tokens": [
            (
                "2 tokens carry what you bought: R 79.99624 and R 0.00376. "
                "No single one can carry it, so enter them all."
            )
        ],
    }
    assert explanation.table.rows[0].cells[:3] == ("Credit", "R\xa080.00", "")
    assert "rounding" not in told(explanation)


@pytest.mark.parametrize(
    ("to", "tender", "sentence"),
    [
        ("down", 10001, "Rounding cost you 1 cent."),
        ("up", 10002, "Rounding gave you 1 cent more than you paid for."),
    ],
)
def test_rounding_of_credit_is_told_without_steps_of_units(to: str, tender: int, sentence: str) -> None:
    levy = '[[levy]]\ncode = "L"\nname = "Town levy"\nrate = 0.25\non = ["energy"]\n'
    selling = Prices(tariff(levy, energy='price = 2\ncollected = "meter"', to=to), CURRENCY)
    assert told(explain(selling.quote(tender, on())))["rounding"] == [sentence]


class TestTaken:
    """What is taken before units are bought."""

    def test_a_debt_that_is_paid_off_is_told_so_and_not_owed(self) -> None:
        said = bought(prices(ARREARS), 10000, on(debts={"ARREARS": 1200}))
        assert said["taken"] == ["R 12.00 went towards your debt (Arrears). It is now paid off."]
        assert said["energy"][0] == "That left R 88.00 to buy units."
        assert "owed" not in said

    def test_a_share_of_what_is_left_is_told_as_that(self) -> None:
        body = SERVICE + ARREARS.replace("0.30", '0.30, of = "rest"')
        said = bought(prices(body), 10000, on(debts={"ARREARS": 500000}))
        assert said["taken"] == [
            "R 20.00 paid a charge (Service).",
            "R 24.00 went towards your debt (Arrears). That is 30% of what was left by then.",
        ]

    def test_no_share_is_told_where_the_amount_is_not_that_share(self) -> None:
        least = ARREARS.replace("0.30", "0.30, at_least = 50")
        plainly = "R 50.00 went towards your debt (Arrears)."
        assert bought(prices(least), 10000, on(debts={"ARREARS": 500000}))["taken"] == [plainly]
        whole = ARREARS.replace("take = { share = 0.30 }", "take = { at_most = 50 }")
        assert bought(prices(whole), 10000, on(debts={"ARREARS": 500000}))["taken"] == [plainly]
        carried = bought(prices(ARREARS), 10000, on(debts={"ARREARS": 500000}, carried=10))
        assert carried["taken"] == ["R 30.03 went towards your debt (Arrears)."]

    def test_a_charge_tells_the_taxes_in_it_and_what_is_still_due(self) -> None:
        selling = prices(TAXED + SERVICE.replace('"month"', '"month"\ntake = { share = 0.5 }'))
        assert bought(selling, 10000, on())["taken"] == [
            "R 23.00 paid a charge (Service); R 3.00 of that is VAT."
        ]
        part = bought(selling, 2300, on())
        assert part["taken"] == ["R 11.50 paid part of a charge (Service); R 1.50 of that is VAT."]
        assert part["owed"] == ["R 11.50 of a charge (Service) is still to be paid."]
        assert bought(prices(SERVICE), 1500, on())["taken"] == ["R 15.00 paid part of a charge (Service)."]

    def test_what_is_told_adds_up_to_what_is_left_although_parts_are_fractions(self) -> None:
        body = "".join(ARREARS.replace("ARREARS", code).replace("0.30", "0.25") for code in ("A", "B", "C"))
        said = bought(prices(body), 10001, on(debts={"A": 9**9, "B": 9**9, "C": 9**9}))
        assert [sentence.split(" went")[0] for sentence in said["taken"]] == ["R 25.00", "R 25.01", "R 25.00"]
        assert said["energy"][0] == "That left R 25.00 to buy units."

    def test_money_that_came_over_is_added_before_anything_is_taken(self) -> None:
        selling = prices(VAT, money='remainder = "carry"', to="down")
        more = bought(selling, 10000, on(carried=3))
        assert more["paid"][1:] == ["We added R 0.03 that was left over from your last purchase."]
        assert more["energy.all"][0] == "That left R 100.03 to buy units."
        assert more["rounding"] == [
            "Left over: 21 cents. We keep it for you and add it to your next purchase."
        ]
        less = bought(
            prices(VAT, money='remainder = "carry"', energy="price = 2.0967", to="down"),
            4729,
            on(carried=-3),
        )
        assert less["paid"][1:] == [
            "We took back R 0.03: last time you got that much more than you paid for."
        ]
        assert less["rounding"] == [
            "Rounding gave you 1 cent more than you paid for. Your next purchase pays it back."
        ]

    def test_a_claim_of_free_units_leaves_what_came_over_where_it_is(self) -> None:
        said = bought(prices(FBE, money='remainder = "carry"', to="down"), 0, on(carried=3))
        assert list(said) == ["free", "tokens", "next"]

    def test_when_everything_is_taken_nothing_is_left(self) -> None:
        said = bought(prices(SERVICE), 2000, on())
        assert said["energy"] == ["Nothing was left to buy units."]
        assert "tokens" not in said

    def test_less_than_half_a_coin_can_buy_units_where_they_are_cheap(self) -> None:
        selling = prices(ARREARS.replace("0.30", "0.9"), energy="price = 0.01")
        said = bought(selling, 4, on(debts={"ARREARS": 5000}))
        assert said["energy"] == ["That left R 0.00 to buy units.", "The price is R 0.01 per kWh."]
        assert said["tokens"] == ["One token carries what you bought: 0.4 kWh."]

    def test_what_is_less_than_a_step_is_told_so(self) -> None:
        said = bought(prices(SERVICE), 2009, on())
        assert said["energy"] == [
            "That left R 0.09 to buy units.",
            "That is less than the smallest amount that can be sold, 0.1 kWh.",
        ]
        assert said["rounding"] == ["Rounding cost you 9 cents."]


class TestEnergy:
    """How prices shared what was left."""

    def test_every_price_has_a_sentence_and_the_amounts_add_up(self) -> None:
        said = bought(prices(energy=THREE), 20000, on())["energy.all"]
        assert said == [
            "The more you buy this month, the more a unit costs.",
            "Before this purchase you had not bought any this month.",
            "Up to 50 kWh the price is R 1.00 per kWh: R 50.00 bought 50 kWh.",
            "From there up to 100 kWh it is R 2.00 per kWh: R 100.00 bought 50 kWh.",
            "Above that it is R 4.00 per kWh: R 50.00 bought 12.5 kWh.",
        ]

    def test_prices_that_fall_are_not_said_to_rise(self) -> None:
        said = bought(prices(energy=FALLING), 22000, on())
        assert said["energy.all"][0] == "What a unit costs depends on how much you buy this month."
        before = bought(prices(energy=FALLING), 4000, on())
        assert before["next"][1] == (
            "The next 40 kWh cost R 4.00 per kWh. After that the price comes down to R 2.00 per kWh."
        )

    def test_blocks_of_the_same_price_are_one_to_the_customer(self) -> None:
        same = "blocks = [{ upto = 50, price = 1 }, { upto = 100, price = 1 }, { price = 4 }]"
        assert bought(prices(energy=same), 2000, on())["next"][1] == (
            "The next 80 kWh cost R 1.00 per kWh. After that the price goes up to R 4.00 per kWh."
        )

    def test_units_rounded_up_into_a_price_that_nothing_is_left_for_cost_nothing_there(self) -> None:
        selling = prices(energy="blocks = [{ upto = 50.05, price = 1 }, { price = 2 }]", to="up")
        assert bought(selling, 5004, on())["energy.all"][2:] == [
            "Up to 50.05 kWh the price is R 1.00 per kWh: R 50.04 bought 50.05 kWh.",
            "Above that it is R 2.00 per kWh: R 0.00 bought 0.05 kWh.",
        ]

    def test_free_units_that_count_are_told_with_the_place_in_the_prices(self) -> None:
        said = bought(prices(COUNTED + FBE, energy=THREE), 20000, on(used=Decimal("12.5")))
        assert said["energy.all"] == [
            "The more you buy this month, the more a unit costs.",
            "With free units you were at 62.5 kWh this month when you began to buy.",
            "Up to 100 kWh the price is R 2.00 per kWh: R 75.00 bought 37.5 kWh.",
            "Above that it is R 4.00 per kWh: R 125.00 bought 31.3 kWh.",
        ]
        assert said["free"][1].startswith("Free units count like those you buy")
        assert said["next"][0] == "You have now had 131.3 kWh this month, free units included."

    def test_free_units_are_not_told_where_there_are_none_although_they_would_count(self) -> None:
        said = bought(prices(COUNTED, energy=THREE), 10000, on(used=20))
        assert said["energy.all"][1] == "Before this purchase you had bought 20 kWh this month."
        assert said["next"][0] == "You have now bought 85 kWh this month."

    def test_without_the_tariff_nobody_says_whether_free_units_count(self) -> None:
        quote = prices(COUNTED + FBE, energy=THREE).quote(20000, on(used=20))
        said = told(explain(quote))
        assert said["energy.all"] == [
            "The more you buy in this period, the more a unit costs.",
            "R 60.00 bought 30 kWh at R 2.00 per kWh.",
            "R 140.00 bought 35 kWh at R 4.00 per kWh.",
        ]
        assert "next" not in said

    def test_without_the_tariff_and_free_units_the_place_is_known_but_not_the_month(self) -> None:
        quote = prices(energy=THREE).quote(2000, on(used=20))
        assert told(explain(quote))["next"] == [
            "You have now bought 40 kWh in this period.",
            "The next 10 kWh cost R 1.00 per kWh. After that the price goes up to R 2.00 per kWh.",
        ]

    def test_free_units_alone_can_count(self) -> None:
        selling = prices(FBE, energy=THREE)
        alone = replace(
            selling.tariff, period=replace(selling.tariff.period, counts=frozenset({Counts.FREE}))
        )
        assert bought(Prices(alone), 2000, on(used=500))["next"] == [
            "You have now had 50 kWh this month, free units included.",
            "The next 50 kWh cost R 2.00 per kWh. After that the price goes up to R 4.00 per kWh.",
            "The count starts again at zero on 1 April 2024.",
        ]

    def test_a_period_that_is_no_month_is_not_called_one(self) -> None:
        said = bought(prices("[period]\ndays = 30\nstarts = 2024-03-01\n", energy=THREE), 20000, on())
        assert said["next"][0] == "You have now bought 112.5 kWh in this period."
        assert said["next"][-1] == "The count starts again at zero on 31 March 2024."

    def test_a_count_that_began_inside_the_month_is_not_called_the_months(self) -> None:
        text = '[period]\non_change = "restart"\n'
        said = bought(prices(text, energy=THREE, valid_from="2024-03-05"), 20000, on())
        assert said["next"][0] == "You have now bought 112.5 kWh in this period."


class TestPricesThatReachBack:
    """A price that counts for the units before it too."""

    def test_what_goes_to_the_units_before_is_told(self) -> None:
        selling = prices(energy=REACHING_BACK, **CARRIED)
        said = bought(selling, 15000, on())["energy.all"]
        assert said[2:] == [
            "Up to 50 kWh the price is R 1.00 per kWh: R 50.00 bought 50 kWh.",
            "Above that it is R 2.00 per kWh: R 50.00 bought 25 kWh.",
            "That price now counts for the units before as well, which took another R 50.00.",
        ]
        rows = [row.cells[0] for row in explain(selling.quote(15000, on())).table.rows]
        assert rows == ["Units before, now at price 2", "Units, price 1", "Units, price 2", "You paid"]

    def test_a_purchase_that_begins_there_tells_it_with_its_only_price(self) -> None:
        assert bought(prices(energy=REACHING_BACK, **CARRIED), 10000, on(used=50))["energy.all"] == [
            "The price is R 2.00 per kWh.",
            "That price now counts for the units before as well, which took another R 50.00.",
        ]

    def test_it_is_told_once_where_a_levy_cuts_the_block(self) -> None:
        levy = '[[levy]]\ncode = "L"\nname = "Levy"\nper_unit = 1\nfrom_units = 60\n'
        said = bought(prices(levy, energy=REACHING_BACK, **CARRIED), 20000, on())["energy.all"]
        assert [sentence for sentence in said if "units before" in sentence] == [
            "That price now counts for the units before as well, which took another R 50.00."
        ]

    def test_it_is_told_before_it_comes(self) -> None:
        before = bought(prices(energy=REACHING_BACK, **CARRIED), 3000, on())["next"]
        assert before[1:3] == [
            "The next 20 kWh cost R 1.00 per kWh. After that the price goes up to R 2.00 per kWh.",
            "That price will count for the units before as well: R 50.00 will go to that first.",
        ]
        reached = bought(prices(energy=REACHING_BACK, **CARRIED), 5000, on())["next"]
        assert reached[1:3] == [
            "From here the price is R 2.00 per kWh.",
            "That price will count for the units before as well: R 50.00 will go to that first.",
        ]
        assert bought(prices(energy=REACHING_BACK, **CARRIED), 10000, on(used=60))["next"][1:-1] == [
            "From here the price is R 2.00 per kWh."
        ]

    def test_a_price_that_only_reaches_back_neither_rises_nor_falls(self) -> None:
        energy = (
            "blocks = [{ upto = 50, price = 1 }, { upto = 100, price = 2 }, { price = 2, all_units = true }]"
        )
        assert bought(prices(energy=energy, **CARRIED), 3000, on(used=50))["next"][1:-1] == [
            "The next 35 kWh cost R 2.00 per kWh, and so do those after.",
            "That price will count for the units before as well: R 50.00 will go to that first.",
        ]

    def test_what_goes_to_the_units_before_is_told_apart_from_the_amount_of_its_price(self) -> None:
        energy = (
            "blocks = [{ upto = 50, price = 1 }, { upto = 100, price = 2, all_units = true }, { price = 4 }]"
        )
        assert bought(prices(energy=energy, **CARRIED), 24000, on())["energy.all"][2:] == [
            "Up to 50 kWh the price is R 1.00 per kWh: R 50.00 bought 50 kWh.",
            "From there up to 100 kWh it is R 2.00 per kWh: R 100.00 bought 50 kWh.",
            "That price now counts for the units before as well, which took another R 50.00.",
            "Above that it is R 4.00 per kWh: R 40.00 bought 10 kWh.",
        ]


class TestOutcome:
    """What came of the purchase."""

    def test_several_levies_are_one_list_with_their_sum(self) -> None:
        body = (
            '[[levy]]\ncode = "F"\nname = "Oil"\nper_unit = 0.5\n'
            '[[levy]]\ncode = "G"\nname = "Net"\nrate = 0.05\non = ["energy"]\n'
            + VAT.replace('"VAT"\nrate', '"V"\nrate')
        )
        assert bought(prices(body), 29000, on())["included"] == [
            "R 90.00 of what you paid is levies and taxes: R 50.00 Oil, R 10.00 Net (5%) and R 30.00 V (15%)."
        ]

    def test_two_levies_are_a_list_as_well(self) -> None:
        body = '[[levy]]\ncode = "F"\nname = "Oil"\nper_unit = 0.3\n' + VAT
        assert bought(prices(body), 26000, on())["included"] == [
            "R 60.00 of what you paid is levies and taxes: R 30.00 Oil and R 30.00 VAT (15%)."
        ]

    def test_a_levy_by_unit_has_no_rate_and_a_rebate_is_told_apart(self) -> None:
        body = (
            '[[levy]]\ncode = "F"\nname = "Fuel"\nper_unit = 0.5\n'
            '[[levy]]\ncode = "R"\nname = "Rebate"\nrate = -0.10\non = ["energy"]\n'
        )
        assert bought(prices(body), 23000, on())["included"] == [
            "R 50.00 of what you paid is Fuel.",
            "R 20.00 was taken off for you (Rebate).",
        ]

    def test_rounding_in_the_customers_favour_is_told_as_that(self) -> None:
        selling = prices(energy="price = 3", to="up")
        assert bought(selling, 1000, on())["rounding"] == [
            "Units are sold in steps of 0.1 kWh. Rounding gave you 20 cents more than you paid for."
        ]
        assert bought(prices(energy="price = 3"), 1000, on())["rounding"] == [
            "Units are sold in steps of 0.1 kWh. Rounding cost you 10 cents."
        ]

    def test_a_large_purchase_comes_on_several_tokens(self) -> None:
        assert bought(prices(energy="price = 1"), 400013, on())["tokens"] == [
            (
                "2 tokens carry what you bought: 3,999.4 kWh and 0.7 kWh. "
                "No single one can carry it, so enter them all."
            )
        ]

    def test_free_units_of_several_kinds_are_told_one_by_one(self) -> None:
        body = FBE + FBE.replace('"FBE"', '"EXTRA"').replace("Free basic", "Winter").replace("50", "5")
        said = bought(prices(body), 0, on())
        assert said["free"] == [
            "You get 50 kWh free (Free basic electricity).",
            "You get 5 kWh free (Winter electricity).",
        ]
        assert said["tokens"] == ["2 tokens carry your free units: 50 kWh and 5 kWh."]

    def test_everything_owed_is_told_also_what_this_purchase_did_not_touch(self) -> None:
        day = on().at.date()
        context = on(
            debts={"ARREARS": 50000, "FINE": 700, "OLD": 0},
            standing={"SERVICE": Standing(day, 0), "GONE": Standing(day, 250), "FINE": Standing(day, 100)},
        )
        said = bought(prices(ARREARS + SERVICE), 10000, context)
        assert said["owed"] == [
            "Your debt (Arrears) is now R 470.00.",
            "Your debt (FINE) is now R 7.00.",
            "R 2.50 of a charge (GONE) is still to be paid.",
        ]


def test_the_table_has_a_row_for_each_line_and_ends_with_what_was_paid() -> None:
    selling = prices(ARREARS + SERVICE + TAXED + FBE, energy=THREE)
    quote = selling.quote(30000, on(debts={"ARREARS": 500000}))
    table = explain(quote, tariff=selling.tariff).table
    assert [(column.title, column.align.value) for column in table.columns] == [
        ("What", "left"),
        ("Units", "right"),
        ("Price", "right"),
        ("Amount", "right"),
    ]
    assert [(row.kind, row.code) for row in table.rows] == [
        *((line.kind.value, line.code) for line in quote.lines),
        ("total", ""),
    ]
    assert [tuple(plain(cell) for cell in row.cells) for row in table.rows] == [
        ("Service", "", "", "R 20.00"),
        ("Arrears (debt)", "", "", "R 90.00"),
        ("Units, price 1", "50 kWh", "R 1.00", "R 50.00"),
        ("Units, price 2", "50 kWh", "R 2.00", "R 100.00"),
        ("Units, price 3", "3.2 kWh", "R 4.00", "R 12.80"),
        ("VAT", "", "15% of R 182.80", "R 27.42"),
        ("Free basic electricity (free)", "50 kWh", "", "R 0.00"),
        ("Rounding", "", "", "−R 0.22"),
        ("You paid", "", "", "R 300.00"),
    ]


@pytest.mark.parametrize(
    ("tender", "carried", "rows"),
    [
        (4000, 2, ["Left over from your last purchase", "Kept for your next purchase"]),
        (4729, -3, ["Taken back from your last purchase", "Paid back by your next purchase"]),
    ],
)
def test_what_is_carried_over_is_named_by_its_direction(tender: int, carried: int, rows: list[str]) -> None:
    selling = prices(VAT, money='remainder = "carry"', energy="price = 2.0967", to="down")
    quote = selling.quote(tender, on(carried=carried))
    assert [row.cells[0] for row in explain(quote).table.rows if row.kind == "carried"] == rows


@pytest.mark.parametrize(
    ("vat", "head", "cell"),
    [
        ("", {}, "15% of R 15.00"),
        ("from_units = 5\n", {}, "15% of R 6.40"),
        ("", {"money": 'shares_on = "exact"', "energy": "price = 2.0967"}, "15% of R 15.0962"),
        (
            'unit_round = { step = 0.01, to = "nearest" }\n',
            {"energy": "price = 2.0967"},
            "15%: R 0.31 per kWh",
        ),
        (
            'unit_round = { step = 0.01, to = "nearest" }\n',
            {"energy": "blocks = [{ upto = 5, price = 2.0967 }, { price = 3.03 }]"},
            "15% per kWh",
        ),
    ],
    ids=["printed", "of some units", "exact", "rounded for each unit", "at two prices"],
)
def test_a_share_shows_what_it_is_of_so_that_it_can_be_checked(
    vat: str, head: dict[str, str], cell: str
) -> None:
    rows = explain(prices(VAT + vat, **head).quote(1728, on())).table.rows
    assert [plain(row.cells[2]) for row in rows if row.code == "VAT"] == [cell]


def test_names_come_from_the_caller_then_from_the_tariff_then_from_the_quote() -> None:
    names = '[names.fr]\nVAT = "TVA"\nARREARS = "Arriérés"\n'
    selling = prices(ARREARS + FBE + VAT + names, energy=THREE)
    quote = selling.quote(10000, on(debts={"ARREARS": 500000}))
    french = explain(
        quote,
        language=FRENCH,
        tariff=selling.tariff,
        names={"FBE": "Base gratuite", "ARREARS": "Vieux compte"},
    )
    text = plain(french.text())
    assert "TVA (15 %)" in text
    assert "Vieux compte" in text
    assert "Arriérés" not in text
    assert "Base gratuite" in text
    assert "VAT" in explain(quote, tariff=selling.tariff).text()


def test_every_language_tells_the_same_sentences() -> None:
    selling = prices(ARREARS + SERVICE + TAXED + FBE, energy=THREE)
    quote = selling.quote(30000, on(debts={"ARREARS": 500000}))
    told_in = [
        explain(quote, language=language, last=quote, tariff=selling.tariff)
        for language in LANGUAGES.values()
    ]
    assert len({tuple(codes(explanation.sentences)) for explanation in told_in}) == 1
    assert [explanation.language for explanation in told_in] == ["en", "fr", "pt"]


def test_machines_get_codes_and_exact_values() -> None:
    selling = prices(VAT)
    quote = selling.quote(10000, on())
    machine = json.loads(json.dumps(explain(quote, last=quote, tariff=selling.tariff).as_dict()))
    assert machine["language"] == "en"
    assert machine["headline"] == {
        "code": "headline.units",
        "text": "You paid R\xa0100.00 and bought 43.5\xa0kWh.",
        "parameters": {
            "paid": {"amount": "100.00", "currency": "ZAR"},
            "units": {"units": "43.5", "unit": "kWh"},
        },
    }
    assert [section["heading"]["code"] for section in machine["sections"]][:2] == [
        "heading.paid",
        "heading.energy.all",
    ]
    assert machine["table"]["columns"][3] == {"code": "amount", "title": "Amount", "align": "right"}
    assert machine["table"]["rows"][-1] == {
        "kind": "total",
        "code": "",
        "cells": ["You paid", "", "", "R\xa0100.00"],
    }
    assert machine["comparison"]["difference"] == "0"
    assert explain(quote).as_dict()["comparison"] is None


@pytest.mark.parametrize("width", [1, 20, 40, 72])
def test_text_keeps_within_its_width(width: int) -> None:
    selling = prices(VAT, energy=THREE)
    lines = explain(selling.quote(30000, on()), tariff=selling.tariff).text(width).split("\n")
    assert max(len(line) for line in lines) <= max(width, 20)
    assert lines[0].startswith("You paid")


def test_what_a_price_comes_to_is_exact_in_the_parameters() -> None:
    quote = prices(VAT, energy=RISING).quote(10000, on())
    price = next(said for said in explain(quote).sentences if said.code == "energy.price.all")
    assert ENGLISH.show(price.parameters["price"]) == "R\xa02.7186 per kWh"
    assert price.as_dict()["parameters"] == {"price": {"amount": "2.7186", "currency": "ZAR", "unit": "kWh"}}
    assert quote.steps[0].price == Fraction("2.7186")
