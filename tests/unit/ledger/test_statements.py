"""Statements and trial balances: what an owner reads, and what always adds up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.unit.ledger.books import DAY, FLOAT, NOW, deposit, funded, sale
from voltoken.errors import TransferRefused
from voltoken.ledger import Book, State, csv_lines, statement, trial_balance
from voltoken.ledger.transfers import DAY_MIN

DAYS = [DAY + timedelta(days=number) for number in range(5)]
AFTER = datetime(2026, 5, 1, 6, tzinfo=UTC)
TODAY = AFTER.date()


def traded(*closings: date) -> Book:
    """Return a book of four days; days named here are closed as they end."""
    ledger = funded(60000)
    ledger.record(sale("V2", DAYS[2]))
    ledger.record(sale("V1", DAYS[1]))
    ledger.reserve(sale("V3", DAYS[3]))
    ledger.reserve(sale("V4", DAYS[1]))
    ledger.void("V4", NOW)
    ledger.post("V3", NOW)
    for day in closings:
        ledger.close(day, AFTER, TODAY)
    ledger.record(deposit(5000, "dep-2", DAYS[4]))
    return ledger


def test_a_statement_reads_as_the_owner_counts() -> None:
    said = statement(traded().storage, FLOAT, DAYS[1], DAYS[4])
    assert (said.account.code, said.first, said.last) == (FLOAT, DAYS[1], DAYS[4])
    assert (said.opening, said.closing) == (60000, 60000 - 3 * 11500 + 5000)
    assert [(line.transfer_id, line.day, line.amount, line.balance) for line in said.lines] == [
        ("V1", DAYS[1], -11500, 48500),
        ("V2", DAYS[2], -11500, 37000),
        ("V3", DAYS[3], -11500, 25500),
        ("dep-2", DAYS[4], 5000, 30500),
    ]


def test_a_line_says_where_it_is_from() -> None:
    line = statement(traded().storage, FLOAT, DAYS[1], DAYS[1]).lines[0]
    assert (line.number, line.at, line.kind, line.reference) == (3, NOW, "credit_vend", "till-4/000123")
    assert line.counter == ("sales:DOM", "tax:VAT")
    back = statement(traded().storage, "sales:DOM", DAYS[1], DAYS[1]).lines[0]
    assert (back.counter, back.amount) == ((FLOAT,), 10000)


def test_lines_of_one_day_stand_as_they_were_written() -> None:
    ledger = funded(60000)
    for number in (3, 1, 2):
        ledger.record(sale(f"V{number}"))
    said = statement(ledger.storage, FLOAT, DAY, DAY)
    assert [line.transfer_id for line in said.lines] == ["dep-1", "V3", "V1", "V2"]


@pytest.mark.parametrize("closings", [(), (DAYS[0],), (DAYS[1], DAYS[2]), (DAYS[3],)])
def test_the_closing_of_one_statement_is_the_opening_of_the_next(closings: tuple[date, ...]) -> None:
    storage = traded(*closings).storage
    for code in (FLOAT, "sales:DOM", "bank:main", "energy:sold", "fees"):
        running = 0
        for day in DAYS:
            said = statement(storage, code, day, day)
            assert said.opening == running
            running += sum(line.amount for line in said.lines)
            assert said.closing == running
        whole = statement(storage, code, DAYS[0], DAYS[-1])
        assert (whole.opening, whole.closing) == (0, running)


def test_one_cent_has_another_side_too() -> None:
    ledger = funded(1)
    for code in ("bank:main", FLOAT):
        line = statement(ledger.storage, code, DAY, DAY).lines[0]
        assert {code, *line.counter} == {"bank:main", FLOAT}


def test_a_statement_without_lines_has_two_equal_balances() -> None:
    said = statement(traded().storage, FLOAT, AFTER.date(), AFTER.date())
    assert (said.opening, said.lines, said.closing) == (30500, (), 30500)


def test_there_is_no_statement_of_an_unknown_account() -> None:
    with pytest.raises(TransferRefused) as caught:
        statement(traded().storage, "nowhere", DAY, DAY)
    assert caught.value.reason == "unknown_account"
    assert caught.value.detail["account"] == "nowhere"


@pytest.mark.parametrize(("first", "last"), [(DAYS[1], DAYS[0]), (DAY_MIN, DAY)])
def test_the_days_of_a_statement_are_in_order(first: date, last: date) -> None:
    with pytest.raises(TransferRefused) as caught:
        statement(traded().storage, FLOAT, first, last)
    assert caught.value.reason == "day"
    assert caught.value.detail["account"] == FLOAT


@pytest.mark.parametrize("wrong", [NOW, "2026-03-02", None])
def test_days_are_dates(wrong: date) -> None:
    storage = traded().storage
    acts: list[Callable[[], object]] = [
        lambda: statement(storage, FLOAT, wrong, DAY),
        lambda: statement(storage, FLOAT, DAY, wrong),
        lambda: trial_balance(storage, wrong),
        lambda: list(csv_lines(storage, wrong)),
        lambda: list(csv_lines(storage, DAY, wrong)),
    ]
    for act in acts:
        with pytest.raises(TransferRefused, match="is a date") as caught:
            act()
        assert caught.value.reason == "day"


@pytest.mark.parametrize("closings", [(), (DAYS[0],), (DAYS[0], DAYS[2])])
def test_a_trial_balance_is_of_its_day_and_adds_up(closings: tuple[date, ...]) -> None:
    storage = traded(*closings).storage
    tried = trial_balance(storage, DAYS[1])
    assert tried.day == DAYS[1]
    assert [(row.account.code, row.debit, row.credit) for row in tried.rows] == [
        ("bank:main", 60000, 0),
        ("energy:issued", 0, 477),
        ("energy:sold", 477, 0),
        ("sales:DOM", 0, 10000),
        ("tax:VAT", 0, 1500),
        (FLOAT, 0, 48500),
    ]
    assert tried.totals == {"ZAR": (60000, 60000), "kWh": (477, 477)}


def test_a_trial_balance_before_everything_is_empty() -> None:
    tried = trial_balance(traded(DAYS[0]).storage, DAY - timedelta(days=1))
    assert (tried.rows, tried.totals) == ((), {})


def test_accounts_that_came_back_to_zero_are_left_out() -> None:
    ledger = funded(11500)
    ledger.record(sale())
    assert FLOAT not in {row.account.code for row in trial_balance(ledger.storage, DAY).rows}


def test_what_is_pending_is_in_neither() -> None:
    ledger = funded()
    ledger.reserve(sale())
    assert ledger.standing("V1")[1].state is State.PENDING  # type: ignore[index] # it is there
    assert statement(ledger.storage, FLOAT, DAY, DAY).closing == 50000
    assert trial_balance(ledger.storage, DAY).totals == {"ZAR": (50000, 50000)}
