"""How the parts of a tariff are put in words, and figures in columns."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from voltoken.cli.screen import Screen
from voltoken.cli.tariff import shared
from voltoken.cli.tariff.figures import columned, fixed, prices, share, whole_money
from voltoken.cli.tariff.schedule import part_rows, slot_words
from voltoken.cli.tariff.table import RULE, Row, write_figures
from voltoken.errors import FieldError, MissingExtra
from voltoken.tariff import Tariff, load
from voltoken.tariff.rounding import exact_text

HEAD = """\
format = "voltoken-tariff/1"
tariff = { code = "t", version = "1", name = "T", utility = "U", category = "c", zone = "UTC", \
valid_from = 2026-01-01 }
money = { currency = "ZAR" }
"""


def written(text: str) -> Tariff:
    return load(f"{HEAD}{text}")


def words(text: str) -> dict[str, str]:
    """Return the sentences of all parts by name."""
    tariff = written(f"energy = [{{ price = 2 }}]\n{text}")
    rows = (row for _, rows in part_rows(tariff) for row in rows)
    return {name: sentence.replace("\u00a0", " ") for name, sentence in rows}


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ('amount = 65\nper = "month"', "ZAR 65 a month"),
        ('amount = 0.5\nper = "day"', "ZAR 0.50 a day"),
        ("rate = 0.05", "5 % of what is paid"),
        (
            'amount = 65\nper = "month"\naccrues = true\naccrues_max = 6',
            "ZAR 65 a month; also for the time without a purchase, at most 6 at once",
        ),
        ('amount = 65\nper = "month"\ntake = { whole = true }', "ZAR 65 a month; to be paid as a whole"),
        (
            'amount = 65\nper = "month"\ntake = { share = 0.3, of = "rest", at_least = 5, at_most = 40 }',
            (
                "ZAR 65 a month; at most 30 % of what is left by then, but not less than ZAR 5, "
                "never more than ZAR 40"
            ),
        ),
        (
            'amount = 65\nper = "purchase"\nincludes = ["VAT"]',
            "ZAR 65 with every purchase; VAT included",
        ),
        (
            'amount = 65\nper = "period"\nwhen = { months = [6, 7, 8], not_customer = ["b", "a"] }',
            "ZAR 65 a period; in June, July and August, not for customers marked a or b",
        ),
        (
            'amount = 65\nper = "month"\nwhen = { mean = { months = 12, from = 450, below = 900 } }',
            "ZAR 65 a month; with at least 450 kWh but less than 900 kWh a month on average over 12 months",
        ),
        (
            (
                'amount = 65\nper = "month"\n'
                "when = { mean = { months = 1, below = 9, without_history = false } }"
            ),
            "ZAR 65 a month; with less than 9 kWh in the last month, not for new customers",
        ),
        ('amount = 65\nper = "month"\ncollected = "meter"', "ZAR 65 a month; collected by the meter"),
    ],
)
def test_charges_are_said_as_they_are_charged(part: str, sentence: str) -> None:
    tax = '[[tax]]\ncode = "VAT"\nname = "VAT"\nrate = 0.15\non = ["energy"]\n'
    if "includes" in part:
        tax = tax.replace('["energy"]', '["energy", "C"]')
    assert words(f'{tax}[[charge]]\ncode = "C"\nname = "Charge"\n{part}\n')["Charge"] == sentence


def test_charges_by_the_size_of_a_connection_say_what_they_are_for() -> None:
    tariff = written(
        'energy = [{ price = 2 }]\n[[charge]]\ncode = "C"\nname = "Charge"\namount = 8\nper = "month"\n'
    )
    sized = replace(tariff, charges=(replace(tariff.charges[0], each="amps"),))
    assert list(part_rows(sized)) == [("Charges", [("Charge", "ZAR\u00a08 \u00d7 amps a month")])]


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ('rate = 0.05\non = ["energy"]', "5 % of energy"),
        ("per_unit = 0.0512", "ZAR 0.0512 for each kWh"),
        (
            "per_unit = 0.05\nfrom_units = 50\nupto_units = 100",
            "ZAR 0.05 for each kWh; above 50 kWh of the period; up to 100 kWh of the period",
        ),
        (
            'per_unit = 0.055\nunit_round = { step = 0.01, to = "up" }',
            "ZAR 0.055 for each kWh; for each kWh rounded to 0.01 ZAR, up",
        ),
        (
            f"per_unit = {{ {', '.join(f'2026-0{month} = {month}' for month in range(1, 9))} }}",
            f"for each kWh: {', '.join(f'2026-0{month} ZAR {month}' for month in range(3, 9))}",
        ),
    ],
)
def test_levies_are_said_with_what_they_are_on(part: str, sentence: str) -> None:
    assert words(f'[[levy]]\ncode = "L"\nname = "Levy"\n{part}\n')["Levy"] == sentence


def test_a_levy_that_is_paid_once_says_above_what() -> None:
    head = HEAD.replace(
        '"ZAR" }', '"ZAR", remainder = "carry" }\nunits = { round = { step = 0.1, to = "down" } }'
    )
    levy = '[[levy]]\ncode = "L"\nname = "Levy"\nonce = 8.60\nfrom_units = 30\n'
    tariff = load(f"{head}energy = [{{ price = 2 }}]\n{levy}")
    assert list(part_rows(tariff)) == [
        ("Levies", [("Levy", "ZAR\u00a08.60 once a period, on going above 30\u00a0kWh")])
    ]


def test_debts_and_free_units_are_said() -> None:
    said = words(
        '[[debt]]\ncode = "d"\nname = "Loan"\ninstalment = 20\nper = "month"\n'
        '[[debt]]\ncode = "e"\nname = "Bills"\n'
        '[[free]]\ncode = "F"\nname = "Free"\nunits = 50\nper = "month"\nclaim = true\n'
    )
    assert said == {
        "Loan": "ZAR 20 a month",
        "Bills": "all that is owed",
        "Free": "50 kWh a month; when asked for",
    }


@pytest.mark.parametrize(
    ("slot", "sentence"),
    [
        ('hours = ["22:00-24:00", "00:00-06:00"]', "ZAR 1, 22:00-24:00 and 00:00-06:00"),
        ('days = ["mon", "tue", "wed", "thu", "fri"]', "ZAR 1, all hours; Monday to Friday"),
        ('days = ["sat", "sun"]', "ZAR 1, all hours; on Saturday and Sunday"),
        ('days = ["mon", "wed", "fri"]', "ZAR 1, all hours; on Monday, Wednesday and Friday"),
        ("months = [12]", "ZAR 1, all hours; in December"),
    ],
)
def test_hours_are_said_as_on_a_notice(slot: str, sentence: str) -> None:
    times = f'[{{ name = "a", price = 1, {slot} }}, {{ name = "b", price = 2 }}]'
    tariff = written(f"energy = [{{ times = {times}, sold_at = 1.5 }}]\n")
    assert slot_words(tariff.energies[0].slots[0], "ZAR").replace("\u00a0", " ") == sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(5, 2), "2.5"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(1, 20), "0.05"),
        (Fraction(3, 16), "0.1875"),
        (Fraction(1, 25), "0.04"),
        (Fraction(0), "0"),
        (Fraction(-7), "-7"),
        (Fraction(-1, 3), "-1/3"),
    ],
)
def test_exact_numbers_lose_nothing(value: Fraction, text: str) -> None:
    assert exact_text(value) == text
    assert Fraction(exact_text(value)) == value


def test_numbers_are_rounded_for_the_eye_alone() -> None:
    assert [fixed(Fraction(n, 1000), 2) for n in (-5, -4, 5, 1234, 99999)] == [
        *("-0.01", "0.00", "0.01", "1.23", "100.00"),
    ]
    assert prices([Fraction(2), None, Fraction(1, 3), Fraction(23640, 10000)]) == [
        "2.0000",
        "",
        "0.3333",
        "2.3640",
    ]
    assert prices([Fraction(1500)]) == ["1,500.00"]
    assert columned([Fraction(50), Fraction(773, 10)]) == ["50.0", "77.3"]
    assert columned([None]) == [""]
    assert share(Fraction(15, 100)) == "15\u00a0%"
    assert whole_money(Fraction(12345), "ZAR") == "ZAR\u00a012,345"
    assert whole_money(Fraction(3, 2), "ZAR") == "ZAR\u00a01.50"


ROWS = [
    Row("A charge with quite a long name", ("", "", "100.00")),
    Row("Energy", ("36.8", "2.3634", "86.97")),
    RULE,
    Row("Paid", ("", "", "186.97")),
]


def table(
    width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **more: int
) -> list[str]:
    monkeypatch.setenv("COLUMNS", width)
    write_figures(Screen(), ("What", "kWh", "price", "amount"), ROWS, **more)
    return capsys.readouterr().out.splitlines()


def test_figures_stand_to_the_right_of_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = table("80", monkeypatch, capsys)
    assert lines[1].split() == ["A", "charge", "with", "quite", "a", "long", "name", "100.00"]
    assert len({len(line) for line in lines}) == 1


def test_a_narrow_screen_does_without_a_column_then_puts_figures_below(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow = table("40", monkeypatch, capsys, spare=1)
    assert narrow[0].split() == ["What", "kWh", "amount"]
    assert narrow[1].strip().startswith("A charge with")
    stacked = table("32", monkeypatch, capsys)
    assert stacked[0].split() == ["What"]
    assert "price" in stacked[1]
    assert max(len(line) for line in narrow) <= 40
    assert max(len(line) for line in stacked) <= 34


def test_a_column_without_figures_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    write_figures(Screen(), ("What", "kWh", "amount"), [Row("Paid", ("", "5"))])
    assert capsys.readouterr().out.split() == ["What", "amount", "Paid", "5"]


def test_zones_are_those_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    tariff = written("energy = [{ price = 2 }]")
    assert shared.zone_of(tariff).key == "UTC"
    nowhere = load(f"{HEAD}energy = [{{ price = 2 }}]".replace("UTC", "Africa/Atlantis"))
    with pytest.raises(FieldError, match="Africa/Atlantis"):
        shared.zone_of(nowhere)
    monkeypatch.setattr(shared, "available_timezones", set)
    with pytest.raises(MissingExtra, match="tzdata"):
        shared.zone_of(nowhere)
