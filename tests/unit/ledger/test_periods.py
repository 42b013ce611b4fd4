"""Closed is closed: nothing enters a closed period, and what was there can be shown to be untouched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.unit.ledger.books import DAY, FLOAT, HOUR, NOW, ZAR, book, by_hand, deposit, funded, sale
from voltoken.errors import LedgerError, TransferRefused
from voltoken.ledger import (
    KWH,
    Account,
    AccountKind,
    BalanceRow,
    Book,
    Change,
    Command,
    Entry,
    Leg,
    MemoryStorage,
    Record,
    Standing,
    Transfer,
    reversal_of,
    trial_balance,
    verify_closings,
)
from voltoken.ledger.periods import balance_at, balances_at

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)
AFTER = datetime(2026, 5, 1, 6, tzinfo=UTC)
TODAY = AFTER.date()
ASSET, LIABILITY = AccountKind.ASSET, AccountKind.LIABILITY
IN_APRIL = date(2026, 4, 2)


def refused(reason: str, act: Callable[[], object]) -> TransferRefused:
    """Return the refusal of an act."""
    with pytest.raises(TransferRefused) as caught:
        act()
    assert caught.value.reason == reason
    return caught.value


def closed() -> Book:
    """Return a book with a sale in March and one in April, of which March is closed."""
    ledger = funded()
    ledger.record(sale("V1", DAY))
    ledger.record(sale("V2", IN_APRIL))
    ledger.reserve(sale("V3", IN_APRIL))
    ledger.close(MARCH, AFTER, TODAY)
    return ledger


def test_a_closing_keeps_the_balances_of_its_day() -> None:
    closing = closed().storage.closings()[0]
    assert (closing.day, closing.at) == (MARCH, AFTER)
    assert closing.rows == (
        BalanceRow("bank:main", ASSET, ZAR, 50000),
        BalanceRow("energy:issued", AccountKind.INCOME, KWH, -477),
        BalanceRow("energy:sold", AccountKind.EXPENSE, KWH, 477),
        BalanceRow("sales:DOM", AccountKind.INCOME, ZAR, -10000),
        BalanceRow("tax:VAT", LIABILITY, ZAR, -1500),
        BalanceRow(FLOAT, LIABILITY, ZAR, 11500 - 50000),
    )


@pytest.mark.parametrize("day", [DAY, MARCH])
def test_nothing_can_be_booked_in_a_closed_period(day: date) -> None:
    ledger = closed()
    for act in (ledger.record, ledger.reserve):
        error = refused("closed", lambda act=act: act(sale("V4", day)))  # type: ignore[misc] # bound now
        assert "everything up to 2026-03-31 is closed" in error.message
        assert error.detail["id"] == "V4"
    assert verify_closings(ledger.storage) == ()


def test_the_day_after_is_open() -> None:
    ledger = closed()
    ledger.record(sale("V4", MARCH + timedelta(days=1)))


def test_a_resend_of_what_is_closed_still_answers() -> None:
    assert closed().record(sale("V1", DAY)).written is False


def test_a_sale_of_a_closed_period_is_reversed_in_an_open_one() -> None:
    ledger = closed()
    back = reversal_of(sale("V1", DAY), new_id="R1", at=NOW, day=DAY)
    refused("closed", lambda: ledger.record(back))
    ledger.record(replace(back, day=IN_APRIL))
    assert trial_balance(ledger.storage, MARCH) == trial_balance(closed().storage, MARCH)


def test_a_period_with_pending_transfers_is_not_closed() -> None:
    ledger = funded(10**6)
    for number in range(7):
        ledger.reserve(sale(f"V{number}", DAY))
    ledger.reserve(sale("later", IN_APRIL))
    error = refused("pending", lambda: ledger.close(MARCH, AFTER, TODAY))
    assert "V0, V1, V2, V3, V4 and 2 more" in error.message
    assert error.detail["count"] == 7
    assert ledger.storage.closings() == ()
    for number in range(2):
        ledger.void(f"V{number}", NOW)
    assert "V2, V3, V4, V5, V6. Post" in refused("pending", lambda: ledger.close(MARCH, AFTER, TODAY)).message
    for number in range(2, 6):
        ledger.void(f"V{number}", NOW)
    assert "pending: V6. Post" in refused("pending", lambda: ledger.close(MARCH, AFTER, TODAY)).message
    ledger.post("V6", NOW)
    ledger.close(MARCH, AFTER, TODAY)


def test_a_pending_transfer_of_the_last_day_keeps_the_period_open() -> None:
    ledger = funded()
    ledger.reserve(sale("V1", MARCH))
    ledger.close(MARCH - timedelta(days=1), AFTER, TODAY)
    refused("pending", lambda: ledger.close(MARCH, AFTER, TODAY))


def test_a_period_is_from_the_day_after_the_last_to_its_own_last_day() -> None:
    days = [MARCH + timedelta(days=number) for number in (-2, -1, 0, 1, 2, 29, 30, 31)]
    ledger = book()
    for number, day in enumerate(days):
        ledger.record(deposit(10**number, f"d{number}", day))
    ledger.close(MARCH, AFTER, TODAY)
    ledger.close(APRIL, AFTER, TODAY)
    march, april = ledger.storage.closings()
    assert march.rows[0] == BalanceRow("bank:main", ASSET, ZAR, 111)
    assert april.rows[0] == BalanceRow("bank:main", ASSET, ZAR, 1111111)
    moment = "2026-03-02T08:30:00+00:00"
    inside: list[list[object]] = []
    for number in (3, 4, 5, 6):
        legs = [["bank:main", 10**number, "ZAR", 2], [FLOAT, -(10**number), "ZAR", 2]]
        words = "vendor_deposit", moment, days[number].isoformat(), "", "", None
        inside.append([number + 1, "posted", moment, None, f"d{number}", *words, legs])
    assert april.digest == by_hand(
        [
            ["voltoken.ledger.closing", 1, march.digest, "2026-04-30", AFTER.isoformat()],
            *inside,
            ["bank:main", "asset", "ZAR", 2, 1111111],
            [FLOAT, "liability", "ZAR", 2, -1111111],
        ]
    )
    assert verify_closings(ledger.storage) == ()


class Forgetful(MemoryStorage):
    """A storage that has archived what is closed, up to a day, and cannot count it any more."""

    __slots__ = ("archived",)

    def __init__(self) -> None:
        super().__init__()
        self.archived = date(1969, 12, 31)

    def turnover(self, first: date, last: date) -> Mapping[str, int]:
        """Count what is not archived."""
        assert first > self.archived
        return super().turnover(first, last)

    def postings(self, code: str, first: date, last: date) -> Iterator[Entry]:
        """Give what is not archived."""
        assert first > self.archived
        return super().postings(code, first, last)


class Careless(MemoryStorage):
    """A storage that does not know what is pending."""

    __slots__ = ()

    def pending(self, last: date) -> Sequence[Standing]:
        """Return what was booked before there were days."""
        return super().pending(min(last, date.min))


@pytest.mark.parametrize("act", ["post", "void"])
def test_no_outcome_is_written_in_a_closed_period_even_if_a_storage_lost_sight_of_it(act: str) -> None:
    ledger = book(Careless())
    ledger.record(deposit(50000))
    ledger.reserve(sale())
    ledger.close(MARCH, AFTER, TODAY)
    refused("closed", lambda: getattr(ledger, act)("V1", AFTER))


def test_a_write_that_was_checked_before_a_closing_is_not_written_after_it() -> None:
    ledger = funded()

    def commands() -> Iterator[Command]:
        yield Record(sale())
        ledger.close(MARCH, AFTER, TODAY)

    with pytest.raises(LedgerError, match="came in between"):
        ledger.write(commands())
    assert ledger.standing("V1") is None
    assert verify_closings(ledger.storage) == ()


def test_a_closing_that_was_overtaken_by_another_is_not_written() -> None:
    ledger = closed()
    before = ledger.storage.closings()
    late = replace(before[0], day=APRIL)
    with pytest.raises(LedgerError, match="came in between"):
        ledger.storage.commit(Change(ledger.storage.last_number(), closing=late))
    assert ledger.storage.closings() == before


EARLY = MARCH - timedelta(days=10)


@pytest.mark.parametrize(
    ("archived", "day", "balance"),
    [
        (EARLY, EARLY, 1),
        (EARLY, MARCH - timedelta(days=1), 1),
        (MARCH, MARCH, 1),
        (MARCH, APRIL - timedelta(days=1), 11),
        (APRIL, APRIL, 11),
        (APRIL, date(2026, 5, 31), 111),
    ],
)
def test_balances_are_counted_from_the_newest_closing_on(archived: date, day: date, balance: int) -> None:
    storage = Forgetful()
    ledger = book(storage)
    for number, booked in enumerate((DAY, IN_APRIL, date(2026, 5, 1))):
        ledger.record(deposit(10**number, f"d{number}", booked))
    for last in (EARLY, MARCH, APRIL):
        ledger.close(last, AFTER, TODAY)
    storage.archived = archived
    assert balances_at(storage, day) == {"bank:main": balance, FLOAT: -balance}
    assert balance_at(storage, ledger.account("bank:main"), day) == balance


def test_closing_a_day_again_answers_the_same() -> None:
    ledger = closed()
    first = ledger.storage.closings()
    assert ledger.close(MARCH, AFTER + HOUR, TODAY) == first[0]
    assert ledger.storage.closings() == first


@pytest.mark.parametrize("day", [DAY, MARCH - timedelta(days=1), date(1969, 12, 31), AFTER, None])
def test_a_closing_lies_after_the_last_one(day: date) -> None:
    ledger = closed()
    refused("day", lambda: ledger.close(day, AFTER, TODAY))


@pytest.mark.parametrize("day", [TODAY, TODAY + timedelta(days=1)])
def test_a_day_that_is_not_over_is_not_closed(day: date) -> None:
    ledger = funded()
    assert (
        "the day before today, which is 2026-05-01"
        in refused("day", lambda: ledger.close(day, AFTER, TODAY)).message
    )
    ledger.close(TODAY - timedelta(days=1), AFTER, TODAY)


@pytest.mark.parametrize(
    ("today", "last"), [(date(2026, 4, 30), date(2026, 4, 29)), (date(2026, 5, 2), TODAY)]
)
def test_which_day_it_is_the_utility_says(today: date, last: date) -> None:
    ledger = funded()
    refused("day", lambda: ledger.close(today, AFTER, today))
    assert ledger.close(last, AFTER, today).day == last


@pytest.mark.parametrize("today", [date(2026, 4, 29), date(2026, 5, 3), AFTER, None])
def test_today_is_a_day_that_somebody_has(today: date) -> None:
    refused("day", lambda: funded().close(DAY, AFTER, today))


def test_the_first_day_of_all_can_be_closed() -> None:
    assert book().close(date(1970, 1, 1), NOW, DAY).rows == ()


def test_a_closing_has_its_time_in_utc() -> None:
    refused("at", lambda: funded().close(DAY, AFTER.replace(tzinfo=None), TODAY))


def test_a_pending_transfer_is_in_no_closing_balance() -> None:
    ledger = closed()
    ledger.void("V3", NOW)
    closing = ledger.close(APRIL, AFTER, TODAY)
    assert {row.account: row.net for row in closing.rows}["sales:DOM"] == -20000


def test_every_kind_of_account_is_carried_over_a_closing() -> None:
    ledger = book()
    ledger.open(Account("opening", AccountKind.EQUITY, ZAR))
    legs = Leg("bank:main", 100, ZAR), Leg("opening", -100, ZAR)
    ledger.record(Transfer("O", "opening", NOW, DAY, legs))
    ledger.close(MARCH, AFTER, TODAY)
    ledger.record(deposit(50, "d", IN_APRIL))
    nets = {row.account.code: (row.debit, row.credit) for row in trial_balance(ledger.storage, APRIL).rows}
    assert nets == {"bank:main": (150, 0), FLOAT: (0, 50), "opening": (0, 100)}
