"""Double entry, exact and pure: accounts, transfers in two phases, limits, periods, statements, exports.

``Book`` is where everything is written, over a ``Storage``; ``MemoryStorage`` is one. ``Transfer`` and
``Leg`` say what moves; ``transfer_for`` makes them from the posting rules of a vending utility. Money and
energy are whole numbers, and every transfer adds up to zero in each currency. Nothing is rounded here, and
nothing is ever changed: what was wrong is taken back by ``reversal_of``.
"""

from __future__ import annotations

from voltoken.ledger.accounts import Account, AccountKind, Balance, Limit
from voltoken.ledger.book import Book, Command, Outcome, Post, Record, Reserve, Void
from voltoken.ledger.chart import KWH, TEMPLATES, Chart, Measure, Template
from voltoken.ledger.export import CSV_COLUMNS, beancount_lines, beancount_name, csv_lines, hledger_lines
from voltoken.ledger.facts import Facts, PaidBy, facts_of_quote
from voltoken.ledger.periods import closing_transfers
from voltoken.ledger.postings import accounts_for, transfer_for
from voltoken.ledger.proofs import Checkpoint, checkpoint, verify_checkpoint, verify_closings
from voltoken.ledger.rule import PAID_BY, Rule, RuleLine
from voltoken.ledger.rules import RULES
from voltoken.ledger.statements import (
    Statement,
    StatementLine,
    TrialBalance,
    TrialRow,
    statement,
    trial_balance,
)
from voltoken.ledger.storage import BalanceRow, Change, Closing, MemoryStorage, Storage
from voltoken.ledger.transfers import Entry, Leg, Standing, State, Transfer, reversal_of

__all__ = [
    "Account",
    "AccountKind",
    "Balance",
    "BalanceRow",
    "Book",
    "CSV_COLUMNS",
    "Change",
    "Chart",
    "Checkpoint",
    "Closing",
    "Command",
    "Entry",
    "Facts",
    "KWH",
    "Leg",
    "Limit",
    "Measure",
    "MemoryStorage",
    "Outcome",
    "PAID_BY",
    "PaidBy",
    "Post",
    "RULES",
    "Record",
    "Reserve",
    "Rule",
    "RuleLine",
    "Standing",
    "State",
    "Statement",
    "StatementLine",
    "Storage",
    "TEMPLATES",
    "Template",
    "Transfer",
    "TrialBalance",
    "TrialRow",
    "Void",
    "accounts_for",
    "beancount_lines",
    "beancount_name",
    "checkpoint",
    "closing_transfers",
    "csv_lines",
    "facts_of_quote",
    "hledger_lines",
    "reversal_of",
    "statement",
    "transfer_for",
    "trial_balance",
    "verify_checkpoint",
    "verify_closings",
]
