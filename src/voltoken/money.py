"""Money as a whole number of the smallest coin of a currency; nothing is ever rounded here.

The price lists and the books count with it. Energy sold is kept in the books the same way, as a currency
of its own (``kWh`` with one decimal place): a sale that delivers 1700.1 kWh moves 17001 of them.
Number of decimals: ISO 4217.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from voltoken.errors import FieldError

PLACES_MAX: Final = 8
"""How many decimal places a currency may have."""

_CODE: Final = re.compile("[A-Za-z][A-Za-z0-9]{1,7}")
_WITHOUT_COINS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS: Final = "BHD IQD JOD KWD LYD OMR TND"

MINOR_PLACES: Final[Mapping[str, int]] = {
    **dict.fromkeys(_WITHOUT_COINS.split(), 0),
    **dict.fromkeys(_THOUSANDTHS.split(), 3),
    **dict.fromkeys(("kWh", "m3", "min"), 1),
}
"""Decimal places of the currencies, and of units of energy, that do not have two."""

Exact = int | Decimal | Fraction
"""What amounts are given in; ``float`` is refused."""


@dataclass(frozen=True, slots=True, order=True)
class Currency:
    """A currency. code: of ISO 4217, or a unit such as ``kWh``. places: decimals of its coin, 0 to 8.

    Raises FieldError for anything else.
    """

    code: str
    places: int

    def __post_init__(self) -> None:
        """Check both."""
        if not isinstance(self.code, str) or not _CODE.fullmatch(self.code):
            raise FieldError("currency", self.code, "a code of 2 to 8 letters and digits, e.g. ZAR")
        if self.places.__class__ is not int or not 0 <= self.places <= PLACES_MAX:
            raise FieldError("places", self.places, f"0 to {PLACES_MAX} decimal places")

    @classmethod
    def of(cls, code: str) -> Currency:
        """Return the currency of a code, with the decimals of ISO 4217: two unless it says otherwise."""
        return cls(code, MINOR_PLACES.get(code, 2) if isinstance(code, str) else 2)

    @property
    def scale(self) -> int:
        """How many of the smallest coin make one."""
        return int(10**self.places)

    def minor(self, amount: Exact) -> int:
        """Return amount, in whole units of the currency, as a number of its smallest coin.

        Raises FieldError for a float, and for an amount that has no coin of its own, e.g. 0.005 ZAR.
        """
        if isinstance(amount, bool) or not isinstance(amount, int | Decimal | Fraction):
            raise FieldError("amount", amount, "an int, Decimal or Fraction", "A float is not exact.")
        if isinstance(amount, Decimal) and not (amount.is_finite() and abs(amount.adjusted()) <= 30):
            raise FieldError("amount", str(amount), "a finite amount of at most 30 places")
        scaled = Fraction(amount) * self.scale
        if scaled.denominator != 1:
            raise FieldError("amount", str(amount), f"an amount of whole 10**-{self.places} {self.code}")
        return scaled.numerator

    def decimal(self, minor: int) -> Decimal:
        """Return a number of the smallest coin as whole units, with all decimals of the currency."""
        sign, digits, _ = Decimal(minor).as_tuple()
        return Decimal((sign, digits, -self.places))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount. minor: how many of the currency's smallest coin, of either sign.

    Amounts of one currency can be added, taken from one another and compared; of two, a FieldError is
    raised. ``str`` gives ``ZAR 843.93``.
    """

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        """Check both."""
        if self.minor.__class__ is not int:
            raise FieldError("minor", self.minor, "a whole number of the smallest coin")
        if not isinstance(self.currency, Currency):
            raise FieldError("currency", self.currency, "a Currency")

    @classmethod
    def of(cls, amount: Exact, currency: Currency | str) -> Money:
        """Make it from whole units. Raises FieldError when there is no coin for the amount."""
        known = Currency.of(currency) if isinstance(currency, str) else currency
        return cls(known.minor(amount), known)

    @property
    def amount(self) -> Decimal:
        """The amount in whole units, with all decimals of the currency."""
        return self.currency.decimal(self.minor)

    def __str__(self) -> str:
        """Return it for people, e.g. ``ZAR 843.93``."""
        return f"{self.currency.code} {self.amount:f}"

    def __add__(self, other: Money) -> Money:
        """Return the sum."""
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        """Return the difference."""
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        """Return the same amount with the other sign."""
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        """Return whether it is less."""
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        """Return whether it is not more."""
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        """Return whether it is not zero."""
        return self.minor != 0

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money) or other.currency != self.currency:
            raise FieldError("money", str(other), f"an amount of {self.currency.code}")
        return other.minor
