"""What a customer is told where a purchase is out of the ordinary: levies paid once, large sales, credit."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.tariff.told import bought, plain, told
from tests.unit.tariff.written import on, prices, tariff
from voltoken.sts import CURRENCY
from voltoken.tariff import Basis, Prices, basis
from voltoken.tariff.telling.explaining import explain

VAT = '[[tax]]\ncode = "VAT"\nname = "VAT"\nrate = 0.15\non = ["energy"]\n'
FBE = '[[free]]\ncode = "FBE"\nname = "Free basic"\nunits = 5\nper = "month"\n'
REACHING_BACK = "blocks = [{ upto = 30, price = 1 }, { price = 2, all_units = true }]"
TWO = "blocks = [{ upto = 50, price = 1 }, { price = 2 }]"
AGAIN = "That price now counts for the units before as well, which took another R 34.50."
FIRST = "You went above 30 kWh this month for the first time: R 11.50 for Upgrade."
AHEAD = "Going above 30 kWh takes R 11.50 first, once this month (Upgrade)."


def upgrading(energy: str, body: str = "") -> Prices:
    """Return prices with 15 % of VAT and R 10 paid once above 30 units."""
    once = '[[levy]]\ncode = "UP"\nname = "Upgrade"\nonce = 10\nfrom_units = 30\n'
    taxed = VAT.replace('"energy"', '"energy", "UP"')
    return prices(body + once + taxed, energy=energy, money='remainder = "carry"', to="down")


class TestOnce:
    """A levy that is paid once in a period, on going above so many units."""

    def test_it_is_told_with_its_taxes_beside_the_only_price(self) -> None:
        said = bought(upgrading("price = 2"), 15000, on())
        assert said["energy.all"] == ["The price is R 2.30 per kWh, with all levies and taxes.", FIRST]
        assert said["included"] == [
            "R 29.56 of what you paid is levies and taxes: R 10.00 Upgrade and R 19.56 VAT (15%)."
        ]
        assert said["next"][1:-1] == ["From here the price is R 2.30 per kWh."]

    @pytest.mark.parametrize(("used", "is_told"), [(29, True), (30, True), (31, False)])
    def test_it_is_told_by_the_purchase_that_goes_above_it_first(self, used: int, is_told: bool) -> None:
        said = bought(upgrading("price = 2"), 15000, on(used=used))
        assert (FIRST in said["energy.all"]) is is_told

    def test_it_does_not_cut_a_price_in_two(self) -> None:
        assert bought(upgrading(TWO), 15000, on())["energy.all"][2:] == [
            "Up to 50 kWh the price is R 1.15 per kWh: R 57.50 bought 50 kWh.",
            FIRST,
            "Above that it is R 2.30 per kWh: R 81.00 bought 35.2 kWh.",
            "All levies and taxes are in these prices.",
        ]

    def test_it_is_told_apart_from_a_price_that_reaches_back(self) -> None:
        assert bought(upgrading(REACHING_BACK), 15000, on())["energy.all"][2:6] == [
            "Up to 30 kWh the price is R 1.15 per kWh: R 34.50 bought 30 kWh.",
            "Above that it is R 2.30 per kWh: R 69.50 bought 30.2 kWh.",
            AGAIN,
            FIRST,
        ]

    def test_it_is_told_before_it_comes(self) -> None:
        assert bought(upgrading("price = 2"), 3000, on())["next"][1:-1] == [
            "The next 17 kWh cost R 2.30 per kWh, and so do those after.",
            AHEAD,
        ]
        reached = bought(upgrading(REACHING_BACK), 6900, on())["next"]
        assert reached[1:-1] == [
            "From here the price is R 2.30 per kWh.",
            "That price will count for the units before as well: R 34.50 will go to that first.",
            AHEAD,
        ]

    def test_it_is_told_where_nobody_knows_the_place_in_the_prices(self) -> None:
        selling = upgrading(TWO, FBE)
        quote = selling.quote(15000, on())
        period = FIRST.replace("this month", "in this period")
        assert period in told(explain(quote))["energy.all"]

    def test_its_name_is_translated(self) -> None:
        quote = upgrading("price = 2").quote(15000, on())
        sentences = explain(quote, names={"UP": "Aufschlag"}).sentences
        assert any(said.text.endswith("for Aufschlag.") for said in sentences)


class TestRoundingAfterTheLines:
    """Lines that are reckoned from the money, so that only the units are rounded."""

    @pytest.mark.parametrize(
        ("tender", "said", "cell"),
        [
            (
                1010,
                "Your money was worth 5.05 kWh. In steps of 0.1 kWh that rounds up to 5.1 kWh.",
                "0.05 kWh",
            ),
            (
                1009,
                "Your money was worth 5.045 kWh. In steps of 0.1 kWh that rounds down to 5 kWh.",
                "\N{MINUS SIGN}0.045 kWh",
            ),
        ],
        ids=["up", "down"],
    )
    def test_units_are_told_as_rounded_and_the_table_shows_it(
        self, tender: int, said: str, cell: str
    ) -> None:
        selling = prices(money='lines_of = "tender"')
        assert bought(selling, tender, on())["rounding"] == [said]
        rows = explain(selling.quote(tender, on())).table.rows
        assert [tuple(map(plain, row.cells)) for row in rows if row.kind == "units"] == [
            ("Rounding of units", cell, "", "")
        ]

    def test_units_that_come_out_even_are_not_rounded(self) -> None:
        selling = prices(money='lines_of = "tender"')
        assert "rounding" not in bought(selling, 1000, on())
        assert [row.kind for row in explain(selling.quote(1000, on())).table.rows] == ["energy", "total"]

    @pytest.mark.parametrize(
        ("tender", "said"),
        [
            (1003, "The amounts are rounded, which cost you 1 cent."),
            (1004, "The amounts are rounded, which gave you 1 cent more than you paid for."),
        ],
    )
    def test_rounded_amounts_are_not_called_rounded_units(self, tender: int, said: str) -> None:
        levy = '[[levy]]\ncode = "L"\nname = "L"\nper_unit = 2\n'
        selling = prices(levy + levy.replace('"L"', '"M"'), money='lines_of = "tender"')
        assert bought(selling, tender, on())["rounding"][1:] == [said]


class TestTokens:
    """Tokens that carry the same are counted."""

    def test_equal_tokens_are_told_once(self) -> None:
        selling = prices(energy="price = 0.01")
        quote = selling.quote_units(3640325, on())
        assert told(explain(quote))["tokens"] == [
            (
                "3 tokens carry what you bought: 2 \N{MULTIPLICATION SIGN} 1,820,162.4 kWh and 0.2 kWh. "
                "No single one can carry it, so enter them all."
            )
        ]

    def test_equal_tokens_of_free_units_are_told_once_too(self) -> None:
        other = FBE.replace('"FBE"', '"MORE"')
        assert bought(prices(FBE + other), 0, on())["tokens"] == [
            "2 tokens carry your free units: 2 \N{MULTIPLICATION SIGN} 5 kWh."
        ]


class TestCredit:
    """What is told of credit for a meter that takes the price itself."""

    def selling(self, body: str) -> Prices:
        return Prices(tariff(body, energy='price = 2\ncollected = "meter"'), CURRENCY)

    def test_without_taxes_all_of_the_money_is_credit(self) -> None:
        assert bought(self.selling(""), 10000, on())["credit.all"] == [
            "R 100.00 brought R 100.00 of credit.",
            "Your meter takes what you use from the credit.",
        ]

    def test_after_a_charge_it_is_what_the_rest_became(self) -> None:
        charge = '[[charge]]\ncode = "S"\nname = "Service"\namount = 20\nper = "month"\n'
        assert bought(self.selling(charge + VAT), 11500, on())["credit"] == [
            "R 95.00 brought R 82.61 of credit; the other R 12.39 is VAT.",
            "Your meter takes what you use from the credit.",
        ]

    def test_money_that_is_kept_is_no_tax(self) -> None:
        levy = VAT.replace("VAT", "Town levy").replace("0.15", "0.25").replace('"Town levy"', '"L"', 1)
        energy = 'price = 2\ncollected = "meter"'
        selling = Prices(tariff(levy, energy=energy, money='remainder = "carry"', to="down"), CURRENCY)
        said = bought(selling, 10001, on())
        assert said["credit.all"][0] == "R 100.01 brought R 80.00 of credit; the other R 20.00 is Town levy."
        assert said["rounding"][0].startswith("Left over: 1 cent.")

    def test_more_than_two_taxes_are_not_named_one_by_one(self) -> None:
        levies = "".join(VAT.replace("VAT", code).replace("0.15", "0.05") for code in ("A", "B", "C"))
        assert bought(self.selling(levies), 11500, on())["credit.all"][0] == (
            "R 115.00 brought R 100.00 of credit; the other R 15.00 is levies and taxes."
        )
        two = "".join(VAT.replace("VAT", code).replace("0.15", "0.05") for code in ("A", "B"))
        assert bought(self.selling(two), 11000, on())["credit.all"][0].endswith("R 10.00 is A and B.")


def test_a_debt_of_which_less_than_a_coin_is_taken_stays_as_it_is() -> None:
    debt = '[[debt]]\ncode = "D"\nname = "Debt"\ntake = { share = 0.01 }\n'
    said = bought(prices(debt, energy="price = 0.01"), 40, on(debts={"D": 5000}))
    assert said["energy.all"] == ["The price is R 0.01 per kWh."]
    assert said["owed"] == ["Your debt (Debt) is now R 50.00."]
    assert "taken" not in said


def test_a_line_says_what_it_came_from() -> None:
    quote = prices(VAT).quote(11500, on())
    line = next(line for line in quote.lines if line.code == "VAT")
    assert basis(quote, line) == Basis(Fraction(10000), None)
