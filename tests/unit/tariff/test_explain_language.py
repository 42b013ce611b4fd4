"""How languages write values and sentences; every language says everything."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from string import Formatter

import pytest

from tests.unit.tariff.told import plain
from voltoken.money import Currency, Money
from voltoken.tariff.rounding import exact_text
from voltoken.tariff.telling.language import (
    NO_BREAK,
    Coins,
    Credit,
    Item,
    Language,
    Portion,
    Price,
    Times,
    Units,
    Value,
    Word,
)
from voltoken.tariff.telling.language import plain as for_machines
from voltoken.tariff.telling.languages import ENGLISH, FRENCH, LANGUAGES, PORTUGUESE
from voltoken.tariff.telling.phrases import COINS, PHRASES, SYMBOLS, templates

ZAR, UGX, OMR, XOF = (Currency.of(code) for code in ("ZAR", "UGX", "OMR", "XOF"))
translated = pytest.mark.parametrize("language", [FRENCH, PORTUGUESE], ids=lambda language: language.code)


def places_of(template: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


@translated
def test_a_language_translates_every_template_and_no_other(language: Language) -> None:
    assert set(language.words) == set(templates())


@translated
def test_a_translation_has_the_places_of_the_english_template(language: Language) -> None:
    assert {english: places_of(words) for english, words in language.words.items()} == {
        english: places_of(english) for english in language.words
    }


@translated
def test_a_translated_sentence_ends_as_the_english_one_does(language: Language) -> None:
    assert [
        english for english, words in language.words.items() if english.endswith(".") != words.endswith(".")
    ] == []


def test_both_forms_of_a_plural_have_the_same_places_but_for_the_count() -> None:
    pairs = [phrase for phrase in PHRASES.values() if isinstance(phrase, tuple)]
    assert all(places_of(one) | {"count"} == places_of(many) for one, many in pairs)


def test_every_name_of_a_coin_is_a_phrase_with_a_plural() -> None:
    assert {code for code in PHRASES if code.startswith("coin.")} == set(COINS.values())
    assert all(isinstance(PHRASES[code], tuple) for code in COINS.values())


def test_codes_are_lower_case_words_and_every_heading_is_short() -> None:
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", code) for code in PHRASES)
    headings = [phrase for code, phrase in PHRASES.items() if code.startswith("heading.")]
    assert all(isinstance(phrase, str) and len(phrase) <= 30 for phrase in headings)


def test_languages_are_found_by_their_code() -> None:
    assert {code: language.name for code, language in LANGUAGES.items()} == {
        "en": "English",
        "fr": "français",
        "pt": "português",
    }
    assert all(len(set(language.months)) == 12 for language in LANGUAGES.values())


@pytest.mark.parametrize(
    ("value", "english", "french", "portuguese"),
    [
        (Money(84393, ZAR), "R 843.93", "843,93 R", "843,93 R"),
        (Money(123456700, ZAR), "R 1,234,567.00", "1 234 567,00 R", "1 234 567,00 R"),
        (Money(-5, ZAR), "−R 0.05", "−0,05 R", "−0,05 R"),
        (Money(3360, UGX), "USh 3,360", "3 360 USh", "3 360 USh"),
        (Money(1500, XOF), "FCFA 1,500", "1 500 FCFA", "1 500 FCFA"),
        (Money(1005, OMR), "OMR 1.005", "1,005 OMR", "1,005 OMR"),
        (Price(Fraction("2.0967"), ZAR, "kWh"), "R 2.0967 per kWh", "2,0967 R par kWh", "2,0967 R por kWh"),
        (Price(Fraction("2.50"), ZAR, "kWh"), "R 2.50 per kWh", "2,50 R par kWh", "2,50 R por kWh"),
        (Price(Fraction(20, 3), ZAR, "m3"), "R 6.6667 per m³", "6,6667 R par m³", "6,6667 R por m³"),
        (Price(Fraction("747.5"), UGX), "USh 747.5", "747,5 USh", "747,5 USh"),
        (Price(Fraction(412), UGX), "USh 412", "412 USh", "412 USh"),
        (Price(Fraction("0.12345"), Currency("XTS", 5)), "XTS 0.12345", "0,12345 XTS", "0,12345 XTS"),
        (Price(Fraction(-3), ZAR), "−R 3.00", "−3,00 R", "−3,00 R"),
        (Credit(Fraction("0.00384"), ZAR), "R 0.00384", "0,00384 R", "0,00384 R"),
        (Credit(Fraction("80"), ZAR), "R 80.00", "80,00 R", "80,00 R"),
        (Units(Fraction("1700.1"), "kWh"), "1,700.1 kWh", "1 700,1 kWh", "1 700,1 kWh"),
        (Units(Fraction(50), "m3"), "50 m³", "50 m³", "50 m³"),
        (Units(Fraction(-1, 3), "min"), "−0.3333 min", "−0,3333 min", "−0,3333 min"),
        (Portion(Fraction("0.15")), "15%", "15 %", "15%"),
        (Portion(Fraction("0.0125")), "1.25%", "1,25 %", "1,25%"),
        (Coins(Money(1, ZAR)), "1 cent", "1 centime", "1 cêntimo"),
        (Coins(Money(99, ZAR)), "99 cents", "99 centimes", "99 cêntimos"),
        (Coins(Money(100, ZAR)), "R 1.00", "1,00 R", "1,00 R"),
        (Coins(Money(0, XOF)), "0 francs", "0 franc", "0 francos"),
        (Coins(Money(7, OMR)), "OMR 0.007", "0,007 OMR", "0,007 OMR"),
        (date(2024, 8, 1), "1 August 2024", "1er août 2024", "1 de agosto de 2024"),
        (date(2024, 2, 29), "29 February 2024", "29 février 2024", "29 de fevereiro de 2024"),
        (Times(3, Units(Fraction("0.5"), "kWh")), "3 × 0.5 kWh", "3 × 0,5 kWh", "3 × 0,5 kWh"),
        (Word("period.month"), "this month", "ce mois-ci", "este mês"),
        (Item(Money(5, ZAR), "VAT"), "R 0.05 VAT", "0,05 R pour VAT", "0,05 R de VAT"),
        (
            Item(Money(5, ZAR), "VAT", Portion(Fraction("0.15"))),
            "R 0.05 VAT (15%)",
            "0,05 R pour VAT (15 %)",
            "0,05 R de VAT (15%)",
        ),
        (("a", "b", 3), "a, b and 3", "a, b et 3", "a, b e 3"),
        (("a",), "a", "a", "a"),
    ],
)
def test_values_are_written_as_people_write_them(
    value: Value, english: str, french: str, portuguese: str
) -> None:
    assert [plain(language.show(value)) for language in LANGUAGES.values()] == [english, french, portuguese]


def test_an_amount_never_parts_from_its_unit() -> None:
    for language in LANGUAGES.values():
        for value in (Money(123456, ZAR), Units(Fraction(1234), "kWh"), Coins(Money(3, ZAR))):
            assert " " not in language.show(value)


def test_numbers_have_as_few_decimals_as_they_need_within_bounds() -> None:
    assert ENGLISH.number(Fraction(5)) == "5"
    assert ENGLISH.number(Fraction(5), 2) == "5.00"
    assert ENGLISH.number(Fraction("5.125"), 0, 2) == "5.13"
    assert ENGLISH.number(Fraction("-0.00001")) == "0"
    assert ENGLISH.number(Fraction(1234567), 0, 0) == "1,234,567"


def test_a_language_without_a_word_says_it_in_english() -> None:
    half = Language(
        "xx",
        "Half",
        {"Your tokens": "Tokoni zako"},
        ENGLISH.months,
        ".",
        ",",
        "{symbol} {amount}",
        "{number}%",
        "{day} {month} {year}",
        " na ",
    )
    assert half.say("heading.tokens").text == "Tokoni zako"
    assert half.say("heading.paid").text == "What you paid"


def test_a_name_with_braces_is_only_a_name() -> None:
    assert ENGLISH.say("row.debt", name="{amount} {0}").text == "{amount} {0} (debt)"


def test_the_count_decides_between_singular_and_plural() -> None:
    one, two = (ENGLISH.say("tokens.free", count=count, items=("x",)).text for count in (1, 2))
    assert one == "One token carries your free units: x."
    assert two == "2 tokens carry your free units: x."


@pytest.mark.parametrize(
    ("value", "machine"),
    [
        (Money(30000, ZAR), {"amount": "300.00", "currency": "ZAR"}),
        (Coins(Money(3, UGX)), {"amount": "3", "currency": "UGX"}),
        (Price(Fraction(1, 3), ZAR, "kWh"), {"amount": "1/3", "currency": "ZAR", "unit": "kWh"}),
        (Price(Fraction("0.125"), ZAR), {"amount": "0.125", "currency": "ZAR"}),
        (Credit(Fraction("0.5"), ZAR), {"amount": "0.5", "currency": "ZAR"}),
        (Units(Fraction("1700.1"), "kWh"), {"units": "1700.1", "unit": "kWh"}),
        (Portion(Fraction("0.15")), "0.15"),
        (Item(Money(5, ZAR), "VAT"), {"name": "VAT", "amount": {"amount": "0.05", "currency": "ZAR"}}),
        (
            Item(Money(5, ZAR), "VAT", Portion(Fraction(1, 4))),
            {"name": "VAT", "amount": {"amount": "0.05", "currency": "ZAR"}, "rate": "0.25"},
        ),
        (
            Times(3, Units(Fraction("0.5"), "kWh")),
            {"count": 3, "each": {"units": "0.5", "unit": "kWh"}},
        ),
        (Word("period.month"), "period.month"),
        (date(2024, 8, 1), "2024-08-01"),
        ((1, "a"), [1, "a"]),
        (
            ENGLISH.say("prices"),
            {"code": "prices", "text": "Your prices have changed.", "parameters": {}},
        ),
    ],
)
def test_machines_get_exact_values(value: Value, machine: object) -> None:
    assert for_machines(value) == machine


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("-7", "-7"), ("0.5", "0.5"), ("-2.0967", "-2.0967"), ("1/8", "0.125"), ("-1/7", "-1/7"),
     ("1e6", "1000000"), ("1/6", "1/6"), ("3/1000", "0.003"), ("1/25", "0.04")],
)  # fmt: skip
def test_exact_numbers_are_decimals_where_a_decimal_is_exact(value: str, text: str) -> None:
    assert exact_text(Fraction(value)) == text
    assert Fraction(text) == Fraction(value)


def test_symbols_keep_together() -> None:
    assert not any(" " in symbol or NO_BREAK in symbol for symbol in SYMBOLS.values())
