"""Why a purchase brought more or fewer units than the one before, to the last fraction of a unit.

One circumstance after the other is put in the place of the old one, and the money is priced again each time:
what was paid, what came over from the purchase before, what charges and debts took, where in the blocks the
purchase stood, the prices. What a circumstance changes is its part; free units and rounding are the rest.
The parts add up to the difference exactly. Their order matters where prices change inside a purchase (a
debt weighs less where units are dear), so it is always the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import gcd, lcm

from voltoken.errors import FieldError
from voltoken.money import Money
from voltoken.tariff.quote import Kind, Quote
from voltoken.tariff.rounding import Rounding, exact_text
from voltoken.tariff.telling.language import Language, Sentence, Units, Value
from voltoken.tariff.telling.position import (
    BOUGHT,
    all_units,
    amount_of,
    carried_in,
    energy_money,
    position,
    taken,
    units_for,
    whole,
)
from voltoken.tariff.words import Counts


class Cause(StrEnum):
    """Circumstances, in the order in which they are exchanged."""

    MONEY = "money"
    CARRIED = "carried"
    CHARGES = "charges"
    DEBTS = "debts"
    POSITION = "position"
    PRICES = "prices"
    FREE = "free"
    ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class Part:
    """What one circumstance changed. units: exactly, signed. shown: as told, a multiple of a step.

    What is shown adds up to the difference as well; it is 0 where a part is not worth a sentence.
    """

    cause: Cause
    units: Fraction
    shown: Fraction


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two purchases of one customer. difference: units of this one less those of the last,
    free ones included.

    parts: one for every cause, in order; they add up to the difference. sentences: what differs, then
    why, the greatest part first.
    """

    difference: Fraction
    parts: tuple[Part, ...]
    sentences: tuple[Sentence, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it for machines: exact numbers as text."""
        return {
            "difference": exact_text(self.difference),
            "parts": [
                {"cause": part.cause.value, "units": exact_text(part.units), "shown": exact_text(part.shown)}
                for part in self.parts
            ],
            "sentences": [sentence.as_dict() for sentence in self.sentences],
        }


def comparable(now: Quote, last: Quote) -> bool:
    """Whether two purchases were of the same thing, for the same money."""
    return (
        now.unit == last.unit and now.currency == last.currency and now.plan.is_credit == last.plan.is_credit
    )


def compare(
    now: Quote, last: Quote, language: Language, counts: frozenset[Counts] | None = BOUGHT
) -> Comparison:
    """Compare a purchase with the one before.

    counts: which units move the customer through the blocks; None where it is not known.
    Raises FieldError when they are not comparable: other units, or other money.
    """
    if not comparable(now, last):
        raise FieldError("last", last.unit, f"a purchase of {now.unit} for {now.currency.code}")
    difference = all_units(now) - all_units(last)
    exact = _parts(now, last, counts or BOUGHT)
    steps = [Fraction(quote.plan.step, quote.plan.unit_den) for quote in (now, last)]
    shown = shown_parts(list(exact.values()), common_measure(*steps, difference))
    parts = tuple(Part(cause, units, told) for (cause, units), told in zip(exact.items(), shown, strict=True))
    worth_telling = sorted((part for part in parts if part.shown), key=lambda part: -abs(part.shown))
    said = [_whole(now, last, language, difference)]
    said += [_because(part, now, last, language, counts) for part in worth_telling]
    return Comparison(difference, parts, tuple(said))


def _parts(now: Quote, last: Quote, counts: frozenset[Counts]) -> dict[Cause, Fraction]:
    """Return the exact part of every cause, in order."""
    old, new = position(last, counts), position(now, counts)
    money = energy_money(last)
    bought = units_for(last.plan, old, money)
    changes = (
        (Cause.MONEY, now.tender - last.tender),
        (Cause.CARRIED, carried_in(now) - carried_in(last)),
        (Cause.CHARGES, taken(last, Kind.CHARGE) - taken(now, Kind.CHARGE)),
        (Cause.DEBTS, taken(last, Kind.DEBT) - taken(now, Kind.DEBT)),
    )
    parts = {}
    reached = bought
    for cause, change in changes:
        money += change
        before, reached = reached, units_for(last.plan, old, money)
        parts[cause] = reached - before
    moved = units_for(last.plan, new, money)
    final = units_for(now.plan, new, money)
    parts[Cause.POSITION] = moved - reached
    parts[Cause.PRICES] = final - moved
    parts[Cause.FREE] = Fraction(now.free_units) - Fraction(last.free_units)
    parts[Cause.ROUNDING] = (Fraction(now.units) - final) - (Fraction(last.units) - bought)
    return parts


def common_measure(*values: Fraction) -> Fraction:
    """Return the greatest number of which all values are multiples; free units may be finer than a step."""
    below = lcm(*(value.denominator for value in values))
    return Fraction(gcd(*(int(value * below) for value in values)), below)


def shown_parts(parts: Sequence[Fraction], step: Fraction) -> list[Fraction]:
    """Return parts as multiples of a step that add up to the sum of the parts, each as near as that allows.

    Parts of less than half a step are 0, unless nothing else is there to take a step of the sum.
    """
    half_up = Rounding(Fraction(1))
    exact = [Fraction(part, step) for part in parts]
    counts = [half_up.count(part) for part in exact]
    missing = half_up.count(sum(exact, Fraction(0))) - sum(counts)
    sign = 1 if missing > 0 else -1
    for _ in range(abs(missing)):
        told = [number for number, count in enumerate(counts) if count] or range(len(counts))
        counts[max(told, key=lambda number: sign * (exact[number] - counts[number]))] += sign
    return [count * step for count in counts]


def _whole(now: Quote, last: Quote, language: Language, difference: Fraction) -> Sentence:
    """Say how much was bought last time, and how much more or less it is now."""
    told: dict[str, Value] = {
        "day": last.context.at.date(),
        "paid": Money(last.tender, last.currency),
        "units": amount_of(last, all_units(last)),
    }
    if not difference:
        return language.say("change.same", **told)
    return language.say(
        "change.more" if difference > 0 else "change.less",
        **told,
        difference=amount_of(now, abs(difference)),
    )


def _because(
    part: Part, now: Quote, last: Quote, language: Language, counts: frozenset[Counts] | None
) -> Sentence:
    """Say what one circumstance changed."""
    direction = "more" if part.shown > 0 else "less"
    units = amount_of(now, abs(part.shown))
    match part.cause:
        case Cause.FREE | Cause.ROUNDING:
            return language.say(f"{part.cause}.{direction}", units=units)
        case Cause.POSITION:
            why = _moved(now, last, language, direction, counts)
        case Cause.PRICES:
            why = language.say(_why_prices(now, last))
        case _:
            why = language.say(f"{part.cause}.{direction}", amount=_difference(part.cause, now, last))
    return language.say(f"because.{direction}", why=why, units=units)


def _difference(cause: Cause, now: Quote, last: Quote) -> Money:
    """Return by how much money two purchases differ in one of the circumstances that are money."""
    coins = {
        Cause.MONEY: now.tender - last.tender,
        Cause.CARRIED: carried_in(now) - carried_in(last),
        Cause.CHARGES: _taken(now, Kind.CHARGE) - _taken(last, Kind.CHARGE),
        Cause.DEBTS: _taken(now, Kind.DEBT) - _taken(last, Kind.DEBT),
    }
    return Money(abs(coins[cause]), now.currency)


def _taken(quote: Quote, kind: Kind) -> int:
    """Return what was taken, in whole coins."""
    return whole(taken(quote, kind))


def _moved(
    now: Quote, last: Quote, language: Language, direction: str, counts: frozenset[Counts] | None
) -> Sentence:
    """Say that a purchase stood elsewhere in the blocks: the count started again, or went on."""
    if counts is None:
        return language.say("place")
    new, old = position(now, counts), position(last, counts)
    if new < old and now.context.at.date() > last.context.at.date():
        return language.say("restart")
    return language.say(f"position.{direction}", now=Units(new, now.unit), before=Units(old, last.unit))


def _why_prices(now: Quote, last: Quote) -> str:
    """Return the code of the reason why prices differ, as far as the quotes prove it."""
    new_list = (now.tariff, now.version, now.sha256) != (last.tariff, last.version, last.sha256)
    new_rate = now.plan.exchange != last.plan.exchange
    new_month = _month(now) != _month(last)
    if new_list and not new_rate:
        return "prices.list"
    if new_rate and not new_list and not new_month:
        return "prices.exchange"
    return "prices.month" if new_month and not new_rate else "prices"


def _month(quote: Quote) -> tuple[int, int]:
    return quote.context.at.year, quote.context.at.month
