"""Which parts of a tariff the circumstances of a purchase select."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import NamedTuple

from voltoken.errors import PurchaseRefused
from voltoken.tariff.conditions import holds
from voltoken.tariff.document import Charge, Debt, Extra, Tariff
from voltoken.tariff.quote import Context
from voltoken.tariff.words import Place


class Choice(NamedTuple):
    """What the circumstances select of a tariff; equal choices have equal plans.

    energy: which of ``Tariff.energies``. extras, dues: which of the extras, and of charges and then debts,
    apply. month: (year, month) as ``month_of_plan``. exchange: units of the currency for one of prices.
    """

    energy: int
    extras: tuple[int, ...]
    dues: tuple[int, ...]
    month: tuple[int, int]
    exchange: Fraction


def choose(tariff: Tariff, context: Context) -> Choice:
    """Return what the circumstances select of a tariff.

    Raises PurchaseRefused when no price of energy is meant for this customer (``no_price``), or the rate of
    exchange is not known (``no_exchange``).
    """
    number = next((n for n, energy in enumerate(tariff.energies) if holds(energy.when, context)), None)
    if number is None:
        raise PurchaseRefused(
            "no_price",
            f"The tariff {tariff.code} {tariff.version} has no price of energy for this customer. "
            "Check the customer's marks and history, or put the meter on another tariff.",
        )
    day = context.at.date()
    return Choice(
        number,
        tuple(n for n, extra in enumerate(tariff.extras) if _applies(extra, context)),
        tuple(n for n, due in enumerate(all_dues(tariff)) if _applies(due, context)),
        month_of_plan(tariff, day),
        _exchange(tariff, context, day),
    )


def _applies(part: Charge | Debt | Extra, context: Context) -> bool:
    """Whether the till collects a part of the price from this customer."""
    return part.collected is Place.TILL and holds(part.when, context)


def all_dues(tariff: Tariff) -> tuple[Charge | Debt, ...]:
    """Return charges and debts in the order in which they are taken."""
    rules: tuple[Charge | Debt, ...] = (*tariff.charges, *tariff.debts)
    known = {rule.code: rule for rule in rules}
    order = (*tariff.collection, *(code for code in known if code not in tariff.collection))
    return tuple(known[code] for code in order)


def _exchange(tariff: Tariff, context: Context, day: date) -> Fraction:
    money = tariff.money
    if money.priced_in == money.currency.code:
        return Fraction(1)
    rate = next((rate for first, rate in reversed(money.rates) if first <= day), context.exchange)
    if rate is None or rate <= 0:
        raise PurchaseRefused(
            "no_exchange",
            f"Prices are in {money.priced_in}, and what one costs in {money.currency.code} on {day} is not "
            "known. Give the day's rate with the purchase, or a tariff version that has it.",
        )
    return Fraction(rate)


def month_of_plan(tariff: Tariff, day: date) -> tuple[int, int]:
    """Return what a plan depends on of the month of a day: year and month, 0 for what makes no difference."""
    if any(extra.monthly for extra in tariff.extras):
        return day.year, day.month
    return (0, day.month) if any(extra.when.months for extra in tariff.extras) else (0, 0)
