"""What a share of a quote was reckoned on, so that who pays it can reckon it again."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from voltoken.tariff.document import ENERGY
from voltoken.tariff.quote import Kind, Line, Quote


class Basis(NamedTuple):
    """What the amount of a share came from.

    of: coins, parts of one included, where the share was rounded once. each: the amount for one unit, in the
    currency, where it was rounded for each unit. Both are None where units of one purchase differ in it.
    """

    of: Fraction | None
    each: Fraction | None


def basis(quote: Quote, line: Line) -> Basis:
    """Return what a line that is a share of others came from.

    The sum of the printed lines where it gives the amount, else the exact one: where shares are reckoned on
    exact amounts, and where only some of the units bear it.
    """
    rate = Fraction(line.rate or 0)
    if quote.plan.coins(rate * (line.base or 0)) == line.amount:
        return Basis(Fraction(line.base or 0), None)
    share = next(share for share in quote.plan.shares if share.code == line.code)
    prices = {ENERGY: quote.plan.energy} | {other.code: other.by_unit for other in quote.plan.shares}
    on = [prices[code] for code in share.on if code in prices]
    full = [rate * sum(by_unit[segment] for by_unit in on) for segment in range(len(share.by_unit))]
    if all(amount in (0, whole) for amount, whole in zip(share.by_unit, full, strict=True)):
        return Basis(Fraction(line.exact, rate), None)
    units = sum(
        (other.units or Fraction(0) for other in quote.lines if other.kind is Kind.ENERGY), Fraction(0)
    )
    amounts = (price for price in share.prices if price * units * quote.plan.scale == line.exact)
    return Basis(None, next(amounts, None))
