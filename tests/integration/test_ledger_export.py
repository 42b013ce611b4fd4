"""What we export is read by the programs it is for: hledger and Beancount, and they come to our balances."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from voltoken.ledger import (
    KWH,
    Account,
    AccountKind,
    Book,
    Leg,
    MemoryStorage,
    Transfer,
    beancount_lines,
    beancount_name,
    hledger_lines,
    reversal_of,
    trial_balance,
)
from voltoken.money import Currency

pytestmark = pytest.mark.slow

ZAR, UGX, BHD, WATER = (Currency.of(code) for code in ("ZAR", "UGX", "BHD", "m3"))
NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
DAY = date(2026, 3, 2)
NASTY = (
    'a "note" \\ with \\n, date:2026-99-99 [2026-99-99] = 1 ; x | y {z} @ 5 '
    "; type:Q * ! (c) #tag ^link ñ 电 %41"
)
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


def needed(program: str, package: str) -> str:
    """Return the path of a program; skip where there is none, but fail in CI."""
    found = shutil.which(program)
    if found is None:
        report = pytest.fail if os.environ.get("CI", "").lower() in {"1", "true"} else pytest.skip
        report(f"{program} is not installed: apt-get install {package}")
    return str(found)


def traded() -> Book:
    """Return a book with several currencies, every kind of account, odd names and odd texts."""
    book = Book(MemoryStorage())
    codes = ("vendor:V-17_x.y:float", "a", "A1:b-c:d.e:f_g", "vendor:v17", "0")
    number = 0
    for currency in (ZAR, KWH, UGX, BHD, WATER):
        accounts = [
            Account(f"{code}:{currency.code}", kind, currency)
            for code, kind in zip(codes, AccountKind, strict=True)
        ]
        book.open(*accounts)
        for amount in (1, 17001, 10**12):
            number += 1
            spread = [
                Leg(account.code, amount + place, currency) for place, account in enumerate(accounts[1:])
            ]
            total = sum(leg.amount for leg in spread)
            legs = (Leg(accounts[0].code, -total, currency), *spread)
            book.record(
                Transfer(
                    f"T,{number})];",
                    "credit_vend",
                    NOW,
                    DAY + timedelta(days=number),
                    legs,
                    NASTY,
                    NASTY[::-1],
                )
            )
    standing = book.standing("T,1)];")
    assert standing is not None
    book.record(reversal_of(standing.transfer, new_id='"R"', at=NOW, day=DAY + timedelta(days=30)))
    return book


def assertion(account: Account, net: int) -> str:
    """Return a directive that has Beancount compare a balance, to the last decimal."""
    amount = f"{account.currency.decimal(net)} ~ 0 {account.currency.code.upper()}"
    return f"2027-01-01 balance {beancount_name(account)} {amount}\n"


def written(lines: Iterable[str], path: Path) -> Path:
    """Write lines to a file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    return path


def run(*command: str, code: int = 0) -> str:
    """Run a program that ends with this code, and return what it prints."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, encoding="utf-8", env=ENVIRONMENT
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("first", [date(1970, 1, 1), DAY + timedelta(days=7)])
def test_hledger_finds_no_fault_and_the_same_balances(first: date, tmp_path: Path) -> None:
    hledger = needed("hledger", "hledger")
    book = traded()
    journal = str(written(hledger_lines(book.storage, first), tmp_path / "book.journal"))
    run(hledger, "-f", journal, "check", "--strict")
    rows, _ = json.loads(run(hledger, "-f", journal, "balance", "--flat", "--output-format", "json"))
    theirs = {}
    for name, _, _, amounts in rows:
        (amount,) = amounts
        quantity = amount["aquantity"]
        number = Decimal(quantity["decimalMantissa"]).scaleb(-quantity["decimalPlaces"])
        theirs[name] = amount["acommodity"], number
    assert theirs == {
        row.account.code: (row.account.currency.code, row.account.currency.decimal(row.debit - row.credit))
        for row in trial_balance(book.storage, date.max).rows
    }


def test_hledger_reads_ids_texts_and_kinds_of_accounts(tmp_path: Path) -> None:
    hledger = needed("hledger", "hledger")
    journal = str(written(hledger_lines(traded().storage), tmp_path / "book.journal"))
    printed = json.loads(run(hledger, "-f", journal, "print", "--output-format", "json"))
    assert len(printed) == 16
    tags = dict(printed[0]["ttags"])
    assert tags["transfer"] == "T%2C1)%5D;"
    assert (
        tags["note"].replace("%2C", ",").replace("%5B", "[").replace("%5D", "]").replace("%25", "%")
        == NASTY[::-1]
    )
    assert dict(printed[-1]["ttags"])["corrects"] == "T%2C1)%5D;"
    assert "date" not in tags
    assert printed[0]["tcode"] == "1"
    assert printed[0]["tdate2"] is None
    assert len(run(hledger, "-f", journal, "accounts", "type:A").split()) == 5
    assert run(hledger, "-f", journal, "accounts", "type:L").split()[0] == "a:BHD"


@pytest.mark.parametrize("first", [date(1970, 1, 1), DAY + timedelta(days=7)])
def test_beancount_finds_no_fault_and_the_same_balances(first: date, tmp_path: Path) -> None:
    check = needed("bean-check", "beancount")
    book = traded()
    rows = trial_balance(book.storage, date.max).rows
    ours = [assertion(row.account, row.debit - row.credit) for row in rows]
    assert len(ours) == 25
    lines = list(beancount_lines(book.storage, first))
    run(check, str(written([*lines, *ours], tmp_path / "book.beancount")))
    off_by_one = assertion(rows[7].account, rows[7].debit - rows[7].credit + 1)
    broken = written([*lines, off_by_one], tmp_path / "broken.beancount")
    assert "Balance failed" in run(check, str(broken), code=1)


def test_beancount_reads_texts_as_they_are(tmp_path: Path) -> None:
    query = needed("bean-query", "beancount")
    path = str(written(beancount_lines(traded().storage), tmp_path / "book.beancount"))
    table = run(
        query, "--format", "csv", path, "SELECT DISTINCT entry_meta('note') AS note WHERE year = 2026"
    )
    assert NASTY[::-1].replace('"', '""') in table


def test_hledger_does_find_faults(tmp_path: Path) -> None:
    hledger = needed("hledger", "hledger")
    text = "".join(hledger_lines(traded().storage))
    for fault, (old, new) in {
        "unbalanced": ("  0.01 ZAR", "  0.02 ZAR"),
        "strict": ("account a:ZAR ", "account aa:ZAR "),
    }.items():
        assert old in text
        broken = written([text.replace(old, new, 1)], tmp_path / f"{fault}.journal")
        run(hledger, "-f", str(broken), "check", "--strict", code=1)
