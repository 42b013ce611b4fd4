"""A tariff document as values: what a utility charges, and how, from one local midnight to another.

One document is one version of one tariff. It never holds the tariff index of a token (TI): that belongs
to the meter, and a price list may change without it. Prices are exact fractions of the currency's whole
unit (``2.0967`` is R2.0967); units are those of the resource (kWh, cubic metres, minutes).

The values here are in order by themselves: ``check.load`` makes them from text, and tells all faults of a
text at once. Reference: the model of section 4.1 of the vending notes, each part forced by a real tariff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from voltoken.money import Currency
from voltoken.tariff.conditions import ALWAYS, When
from voltoken.tariff.rounding import Rounding
from voltoken.tariff.words import Counts, LinesOf, OnChange, Per, Place, Remainder

FORMAT: Final = "voltoken-tariff/1"
"""The format this room reads and writes."""

ENERGY: Final = "energy"
"""The code under which levies and taxes name the energy itself."""

UNITS_OF: Final[Mapping[str, str]] = {"electricity": "kWh", "water": "m3", "gas": "m3", "time": "min"}
"""The unit of every resource."""


@dataclass(frozen=True, slots=True)
class Block:
    """Energy up to a limit.

    upto: units counted from the start of the period, None for no limit. price: of one unit.
    all_units: once the block is reached, its price applies to all units of the period from the first; what
    those before it cost less is paid on entering it.
    """

    upto: Fraction | None
    price: Fraction
    all_units: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Hours in which the meter counts a price of its own. price: for one unit.

    weekdays: 1 (Monday) to 7. start, end: local wall clock, end not included; midnight as end is 24:00.
    months: as in ``When``, empty for all. The first slot that fits an instant is taken.
    share: which part of a customer's energy is taken to fall in it, for the average; None when not given.
    """

    name: str
    price: Fraction
    hours: tuple[tuple[time, time], ...] = ()
    weekdays: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    share: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Energy:
    """What a unit costs: blocks (one without a limit is a flat price), or hours and their average.

    blocks: in order; the last has no limit. With slots there is one block, at the average price at which
    a token is sold. includes: codes of levies and taxes that the prices contain.
    """

    blocks: tuple[Block, ...]
    slots: tuple[Slot, ...] = ()
    includes: frozenset[str] = frozenset()
    when: When = ALWAYS
    collected: Place = Place.TILL


@dataclass(frozen=True, slots=True)
class Extra:
    """A levy or a tax: an amount for each unit, a share of other lines, or an amount once.

    once: paid once in a period, by the purchase that first goes beyond ``from_units``.
    is_tax: a tax rather than a levy; it is summed under taxes. per_unit: price for one unit, or None.
    monthly: the same by local month (year, month), for pass-throughs. rate: a fraction of ``on``.
    on: codes of the lines it is reckoned on: ``energy``, levies, taxes, charges, debts. A rate below zero
    is a rebate. from_units, upto_units: only the units of the period between these.
    unit_rounding: how the amount for one unit is rounded, where a utility prints it so.
    """

    code: str
    name: str
    is_tax: bool
    per_unit: Fraction | None = None
    monthly: Mapping[tuple[int, int], Fraction] = field(default_factory=lambda: MappingProxyType({}))
    rate: Fraction | None = None
    once: Fraction | None = None
    on: tuple[str, ...] = ()
    from_units: Fraction = Fraction(0)
    upto_units: Fraction | None = None
    unit_rounding: Rounding | None = None
    includes: frozenset[str] = frozenset()
    when: When = ALWAYS
    collected: Place = Place.TILL


