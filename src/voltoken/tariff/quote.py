"""What goes into a price and what comes out: the circumstances of a purchase, and the quote.

Money is whole coins of the currency in which the customer pays (cents). Units are exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from voltoken.errors import FieldError
from voltoken.money import Currency

if TYPE_CHECKING:
    from voltoken.tariff.plan import Plan

Exact = int | Decimal | Fraction
"""What units and amounts are given in; ``float`` is refused."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a periodic charge or instalment has been reckoned.

    next_due: the first local day that has not been reckoned yet. owing: of what fell due before it, in
    coins and without tax, not yet paid.
    """

    next_due: date
    owing: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of a purchase.

    at: when, aware, on the clock of the tariff's zone: its date decides months, midnights and hours.
    used: units bought since ``Tariff.counts_from``. free_used: free units received in the same time.
    free_taken: free units by code, received in the current month or period of the entitlement.
    standing: by code of charge or debt; without one a charge begins today. debts: balance by code, coins.
    last_purchase: local day; a charge by the day without a standing is reckoned from it.
    past_units: units of past calendar months, free ones too, latest first, for averages. marks: of the
    customer.
    sizes: what charges are for each of, e.g. kVA of the connection. claims: codes of free units asked for.
    carried: coins carried over from the last purchase, either sign.
    exchange: what one of the tariff's ``priced_in`` costs today, where the document has no rate for the day.
    amount_min .. units_max: bounds of this meter or vendor besides those of the tariff; amounts in coins.

    Raises FieldError for values that cannot be.
    """

    at: datetime
    used: Exact = 0
    free_used: Exact = 0
    free_taken: Mapping[str, Exact] = field(default_factory=lambda: MappingProxyType({}))
    standing: Mapping[str, Standing] = field(default_factory=lambda: MappingProxyType({}))
    debts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    last_purchase: date | None = None
    past_units: tuple[Exact, ...] = ()
    marks: frozenset[str] = frozenset()
    sizes: Mapping[str, Exact] = field(default_factory=lambda: MappingProxyType({}))
    claims: frozenset[str] = frozenset()
    carried: int = 0
    exchange: Exact | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    units_min: Exact | None = None
    units_max: Exact | None = None

    def __post_init__(self) -> None:
        """Check what the arithmetic relies on."""
        if not isinstance(self.at, datetime) or self.at.utcoffset() is None:
            raise FieldError("at", self.at, "an aware datetime on the clock of the tariff's zone")
        for name, number in self._numbers():
            exact(name, number)
        for name in ("carried", "amount_min", "amount_max"):
            if getattr(self, name).__class__ not in {int, type(None)}:
                raise FieldError(name, getattr(self, name), "whole coins")
        for code, balance in self.debts.items():
            if balance.__class__ is not int or balance < 0:
                raise FieldError(f"debts[{code}]", balance, "whole coins, 0 or more")

    def _numbers(self) -> Iterator[tuple[str, Exact]]:
        """Yield what must be a number of zero or more, with its name."""
        yield "used", self.used
        yield "free_used", self.free_used
        for name in ("exchange", "units_min", "units_max"):
            if getattr(self, name) is not None:
                yield name, getattr(self, name)
        yield from ((f"free_taken[{code}]", number) for code, number in self.free_taken.items())
        yield from ((f"sizes[{code}]", number) for code, number in self.sizes.items())
        yield from (("past_units", number) for number in self.past_units)


def exact(name: str, value: Exact) -> Fraction:
    """Return a number of units, zero or more, as a fraction. Raises FieldError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | Fraction):
        raise FieldError(name, value, "an int, Decimal or Fraction", "A float is not exact: use Decimal.")
    if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= 30):
        raise FieldError(name, str(value), "a finite number of at most 30 places")
    if value < 0:
        raise FieldError(name, str(value), "zero or more")
    return Fraction(value)


class Kind(StrEnum):
    """What a line of a quote is."""

    ENERGY = "energy"
    LEVY = "levy"
    TAX = "tax"
    CHARGE = "charge"
    DEBT = "debt"
    FREE = "free"
    CARRIED = "carried"
    """Money carried over: in, from the last purchase (negative), or out, to the next one."""
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. The amounts of all lines add up to the tender.

    amount: coins; below zero only for rebates, what is carried in, and rounding. code: of the component,
    ``energy`` for energy. block: number of the block of energy, from 1, else 0. units: what the line is
    for, where it is reckoned by unit. price: for one unit, in the currency. rate, base: where it is a
    share of other lines: the fraction, and their sum in coins as printed. exact: coins before rounding.
    """

    kind: Kind
    code: str
    name: str
    amount: int
    exact: Fraction
    block: int = 0
    units: Fraction | None = None
    price: Fraction | None = None
    rate: Fraction | None = None
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """How much of the money for energy went into one block, everything on it included.

    price: of one unit, levies and taxes included, in the currency. amount: coins; the last step takes what
    is left. units: bought in it, as rounded.
    """

    block: int
    units: Fraction
    price: Fraction
    amount: int


@dataclass(frozen=True, slots=True)
class Free:
    """Free units of a purchase. tokens: the amounts that tokens for them carry."""

    code: str
    name: str
    units: Decimal
    tokens: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What a purchase costs and brings, to the cent and to the step of a token.

    tender: coins; the sum of all lines. units: bought, without free ones; tokens: the amounts of the tokens
    that carry them, greatest first, none for no units. Where energy is collected by the meter, units are
    credit in the currency. exact_units: what the money buys before rounding (by units: the units).
    standing, debts: as they are after the purchase, only those this purchase touched. carried: coins to
    add to the next purchase. plan: the prices it was made with.
    """

    tariff: str
    version: str
    sha256: str
    currency: Currency
    unit: str
    context: Context
    tender: int
    units: Decimal
    tokens: tuple[Decimal, ...]
    free: tuple[Free, ...]
    lines: tuple[Line, ...]
    steps: tuple[Step, ...]
    exact_units: Fraction
    standing: Mapping[str, Standing]
    debts: Mapping[str, int]
    carried: int
    plan: Plan

    @property
    def free_units(self) -> Decimal:
        """All free units of the purchase."""
        return sum((free.units for free in self.free), Decimal(0))

    def total(self, *kinds: Kind) -> int:
        """Return the sum of the lines of these kinds, in coins."""
        return sum(line.amount for line in self.lines if line.kind in kinds)
