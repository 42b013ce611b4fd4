"""Whether everybody has a price above zero: hours without gaps, bands that cover all, bounded rebates."""

from __future__ import annotations

import pytest

from tests.unit.tariff.papers import changed, line_of, more, priced, told
from voltoken.tariff.reading.check import check, load


def times(*slots: str, sold_at: str = "sold_at = 2") -> str:
    """Return the plain document with prices by hour."""
    listed = ", ".join(f'{{ name = "x", price = 2, {slot} }}'.replace(",  }", " }") for slot in slots)
    return priced(f"times = [{listed}]\n{sold_at}")


def bands(*conditions: str) -> str:
    """Return the plain document with a price for each condition; an empty one is none."""
    rows = [f"when = {{ {when} }}\nprice = 1" if when else "price = 1" for when in conditions]
    return priced("\n[[energy]]\n".join(rows))


def rebate(text: str, document: str | None = None) -> str:
    """Return a document with a rebate at its end."""
    row = f'[[levy]]\ncode = "R"\nname = "Rebate"\n{text}'
    return more(row) if document is None else f"{document}\n{row}\n"


ALL = ""
HOURS = {
    "a day backwards": (
        times('hours = ["22:00-06:00"]', ALL),
        (
            "energy[1].times[1].hours[1]: 22:00-06:00 ends before it begins; "
            "write hours past midnight as two, until 24:00 and from 00:00."
        ),
    ),
    "no time at all": (
        times('hours = ["06:00-06:00"]', ALL),
        (
            "energy[1].times[1].hours[1]: 06:00-06:00 ends before it begins; "
            "write hours past midnight as two, until 24:00 and from 00:00."
        ),
    ),
    "twice the same hour": (
        times('hours = ["06:00-09:00", "08:59-10:00"]', ALL),
        "energy[1].times[1].hours[2]: 08:59-10:00 overlaps with hours before it; give every hour once.",
    ),
    "no hours": (
        times('hours = ["6-9"]', ALL),
        (
            'energy[1].times[1].hours[1]: "6-9" is not allowed; '
            'it must be hours such as "06:00-08:30", on one day from 00:00 to 24:00.'
        ),
    ),
    "after midnight": (
        times('hours = ["06:00-24:01"]', ALL),
        (
            'energy[1].times[1].hours[1]: "06:00-24:01" is not allowed; '
            'it must be hours such as "06:00-08:30", on one day from 00:00 to 24:00.'
        ),
    ),
    "a gap at the end of the day": (
        times('hours = ["00:00-06:00"]', 'hours = ["06:00-22:00"]'),
        (
            'energy[1].times: there is no price at 22:00 on "mon" in month 1; '
            "add a last slot without hours, days and months."
        ),
    ),
    "a gap at the beginning of the day": (
        times('hours = ["00:01-24:00"]'),
        (
            'energy[1].times: there is no price at 00:00 on "mon" in month 1; '
            "add a last slot without hours, days and months."
        ),
    ),
    "a gap in a week": (
        times('days = ["mon", "tue", "wed", "thu", "fri"]', 'days = ["sun"]'),
        (
            'energy[1].times: there is no price at 00:00 on "sat" in month 1; '
            "add a last slot without hours, days and months."
        ),
    ),
    "a gap in a year": (
        times("months = [1, 2, 3, 4]", "months = [6, 7, 8, 9, 10, 11, 12]"),
        (
            'energy[1].times: there is no price at 00:00 on "mon" in month 5; '
            "add a last slot without hours, days and months."
        ),
    ),
    "hours that are taken": (
        times('hours = ["06:00-22:00"]', 'hours = ["07:00-08:00"]', ALL),
        (
            "energy[1].times[2]: all its hours belong to slots before it; the first that fits holds. "
            "Put it before them."
        ),
    ),
    "no price at which it is sold": (
        times(ALL, sold_at=""),
        (
            "energy[1].times: it needs `sold_at`, the price at which a token is sold, or a "
            "`share` in every slot."
        ),
    ),
    "shares of some": (
        times('hours = ["06:00-09:00"], share = 0.5', ALL, sold_at=""),
        (
            "energy[1].times: it needs `sold_at`, the price at which a token is sold, or a "
            "`share` in every slot."
        ),
    ),
    "shares and a price at which it is sold": (
        times("share = 1"),
        "energy[1].sold_at: the slots have shares, which give the average; keep these or `sold_at`.",
    ),
    "shares of more than all": (
        times('hours = ["06:00-09:00"], share = 0.5', "share = 0.51", sold_at=""),
        "energy[1].times: the shares add up to 1.01; they must add up to 1.",
    ),
    "a share that is none": (
        times('hours = ["06:00-09:00"], share = 0.5', "share = 50", sold_at=""),
        "energy[1].times[2].share: 50 is not allowed; it must be from 0 to 1. Write 50 % as 0.5.",
    ),
}


