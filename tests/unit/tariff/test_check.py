"""Tariff documents from text: a tariff, or every fault of the text at once."""

from __future__ import annotations

import hashlib
from datetime import date, time
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.unit.tariff.papers import PLAIN, changed, more, priced, told
from voltoken.errors import Fault, TariffDocumentError
from voltoken.money import Currency
from voltoken.tariff.conditions import ALWAYS, Mean, When
from voltoken.tariff.document import (
    Block,
    Charge,
    Debt,
    Energy,
    Extra,
    Free,
    Limits,
    MoneyRules,
    Period,
    Slot,
    Take,
    Tariff,
)
from voltoken.tariff.reading.check import check, load
from voltoken.tariff.rounding import Direction, Rounding
from voltoken.tariff.words import Counts, LinesOf, OnChange, Per, Place, Remainder

CENT = Rounding(Fraction(1, 100))

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "tariffs"
DOCUMENTS = sorted(path for path in EXAMPLES.glob("*.toml") if not path.name.endswith(".cases.toml"))


def test_a_plain_document_becomes_a_tariff() -> None:
    assert load(PLAIN) == Tariff(
        code="xx-plain",
        version="2024-25",
        name="Domestic",
        utility="A utility made up",
        category="domestic",
        resource="electricity",
        zone="Africa/Johannesburg",
        valid_from=date(2024, 7, 1),
        valid_until=date(2025, 6, 30),
        money=MoneyRules(Currency("ZAR", 2), CENT, "ZAR"),
        units=Rounding(Fraction(1, 10)),
        period=Period(),
        limits=Limits(),
        energies=(
            Energy(
                (
                    Block(Fraction(350), Fraction("2.364")),
                    Block(Fraction(500), Fraction("2.7116")),
                    Block(None, Fraction("3.0899")),
                )
            ),
        ),
        extras=(
            Extra("FUEL", "Fuel", is_tax=False, per_unit=Fraction("0.12")),
            Extra("VAT", "Value added tax", is_tax=True, rate=Fraction("0.15"), on=("energy", "SERVICE")),
        ),
        charges=(
            Charge("SERVICE", "Service charge", Fraction(200), Per.MONTH, take=Take(share=Fraction(1, 2))),
        ),
        debts=(Debt("arrears", "Arrears", take=Take(share=Fraction(1, 4))),),
        free=(),
        collection=("SERVICE", "arrears"),
        energy_share=Fraction(0),
        sources=(),
        names=MappingProxyType({}),
        sha256=hashlib.sha256(PLAIN.encode()).hexdigest(),
    )


FULL = """\
format = "voltoken-tariff/1"
[tariff]
code = "xx-full.1"
version = "v1"
name = "Everything"
utility = "A utility made up"
category = "trade"
resource = "water"
zone = "UTC"
valid_from = 2026-01-15
sources = ["https://example.org/prices"]
description = "All keys at once."
notes = '''
Two
lines.'''
[money]
currency = "KWD"
places = 2
prices_in = "USD"
rates = [{ from = 2026-01-01, rate = 0.3 }, { from = 2026-02-01, rate = 0.31 }]
round = { step = 0.05, to = "up" }
price_round = { step = 0.0001 }
shares_on = "exact"
lines_of = "tender"
remainder = "carry"
[units]
round = { step = 0.5, to = "down" }
[period]
days = 30
starts = 2025-12-31
on_change = "restart"
counts = ["bought", "free"]
[limits]
amount_min = 5
amount_max = 500.25
units_min = 1
units_max = 1000
[[energy]]
when = { months = [12, 1, 2], customer = ["trade", "hotel"], not_customer = ["lifeline"] }
includes = ["VAT"]
times = [
    { name = "Peak", price = 3, hours = ["06:00-08:30", "17:00-24:00"], days = ["mon", "sun"], share = 0.25 },
    { name = "Winter", price = 2, months = [6], share = 0.25 },
    { name = "Other", price = 1, share = 0.5 },
]
[[energy]]
when = { mean = { months = 3, at_least = 10, below = 20, without_history = false } }
times = [{ name = "All day", price = 4 }]
sold_at = 4.5
[[energy]]
blocks = [{ upto = 6, price = 1 }, { price = 2, all_units = true }]
[[levy]]
code = "A"
name = "On another one that stands below it"
rate = -0.5
on = ["B"]
collected = "meter"
[[levy]]
code = "B"
name = "By month"
per_unit = { 2026-02 = 0.2, 2026-01 = 0.1 }
from_units = 2
upto_units = 3
unit_round = { step = 0.01 }
collected = "meter"
includes = ["VATM"]
[[tax]]
code = "VAT"
name = "VAT"
rate = 0.1
on = ["energy", "charges", "owed"]
when = { mean = { months = 2, from = 7 } }
[[tax]]
code = "VATM"
name = "VAT on what the meter collects"
rate = 0.1
on = ["B"]
collected = "meter"
[[charge]]
code = "RENT"
name = "Rent"
amount = 1.5
per = "period"
accrues = true
accrues_max = 6
includes = ["VAT"]
take = { share = 0.5, of = "rest", at_least = 1, at_most = 10 }
[[charge]]
code = "FEE"
name = "Fee"
rate = 0.02
[[debt]]
code = "owed"
name = "Owed"
instalment = 3
accrues = true
accrues_max = 2
take = { whole = true }
[[debt]]
code = "daily"
name = "By the day"
instalment = 1
per = "day"
accrues_max = 30
[[free]]
code = "BASIC"
name = "Basic water"
units = 6
per = "period"
claim = true
when = { customer = ["lifeline"] }
[collection]
order = ["owed", "FEE"]
[names.fr]
VAT = "TVA"
energy = "Eau"
"""


