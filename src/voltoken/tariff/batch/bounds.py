"""The bounds of many purchases: the twin of ``limits``. The first thing that is wrong with a row counts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from voltoken.sts import UnitGrid
from voltoken.tariff.batch.exact import Mask, Whole
from voltoken.tariff.batch.refusals import Refusal
from voltoken.tariff.document import Tariff
from voltoken.tariff.limits import TOKENS_MAX
from voltoken.tariff.plan import Plan
from voltoken.tariff.words import Remainder


def refuse(refused: Whole, rows: Mask, why: Refusal) -> None:
    """Note why rows are refused that nothing was wrong with before."""
    refused[rows & (refused == 0)] = why


def check_amount(tariff: Tariff, tender: Whole, has_free: Mask, refused: Whole) -> None:
    """Refuse amounts outside the bounds; free units may be claimed without money."""
    limits, scale = tariff.limits, tariff.money.currency.scale
    least = max(1, -(-(limits.amount_min or 0) * scale // 1))
    low = tender < least
    high = (
        np.zeros(len(tender), np.bool_)
        if limits.amount_max is None
        else tender > limits.amount_max * scale // 1
    )
    is_claim = (tender == 0) & has_free
    refuse(refused, low & ~is_claim, Refusal.AMOUNT_BELOW)
    refuse(refused, high & ~is_claim, Refusal.AMOUNT_ABOVE)


def check_units(tariff: Tariff, plan: Plan, grid: UnitGrid, count: Whole, refused: Whole) -> None:
    """Refuse units outside the bounds; none at all are no fault of a purchase that pays what is due."""
    limits, den = tariff.limits, plan.unit_den
    if limits.units_min is not None:
        refuse(refused, (count > 0) & (count < -(-limits.units_min * den // 1)), Refusal.UNITS_BELOW)
    most = Fraction(grid.largest) * TOKENS_MAX
    if limits.units_max is not None:
        most = min(most, limits.units_max)
    refuse(refused, count > most * den // 1, Refusal.UNITS_ABOVE)


def check_carried(tariff: Tariff, carried: Whole, buys_more: Mask, refused: Whole) -> None:
    """Refuse fewer units than what was carried over buys, where it cannot be carried on."""
    if tariff.money.remainder is Remainder.ROUNDING:
        refuse(refused, (carried > 0) & buys_more, Refusal.CARRIED_MORE)