@pytest.mark.parametrize(("text", "message"), HOURS.values(), ids=list(HOURS))
def test_hours_with_a_fault_are_told(text: str, message: str) -> None:
    assert told(text) == [message]


def test_hours_that_cover_every_week_are_in_order() -> None:
    week = ('hours = ["00:00-06:00", "22:00-24:00"]', 'hours = ["06:00-22:00"], days = ["sat", "sun"]')
    assert check(times(*week, 'days = ["mon", "tue", "wed", "thu", "fri"]')) == ()
    assert check(times('hours = ["06:00-08:00", "08:00-09:00", "05:00-06:00"]', ALL)) == ()
    assert check(times("months = [6, 7, 8], share = 0.3", "share = 0.7", sold_at="")) == ()
    assert check(times('hours = ["07:00-08:00"]', 'hours = ["06:00-22:00"]', ALL)) == ()


def test_a_slot_that_cannot_be_read_is_not_missed() -> None:
    text = times('hours = ["00:00-06:00"]', 'hours = ["06:00-24:00"]')
    lost = text.replace('hours = ["06:00-24:00"]', 'hours = "x"')
    assert [fault.where for fault in check(lost)] == ["energy[1].times[2].hours"]


def test_a_price_at_which_it_is_sold_that_cannot_be_read_is_not_missed() -> None:
    assert len(check(times(ALL, sold_at="= 2"))) == 1
    assert len(check(times(ALL, sold_at="sold_at = two"))) == 1


def test_of_several_gaps_the_first_is_told() -> None:
    assert len(check(times('hours = ["08:00-09:00"], days = ["mon"]'))) == 1


NEVER = "it has no `when`, so that energy[2] is never used; put it last."
SOME = "some customers have no price, as its `when` need not hold; leave out the last one's `when`."

UNCOVERED = {
    "a price for all before one for some": (bands("", 'customer = ["a"]'), f"energy[1]: {NEVER}"),
    "prices for all twice": (bands("", ""), f"energy[1]: {NEVER}"),
    "one mark": (bands('customer = ["a"]'), f"energy[1].when: {SOME}"),
    "a mark and its absence": (
        bands('customer = ["a"]', 'not_customer = ["a"]'),
        f"energy[2].when: {SOME}",
    ),
    "eleven months": (
        bands("months = [1, 2, 3, 4, 5, 6]", "months = [7, 8, 9, 10, 11]"),
        f"energy[2].when: {SOME}",
    ),
    "twelve months, some for a mark": (
        bands("months = [1, 2, 3, 4, 5, 6]", 'months = [7, 8, 9, 10, 11, 12], customer = ["a"]'),
        f"energy[2].when: {SOME}",
    ),
    "a gap between averages": (
        bands("mean = { months = 3, below = 5 }", "mean = { months = 3, from = 5.1 }"),
        f"energy[2].when: {SOME}",
    ),
    "averages with an end": (
        bands("mean = { months = 3, below = 5 }", "mean = { months = 3, from = 5, below = 50 }"),
        f"energy[2].when: {SOME}",
    ),
    "averages with a beginning": (bands("mean = { months = 3, from = 5 }"), f"energy[1].when: {SOME}"),
    "averages over different times": (
        bands("mean = { months = 3, below = 5 }", "mean = { months = 6, from = 5 }"),
        f"energy[2].when: {SOME}",
    ),
    "averages that nobody new has": (
        bands(
            "mean = { months = 3, below = 5, without_history = false }",
            "mean = { months = 3, from = 5, without_history = false }",
        ),
        f"energy[2].when: {SOME}",
    ),
}


