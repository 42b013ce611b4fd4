"""Showing that nothing was touched: the digests of closings and checkpoints, and the totals of accounts.

The digest of a closing is SHA-256 over lines of JSON, each ended by a line feed, separated by ``,`` and
``:`` without blanks, all characters outside ASCII escaped:

    ["voltoken.ledger.closing", 1, digest of the closing before or "", day, at]
    [number, state, at, expires, id, kind, at, day, reference, note, corrects, legs]
    [account, kind, currency, places, net]

Each leg is [account, amount, currency, places]. The second kind stands once for every entry whose transfer is
booked in the period, by number, the third once for every account that is not zero or was posted to in the
period, by code. Days and times are written as in ISO 8601. Whoever has the entries can compute it without
this program. Opening balances are not written: a balance goes on.

The digest of a checkpoint is over the same lines of entries, of the period that is open, after the line

    ["voltoken.ledger.checkpoint", 1, digest of the last closing or "", number of the last entry]

A book cannot vouch for itself. Whoever can write all of it can cut off its end, or compute every digest
anew. So digests of closings and checkpoints are to be kept where that person cannot write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from voltoken.ledger.accounts import Account, Balance
from voltoken.ledger.storage import BalanceRow, Closing, Storage
from voltoken.ledger.transfers import DAY_MIN, Entry, State

ONE_DAY: Final = timedelta(days=1)
"""From one period to the next."""


class Checkpoint(NamedTuple):
    """What a book said at some moment, to be kept elsewhere and held against it later.

    closed: the last day that was closed, None when none was. number: of the last entry. digest: over the
    closing and the entries since, SHA-256 in hexadecimal.
    """

    closed: date | None
    number: int
    digest: str


def checkpoint(storage: Storage) -> Checkpoint:
    """Return the digest so far: over all that is not closed yet, and over the last closing."""
    closing = storage.last_closing()
    number = storage.last_number()
    entries = storage.entries(start_after(closing), date.max)
    return Checkpoint(
        None if closing is None else closing.day, number, _open_digest(closing, number, entries)
    )


def verify_checkpoint(storage: Storage, kept: Checkpoint) -> tuple[str, ...]:
    """Hold a checkpoint against a book that has grown since; return the faults, none when it holds.

    It finds entries that were changed, cut off at the end, or put in between, up to the checkpoint. What is
    closed is covered by the digests of the closings, see ``verify_closings``.
    """
    closing = next((each for each in storage.closings() if each.day == kept.closed), None)
    if closing is None and kept.closed is not None:
        return (f"The closing of {kept.closed}, which the checkpoint knows, is gone.",)
    if storage.last_number() < kept.number:
        return (f"The book ends at entry {storage.last_number()}, the checkpoint knew {kept.number}.",)
    since = storage.entries(start_after(closing), date.max)
    known = (entry for entry in since if entry.number <= kept.number)
    if _open_digest(closing, kept.number, known) != kept.digest:
        return (f"The entries up to {kept.number} are not those of the checkpoint.",)
    return ()


def verify_closings(storage: Storage) -> tuple[str, ...]:
    """Compute closings and totals again from the entries alone; return the faults, none when all agrees.

    It finds entries and closings that were changed, put in or taken out before the last closing, kinds and
    currencies of accounts that do not fit a closing, and totals of accounts that are not those of the
    entries. It cannot see a book whose end was cut off, entries and closings, with the totals made to fit:
    keep the last digest, or a checkpoint, elsewhere. Limits and names of accounts are in no digest, because
    they may change.
    """
    faults = []
    every = list(storage.entries(DAY_MIN, date.max))
    if [entry.number for entry in every] != list(range(1, storage.last_number() + 1)):
        faults.append("The numbers of the entries have gaps.")
    nets: dict[str, int] = {}
    before: Closing | None = None
    for closing in storage.closings():
        start = start_after(before)
        inside = [entry for entry in every if start <= entry.transfer.day <= closing.day]
        for entry in inside:
            if entry.state is State.POSTED:
                for account, amount, _ in entry.transfer.legs:
                    nets[account] = nets.get(account, 0) + amount
        rows = rows_of(nets, storage.accounts())
        if rows != closing.rows:
            faults.append(f"The balances of the closing of {closing.day} are not those of its entries.")
        if closing_digest(before, closing.day, closing.at, inside, closing.rows) != closing.digest:
            faults.append(f"The digest of the closing of {closing.day} does not fit its entries.")
        nets = {row.account: row.net for row in rows if row.net}
        before = closing
    return (*faults, *_faulty_totals(storage, every))


def start_after(closing: Closing | None) -> date:
    """Return the first day that a closing leaves open; the first of all when there is none."""
    return DAY_MIN if closing is None else closing.day + ONE_DAY


def rows_of(nets: Mapping[str, int], accounts: Iterable[Account]) -> tuple[BalanceRow, ...]:
    """Return the rows of a closing. nets: debits less credits, by account."""
    return tuple(
        BalanceRow(account.code, account.kind, account.currency, nets[account.code])
        for account in accounts
        if account.code in nets
    )


def closing_digest(
    before: Closing | None, day: date, at: datetime, entries: Iterable[Entry], rows: Iterable[BalanceRow]
) -> str:
    """Return the digest of a closing, in hexadecimal. before: the one before. entries: of the period."""
    previous = "" if before is None else before.digest
    head = ["voltoken.ledger.closing", 1, previous, day.isoformat(), at.isoformat()]
    digest = hashlib.sha256(_line(head))
    for entry in entries:
        digest.update(_entry_line(entry))
    for account, kind, currency, net in rows:
        digest.update(_line([account, kind.value, currency.code, currency.places, net]))
    return digest.hexdigest()


def _open_digest(closing: Closing | None, number: int, entries: Iterable[Entry]) -> str:
    previous = "" if closing is None else closing.digest
    digest = hashlib.sha256(_line(["voltoken.ledger.checkpoint", 1, previous, number]))
    for entry in entries:
        digest.update(_entry_line(entry))
    return digest.hexdigest()


def _faulty_totals(storage: Storage, entries: Iterable[Entry]) -> list[str]:
    """Count the four totals of every account anew, and name those that the storage has otherwise."""
    totals: dict[str, Balance] = {}
    reserved = set()
    for entry in entries:
        transfer_id, was_pending = entry.transfer.id, entry.transfer.id in reserved
        if entry.state is State.PENDING:
            reserved.add(transfer_id)
        posted = int(entry.state is State.POSTED)
        pending = int(entry.state is State.PENDING) - int(was_pending)
        for account, amount, _ in entry.transfer.legs:
            totals[account] = totals.get(account, Balance()).moved(amount, posted, pending)
    known = {account.code for account in storage.accounts()}
    return [
        f"The totals of {code} are not those of its entries."
        for code in sorted(known | set(totals))
        if code not in known or storage.balance(code) != totals.get(code, Balance())
    ]


def _entry_line(entry: Entry) -> bytes:
    transfer = entry.transfer
    return _line(
        [
            *(entry.number, entry.state.value, entry.at.isoformat()),
            None if entry.expires is None else entry.expires.isoformat(),
            *(transfer.id, transfer.kind, transfer.at.isoformat(), transfer.day.isoformat()),
            *(transfer.reference, transfer.note, transfer.corrects),
            [[leg.account, leg.amount, leg.currency.code, leg.currency.places] for leg in transfer.legs],
        ]
    )


def _line(values: list[object]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"
