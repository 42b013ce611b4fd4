"""Exports: the same book gives the same text, and no text of ours does harm in another program."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.unit.ledger.books import DAY, FLOAT, NOW, ZAR, book, deposit, funded, sale
from voltoken.ledger import (
    CSV_COLUMNS,
    KWH,
    Account,
    AccountKind,
    Book,
    Leg,
    Transfer,
    beancount_lines,
    beancount_name,
    csv_lines,
    hledger_lines,
    reversal_of,
)
from voltoken.money import Currency

NEXT = date(2026, 3, 3)


def traded() -> Book:
    """Return a book with a deposit, a sale, its reversal, and sales that came to nothing."""
    ledger = funded()
    ledger.record(sale())
    ledger.reserve(sale("pending"))
    ledger.reserve(sale("void"))
    ledger.void("void", NOW)
    ledger.record(reversal_of(sale(), new_id="R1", at=NOW, day=NEXT, note='a "note", with %'))
    return ledger


def test_a_journal_for_hledger() -> None:
    ledger = funded()
    ledger.record(sale())
    assert "".join(hledger_lines(ledger.storage)) == (
        "commodity 1000.00 ZAR\n"
        "commodity 1000.0 kWh\n"
        "account bank:main  ; type:A\n"
        "account energy:issued  ; type:R\n"
        "account energy:sold  ; type:X\n"
        "account fees  ; type:X\n"
        "account result  ; type:E\n"
        "account sales:DOM  ; type:R\n"
        "account tax:VAT  ; type:L\n"
        "account vendor:V17:float  ; type:L\n"
        "\n"
        "2026-03-02 * (1) vendor_deposit\n"
        "    ; transfer:dep-1\n"
        "    ; at:2026-03-02T08:30:00.000000Z\n"
        "    bank:main  500.00 ZAR\n"
        "    vendor:V17:float  -500.00 ZAR\n"
        "\n"
        "2026-03-02 * (2) credit_vend\n"
        "    ; transfer:V1\n"
        "    ; at:2026-03-02T08:30:00.000000Z\n"
        "    ; reference:till-4/000123\n"
        "    vendor:V17:float  115.00 ZAR\n"
        "    sales:DOM  -100.00 ZAR\n"
        "    tax:VAT  -15.00 ZAR\n"
        "    energy:sold  47.7 kWh\n"
        "    energy:issued  -47.7 kWh\n"
    )


def test_a_journal_for_beancount() -> None:
    ledger = funded()
    ledger.record(replace(sale(), note='a "b" \\c'))
    text = "".join(beancount_lines(ledger.storage))
    assert text.startswith(
        "1970-01-01 open Assets:Bank:Main ZAR\n"
        '  code: "bank:main"\n'
        "1970-01-01 open Income:Energy:Issued KWH\n"
        '  code: "energy:issued"\n'
    )
    assert "1970-01-01 open Equity:Result ZAR\n" in text
    assert text.endswith(
        "\n"
        '2026-03-02 * "credit_vend"\n'
        '  entry: "2"\n'
        '  transfer: "V1"\n'
        '  at: "2026-03-02T08:30:00.000000Z"\n'
        '  reference: "till-4/000123"\n'
        '  note: "a \\"b\\" \\\\c"\n'
        "  Liabilities:Vendor:V17:Float  115.00 ZAR\n"
        "  Income:Sales:DOM  -100.00 ZAR\n"
        "  Liabilities:Tax:VAT  -15.00 ZAR\n"
        "  Expenses:Energy:Sold  47.7 KWH\n"
        "  Income:Energy:Issued  -47.7 KWH\n"
    )


def test_csv_has_one_row_for_each_leg() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(traded().storage)))))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 2 + 5 + 5
    assert rows[2] == {
        "number": "2",
        "day": "2026-03-02",
        "at": "2026-03-02T08:30:00.000000Z",
        "transfer": "V1",
        "kind": "credit_vend",
        "reference": "till-4/000123",
        "note": "",
        "corrects": "",
        "account": FLOAT,
        "currency": "ZAR",
        "amount": "115.00",
    }
    assert (rows[-1]["note"], rows[-1]["corrects"]) == ('a "note", with %', "V1")
    assert rows[-5]["amount"] == "-115.00"


def test_every_line_of_csv_ends_as_its_standard_says() -> None:
    assert all(line.endswith("\r\n") and line.count("\n") == 1 for line in csv_lines(traded().storage))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    ledger = book()
    ledger.record(
        replace(
            deposit(5, f"{start}1" if start.isascii() else "d"), reference=f"{start}A1", note=f"{start}x,y"
        )
    )
    row = next(csv.DictReader(io.StringIO("".join(csv_lines(ledger.storage)))))
    assert (row["reference"], row["note"]) == (f"'{start}A1", f"'{start}x,y")
    assert row["transfer"] == (f"'{start}1" if start.isascii() else "d")


def test_amounts_are_numbers_in_csv() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(traded().storage)))))
    assert sum(Decimal(row["amount"]) for row in rows) == 0


def test_quotes_and_commas_stay_in_their_cell() -> None:
    ledger = book()
    ledger.record(replace(deposit(5), reference='a"b', note="c,d"))
    line = list(csv_lines(ledger.storage))[1]
    assert ',"a""b","c,d",' in line
    ledger.record(replace(deposit(5, "d2"), reference="X"))
    assert list(csv_lines(ledger.storage))[-1] == (
        f"2,2026-03-02,2026-03-02T08:30:00.000000Z,d2,vendor_deposit,X,,,{FLOAT},ZAR,-0.05\r\n"
    )


def test_tags_of_hledger_end_where_they_should() -> None:
    ledger = book()
    ledger.record(replace(deposit(5), note="X 50%, date:2026-99-99 [2026-99-99]"))
    text = "".join(hledger_lines(ledger.storage))
    assert "    ; note:X 50%25%2C date:2026-99-99 %5B2026-99-99%5D\n" in text


def test_only_what_is_posted_is_exported() -> None:
    for lines in (hledger_lines, beancount_lines, csv_lines):
        text = "".join(lines(traded().storage))
        assert "pending" not in text
        assert "void" not in text
        assert "R1" in text


def test_a_reversal_names_what_it_reverses() -> None:
    assert "    ; corrects:V1\n" in set(hledger_lines(traded().storage))
    assert '  corrects: "V1"\n' in set(beancount_lines(traded().storage))


@pytest.mark.parametrize("lines", [hledger_lines, beancount_lines])
def test_a_later_export_begins_with_the_balances_before(lines: object) -> None:
    text = "".join(lines(traded().storage, NEXT))  # type: ignore[operator] # both are functions
    assert "V1\n" not in text.replace("corrects:V1", "")
    head = text[text.index("2026-03-02 *") :].split("\n\n")[0]
    assert "opening_balances" in head
    amounts = [line.split("  ")[-1] for line in head.splitlines() if line.endswith((" ZAR", "kWh", "KWH"))]
    assert [amount.split()[0] for amount in amounts] == [
        "500.00",
        "-47.7",
        "47.7",
        "-100.00",
        "-15.00",
        "-385.00",
    ]


def test_a_later_csv_begins_with_the_balances_before() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(csv_lines(traded().storage, NEXT)))))
    assert [row["kind"] for row in rows] == ["opening_balances"] * 6 + ["reversal"] * 5
    assert {row["number"] for row in rows[:6]} == {"0"}
    assert {row["at"] + row["transfer"] for row in rows[:6]} == {""}


def test_an_export_of_nothing_before_has_no_opening() -> None:
    assert "opening" not in "".join(hledger_lines(traded().storage, DAY))


def test_an_export_ends_with_its_last_day() -> None:
    assert "R1" not in "".join(csv_lines(traded().storage, DAY, DAY))


def test_the_same_book_gives_the_same_text() -> None:
    for lines in (hledger_lines, beancount_lines, csv_lines):
        assert list(lines(traded().storage)) == list(lines(traded().storage))


def test_currencies_keep_their_decimals() -> None:
    ledger = book()
    ugx, bhd, water = Currency.of("UGX"), Currency.of("BHD"), Currency.of("m3")
    for number, currency in enumerate((ugx, bhd, water)):
        codes = f"a{number}", f"b{number}"
        ledger.open(*(Account(code, AccountKind.ASSET, currency) for code in codes))
        legs = Leg(codes[0], 1234, currency), Leg(codes[1], -1234, currency)
        ledger.record(Transfer(f"T{number}", "move", NOW, DAY, legs))
    lines = list(hledger_lines(ledger.storage))
    assert lines[:4] == [
        "commodity 1000.000 BHD\n",
        "commodity 1000. UGX\n",
        "commodity 1000.00 ZAR\n",
        "commodity 1000.0 kWh\n",
    ]
    assert lines[4] == 'commodity 1000.0 "m3"\n'
    assert {"    a0  1234 UGX\n", "    a1  1.234 BHD\n", '    a2  123.4 "m3"\n'} < set(lines)
    assert "  Assets:B2  -123.4 M3\n" in set(beancount_lines(ledger.storage))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("bank", "Assets:Bank"),
        ("vendor:v17:float", "Assets:Vendor:V17:Float"),
        ("a-b:c.d:e_f", "Assets:A--b:C-pd:E-uf"),
        ("0x", "Assets:0x"),
    ],
)
def test_names_of_beancount(code: str, name: str) -> None:
    assert beancount_name(Account(code, AccountKind.ASSET, ZAR)) == name


def test_different_accounts_have_different_names_in_beancount() -> None:
    codes = ["a-b", "a--b", "a.b", "a_b", "a-pb", "a-ub", "a--pb", "a-.b", "a.-b", "a__b", "ab"]
    names = {beancount_name(Account(code, AccountKind.ASSET, KWH)) for code in codes}
    assert len(names) == len(codes)
