"""Purchases priced anew: every rule of prices and charges, as one purchase has it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from tests.unit.tariff.batch.bought import loosely, purchases
from tests.unit.tariff.written import on, tariff
from voltoken.tariff import Counts, Direction, Kind, Prices
from voltoken.tariff.batch import Component, Hold, Refusal, reprice


def lines(found: Any, kind: Kind, code: str) -> list[int]:
    return [int(amount) for amount in found.lines[Component(kind, code)]]


def test_more_units_are_asked_for_the_money_that_buys_them_after_what_is_due() -> None:
    charge = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\n'
    charge += "take = { share = 0.5, at_least = 1 }\n"
    found = reprice(tariff(charge), purchases((0, 0, 0, 10), (0, 5, 0, 100), (0, 6, 0, 10)))
    # 4.00 leave 2.00; 28.00 leave 20.00 once the 8.00 still owed are paid; then nothing is due.
    assert found.tender.tolist() == [400, 2800, 200]
    assert lines(found, Kind.CHARGE, "C") == [200, 800, 0]


@pytest.mark.parametrize("to", ["up", "down", "nearest"])
def test_units_are_rounded_as_the_tariff_says_both_ways(to: str) -> None:
    third = tariff(energy="price = 3", to=to, step="0.5")
    by_money = reprice(third, purchases((0, 0, 1000, 1)), Hold.MONEY)
    assert by_money.units.tolist() == [{"up": 35, "down": 30, "nearest": 35}[to]]
    by_units = reprice(third, purchases((0, 0, 0, 35)))
    assert by_units.tender.tolist() == [1050]
    again = reprice(third, purchases((0, 0, int(by_units.tender[0]), 0)), Hold.MONEY)
    assert again.units.tolist() == [35]


def test_a_block_for_all_units_is_paid_for_when_it_is_reached() -> None:
    steep = tariff(
        '[[levy]]\ncode = "L"\nname = "L"\nrate = 0.5\non = ["energy"]\n',
        energy="blocks = [{ upto = 10, price = 2 }, { price = 4, all_units = true }]",
        money='remainder = "carry"\nshares_on = "exact"',
        to="down",
    )
    found = reprice(steep, purchases((0, 0, 0, 100), (0, 1, 0, 10), (1, 0, 0, 110)))
    # 10 units for 2.00 and half of that; one more costs 4.00 and 2.00 for each of the ten before.
    assert found.tender.tolist() == [3000, 3600, 6600]
    stuck = reprice(steep, purchases((0, 0, 4000, 1), (0, 1, 1000, 1), (1, 0, 100, 1)), Hold.MONEY)
    assert stuck.refused.tolist() == [0, Refusal.TOO_SMALL, 0]
    assert stuck.units.tolist() == [100, 0, 3]
    assert lines(stuck, Kind.CARRIED, "carried") == [1000, 0, 10]


def test_lines_can_be_reckoned_from_the_money() -> None:
    blocks = "blocks = [{ upto = 10, price = 1 }, { price = 3 }]"
    levy = '[[levy]]\ncode = "L"\nname = "L"\nper_unit = 1\n'
    found = reprice(
        tariff(levy, energy=blocks, money='lines_of = "tender"'),
        purchases((0, 0, 1001, 1), (1, 0, 4001, 1), (2, 0, 300, 1)),
        Hold.MONEY,
    )
    assert found.units.tolist() == [50, 150, 15]
    assert lines(found, Kind.ENERGY, "energy") == [501, 2501, 150]
    assert lines(found, Kind.ROUNDING, "rounding") == [-1, 0, 0]


def test_a_levy_counts_only_the_units_it_is_for_and_shares_can_be_of_exact_amounts() -> None:
    body = '[[levy]]\ncode = "L"\nname = "L"\nrate = 0.1\non = ["energy"]\nfrom_units = 5\n'
    body += '[[charge]]\ncode = "C"\nname = "C"\namount = 1.25\nper = "purchase"\n'
    body += '[[tax]]\ncode = "T"\nname = "T"\nrate = 0.1\non = ["energy", "C"]\n'
    for shares in ("exact", "rounded"):
        found = reprice(tariff(body, money=f'shares_on = "{shares}"'), purchases((0, 0, 0, 100)))
        assert lines(found, Kind.LEVY, "L") == [100]
        assert lines(found, Kind.TAX, "T") == [213]


def test_a_part_at_most_is_taken() -> None:
    charge = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\ntake = { at_most = 4 }\n'
    fee = (
        '[[charge]]\ncode = "F"\nname = "F"\nrate = 0.1\ntake = { share = 0.2, of = "rest", at_most = 0.5 }\n'
    )
    found = reprice(tariff(charge + fee), purchases((0, 0, 2000, 1), (0, 2, 2000, 1)), Hold.MONEY)
    assert lines(found, Kind.CHARGE, "C") == [400, 400]
    assert lines(found, Kind.CHARGE, "F") == [50, 50]


def test_units_that_are_rounded_up_are_paid_for_from_the_step_below() -> None:
    steep = tariff(
        energy="blocks = [{ upto = 10, price = 2 }, { price = 4, all_units = true }]",
        money='remainder = "carry"\nround = { step = 1, to = "nearest" }',
        to="down",
        step="1",
    )
    steep = loosely(steep, Direction.UP)
    found = reprice(steep, purchases((0, 0, 0, 110), (1, 0, 0, 100)))
    again = reprice(
        steep, purchases(*((n, 0, int(one), 0) for n, one in enumerate(found.tender))), Hold.MONEY
    )
    assert again.units.tolist() == [110, 100]


def test_a_tender_that_differs_from_what_the_units_cost_is_shared_out_anew() -> None:
    charge = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\ntake = { share = 0.5 }\n'
    coarse = tariff(charge, energy="price = 1.37", money='round = { step = 1, to = "up" }')
    found = reprice(coarse, purchases((0, 0, 0, 11)))
    again = reprice(coarse, purchases((0, 0, int(found.tender[0]), 0)), Hold.MONEY)
    assert again.units.tolist() == [11]
    assert lines(again, Kind.CHARGE, "C") == lines(found, Kind.CHARGE, "C")


def test_free_units_can_move_a_customer_through_the_blocks() -> None:
    body = '[[free]]\ncode = "F"\nname = "F"\nunits = 10\nper = "month"\n'
    energy = "blocks = [{ upto = 10, price = 1 }, { price = 3 }]"
    rows = purchases((0, 0, 0, 50), (0, 1, 0, 100))
    written = tariff(body, energy=energy)
    assert reprice(written, rows).tender.tolist() == [500, 2000]
    assert reprice(loosely(written, counts=[Counts.FREE]), rows).tender.tolist() == [1500, 3000]
    assert reprice(loosely(written, counts=Counts), rows).tender.tolist() == [1500, 3000]


def test_seasons_and_customers_that_are_left_out_choose_the_price() -> None:
    energy = 'price = 4\nwhen = { months = [7], not_customer = ["business"] }\n[[energy]]\nprice = 3\n'
    energy += "when = { mean = { months = 1, below = 5, without_history = false } }\n[[energy]]\nprice = 2\n"
    found = reprice(
        tariff(energy=energy),
        purchases((0, 0, 0, 10), (0, 35, 0, 10), (1, 0, 0, 10), (2, 35, 0, 10), marks=[0, 0, 1, 0]),
    )
    assert found.tender.tolist() == [400, 300, 200, 200]


def test_half_a_step_is_rounded_up_and_less_is_not() -> None:
    found = reprice(tariff(), purchases((0, 0, 1010, 1), (1, 0, 1009, 1), (2, 0, 1030, 1)), Hold.MONEY)
    assert found.units.tolist() == [51, 50, 52]


@pytest.mark.parametrize("line", ["up", "nearest"])
@pytest.mark.parametrize("to", Direction)
def test_units_on_either_side_of_a_jump_cost_what_one_purchase_of_them_costs(
    to: Direction, line: str
) -> None:
    steep = tariff(
        '[[tax]]\ncode = "T"\nname = "T"\nrate = 0.15\non = ["energy"]\n',
        energy="blocks = [{ upto = 1, price = 2.37 }, { price = 4.11, all_units = true }]",
        money=f'remainder = "carry"\nround = {{ step = 1, to = "{line}" }}',
        to="down",
    )
    steep = loosely(steep, to)
    units = range(1, 21)
    found = reprice(steep, purchases(*((meter, 0, 0, steps) for meter, steps in enumerate(units))))
    expected = [Prices(steep).quote_units(Fraction(steps, 10), on("2024-07-01")).tender for steps in units]
    assert found.tender.tolist() == expected


@pytest.mark.parametrize("shares", ["rounded", "exact"])
def test_a_tax_by_unit_on_a_charge_paid_in_part_is_that_of_one_purchase(shares: str) -> None:
    body = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\ntake = { share = 0.333 }\n'
    body += '[[tax]]\ncode = "T"\nname = "T"\nrate = 0.47\non = ["energy", "C"]\n'
    body += 'unit_round = { step = 0.0001, to = "nearest" }\n'
    written = tariff(body, money=f'shares_on = "{shares}"')
    tenders = range(100, 200)
    rows = purchases(*((meter, 0, tender, 0) for meter, tender in enumerate(tenders)))
    found = reprice(written, rows, Hold.MONEY)
    quotes = [Prices(written).quote(tender, on("2024-07-01")) for tender in tenders]
    assert lines(found, Kind.TAX, "T") == [quote.total(Kind.TAX) for quote in quotes]
    assert lines(found, Kind.CHARGE, "C") == [quote.total(Kind.CHARGE) for quote in quotes]


def test_a_charge_that_must_be_paid_as_a_whole_is_paid_even_where_energy_has_a_share() -> None:
    body = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\ntake = { whole = true }\n'
    both = replace(tariff(body), energy_share=Fraction(1, 2))  # which the check of a document refuses
    found = reprice(both, purchases((0, 0, 0, 10), (0, 1, 0, 10)))
    # A unit is 2.00, but less than 20.00 leaves the charge unpaid; then the 10.00 for energy buy 5 units.
    assert found.refused.tolist() == [0, 0]
    single = Prices(both).quote_units(1, on("2024-07-01"))
    assert found.tender.tolist() == [single.tender, 200]
    assert lines(found, Kind.CHARGE, "C") == [1000, 0]


def test_a_charge_that_includes_its_tax_is_due_at_its_amount() -> None:
    body = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\nincludes = ["T"]\n'
    body += '[[tax]]\ncode = "T"\nname = "T"\nrate = 0.15\non = ["C"]\n'
    found = reprice(tariff(body), purchases((0, 0, 1000, 1), (0, 1, 1000, 1)), Hold.MONEY)
    assert lines(found, Kind.CHARGE, "C") == [870, 0]
    assert lines(found, Kind.TAX, "T") == [131, 0]
    assert found.refused.tolist() == [0, 0]
    assert found.units.tolist() == [0, 50]


@pytest.mark.parametrize(
    ("per", "due"),
    [("month", [100, 0, 300]), ("period", [100, 0, 300]), ("day", [0, 500, 9600])],
    ids=["month", "period", "day"],
)
def test_a_charge_of_a_season_falls_due_in_it_only(per: str, due: list[int]) -> None:
    accrues = "" if per == "day" else "accrues = true\n"
    body = f'[[charge]]\ncode = "C"\nname = "C"\namount = 1\nper = "{per}"\n{accrues}'
    season = tariff(f"{body}when = {{ months = [1, 7, 8, 9] }}\n")
    found = reprice(season, purchases((0, 0, 0, 10), (0, 5, 0, 10), (0, 193, 0, 10)))
    # From 6 July to 10 January there are August, September and January; 87 days of summer and 9 of winter.
    assert lines(found, Kind.CHARGE, "C") == due


def test_a_tax_that_the_charge_does_not_include_comes_on_top_of_it() -> None:
    body = '[[charge]]\ncode = "C"\nname = "C"\namount = 115\nper = "month"\nincludes = ["T"]\n'
    body += '[[tax]]\ncode = "T"\nname = "T"\nrate = 0.15\non = ["C"]\n'
    body += '[[tax]]\ncode = "U"\nname = "U"\nrate = 0.05\non = ["C"]\n'
    found = reprice(tariff(body), purchases((0, 0, 20000, 1)), Hold.MONEY)
    assert [lines(found, Kind.TAX, code) for code in "TU"] == [[1500], [500]]
    assert found.units.tolist() == [400]  # 200.00 less 120.00


def test_the_mean_is_of_the_months_that_are_asked_for() -> None:
    energy = "price = 3\nwhen = { mean = { months = 1, from = 20 } }\n[[energy]]\nprice = 2\n"
    found = reprice(tariff(energy=energy), purchases((0, 0, 0, 500), (0, 35, 0, 10), (0, 70, 0, 10)))
    assert found.tender.tolist() == [15000, 300, 200]  # who has no history yet is taken to reach every bound


def test_free_units_move_a_customer_through_the_blocks_of_their_own_period_only() -> None:
    body = '[[free]]\ncode = "F"\nname = "F"\nunits = 10\nper = "month"\n'
    energy = "blocks = [{ upto = 20, price = 1 }, { price = 3 }]"
    rows = purchases((0, 0, 0, 50), (0, 35, 0, 50), (0, 70, 0, 50), (0, 71, 0, 50))
    only_free = loosely(tariff(body, energy=energy), counts=[Counts.FREE])
    assert reprice(only_free, rows).tender.tolist() == [500, 500, 500, 500]


def test_a_rate_of_exchange_holds_from_its_first_day() -> None:
    rates = "rates = [{ from = 2020-01-01, rate = 10 }, { from = 2024-07-10, rate = 20 }]"
    rated = tariff(money=f'prices_in = "USD"\n{rates}')
    found = reprice(rated, purchases((0, 8, 0, 10), (0, 9, 0, 10)))
    assert found.tender.tolist() == [2000, 4000]


def test_a_claim_of_free_units_alone_leaves_what_was_carried_over_where_it_is() -> None:
    free = '[[free]]\ncode = "F"\nname = "F"\nunits = 5\nper = "month"\n'
    found = reprice(
        tariff(free, money='remainder = "carry"', to="down"),
        purchases((0, 0, 519, 1), (0, 40, 0, 1), (0, 41, 501, 1)),
        Hold.MONEY,
    )
    assert found.refused.tolist() == [0, 0, 0]
    assert found.free.tolist() == [50, 50, 0]
    assert lines(found, Kind.CARRIED, "carried") == [19, 0, -19]


def test_a_charge_by_the_day_that_was_never_reckoned_goes_back_to_the_last_purchase() -> None:
    charge = '[[charge]]\ncode = "C"\nname = "C"\namount = 1\nper = "day"\nwhen = { months = [8] }\n'
    found = reprice(tariff(charge), purchases((0, 19, 0, 10), (0, 40, 0, 10)))
    assert lines(found, Kind.CHARGE, "C") == [0, 900]  # 1 to 9 August


def test_the_bounds_themselves_are_allowed() -> None:
    found = reprice(tariff("[limits]\nunits_min = 5\nunits_max = 5\n"), purchases((0, 0, 0, 50)))
    assert found.refused.tolist() == [0]
    bounds = "[limits]\namount_min = 10\namount_max = 10\n"
    assert reprice(tariff(bounds), purchases((0, 0, 0, 50))).refused.tolist() == [0]


def test_lines_of_the_money_are_exact_where_64_bits_do_not_suffice() -> None:
    blocks = "blocks = [{ upto = 50000000, price = 0.123456789012 }, { price = 0.223456789012 }]"
    fine = tariff(energy=blocks, money='lines_of = "tender"')
    found = reprice(fine, purchases((0, 0, 700_000_001, 0)), Hold.MONEY)
    assert lines(found, Kind.ENERGY, "energy") == [700_000_001]


def test_a_reason_has_the_word_of_the_scalar_path() -> None:
    assert Refusal.NONE.word == ""
    assert Refusal.AMOUNT_BELOW.word == "amount_below"
