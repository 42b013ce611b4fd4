"""Amounts between whole numbers and the ``double`` that the interface carries them in.

Inside, an amount is a whole number of the token's smallest step. On the wire it is a double, of which only
whole ones mean anything. A double holds every whole number up to 2**53, and only some beyond: there two
amounts could look alike. So whatever lies beyond is refused, in both directions. In steps of 10**-5 that is
some 90 thousand million units of currency; unit amounts end at 18 201 624 steps long before.
"""

from __future__ import annotations

from typing import Final

from voltoken.errors import FieldError
from voltoken.sts import CURRENCY, UNITS, WATTS, Service

EXACT_MAX: Final = 1 << 53
"""The greatest whole number up to which a double holds them all."""
REGISTER_MAX: Final = 0xFFFF
"""The greatest value of a management token whose field is a plain number of 16 bits."""

COMPRESSED: Final = frozenset((0, 6))
"""Management subclasses whose value is coded like an amount: the limits of power and unbalance."""

_NAME: Final = "transferAmount"
_MONEY_MAX: Final = CURRENCY.steps(CURRENCY.floor(CURRENCY.units(EXACT_MAX)))
"""The greatest amount of money that a token can carry and a double can hold, in steps."""


def credit_range(subclass: int) -> tuple[int, int]:
    """Return the least and the greatest amount, in steps, of a credit subclass that the wire carries.

    Raises FieldError for a subclass that is none.
    """
    if Service(subclass).is_currency:
        return -_MONEY_MAX, _MONEY_MAX
    return 0, UNITS.steps(UNITS.largest)


def management_range(subclass: int) -> tuple[int, int]:
    """Return the least and the greatest value of a management subclass: watts, or a number of 16 bits."""
    return 0, WATTS.steps(WATTS.largest) if subclass in COMPRESSED else REGISTER_MAX


def to_wire(steps: int, bounds: tuple[int, int]) -> float:
    """Return whole steps as the double that means exactly them. Raises FieldError outside the bounds."""
    _check_bounds(steps, bounds)
    return float(steps)


def from_wire(value: float, bounds: tuple[int, int]) -> int:
    """Return the whole steps that a double means.

    Raises FieldError for fractions, infinities, no number, and what is outside the bounds.
    """
    if value.__class__ is not float or not value.is_integer():
        raise FieldError(_NAME, value, "a whole number of the token's smallest steps")
    steps = int(value)
    _check_bounds(steps, bounds)
    return steps


def _check_bounds(steps: int, bounds: tuple[int, int]) -> None:
    low, high = bounds
    if not low <= steps <= high:
        raise FieldError(_NAME, steps, f"{low} to {high} of the token's smallest steps")
