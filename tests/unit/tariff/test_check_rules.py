"""What keys of a document say together: each table against the rules of its own."""

from __future__ import annotations

import pytest

from tests.unit.tariff.papers import changed, kept, more, priced, told
from voltoken.tariff.reading.check import check

MONEY = 'currency = "ZAR"'
CHARGE = 'amount = 200\nper = "month"\ntake = { share = 0.50 }'
DEBT = "take = { share = 0.25 }"
VALID = "valid_until = 2025-06-30"


def charge(text: str) -> str:
    """Return the plain document with another charge."""
    return changed(CHARGE, text)


def debt(text: str) -> str:
    """Return the plain document with another debt."""
    return changed(DEBT, text)


def take(text: str) -> str:
    """Return the plain document in which a purchase pays so much of the charge."""
    return changed("take = { share = 0.50 }", f"take = {{ {text} }}")


def levy(text: str) -> str:
    """Return the plain document with another levy."""
    return changed("per_unit = 0.12", text)


def rates(text: str) -> str:
    """Return the plain document with prices in dollars, and rates."""
    return changed(MONEY, f'{MONEY}\nprices_in = "USD"\nrates = [{text}]')


def when(text: str) -> str:
    """Return the plain document in which the levy has a condition."""
    return levy(f"per_unit = 0.12\nwhen = {{ {text} }}")


NOTHING = "it means nothing"

