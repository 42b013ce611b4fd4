"""When a part of a tariff applies, how much of it is taken and how it is rounded: in words."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from voltoken.cli.tariff.figures import share, units, whole_money
from voltoken.tariff import Direction, Mean, Per, Place, Rounding, Take, When, exact_text

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_PER: Final = {
    Per.PURCHASE: "with every purchase",
    Per.DAY: "a day",
    Per.MONTH: "a month",
    Per.PERIOD: "a period",
}
_TO: Final = {Direction.NEAREST: "nearest", Direction.DOWN: "down", Direction.UP: "up"}


def joined(words: Iterable[str], last: str = "and") -> str:
    """Return words as a list in a sentence."""
    *front, end = words
    return f"{', '.join(front)} {last} {end}" if front else end


def when_words(when: When, unit: str) -> str:
    """Return a condition in words, empty where there is none."""
    words = []
    if when.months:
        words.append(month_words(when.months))
    if when.customer:
        words.append(f"for customers marked {joined(sorted(when.customer), 'or')}")
    if when.not_customer:
        words.append(f"not for customers marked {joined(sorted(when.not_customer), 'or')}")
    if when.mean is not None:
        words.append(_mean_words(when.mean, unit))
    return ", ".join(words)


def month_words(months: Iterable[int]) -> str:
    """Return months of the year in words, empty where there are none."""
    names = [_MONTHS[month - 1] for month in sorted(months)]
    return f"in {joined(names)}" if names else ""


def _mean_words(mean: Mean, unit: str) -> str:
    bounds = []
    if mean.at_least is not None:
        bounds.append(f"at least {units(mean.at_least, unit)}")
    if mean.below is not None:
        bounds.append(f"less than {units(mean.below, unit)}")
    months = "in the last month" if mean.months == 1 else f"a month on average over {mean.months} months"
    history = "" if mean.without_history else ", not for new customers"
    return f"with {joined(bounds, 'but')} {months}{history}"


def per_words(per: Per) -> str:
    """Return how often something falls due: ``a month``."""
    return _PER[per]


def accrual_words(*, accrues: bool, most: int | None) -> str:
    """Return what becomes of months without a purchase, empty where nothing does."""
    limit = f", at most {most} at once" if most else ""
    return f"also for the time without a purchase{limit}" if accrues or most else ""


def take_words(take: Take, code: str) -> str:
    """Return how much of what is due a purchase pays, empty for all of it. code: of the currency."""
    if take.whole:
        return "to be paid as a whole"
    words = []
    if take.share is not None:
        of = "of what is left by then" if take.of_rest else "of what is paid"
        words.append(f"at most {share(take.share)} {of}")
    if take.at_least:
        words.append(f"but not less than {whole_money(take.at_least, code)}")
    if take.at_most is not None:
        words.append(f"never more than {whole_money(take.at_most, code)}")
    return ", ".join(words)


def place_words(place: Place) -> str:
    """Return where something is collected, empty for the till."""
    return "collected by the meter" if place is Place.METER else ""


def rounding_words(rounding: Rounding, unit: str) -> str:
    """Return a rounding: ``to 0.1 kWh, nearest``."""
    return f"to {exact_text(Fraction(rounding.step))}\u00a0{unit}, {_TO[rounding.to]}"
