"""Amounts as a token carries them: exponent and mantissa, rounded in the customer's favour.

One rule (IEC 62055-41 clause 6.3.6) serves all: with exponent e and a 14-bit mantissa m the field stands
for ``m * 10**e + sum(2**14 * 10**(n-1) for n in 1..e)`` steps. Units and power limits have a 2-bit
exponent (16 bits together); currency has a 5-bit exponent and a sign (20 bits). A step is 0.1 kWh, 0.1
cubic metre or 0.1 minute for units, 1 W for limits and 10**-5 of the base currency unit for currency.

Everything is exact: int, Decimal or Fraction in, int or Decimal out. The currency form is confirmed by
public implementations only, by no published token.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from voltoken.errors import FieldError

MANTISSA_BITS: Final = 14
_MANTISSAS: Final = 1 << MANTISSA_BITS

POWERS: Final[tuple[int, ...]] = tuple(10**e for e in range(32))
"""The width of a mantissa step under each exponent."""
STARTS: Final = tuple(_MANTISSAS * (power - 1) // 9 for power in POWERS)
"""First value, in steps, of each exponent: 0, 16384, 180224 ..."""

UNIT_STEPS_MAX: Final = STARTS[3] + (_MANTISSAS - 1) * POWERS[3]
"""Greatest unit amount in steps: 18 201 624, that is 1 820 162.4 kWh."""
CURRENCY_STEPS_MAX: Final = STARTS[31] + (_MANTISSAS - 1) * POWERS[31]
"""Greatest currency amount in steps of 10**-5."""

CURRENCY_SIGN: Final = 1 << 19
"""Sign bit of the 20-bit currency number: 1 is negative."""

PLACES_MAX: Final = 100
"""How many places before or after the point an amount may have: more is nonsense, and slow to compute."""
_EXTREME: Final[int] = 10**PLACES_MAX
PARTS_MAX: Final = 100
"""Into how many tokens an amount may be split."""

Exact = int | Decimal | Fraction
"""What amounts are given in; ``float`` is refused."""


def encode_amount(steps: int) -> int:
    """Encode an amount or power limit into its 16-bit field.

    steps: 0 to 18_201_624 of the token's smallest unit (0.1 kWh, 0.1 m3, 0.1 min, 1 W).
    Returns the field, rounded up in the customer's favour where the grid is coarser.
    Raises FieldError when steps is outside the range or no int.
    Source: IEC 62055-41 clause 6.3.6; vectors/amounts.json.
    """
    if steps.__class__ is not int:
        raise FieldError("steps", steps, "an int")
    if not 0 <= steps <= UNIT_STEPS_MAX:
        raise FieldError("steps", steps, f"0 to {UNIT_STEPS_MAX}", "Split a larger sale over several tokens.")
    return steps if steps < _MANTISSAS else _ceiling(steps)


def decode_amount(field: int) -> int:
    """Return the steps that a 16-bit amount field stands for.

    Raises FieldError when field is outside 0 to FFFF.
    """
    if not 0 <= field <= 0xFFFF:
        raise FieldError("amount field", field, "0 to 65535")
    return _value(field)


def encode_currency(steps: int) -> int:
    """Encode a currency amount into its 20-bit number (sign, 5-bit exponent, 14-bit mantissa).

    steps: whole 10**-5 of the base currency unit; negative takes credit from the meter.
    Returns the number, rounded in the customer's favour: credits up, debits toward zero.
    Raises FieldError beyond ``CURRENCY_STEPS_MAX`` either way.
    Source: STS 202-1 as read from public implementations; vectors/amounts.json (unverified).
    """
    if steps.__class__ is not int:
        raise FieldError("steps", steps, "an int")
    if not -CURRENCY_STEPS_MAX <= steps <= CURRENCY_STEPS_MAX:
        raise FieldError("steps", steps, f"within {CURRENCY_STEPS_MAX} either way")
    return _ceiling(steps) if steps >= 0 else CURRENCY_SIGN | _floor(-steps)


def decode_currency(number: int) -> int:
    """Return the signed steps of 10**-5 that a 20-bit currency number stands for.

    Raises FieldError when number is outside 0 to FFFFF.
    """
    if not 0 <= number <= 0xFFFFF:
        raise FieldError("currency number", number, "0 to 1048575")
    magnitude = _value(number & (CURRENCY_SIGN - 1))
    return -magnitude if number & CURRENCY_SIGN else magnitude


def _exponent(steps: int) -> int:
    """Return the exponent whose range steps (not negative, within the overall range) lies in."""
    exponent = 0
    while exponent < 31 and steps >= STARTS[exponent + 1]:
        exponent += 1
    return exponent


def _floor(steps: int) -> int:
    """Return exponent and mantissa, as one number, of the greatest grid value <= steps."""
    exponent = _exponent(steps)
    return exponent << MANTISSA_BITS | (steps - STARTS[exponent]) // POWERS[exponent]


def _ceiling(steps: int) -> int:
    """Return exponent and mantissa, as one number, of the least grid value >= steps."""
    exponent = _exponent(steps)
    mantissa = -((STARTS[exponent] - steps) // POWERS[exponent])
    # A mantissa of 2**14 carries into the exponent and leaves 0: exactly the rule of the standard.
    return (exponent << MANTISSA_BITS) + mantissa


def _value(number: int) -> int:
    """Return the steps of exponent and mantissa given as one number."""
    exponent = number >> MANTISSA_BITS
    return STARTS[exponent] + (number & (_MANTISSAS - 1)) * POWERS[exponent]


@dataclass(frozen=True, slots=True)
class UnitGrid:
    """The amounts a kind of token can carry, for everyone who prices, bills or reports them.

    decimals: how many decimals the smallest step has: 1 for kWh (0.1), 5 for currency.
    exponent_max: 3 for units and watts, 31 for currency.
    signed: whether amounts below zero exist (currency tokens that take credit away).
    Amounts are in units and exact. Use ``UNITS``, ``WATTS`` and ``CURRENCY``.
    """

    decimals: int
    exponent_max: int
    signed: bool

    @property
    def step(self) -> Decimal:
        """The smallest amount above zero."""
        return self.units(1)

    @property
    def largest(self) -> Decimal:
        """The greatest amount one token can carry; the least is 0, or its negative if signed."""
        return self.units(self._steps_max)

    def units(self, steps: int) -> Decimal:
        """Return steps as units; exact, whatever the precision of the decimal context."""
        sign, digits, _ = Decimal(steps).as_tuple()
        return Decimal((sign, digits, -self.decimals))

    def steps(self, amount: Exact) -> int:
        """Return amount in whole steps, rounded up once, from its exact value.

        Rounding up favours the customer: credits grow, and what is taken away shrinks.
        Raises FieldError for a float, a non-finite amount, one of more than 100 places, or one below zero
        on an unsigned grid.
        """
        return -(-self._scaled(amount) // 1)  # the floor of the negative is the ceiling

    def ceiling(self, amount: Exact) -> Decimal:
        """Return the least carriable amount >= amount: what a token for it will hold.

        Raises FieldError when amount is beyond ``largest``; split it first.
        """
        return self.units(self._grid_ceiling(self._one_token(self.steps(amount), amount)))

    def floor(self, amount: Exact) -> Decimal:
        """Return the greatest carriable amount <= amount. Raises as ``ceiling`` does."""
        steps = self._scaled(amount) // 1
        self._one_token(self.steps(amount), amount)
        return self.units(-self._grid_ceiling(-self._one_token(steps, amount)))

    def neighbours(self, amount: Exact) -> tuple[Decimal, Decimal]:
        """Return ``(floor, ceiling)`` of amount; both are amount itself when it is carriable."""
        return self.floor(amount), self.ceiling(amount)

    def is_carriable(self, amount: Exact) -> bool:
        """Whether one token can carry exactly amount. Raises as ``steps`` does."""
        scaled = self._scaled(amount)
        steps = -(-scaled // 1)
        return abs(steps) <= self._steps_max and scaled == self._grid_ceiling(steps)

    def split(self, amount: Exact) -> tuple[Decimal, ...]:
        """Split amount into carriable parts, greatest first, whose sum is amount rounded up to a step.

        A single token rounds a large sale up by as much as the grid is coarse; the parts do not. Below
        ``largest`` units need at most two. Zero gives one part of zero.
        Raises as ``steps`` does, and for more than 100 times ``largest``.
        """
        steps = self.steps(amount)
        if abs(steps) > PARTS_MAX * self._steps_max:
            raise FieldError("amount", str(amount), f"at most {PARTS_MAX} tokens of {self.largest}")
        sign, left = (-1, -steps) if steps < 0 else (1, steps)
        parts: list[Decimal] = []
        while left or not parts:
            part = _value(_floor(min(left, self._steps_max)))
            parts.append(self.units(sign * part))
            left -= part
        return tuple(parts)

    @property
    def _steps_max(self) -> int:
        return STARTS[self.exponent_max] + (_MANTISSAS - 1) * POWERS[self.exponent_max]

    @staticmethod
    def _grid_ceiling(steps: int) -> int:
        """Return the least grid value >= steps, which may be negative and lies within the range."""
        return _value(_ceiling(steps)) if steps >= 0 else -_value(_floor(-steps))

    def _scaled(self, amount: Exact) -> Fraction:
        """Return amount as an exact number of steps, not yet rounded."""
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal | Fraction):
            raise FieldError(
                "amount", amount, "an int, Decimal or Fraction", "A float is not exact: use Decimal."
            )
        if isinstance(amount, Decimal) and not amount.is_finite():
            raise FieldError("amount", str(amount), "finite")
        if _is_extreme(amount):
            raise FieldError("amount", amount, f"a number of at most {PLACES_MAX} places")
        if amount < 0 and not self.signed:
            raise FieldError("amount", str(amount), "zero or more")
        return Fraction(amount) * POWERS[self.decimals]

    def _one_token(self, steps: int, amount: Exact) -> int:
        if abs(steps) > self._steps_max:
            raise FieldError(
                "amount",
                str(amount),
                f"at most {self.largest}",
                "Split a larger sale over several tokens.",
            )
        return steps


def _is_extreme(amount: Exact) -> bool:
    """Whether an amount has so many places that its exact value would take long to compute with."""
    if isinstance(amount, Decimal):
        return bool(amount) and abs(amount.adjusted()) > PLACES_MAX
    return not -_EXTREME < amount < _EXTREME


UNITS: Final = UnitGrid(decimals=1, exponent_max=3, signed=False)
"""kWh, cubic metres or minutes in a credit token."""
WATTS: Final = UnitGrid(decimals=0, exponent_max=3, signed=False)
"""Watts in a power limit token."""
CURRENCY: Final = UnitGrid(decimals=5, exponent_max=31, signed=True)
"""Base currency units in a currency credit token."""