FAULTS = {
    "valid until before valid from": (
        changed(VALID, "valid_until = 2024-06-30"),
        "tariff.valid_until: 2024-06-30 is before the first day, 2024-07-01.",
    ),
    # money
    "a step between two coins": (
        changed("step = 0.01", "step = 0.005"),
        "money.round.step: 0.005 is not a multiple of the smallest coin, 0.01.",
    ),
    "a step between two coins of a currency without cents": (
        changed(MONEY, 'currency = "UGX"'),
        "money.round.step: 0.01 is not a multiple of the smallest coin, 1.",
    ),
    "a step between two coins of so many places": (
        changed(MONEY, f"{MONEY}\nplaces = 1"),
        "money.round.step: 0.01 is not a multiple of the smallest coin, 0.1.",
    ),
    "rates for one currency": (
        changed(MONEY, f"{MONEY}\nrates = [{{ from = 2024-07-01, rate = 20 }}]"),
        f"money.rates: {NOTHING} without `prices_in`; add that, or leave this out.",
    ),
    "rates for the same currency": (
        rates("{ from = 2024-07-01, rate = 20 }").replace('"USD"', '"ZAR"'),
        "money.prices_in: payments are in ZAR as well; leave it out.",
    ),
    "rates that do not rise in date": (
        rates("{ from = 2024-07-01, rate = 20 }, { from = 2024-07-01, rate = 21 }"),
        (
            "money.rates[2].from: 2024-07-01 does not come after 2024-07-01; put the rates in "
            "order, one for a day."
        ),
    ),
    "rates that begin late": (
        rates("{ from = 2024-07-02, rate = 20 }"),
        (
            "money.rates[1].from: there is no rate from 2024-07-01, when this version begins, "
            "to 2024-07-02; add one."
        ),
    ),
    # period
    "a period of two lengths": (
        more('[period]\nevery = "month"\ndays = 30\nstarts = 2024-07-01'),
        f"period.days: {NOTHING} beside `every`; leave one of them out.",
    ),
    "a period without a beginning": (
        more("[period]\ndays = 30"),
        f"period.days: {NOTHING} without `starts`; add that, or leave this out.",
    ),
    "a beginning without a length": (
        more("[period]\nstarts = 2024-07-01"),
        f"period.starts: {NOTHING} without `days`; add that, or leave this out.",
    ),
    "bought units that do not count": (
        more('[period]\ncounts = ["free"]'),
        'period.counts: units that are bought always count; write ["bought"] or ["bought", "free"].',
    ),
    # limits
    "amounts": (
        more("[limits]\namount_min = 20\namount_max = 10.50"),
        "limits.amount_max: 10.5 is less than the least, 20; nothing could be bought.",
    ),
    "units": (
        more("[limits]\nunits_min = 2\nunits_max = 1"),
        "limits.units_max: 1 is less than the least, 2; nothing could be bought.",
    ),
    "an amount between two coins": (
        more("[limits]\namount_min = 0.005\namount_max = 10"),
        "limits.amount_min: 0.005 is not a multiple of the smallest coin, 0.01.",
    ),
    # energy
    "no price": (priced('includes = ["VAT"]'), "energy[1]: it needs `price` or `blocks` or `times`."),
    "two prices": (
        priced("price = 1\nblocks = [{ price = 1 }]"),
        "energy[1].blocks: `price` and `blocks` are both there; keep one of them.",
    ),
    "sold at, without hours": (
        priced("price = 1\nsold_at = 2"),
        f"energy[1].sold_at: {NOTHING} without `times`; add that, or leave this out.",
    ),
    "limits that stand still": (
        priced("blocks = [{ upto = 5, price = 1 }, { upto = 5, price = 2 }, { price = 3 }]"),
        "energy[1].blocks[2].upto: 5 is not above the limit before it, 5; limits must rise.",
    ),
    "a block without a limit": (
        priced("blocks = [{ upto = 5, price = 1 }, { price = 2 }, { price = 3 }]"),
        (
            "energy[1].blocks[2]: it has no limit, so that the blocks after it are never "
            "reached; give it an `upto`."
        ),
    ),
    "a last block with a limit": (
        priced("blocks = [{ upto = 5, price = 1 }, { upto = 6, price = 2 }]"),
        (
            "energy[1].blocks[2].upto: the last block has no limit: leave this out, "
            "or add a block after it without `upto`."
        ),
    ),
    "all units for less than some": (
        kept(
            priced(
                "blocks = [{ upto = 9, price = 1 }, { upto = 20, price = 3 }, "
                "{ price = 2.09, all_units = true }]"
            )
        ),
        (
            "energy[1].blocks[3].all_units: all units cost less at this price than those "
            "before it did; raise it."
        ),
    ),
    "all units for less than all units": (
        kept(
            priced("blocks = [{ upto = 10, price = 2, all_units = true }, { price = 1, all_units = true }]")
        ),
        (
            "energy[1].blocks[2].all_units: all units cost less at this price than those "
            "before it did; raise it."
        ),
    ),
    "all units for less than all units have cost by then": (
        kept(
            priced(
                "blocks = [\n{ upto = 10, price = 2 },\n{ upto = 20, price = 3, all_units = true },\n"
                "{ price = 2.9, all_units = true }]"
            )
        ),
        (
            "energy[1].blocks[3].all_units: all units cost less at this price than those "
            "before it did; raise it."
        ),
    ),
    "a price of all units without keeping what does not pay for it": (
        priced("blocks = [{ upto = 5, price = 1 }, { price = 2, all_units = true }]"),
        (
            "energy[1].blocks[2].all_units: a payment may end just below it; the rest must be kept: "
            '[money] remainder = "carry".'
        ),
    ),
    # levies and taxes
    "no amount": (levy(""), "levy[1]: it needs `per_unit` or `rate` or `once`."),
    "two amounts": (
        levy('per_unit = 0.12\nrate = 0.1\non = ["energy"]'),
        "levy[1].rate: `per_unit` and `rate` are both there; keep one of them.",
    ),
    "a rate of nothing": (
        levy("rate = 0.1"),
        f"levy[1].rate: {NOTHING} without `on`; add that, or leave this out.",
    ),
    "an amount of something": (
        levy('per_unit = 0.12\non = ["energy"]'),
        f"levy[1].on: {NOTHING} without `rate`; add that, or leave this out.",
    ),
    "no units at all": (
        levy("per_unit = 0.12\nfrom_units = 50\nupto_units = 50"),
        "levy[1].upto_units: 50 is not above `from_units`, 50.",
    ),
    "a month left out": (
        levy("per_unit = { 2024-07 = 1, 2024-08 = 1, 2024-10 = 1 }"),
        "levy[1].per_unit: there is no value for 2024-09; add what applies in each month.",
    ),
    "many months left out": (
        levy("per_unit = { 2025-06 = 1 }"),
        (
            "levy[1].per_unit: there is no value for 2024-07, 2024-08, 2024-09, 2024-10, 2024-11, "
            "2024-12 and 5 more; add what applies in each month."
        ),
    ),
    "the first month of validity left out": (
        levy("per_unit = { 2024-05 = 1, 2024-06 = 1 }"),
        "levy[1].per_unit: there is no value for 2024-07; add what applies in each month.",
    ),
    "a month of the season left out": (
        levy("per_unit = { 2024-12 = 1, 2025-02 = 1 }\nwhen = { months = [12, 1, 2] }"),
        "levy[1].per_unit: there is no value for 2025-01; add what applies in each month.",
    ),
    "a rebate of all": (
        levy('rate = -0.9901\non = ["SERVICE"]'),
        "levy[1].rate: -0.9901 is a rebate of more than 0.99; something must be left of what it is on.",
    ),
    # charges
    "no amount of a charge": (charge('per = "month"'), "charge[1]: it needs `amount` or `rate`."),
    "an amount how often": (
        charge("amount = 5"),
        'charge[1].per: it is missing; say how often the amount falls due, e.g. "month".',
    ),
    "a fee how often": (
        charge('rate = 0.1\nper = "purchase"'),
        f"charge[1].per: {NOTHING} beside `rate`; leave one of them out.",
    ),
    "a fee with a tax inside": (
        charge('rate = 0.1\nincludes = ["VAT"]'),
        f"charge[1].includes: {NOTHING} beside `rate`; leave one of them out.",
    ),
    "a fee as a whole": (
        charge("rate = 0.1\ntake = { whole = true }"),
        "charge[1].take.whole: a fee is taken from each payment as far as it goes; leave this out.",
    ),
    "days that accrue": (
        charge('amount = 5\nper = "day"\naccrues = true'),
        'charge[1].accrues: days always fall due; leave this out with per = "day".',
    ),
    "purchases that accrue": (
        charge('amount = 5\nper = "purchase"\naccrues = true'),
        'charge[1].accrues: it falls due with every purchase; leave this out with per = "purchase".',
    ),
    "a greatest number of one": (
        charge('amount = 5\nper = "month"\naccrues_max = 3'),
        f'charge[1].accrues_max: {NOTHING} unless `accrues` is true or per = "day"; leave it out.',
    ),
    # debts
    "no instalment how often": (
        debt('per = "month"'),
        f"debt[1].per: {NOTHING} without `instalment`; add that, or leave this out.",
    ),
    "a greatest number of instalments": (
        debt("instalment = 5\naccrues_max = 3"),
        f'debt[1].accrues_max: {NOTHING} unless `accrues` is true or per = "day"; leave it out.',
    ),
    "instalments by the day that accrue": (
        debt('instalment = 5\nper = "day"\naccrues = true'),
        'debt[1].accrues: days always fall due; leave this out with per = "day".',
    ),
    # how much is taken
    "a share and all of it": (
        take("share = 0.5, whole = true"),
        f"charge[1].take.share: {NOTHING} beside `whole`; leave one of them out.",
    ),
    "a bound and all of it": (
        take("at_most = 5, whole = true"),
        f"charge[1].take.at_most: {NOTHING} beside `whole`; leave one of them out.",
    ),
    "a share of what": (
        take('of = "rest"'),
        f"charge[1].take.of: {NOTHING} without `share`; add that, or leave this out.",
    ),
    "at least, without a share": (
        take("at_least = 5"),
        f"charge[1].take.at_least: {NOTHING} without `share`; add that, or leave this out.",
    ),
    "more than is allowed": (
        take("share = 0.5, at_least = 5, at_most = 4.99"),
        "charge[1].take.at_most: 4.99 is less than `at_least`, 5.",
    ),
    "a share for energy": (
        take("whole = true") + "\n[collection]\nenergy_share = 0.1",
        (
            "collection.energy_share: charge[1] is always taken as a whole, "
            "so that no share can be kept for energy; leave this out, or `whole` there."
        ),
    ),
    # free units
    "a part of a tenth": (
        more('[[free]]\ncode = "F"\nname = "F"\nunits = 0.25'),
        "free[1].units: 0.25 is not a multiple of 0.1; tokens carry tenths.",
    ),
    # conditions
    "a mark asked for and excluded": (
        when('customer = ["a"], not_customer = ["b", "a"]'),
        "levy[1].when.not_customer: it excludes every mark that `customer` asks for; this never holds.",
    ),
    "an average between nothing": (
        when("mean = { months = 3, from = 450, below = 450 }"),
        "levy[1].when.mean.below: 450 is not above 450; this never holds.",
    ),
    "an average by its other name": (
        when("mean = { months = 3, at_least = 451, below = 450.5 }"),
        "levy[1].when.mean.below: 450.5 is not above 451; this never holds.",
    ),
    "an average twice": (
        when("mean = { months = 3, from = 5, at_least = 5 }"),
        "levy[1].when.mean.at_least: `from` says the same; keep one of them.",
    ),
    "an average without bounds": (
        when("mean = { months = 3 }"),
        "levy[1].when.mean: it needs `from` or `below`.",
    ),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=list(FAULTS))
