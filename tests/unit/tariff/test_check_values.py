"""Faults of single keys: unknown, missing, of the wrong type, or out of bounds."""

from __future__ import annotations

import pytest

from tests.unit.tariff.papers import PLAIN, changed, line_of, more, priced, told
from voltoken.errors import Fault, FieldError
from voltoken.tariff.reading.check import check, load

NUMBER = "rate = 0.15"
NAME = 'name = "Value added tax"'
TEXT = "it must be text in quotation marks."

VALUES = {
    # text
    "text": (NAME, "name = 5", f"tax[1].name: 5 is not allowed; {TEXT}"),
    "a bool as text": (NAME, "name = true", f"tax[1].name: true is not allowed; {TEXT}"),
    "a list as text": (NAME, "name = []", f"tax[1].name: a list is not allowed; {TEXT}"),
    "a table as text": (NAME, "name = {}", f"tax[1].name: a table is not allowed; {TEXT}"),
    "empty text": (
        NAME,
        'name = " "',
        'tax[1].name: " " is not allowed; it must be 1 to 100 characters that can be printed.',
    ),
    "long text": (
        NAME,
        f'name = "{"é" * 101}"',
        f'tax[1].name: "{"é" * 40}..." is not allowed; it must be 1 to 100 characters that can be printed.',
    ),
    "control characters": (
        NAME,
        r'name = "a\u0000b"',
        r'tax[1].name: "a\x00b" is not allowed; it must be 1 to 100 characters that can be printed.',
    ),
    "a letter that nobody sees": (
        NAME,
        r'name = "\u3164"',
        'tax[1].name: "\u3164" is not allowed; it must be 1 to 100 characters that can be printed.',
    ),
    "an accent alone": (
        NAME,
        r'name = "\u0301"',
        'tax[1].name: "\u0301" is not allowed; it must be text with a letter or a digit.',
    ),
    "two lines on a receipt": (
        NAME,
        r'name = "VAT\nR 5 back"',
        r'tax[1].name: "VAT\nR 5 back" is not allowed; it must be text on one line, without tabs.',
    ),
    "a tab in a name": (
        'name = "Domestic"',
        r'name = "Dom\testic"',
        r'tariff.name: "Dom\testic" is not allowed; it must be text on one line, without tabs.',
    ),
    "a code with a blank": (
        'code = "VAT"',
        'code = "V T"',
        'tax[1].code: "V T" is not allowed; it must be a letter and up to 31 more letters, digits, - and _.',
    ),
    "a code that is too long": (
        'code = "VAT"',
        f'code = "{"V" * 33}"',
        (
            f'tax[1].code: "{"V" * 33}" is not allowed; '
            "it must be a letter and up to 31 more letters, digits, - and _."
        ),
    ),
    "a version with a slash": (
        'version = "2024-25"',
        'version = "2024/25"',
        'tariff.version: "2024/25" is not allowed; it must be up to 64 letters, digits, . - and _.',
    ),
    "a sign of a currency": (
        'currency = "ZAR"',
        'currency = "R"',
        'money.currency: "R" is not allowed; it must be three capital letters such as ZAR.',
    ),
    "a currency in small letters": (
        'currency = "ZAR"',
        'currency = "zar"',
        'money.currency: "zar" is not allowed; it must be three capital letters such as ZAR.',
    ),
    "a currency and more": (
        'currency = "ZAR"',
        'currency = "RAND"',
        'money.currency: "RAND" is not allowed; it must be three capital letters such as ZAR.',
    ),
    "a currency of two letters": (
        'currency = "ZAR"',
        'currency = "RA"',
        'money.currency: "RA" is not allowed; it must be three capital letters such as ZAR.',
    ),
    "a name of a currency": (
        'currency = "ZAR"',
        'currency = "ZAR"\nprices_in = "Rand"',
        'money.prices_in: "Rand" is not allowed; it must be three capital letters such as USD.',
    ),
    "a word": (
        'per = "month"',
        'per = "months"',
        (
            'charge[1].per: "months" is not allowed; it must be "purchase", "day", "month" or "period". '
            'Did you mean "month"?'
        ),
    ),
    "a word like no other": (
        'per = "month"',
        'per = "xyz"',
        'charge[1].per: "xyz" is not allowed; it must be "purchase", "day", "month" or "period".',
    ),
    "a number as a word": (
        'per = "month"',
        "per = 1",
        'charge[1].per: 1 is not allowed; it must be "purchase", "day", "month" or "period".',
    ),
    # numbers
    "a percentage": (
        NUMBER,
        "rate = 15.5",
        "tax[1].rate: 15.5 is not allowed; it must be from -1 to 1. Write 15.5 % as 0.155.",
    ),
    "all of a hundred": (
        NUMBER,
        "rate = 100",
        "tax[1].rate: 100 is not allowed; it must be from -1 to 1. Write 100 % as 1.",
    ),
    "more than a hundred": (
        NUMBER,
        "rate = 101",
        "tax[1].rate: 101 is not allowed; it must be from -1 to 1.",
    ),
    "a number above all percentages": (
        NUMBER,
        "rate = 1500",
        "tax[1].rate: 1500 is not allowed; it must be from -1 to 1.",
    ),
    "below the least": (NUMBER, "rate = -1.5", "tax[1].rate: -1.5 is not allowed; it must be from -1 to 1."),
    "a quoted number": (
        NUMBER,
        'rate = "0,15"',
        (
            'tax[1].rate: "0,15" is not allowed; it must be a number. '
            "Write it without quotation marks, with a point."
        ),
    ),
    "another text": (NUMBER, 'rate = "high"', 'tax[1].rate: "high" is not allowed; it must be a number.'),
    "a bool as number": (NUMBER, "rate = true", "tax[1].rate: true is not allowed; it must be a number."),
    "not a number": (NUMBER, "rate = nan", "tax[1].rate: nan is not allowed; it must be a number."),
    "infinity": (NUMBER, "rate = -inf", "tax[1].rate: -inf is not allowed; it must be a number."),
    "an exponent out of this world": (
        NUMBER,
        "rate = 1e99999999999999999999",
        "tax[1].rate: 1e99999999999999999999 is not allowed; it must be a number.",
    ),
    "a large exponent": (
        NUMBER,
        "rate = 1e9999",
        "tax[1].rate: 1E+9999 is not allowed; it must be below 10^12 and have at most 12 decimals.",
    ),
    "a small exponent": (
        NUMBER,
        "rate = 1e-13",
        "tax[1].rate: 0.0000000000001 is not allowed; it must be below 10^12 and have at most 12 decimals.",
    ),
    "zero with an exponent": (
        NUMBER,
        "rate = 0e99999",
        "tax[1].rate: 0E+99999 is not allowed; it must be below 10^12 and have at most 12 decimals.",
    ),
    "a huge whole number": (
        NUMBER,
        f"rate = 0x{'f' * 4000}",
        "tax[1].rate: such a number is not allowed; it must be below 10^12 and have at most 12 decimals.",
    ),
    "a large whole number": (
        "amount = 200",
        f"amount = {10**12}",
        (
            "charge[1].amount: 1000000000000 is not allowed; "
            "it must be below 10^12 and have at most 12 decimals."
        ),
    ),
    "a large number with decimals": (
        "amount = 200",
        "amount = 1000000000000.0",
        (
            "charge[1].amount: 1000000000000 is not allowed; "
            "it must be below 10^12 and have at most 12 decimals."
        ),
    ),
    "nothing": ("amount = 200", "amount = 0", "charge[1].amount: 0 is not allowed; it must be above 0."),
    "less than nothing": (
        "price = 3.0899",
        "price = -3.0899",
        "energy[1].blocks[3].price: -3.0899 is not allowed; it must be above 0.",
    ),
    "a share of nothing": (
        "share = 0.50",
        "share = 0.0",
        "charge[1].take.share: 0 is not allowed; it must be above 0 and at most 1.",
    ),
    "a fee that is all": (
        'amount = 200\nper = "month"',
        "rate = 1",
        "charge[1].rate: 1 is not allowed; it must be above 0 and below 1.",
    ),
    "a negative beginning": (
        NUMBER,
        f"{NUMBER}\nfrom_units = -1",
        "tax[1].from_units: -1 is not allowed; it must be 0 or more.",
    ),
    "part of a whole number": (
        'currency = "ZAR"',
        'currency = "ZAR"\nplaces = 2.0',
        "money.places: 2 is not allowed; it must be a whole number.",
    ),
    "too many places": (
        'currency = "ZAR"',
        'currency = "ZAR"\nplaces = 9',
        "money.places: 9 is not allowed; it must be from 0 to 8.",
    ),
    "yes": (
        "amount = 200",
        'amount = 200\naccrues = "yes"',
        'charge[1].accrues: "yes" is not allowed; it must be true or false.',
    ),
    # days
    "a quoted day": (
        "valid_from = 2024-07-01",
        'valid_from = "2024-07-01"',
        (
            'tariff.valid_from: "2024-07-01" is not allowed; it must be a day such as 2024-07-01. '
            "Write it without quotation marks."
        ),
    ),
    "a moment": (
        "valid_from = 2024-07-01",
        "valid_from = 2024-07-01T00:00:00",
        "tariff.valid_from: 2024-07-01 00:00:00 is not allowed; it must be a day such as 2024-07-01.",
    ),
    "a day of another age": (
        "valid_from = 2024-07-01",
        "valid_from = 1969-12-31",
        "tariff.valid_from: 1969-12-31 is not allowed; it must be from 1970-01-01 to 2199-12-31.",
    ),
    "a day of the future": (
        "valid_until = 2025-06-30",
        "valid_until = 2200-01-01",
        "tariff.valid_until: 2200-01-01 is not allowed; it must be from 1970-01-01 to 2199-12-31.",
    ),
    # tables and lists
    "one where several are meant": (
        "[[tax]]",
        "[tax]",
        "tax: a table is not allowed; it must be a list of 1 to 20 tables. Write [[tax]] above it.",
    ),
    "several where one is meant": (
        "[money]",
        "[[money]]",
        "money: a list is not allowed; it must be a table. Write [money] once.",
    ),
    "no table": (
        "take = { share = 0.50 }",
        "take = 0.50",
        "charge[1].take: 0.5 is not allowed; it must be a table.",
    ),
    "no list": (
        'on = ["energy", "SERVICE"]',
        'on = "energy"',
        'tax[1].on: "energy" is not allowed; it must be a list of 1 to 100 values. Write ["energy"].',
    ),
    "a number instead of a list": (
        'on = ["energy", "SERVICE"]',
        "on = 1",
        "tax[1].on: 1 is not allowed; it must be a list of 1 to 100 values.",
    ),
    "an empty list": (
        'on = ["energy", "SERVICE"]',
        "on = []",
        "tax[1].on: a list of 0 is not allowed; it must be a list of 1 to 100 values.",
    ),
    "an item": (
        'on = ["energy", "SERVICE"]',
        'on = ["energy", 5]',
        f"tax[1].on[2]: 5 is not allowed; {TEXT}",
    ),
    "an item twice": (
        'on = ["energy", "SERVICE"]',
        'on = ["energy", "SERVICE", "energy"]',
        'tax[1].on[3]: "energy" stands here twice; keep one of them.',
    ),
    # unknown keys
    "a key misspelt": (NUMBER, "rat = 0.15", "tax[1].rat: this key is not known here. Did you mean rate?"),
    "a table misspelt": ("[money]", "[Monies]", "Monies: this key is not known here. Did you mean money?"),
    "a key like no other": (
        "{ share = 0.50 }",
        "{ share = 0.50, xyz = 1 }",
        "charge[1].take.xyz: this key is not known here. It may be: at_least, at_most, of, share, whole.",
    ),
    "a key with blanks": (
        NUMBER,
        f'{NUMBER}\n"a \\n b" = 1',
        (
            r'tax[1]."a \n b": this key is not known here. '
            "It may be: code, collected, from_units, includes, name, on, once, per_unit, rate, "
            "unit_round, upto_units, when."
        ),
    ),
    "the tariff index": (
        NUMBER,
        f"{NUMBER}\nTI = 7",
        (
            "tax[1].TI: the tariff index (TI) is never part of a price list: "
            "it belongs to the meter. Leave it out."
        ),
    ),
    # missing keys
    "a name": (f"{NAME}\n", "", "tax[1].name: it is missing. Its name on receipts."),
    "a code": (
        'code = "arrears"\n',
        "",
        "debt[1].code: it is missing. Code of the debt in the customer's account.",
    ),
    "a zone": (
        'zone = "Africa/Johannesburg"\n',
        "",
        "tariff.zone: it is missing. Time zone of its midnights.",
    ),
}


