"""Price lists on the command line: price, explain, check, show and schema, as a person uses them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.sessions import ask, environ, session

TARIFFS = Path(__file__).resolve().parents[2] / "examples" / "tariffs"
JHB = "za-citypower-prepaid-high-2024-25"
AUGUST = ("--at", "2024-08-05T10:00")

OWN = """\
format = "voltoken-tariff/1"

[tariff]
code = "dom"
version = "1"
name = "Domestic"
utility = "Ours"
category = "domestic"
zone = "Africa/Kampala"
valid_from = 2026-01-01

[money]
currency = "ZAR"

[[energy]]
blocks = [{ upto = 50, price = 2.00 }, { price = 3.00 }]

[[tax]]
code = "VAT"
name = "VAT"
rate = 0.15
on = ["energy", "SERVICE"]

[[charge]]
code = "SERVICE"
name = "Service charge"
amount = 10
per = "month"

[[debt]]
code = "arrears"
name = "Old bills"
take = { share = 0.30 }

[[free]]
code = "FBE"
name = "Basic units"
units = 50
per = "month"
when = { customer = ["lifeline"] }
"""
MARCH = ("--at", "2026-03-10T09:00")


@pytest.fixture
def own(tmp_path: Path) -> str:
    """Write a tariff of two blocks with everything on it, and return its path."""
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    return str(file)


# ---------------------------------------------------------------- price


def test_a_price_shows_lines_that_add_up_and_what_they_bring() -> None:
    shown = session("tariff", "price", JHB, "--money", "200", *AUGUST)
    assert (shown.code, shown.err) == (0, "")
    amounts = [Decimal(found) for found in re.findall(r" (-?\d+\.\d\d)$", shown.out, re.MULTILINE)]
    assert sum(amounts[:-1]) == amounts[-1] == 200
    assert "36.8 kWh, in one token" in shown.out
    assert "ZAR 113.04: Service and network capacity charge" in shown.out
    assert "\033" not in shown.out


def test_the_figures_of_a_table_stand_under_one_another(own: str) -> None:
    shown = ask("tariff", "price", own, "--money", "1200", *MARCH)
    table = [line for line in shown.out.splitlines() if re.search(r"\d\.\d\d$", line)]
    assert len({len(line) for line in table}) == 1
    assert len(table) == 6
    assert "1,200.00" in table[-1]


def test_the_answer_for_programs_is_exact_text(own: str) -> None:
    answer = ask("tariff", "price", own, "--money", "100", *MARCH, "--json").json
    assert (answer["tariff"], answer["version"], answer["currency"], answer["unit"]) == (
        *("dom", "1", "ZAR", "kWh"),
    )
    assert answer["at"] == "2026-03-10T09:00:00+03:00"
    assert (answer["tender"], answer["units"], answer["tokens"]) == ("100.00", "38.5", ["38.5"])
    assert answer["exact_units"] == "885/23"
    assert [(line["kind"], line["code"], line["amount"]) for line in answer["lines"]] == [
        *(("charge", "SERVICE", "10.00"), ("energy", "energy", "77.00"), ("tax", "VAT", "13.05")),
        ("rounding", "rounding", "-0.05"),
    ]
    assert answer["lines"][2]["rate"] == "0.15"
    assert answer["lines"][2]["base"] == "87.00"
    assert answer["lines"][1]["price"] == "2"
    assert answer["next_price"] == "2.3"
    assert answer["after"]["standing"] == {"SERVICE": {"next_due": "2026-04-01", "owing": "0.00"}}


def test_units_cost_what_their_price_buys_again(own: str) -> None:
    wanted = ask("tariff", "price", own, "--units", "65.3", *MARCH, "--json").json
    bought = ask("tariff", "price", own, "--money", wanted["tender"], *MARCH, "--json").json
    assert wanted == bought
    assert wanted["units"] == "65.3"


def test_what_came_before_moves_the_price(own: str) -> None:
    first = ask("tariff", "price", own, "--money", "150", *MARCH, "--debt", "arrears=300")
    (words,) = re.findall(r"To go on +(--used.*?)\n\n", first.out, re.DOTALL)
    assert "--debt arrears=255.00" in words
    second = ask("tariff", "price", own, "--money", "50", *MARCH, *words.split(), "--json").json
    assert [(line["code"], line["amount"]) for line in second["lines"]][:1] == [("arrears", "15.00")]
    assert second["after"]["debts"] == {"arrears": "240.00"}
    assert not [line for line in second["lines"] if line["kind"] == "charge"]


def test_free_units_go_to_those_who_have_the_mark(own: str) -> None:
    with_mark = ("--mark", "lifeline")
    shown = ask("tariff", "price", own, "--money", "0", *MARCH, *with_mark)
    assert "50 kWh, in one token; Basic units" in shown.out
    assert "no units" in shown.out
    assert "--free-taken FBE=50" in shown.out
    assert (
        ask("tariff", "price", own, "--money", "0", *MARCH, *with_mark, "--free-taken", "FBE=50").code == 12
    )


def test_marks_that_a_tariff_never_asks_for_are_told(own: str) -> None:
    shown = ask("tariff", "price", own, "--money", "10", *MARCH, "--mark", "lifline")
    assert shown.code == 0
    assert shown.err == "warning: this tariff never asks for the mark 'lifline'; it asks for lifeline.\n"


def test_a_history_that_a_tariff_never_asks_for_is_told(own: str) -> None:
    shown = ask("tariff", "price", own, "--money", "10", *MARCH, "--past-units", "410,433")
    assert shown.code == 0
    assert shown.err == (
        "warning: this tariff never asks for the units of past months; --past-units changes nothing.\n"
    )


def test_the_rate_of_exchange_of_the_day_is_told() -> None:
    words = ("tariff", "price", "xx-dollar-priced", "--money", "100", "--at", "2026-11-15T23:59")
    assert "1 USD is 26.4017 ZWG" in ask(*words).out
    next_day = ask(*words[:-1], "2026-11-16T00:00", "--json").json
    assert next_day["exchange"] == "27.0255"
    refused = ask(*words, "--exchange", "30")
    assert refused.code == 3
    assert "left out: this tariff has its own rate for 2026-11-15" in refused.err


def test_a_rate_of_exchange_is_used_where_the_tariff_leaves_it_to_the_day(tmp_path: Path) -> None:
    file = tmp_path / "dollars.toml"
    file.write_text(OWN.replace('currency = "ZAR"', 'currency = "ZAR"\nprices_in = "USD"'), encoding="utf-8")
    words = ("tariff", "price", str(file), "--money", "100", *MARCH)
    assert ask(*words).code == 12
    assert ask(*words, "--exchange", "0").code == 3
    assert "1 USD is 18 ZAR" in ask(*words, "--exchange", "18").out


def test_tokens_carry_credit_where_the_meter_collects_and_units_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "both.toml"
    metered = '[[energy]]\nprice = 2\ncollected = "meter"\nwhen = { customer = ["metered"] }\n\n[[energy]]\n'
    text = OWN.partition("[[free]]")[0].replace("[[energy]]\n", metered).replace(', "SERVICE"]', "]")
    file.write_text(text, encoding="utf-8")
    words = ("tariff", "price", str(file), "--money", "373.63", *MARCH, "--json")
    units = ask(*words).json
    assert (units["unit"], units["tokens"]) == ("kWh", ["122.1"])
    credit = ask(*words, "--mark", "metered").json
    assert credit["unit"] == "ZAR"
    assert sum(map(Decimal, credit["tokens"])) == Decimal("316.2")


def test_amounts_below_zero_are_so_on_every_terminal() -> None:
    words = ("tariff", "explain", JHB, "--money", "200", *AUGUST)
    assert "-R 0.02" in session(*words, PYTHONUTF8="0", PYTHONIOENCODING="ascii").out


def test_large_sales_are_several_tokens(own: str) -> None:
    shown = ask("tariff", "price", own, "--units", "1700.1", *MARCH)
    assert "1,700.1 kWh, in 2 tokens: 1699.4 + 0.7" in shown.out
    huge = ask("tariff", "price", own, "--units", "123456789.1", *MARCH)
    assert "in 69 tokens: 67 \u00d7 1820162.4 + " in " ".join(huge.out.split())


@pytest.mark.parametrize("width", ["80", "60", "40"])
def test_a_quote_fits_the_screen(width: str) -> None:
    shown = ask(
        "tariff", "price", "ke-kplc-domestic-2017-12", "--money", "2500", "--at", "2017-12-05", COLUMNS=width
    )
    assert shown.code == 0
    assert max(map(len, shown.out.splitlines())) <= int(width)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "either --money or --units"),
        (("--money", "1", "--units", "1"), 2, "either --money or --units"),
        (("--money", "1,000"), 3, "No thousands separators"),
        (
            ("--money", "0.005"),
            3,
            "money: '0.005' is not allowed; it must be an amount of ZAR with at most 2 decimals.",
        ),
        (("--money", "-5"), 3, "money: '-5' is not allowed; it must be 0 or more."),
        (("--money", "1" + 17 * "0"), 3, "at most 10000000000000000.00 ZAR"),
        (("--units", "-5"), 3, "units: '-5' is not allowed; it must be 0 or more."),
        (
            ("--units", "1", "--used", "123456789012"),
            3,
            "used: '123456789012' is not allowed; it must be 0 to 1000000000.",
        ),
        (("--money", "10", "--debt", "arrears=-3"), 3, "debt: '-3' is not allowed; it must be 0 or more."),
        (("--money", "10", "--debt", "arrears=0.005"), 3, "debt: '0.005'"),
        (("--money", "10", "--carried", "0.005"), 3, "carried: '0.005'"),
        (
            ("--money", "10", "--exchange", "25"),
            3,
            "exchange: '25' is not allowed; it must be left out: the prices",
        ),
        (("--money", "10", "--grid", "currency"), 2, "No such option"),
        (("--units", "0.05"), 12, "multiples of"),
        (("--units", "1", "--used", "-3"), 3, "used"),
        (("--money", "10", "--debt", "arears=3"), 3, "one that this tariff knows: arrears"),
        (("--money", "10", "--debt", "arrears"), 3, "as in arrears=300"),
        (("--money", "10", "--claim", "X"), 3, "FBE"),
        (("--money", "10", "--size", "kVA=3"), 3, "this tariff knows none"),
        (("--money", "10", "--standing", "SERVICE=2026-02-30"), 3, "a day such as"),
        (("--money", "10", "--past-units", "1;2"), 3, "past-units"),
        (("--money", "10", "--at", "yesterday"), 3, "ISO 8601"),
        (("--money", "10", "--at", "2025-12-31T23:59"), 12, "in force from 2026-01-01"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_cannot_be_priced_is_said(own: str, words: tuple[str, ...], code: int, said: str) -> None:
    shown = ask("tariff", "price", own, *(MARCH if "--at" not in words else ()), *words)
    assert (shown.code, shown.out) == (code, "")
    assert said in shown.err
    with_json = ask("tariff", "price", own, *(MARCH if "--at" not in words else ()), *words, "--json")
    assert said in with_json.json["error"]["message"]


def test_a_tariff_of_the_past_says_how_to_price_in_it() -> None:
    shown = ask("tariff", "price", JHB, "--money", "200")
    assert shown.code == 12
    assert "Or say with --at when the purchase is made." in shown.err


def test_times_are_on_the_clock_of_the_tariff(own: str) -> None:
    midnight = ask("tariff", "price", own, "--money", "10", "--at", "2025-12-31T21:00Z", "--json")
    assert midnight.json["at"] == "2026-01-01T00:00:00+03:00"
    assert ask("tariff", "price", own, "--money", "10", "--at", "2025-12-31T20:59Z").code == 12


def test_names_that_are_nothing_are_helped() -> None:
    shown = ask("tariff", "price", "za-cityp", "--money", "1")
    assert shown.code == 8
    assert f"Did you mean za-citypower-prepaid-high-2023-24 or {JHB}?" in shown.err
    assert "voltoken tariff show" in ask("tariff", "price", "qqq", "--money", "1").err
    assert ask("tariff", "price", "qqq.toml", "--money", "1").code == 8


def test_a_document_can_come_in_a_pipe() -> None:
    shown = session("tariff", "price", "-", "--money", "10", *MARCH, "--json", stdin=OWN)
    assert shown.json["tariff"] == "dom"


def test_a_tariff_with_faults_prices_nothing(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(OWN.replace("0.15", "15"), encoding="utf-8")
    shown = ask("tariff", "price", str(file), "--money", "10", *MARCH)
    assert (shown.code, shown.out) == (2, "")
    assert "0.15" in shown.err
    told = ask("tariff", "price", str(file), "--money", "10", *MARCH, "--json").json["error"]
    assert (told["code"], told["detail"]) == ("tariff.document", {"faults": 1})
    (fault,) = told["faults"]
    assert (fault["line"], fault["key"]) == (21, "tax[1].rate")
    assert "0.15" in fault["reason"]


# ---------------------------------------------------------------- explain


def test_an_explanation_reads_like_a_leaflet(own: str) -> None:
    shown = session(
        *("tariff", "explain", own, "--money", "300", *MARCH, "--used", "20"),
        *("--debt", "arrears=100", "--mark", "lifeline"),
    )
    assert (shown.code, shown.err) == (0, "")
    text = " ".join(shown.out.split())
    for said in (
        "You paid R 300.00",
        "R 90.00 went towards your debt (Old bills)",
        "Basic units",
        "VAT (15%)",
    ):
        assert said in text
    assert max(map(len, shown.out.splitlines())) <= 80


def test_it_says_why_it_is_fewer_than_last_time(own: str) -> None:
    shown = ask("tariff", "explain", own, "--money", "100", *MARCH, "--after", "100@2026-03-01")
    text = " ".join(shown.out.split())
    assert "On 1 March 2026 you paid R 100.00 and got 38.5 kWh." in text
    assert "kWh less" in text


def test_earlier_purchases_leave_where_the_next_begins(own: str) -> None:
    chain = ("--after", "100@2026-02-27", "--after", "40@2026-03-02", "--after", "40")
    answer = ask("tariff", "explain", own, "--money", "100", *MARCH, *chain, "--json").json
    bought = [Decimal(0)]
    before = ask("tariff", "price", own, "--money", "40", "--at", "2026-03-02", "--json").json
    again = ask(
        *("tariff", "price", own, "--money", "40", *MARCH, "--used", before["units"]),
        *("--standing", "SERVICE=2026-04-01", "--json"),
    ).json
    bought = [Decimal(before["units"]), Decimal(again["units"]), Decimal(answer["quote"]["units"])]
    assert Decimal(answer["quote"]["after"]["used"]) == sum(bought)
    assert [line["kind"] for line in answer["quote"]["lines"]].count("charge") == 0
    assert answer["explanation"]["comparison"] is not None


def test_another_price_list_is_a_reason(own: str, tmp_path: Path) -> None:
    dearer = tmp_path / "dearer.toml"
    dearer.write_text(OWN.replace("2.00", "2.50").replace('"1"', '"2"'), encoding="utf-8")
    shown = ask(
        *("tariff", "explain", str(dearer), "--money", "100", *MARCH, "--standing", "SERVICE=2026-04-01"),
        *("--after", "100@2026-02-01", "--after-tariff", own),
    )
    assert "There is a new price list." in shown.out


def test_it_speaks_other_languages(own: str) -> None:
    shown = ask("tariff", "explain", own, "--money", "100", *MARCH, "--language", "fr")
    assert "Vous avez payé 100,00" in shown.out.replace("\u00a0", " ")
    assert ask("tariff", "explain", own, "--money", "100", *MARCH, "--language", "tlh").code == 2


@pytest.mark.parametrize("after", ["x", "100@", "100@x", "100@2026-03-11"])
def test_earlier_purchases_that_cannot_be_are_refused(own: str, after: str) -> None:
    shown = ask("tariff", "explain", own, "--money", "100", *MARCH, "--after", after)
    assert shown.code == 3
    assert shown.err.startswith(("error: after:", "error: time:"))


# ---------------------------------------------------------------- check


def test_ten_mistakes_are_ten_lines_in_one_run() -> None:
    file = TARIFFS / "broken" / "ten-mistakes.toml"
    shown = session("tariff", "check", str(file))
    assert shown.code == 2
    lines = shown.out.splitlines()
    assert len(lines) == 10
    assert [line for line in lines if not re.match(rf"{re.escape(str(file))}:\d+: [\w.\[\]]+: .", line)] == []


def test_a_document_in_order_is_one_line_with_its_hash(own: str) -> None:
    import hashlib

    shown = ask("tariff", "check", own)
    digest = hashlib.sha256(OWN.encode()).hexdigest()
    assert (shown.code, shown.out) == (0, f"{own}: in order; dom 1; SHA-256 {digest}\n")


def test_every_tariff_that_comes_along_is_in_order() -> None:
    names = [row["name"] for row in ask("tariff", "show", "--json").json["tariffs"]]
    assert len(names) >= 5
    checked = ask("tariff", "check", *names, "--json").json
    assert checked["ok"] is True
    assert [one["file"] for one in checked["files"]] == names


def test_one_wrong_file_does_not_hide_the_others(own: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("x = 1\n", encoding="utf-8")
    shown = ask("tariff", "check", str(wrong), str(tmp_path / "none.toml"), own)
    assert shown.code == 8
    assert "in order" in shown.out
    assert f"{wrong}:1: x:" in shown.out
    assert "none.toml" in shown.err
    answer = ask("tariff", "check", str(wrong), own, "--json")
    assert answer.code == 2
    assert [one["ok"] for one in answer.json["files"]] == [False, True]
    assert {"line", "key", "reason"} == set(answer.json["files"][0]["faults"][0])


@pytest.mark.parametrize("more", ["", "x = 1\n"], ids=["alone", "with another fault"])
def test_zones_that_nobody_knows_are_faults_with_their_line(tmp_path: Path, more: str) -> None:
    file = tmp_path / "zone.toml"
    file.write_text(more + OWN.replace("Africa/Kampala", "Africa/Atlantis"), encoding="utf-8")
    shown = ask("tariff", "check", str(file))
    assert shown.code == 2
    line = 9 + more.count("\n")
    assert f"{file}:{line}: tariff.zone: this system knows no time zone Africa/Atlantis" in shown.out
    assert ask("tariff", "price", str(file), "--money", "1").code in (2, 3)


def test_bytes_that_are_no_text_are_faults(tmp_path: Path) -> None:
    file = tmp_path / "bytes.toml"
    file.write_bytes(b"\xff\x00[[")
    assert ask("tariff", "check", str(file)).code == 2


# ---------------------------------------------------------------- show and schema


def test_a_tariff_is_shown_as_people_read_it() -> None:
    shown = session("tariff", "show", JHB)
    assert (shown.code, shown.err) == (0, "")
    rows = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert "up to 350 kWh 2.3634 2.7179" in rows
    assert "above 500 kWh 3.0891 3.5525" in rows
    assert "VAT 15 % of energy and Service and network capacity charge" in rows


def test_every_tariff_that_comes_along_can_be_shown() -> None:
    for row in ask("tariff", "show", "--json").json["tariffs"]:
        for width in ("80", "44"):
            shown = ask("tariff", "show", row["name"], "--chart", COLUMNS=width)
            assert shown.code == 0
            assert row["sha256"] in "".join(shown.out.split())
        answer = ask("tariff", "show", row["name"], "--json").json
        assert answer["energy"]


def test_prices_for_some_customers_are_shown_to_all() -> None:
    answer = ask("tariff", "show", "za-capetown-domestic-2010-11", "--json").json
    assert len(answer["energy"]) > 1
    assert [energy["when"] for energy in answer["energy"] if "segments" not in energy] == []
    shown = ask("tariff", "show", "za-capetown-domestic-2010-11").out
    assert "For customers marked lifeline" in shown
    assert "For all others." in shown


def test_prices_that_hold_for_all_units_say_so() -> None:
    rows = [
        " ".join(line.split())
        for line in ask("tariff", "show", "et-eeu-residential-2018-12").out.splitlines()
    ]
    assert any(row.startswith("from there up to 100 kWh, for all units ") for row in rows)
    assert not [row for row in rows if "once" in row]


def test_what_is_paid_once_is_shown_where_it_comes(tmp_path: Path) -> None:
    levy = '[[levy]]\ncode = "UP"\nname = "Upgrade"\nonce = 8.60\nfrom_units = 40\n\n[[charge]]\n'
    carry = 'currency = "ZAR"\nremainder = "carry"\n\n[units]\nround = { step = 0.1, to = "down" }'
    file = tmp_path / "once.toml"
    text = OWN.replace("[[charge]]\n", levy).replace('currency = "ZAR"', carry)
    file.write_text(text.replace('["energy", "SERVICE"]', '["energy", "UP"]'), encoding="utf-8")
    rows = [" ".join(line.split()) for line in ask("tariff", "show", str(file)).out.splitlines()]
    assert "from there up to 50 kWh, after ZAR 9.89 once 2.00 2.30" in rows
    assert "Upgrade ZAR 8.60 once a period, on going above 40 kWh" in rows
    segments = ask("tariff", "show", str(file), "--json").json["energy"][0]["segments"]
    assert [segment["once"] for segment in segments] == ["0", "9.89", "0"]
    quote = ask("tariff", "price", str(file), "--money", "200", *MARCH, "--used", "40").out
    assert re.search(r"^ +Upgrade +8\.60$", quote, re.MULTILINE)


def test_a_chart_draws_the_dearer_block_longer(own: str) -> None:
    shown = ask("tariff", "show", own, "--chart")
    bars = [line.count("\u2588") for line in shown.out.splitlines() if "\u2588" in line]
    assert len(bars) == 2
    assert 0 < bars[0] < bars[1]


def test_shown_prices_follow_the_circumstances() -> None:
    cheap = ask("tariff", "show", "xx-dollar-priced", "--json").json["energy"][0]["segments"][0]["all_in"]
    later = ask("tariff", "show", "xx-dollar-priced", "--at", "2026-11-20", "--json").json
    assert Decimal(cheap) < Decimal(later["energy"][0]["segments"][0]["all_in"])


def test_the_schema_is_one(tmp_path: Path) -> None:
    plain, asked = ask("tariff", "schema"), ask("tariff", "schema", "--json")
    assert plain.json == asked.json
    assert plain.json["$schema"].startswith("https://json-schema.org/")
    assert plain.json["properties"]["format"]["enum"] == ["voltoken-tariff/1"]


def test_checking_loads_neither_numpy_nor_rich(own: str) -> None:
    program = (
        "import sys; from voltoken.cli import root\n"
        "try: root(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    for words in (("check", own), ("price", own, "--money", "10", *MARCH)):
        command = [sys.executable, "-c", program, "tariff", *words]
        done = subprocess.run(command, capture_output=True, text=True, env=environ(), check=True)
        assert not {"numpy", "rich", "pyarrow", "cryptography", "voltoken.ledger"} & set(done.stderr.split())


def test_json_of_every_command_is_one_object(own: str) -> None:
    for words in (("check", own), ("show",), ("show", own), ("price", own, "--money", "9", *MARCH)):
        assert isinstance(json.loads(ask("tariff", *words, "--json").out), dict)
