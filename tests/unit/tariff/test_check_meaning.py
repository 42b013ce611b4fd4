"""What no price list can mean: steps that nobody sells in, parts at the wrong place, fees of everything."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.tariff.papers import PLAIN, changed, kept, line_of, more, priced, told
from voltoken.tariff.reading.check import check, load

MONEY = 'round = { step = 0.01, to = "nearest" }'
ON = 'on = ["energy", "SERVICE"]'


def units(step: str, to: str = "nearest") -> str:
    """Return the plain document with units rounded so."""
    return more(f'[units]\nround = {{ step = {step}, to = "{to}" }}')


def money(text: str, document: str = "") -> str:
    """Return a document with other rules for money."""
    return (document or PLAIN).replace(MONEY, text)


def back(limit: str, document: str = "") -> str:
    """Return a document in which all units cost more above a limit."""
    text = priced(f"blocks = [{{ upto = {limit}, price = 1 }}, {{ price = 2, all_units = true }}]")
    return kept(f"{text}\n{document}")


STEPS = {
    "more than anybody sells": (
        units("1000.1"),
        "units.round.step: 1000.1 is not allowed; it must be at most 1000, with 4 decimals.",
    ),
    "more decimals than a meter counts": (
        units("0.00001"),
        "units.round.step: 0.00001 is not allowed; it must be at most 1000, with 4 decimals.",
    ),
    "a third, written out": (
        units("0.333333333333"),
        "units.round.step: 0.333333333333 is not allowed; it must be at most 1000, with 4 decimals.",
    ),
    "no multiple of it in tenths": (
        units("333.3333"),
        (
            "units.round.step: 333.3333 and the tenths that tokens carry have no common multiple up to 1000; "
            "make it a multiple of 0.1, or a part of it."
        ),
    ),
    "lines of more than anybody pays": (
        money("round = { step = 100.01 }"),
        "money.round.step: 100.01 is more than 100, 10000 coins. Make it smaller.",
    ),
    "all units between two tenths": (
        back("100.05"),
        (
            "energy[1].blocks[1].upto: 100.05 is not a multiple of 0.1, the step in which units are sold; "
            "where a price of all units begins, it must be."
        ),
    ),
    "all units between two steps": (
        back("100.5", '[units]\nround = { step = 1, to = "down" }'),
        (
            "energy[1].blocks[1].upto: 100.5 is not a multiple of 1, the step in which units are sold; "
            "where a price of all units begins, it must be."
        ),
    ),
    "all units between two steps of tokens": (
        back("100.25", '[units]\nround = { step = 0.25, to = "down" }'),
        (
            "energy[1].blocks[1].upto: 100.25 is not a multiple of 0.5, the step in which units are sold; "
            "where a price of all units begins, it must be."
        ),
    ),
    "carried, with units rounded as usual": (
        money('remainder = "carry"'),
        (
            "money.remainder: units are rounded to the nearest step, so that a customer could be left owing; "
            'round them down: [units] round = { step = 0.1, to = "down" }.'
        ),
    ),
    "carried, with units rounded up": (
        money('remainder = "carry"', units("0.1", "up")),
        (
            "money.remainder: units are rounded up, so that a customer could be left owing; "
            'round them down: [units] round = { step = 0.1, to = "down" }.'
        ),
    ),
}


KEPT = money('remainder = "carry"', units("0.1", "down"))


def once(text: str, document: str = KEPT) -> str:
    """Return a document in which the levy is paid once."""
    return document.replace("per_unit = 0.12", text)


ONCE = {
    "without a limit": (
        once("once = 8.6"),
        "levy[1].once: it means nothing without `from_units`; add that, or leave this out.",
    ),
    "from the first unit": (
        once("once = 8.6\nfrom_units = 0"),
        (
            "levy[1].from_units: with `once` it must be above 0: "
            "what everybody pays in a period is a [[charge]]."
        ),
    ),
    "up to a unit": (
        once("once = 8.6\nfrom_units = 30\nupto_units = 31"),
        "levy[1].upto_units: it means nothing beside `once`; leave one of them out.",
    ),
    "rounded by unit": (
        once("once = 8.6\nfrom_units = 30\nunit_round = { step = 0.01 }"),
        "levy[1].unit_round: it means nothing beside `once`; leave one of them out.",
    ),
    "and by unit": (
        once("per_unit = 1\nonce = 8.6\nfrom_units = 30"),
        "levy[1].once: `per_unit` and `once` are both there; keep one of them.",
    ),
    "on something": (
        once('once = 8.6\nfrom_units = 30\non = ["energy"]'),
        "levy[1].on: it means nothing without `rate`; add that, or leave this out.",
    ),
    "less than nothing": (
        once("once = -8.6\nfrom_units = 30"),
        "levy[1].once: -8.6 is not allowed; it must be above 0.",
    ),
    "between two steps": (
        once("once = 8.6\nfrom_units = 30.05"),
        (
            "levy[1].from_units: 30.05 is not a multiple of 0.1, the step in which units are sold; "
            "where `once` falls due, it must be."
        ),
    ),
    "where nothing is kept": (
        once("once = 8.6\nfrom_units = 30", PLAIN),
        'levy[1].once: a payment may end just below it; the rest must be kept: [money] remainder = "carry".',
    ),
    "inside a price": (
        once("once = 8.6\nfrom_units = 30", KEPT.replace("blocks = [", 'includes = ["FUEL"]\nblocks = [')),
        'energy[1].includes[1]: "FUEL" is an amount; only a share can be contained in a price.',
    ),
}


@pytest.mark.parametrize(("text", "message"), ONCE.values(), ids=list(ONCE))
def test_an_amount_that_cannot_be_paid_once_is_told(text: str, message: str) -> None:
    assert told(text) == [message]


def test_an_amount_may_be_paid_once_above_a_number_of_units() -> None:
    (levy, _) = load(once("once = 8.6\nfrom_units = 30")).extras
    assert (levy.once, levy.from_units) == (Fraction("8.6"), Fraction(30))
    assert levy.per_unit is levy.rate is None
    contains = once('once = 8.6\nfrom_units = 30\nincludes = ["VAT"]').replace(ON, 'on = ["FUEL"]')
    assert told(contains) == []


@pytest.mark.parametrize(("text", "message"), STEPS.values(), ids=list(STEPS))
def test_steps_that_no_price_list_can_mean_are_told(text: str, message: str) -> None:
    assert told(text) == [message]


STEPS_IN_ORDER = {
    "the greatest": units("1000"),
    "the finest": units("0.0001"),
    "one with a multiple in tenths": units("0.0625"),
    "the greatest of money": money("round = { step = 100 }"),
    "the greatest of money without cents": money("round = { step = 10000 }").replace('"ZAR"', '"UGX"'),
    "all units from a step": back("100.5", '[units]\nround = { step = 0.5, to = "down" }'),
    "some units from anywhere": priced("blocks = [{ upto = 100.05, price = 1 }, { price = 2 }]"),
    "all units from the first": kept(
        priced("blocks = [{ upto = 100.05, price = 1, all_units = true }, { price = 2 }]")
    ),
    "carried, with units rounded down": money('remainder = "carry"', units("0.1", "down")),
    "not carried": money('remainder = "rounding"', units("0.1", "up")),
}


@pytest.mark.parametrize("text", STEPS_IN_ORDER.values(), ids=list(STEPS_IN_ORDER))
def test_other_steps_are_in_order(text: str) -> None:
    assert told(text) == []


CARRIED = 'remainder = "carry"'
NO_MONEY = changed("[tariff]", "money = 5\n[tariff]").replace(f'[money]\ncurrency = "ZAR"\n{MONEY}\n', "")
FOLLOWING = {
    "a step that is none": (back("100.05", '[units]\nround = { step = 0, to = "down" }'), "units.round.step"),
    "a step that is not allowed": (
        back("0.05", '[units]\nround = { step = 0.00005, to = "down" }'),
        "units.round.step",
    ),
    "a rounding that is none": (back("0.05", "[units]\nround = 1"), "units.round"),
    "units that are none": (
        back("0.05")
        .replace('[units]\nround = { step = 0.1, to = "down" }\n', "")
        .replace("[tariff]", "units = 5\n[tariff]"),
        "units",
    ),
    "a direction that is none": (money(CARRIED, units("0.1", "sideways")), "units.round.to"),
    "carried, with a direction but a step that is none": (
        money(CARRIED, units("0", "down")),
        "units.round.step",
    ),
    "a limit that is none": (back('"100.05"'), "energy[1].blocks[1].upto"),
    "money that is none": (NO_MONEY, "money"),
    "money that is none, with units": (f'{NO_MONEY}\n[units]\nround = {{ step = 1, to = "up" }}', "money"),
}


@pytest.mark.parametrize(("text", "where"), FOLLOWING.values(), ids=list(FOLLOWING))
def test_what_follows_from_a_step_with_a_fault_is_not_told(text: str, where: str) -> None:
    assert [fault.where for fault in check(text)] == [where]


METER = 'collected = "meter"'
AT_METER = changed("blocks = [", f"{METER}\nblocks = [").replace(
    "per_unit = 0.12", f"per_unit = 0.12\n{METER}"
)
FREE = '[[free]]\ncode = "F"\nname = "F"\nunits = 50'
UNKNOWN = "energy[1] is collected at the meter, so that the till does not know the units;"

PLACES = {
    "free units of money": (
        f"{AT_METER}\n{FREE}",
        (
            "free[1]: energy[1] is collected at the meter, where tokens carry money and no units; "
            "leave free units out."
        ),
    ),
    "an amount for each unit": (
        AT_METER.replace(f"0.12\n{METER}", "0.12"),
        f'levy[1].per_unit: {UNKNOWN} add collected = "meter" here.',
    ),
    "a share from a unit on": (
        AT_METER.replace("rate = 0.15", "rate = 0.15\nfrom_units = 10"),
        f'tax[1].from_units: {UNKNOWN} add collected = "meter" here.',
    ),
    "a share up to a unit": (
        AT_METER.replace("rate = 0.15", "rate = 0.15\nupto_units = 10"),
        f'tax[1].upto_units: {UNKNOWN} add collected = "meter" here.',
    ),
    "a tax of the meter in a price of the till": (
        changed("blocks = [", 'includes = ["VAT"]\nblocks = [').replace(ON, f'on = ["energy"]\n{METER}'),
        (
            'energy[1].includes[1]: "VAT" is collected at the meter, and this at the till; '
            "only what is collected with an amount can be contained in it."
        ),
    ),
    "a tax of the till in a charge of the meter that it is not on": (
        changed('per = "month"', f'per = "month"\nincludes = ["VAT"]\n{METER}').replace(
            ON, 'on = ["energy"]'
        ),
        (
            'charge[1].includes[1]: "VAT" is collected at the till, and this at the meter; '
            "only what is collected with an amount can be contained in it."
        ),
    ),
    "a tax that is on it and in it elsewhere": (
        changed('per = "month"', f'per = "month"\nincludes = ["VAT"]\n{METER}'),
        (
            'tax[1].on: "SERVICE" is collected at the meter, and this at the till; '
            "make one for each place, with a code of its own."
        ),
    ),
}


@pytest.mark.parametrize(("text", "message"), PLACES.values(), ids=list(PLACES))
def test_parts_at_the_wrong_place_are_told_once(text: str, message: str) -> None:
    assert told(text) == [message]


def test_parts_at_the_right_place_are_in_order() -> None:
    assert told(AT_METER) == []
    assert told(more(FREE)) == []
    # A meter takes the tax that was paid with the credit out of its prices.
    assert told(AT_METER.replace("blocks = [", 'includes = ["VAT"]\nblocks = [')) == []
    inside = AT_METER.replace("blocks = [", 'includes = ["VAT"]\nblocks = [')
    assert told(inside.replace(ON, f'on = ["energy"]\n{METER}')) == []


def test_a_part_with_a_fault_is_not_told_to_stand_elsewhere() -> None:
    text = AT_METER.replace(f"per_unit = 0.12\n{METER}", 'per_unit = "0.12"')
    assert [fault.where for fault in check(text)] == ["levy[1].per_unit"]


def test_the_first_energy_of_the_meter_is_named() -> None:
    text = priced(f'price = 1\nwhen = {{ customer = ["a"] }}\n[[energy]]\nprice = 2\n{METER}')
    assert told(text) == [f'levy[1].per_unit: {UNKNOWN.replace("1", "2")} add collected = "meter" here.']


def fees(*lines: str) -> str:
    """Return the plain document with fees at its end."""
    return more(
        "\n".join(f'[[charge]]\ncode = "F{at}"\nname = "Fee"\n{line}' for at, line in enumerate(lines))
    )


def of_it(total: str) -> str:
    added = f"the fees of one payment add up to {total} of it"
    return f"{added}, which leaves nothing for energy; they must stay below 1."


FEES = {
    "all of a payment": (fees("rate = 0.6", "rate = 0.4"), f"charge[3].rate: {of_it('1')}"),
    "in one month": (
        fees("rate = 0.6\nwhen = { months = [6, 7] }", "rate = 0.5\nwhen = { months = [7, 8] }"),
        f"charge[3].rate: {of_it('1.1')}",
    ),
    "of customers with a mark and of all": (
        fees(
            "rate = 0.5",
            'rate = 0.5\nwhen = { customer = ["a"] }',
            'rate = 0.4\nwhen = { not_customer = ["a"] }',
        ),
        f"charge[3].rate: {of_it('1')}",
    ),
    "of customers with either mark": (
        fees('rate = 0.5\nwhen = { customer = ["a", "b"] }', 'rate = 0.5\nwhen = { not_customer = ["a"] }'),
        f"charge[3].rate: {of_it('1')}",
    ),
    "of which one has no condition on marks": (
        fees("rate = 0.5\nwhen = { months = [1] }", 'rate = 0.5\nwhen = { not_customer = ["a"] }'),
        f"charge[3].rate: {of_it('1')}",
    ),
    "of three, where one excludes both of the others": (
        fees(
            'rate = 0.6\nwhen = { customer = ["a"] }',
            'rate = 0.5\nwhen = { not_customer = ["a", "b"] }',
            'rate = 0.4\nwhen = { customer = ["b"] }',
        ),
        f"charge[4].rate: {of_it('1')}",
    ),
    "of three, where two exclude each other": (
        fees(
            'rate = 0.5\nwhen = { customer = ["a"] }',
            'rate = 0.4\nwhen = { not_customer = ["a"] }',
            'rate = 0.5\nwhen = { customer = ["b"] }',
        ),
        f"charge[4].rate: {of_it('1')}",
    ),
}


@pytest.mark.parametrize(("text", "message"), FEES.values(), ids=list(FEES))
def test_fees_that_leave_nothing_are_told_once(text: str, message: str) -> None:
    assert told(text) == [message]


FEES_IN_ORDER = {
    "nearly all of a payment": fees("rate = 0.6", "rate = 0.3999"),
    "in different months": fees("rate = 0.6\nwhen = { months = [6] }", "rate = 0.6\nwhen = { months = [7] }"),
    "of different customers": fees(
        'rate = 0.6\nwhen = { not_customer = ["a", "b"] }', 'rate = 0.6\nwhen = { customer = ["a"] }'
    ),
    "at different places": fees("rate = 0.6", f"rate = 0.6\n{METER}"),
    "up to an amount": fees("rate = 0.6", "rate = 0.6\ntake = { at_most = 5 }"),
    "up to a share": fees("rate = 0.6", "rate = 0.3\ntake = { share = 0.3 }"),
}


@pytest.mark.parametrize("text", FEES_IN_ORDER.values(), ids=list(FEES_IN_ORDER))
def test_fees_that_leave_something_are_in_order(text: str) -> None:
    assert told(text) == []


def test_a_fee_with_a_fault_is_not_added() -> None:
    text = fees("rate = 0.6", "rate = 0.6\nxyz = true")
    assert [fault.where for fault in check(text)] == ["charge[3].xyz"]


def test_the_line_is_that_of_the_last_fee() -> None:
    text = fees("rate = 0.4", "rate = 0.6", "rate = 0.07")
    assert [fault.line for fault in check(text)] == [line_of("rate = 0.07", text)]


def test_the_most_hours_that_a_document_may_have_are_checked() -> None:
    # 12 prices of 20 slots with 8 hours of a minute each: minute by minute that is two million questions.
    energies = [f'sold_at = 1\nwhen = {{ customer = ["m{at}"] }}\n{slots(at)}' for at in range(11)]
    energies.append(f"sold_at = 1\n{slots(11)}")
    text = priced("\n[[energy]]\n".join(energies))
    assert [len(energy.slots) for energy in load(text).energies] == [20] * 12
    gone = text.replace('name = "s19", price = 1', 'name = "s19", price = 1, days = ["mon"]', 1)
    assert told(gone) == [
        (
            'energy[1].times: there is no price at 00:01 on "tue" in month 1; '
            "add a last slot without hours, days and months."
        )
    ]


def slots(offset: int) -> str:
    """Return twenty slots of an energy."""
    rows = []
    for at in range(20):
        starts = [60 * part + 3 * at + offset for part in range(8)]
        hours = ", ".join(f'"{clock(start)}-{clock(start + 1)}"' for start in starts)
        rows.append(f'{{ name = "s{at}", price = 1{f", hours = [{hours}]" if at < 19 else ""} }}')
    return f"times = [{', '.join(rows)}]"


def clock(minute: int) -> str:
    """Return a minute of the day as a document has it."""
    return f"{minute // 60:02}:{minute % 60:02}"