@pytest.mark.parametrize(("text", "message"), UNCOVERED.values(), ids=list(UNCOVERED))
def test_customers_without_a_price_are_told(text: str, message: str) -> None:
    assert told(text) == [message]


COVERED = {
    "all after some": bands('customer = ["a"]', "mean = { months = 3, from = 5 }", ""),
    "a condition that asks nothing": bands('customer = ["a"]').replace('customer = ["a"]', ""),
    "twelve months": bands("months = [10, 11, 12, 1, 2, 3]", "months = [4, 5, 6, 7, 8, 9]"),
    "averages from any number on": bands(
        "mean = { months = 3, from = 20, without_history = false }",
        "mean = { months = 3, below = 5 }",
        "mean = { months = 3, at_least = 5, below = 50, without_history = false }",
        'customer = ["a"]',
    ),
}


@pytest.mark.parametrize("text", COVERED.values(), ids=list(COVERED))
def test_prices_for_everybody_are_in_order(text: str) -> None:
    assert told(text) == []


def test_a_condition_with_a_fault_may_have_covered_all() -> None:
    text = bands("mean = { months = 3, below = 5 }", "mean = { months = 40, from = 5 }")
    assert [fault.where for fault in check(text)] == ["energy[2].when.mean.months"]
    broken = bands('customer = ["a"]').replace("[[levy]]", "[[levy")
    assert [fault.where for fault in check(broken)] == [""]


def lost(part: str) -> str:
    return f"nothing is left of {part}; make this rebate smaller."


REBATES = {
    "all of the energy": (
        rebate('rate = -0.99\non = ["energy", "VAT"]', changed("per_unit = 0.12", "per_unit = -0.03")),
        f"levy[2].rate: {lost('the price in energy[1] of units above 0')}",
    ),
    "more than the cheapest unit": (
        rebate("per_unit = -2.90"),
        f"levy[2].per_unit: {lost('the price in energy[1] of units above 0')}",
    ),
    "more than the units of a range": (
        rebate("per_unit = -3.3\nfrom_units = 400\nupto_units = 450"),
        f"levy[2].per_unit: {lost('the price in energy[1] of units above 400')}",
    ),
    "in the month where it is most": (
        rebate("per_unit = { 2024-07 = 1, 2024-08 = -9 }"),
        f"levy[2].per_unit: {lost('the price in energy[1] of units above 0')}",
    ),
    "rounded up": (
        rebate(
            'rate = -0.6\non = ["energy"]\nunit_round = { step = 1 }',
            priced("price = 2.6").replace("per_unit = 0.12", "per_unit = -1"),
        ),
        f"levy[1].per_unit: {lost('the price in energy[1] of units above 0')}",
    ),
    "a charge": (
        rebate(
            'rate = -0.99\non = ["SERVICE"]',
            changed('rate = 0.15\non = ["energy", "SERVICE"]', 'rate = -0.01\non = ["SERVICE"]'),
        ),
        f"levy[2].rate: {lost('charge[1]')}",
    ),
    "a debt": (
        rebate(
            'rate = -0.99\non = ["arrears"]',
            changed('rate = 0.15\non = ["energy", "SERVICE"]', 'rate = -0.01\non = ["arrears"]'),
        ),
        f"levy[2].rate: {lost('debt[1]')}",
    ),
    "what a price contains": (
        rebate(
            'rate = -0.5\non = ["energy"]',
            changed("blocks = [", 'includes = ["R", "VAT"]\nblocks = [').replace(
                "rate = 0.15", "rate = -0.5"
            ),
        ),
        f"levy[2].rate: {lost('what energy[1] is without what it includes')}",
    ),
    "what a levy contains": (
        rebate(
            'rate = -0.5\non = ["FUEL"]',
            changed("per_unit = 0.12", 'per_unit = 0.12\nincludes = ["R", "VAT"]').replace(
                'rate = 0.15\non = ["energy", "SERVICE"]', 'rate = -0.5\non = ["FUEL"]'
            ),
        ),
        f"levy[2].rate: {lost('what levy[1] is without what it includes')}",
    ),
    "two that come together": (
        rebate(
            'rate = -0.5\non = ["SERVICE"]\nwhen = { customer = ["a"] }',
            changed("rate = 0.15", 'rate = -0.5\nwhen = { customer = ["b"] }').replace(
                'on = ["energy", "SERVICE"]', 'on = ["SERVICE"]'
            ),
        ),
        f"levy[2].rate: {lost('charge[1]')}",
    ),
    "against what few pay": (
        rebate(
            "per_unit = -2.4",
            changed("rate = 0.15", 'rate = 0.15\nwhen = { customer = ["b"] }').replace("= 0.12", "= 0"),
        ),
        f"levy[2].per_unit: {lost('the price in energy[1] of units above 0')}",
    ),
}


