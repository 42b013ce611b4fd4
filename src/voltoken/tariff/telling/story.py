"""What every section of an explanation needs: the quote, the language, the names of things.

The sections are in ``spending`` (where the money went) and ``outcome`` (what came of it). A section is left
out when there is nothing to say. Nothing is guessed: what the quote does not prove is not said, as where in
the blocks the customer stands when it is not known whether free units count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from voltoken.money import Money
from voltoken.tariff.calendar import counts_from, month_start
from voltoken.tariff.document import Tariff
from voltoken.tariff.quote import Line, Quote
from voltoken.tariff.telling.language import Credit, Language, Price, Sentence, Units, Value, Word
from voltoken.tariff.telling.position import BOUGHT, amount_of, counted, position
from voltoken.tariff.words import Counts

_NAMES_TOLD: Final = 2
"""More levies and taxes on one thing are not named in a sentence about it."""


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences under a heading; at least one."""

    heading: Sentence
    sentences: tuple[Sentence, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it for machines."""
        return {
            "heading": self.heading.as_dict(),
            "sentences": [sentence.as_dict() for sentence in self.sentences],
        }


@dataclass(frozen=True, slots=True)
class Story:
    """What is told: a quote, in a language. tariff: the version it was made with, None if it is not at hand.

    names: of the parts of the price in this language, by code; those that are missing are as in the quote.
    """

    quote: Quote
    language: Language
    tariff: Tariff | None
    names: Mapping[str, str]

    def say(self, code: str, **parameters: Value) -> Sentence:
        """Make a sentence in the language of the story."""
        return self.language.say(code, **parameters)

    def section(self, heading: str, sentences: Iterable[Sentence]) -> tuple[Section, ...]:
        """Return a section, or nothing when there are no sentences. heading: code of the phrase."""
        said = tuple(sentences)
        return (Section(self.say(heading), said),) if said else ()

    def money(self, coins: int) -> Money:
        """Return coins of the quote's currency as an amount."""
        return Money(coins, self.quote.currency)

    def amount(self, units: Fraction) -> Units | Credit:
        """Return a number of units; credit is money."""
        return amount_of(self.quote, units)

    def price(self, price: Fraction) -> Price:
        """Return the price of a unit, in whole units of the currency."""
        return Price(price, self.quote.currency, self.quote.unit)

    def name(self, line: Line) -> str:
        """Return what a line is called."""
        return self.names.get(line.code, line.name)

    def named(self, code: str) -> str:
        """Return what a charge or debt is called: by the names, by the prices, or by its code."""
        rules = (due.rule for due in self.quote.plan.dues)
        return self.names.get(code) or next((rule.name for rule in rules if rule.code == code), code)

    def taxes_on(self, code: str) -> Value:
        """Return what the levies and taxes on a part of the price are called: the names of one or two."""
        amounts, names = {code: Fraction(1)}, []
        for share in self.quote.plan.shares:
            amount = share.rate * sum((amounts.get(base, Fraction(0)) for base in share.on), Fraction(0))
            if amount:
                amounts[share.code] = amount
                names.append(self.names.get(share.code, share.name))
        return tuple(names) if len(names) <= _NAMES_TOLD else Word("taxes")

    @property
    def step(self) -> Units | Credit:
        """The smallest amount that is sold."""
        return self.amount(Fraction(self.quote.plan.step, self.quote.plan.unit_den))

    @property
    def period(self) -> Word:
        """Since when units are counted, as a piece of a sentence."""
        tariff, day = self.tariff, self.quote.context.at.date()
        if tariff is None or tariff.period.days is not None or counts_from(tariff, day) != month_start(day):
            return Word("period.days")
        return Word("period.month")

    @property
    def counts(self) -> frozenset[Counts] | None:
        """What moves the customer through the blocks; None when nobody knows, and where credit is sold."""
        return None if self.quote.plan.is_credit else counted(self.quote, self.tariff)

    @property
    def position(self) -> Fraction | None:
        """Units of the period before those that were bought; None when nobody knows."""
        return None if self.counts is None else position(self.quote, self.counts)

    @property
    def counts_free(self) -> bool:
        """Whether free units count, and there are any."""
        any_free = bool(self.quote.context.free_used or self.quote.free_units)
        return any_free and Counts.FREE in (self.counts or BOUGHT)
