"""Books at random: whatever order things come in, every invariant holds, against a fold that knows no tricks.

The fold in this file is as plain as can be: it keeps a list of what was written and counts it anew each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from voltoken.errors import LedgerError, TransferConflict, TransferRefused
from voltoken.ledger import (
    KWH,
    Account,
    AccountKind,
    Book,
    Chart,
    Checkpoint,
    Closing,
    Command,
    Facts,
    Leg,
    Limit,
    MemoryStorage,
    Outcome,
    PaidBy,
    Post,
    Record,
    Reserve,
    State,
    Transfer,
    Void,
    accounts_for,
    checkpoint,
    facts_of_quote,
    reversal_of,
    statement,
    transfer_for,
    trial_balance,
    verify_checkpoint,
    verify_closings,
)
from voltoken.ledger.transfers import DAY_MIN
from voltoken.money import Currency

ZAR = Currency.of("ZAR")
START = datetime(2026, 3, 1, tzinfo=UTC)
LIMITS = {"float": Limit(at_least=-50), "cash": Limit(0, 120), "bank": None, "sales": None, "fees": None}
KINDS = {
    "float": AccountKind.LIABILITY,
    "cash": AccountKind.ASSET,
    "bank": AccountKind.ASSET,
    "sales": AccountKind.INCOME,
    "fees": AccountKind.EXPENSE,
}
NUMBERS = st.integers(0, 9)
HOURS = st.sampled_from([1, 2, 24])
DAYS = st.integers(0, 5)


def legs_of(amounts: dict[str, int], units: int) -> tuple[Leg, ...] | None:
    """Return legs with these amounts, closed by the bank and by energy; None when nothing would be left."""
    money = {**amounts, "bank": -sum(amounts.values())}
    legs = [Leg(code, amount, ZAR) for code, amount in money.items() if amount]
    if units:
        legs += [Leg("sold", units, KWH), Leg("issued", -units, KWH)]
    return tuple(legs) if len(legs) > 1 else None


AMOUNTS = st.dictionaries(
    st.sampled_from(["float", "cash", "sales", "fees"]), st.integers(-80, 80), min_size=1, max_size=3
)


class BookMachine(RuleBasedStateMachine):
    """A book, and what was written to it as a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book(MemoryStorage())
        self.book.open(*(Account(code, KINDS[code], ZAR, limit=LIMITS[code]) for code in KINDS))
        self.book.open(Account("sold", AccountKind.EXPENSE, KWH), Account("issued", AccountKind.INCOME, KWH))
        self.now = START
        self.known: dict[str, tuple[Transfer, State, datetime | None]] = {}
        self.order: list[tuple[str, State, datetime]] = []
        self.sent: dict[str, Command] = {}
        self.closed: date | None = None
        self.frozen: list[tuple[Closing, object]] = []
        self.kept: list[Checkpoint] = []

    # ------------------------------------------------------------ the fold

    def fold(self, *states: State) -> dict[str, int]:
        """Count debits less credits of every account over transfers in these states."""
        sums: dict[str, int] = defaultdict(int)
        for transfer, state, _ in self.known.values():
            if state in states:
                for leg in transfer.legs:
                    sums[leg.account] += leg.amount
        return sums

    def worst(self, code: str, without: Collection[str] = ()) -> tuple[int, int]:
        """Count the lowest and the highest own balance that an account can still come to."""
        sign = 1 if KINDS[code] in {AccountKind.ASSET, AccountKind.EXPENSE} else -1
        low = high = 0
        for name, (transfer, state, _) in self.known.items():
            if name in without:
                continue
            own = sum(sign * leg.amount for leg in transfer.legs if leg.account == code)
            if state is State.POSTED:
                low, high = low + own, high + own
            elif state is State.PENDING:
                low, high = low + min(own, 0), high + max(own, 0)
        return low, high

    def giving_way(self, transfer: Transfer) -> set[str]:
        """Return the reversals that have lapsed when another reversal of the same transfer is made."""
        return {
            name
            for name, (other, state, expires) in self.known.items()
            if transfer.corrects is not None
            and other.corrects == transfer.corrects
            and state is State.PENDING
            and expires is not None
            and expires <= transfer.at
        }

    def forbidden(self, transfer: Transfer) -> set[str]:
        """Say why a new transfer may not be written."""
        why = set()
        if self.closed is not None and transfer.day <= self.closed:
            why.add("closed")
        if transfer.corrects is not None:
            of = self.known.get(transfer.corrects)
            if of is None or of[1] is not State.POSTED or of[0].corrects:
                why.add("corrects")
            if any(
                other.corrects == transfer.corrects and state in {State.PENDING, State.POSTED}
                for name, (other, state, _) in self.known.items()
                if name not in self.giving_way(transfer)
            ):
                why.add("reversed")
        for code, amount, _ in transfer.legs:
            limit = LIMITS.get(code)
            if limit is None:
                continue
            sign = 1 if KINDS[code] in {AccountKind.ASSET, AccountKind.EXPENSE} else -1
            low, high = self.worst(code, self.giving_way(transfer))
            if limit.at_least is not None and low + min(sign * amount, 0) < limit.at_least:
                why.add("limit")
            if limit.at_most is not None and high + max(sign * amount, 0) > limit.at_most:
                why.add("limit")
        return why

    # ------------------------------------------------------------ what can happen

    def ask(self, command: Command) -> tuple[str, Outcome | None]:
        """Send a command; return the reason of a refusal, or the outcome."""
        try:
            return "", self.book.write([command])[0]
        except TransferRefused as error:
            event(f"refused: {error.reason}")
            return error.reason, None

    def bring(self, command: Reserve | Record) -> None:
        """Send a new transfer; it is taken exactly when the fold finds nothing against it."""
        transfer = command.transfer
        before = self.book.storage.last_number()
        why = self.forbidden(transfer)
        refusal, outcome = self.ask(command)
        if outcome is None:
            assert refusal in why
            assert self.book.storage.last_number() == before
            return
        assert why == set()
        assert outcome.written
        for name in self.giving_way(transfer):
            self.known[name] = self.known[name][0], State.EXPIRED, self.known[name][2]
            self.order.append((name, State.EXPIRED, transfer.at))
            event("gave way")
        state = State.PENDING if isinstance(command, Reserve) else State.POSTED
        expires = command.expires if isinstance(command, Reserve) else None
        self.known[transfer.id] = transfer, state, expires
        self.order.append((transfer.id, state, transfer.at))
        self.sent[transfer.id] = command

    @rule(
        number=NUMBERS,
        day=DAYS,
        amounts=AMOUNTS,
        units=st.integers(0, 30),
        hours=st.none() | HOURS,
        at_once=st.booleans(),
    )
    def write(
        self, number: int, day: int, amounts: dict[str, int], units: int, hours: int | None, *, at_once: bool
    ) -> None:
        """Reserve or record a transfer, or find that its id is taken."""
        legs = legs_of(amounts, units)
        if legs is None:
            return
        transfer = Transfer(f"T{number}", "move", self.now, (START + timedelta(days=day)).date(), legs)
        expires = None if hours is None else self.now + timedelta(hours=hours)
        command = Record(transfer) if at_once else Reserve(transfer, expires)
        if transfer.id in self.known:
            if self.sent[transfer.id] != command:
                with pytest.raises(TransferConflict):
                    self.book.write([command])
            return
        self.bring(command)

    @rule(number=NUMBERS)
    def send_again(self, number: int) -> None:
        """A resend answers where the transfer stands, and writes nothing."""
        command = self.sent.get(f"T{number}")
        if command is not None:
            outcome = self.book.write([command, command])[1]
            assert not outcome.written
            assert outcome.state is self.known[f"T{number}"][1]

    @rule(number=NUMBERS, hours=st.none() | HOURS, at_once=st.booleans())
    def send_otherwise(self, number: int, hours: int | None, *, at_once: bool) -> None:
        """The same transfer in another way is a conflict, not a resend."""
        sent = self.sent.get(f"T{number}")
        if sent is None:
            return
        transfer = self.known[f"T{number}"][0]
        expires = None if hours is None else transfer.at + timedelta(hours=hours)
        command = Record(transfer) if at_once else Reserve(transfer, expires)
        if command != sent:
            with pytest.raises(TransferConflict):
                self.book.write([command])
            event("conflict")

    @rule(number=st.integers(0, 20), back=st.sampled_from([0, 0, 0, 4, 6, 90]), post=st.booleans())
    def settle(self, number: int, back: int, *, post: bool) -> None:
        """Post or void a transfer, as far as where it stands and the clock allow."""
        name, target = f"T{number}", State.POSTED if post else State.VOIDED
        at = self.now - timedelta(minutes=back)
        command = Post(name, at) if post else Void(name, at)
        transfer, state, expires = self.known.get(name, (None, None, None))
        why = set()
        if transfer is None:
            why.add("unknown_transfer")
        elif state is not State.PENDING:
            why.add("state")
        else:
            if post and expires is not None and expires <= at:
                why.add("expired")
            if at < transfer.at or at < self.order[-1][2] - timedelta(minutes=5):
                why.add("at")
        refusal, outcome = self.ask(command)
        if outcome is None:
            assert refusal in why
            return
        assert outcome.written == (state is State.PENDING)
        if outcome.written:
            assert why == set()
            assert transfer is not None
            self.known[name] = transfer, target, expires
            self.order.append((name, target, at))

    @rule(hours=HOURS, looked=st.booleans())
    def pass_time(self, hours: int, *, looked: bool) -> None:
        """Let time pass, and what is due lapse, where somebody looks."""
        self.now += timedelta(hours=hours)
        due = {
            name
            for name, (_, state, expires) in self.known.items()
            if state is State.PENDING and expires is not None and expires <= self.now
        }
        if not looked:
            return
        lapsed = self.book.expire(self.now)
        assert {standing.transfer.id for standing in lapsed} == due
        for standing in lapsed:
            name = standing.transfer.id
            self.known[name] = standing.transfer, State.EXPIRED, standing.expires
            self.order.append((name, State.EXPIRED, self.now))
            event("expired")

    @rule(
        number=NUMBERS,
        new=st.integers(10, 20),
        day=DAYS,
        hours=st.none() | HOURS,
        at_once=st.booleans(),
    )
    def reverse(self, number: int, new: int, day: int, hours: int | None, *, at_once: bool) -> None:
        """Take a transfer back, where that may be done."""
        posted = [name for name, (_, state, _) in self.known.items() if state is State.POSTED]
        of = self.known.get(posted[number % len(posted)] if posted and day else f"T{number}")
        if of is None or f"T{new}" in self.known:
            return
        day_of = (START + timedelta(days=day)).date()
        back = reversal_of(of[0], new_id=f"T{new}", at=self.now, day=day_of)
        expires = None if hours is None else self.now + timedelta(hours=hours)
        self.bring(Record(back) if at_once else Reserve(back, expires))

    @rule(new=st.integers(10, 20), early=st.booleans(), at_once=st.booleans())
    def reverse_again(self, new: int, *, early: bool, at_once: bool) -> None:
        """Reverse a transfer whose reversal waits, before or after that has lapsed."""
        waiting = [
            (transfer.corrects, expires)
            for transfer, state, expires in self.known.values()
            if transfer.corrects is not None and expires is not None and state is State.PENDING
        ]
        if not waiting or f"T{new}" in self.known:
            return
        corrected, expires = waiting[0]
        self.now = max(self.now, expires - timedelta(hours=early))
        day_of = (START + timedelta(days=5)).date()
        back = reversal_of(self.known[corrected][0], new_id=f"T{new}", at=self.now, day=day_of)
        self.bring(Record(back) if at_once else Reserve(back))

    @rule(day=DAYS)
    def close(self, day: int) -> None:
        """Close a period, as far as that may be done."""
        last = (START + timedelta(days=day)).date()
        pending = any(
            state is State.PENDING and transfer.day <= last for transfer, state, _ in self.known.values()
        )
        late = self.closed is not None and last < self.closed
        again = last == self.closed
        ahead = last >= self.now.date()
        if late or ahead or (pending and not again):
            with pytest.raises(TransferRefused) as caught:
                self.book.close(last, self.now, self.now.date())
            assert caught.value.reason == ("day" if late or ahead else "pending")
            event(f"not closed: {caught.value.reason}")
            return
        closing = self.book.close(last, self.now, self.now.date())
        if not again:
            self.closed = last
            self.frozen.append((closing, trial_balance(self.book.storage, last)))
            event("closed")

    @rule()
    def keep(self) -> None:
        """Note what the book says so far."""
        self.kept.append(checkpoint(self.book.storage))

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=4), amounts=AMOUNTS)
    def fail_together(self, numbers: list[int], amounts: dict[str, int]) -> None:
        """A batch with one impossible command leaves no trace."""
        legs = legs_of(amounts, 1)
        assert legs is not None
        commands: list[Command] = [
            Reserve(Transfer(f"B{number}", "move", self.now, START.date(), legs)) for number in numbers
        ]
        with pytest.raises(LedgerError):
            self.book.write([*commands, Post("nothing", self.now)])

    # ------------------------------------------------------------ what always holds

    @invariant()
    def entries_are_what_was_written(self) -> None:
        """Entries are numbered without gaps, in the order of what happened."""
        entries = list(self.book.storage.entries(DAY_MIN, date.max))
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
        assert [(entry.transfer.id, entry.state, entry.at) for entry in entries] == self.order

    @invariant()
    def balances_are_the_fold(self) -> None:
        """The four totals are what the fold counts; what is pending counts once, what was given up never."""
        posted, pending = self.fold(State.POSTED), self.fold(State.PENDING)
        for account in self.book.storage.accounts():
            balance = self.book.balance(account.code)
            assert balance.net == posted[account.code]
            assert balance.debits_pending - balance.credits_pending == pending[account.code]
            assert min(balance) >= 0
            debits = sum(
                leg.amount
                for transfer, state, _ in self.known.values()
                for leg in transfer.legs
                if leg.account == account.code and state is State.POSTED and leg.amount > 0
            )
            assert balance.debits == debits

    @invariant()
    def every_currency_adds_up(self) -> None:
        """Sums are zero, posted and pending, in money and in energy."""
        for currency in (ZAR, KWH):
            mine = [self.book.balance(a.code) for a in self.book.storage.accounts() if a.currency == currency]
            assert sum(balance.net for balance in mine) == 0
            assert sum(balance.debits_pending - balance.credits_pending for balance in mine) == 0
        tried = trial_balance(self.book.storage, START.date() + timedelta(days=9))
        assert all(debit == credit for debit, credit in tried.totals.values())

    @invariant()
    def limits_hold(self) -> None:
        """Whatever becomes of what is pending, no account can come beyond its limit."""
        for code, limit in LIMITS.items():
            if limit is not None:
                low, high = self.worst(code)
                assert limit.at_least is None or low >= limit.at_least
                assert limit.at_most is None or high <= limit.at_most

    @invariant()
    def closed_periods_are_as_they_were(self) -> None:
        """Closings verify, and the trial balance of a closed day never changes."""
        storage = self.book.storage
        assert verify_closings(storage) == ()
        assert all(verify_checkpoint(storage, kept) == () for kept in self.kept)
        assert list(storage.closings()) == [closing for closing, _ in self.frozen]
        for closing, tried in self.frozen:
            assert trial_balance(storage, closing.day) == tried

    @invariant()
    def statements_join_up(self) -> None:
        """Every statement adds up, and begins where the one before ended."""
        for code in ("float", "cash", "sold"):
            running = 0
            for day in range(6):
                date_of = (START + timedelta(days=day)).date()
                said = statement(self.book.storage, code, date_of, date_of)
                assert said.opening == running
                running += sum(line.amount for line in said.lines)
                assert said.closing == running
            assert running == self.book.account(code).own(self.fold(State.POSTED)[code])


