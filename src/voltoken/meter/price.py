"""Units and prices: what one count of a meter is, and what it costs where credit is money.

Consumption is counted in whole Wh, litres or seconds. Credit of a meter for units is kept in the same
counts; credit of a currency meter in whole steps of 10**-5 of the base currency unit, and an injected
price function turns consumption into steps. Both are exact: what is smaller than a step is carried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple, Protocol

from voltoken.errors import FieldError
from voltoken.sts import CURRENCY, Service


class Commodity(NamedTuple):
    """What is measured. unit: as displayed. counts: per unit. per_step: counts in a token's smallest step."""

    name: str
    unit: str
    counts: int
    per_step: int
    count_name: str

    def units(self, counts: int) -> Decimal:
        """Return counts as units, exactly where a unit has a power of ten of them, else to 0.01."""
        if self.counts == 1000:
            sign, digits, _ = Decimal(counts).as_tuple()
            return Decimal((sign, digits, -3))
        hundredths = counts * 100 // self.counts
        sign, digits, _ = Decimal(hundredths).as_tuple()
        return Decimal((sign, digits, -2))


COMMODITIES: Final = (
    Commodity("electricity", "kWh", 1000, 100, "Wh"),
    Commodity("water", "m3", 1000, 100, "litre"),
    Commodity("gas", "m3", 1000, 100, "litre"),
    Commodity("time", "min", 60, 6, "second"),
)
"""By service, modulo four: a currency service measures what the unit service of that name does."""


def commodity_of(service: Service) -> Commodity:
    """Return what a meter for service measures."""
    return COMMODITIES[service & 3]


class PriceFunction(Protocol):
    """What consumption costs in a currency meter."""

    def cost(self, quantity: int, total: int, now: datetime) -> Fraction:
        """Return what quantity counts cost, in steps of 10**-5 of the base currency unit.

        total: what the consumption register read before them. now: aware, when they were drawn.
        Never negative, and never less for more.
        """


@dataclass(frozen=True, slots=True)
class FlatPrice:
    """One price for every unit.

    per_unit: steps of 10**-5 of the base currency unit for one unit (kWh, m3, minute), 1 or more.
    counts: how many counts make a unit. Raises FieldError for values below 1.
    """

    per_unit: int
    counts: int = 1000

    def __post_init__(self) -> None:
        """Check both values."""
        for name in ("per_unit", "counts"):
            value = getattr(self, name)
            if value.__class__ is not int or value < 1:
                raise FieldError(name, value, "a whole number, 1 or more")

    @classmethod
    def of(cls, price: Decimal, service: Service) -> FlatPrice:
        """Make it from a price in base currency units. Raises FieldError for more than 5 decimals."""
        steps = CURRENCY.steps(price)
        if CURRENCY.units(steps) != price:
            raise FieldError("price", price, "a price with at most 5 decimals")
        return cls(steps, commodity_of(service).counts)

    @property
    def price(self) -> Decimal:
        """The price of one unit in base currency units."""
        return CURRENCY.units(self.per_unit)

    def cost(self, quantity: int, total: int, now: datetime) -> Fraction:  # noqa: ARG002 - a price function's arguments
        """Return what quantity counts cost, wherever the register stands and whenever it is."""
        return Fraction(quantity * self.per_unit, self.counts)


def least_quantity(reaches: Callable[[int], bool], most: int) -> int:
    """Return the least quantity, 1 to most, for which reaches is true; for most it must be."""
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) >> 1
        if reaches(middle):
            high = middle
        else:
            low = middle
    return high
