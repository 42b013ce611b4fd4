"""Figures of the books, in memory: what a sale costs in microseconds.

Aim: a transfer of six legs is posted within 30 microseconds. `python -m bench.ledger [--json]` prints these
only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

from bench.measure import Figure, measure
from bench.report import report
from voltoken.ledger import (
    Book,
    Chart,
    Facts,
    MemoryStorage,
    PaidBy,
    Record,
    Reserve,
    Storage,
    Transfer,
    accounts_for,
    facts_of_quote,
    transfer_for,
    verify_closings,
)
from voltoken.money import Currency

TITLE: Final = "CPU time per transfer of 6 legs"
POSTED_AIM_US: Final = 30.0
MANY: Final = 500

_ZAR: Final = Currency.of("ZAR")
_CHART: Final = Chart(_ZAR)
_NOW: Final = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
_DAY: Final = date(2026, 3, 2)
_LINES: Final = (
    ("energy", "energy", 10000),
    ("levy", "rural", 500),
    ("tax", "VAT", 1575),
)
_BASE: Final = Facts(
    currency=_ZAR, names={"vendor": "V17", "tariff": "DOM"}, paid_by=PaidBy.FLOAT, tender=12075
)


def figures() -> list[Figure]:
    """Measure every row."""
    ready = [_sale(number) for number in range(MANY)]
    if len(ready[0].legs) != 6:
        raise SystemExit("bench: the sale has not six legs")
    acts: dict[str, Callable[[], object]] = {
        "posted": partial(_each, ready),
        "reserved, then posted": partial(_in_two_phases, ready),
        "posted, 500 a batch": partial(_together, ready),
        "reserved, 500 a batch": partial(_reserved_together, ready),
        "made from a quote": lambda: [_sale(number) for number in range(MANY)],
    }
    checked = _checked(ready)
    acts["checked again"] = lambda: verify_closings(checked)
    times = measure(list(acts.values()), items=[MANY] * len(acts))
    return [
        Figure(f"transfer {name}", time, aim_us=POSTED_AIM_US if name == "posted" else None)
        for name, time in zip(acts, times, strict=True)
    ]


def _checked(transfers: list[Transfer]) -> Storage:
    book = _book()
    book.write([Record(transfer) for transfer in transfers])
    book.close(_DAY, _NOW + timedelta(days=1), _DAY + timedelta(days=1))
    if verify_closings(book.storage):
        raise SystemExit("bench: the closing does not verify")
    return book.storage


def _facts() -> Facts:
    return facts_of_quote(_BASE, _LINES, units=477)


def _sale(number: int) -> Transfer:
    return transfer_for("credit_vend", _facts(), _CHART, new_id=f"V{number}", at=_NOW, day=_DAY)


def _book() -> Book:
    book = Book(MemoryStorage())
    book.open(*accounts_for("credit_vend", _facts(), _CHART))
    return book


def _each(transfers: list[Transfer]) -> None:
    book = _book()
    for transfer in transfers:
        book.record(transfer)


def _in_two_phases(transfers: list[Transfer]) -> None:
    book = _book()
    for transfer in transfers:
        book.reserve(transfer)
        book.post(transfer.id, _NOW)


def _together(transfers: list[Transfer]) -> None:
    _book().write([Record(transfer) for transfer in transfers])


def _reserved_together(transfers: list[Transfer]) -> None:
    _book().write([Reserve(transfer) for transfer in transfers])


if __name__ == "__main__":
    sys.exit(report(figures(), TITLE))