@pytest.mark.parametrize(("text", "message"), REBATES.values(), ids=list(REBATES))
def test_rebates_that_leave_nothing_are_told_once(text: str, message: str) -> None:
    assert told(text) == [message]


LEFT = {
    "a part": rebate('rate = -0.99\non = ["energy", "SERVICE", "arrears"]'),
    "less than all with the levies": rebate("per_unit = -2.83"),
    "more, but not of these units": rebate("per_unit = -2.9\nfrom_units = 500"),
    "in different months": rebate(
        "per_unit = -2\nwhen = { months = [1] }",
        changed("per_unit = 0.12", "per_unit = -2\nwhen = { months = [2] }"),
    ),
    "more, but of units that cost more": rebate(
        "per_unit = -3\nupto_units = 10", priced("blocks = [{ upto = 10, price = 5 }, { price = 1 }]")
    ),
    "more, but in a month before its season": rebate(
        "per_unit = { 2023-08 = -9, 2024-07 = -1 }\nwhen = { months = [7] }"
    ),
    "less than a price with the tax in it": rebate(
        "per_unit = -2.3", priced('price = 2.3\nincludes = ["VAT"]')
    ),
    "at the meter": rebate('per_unit = -9\ncollected = "meter"'),
    "of what the meter collects": rebate(
        'per_unit = -9\ncollected = "meter"',
        changed("blocks = [", 'collected = "meter"\nblocks = [').replace(
            "per_unit = 0.12", 'per_unit = 0.12\ncollected = "meter"'
        ),
    ),
}


@pytest.mark.parametrize("text", LEFT.values(), ids=list(LEFT))
def test_rebates_that_leave_something_are_in_order(text: str) -> None:
    assert told(text) == []


def test_a_rebate_is_seen_beside_other_faults() -> None:
    text = rebate("per_unit = -9", changed("rate = 0.15", "rate = 15").replace("SERVICE", "SERVCE", 1))
    wheres = [fault.where for fault in check(text)]
    assert wheres == ["tax[1].rate", "tax[1].on[2]", "levy[2].per_unit"]
    unclean = rebate('per_unit = -9\nname2 = "x"')
    assert [fault.where for fault in check(unclean)] == ["levy[2].name2"]
    no_energy = rebate("per_unit = -9", changed("price = 2.3640", "price = 0"))
    assert [fault.where for fault in check(no_energy)] == ["energy[1].blocks[1].price"]


def test_the_line_of_a_rebate_is_that_of_its_rate() -> None:
    text = rebate("per_unit = -9")
    assert check(text)[0].line == line_of("per_unit = -9", text)


ROUND = "price_round = { step = 10 }\n[[energy]]"
ROUNDED = "energy[1]: a price is rounded to nothing by `price_round`; make its step smaller."


def test_a_price_that_is_rounded_to_nothing_is_told() -> None:
    text = changed("[[energy]]", ROUND)
    assert told(text) == [ROUNDED]
    assert load(text.replace("step = 10 ", "step = 1 ")).money.price is not None
    included = changed("[[energy]]", ROUND.replace("10", "4.5")).replace(
        "blocks = [", 'includes = ["VAT"]\nblocks = ['
    )
    assert told(included) == [ROUNDED]


def test_what_is_rounded_at_a_rate_of_exchange_is_not_known() -> None:
    assert check(changed("[[energy]]", f'prices_in = "USD"\n{ROUND}')) == ()


def test_what_is_rounded_by_a_rule_with_a_fault_is_not_known() -> None:
    text = changed("[[energy]]", ROUND.replace("10", '10, to = "sideways"'))
    assert [fault.where for fault in check(text)] == ["money.price_round.to"]
    lost_energy = changed("[[energy]]", ROUND).replace("price = 2.3640", "price = 0")
    assert [fault.where for fault in check(lost_energy)] == ["energy[1].blocks[1].price"]
