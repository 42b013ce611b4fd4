"""Why a purchase brought more or less than the one before: parts that add up, told the greatest first."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.tariffs import contexts, purchases
from tests.unit.tariff.told import bought, codes, plain
from tests.unit.tariff.written import on, prices, tariff
from voltoken.errors import FieldError, PurchaseRefused
from voltoken.sts import CURRENCY
from voltoken.tariff import Prices, Quote
from voltoken.tariff.telling.comparing import Cause, Comparison, common_measure, compare, shown_parts
from voltoken.tariff.telling.explaining import explain
from voltoken.tariff.telling.languages import ENGLISH, FRENCH, LANGUAGES
from voltoken.tariff.telling.position import BOUGHT, all_units, counted, energy_money, position, units_for
from voltoken.tariff.words import Counts

TWO = "blocks = [{ upto = 100, price = 1 }, { price = 2 }]"
ARREARS = '[[debt]]\ncode = "ARREARS"\nname = "Arrears"\ntake = { share = 0.5 }\n'
SERVICE = '[[charge]]\ncode = "SERVICE"\nname = "Service"\namount = 20\nper = "month"\n'
FBE = '[[free]]\ncode = "FBE"\nname = "Free basic"\nunits = 50\nper = "month"\n'
FUEL = '[[levy]]\ncode = "F"\nname = "Fuel"\nper_unit = { "2024-03" = 1, "2024-04" = 2 }\n'
DOLLARS = 'prices_in = "USD"\nrates = [{ from = 2020-01-01, rate = 10 }, { from = 2024-03-20, rate = 20 }]'
BOTH = frozenset({Counts.BOUGHT, Counts.FREE})


def parts(comparison: Comparison) -> dict[str, Fraction]:
    """Return the exact parts that are not zero."""
    return {part.cause.value: part.units for part in comparison.parts if part.units}


def reasons(now: Quote, last: Quote, **known: Any) -> list[str]:
    """Return what is told, without the first sentence, which says how much."""
    comparison = explain(now, last=last, **known).comparison
    assert comparison is not None
    return [plain(said.text) for said in comparison.sentences[1:]]


def test_a_purchase_like_the_last_one_brings_as_much() -> None:
    quote = prices().quote(10000, on())
    comparison = compare(quote, quote, ENGLISH)
    assert [plain(said.text) for said in comparison.sentences] == [
        "On 10 March 2024 you paid R 100.00 and got 50 kWh. This time you got just as much."
    ]
    assert [part.cause for part in comparison.parts] == list(Cause)
    assert parts(comparison) == {}


@pytest.mark.parametrize(
    ("body", "head", "before", "after", "expected", "sentence"),
    [
        ("", {}, (10000, {}), (12000, {}), {"money": 10}, "You paid R 20.00 more. That makes 10 kWh more."),
        ("", {}, (12000, {}), (10000, {}), {"money": -10}, "You paid R 20.00 less. That makes 10 kWh less."),
        (
            "",
            {},
            (10000, {}),
            (10000, {"carried": 400}),
            {"carried": 2},
            "R 4.00 more came over from the purchase before. That makes 2 kWh more.",
        ),
        (
            "",
            {},
            (10000, {"carried": 400}),
            (10000, {}),
            {"carried": -2},
            "R 4.00 less came over from the purchase before. That makes 2 kWh less.",
        ),
        (
            SERVICE,
            {},
            (10000, {}),
            (10000, {"day": "2024-03-11", "standing": "paid"}),
            {"charges": 10},
            "R 20.00 less went to charges. That makes 10 kWh more.",
        ),
        (
            SERVICE,
            {},
            (10000, {"standing": "paid"}),
            (10000, {}),
            {"charges": -10},
            "R 20.00 more went to charges. That makes 10 kWh less.",
        ),
        (
            ARREARS,
            {},
            (10000, {}),
            (10000, {"debts": {"ARREARS": 4000}}),
            {"debts": -20},
            "R 40.00 more went towards what you owe. That makes 20 kWh less.",
        ),
        (
            ARREARS,
            {},
            (10000, {"debts": {"ARREARS": 4000}}),
            (10000, {}),
            {"debts": 20},
            "R 40.00 less went towards what you owe. That makes 20 kWh more.",
        ),
        (
            "",
            {"energy": TWO},
            (10000, {}),
            (10000, {"used": 100}),
            {"position": -50},
            (
                "You already had 100 kWh before buying (last time 0 kWh), and units cost more there. "
                "That makes 50 kWh less."
            ),
        ),
        (
            "",
            {"energy": "blocks = [{ upto = 100, price = 2 }, { price = 1 }]"},
            (10000, {}),
            (10000, {"used": 100}),
            {"position": 50},
            (
                "You already had 100 kWh before buying (last time 0 kWh), and units cost less there. "
                "That makes 50 kWh more."
            ),
        ),
        (
            "",
            {"energy": TWO},
            (10000, {"used": 100}),
            (10000, {"day": "2024-04-01"}),
            {"position": 50},
            "The count of your units has started again since then. That makes 50 kWh more.",
        ),
        (
            "",
            {"energy": TWO},
            (10000, {"used": 100}),
            (10000, {}),
            {"position": 50},
            (
                "You already had 0 kWh before buying (last time 100 kWh), and units cost less there. "
                "That makes 50 kWh more."
            ),
        ),
        (
            FUEL,
            {"valid_from": "2024-03-01"},
            (12000, {}),
            (12000, {"day": "2024-04-01"}),
            {"prices": -10},
            "Your prices are different this month. That makes 10 kWh less.",
        ),
        (
            "",
            {"money": DOLLARS, "currency": "ZWG"},
            (10000, {}),
            (10000, {"day": "2024-03-21"}),
            {"prices": Fraction("-2.5")},
            "The rate of exchange has changed. That makes 2.5 kWh less.",
        ),
        (
            "",
            {"money": DOLLARS, "currency": "ZWG"},
            (10000, {}),
            (10000, {"day": "2024-04-21"}),
            {"prices": Fraction("-2.5")},
            "Your prices have changed. That makes 2.5 kWh less.",
        ),
        (
            FBE,
            {},
            (10000, {"free_taken": {"FBE": 50}}),
            (10000, {}),
            {"free": 50},
            "You got 50 kWh more for free.",
        ),
        (
            FBE,
            {},
            (10000, {}),
            (10000, {"free_taken": {"FBE": 20}}),
            {"free": -20},
            "You got 20 kWh less for free.",
        ),
    ],
    ids=[
        *("more money", "less money", "more carried", "less carried", "less charges", "more charges"),
        *("more debts", "less debts", "dearer place", "cheaper place", "new month", "count put back"),
        *("month's prices", "exchange", "month and exchange", "more free", "less free"),
    ],
)
def test_one_change_is_one_part_and_one_sentence(
    body: str,
    head: Mapping[str, str],
    before: tuple[int, dict[str, Any]],
    after: tuple[int, dict[str, Any]],
    expected: dict[str, Fraction],
    sentence: str,
) -> None:
    selling = prices(body, **head)
    quotes = []
    for tender, circumstances in (before, after):
        told = dict(circumstances)
        if told.pop("standing", None):
            told["standing"] = prices(SERVICE).quote(2000, on()).standing
        quotes.append(selling.quote(tender, on(told.pop("day", "2024-03-10"), **told)))
    last, now = quotes
    comparison = compare(now, last, ENGLISH)
    assert parts(comparison) == expected
    assert reasons(now, last, tariff=selling.tariff) == [sentence]


def test_rounding_is_told_only_where_it_makes_half_a_step() -> None:
    selling = prices(energy="price = 4", step="1")
    down, up = selling.quote(1000 + 199, on()), selling.quote(1200 + 200, on())
    assert (down.units, up.units) == (Decimal("3.0"), Decimal("4.0"))
    both = {"money": Fraction(201, 400), "rounding": 1 - Fraction(201, 400)}
    assert parts(compare(up, down, ENGLISH)) == both
    assert reasons(up, down) == ["You paid R 2.01 more. That makes 1 kWh more."]
    near = selling.quote(1401, on())
    far = selling.quote(1799, on())
    assert reasons(far, near) == [
        "You paid R 3.98 more. That makes 1 kWh more.",
        "Rounding makes 1 kWh less.",
    ]
    assert reasons(near, far) == [
        "You paid R 3.98 less. That makes 1 kWh less.",
        "Rounding makes 1 kWh more.",
    ]


def test_the_greatest_part_is_told_first_and_all_add_up() -> None:
    selling = prices(ARREARS + FBE, energy=TWO)
    last = selling.quote(10000, on("2024-03-01"))
    now = selling.quote(20000, on("2024-03-15", used=80, free_taken={"FBE": 50}, debts={"ARREARS": 3333}))
    comparison = compare(now, last, ENGLISH)
    assert [plain(said.text) for said in comparison.sentences] == [
        "On 1 March 2024 you paid R 100.00 and got 150 kWh. This time you got 56.7 kWh less.",
        "You paid R 100.00 more. That makes 50 kWh more.",
        "You got 50 kWh less for free.",
        (
            "You already had 80 kWh before buying (last time 0 kWh), and units cost more there. "
            "That makes 40 kWh less."
        ),
        "R 33.33 more went towards what you owe. That makes 16.7 kWh less.",
    ]
    assert sum(part.units for part in comparison.parts) == Fraction("-56.7")
    assert sum(part.shown for part in comparison.parts) == comparison.difference
    assert parts(comparison)["debts"] == Fraction(-3333, 200)


def test_a_new_price_list_is_told_as_that_unless_the_exchange_changed_too() -> None:
    first, second = prices(), prices(energy="price = 4")
    last, now = first.quote(10000, on()), second.quote(10000, on("2024-04-10"))
    assert reasons(now, last) == ["There is a new price list. That makes 25 kWh less."]
    abroad = [prices(money=DOLLARS, currency="ZWG", energy=f"price = {price}") for price in (2, 4)]
    last, now = (
        selling.quote(10000, on(day))
        for selling, day in zip(abroad, ("2024-03-10", "2024-03-21"), strict=True)
    )
    assert reasons(now, last)[0].startswith("Your prices have changed.")


def test_other_prices_of_the_same_list_and_month_are_told_without_a_reason() -> None:
    energy = 'price = 2\nwhen = { customer = ["lifeline"] }\n[[energy]]\nprice = 4'
    selling = prices(energy=energy)
    last, now = selling.quote(10000, on(marks=frozenset({"lifeline"}))), selling.quote(10000, on())
    assert reasons(now, last) == ["Your prices have changed. That makes 25 kWh less."]


def test_the_place_is_not_told_in_numbers_when_it_is_not_known_whether_free_units_count() -> None:
    selling = prices(FBE, energy=TWO)
    last, now = selling.quote(10000, on()), selling.quote(10000, on(used=100))
    assert reasons(now, last) == ["You bought at another place in the price list. That makes 50 kWh less."]
    assert reasons(now, last, tariff=selling.tariff)[0].startswith("You already had 100 kWh before buying")


def test_free_units_that_count_move_the_place() -> None:
    selling = prices('[period]\ncounts = ["bought", "free"]\n' + FBE, energy=TWO)
    last = selling.quote(10000, on(free_taken={"FBE": 50}))
    now = selling.quote(10000, on(used=50))
    comparison = compare(now, last, ENGLISH, BOTH)
    assert parts(comparison) == {"position": -50, "free": 50}
    assert counted(now, selling.tariff) == BOTH
    assert position(now, BOTH) == 100


def test_free_units_finer_than_a_step_are_told_as_fine_as_they_are() -> None:
    selling = prices(FBE.replace("50", "0.5"), step="1")
    last, now = selling.quote(1000, on(free_taken={"FBE": 1})), selling.quote(1000, on())
    assert reasons(now, last) == ["You got 0.5 kWh more for free."]


def test_money_that_came_over_buys_units_like_any_other() -> None:
    selling = prices(ARREARS, energy=TWO)
    quote = selling.quote(20000, on(used=50, carried=333, debts={"ARREARS": 4000}))
    assert energy_money(quote) == 20000 + 333 - 4000
    assert units_for(quote.plan, position(quote, BOUGHT), energy_money(quote)) == quote.exact_units


def test_less_than_what_is_taken_buys_nothing_on_the_way() -> None:
    selling = prices(SERVICE)
    last, now = selling.quote(12000, on()), selling.quote(1000, on())
    assert parts(compare(now, last, ENGLISH)) == {"money": -50}


def test_credit_is_compared_as_money() -> None:
    selling = Prices(tariff(energy='price = 2\ncollected = "meter"'), CURRENCY)
    last, now = selling.quote(10000, on()), selling.quote(12000, on())
    assert reasons(now, last) == ["You paid R 20.00 more. That makes R 20.00 more."]


@pytest.mark.parametrize(
    "other",
    [
        prices(resource="water").quote(10000, on()),
        prices(currency="KES").quote(10000, on()),
        Prices(tariff(energy='price = 2\ncollected = "meter"'), CURRENCY).quote(10000, on()),
    ],
    ids=["another resource", "another currency", "credit"],
)
def test_purchases_of_other_things_are_not_compared(other: Quote) -> None:
    quote = prices().quote(10000, on())
    assert explain(quote, last=other).comparison is None
    with pytest.raises(FieldError, match="a purchase of kWh for ZAR"):
        compare(quote, other, ENGLISH)


def test_a_comparison_is_the_last_section_and_speaks_the_language() -> None:
    selling = prices()
    last = selling.quote(10000, on())
    said = bought(selling, 12000, on(), last=last, language=FRENCH)
    assert list(said)[-1] == "change"
    assert said["change"] == [
        "Le 10 mars 2024, vous aviez payé 100,00 R et reçu 50 kWh. Cette fois, vous recevez 10 kWh de plus.",
        "Vous avez payé 20,00 R de plus. Cela fait 10 kWh de plus.",
    ]


def test_machines_get_exact_parts() -> None:
    selling = prices(energy="price = 3")
    comparison = compare(selling.quote(1100, on()), selling.quote(1000, on()), ENGLISH)
    machine = comparison.as_dict()
    assert machine["difference"] == "0.4"
    assert machine["parts"][0] == {"cause": "money", "units": "1/3", "shown": "0.3"}  # type: ignore[index]
    assert codes(comparison.sentences) == ["change.more", "because.more", "rounding.more"]
    why = comparison.sentences[1].as_dict()["parameters"]["why"]  # type: ignore[index]
    assert why["code"] == "money.more"
    assert why["parameters"] == {"amount": {"amount": "1.00", "currency": "ZAR"}}


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        (["0.04", "0.96"], ["0", "1"]),
        (["0.5", "0.5"], ["0", "1"]),
        (["0.4", "0.4", "0.2"], ["1", "0", "0"]),
        (["-0.4", "-0.4", "-0.2"], ["-1", "0", "0"]),
        (["2.4", "-1.4", "0"], ["2", "-1", "0"]),
        (["1.6", "1.6", "-0.2"], ["1", "2", "0"]),
        (["0.4", "0.4", "0.4", "-2.2"], ["0", "0", "0", "-1"]),
        (["0", "0"], ["0", "0"]),
    ],
)
def test_what_is_shown_is_whole_steps_that_add_up(exact: list[str], shown: list[str]) -> None:
    found = shown_parts([Fraction(part) for part in exact], Fraction(1))
    assert found == [Fraction(part) for part in shown]


def test_the_common_measure_of_steps_divides_them_all() -> None:
    assert common_measure(Fraction(1, 2), Fraction(3, 10)) == Fraction(1, 10)
    assert common_measure(Fraction(1, 10), Fraction(1, 10), Fraction(0)) == Fraction(1, 10)


@pytest.mark.slow
@given(purchases(), st.data())
def test_parts_add_up_to_the_difference_and_what_is_told_adds_up_too(
    purchase: Any, data: st.DataObject
) -> None:
    selling = Prices(purchase.tariff)
    try:
        last = selling.quote(purchase.tender, purchase.context)
        now = selling.quote(purchase.tender // 2 + 100, data.draw(contexts(purchase.tariff, 200)))
    except PurchaseRefused:
        return
    comparison = explain(now, last=last, tariff=purchase.tariff).comparison
    assert comparison is not None
    assert sum(part.units for part in comparison.parts) == comparison.difference
    assert sum(part.shown for part in comparison.parts) == comparison.difference
    assert comparison.difference == all_units(now) - all_units(last)
    assert all(part.shown * part.units >= 0 for part in comparison.parts)


@pytest.mark.slow
@given(purchases())
def test_every_quote_can_be_explained_and_its_money_followed(purchase: Any) -> None:
    try:
        quote = Prices(purchase.tariff).quote(purchase.tender, purchase.context)
    except PurchaseRefused:
        return
    if quote.tender:
        start = position(quote, purchase.tariff.period.counts)
        money = energy_money(quote)
        told = {line.code for line in quote.lines}
        # Of a due whose line would be nothing, less than a step of lines can have been taken all the same.
        hidden = sum(due.gross * quote.plan.line.step for due in quote.plan.dues if due.rule.code not in told)
        assert units_for(quote.plan, start, money - hidden) <= quote.exact_units
        assert quote.exact_units <= units_for(quote.plan, start, money)
        assert hidden or quote.exact_units == units_for(quote.plan, start, money)
    for language in LANGUAGES.values():
        explanation = explain(quote, language=language, tariff=purchase.tariff)
        assert explanation.text(40)
        assert "{" not in explanation.text()
        assert explanation.as_dict()["language"] == language.code
