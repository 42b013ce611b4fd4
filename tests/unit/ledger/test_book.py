"""Two phases, resends, batches: what is written, what is refused, and that nothing is half done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.unit.ledger.books import ACCOUNTS, DAY, FLOAT, HOUR, NOW, ZAR, book, deposit, funded, own, sale
from voltoken.errors import FieldError, LedgerError, TransferConflict, TransferRefused
from voltoken.ledger import (
    KWH,
    Account,
    AccountKind,
    Balance,
    Book,
    Change,
    Command,
    Leg,
    Limit,
    MemoryStorage,
    Post,
    Record,
    Reserve,
    State,
    Transfer,
    Void,
)
from voltoken.ledger.accounts import TOTAL_MAX
from voltoken.ledger.transfers import AMOUNT_MAX, DAY_MIN
from voltoken.money import Currency

LATER = NOW + HOUR


def refused(reason: str, act: Callable[[], object]) -> TransferRefused:
    """Return the refusal of an act."""
    with pytest.raises(TransferRefused) as caught:
        act()
    assert caught.value.reason == reason
    told = caught.value.detail.get("id")
    if told and reason != "at":
        assert caught.value.message.startswith(f"Transfer {told}: ")
    return caught.value


WITHOUT_ZONE = NOW.replace(tzinfo=None)


def everything(ledger: Book) -> tuple[object, ...]:
    """Return all that a book holds."""
    storage = ledger.storage
    return (
        tuple(storage.entries(DAY_MIN, DAY.max)),
        tuple(storage.accounts()),
        {account.code: storage.balance(account.code) for account in storage.accounts()},
        storage.closings(),
    )


def test_a_reserved_sale_is_pending_and_in_no_balance() -> None:
    ledger = funded()
    outcome = ledger.reserve(sale())
    assert (outcome.state, outcome.written) == (State.PENDING, True)
    assert ledger.balance(FLOAT) == Balance(credits=50000, debits_pending=11500)
    assert ledger.balance("sales:DOM") == Balance(credits_pending=10000)
    assert own(ledger, FLOAT) == 50000


def test_a_posted_sale_is_in_the_balances_and_not_pending_any_more() -> None:
    ledger = funded()
    ledger.reserve(sale())
    assert ledger.post("V1", LATER).state is State.POSTED
    assert ledger.balance(FLOAT) == Balance(debits=11500, credits=50000)
    assert own(ledger, "sales:DOM") == 10000
    assert own(ledger, "energy:sold") == own(ledger, "energy:issued") == 477


def test_a_voided_sale_leaves_balances_as_before() -> None:
    ledger = funded()
    before = everything(ledger)[2]
    ledger.reserve(sale())
    assert ledger.void("V1", LATER).state is State.VOIDED
    assert everything(ledger)[2] == before


def test_a_transfer_can_be_posted_at_once() -> None:
    ledger = book()
    assert ledger.record(deposit(300)).state is State.POSTED
    assert ledger.balance("bank:main") == Balance(debits=300)


def test_entries_are_numbered_without_gaps_and_only_added() -> None:
    ledger = funded()
    ledger.reserve(sale("V1"))
    ledger.reserve(sale("V2"), expires=LATER)
    ledger.void("V1", NOW)
    ledger.post("V2", NOW)
    told = [
        (entry.number, entry.transfer.id, entry.state, entry.at, entry.expires)
        for entry in ledger.storage.entries(DAY, DAY)
    ]
    assert told == [
        (1, "dep-1", State.POSTED, NOW, None),
        (2, "V1", State.PENDING, NOW, None),
        (3, "V2", State.PENDING, NOW, LATER),
        (4, "V1", State.VOIDED, NOW, None),
        (5, "V2", State.POSTED, NOW, None),
    ]


def test_a_standing_knows_the_first_entry_and_the_latest() -> None:
    ledger = funded()
    ledger.reserve(sale(), expires=LATER + HOUR)
    standing = ledger.post("V1", LATER).standing
    assert (standing.first.number, standing.latest.number) == (2, 3)
    assert (standing.transfer, standing.state, standing.expires) == (sale(), State.POSTED, LATER + HOUR)
    assert ledger.standing("V1") == standing
    assert ledger.standing("V2") is None


@pytest.mark.parametrize(
    ("command", "state"),
    [
        (Reserve(sale(), LATER), State.PENDING),
        (Record(sale()), State.POSTED),
    ],
)
def test_the_same_transfer_again_answers_and_writes_nothing(command: Command, state: State) -> None:
    ledger = funded()
    first = ledger.write([command])[0]
    before = everything(ledger)
    again = ledger.write([command])[0]
    assert first == (again.standing, True)
    assert (again.state, again.written) == (state, False)
    assert everything(ledger) == before


def test_a_resend_after_the_outcome_says_the_outcome() -> None:
    ledger = funded()
    ledger.reserve(sale())
    ledger.post("V1", LATER)
    again = ledger.reserve(sale())
    assert (again.state, again.written) == (State.POSTED, False)


@pytest.mark.parametrize(
    "other",
    [
        Reserve(sale(at=LATER)),
        Reserve(replace(sale(), note="x")),
        Reserve(replace(sale(), legs=sale().legs[::-1])),
        Reserve(sale(), LATER),
        Record(sale()),
    ],
    ids=["time", "note", "order", "expiry", "at once"],
)
def test_an_id_that_was_used_for_something_else_is_a_conflict(other: Command) -> None:
    ledger = funded()
    ledger.reserve(sale())
    before = everything(ledger)
    with pytest.raises(TransferConflict, match="V1 has been used") as caught:
        ledger.write([other])
    assert caught.value.detail == {"id": "V1", "entry": 2}
    assert everything(ledger) == before


@pytest.mark.parametrize("end", [Post("V1", LATER), Void("V1", LATER)])
def test_ending_a_transfer_twice_answers_the_same(end: Command) -> None:
    ledger = funded()
    ledger.reserve(sale())
    first = ledger.write([end])[0]
    again = ledger.write([end, end])
    assert [outcome.standing for outcome in again] == [first.standing] * 2
    assert not any(outcome.written for outcome in again)
    assert ledger.storage.last_number() == 3


def test_what_was_posted_at_once_may_be_posted_again() -> None:
    ledger = funded()
    assert ledger.post("dep-1", LATER).written is False


@pytest.mark.parametrize(("first", "then"), [("post", "void"), ("void", "post")])
def test_an_outcome_is_final(first: str, then: str) -> None:
    ledger = funded()
    ledger.reserve(sale())
    getattr(ledger, first)("V1", LATER)
    error = refused("state", lambda: getattr(ledger, then)("V1", LATER))
    assert "since entry 3" in error.message
    assert error.detail["id"] == "V1"


@pytest.mark.parametrize("act", ["post", "void"])
def test_what_was_never_reserved_has_no_outcome(act: str) -> None:
    ledger = funded()
    assert refused("unknown_transfer", lambda: getattr(ledger, act)("V9", LATER)).detail["id"] == "V9"


@pytest.mark.parametrize("act", ["post", "void"])
def test_outcomes_have_their_time_in_utc(act: str) -> None:
    ledger = funded()
    ledger.reserve(sale())
    assert refused("at", lambda: getattr(ledger, act)("V1", WITHOUT_ZONE)).detail["id"] == "V1"


SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize("act", ["post", "void"])
def test_an_outcome_is_not_before_its_transfer(act: str) -> None:
    ledger = funded()
    ledger.reserve(sale(at=LATER))
    error = refused("at", lambda: getattr(ledger, act)("V1", LATER - SECOND))
    assert "may not be before 2026-03-02T09:30:00Z" in error.message
    assert error.detail["id"] == "V1"
    assert getattr(ledger, act)("V1", LATER).written


@pytest.mark.parametrize("act", ["post", "void"])
def test_an_outcome_is_not_long_before_the_last_entry(act: str) -> None:
    ledger = funded()
    ledger.reserve(sale("V1"))
    ledger.record(sale("V2", at=LATER))
    error = refused("at", lambda: getattr(ledger, act)("V1", LATER - 5 * MINUTE - SECOND))
    assert "may not be before 2026-03-02T09:25:00Z" in error.message
    assert getattr(ledger, act)("V1", LATER - 5 * MINUTE).written


def test_within_a_batch_too_an_outcome_is_not_long_before_the_last_entry() -> None:
    ledger = funded()
    commands: list[Command] = [Reserve(sale("V1")), Record(sale("V2", at=LATER)), Post("V1", NOW)]
    refused("at", lambda: ledger.write(commands))
    assert ledger.write([*commands[:2], Post("V1", LATER)])[2].written


def test_what_has_lapsed_cannot_be_posted_by_an_earlier_time() -> None:
    ledger = funded()
    ledger.reserve(sale("V1"), expires=NOW + MINUTE)
    ledger.record(sale("V2", at=LATER))
    refused("at", lambda: ledger.post("V1", NOW))
    refused("expired", lambda: ledger.post("V1", LATER))
    assert ledger.void("V1", LATER).written


def test_a_transfer_may_come_late_with_the_time_at_which_it_was_made() -> None:
    ledger = funded()
    ledger.record(sale("V2", at=LATER))
    assert ledger.record(sale("V1", at=NOW)).written
    assert [entry.at for entry in ledger.storage.entries(DAY, DAY)] == [NOW, LATER, NOW]


def test_the_first_outcome_of_a_book_has_only_its_transfer_before_it() -> None:
    ledger = book()
    assert ledger.storage.last_at() is None
    ledger.write([Reserve(deposit(5)), Post("dep-1", NOW)])
    assert ledger.storage.last_at() == NOW


def test_an_outcome_that_is_known_is_answered_whatever_time_is_given() -> None:
    ledger = funded()
    ledger.reserve(sale())
    ledger.post("V1", LATER)
    assert ledger.post("V1", NOW - HOUR).written is False


@pytest.mark.parametrize(
    "wrong", [sale(), None, "V1", ("V1", NOW), State.POSTED], ids=["transfer", "None", "id", "tuple", "state"]
)
def test_what_is_no_command_is_refused(wrong: object) -> None:
    ledger = funded()
    before = everything(ledger)
    with pytest.raises(FieldError, match="a Reserve, Record, Post or Void") as caught:
        ledger.write([Record(sale()), wrong])  # type: ignore[list-item] # on purpose
    assert caught.value.field == "command"
    assert everything(ledger) == before


def test_what_is_no_account_is_not_opened() -> None:
    ledger = book()
    with pytest.raises(FieldError, match="an Account") as caught:
        ledger.open(FLOAT)  # type: ignore[arg-type] # on purpose
    assert caught.value.field == "account"


@pytest.mark.parametrize("command", [Reserve, Record])
def test_a_command_takes_a_transfer(command: Callable[[object], object]) -> None:
    with pytest.raises(FieldError) as caught:
        command("V1")
    assert caught.value.field == "transfer"


@pytest.mark.parametrize("command", [Post, Void])
@pytest.mark.parametrize("name", [None, [], "", "a b"])
def test_an_outcome_names_a_transfer(command: Callable[[object, datetime], object], name: object) -> None:
    refused("id", lambda: command(name, NOW))


def test_what_is_due_lapses_and_frees_what_it_held() -> None:
    ledger = funded()
    for number, hours in enumerate((2, 1, 3)):
        ledger.reserve(sale(f"V{number}"), expires=NOW + hours * HOUR)
    ledger.reserve(sale("V3"))
    assert ledger.expire(NOW) == ()
    assert ledger.storage.last_number() == 5
    lapsed = ledger.expire(NOW + 2 * HOUR)
    assert [(standing.transfer.id, standing.state) for standing in lapsed] == [
        ("V0", State.EXPIRED),
        ("V1", State.EXPIRED),
    ]
    assert lapsed[0].latest.at == NOW + 2 * HOUR
    assert ledger.balance(FLOAT).debits_pending == 2 * 11500
    assert ledger.expire(NOW + 2 * HOUR) == ()
    assert ledger.reserve(sale("V0"), expires=NOW + 2 * HOUR).state is State.EXPIRED


def test_a_lapsed_transfer_cannot_be_posted_even_before_anybody_looked() -> None:
    ledger = funded()
    ledger.reserve(sale(), expires=LATER)
    assert "2026-03-02T09:30:00Z" in refused("expired", lambda: ledger.post("V1", LATER)).message
    ledger.expire(LATER)
    refused("state", lambda: ledger.post("V1", LATER))


def test_a_transfer_can_be_posted_up_to_its_expiry() -> None:
    ledger = funded()
    ledger.reserve(sale(), expires=LATER)
    assert ledger.post("V1", LATER - HOUR / 3600).state is State.POSTED
    assert ledger.expire(LATER) == ()


def test_voiding_what_has_lapsed_answers_where_it_stands() -> None:
    ledger = funded()
    ledger.reserve(sale(), expires=LATER)
    ledger.expire(LATER)
    assert ledger.void("V1", LATER) == (ledger.standing("V1"), False)


def test_a_late_transfer_can_still_be_voided() -> None:
    ledger = funded()
    ledger.reserve(sale(), expires=LATER)
    assert ledger.void("V1", LATER + HOUR).state is State.VOIDED


@pytest.mark.parametrize(("expires", "reason"), [(NOW, "expiry"), (WITHOUT_ZONE + 10 * HOUR, "at")])
def test_an_expiry_lies_after_the_transfer_in_utc(expires: datetime, reason: str) -> None:
    ledger = funded()
    assert refused(reason, lambda: ledger.reserve(sale(), expires=expires)).detail["id"] == "V1"


def test_expiring_needs_a_time_in_utc() -> None:
    refused("at", lambda: book().expire(WITHOUT_ZONE))


def test_an_account_has_to_be_open() -> None:
    ledger = funded()
    legs = Leg("bank:main", 1, ZAR), Leg("bank:other", -1, ZAR)
    error = refused("unknown_account", lambda: ledger.record(Transfer("T", "move", NOW, DAY, legs)))
    assert "bank:other" in error.message
    assert error.detail["id"] == "T"
    refused("unknown_account", lambda: ledger.balance("bank:other"))


@pytest.mark.parametrize("currency", [KWH, Currency("ZAR", 3)])
def test_an_account_takes_its_own_currency_only(currency: Currency) -> None:
    ledger = funded()
    legs = Leg("bank:main", 1, currency), Leg(FLOAT, -1, currency)
    error = refused("currency", lambda: ledger.record(Transfer("T", "move", NOW, DAY, legs)))
    assert error.detail["id"] == "T"
    assert "bank:main is kept in ZAR with 2 decimals" in error.message


def test_a_currency_that_is_equal_is_the_same() -> None:
    same = Currency("ZAR", 2)
    assert same is not ZAR
    book().record(Transfer("T", "move", NOW, DAY, (Leg("bank:main", 1, same), Leg(FLOAT, -1, same))))


def test_totals_fit_in_64_bits() -> None:
    ledger = book()
    times = TOTAL_MAX // AMOUNT_MAX
    ledger.write([Record(deposit(AMOUNT_MAX, f"d{number}")) for number in range(times)])
    rest = TOTAL_MAX - times * AMOUNT_MAX
    assert refused("total", lambda: ledger.record(deposit(rest + 1, "over"))).detail["id"] == "over"
    ledger.record(deposit(rest, "full"))
    assert ledger.balance("bank:main").debits == TOTAL_MAX == 2**63 - 1


def test_a_batch_is_checked_in_order() -> None:
    ledger = book()
    commands: list[Command] = [Record(deposit(11500)), Reserve(sale()), Post("V1", NOW), Post("V1", NOW)]
    outcomes = ledger.write(commands)
    assert [(outcome.state, outcome.written) for outcome in outcomes] == [
        (State.POSTED, True),
        (State.PENDING, True),
        (State.POSTED, True),
        (State.POSTED, False),
    ]
    assert own(ledger, FLOAT) == 0
    assert outcomes[3].standing == ledger.standing("V1")
    assert [entry.number for entry in ledger.storage.entries(DAY, DAY)] == [1, 2, 3]
    refused("limit", lambda: book().write(commands[1::-1]))


def test_a_resend_within_a_batch_is_seen_as_one() -> None:
    ledger = funded()
    outcomes = ledger.write([Reserve(sale()), Void("V1", NOW), Reserve(sale()), Void("V1", NOW)])
    assert [(outcome.state, outcome.written) for outcome in outcomes] == [
        (State.PENDING, True),
        (State.VOIDED, True),
        (State.VOIDED, False),
        (State.VOIDED, False),
    ]
    assert [outcome.standing.first.number for outcome in outcomes] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    "bad",
    [Post("V9", NOW), Record(deposit(1)), Reserve(sale("V2"), NOW), Reserve(sale("V5"))],
    ids=["unknown", "conflict", "expires", "limit"],
)
def test_one_bad_command_undoes_the_whole_batch(bad: Command) -> None:
    ledger = funded()
    before = everything(ledger)
    new = Account("new", AccountKind.ASSET, ZAR)
    good: list[Command] = [Reserve(sale(f"V{number}")) for number in range(4)]
    with pytest.raises(LedgerError):
        ledger.write([*good, bad], accounts=[new])
    assert everything(ledger) == before
    assert ledger.write(good, accounts=[new])[3].written


def test_five_hundred_sales_are_reserved_together() -> None:
    ledger = funded(500 * 11500)
    outcomes = ledger.write([Reserve(sale(f"V{number}")) for number in range(500)])
    assert all(outcome.state is State.PENDING for outcome in outcomes)
    assert ledger.account(FLOAT).lowest(ledger.balance(FLOAT)) == 0
    refused("limit", lambda: ledger.reserve(sale("V500")))


def test_a_batch_may_open_the_accounts_it_needs() -> None:
    ledger = book()
    debt = Account("debt:C1:old", AccountKind.ASSET, ZAR)
    legs = Leg(debt.code, 900, ZAR), Leg("sales:DOM", -900, ZAR)
    ledger.write([Record(Transfer("T", "debt_raised", NOW, DAY, legs))], accounts=[debt])
    assert own(ledger, debt.code) == 900


class Failing(MemoryStorage):
    """A storage that fails when a question is asked for the so manieth time, or at the write."""

    __slots__ = ("broken", "left")

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.left: int | None = None

    def balance(self, code: str) -> Balance:
        """Return the totals, or fail."""
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise OSError("the disk is gone")
        return super().balance(code)

    def commit(self, change: Change) -> None:
        """Write, or fail."""
        if self.broken:
            raise OSError("the disk is gone")
        super().commit(change)


@pytest.mark.parametrize("left", [0, 2, 4, None])
def test_nothing_is_half_done_when_the_storage_fails(left: int | None) -> None:
    storage = Failing()
    ledger = book(storage)
    ledger.record(deposit(50000))
    before = everything(ledger)
    storage.left, storage.broken = left, left is None
    with pytest.raises(OSError, match="the disk is gone"):
        ledger.write([Record(sale("V1")), Reserve(sale("V2"))])
    storage.left, storage.broken = None, False
    assert everything(ledger) == before
    ledger.write([Record(sale("V1")), Reserve(sale("V2"))])
    assert own(ledger, FLOAT) == 50000 - 11500


def test_a_write_that_was_overtaken_writes_nothing() -> None:
    ledger = funded()
    before = everything(ledger)
    with pytest.raises(LedgerError, match="came in between") as caught:
        ledger.storage.commit(Change(after=0, accounts=(Account("x", AccountKind.ASSET, ZAR),)))
    assert caught.value.detail == {"after": 0, "last": 1}
    assert everything(ledger) == before


def test_opening_an_account_again_leaves_it_as_it_is() -> None:
    ledger = book()
    ledger.open(*ACCOUNTS)
    ledger.open(Account(FLOAT, AccountKind.LIABILITY, ZAR, "another name"))
    assert ledger.account(FLOAT) == ACCOUNTS[1]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("other", "words"),
    [
        (Account("bank:main", AccountKind.EXPENSE, ZAR), "bank:main exists"),
        (Account("bank:main", AccountKind.ASSET, KWH), "bank:main exists"),
        (Account("Bank:MAIN", AccountKind.ASSET, ZAR), "bank:main exists"),
        (Account("bank:main", AccountKind.ASSET, ZAR, limit=Limit(5)), "another limit"),
        (Account("new", AccountKind.ASSET, Currency("ZAR", 3)), "others are in ZAR with 2"),
        (Account("new", AccountKind.ASSET, Currency("zar", 2)), "others are in ZAR"),
    ],
)
def test_an_account_of_another_meaning_is_a_conflict(other: Account, words: str, *, together: bool) -> None:
    ledger = Book(MemoryStorage())
    first = [account for account in ACCOUNTS if account.code == "bank:main"]
    if not together:
        ledger.open(*first)
    with pytest.raises(TransferConflict, match=words) as caught:
        ledger.open(*first, other)
    assert caught.value.detail == {"account": other.code}
    assert [account.code for account in ledger.storage.accounts()] == ([] if together else ["bank:main"])


def test_accounts_are_told_in_the_order_of_their_codes() -> None:
    codes = [account.code for account in book().storage.accounts()]
    assert codes == sorted(codes)
    assert len(codes) == len(ACCOUNTS)
