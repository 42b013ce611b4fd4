"""What was written can be shown to be untouched: by the book, by an auditor, by what was kept elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.unit.ledger.books import DAY, FLOAT, HOUR, NOW, ZAR, book, by_hand, deposit, funded, sale
from voltoken.ledger import (
    Account,
    AccountKind,
    Balance,
    BalanceRow,
    Checkpoint,
    Closing,
    Entry,
    MemoryStorage,
    checkpoint,
    reversal_of,
    verify_checkpoint,
    verify_closings,
)
from voltoken.money import Currency

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)
AFTER = datetime(2026, 5, 1, 6, tzinfo=UTC)
TODAY = AFTER.date()
IN_APRIL = date(2026, 4, 2)


def test_an_auditor_computes_the_same_digests() -> None:
    ledger = book()
    lapsing = replace(sale("V1"), note="ü", reference="")
    ledger.record(deposit(50000))
    ledger.reserve(lapsing, expires=NOW + HOUR)
    ledger.record(deposit(700, "dep-2", IN_APRIL))
    ledger.expire(NOW + HOUR)
    ledger.record(reversal_of(deposit(50000), new_id="R1", at=NOW, day=DAY))
    march, april = ledger.close(MARCH, AFTER, TODAY), ledger.close(APRIL, AFTER, TODAY)

    def legs(amount: int) -> list[list[object]]:
        return [["bank:main", amount, "ZAR", 2], [FLOAT, -amount, "ZAR", 2]]

    moment, expiry = "2026-03-02T08:30:00+00:00", "2026-03-02T09:30:00+00:00"
    sold: list[object] = [
        *("V1", "credit_vend", moment, "2026-03-02", "", "ü", None),
        [
            *([FLOAT, 11500, "ZAR", 2], ["sales:DOM", -10000, "ZAR", 2], ["tax:VAT", -1500, "ZAR", 2]),
            *(["energy:sold", 477, "kWh", 1], ["energy:issued", -477, "kWh", 1]),
        ],
    ]
    paid = ["vendor_deposit", moment, "2026-03-02", "", "", None, legs(50000)]
    back = ["reversal", moment, "2026-03-02", "", "", "dep-1", legs(-50000)]
    assert march.digest == by_hand(
        [
            ["voltoken.ledger.closing", 1, "", "2026-03-31", AFTER.isoformat()],
            [1, "posted", moment, None, "dep-1", *paid],
            [2, "pending", moment, expiry, *sold],
            [4, "expired", expiry, None, *sold],
            [5, "posted", moment, None, "R1", *back],
            ["bank:main", "asset", "ZAR", 2, 0],
            [FLOAT, "liability", "ZAR", 2, 0],
        ]
    )
    more = ["dep-2", "vendor_deposit", moment, "2026-04-02", "", "", None, legs(700)]
    assert april.digest == by_hand(
        [
            ["voltoken.ledger.closing", 1, march.digest, "2026-04-30", AFTER.isoformat()],
            [3, "posted", moment, None, *more],
            ["bank:main", "asset", "ZAR", 2, 700],
            [FLOAT, "liability", "ZAR", 2, -700],
        ]
    )
    assert verify_closings(ledger.storage) == ()


class Forged(MemoryStorage):
    """A storage that shows another past than was written."""

    __slots__ = ()

    def cut(self, entries: int, closings: int) -> None:
        """Take off the end: leave so many entries and closings."""
        del self._entries[entries:]
        del self._closings[closings:]

    def rename(self, account: Account) -> None:
        """Put another account in the place of the one of its code."""
        self._accounts[account.code] = account

    def recount(self, code: str, balance: Balance) -> None:
        """Give an account other totals."""
        self._balances[code] = balance

    def lose(self, code: str) -> None:
        """Take an account out."""
        del self._accounts[code]

    def forge(self, number: int, forged: Entry | None) -> None:
        """Put another entry in the place of one, or take it out."""
        if forged is None:
            del self._entries[number - 1]
        else:
            self._entries[number - 1] = forged

    def rebalance(self, place: int, rows: tuple[BalanceRow, ...]) -> None:
        """Give a closing other balances."""
        self._closings[place] = replace(self._closings[place], rows=rows)

    def renew(self, place: int, closing: Closing) -> None:
        """Put another closing in the place of one."""
        self._closings[place] = closing


def forged() -> Forged:
    """Return a storage with two closed months."""
    storage = Forged()
    ledger = book(storage)
    for number, day in enumerate((DAY, DAY, IN_APRIL)):
        ledger.record(deposit(1000 + number, f"d{number}", day))
    ledger.close(MARCH, AFTER, TODAY)
    ledger.close(APRIL, AFTER, TODAY)
    assert verify_closings(storage) == ()
    return storage


def test_an_entry_that_was_changed_is_found() -> None:
    storage = forged()
    entry = next(storage.entries(DAY, DAY))
    storage.forge(1, replace(entry, transfer=deposit(999, "d0")))
    faults = verify_closings(storage)
    assert len(faults) == 5
    assert "balances of the closing of 2026-03-31" in faults[0]
    assert "digest of the closing of 2026-03-31" in faults[1]
    assert "balances of the closing of 2026-04-30" in faults[2]
    assert faults[3:] == tuple(
        f"The totals of {code} are not those of its entries." for code in ("bank:main", FLOAT)
    )


def test_words_that_were_changed_are_found() -> None:
    storage = forged()
    entry = next(storage.entries(DAY, DAY))
    storage.forge(1, replace(entry, transfer=replace(entry.transfer, note="paid back")))
    assert verify_closings(storage) == ("The digest of the closing of 2026-03-31 does not fit its entries.",)


def test_an_entry_that_is_gone_is_found() -> None:
    storage = forged()
    storage.forge(2, None)
    assert verify_closings(storage)[0] == "The numbers of the entries have gaps."


def test_balances_that_were_changed_are_found() -> None:
    storage = forged()
    rows = (
        BalanceRow("bank:main", AccountKind.ASSET, ZAR, 1),
        BalanceRow(FLOAT, AccountKind.LIABILITY, ZAR, -1),
    )
    storage.rebalance(1, rows)
    faults = verify_closings(storage)
    assert [fault.split()[1] for fault in faults] == ["balances", "digest"]
    assert all("2026-04-30" in fault for fault in faults)


def test_a_closing_depends_on_the_one_before() -> None:
    storage = forged()
    storage.renew(0, replace(storage.closings()[0], digest="0" * 64))
    assert verify_closings(storage) == (
        "The digest of the closing of 2026-03-31 does not fit its entries.",
        "The digest of the closing of 2026-04-30 does not fit its entries.",
    )


def test_the_time_of_a_closing_is_in_its_digest() -> None:
    storage = forged()
    storage.renew(1, replace(storage.closings()[1], at=AFTER - HOUR))
    assert verify_closings(storage) == ("The digest of the closing of 2026-04-30 does not fit its entries.",)


@pytest.mark.parametrize(
    "other",
    [
        Account("bank:main", AccountKind.INCOME, ZAR),
        Account("bank:main", AccountKind.ASSET, Currency("ZAR", 3)),
    ],
    ids=["kind", "places"],
)
def test_an_account_that_was_given_another_meaning_is_found(other: Account) -> None:
    storage = forged()
    storage.rename(other)
    assert verify_closings(storage) == tuple(
        f"The balances of the closing of {day} are not those of its entries." for day in (MARCH, APRIL)
    )


def test_the_meaning_of_an_account_that_came_back_to_zero_is_kept_too() -> None:
    storage = Forged()
    ledger = book(storage)
    ledger.record(deposit(11500))
    ledger.record(sale())
    closing = ledger.close(MARCH, AFTER, TODAY)
    assert BalanceRow(FLOAT, AccountKind.LIABILITY, ZAR, 0) in closing.rows
    april = ledger.close(APRIL, AFTER, TODAY)
    assert FLOAT not in {row.account for row in april.rows}
    assert verify_closings(storage) == ()
    storage.rename(Account(FLOAT, AccountKind.ASSET, ZAR))
    assert len(verify_closings(storage)) == 1


@pytest.mark.parametrize(
    "forgery",
    [
        Balance(debits=1001),
        Balance(debits=2002, credits=1),
        Balance(debits=2001, debits_pending=1),
        Balance(debits=2001, credits_pending=-1),
        Balance(),
    ],
)
def test_totals_that_were_overwritten_are_found(forgery: Balance) -> None:
    storage = forged()
    storage.recount("bank:main", forgery)
    assert verify_closings(storage) == ("The totals of bank:main are not those of its entries.",)


def test_totals_of_an_account_that_nothing_was_written_to_are_zero() -> None:
    storage = forged()
    storage.recount("fees", Balance(credits=1))
    assert verify_closings(storage) == ("The totals of fees are not those of its entries.",)


def test_an_account_that_is_gone_is_found() -> None:
    storage = forged()
    storage.lose(FLOAT)
    assert verify_closings(storage)[-1] == f"The totals of {FLOAT} are not those of its entries."


def test_totals_are_counted_with_what_is_pending_and_what_came_of_it() -> None:
    ledger = funded()
    for number, expires in enumerate((None, None, NOW + HOUR, None)):
        ledger.reserve(sale(f"V{number}"), expires=expires)
    ledger.post("V0", NOW)
    ledger.void("V1", NOW)
    ledger.expire(NOW + HOUR)
    assert verify_closings(ledger.storage) == ()


def test_an_end_that_was_cut_off_is_not_seen_by_the_book_alone() -> None:
    storage = forged()
    kept = checkpoint(storage)
    storage.cut(entries=2, closings=1)
    for code, sign in (("bank:main", 1), (FLOAT, -1)):
        storage.recount(code, Balance().moved(sign * 2001, 1, 0))
    assert verify_closings(storage) == ()
    assert verify_checkpoint(storage, kept) == (
        "The closing of 2026-04-30, which the checkpoint knows, is gone.",
    )


def test_a_checkpoint_is_computed_by_an_auditor_too() -> None:
    ledger = book()
    assert checkpoint(ledger.storage) == (
        *(None, 0),
        by_hand([["voltoken.ledger.checkpoint", 1, "", 0]]),
    )
    ledger.record(deposit(5, "d1"))
    march = ledger.close(MARCH, AFTER, TODAY)
    ledger.record(deposit(7, "d2", IN_APRIL))
    moment = "2026-03-02T08:30:00+00:00"
    legs = [["bank:main", 7, "ZAR", 2], [FLOAT, -7, "ZAR", 2]]
    paid = ["d2", "vendor_deposit", moment, "2026-04-02", "", "", None, legs]
    assert checkpoint(ledger.storage) == Checkpoint(
        MARCH,
        2,
        by_hand([["voltoken.ledger.checkpoint", 1, march.digest, 2], [2, "posted", moment, None, *paid]]),
    )


def test_a_checkpoint_holds_while_the_book_grows_and_closes() -> None:
    ledger = funded()
    kept = [checkpoint(ledger.storage)]
    ledger.record(sale("V1", IN_APRIL))
    kept.append(checkpoint(ledger.storage))
    ledger.close(MARCH, AFTER, TODAY)
    kept.append(checkpoint(ledger.storage))
    ledger.record(sale("V2", IN_APRIL))
    ledger.close(APRIL, AFTER, TODAY)
    kept.append(checkpoint(ledger.storage))
    assert verify_checkpoint(ledger.storage, kept[-1]) == ()
    ledger.record(sale("V3", TODAY))
    assert [(each.closed, each.number) for each in kept] == [(None, 1), (None, 2), (MARCH, 2), (APRIL, 3)]
    assert len({each.digest for each in kept}) == 4
    for each in kept:
        assert verify_checkpoint(ledger.storage, each) == ()


def test_a_checkpoint_finds_what_was_changed_or_cut_off_before_it() -> None:
    storage = Forged()
    ledger = book(storage)
    for number in range(3):
        ledger.record(deposit(1000 + number, f"d{number}"))
    kept = checkpoint(storage)
    ledger.record(deposit(1, "d9"))
    storage.forge(4, replace(next(storage.entries(DAY, DAY)), number=4))
    assert verify_checkpoint(storage, kept) == ()
    storage.forge(2, replace(next(storage.entries(DAY, DAY)), number=2))
    assert verify_checkpoint(storage, kept) == ("The entries up to 3 are not those of the checkpoint.",)
    storage.cut(entries=2, closings=0)
    assert verify_checkpoint(storage, kept) == ("The book ends at entry 2, the checkpoint knew 3.",)