def test_what_does_not_go_together_is_told(text: str, message: str) -> None:
    assert told(text) == [message]


IN_ORDER = {
    "one day": changed(VALID, "valid_until = 2024-07-01"),
    "a step of many coins": changed("step = 0.01", "step = 0.05"),
    "a rate from the first day": rates("{ from = 2024-07-01, rate = 20 }, { from = 2024-07-02, rate = 21 }"),
    "prices at the rate of the day": changed(MONEY, f'{MONEY}\nprices_in = "USD"'),
    "equal limits": more(
        "[limits]\namount_min = 10.01\namount_max = 10.01\nunits_min = 0.5\nunits_max = 0.5"
    ),
    "a greatest amount alone": more("[limits]\namount_max = 10"),
    "one block": priced("blocks = [{ price = 1 }]"),
    "falling blocks": priced("blocks = [{ upto = 5, price = 2 }, { price = 1 }]"),
    "all units for as much": kept(
        priced("blocks = [{ upto = 5, price = 2 }, { price = 2, all_units = true }]")
    ),
    "a range of units": levy("per_unit = 0.12\nfrom_units = 49.9\nupto_units = 50"),
    "months before the version": levy("per_unit = { 2023-01 = 1, 2024-07 = 1 }"),
    "months of a season": levy("per_unit = { 2024-12 = 1, 2025-01 = 1 }\nwhen = { months = [12, 1] }"),
    "a fee": charge("rate = 0.1"),
    "a fee not as a whole": charge("rate = 0.1\ntake = { share = 0.1, whole = false }"),
    "nearly all": levy('rate = -0.99\non = ["SERVICE"]'),
    "days up to a number": charge('amount = 5\nper = "day"\naccrues_max = 31'),
    "months that accrue": charge('amount = 5\nper = "month"\naccrues = true\naccrues_max = 6'),
    "months that need not": charge('amount = 5\nper = "day"\naccrues = false'),
    "instalments": debt("instalment = 5"),
    "a share within bounds": take('share = 0.5, of = "rest", at_least = 5, at_most = 5'),
    "at most": take("at_most = 5"),
    "not as a whole": take("share = 0.5, whole = false"),
    "a share for energy": more("[collection]\nenergy_share = 0.1"),
    "no share for energy": take("whole = true") + "\n[collection]\nenergy_share = 0",
    "tenths of free units": more('[[free]]\ncode = "F"\nname = "F"\nunits = 0.3'),
    "one of two marks": when('customer = ["a", "b"], not_customer = ["b"]'),
    "a narrow band": when("mean = { months = 3, from = 5, below = 5.1 }"),
    "without a version's period": more('[period]\ncounts = ["bought"]'),
}