def test_every_key_finds_its_place() -> None:
    tariff = load(FULL)
    assert (tariff.unit, tariff.zone, tariff.valid_until) == ("m3", "UTC", None)
    assert tariff.sources == ("https://example.org/prices",)
    assert tariff.money == MoneyRules(
        Currency("KWD", 2),
        Rounding(Fraction(1, 20), Direction.UP),
        "USD",
        ((date(2026, 1, 1), Fraction("0.3")), (date(2026, 2, 1), Fraction("0.31"))),
        Rounding(Fraction(1, 10_000)),
        on_rounded_lines=False,
        lines_of=LinesOf.TENDER,
        remainder=Remainder.CARRY,
    )
    assert tariff.units == Rounding(Fraction(1, 2), Direction.DOWN)
    both = frozenset({Counts.BOUGHT, Counts.FREE})
    assert tariff.period == Period(30, date(2025, 12, 31), OnChange.RESTART, both)
    assert tariff.limits == Limits(Fraction(5), Fraction("500.25"), Fraction(1), Fraction(1000))
    assert tariff.collection == ("owed", "FEE", "RENT", "daily")
    assert tariff.names == {"fr": {"VAT": "TVA", "energy": "Eau"}}
    assert tariff.free == (
        Free("BASIC", "Basic water", Fraction(6), Per.PERIOD, on_claim=True, when=_marked("lifeline")),
    )


def _marked(*marks: str) -> When:
    return When(customer=frozenset(marks))


def test_hours_bands_and_conditions_find_their_place() -> None:
    seasonal, banded, blocks = load(FULL).energies
    assert seasonal.when == When(
        frozenset({12, 1, 2}), frozenset({"trade", "hotel"}), frozenset({"lifeline"})
    )
    assert (seasonal.includes, seasonal.collected) == (frozenset({"VAT"}), Place.TILL)
    assert load(
        priced('collected = "meter"\nprice = 1').replace("0.12", '0.12\ncollected = "meter"')
    ).energies == (Energy((Block(None, Fraction(1)),), collected=Place.METER),)
    assert seasonal.blocks == (Block(None, Fraction("1.75")),)
    quarter = Fraction(1, 4)
    assert seasonal.slots == (
        Slot(
            "Peak",
            Fraction(3),
            ((time(6), time(8, 30)), (time(17), time(0))),
            frozenset({1, 7}),
            share=quarter,
        ),
        Slot("Winter", Fraction(2), months=frozenset({6}), share=quarter),
        Slot("Other", Fraction(1), share=2 * quarter),
    )
    assert banded.when == When(mean=Mean(3, Fraction(10), Fraction(20), without_history=False))
    assert banded.blocks == (Block(None, Fraction("4.5")),)
    assert blocks.when == ALWAYS
    assert blocks.blocks[1] == Block(None, Fraction(2), all_units=True)


def test_levies_and_taxes_stand_after_all_they_are_reckoned_on() -> None:
    b, a, vat, vat_meter = load(FULL).extras
    assert (b.code, a.code, vat.code, vat_meter.code) == ("B", "A", "VAT", "VATM")
    assert b.monthly == {(2026, 1): Fraction("0.1"), (2026, 2): Fraction("0.2")}
    assert list(b.monthly) == [(2026, 1), (2026, 2)]
    assert (b.per_unit, b.from_units, b.upto_units) == (None, Fraction(2), Fraction(3))
    assert b.unit_rounding == CENT
    assert b.includes == frozenset({"VATM"})
    assert (a.rate, a.on, a.is_tax, a.collected) == (Fraction(-1, 2), ("B",), False, Place.METER)
    assert (vat.on, vat.is_tax) == (("energy", "RENT", "FEE", "owed"), True)
    assert vat.when == When(mean=Mean(2, Fraction(7)))


def test_charges_and_debts_find_their_place() -> None:
    tariff = load(FULL)
    rent, fee = tariff.charges
    assert (rent.amount, rent.per, rent.accrues, rent.accrues_max) == (Fraction("1.5"), Per.PERIOD, True, 6)
    assert rent.take == Take(Fraction(1, 2), of_rest=True, at_least=Fraction(1), at_most=Fraction(10))
    assert rent.includes == frozenset({"VAT"})
    assert (fee.amount, fee.rate, fee.per) == (None, Fraction("0.02"), Per.PURCHASE)
    owed, daily = tariff.debts
    assert owed == Debt(
        "owed", "Owed", Fraction(3), Per.MONTH, accrues=True, accrues_max=2, take=Take(whole=True)
    )
    assert (daily.per, daily.accrues, daily.accrues_max) == (Per.DAY, False, 30)