@pytest.mark.parametrize(("old", "new", "message"), VALUES.values(), ids=list(VALUES))
def test_a_value_that_is_not_allowed_is_told_once(old: str, new: str, message: str) -> None:
    assert told(changed(old, new)) == [message]


@pytest.mark.parametrize(
    "zone", ["UTC", "Africa/Kampala", "America/Argentina/Buenos_Aires", "Etc/GMT+2", "America/Port-au-Prince"]
)
def test_zones_have_an_area_and_a_place(zone: str) -> None:
    assert load(changed('"Africa/Johannesburg"', f'"{zone}"')).zone == zone


@pytest.mark.parametrize(
    "zone", ["SAST", "GMT+2", "Africa/", "/Kampala", "../etc/passwd", "Africa/Cape Town"]
)
def test_other_zones_are_refused(zone: str) -> None:
    assert [fault.where for fault in check(changed('"Africa/Johannesburg"', f'"{zone}"'))] == ["tariff.zone"]


def test_bounds_that_are_allowed_are_taken() -> None:
    for rate in ("-0.5", "0", "1", "1.0", "0.123456789012"):
        assert check(changed(NUMBER, f"rate = {rate}")) == ()
    assert check(changed("amount = 200", f"amount = {10**12 - 1}.999999999999")) == ()
    for day in ("1970-01-01", "2025-06-30"):
        assert check(changed("valid_from = 2024-07-01", f"valid_from = {day}")) == ()
    assert check(changed("valid_until = 2025-06-30", "valid_until = 2199-12-31")) == ()
    assert check(changed(NAME, f'name = "{"é" * 100}"')) == ()


