"""What a quote says between its lines: what each thing taken came to, where in the blocks units were bought.

Everything is exact, and nothing is priced anew.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from voltoken.tariff.document import Tariff
from voltoken.tariff.plan import Plan
from voltoken.tariff.quote import Kind, Line, Quote
from voltoken.tariff.rounding import Rounding
from voltoken.tariff.telling.language import Credit, Units
from voltoken.tariff.words import Counts

TAKEN: Final = (Kind.CHARGE, Kind.DEBT)
"""What is taken before units are bought."""

CARRIED_IN: Final = "carried_in"
"""Code of the line of what came over from the purchase before."""

BOUGHT: Final = frozenset({Counts.BOUGHT})
"""What counts where a tariff does not say otherwise."""


def whole(amount: Fraction) -> int:
    """Return exact coins as the nearest whole number, for people; lines may be rounded in other ways."""
    return Rounding(Fraction(1)).count(amount)


def gross_of(quote: Quote, code: str) -> Fraction:
    """Return what 1 of a charge or debt comes to with everything reckoned on it."""
    return next((due.gross for due in quote.plan.dues if due.rule.code == code), Fraction(1))


def taken_for(quote: Quote, line: Line) -> Fraction:
    """Return what a purchase paid on a line of a charge or debt, everything on it included, in coins."""
    return line.exact * gross_of(quote, line.code)


def taken(quote: Quote, *kinds: Kind) -> Fraction:
    """Return what a purchase paid for charges, for debts or for both, in coins."""
    lines = (line for line in quote.lines if line.kind in kinds)
    return sum((taken_for(quote, line) for line in lines), Fraction(0))


def carried_in(quote: Quote) -> int:
    """Return what came over from the purchase before, in coins; to a claim of free units nothing does."""
    return -sum(line.amount for line in quote.lines if line.code == CARRIED_IN and line.kind is Kind.CARRIED)


def carried_out(quote: Quote) -> int:
    """Return what this purchase leaves over for the next one, in coins."""
    return quote.total(Kind.CARRIED) + carried_in(quote)


def energy_money(quote: Quote) -> Fraction:
    """Return what was left to buy units, in coins."""
    return quote.tender + carried_in(quote) - taken(quote, *TAKEN)


def all_units(quote: Quote) -> Fraction:
    """Return the units of a purchase, bought and free."""
    return Fraction(quote.units) + Fraction(quote.free_units)


def counted(quote: Quote, tariff: Tariff | None) -> frozenset[Counts] | None:
    """Return which units move the customer through the blocks.

    tariff: the version the quote was made with, if it is at hand. None when there are free units and nobody
    says whether they count.
    """
    if tariff is not None:
        return tariff.period.counts
    return None if quote.context.free_used or quote.free_units else BOUGHT


def position(quote: Quote, counts: frozenset[Counts]) -> Fraction:
    """Return how many of the units that count came before those that were bought."""
    reached = Fraction(0)
    if Counts.BOUGHT in counts:
        reached += Fraction(quote.context.used)
    if Counts.FREE in counts:
        reached += Fraction(quote.context.free_used) + Fraction(quote.free_units)
    return reached


def unrounded(quote: Quote) -> Fraction | None:
    """Return the units of the lines where these are reckoned from the money and other than those bought."""
    units = sum((line.units or Fraction(0) for line in quote.lines if line.kind is Kind.ENERGY), Fraction(0))
    return None if quote.plan.is_credit or units == quote.units else units


def units_for(plan: Plan, start: Fraction, money: Fraction) -> Fraction:
    """Return the units that money (coins; less than nothing buys nothing) buys from a position on."""
    finer = plan.finer(start.denominator)
    return finer.bought(int(start * finer.unit_den), max(money, Fraction(0)))


def amount_of(quote: Quote, units: Fraction) -> Units | Credit:
    """Return a number of units for people; credit is money."""
    return Credit(units, quote.currency) if quote.plan.is_credit else Units(units, quote.unit)