@pytest.mark.slow
def test_a_book_keeps_every_invariant() -> None:
    run_state_machine_as_test(BookMachine, settings=settings(stateful_step_count=40))


NONSENSE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=5)
    | st.datetimes()
    | st.dates()
    | st.lists(st.integers(), max_size=2)
    | st.tuples(st.text(max_size=3), st.integers(), st.none())
)
GOOD = Transfer("T1", "move", START, START.date(), (Leg("a", 1, ZAR), Leg("b", 1, ZAR), Leg("c", -2, ZAR)))


@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("id", "kind", "at", "day", "reference", "note", "corrects"), NONSENSE),
            "legs": NONSENSE
            | st.lists(st.builds(Leg, NONSENSE, NONSENSE, NONSENSE | st.just(ZAR)) | NONSENSE).map(tuple),
        },
    )
)
def test_a_transfer_is_made_or_refused_and_nothing_else(changes: dict[str, Any]) -> None:
    try:
        made = replace(GOOD, **changes)
    except TransferRefused:
        return
    assert sum(leg.amount for leg in made.legs) == 0


LINES = st.lists(
    st.tuples(
        st.sampled_from(["energy", "levy", "tax", "charge", "debt", "carried", "rounding"]),
        st.sampled_from(["a", "b"]),
        st.integers(-(10**9), 10**12),
    ),
    max_size=12,
)


