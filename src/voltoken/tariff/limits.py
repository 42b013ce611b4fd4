"""The bounds of a purchase: validity of the version, amounts, units."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from voltoken.errors import FieldError, PurchaseRefused
from voltoken.money import Money
from voltoken.sts import UnitGrid
from voltoken.tariff.document import Tariff
from voltoken.tariff.plan import Plan
from voltoken.tariff.quote import Context
from voltoken.tariff.rounding import exact_text

TOKENS_MAX: Final = 100
"""Into how many tokens a purchase may be split."""


def shown(tariff: Tariff, coins: int | Fraction) -> str:
    """Return an amount of the tariff's currency for a message; less than a coin is left out."""
    return str(Money(coins // 1, tariff.money.currency))


def check_in_force(tariff: Tariff, context: Context) -> None:
    """Raise PurchaseRefused (``not_in_force``) outside a version's validity.

    Raises FieldError when the purchase's clock is not that of the tariff's zone: midnight is another one.
    """
    zone = str(context.at.tzinfo)  # the key of a zoneinfo.ZoneInfo, UTC of datetime.UTC
    if zone != tariff.zone:
        raise FieldError("at", zone, f"a time on the clock of {tariff.zone}")
    day = context.at.date()
    if not tariff.in_force(day):
        until = "" if tariff.valid_until is None else f" until {tariff.valid_until}"
        raise PurchaseRefused(
            "not_in_force",
            f"The tariff {tariff.code} {tariff.version} is in force from {tariff.valid_from}{until}, "
            f"and this purchase is made on {day}. Take the version of that day.",
        )


def check_amount(tariff: Tariff, context: Context, tender: int, *, has_free: bool) -> None:
    """Raise PurchaseRefused (``amount_below``, ``amount_above``) for a tender outside the bounds.

    has_free: whether free units are due, so that they may be claimed without money.
    """
    if tender == 0 and has_free:
        return
    limits, scale = tariff.limits, tariff.money.currency.scale
    bounds = (limits.amount_min, limits.amount_max)
    low, high = (None if bound is None else bound * scale for bound in bounds)
    least = max(bound for bound in (low, context.amount_min, 1) if bound is not None)
    if tender < least:
        raise PurchaseRefused(
            "amount_below", f"{shown(tariff, tender)} is less than the least amount, {shown(tariff, least)}."
        )
    most = min((bound for bound in (high, context.amount_max) if bound is not None), default=None)
    if most is not None and tender > most:
        raise PurchaseRefused(
            "amount_above",
            f"{shown(tariff, tender)} is more than the greatest amount, {shown(tariff, most)}.",
        )


def check_units(tariff: Tariff, plan: Plan, context: Context, grid: UnitGrid, count: int) -> None:
    """Raise PurchaseRefused (``units_below``, ``units_above``) for units outside the bounds.

    count: in 1/unit_den of the plan; 0 is allowed, because a purchase may pay charges and debts alone.
    """
    units, limits = Fraction(count, plan.unit_den), tariff.limits
    least = max(
        (Fraction(bound) for bound in (limits.units_min, context.units_min) if bound is not None),
        default=None,
    )
    if least is not None and 0 < units < least:
        raise PurchaseRefused("units_below", f"A purchase must bring at least {exact_text(least)} units.")
    bounds = (limits.units_max, context.units_max, grid.largest * TOKENS_MAX)
    most = min(Fraction(bound) for bound in bounds if bound is not None)
    if units > most:
        raise PurchaseRefused("units_above", f"One purchase may bring at most {exact_text(most)} units.")