@dataclass(frozen=True, slots=True)
class Take:
    """How much of what is due one purchase pays, taxes on it included.

    share: at most this fraction of the tender (of_rest: of what is left of it). at_least: but never less
    than this amount, if so much is due. at_most: never more. whole: all that is due, or no purchase.
    """

    share: Fraction | None = None
    of_rest: bool = False
    at_least: Fraction = Fraction(0)
    at_most: Fraction | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """Money due besides energy: fixed or periodic, or a fee that is a share of the tender.

    amount: for each ``per``, without tax unless ``includes`` names it; None for a fee. rate: of the tender.
    each: the amount is for each of these, whose number comes with the purchase, e.g. ``kVA``; empty for one.
    accrues: also for months or periods without a purchase (days always). accrues_max: at most so many.
    What falls due is rounded to a line at each purchase: less than half a coin a day, bought daily, is never
    charged. Whether ``when`` holds is asked at the purchase, for all that has fallen due since the last one.
    """

    code: str
    name: str
    amount: Fraction | None
    per: Per
    rate: Fraction | None = None
    each: str = ""
    accrues: bool = False
    accrues_max: int | None = None
    includes: frozenset[str] = frozenset()
    take: Take = Take()
    when: When = ALWAYS
    collected: Place = Place.TILL


@dataclass(frozen=True, slots=True)
class Debt:
    """How a debt of the customer is recovered; the balance comes with the purchase.

    instalment: how much falls due each ``per``; None: the whole balance is due at once.
    """

    code: str
    name: str
    instalment: Fraction | None = None
    per: Per = Per.MONTH
    accrues: bool = False
    accrues_max: int | None = None
    take: Take = Take()
    when: When = ALWAYS
    collected: Place = Place.TILL


@dataclass(frozen=True, slots=True)
class Free:
    """Units without payment. units: each ``per`` (month or period), lost when it ends.

    on_claim: given only when asked for, or with any purchase.
    """

    code: str
    name: str
    units: Fraction
    per: Per = Per.MONTH
    on_claim: bool = False
    when: When = ALWAYS


@dataclass(frozen=True, slots=True)
class Period:
    """When the blocks start again. days: length of a period from ``starts``; None: the calendar month."""

    days: int | None = None
    starts: date | None = None
    on_change: OnChange = OnChange.CARRY
    counts: frozenset[Counts] = frozenset({Counts.BOUGHT})


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one purchase; None for none. Amounts in the currency, units in units."""

    amount_min: Fraction | None = None
    amount_max: Fraction | None = None
    units_min: Fraction | None = None
    units_max: Fraction | None = None


@dataclass(frozen=True, slots=True)
class MoneyRules:
    """Currency and rounding. currency: in which customers pay; lines are whole numbers of its coin.

    priced_in: the currency of all prices and charges, another one if ``rates`` or the purchase tell what
    one of it costs. rates: (first local day, how much of ``currency`` one of ``priced_in`` is), by day.
    line: how a line is rounded. price: how prices of energy and levies by unit are rounded once
    they are in ``currency``, or not.
    on_rounded_lines: whether shares are reckoned on lines as printed, or on exact amounts. lines_of: units
    or tender.
    """

    currency: Currency
    line: Rounding
    priced_in: str
    rates: tuple[tuple[date, Fraction], ...] = ()
    price: Rounding | None = None
    on_rounded_lines: bool = True
    lines_of: LinesOf = LinesOf.UNITS
    remainder: Remainder = Remainder.ROUNDING


@dataclass(frozen=True, slots=True)
class Tariff:
    """One version of a tariff.

    code: the same in all versions. version: of this one. zone: IANA name of the time zone of its midnights.
    valid_from: the first local day; valid_until: the last one, or None. unit: of the resource, e.g. kWh.
    energies: the first whose condition holds is taken. collection: codes of charges and debts in the order
    in which they are taken. energy_share: part of every tender that must be left for energy.
    names: by language, then by code. sha256: of the text, in hexadecimal; what is approved.
    """

    code: str
    version: str
    name: str
    utility: str
    category: str
    resource: str
    zone: str
    valid_from: date
    valid_until: date | None
    money: MoneyRules
    units: Rounding
    period: Period
    limits: Limits
    energies: tuple[Energy, ...]
    extras: tuple[Extra, ...]
    charges: tuple[Charge, ...]
    debts: tuple[Debt, ...]
    free: tuple[Free, ...]
    collection: tuple[str, ...]
    energy_share: Fraction
    sources: tuple[str, ...]
    names: Mapping[str, Mapping[str, str]]
    sha256: str

    @property
    def unit(self) -> str:
        """The unit of the resource."""
        return UNITS_OF[self.resource]

    def in_force(self, day: date) -> bool:
        """Whether this version is valid on a local day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