@given(lines=LINES, units=st.integers(1, 10**7), free=st.integers(0, 10**4), tender=st.integers(1, 10**13))
def test_what_a_quote_says_is_what_the_books_say(
    lines: list[tuple[str, str, int]], units: int, free: int, tender: int
) -> None:
    lines = [*lines, ("rounding", "rounding", tender - sum(amount for _, _, amount in lines))]
    names = {"tariff": "DOM", "vendor": "V17", "customer": "C9"}
    base = Facts(currency=ZAR, names=names, paid_by=PaidBy.FLOAT, tender=tender)
    facts = facts_of_quote(base, lines, units=units, free={"fbe": free})
    chart = Chart(ZAR)
    book = Book(MemoryStorage())
    transfer = transfer_for("credit_vend", facts, chart, new_id="V1", at=START, day=START.date())
    book.write([Record(transfer)], accounts=accounts_for("credit_vend", facts, chart))
    assert book.balance("vendor:V17:float").net == tender
    assert book.balance("energy:sold:DOM").net == units
    assert book.balance("energy:issued").net == -units - free
    booked: dict[tuple[str, str], int] = defaultdict(int)
    for category, code, amount in lines:
        booked[category, code if category in {"levy", "tax", "charge", "debt"} else ""] += amount
    codes = {
        ("energy", ""): "sales:DOM",
        ("carried", ""): "customer:C9:prepaid",
        ("rounding", ""): "rounding",
        **{("levy", code): f"levy:{code}" for code in "ab"},
        **{("tax", code): f"tax:{code}" for code in "ab"},
        **{("charge", code): f"charge:{code}" for code in "ab"},
        **{("debt", code): f"debt:C9:{code}" for code in "ab"},
    }
    for key, amount in booked.items():
        assert book.storage.balance(codes[key]).net == -amount
