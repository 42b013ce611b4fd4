"""From one purchase of a customer to the next: what the one leaves is where the other begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

from voltoken.tariff.calendar import counts_from, months_between, period_start
from voltoken.tariff.document import Tariff
from voltoken.tariff.quote import Context, Quote
from voltoken.tariff.words import Per


def following(quote: Quote, tariff: Tariff, at: datetime) -> Context:
    """Return the circumstances of a customer's next purchase.

    tariff: by which the next one is priced. at: when it is made, on the clock of the tariff, not before the
    last one. What says nothing about what was bought (marks, claims, bounds) stays as it was.
    """
    before = quote.context
    first, last = before.at.date(), at.date()
    start = counts_from(tariff, last)
    used = free_used = Fraction(0)
    if first >= start:
        used = Fraction(before.used) + _bought(quote)
        free_used = Fraction(before.free_used) + Fraction(quote.free_units)
    return replace(
        before,
        at=at,
        used=used,
        free_used=free_used,
        free_taken=_free_taken(quote, tariff, last),
        standing={**before.standing, **quote.standing},
        debts={**before.debts, **quote.debts},
        last_purchase=first,
        past_units=_past_units(quote, tariff, last),
        carried=quote.carried,
    )


def _bought(quote: Quote) -> Fraction:
    """Return the units bought; how many come of credit is known to the meter alone."""
    return Fraction(0) if quote.plan.is_credit else Fraction(quote.units)


def _free_taken(quote: Quote, tariff: Tariff, day: date) -> dict[str, Fraction]:
    """Return the free units of the month or period that a day lies in."""
    taken = {}
    first = quote.context.at.date()
    for rule in tariff.free:
        same_month = (first.year, first.month) == (day.year, day.month)
        same_period = period_start(tariff.period, first) == period_start(tariff.period, day)
        if same_month if rule.per is Per.MONTH else same_period:
            given = sum((Fraction(free.units) for free in quote.free if free.code == rule.code), Fraction(0))
            units = given + Fraction(quote.context.free_taken.get(rule.code, 0))
            if units:
                taken[rule.code] = units
    return taken


def _past_units(quote: Quote, tariff: Tariff, day: date) -> tuple[Fraction, ...]:
    """Return the units of past months, free ones too; where blocks go by the month, the quote's is one."""
    past = tuple(Fraction(units) for units in quote.context.past_units)
    first = quote.context.at.date()
    months = months_between(first, day)
    if months <= 0 or tariff.period.days is not None:
        return past
    free = Fraction(quote.context.free_used) + Fraction(quote.free_units)
    units = Fraction(quote.context.used) + _bought(quote) + free
    return (*([Fraction(0)] * (months - 1)), units, *past)
