"""Purchases priced one by one: the slow, plain way that the vector engine is judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from voltoken.errors import PurchaseRefused
from voltoken.tariff.calendar import month_start, months_between, period_start
from voltoken.tariff.document import Tariff
from voltoken.tariff.pricing import Prices
from voltoken.tariff.quote import Context, Kind, Quote, Standing
from voltoken.tariff.words import Per

ZONE = ZoneInfo("Africa/Johannesburg")


@dataclass(frozen=True, slots=True)
class Row:
    """A purchase as it was. at: seconds. units: steps of 0.1."""

    meter: int
    at: int
    tender: int
    units: int
    marks: frozenset[str]


@dataclass(slots=True)
class Customer:
    """What is remembered of one meter, in words of ``Context``."""

    period: date | None = None
    used: Decimal = Decimal(0)
    free_used: Decimal = Decimal(0)
    free_taken: dict[tuple[str, date], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    standing: dict[str, Standing] = field(default_factory=dict)
    last: date | None = None
    carried: int = 0
    first_month: date | None = None
    months: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def context(self, tariff: Tariff, row: Row, exchange: Fraction | None) -> Context:
        """Return the circumstances of this meter's next purchase."""
        at = datetime.fromtimestamp(row.at, ZONE)
        day = at.date()
        if self.period != period_start(tariff.period, day):
            self.period, self.used, self.free_used = period_start(tariff.period, day), Decimal(0), Decimal(0)
        self.first_month = self.first_month or month_start(day)
        known = months_between(self.first_month, day)
        return Context(
            at=at,
            used=self.used,
            free_used=self.free_used,
            free_taken={
                free.code: self.free_taken[free.code, began(tariff, free.per, day)] for free in tariff.free
            },
            standing=dict(self.standing),
            last_purchase=self.last,
            past_units=tuple(self.months[known - back] for back in range(1, known + 1)),
            marks=row.marks,
            carried=self.carried,
            exchange=exchange,
        )

    def note(self, tariff: Tariff, quote: Quote) -> None:
        """Remember a purchase."""
        day = quote.context.at.date()
        self.used += quote.units
        self.free_used += quote.free_units
        for free in quote.free:
            rule = next(one for one in tariff.free if one.code == free.code)
            self.free_taken[free.code, began(tariff, rule.per, day)] += free.units
        self.standing.update(quote.standing)
        self.last = day
        self.carried = quote.carried
        self.months[months_between(self.first_month or day, day)] += quote.units + quote.free_units


def began(tariff: Tariff, per: Per, day: date) -> date:
    return month_start(day) if per is Per.MONTH else period_start(tariff.period, day)


def always(tariff: Tariff) -> Tariff:
    """The tariff as if it had always been in force."""
    return replace(tariff, valid_from=date(1, 1, 1), valid_until=None)


def replay(
    tariff: Tariff, rows: Sequence[Row], *, by_units: bool, exchange: Fraction | None
) -> list[dict[str, Any]]:
    """Price purchases one by one, and return what is to be compared of each, in the order of the rows."""
    prices = Prices(always(tariff))
    customers: dict[int, Customer] = defaultdict(Customer)
    found: dict[int, dict[str, Any]] = {}
    for place in sorted(range(len(rows)), key=lambda place: (rows[place].at, place)):
        row = rows[place]
        customer = customers[row.meter]
        context = customer.context(tariff, row, exchange)
        try:
            if by_units:
                quote = prices.quote_units(Fraction(row.units, 10), context)
            else:
                quote = prices.quote(row.tender, context)
        except PurchaseRefused as refusal:
            found[place] = {"refused": refusal.reason, "tender": 0, "units": 0, "free": 0, "lines": {}}
            continue
        customer.note(tariff, quote)
        found[place] = told(quote)
    return [found[place] for place in range(len(rows))]


def told(quote: Quote) -> dict[str, Any]:
    lines: dict[tuple[Kind, str], int] = defaultdict(int)
    for line in quote.lines:
        lines[line.kind, "carried" if line.kind is Kind.CARRIED else line.code] += line.amount
    return {
        "refused": "",
        "tender": quote.tender,
        "units": int(quote.units * 10),
        "free": int(quote.free_units * 10),
        "lines": {code: amount for code, amount in lines.items() if amount},
    }
