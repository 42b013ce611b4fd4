"""How a study is told: amounts, changes and bands in words and figures."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from voltoken.cli.tariff.repricing.study import Outcome, Study
from voltoken.money import Currency
from voltoken.sts import UNITS
from voltoken.tariff import Tariff
from voltoken.tariff.batch import Band, Hold

MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Words:
    """The words for one study. What changes is money with the energy held, and energy with the money held."""

    hold: Hold
    currency: Currency
    unit: str

    @classmethod
    def of(cls, study: Study, tariff: Tariff) -> Words:
        """Return those of a study."""
        return cls(study.hold, tariff.money.currency, tariff.unit)

    @property
    def changes_money(self) -> bool:
        """Whether it is money that changes."""
        return self.hold is Hold.UNITS

    @property
    def measure(self) -> str:
        """What changes: the currency, or the unit."""
        return self.currency.code if self.changes_money else self.unit

    @property
    def rise(self) -> str:
        """What customers do whose amounts rise."""
        return "pay more" if self.changes_money else "get more"

    @property
    def fall(self) -> str:
        """What customers do whose amounts fall."""
        return "pay less" if self.changes_money else "get less"

    def decimal(self, amount: int) -> Decimal:
        """Return coins or steps as whole units."""
        return self.currency.decimal(amount) if self.changes_money else UNITS.units(amount)

    def amount(self, amount: int) -> str:
        """Return coins or steps for people."""
        return f"{self.decimal(amount):,}"

    def change(self, amount: int) -> str:
        """Return a change of coins or steps, always with its sign."""
        return signed(f"{self.decimal(abs(amount)):,}", amount)

    def band(self, band: Band) -> str:
        """Return the consumption of a band."""
        return f"{band.low:,} or more" if band.high is None else f"{band.low:,} to {band.high:,}"

    def worst(self, band: Band) -> str:
        """Return the change of the customer's month that loses most by it."""
        return self.change(band.highest if self.changes_money else band.lowest)

    def coins(self, amount: int) -> str:
        """Return an amount of money for people."""
        return money(amount, self.currency)

    def bands(self, outcome: Outcome) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """Return the table of bands: headings, and a row for each."""
        headings = (f"{self.unit} a month", "customers", "more", "same", "less", "median", "", "worst")
        return headings, [
            (
                self.band(one),
                f"{one.customers:,}",
                f"{one.rises:,}",
                f"{one.same:,}",
                f"{one.falls:,}",
                self.change(one.median),
                per_mille(one.median_per_mille),
                self.worst(one),
            )
            for one in outcome.comparison.bands
        ]


def money(amount: int, currency: Currency) -> str:
    """Return an amount of coins for people; one below zero with a true minus."""
    return f"{currency.decimal(amount):,}".replace("-", MINUS)


def signed(text: str, value: int) -> str:
    """Return a magnitude with the sign of a value."""
    return f"+{text}" if value > 0 else f"{MINUS}{text}" if value < 0 else text


def percent(change: int, base: int) -> str:
    """Return a change as a share of what it was, with one decimal."""
    if base <= 0:
        return ""
    tenths = (2000 * abs(change) + base) // (2 * base)
    return signed(f"{tenths // 10:,}.{tenths % 10} %", change if tenths else 0)


def per_mille(value: int) -> str:
    """Return thousandths as a percentage with one decimal."""
    return signed(f"{abs(value) // 10:,}.{abs(value) % 10} %", value)


def customers_of(outcome: Outcome) -> tuple[int, int, int]:
    """Return how many customers' amounts rise, stay about the same and fall."""
    bands = outcome.comparison.bands
    return sum(one.rises for one in bands), sum(one.same for one in bands), sum(one.falls for one in bands)


def counted(count: int, thing: str) -> str:
    """Return a number of things."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def span(study: Study) -> str:
    """Return the time of the purchases."""
    return " to ".join(f"{day.day} {day:%b %Y}" for day in (study.first, study.last))