@pytest.mark.parametrize("text", IN_ORDER.values(), ids=list(IN_ORDER))
def test_what_goes_together_is_in_order(text: str) -> None:
    assert told(text) == []


FOLLOWING = {
    "a step of a currency that is none": (changed(MONEY, "currency = 1"), "money.currency"),
    "a step that is none": (changed("step = 0.01", "step = 0"), "money.round.step"),
    "a step of places that are none": (changed(MONEY, f'{MONEY}\nplaces = "2"'), "money.places"),
    "limits in a currency that is none": (
        changed(MONEY, "currency = 1") + "\n[limits]\namount_min = 0.001",
        "money.currency",
    ),
    "rates around one without a day": (
        rates("{ from = 2024-07-01, rate = 2 }, { from = 5, rate = 2 }, { from = 2024-07-01, rate = 2 }"),
        "money.rates[2].from",
    ),
    "rates before a day that is none": (
        rates("{ from = 2024-08-01, rate = 2 }").replace("valid_from = 2024-07-01", "valid_from = 1"),
        "tariff.valid_from",
    ),
    "months from a day that is none": (
        levy("per_unit = { 2024-08 = 2 }").replace("valid_from = 2024-07-01", "valid_from = 1"),
        "tariff.valid_from",
    ),
    "months of a season that is none": (
        levy("per_unit = { 2024-07 = 1, 2024-09 = 2 }\nwhen = { months = [13] }"),
        "levy[1].when.months[1]",
    ),
    "blocks around one with a fault": (
        priced('blocks = [{ upto = 5, price = 1 }, { upto = "6", price = 2 }, { price = 3 }]'),
        "energy[1].blocks[2].upto",
    ),
    "blocks around one without a price": (
        kept(priced("blocks = [{ upto = 5, price = 0 }, { price = 3, all_units = true }]")),
        "energy[1].blocks[1].price",
    ),
    "a price that is none": (priced('price = "2"'), "energy[1].price"),
    "a rate that is none": (levy('rate = 5\non = ["energy"]'), "levy[1].rate"),
    "a range that is none": (levy("per_unit = 1\nfrom_units = -1\nupto_units = 0.5"), "levy[1].from_units"),
    "accruals of what is none": (
        charge('amount = 5\nper = "day"\naccrues = 1\naccrues_max = 5'),
        "charge[1].accrues",
    ),
    "bounds of an average that are none": (
        when('mean = { months = 3, from = "5", below = 1 }'),
        "levy[1].when.mean.from",
    ),
    "a condition that is none": (levy("per_unit = 0.1\nwhen = 5"), "levy[1].when"),
    "limits that are none": (more("limits = 5"), "tax[1].limits"),
    "units that are none": (more('[[free]]\ncode = "F"\nname = "F"\nunits = "0.25"'), "free[1].units"),
}


@pytest.mark.parametrize(("text", "where"), FOLLOWING.values(), ids=list(FOLLOWING))
def test_what_follows_from_a_fault_is_not_told(text: str, where: str) -> None:
    assert [fault.where for fault in check(text)] == [where]