def test_a_fault_has_the_line_of_its_key() -> None:
    blocks = changed("    { upto = 500, price = 2.7116 },", "    { upto = 500,\tprice = 0 },")
    assert [fault.line for fault in check(blocks)] == [line_of("{ upto = 500")]
    assert [fault.line for fault in check(changed(NUMBER, "rate = 2"))] == [line_of("rate")]
    missing = changed(f"{NAME}\n", "")
    assert [fault.line for fault in check(missing)] == [line_of("[[tax]]")]


def test_missing_tables_are_told_for_the_document() -> None:
    assert check('format = "voltoken-tariff/1"') == (
        Fault(0, "tariff", "it is missing. What this is the price list of, and when it is valid."),
        Fault(0, "money", "it is missing. Currency and rounding of money."),
        Fault(
            0,
            "energy",
            "it is missing. What a unit costs. Of several, the first whose `when` holds is taken.",
        ),
    )


def test_a_table_of_months_has_months_and_numbers() -> None:
    assert told(changed("per_unit = 0.12", "per_unit = {}")) == [
        "levy[1].per_unit: a table of 0 months is not allowed; it must be of 1 to 600 months."
    ]
    table = '{ 2024-07 = "5", 2024-13 = 5, 24-07 = 5, 2024-08 = 0.1 }'
    assert told(changed("per_unit = 0.12", f"per_unit = {table}")) == [
        (
            'levy[1].per_unit.2024-07: "5" is not allowed; it must be a number. '
            "Write it without quotation marks, with a point."
        ),
        'levy[1].per_unit.2024-13: "2024-13" is not allowed; it must be a month such as 2017-12.',
        'levy[1].per_unit.24-07: "24-07" is not allowed; it must be a month such as 2017-12.',
    ]
    assert told(changed("per_unit = 0.12", 'per_unit = "0.12"')) == [
        (
            'levy[1].per_unit: "0.12" is not allowed; it must be a number. '
            "Write it without quotation marks, with a point."
        ),
    ]