def test_what_is_not_given_has_the_usual_value() -> None:
    tariff = load(priced("price = 1").replace('round = { step = 0.01, to = "nearest" }', ""))
    assert tariff.money.line == CENT
    assert tariff.energies == (Energy((Block(None, Fraction(1)),)),)
    ugx = load(changed('currency = "ZAR"\nround = { step = 0.01, to = "nearest" }', 'currency = "UGX"'))
    assert ugx.money.line == Rounding(Fraction(1))


def test_a_group_word_stands_for_all_of_its_table_but_the_part_itself() -> None:
    text = more('[[levy]]\ncode = "X"\nname = "X"\nrate = 0.1\non = ["levies", "charges", "FUEL"]')
    extra = next(extra for extra in load(text).extras if extra.code == "X")
    assert extra.on == ("FUEL", "SERVICE")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_the_examples_are_in_order(path: Path) -> None:
    assert [str(fault) for fault in check(path.read_bytes())] == []


def test_there_are_examples() -> None:
    assert len(DOCUMENTS) >= 5


def test_the_hash_is_of_the_exact_bytes() -> None:
    unix, windows = PLAIN.encode(), PLAIN.replace("\n", "\r\n").encode()
    assert load(windows).sha256 == hashlib.sha256(windows).hexdigest()
    assert load(unix).sha256 == load(PLAIN).sha256 != load(windows).sha256
    assert load(PLAIN + "# a word").sha256 != load(PLAIN).sha256


def test_ten_mistakes_are_told_in_one_run() -> None:
    text = (EXAMPLES / "broken" / "ten-mistakes.toml").read_bytes()
    assert [str(fault) for fault in check(text)] == [
        (
            'line 10: tariff.zone: "Cape Town" is not allowed; '
            "it must be an IANA name such as Africa/Kampala, or UTC."
        ),
        "line 12: tariff.valid_until: 2026-06-30 is before the first day, 2026-07-01.",
        (
            "line 13: tariff.tariff_index: the tariff index (TI) is never part of a price list: "
            "it belongs to the meter. Leave it out."
        ),
        "line 16: money.curency: this key is not known here. Did you mean currency?",
        "line 22: energy[1].blocks[2].upto: 300 is not above the limit before it, 350; limits must rise.",
        "line 29: levy[1].per_unit: this cannot be read. Write decimals with a point: 2.50.",
        "line 34: levy[2].rate: 2 is not allowed; it must be from -1 to 1. Write 2 % as 0.02.",
        (
            'line 40: charge[1].amount: "200" is not allowed; it must be a number. '
            "Write it without quotation marks, with a point."
        ),
        "line 42: charge[1].take.share: it means nothing beside `whole`; leave one of them out.",
        'line 48: tax[1].on[3]: no part of this document has the code "SERVCE". Did you mean "SERVICE"?',
    ]
    # Each is counted in the text, on the line of the message.
    numbered = [n for n, line in enumerate(text.decode().splitlines(), 1) if f"# {_count(line)}:" in line]
    assert numbered == [fault.line for fault in check(text)]


def _count(line: str) -> str:
    return line.rpartition("# ")[2].partition(":")[0]


def test_load_raises_one_error_with_all_faults() -> None:
    with pytest.raises(TariffDocumentError) as caught:
        load(changed("rate = 0.15", "rate = 15").replace('currency = "ZAR"', "currency = 5"))
    assert [fault.where for fault in caught.value.faults] == ["money.currency", "tax[1].rate"]
    assert str(caught.value) == (
        "The tariff document has 2 faults:\n"
        "  line 14: money.currency: 5 is not allowed; it must be text in quotation marks.\n"
        "  line 44: tax[1].rate: 15 is not allowed; it must be from -1 to 1. Write 15 % as 0.15."
    )


def test_another_version_of_the_format_is_the_only_complaint() -> None:
    text = changed('"voltoken-tariff/1"', '"voltoken-tariff/2"').replace("[money]", "[cash]")
    assert check(text) == (
        Fault(1, "format", '"voltoken-tariff/2" is not allowed; it must be "voltoken-tariff/1".'),
    )


def test_a_missing_format_is_told_beside_the_rest() -> None:
    text = changed('format = "voltoken-tariff/1"', "").replace("rate = 0.15", "rate = 15")
    assert [fault.where for fault in check(text)] == ["format", "tax[1].rate"]
    assert told(text)[0] == (
        'format: it is missing; it must be "voltoken-tariff/1". The format and its version.'
    )
    assert check(text)[0].line == 0


def test_of_very_many_faults_the_first_hundred_are_told() -> None:
    hundred = more("\n".join(f"unknown{number} = 1" for number in range(100)))
    assert len(check(hundred)) == 100
    faults = check(more("\n".join(f"unknown{number} = 1" for number in range(300))))
    assert len(faults) == 101
    assert faults[-1] == Fault(0, "", "there are more than 100 faults; these are the first.")
    assert faults[99].where == "tax[1].unknown99"
