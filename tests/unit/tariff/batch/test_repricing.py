"""Purchases priced anew: rounds, what is carried from one to the next, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from tests.unit.tariff.batch.bought import loosely, purchases
from tests.unit.tariff.written import tariff
from voltoken.errors import FieldError
from voltoken.tariff import Direction, Kind, Tariff, When
from voltoken.tariff.batch import Component, Hold, Purchases, Refusal, reprice
from voltoken.tariff.words import Place


def lines(found: Any, kind: Kind, code: str) -> list[int]:
    return [int(amount) for amount in found.lines[Component(kind, code)]]


def test_the_same_energy_costs_what_the_draft_says() -> None:
    found = reprice(tariff(), purchases((0, 0, 999, 100), (1, 3, 999, 25)))
    assert found.tender.tolist() == [2000, 500]
    assert found.units.tolist() == [100, 25]


def test_the_same_money_buys_what_the_draft_says() -> None:
    found = reprice(tariff(), purchases((0, 0, 1000, 1), (1, 3, 505, 1)), Hold.MONEY)
    assert found.units.tolist() == [50, 25]
    assert found.tender.tolist() == [1000, 505]
    assert lines(found, Kind.ROUNDING, "rounding") == [0, 5]


def test_purchases_fill_the_blocks_in_the_order_of_time_whatever_the_order_of_rows() -> None:
    blocks = tariff(energy="blocks = [{ upto = 10, price = 1 }, { price = 3 }]")
    found = reprice(blocks, purchases((7, 20, 0, 100), (7, 2, 0, 100), (7, 40, 0, 100)))
    assert found.tender.tolist() == [3000, 1000, 1000]


def test_two_purchases_at_one_moment_keep_the_order_of_rows() -> None:
    blocks = tariff(energy="blocks = [{ upto = 10, price = 1 }, { price = 3 }]")
    found = reprice(blocks, purchases((7, 2, 0, 100), (7, 2, 0, 50)))
    assert found.tender.tolist() == [1000, 1500]


def test_a_monthly_charge_is_taken_once_and_accrues_over_idle_months() -> None:
    charge = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\naccrues = true\n'
    found = reprice(tariff(charge), purchases((0, 0, 0, 10), (0, 5, 0, 10), (0, 95, 0, 10)))
    assert lines(found, Kind.CHARGE, "C") == [1000, 0, 3000]


def test_what_is_not_paid_is_owed_by_the_next_purchase() -> None:
    charge = '[[charge]]\ncode = "C"\nname = "C"\namount = 10\nper = "month"\ntake = { share = 0.5 }\n'
    found = reprice(tariff(charge), purchases((0, 0, 1000, 1), (0, 5, 2000, 1)), Hold.MONEY)
    assert lines(found, Kind.CHARGE, "C") == [500, 500]


def test_a_charge_by_the_day_is_reckoned_from_the_last_purchase() -> None:
    charge = '[[charge]]\ncode = "C"\nname = "C"\namount = 1\nper = "day"\naccrues_max = 5\n'
    found = reprice(tariff(charge), purchases((0, 0, 0, 10), (0, 3, 0, 10), (0, 30, 0, 10)))
    assert lines(found, Kind.CHARGE, "C") == [0, 300, 500]


def test_free_units_are_given_once_a_month_and_only_unasked() -> None:
    free = '[[free]]\ncode = "F"\nname = "F"\nunits = 50\nper = "month"\n'
    asked = '[[free]]\ncode = "G"\nname = "G"\nunits = 20\nper = "month"\nclaim = true\n'
    found = reprice(tariff(free + asked), purchases((0, 0, 0, 10), (0, 5, 0, 10), (0, 35, 0, 10)))
    assert found.free.tolist() == [500, 0, 500]


def test_free_units_alone_leave_what_is_due_alone() -> None:
    body = '[[free]]\ncode = "F"\nname = "F"\nunits = 50\nper = "month"\n'
    body += '[[charge]]\ncode = "C"\nname = "C"\namount = 1\nper = "month"\n'
    found = reprice(tariff(body), purchases((0, 0, 0, 10), (0, 5, 500, 10)), Hold.MONEY)
    assert found.refused.tolist() == [0, 0]
    assert found.free.tolist() == [500, 0]
    assert lines(found, Kind.CHARGE, "C") == [0, 100]


def test_money_that_buys_no_step_is_carried_to_the_next_purchase() -> None:
    found = reprice(
        tariff(money='remainder = "carry"', to="down"), purchases((0, 0, 519, 1), (0, 5, 501, 1)), Hold.MONEY
    )
    assert found.units.tolist() == [25, 26]
    assert lines(found, Kind.CARRIED, "carried") == [19, -19]


def test_marks_and_the_mean_of_past_months_choose_the_price() -> None:
    dear = 'price = 4\nwhen = { customer = ["business"] }\n[[energy]]\nprice = 3\n'
    dear += "when = { mean = { months = 2, from = 20, without_history = false } }\n[[energy]]\nprice = 2\n"
    found = reprice(
        tariff(energy=dear),
        purchases((0, 0, 0, 300), (0, 35, 0, 100), (0, 70, 0, 10), (1, 0, 0, 10), marks=[0, 0, 0, 1]),
    )
    # The means are 30 in August and (30 + 10) / 2 in September; the second customer is a business.
    assert found.tender.tolist() == [6000, 3000, 300, 400]


def meant_for_nobody() -> Tariff:
    """A tariff as its check would not let it pass."""
    written = tariff()
    nobody = When(customer=frozenset({"nobody"}))
    return replace(written, energies=(replace(written.energies[0], when=nobody),))


def takes_everything() -> Tariff:
    """Another: a fee that leaves nothing for energy."""
    written = tariff('[[charge]]\ncode = "C"\nname = "C"\nrate = 0.5\n')
    return replace(written, charges=(replace(written.charges[0], rate=Fraction(1)),))


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        (meant_for_nobody(), Refusal.NO_PRICE),
        (tariff(money='prices_in = "USD"'), Refusal.NO_EXCHANGE),
        (tariff('[[levy]]\ncode = "L"\nname = "L"\nper_unit = { "2020-01" = 1 }\n'), Refusal.NO_MONTH),
        (tariff(step="1"), Refusal.UNITS_STEP),
        (tariff("[limits]\namount_min = 50\n"), Refusal.AMOUNT_BELOW),
        (tariff("[limits]\namount_max = 5\n"), Refusal.AMOUNT_ABOVE),
        (tariff("[limits]\nunits_min = 20\n"), Refusal.UNITS_BELOW),
        (tariff("[limits]\nunits_max = 5\n"), Refusal.UNITS_ABOVE),
        (takes_everything(), Refusal.UNREACHABLE),
    ],
    ids=lambda value: value.word if isinstance(value, Refusal) else "",
)
def test_what_cannot_be_sold_is_refused_and_leaves_nothing_behind(written: Any, refusal: Refusal) -> None:
    found = reprice(written, purchases((0, 0, 1234, 105), (0, 40, 1234, 105)))
    assert found.refused.tolist() == [refusal, refusal]
    assert not found.tender.any()
    assert not found.units.any()
    assert not any(line.any() for line in found.lines.values())


@pytest.mark.parametrize(
    ("written", "tender", "refusal"),
    [
        (
            tariff(
                '[[charge]]\ncode = "C"\nname = "C"\namount = 50\nper = "month"\ntake = { whole = true }\n'
            ),
            100,
            7,
        ),
        (tariff(), 5, Refusal.TOO_SMALL),
        (tariff(), 0, Refusal.AMOUNT_BELOW),
    ],
    ids=["charge_unpaid", "too_small", "amount_below"],
)
def test_money_that_is_too_little_is_refused(written: Any, tender: int, refusal: int) -> None:
    assert reprice(written, purchases((0, 0, tender, 1)), Hold.MONEY).refused.tolist() == [refusal]


def test_money_owed_from_the_last_purchase_has_to_be_paid_first() -> None:
    owing = loosely(tariff(money='remainder = "carry"', to="down", step="1"), Direction.UP)
    found = reprice(owing, purchases((0, 0, 1, 10), (0, 1, 1, 10), (0, 2, 300, 10)), Hold.MONEY)
    # The first pays 0.01 for a unit of 2.00 and owes 1.99.
    assert found.refused.tolist() == [0, Refusal.AMOUNT_BELOW, 0]
    assert found.units.tolist() == [10, 0, 10]


def test_a_charge_for_each_of_something_needs_their_number() -> None:
    written = tariff('[[charge]]\ncode = "C"\nname = "C"\namount = 1\nper = "month"\n')
    sized = replace(written, charges=(replace(written.charges[0], each="kVA"),))
    assert reprice(sized, purchases((0, 0, 0, 10))).refused.tolist() == [Refusal.SIZE_UNKNOWN]


def test_prices_in_another_currency_take_the_rate_of_the_day_or_the_one_given() -> None:
    rated = tariff(
        money='prices_in = "USD"\nrates = [{ from = 2024-07-10, rate = 20 }]', valid_from="2024-07-10"
    )
    found = reprice(rated, purchases((0, 0, 0, 10), (0, 20, 0, 10)), exchange=Fraction(10))
    assert found.tender.tolist() == [2000, 4000]


def test_debts_are_not_known_and_nothing_is_taken_for_them() -> None:
    debt = '[[debt]]\ncode = "D"\nname = "D"\ntake = { share = 0.5 }\n'
    found = reprice(tariff(debt), purchases((0, 0, 1000, 10)), Hold.MONEY)
    assert found.units.tolist() == [50]
    assert lines(found, Kind.DEBT, "D") == [0]


def test_periods_of_days_start_the_blocks_again() -> None:
    energy = "blocks = [{ upto = 10, price = 1 }, { price = 3 }]"
    body = "[period]\ndays = 30\nstarts = 2024-07-05\n"
    body += '[[charge]]\ncode = "C"\nname = "C"\namount = 1\nper = "period"\n'
    found = reprice(tariff(body, energy=energy), purchases((0, 0, 0, 100), (0, 4, 0, 100), (0, 33, 0, 100)))
    assert [int(one) for one in found.tender] == [1100, 1100, 3000]


def test_every_part_of_the_price_is_told_and_they_add_up() -> None:
    body = '[[levy]]\ncode = "L"\nname = "L"\nper_unit = 0.5\n'
    body += '[[tax]]\ncode = "T"\nname = "T"\nrate = 0.1\non = ["energy"]\n'
    found = reprice(tariff(body), purchases((0, 0, 0, 100)))
    assert lines(found, Kind.ENERGY, "energy") == [2000]
    assert lines(found, Kind.LEVY, "L") == [500]
    assert lines(found, Kind.TAX, "T") == [200]
    assert sum(int(line[0]) for line in found.lines.values()) == found.tender[0] == 2700


def test_rows_that_64_bits_cannot_hold_are_exact_beside_those_they_can() -> None:
    fine = tariff(
        '[[charge]]\ncode = "C"\nname = "C"\namount = 1\nper = "month"\ntake = { share = 0.123456789 }\n'
    )
    found = reprice(fine, purchases((0, 0, 10**18, 1), (1, 0, 1000, 1)), Hold.MONEY)
    assert found.refused.tolist() == [Refusal.UNITS_ABOVE, 0]
    assert found.units[1] == 45


def test_progress_is_told_once_a_round() -> None:
    done: list[int] = []
    reprice(tariff(), purchases((0, 0, 0, 10), (0, 1, 0, 10), (1, 0, 0, 10)), done=done.append)
    assert done == [2, 1]


def test_nothing_comes_of_nothing() -> None:
    nothing = np.zeros(0, np.int64)
    found = reprice(tariff(), Purchases(nothing, nothing, nothing, nothing, nothing))
    assert len(found.tender) == 0
    assert not found.lines


def test_a_tariff_whose_energy_the_meter_collects_cannot_be_repriced() -> None:
    written = tariff()
    metered = replace(written, energies=(replace(written.energies[0], collected=Place.METER),))
    with pytest.raises(FieldError, match="collected at the till"):
        reprice(metered, purchases((0, 0, 0, 10)))
