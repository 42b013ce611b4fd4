"""The result of a period goes to the owners, in as many transfers as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from tests.unit.ledger.books import DAY, NOW, ZAR, book, funded, own, sale
from voltoken.errors import TransferRefused
from voltoken.ledger import (
    KWH,
    Account,
    AccountKind,
    Book,
    Leg,
    Record,
    Transfer,
    closing_transfers,
    verify_closings,
)
from voltoken.ledger.transfers import LEGS_MAX
from voltoken.money import Currency

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)
AFTER = datetime(2026, 5, 1, 6, tzinfo=UTC)
TODAY = AFTER.date()


def moving(
    ledger: Book, day: date = MARCH, new_id: str = "R", results: dict[str, str] | None = None
) -> Sequence[Transfer]:
    """Return the transfers that move the result, written to the book."""
    named = {"ZAR": "result"} if results is None else results
    made = closing_transfers(ledger.storage, new_id=new_id, at=AFTER, day=day, results=named)
    ledger.write([Record(transfer) for transfer in made])
    return made


def test_closing_moves_income_and_expense_to_the_result() -> None:
    ledger = funded()
    ledger.record(sale())
    ledger.record(Transfer("F1", "bank_fee", NOW, DAY, (Leg("fees", 800, ZAR), Leg("bank:main", -800, ZAR))))
    (transfer,) = moving(ledger, new_id="result-2026-03")
    assert (transfer.id, transfer.kind, transfer.at, transfer.day) == (
        *("result-2026-03", "period_result"),
        *(AFTER, MARCH),
    )
    assert own(ledger, "result") == 10000 - 800
    assert own(ledger, "sales:DOM") == own(ledger, "fees") == 0
    assert own(ledger, "energy:sold") == own(ledger, "energy:issued") == 0
    assert own(ledger, "tax:VAT") == 1500
    ledger.close(MARCH, AFTER, TODAY)
    assert verify_closings(ledger.storage) == ()


def test_a_second_period_moves_only_its_own_result() -> None:
    ledger = funded()
    ledger.record(sale("V1", DAY))
    ledger.close(MARCH, AFTER, TODAY)
    ledger.record(sale("V2", date(2026, 4, 2)))
    moving(ledger, APRIL)
    assert own(ledger, "result") == 20000
    ledger.record(sale("V9", date(2026, 5, 1)))
    (later,) = moving(ledger, date(2026, 5, 31), "R2")
    assert {leg.account: leg.amount for leg in later.legs}["result"] == -10000


def test_nothing_to_move_is_no_transfer() -> None:
    assert moving(funded(), results={}) == ()


def test_what_is_moved_ends_with_a_date() -> None:
    with pytest.raises(TransferRefused) as caught:
        moving(funded(), AFTER)
    assert caught.value.reason == "day"


@pytest.mark.parametrize(
    "name", ["", "nowhere", "energy:sold", "bank:main", "sales:DOM", "fees", "tax:VAT", "result:USD"]
)
def test_a_result_needs_an_account_of_equity_in_its_currency(name: str) -> None:
    ledger = funded()
    ledger.open(Account("result:USD", AccountKind.EQUITY, Currency.of("USD")))
    ledger.record(sale())
    with pytest.raises(TransferRefused, match="account of equity kept in ZAR") as caught:
        moving(ledger, results={"ZAR": name} if name else {"kWh": "result"})
    assert caught.value.reason == "result_account"
    assert caught.value.detail["currency"] == "ZAR"


def test_income_and_expense_that_cancel_need_no_result() -> None:
    ledger = book()
    legs = Leg("energy:sold", 5, KWH), Leg("energy:issued", -5, KWH)
    ledger.record(Transfer("E", "move", NOW, DAY, legs))
    (transfer,) = moving(ledger, results={})
    assert set(transfer.legs) == {Leg("energy:sold", -5, KWH), Leg("energy:issued", 5, KWH)}


def spread(money: int, energy: int) -> Book:
    """Return a book with income in so many accounts, and energy in so many beside ``energy:issued``."""
    ledger = book()
    accounts, commands = [], []
    for number in range(money):
        accounts.append(Account(f"sales:{number:04}", AccountKind.INCOME, ZAR))
        legs = Leg("bank:main", number + 1, ZAR), Leg(f"sales:{number:04}", -number - 1, ZAR)
        commands.append(Record(Transfer(f"M{number}", "move", NOW, DAY, legs)))
    for number in range(energy):
        accounts.append(Account(f"energy:{number:04}", AccountKind.EXPENSE, KWH))
        legs = Leg(f"energy:{number:04}", number + 1, KWH), Leg("energy:issued", -number - 1, KWH)
        commands.append(Record(Transfer(f"E{number}", "move", NOW, DAY, legs)))
    ledger.write(commands, accounts=accounts)
    return ledger


@pytest.mark.parametrize(
    ("money", "energy", "sizes"),
    [
        (998, 0, [999]),
        (999, 0, [1000]),
        (1000, 0, [1000, 2]),
        (1998, 0, [1000, 1000]),
        (0, 999, [1000]),
        (0, 1000, [1000, 2]),
        (0, 2500, [1000, 1000, 503]),
        (600, 399, [1000 + 1 - 400, 400]),
        (600, 398, [399 + 601]),
        (1500, 1500, [1000, 1000, 502, 502]),
    ],
)
def test_a_result_of_many_accounts_moves_in_several_transfers(
    money: int, energy: int, sizes: list[int]
) -> None:
    ledger = spread(money, energy)
    made = moving(ledger)
    assert sorted(len(transfer.legs) for transfer in made) == sorted(sizes)
    assert max(sizes) <= LEGS_MAX
    assert [transfer.id for transfer in made] == ["R", "R.2", "R.3", "R.4"][: len(sizes)]
    left = {
        account.code: net
        for account in ledger.storage.accounts()
        if account.kind.is_result and (net := ledger.balance(account.code).net)
    }
    assert left == {}
    assert own(ledger, "result") == money * (money + 1) // 2
    ledger.close(MARCH, AFTER, TODAY)
    assert verify_closings(ledger.storage) == ()


def test_a_piece_that_cancels_by_itself_needs_no_other_account() -> None:
    ledger = book()
    codes = [f"energy:{number:04}" for number in range(1000)]
    accounts = [Account(code, AccountKind.EXPENSE, KWH) for code in codes]
    moves: list[tuple[Leg, ...]] = [(Leg(codes[0], 1, KWH), Leg(codes[1], 1, KWH), Leg(codes[2], -2, KWH))]
    moves += [(Leg(codes[at], 1, KWH), Leg(codes[at + 1], -1, KWH)) for at in range(3, 999, 2)]
    moves += [(Leg(codes[999], 9, KWH), Leg("energy:issued", -9, KWH))]
    commands = [Record(Transfer(f"E{at}", "move", NOW, DAY, legs)) for at, legs in enumerate(moves)]
    ledger.write(commands, accounts=accounts)
    made = moving(ledger, results={})
    assert [len(transfer.legs) for transfer in made] == [999, 2]
    assert all(ledger.balance(code).net == 0 for code in (*codes, "energy:issued"))
