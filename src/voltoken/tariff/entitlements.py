"""Free units: who gets them, how many are still due, and how tokens carry them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from voltoken.sts import UnitGrid
from voltoken.tariff.conditions import holds
from voltoken.tariff.document import Tariff
from voltoken.tariff.quote import Context, Free


def free_units(tariff: Tariff, context: Context, grid: UnitGrid) -> tuple[Free, ...]:
    """Return the free units that a purchase brings.

    What was received in the month or period already is taken off; the rest is rounded down to a step of
    the tokens. Units that are given only when asked for need their code in ``Context.claims``.
    """
    found = []
    for rule in tariff.free:
        if (rule.on_claim and rule.code not in context.claims) or not holds(rule.when, context):
            continue
        due = rule.units - Fraction(context.free_taken.get(rule.code, 0))
        units = grid.units(due // Fraction(grid.step)) if due > 0 else Decimal(0)
        if units:
            found.append(Free(rule.code, rule.name, units, grid.split(units)))
    return tuple(found)
