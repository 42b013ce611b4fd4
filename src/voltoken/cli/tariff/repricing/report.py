"""A study told in the terminal, or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from voltoken.cli.screen import Screen
from voltoken.cli.tariff.repricing.study import Outcome, Study, name_of
from voltoken.cli.tariff.repricing.words import Words, counted, customers_of, money, percent, signed, span
from voltoken.money import Currency
from voltoken.sts import UNITS
from voltoken.tariff.batch import SAME_PERCENT

REASONS: Mapping[str, str] = {
    "no_price": "no price is meant for such a customer",
    "no_exchange": "the rate of exchange of that day is not known (--exchange)",
    "no_month": "the tariff has no value of a pass-through for that month",
    "size_unknown": "a charge is for each of something whose number the table does not have",
    "units_step": "no units, or units that the tariff does not sell",
    "amount_below": "less than the least amount",
    "amount_above": "more than the greatest amount",
    "charge_unpaid": "the money does not pay a charge that must be paid as a whole",
    "too_small": "the money buys less than one step of units",
    "units_below": "fewer units than a purchase must bring",
    "units_above": "more units than a purchase may bring",
    "carried_more": "what was carried over buys more",
    "unreachable": "what is due takes every tender",
}
"""Why purchases are left out, by the word of the refusal."""


def draw(screen: Screen, study: Study, words: Words) -> None:
    """Show a study."""
    rows = len(study.given.purchases)
    screen.line()
    meters = counted(len(study.given.meters), "meter")
    screen.text(f"{counted(rows, 'purchase')} of {meters}, {span(study)}", "strong")
    held = "the same energy: what it costs" if words.changes_money else "the same money: what it buys"
    screen.text(f"Held is {held}. Compared with: {study.current.label}.", "quiet")
    for outcome in study.outcomes:
        _draw_outcome(screen, study, outcome, words)


def _draw_outcome(screen: Screen, study: Study, outcome: Outcome, words: Words) -> None:
    screen.title(outcome.draft.label)
    _draw_components(screen, study, outcome, words)
    screen.line()
    rises, same, falls = customers_of(outcome)
    screen.text(
        f"{counted(rises, 'customer')} {words.rise}, {falls:,} {words.fall}, {same:,} stay about the same "
        f"(within {SAME_PERCENT}\u00a0%). By consumption before, with the median and the worst change of a "
        f"customer\u2019s month in {words.measure}:"
    )
    screen.line()
    headings, bands = words.bands(outcome)
    screen.table((headings[0], *(f">{one}" for one in headings[1:])), bands)
    if outcome.refused:
        screen.line()
        for reason, count in outcome.refused.items():
            screen.text(f"{counted(count, 'purchase')} left out: {REASONS[reason]} ({reason}).", "bad")


def _draw_components(screen: Screen, study: Study, outcome: Outcome, words: Words) -> None:
    """Show what each part of the price comes to."""
    rows = [
        (*_cells(before, after, words.currency), name_of(component, outcome.draft, study.current))
        for component, before, after in outcome.components
    ]
    if words.changes_money:
        rows.append((*_cells(outcome.before, outcome.after, words.currency), "all"))
    else:
        change = outcome.units_after - outcome.units_before
        old, new = (f"{UNITS.units(one):,}" for one in (outcome.units_before, outcome.units_after))
        shown = signed(f"{UNITS.units(abs(change)):,}", change)
        rows.append((old, new, shown, percent(change, outcome.units_before), f"{words.unit} bought"))
    styles = [*[""] * len(outcome.components), "strong"]
    now = "paid" if study.current.tariff is None else "now"
    screen.table((f">{now}", ">draft", ">change", ">", f"in {words.currency.code}"), rows, styles)


def _cells(before: int | None, after: int | None, currency: Currency) -> tuple[str, str, str, str]:
    """Return an amount before and after, and how it changes."""
    old, new = ("" if one is None else money(one, currency) for one in (before, after))
    if before is None or after is None:
        return old, new, "", ""
    change = after - before
    return old, new, signed(money(abs(change), currency), change), percent(change, before)


def document(study: Study, words: Words) -> dict[str, Any]:
    """Return a study as it appears in JSON: amounts as texts, exactly."""
    return {
        "purchases": len(study.given.purchases),
        "meters": len(study.given.meters),
        "first": study.first.isoformat(),
        "last": study.last.isoformat(),
        "hold": study.hold.value,
        "currency": words.currency.code,
        "unit": words.unit,
        "compared_with": study.current.label,
        "drafts": [_outcome_document(study, one, words) for one in study.outcomes],
    }


def _outcome_document(study: Study, outcome: Outcome, words: Words) -> dict[str, Any]:
    currency = words.currency
    rises, same, falls = customers_of(outcome)

    def amount(value: int | None) -> str | None:
        return None if value is None else str(currency.decimal(value))

    return {
        "tariff": outcome.draft.label,
        "rows": outcome.comparison.rows,
        "left_out": outcome.refused,
        "before": str(words.decimal(outcome.before if words.changes_money else outcome.units_before)),
        "after": str(words.decimal(outcome.after if words.changes_money else outcome.units_after)),
        "components": [
            {
                "kind": component.kind.value,
                "code": component.code,
                "name": name_of(component, outcome.draft, study.current),
                "before": amount(before),
                "after": amount(after),
            }
            for component, before, after in outcome.components
        ],
        "customers": {"rise": rises, "same": same, "fall": falls},
        "bands": [
            {
                "from": one.low,
                "below": one.high,
                "customers": one.customers,
                "rise": one.rises,
                "same": one.same,
                "fall": one.falls,
                "before": str(words.decimal(one.before)),
                "after": str(words.decimal(one.after)),
                "median_change_of_month": str(words.decimal(one.median)),
                "median_change_percent": str(Decimal(one.median_per_mille).scaleb(-1)),
                "greatest_rise_of_month": str(words.decimal(one.highest)),
                "greatest_fall_of_month": str(words.decimal(one.lowest)),
            }
            for one in outcome.comparison.bands
        ],
    }