def test_names_have_a_language_and_a_code() -> None:
    names = '[names]\nFrench = { VAT = "TVA" }\nfr = "TVA"\n[names.pt-BR]\nVAT = 5\nFUEL = "Combustível"'
    assert told(more(names)) == [
        'names.French: "French" is not allowed; it must be a language such as fr or pt-BR.',
        'names.fr: "TVA" is not allowed; it must be a table of names by code.',
        f"names.pt-BR.VAT: 5 is not allowed; {TEXT}",
    ]


def test_digits_of_other_scripts_are_none() -> None:
    # Python takes them for digits, and so would see the same month twice.
    arabic = changed("per_unit = 0.12", 'per_unit = { 2024-07 = 5, "20\u0662\u0664-07" = 5 }')
    assert [fault.where for fault in check(arabic)] == ['levy[1].per_unit."20\u0662\u0664-07"']
    hours = priced('sold_at = 1\ntimes = [{ name = "x", price = 1, hours = ["0\u0660:00-24:00"] }]')
    assert [fault.where for fault in check(hours)] == ["energy[1].times[1].hours[1]"]


def test_what_is_no_text_is_refused() -> None:
    for wrong in (5, None, bytearray(PLAIN.encode())):
        for read in (load, check):
            with pytest.raises(FieldError, match=r"^text: .* it must be text, or bytes of it\.$"):
                read(wrong)  # type: ignore[arg-type]  # what is shown to be refused


def test_a_misspelt_key_is_not_missed_as_well() -> None:
    assert told(changed('currency = "ZAR"', 'curency = "ZAR"')) == [
        "money.curency: this key is not known here. Did you mean currency?"
    ]
    assert told(priced("prise = 2")) == ["energy[1].prise: this key is not known here. Did you mean price?"]


def test_text_may_have_lines() -> None:
    assert check(changed("[money]", 'notes = "one\\ttwo\\nthree"\n[money]')) == ()


def test_the_plain_document_is_in_order() -> None:
    assert check(PLAIN) == ()
