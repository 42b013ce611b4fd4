"""A study: the same purchases by one tariff and by others, and what the difference is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np

from voltoken.cli.progress import progress
from voltoken.cli.tariff.repricing.reading import Given
from voltoken.errors import FieldError
from voltoken.sts import UNITS
from voltoken.tariff import Kind, Tariff
from voltoken.tariff.batch import Comparison, Component, Hold, Refusal, Repriced, compared, reprice

KINDS: Final = (Kind.ENERGY, Kind.CHARGE, Kind.LEVY, Kind.TAX, Kind.DEBT, Kind.CARRIED, Kind.ROUNDING)
"""The order in which components are told."""
_NAMES: Final = {"energy": "Energy", "rounding": "Rounding", "carried": "Carried to later purchases"}
_PAID: Final = "what was paid"


@dataclass(frozen=True, slots=True)
class Priced:
    """Purchases by one tariff. label: what it is called in the report; tariff: None for what was paid."""

    label: str
    tariff: Tariff | None
    repriced: Repriced | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A draft against what it is compared with.

    good: which rows could be priced both ways. components: in order, with what they come to before and
    after, in coins; before is None where the file does not say. refused: rows that could not be priced, by
    reason.
    """

    draft: Priced
    comparison: Comparison
    components: tuple[tuple[Component, int | None, int | None], ...]
    before: int
    after: int
    units_before: int
    units_after: int
    refused: dict[str, int]


@dataclass(frozen=True, slots=True)
class Study:
    """All of it. first, last: local days of the purchases."""

    given: Given
    hold: Hold
    current: Priced
    outcomes: tuple[Outcome, ...]
    first: date
    last: date


def check_alike(tariffs: Sequence[Tariff]) -> None:
    """Raise FieldError for tariffs that cannot be compared: other money, units or clocks."""
    first = tariffs[0]
    for tariff in tariffs[1:]:
        for name, one, two in (
            ("currency", first.money.currency.code, tariff.money.currency.code),
            ("resource", first.resource, tariff.resource),
            ("zone", first.zone, tariff.zone),
        ):
            if one != two:
                raise FieldError(
                    name, two, f"{one}, as in {label_of(first)}", "Compare tariffs that have it."
                )


def label_of(tariff: Tariff) -> str:
    """Return what a tariff is called."""
    return f"{tariff.code} {tariff.version}"


def study(
    given: Given,
    current: Tariff | None,
    drafts: Sequence[Tariff],
    hold: Hold,
    bounds: Sequence[int],
    exchange: Fraction | None,
) -> Study:
    """Price purchases by all tariffs, and compare."""
    wanted = [tariff for tariff in (current, *drafts) if tariff is not None]
    with progress(len(given.purchases) * len(wanted), title="Pricing") as step:
        priced = [
            Priced(label_of(one), one, reprice(one, given.purchases, hold, exchange=exchange, done=step))
            for one in wanted
        ]
    base = priced.pop(0) if current is not None else Priced(_PAID, None, None)
    days = given.purchases.day
    first, last = (date(1970, 1, 1).toordinal() + int(day) for day in (days.min(), days.max()))
    outcomes = tuple(_outcome(given, base, draft, hold, bounds) for draft in priced)
    return Study(given, hold, base, outcomes, date.fromordinal(first), date.fromordinal(last))


def _outcome(given: Given, base: Priced, draft: Priced, hold: Hold, bounds: Sequence[int]) -> Outcome:
    before, after, purchases = base.repriced, draft.repriced, given.purchases
    if after is None:
        raise FieldError("draft", draft.label, "a tariff")
    good = after.refused == 0 if before is None else (after.refused == 0) & (before.refused == 0)

    def total(column: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> int:
        return int(column[good].sum())

    olds = {} if before is None else {one: total(line) for one, line in before.lines.items()}
    news = {one: total(line) for one, line in after.lines.items()}
    order = sorted({**olds, **news}, key=lambda one: KINDS.index(one.kind))
    return Outcome(
        draft,
        compared(purchases, before, after, hold, bounds, steps=10**UNITS.decimals),
        tuple((one, olds.get(one), news.get(one)) for one in order if olds.get(one) or news.get(one)),
        total(purchases.tender if before is None else before.tender),
        total(after.tender),
        total(purchases.units if before is None else before.units),
        total(after.units),
        _refused([one for one in (before, after) if one is not None]),
    )


def _refused(priced: Sequence[Repriced]) -> dict[str, int]:
    """Return how many rows are left out, by the first reason for it."""
    first = np.zeros(len(priced[0].refused), np.uint8)
    for one in reversed(priced):
        first = np.where(one.refused != 0, one.refused, first)
    counts = np.bincount(first, minlength=1)
    return {Refusal(number).word: int(count) for number, count in enumerate(counts) if number and count}


def name_of(component: Component, *priced: Priced) -> str:
    """Return what a component is called in the first tariff that has it."""
    for one in priced:
        if one.tariff is not None:
            names = {part.code: part.name for part in one.tariff.extras}
            names |= {part.code: part.name for part in one.tariff.charges}
            names |= {part.code: part.name for part in one.tariff.debts}
            if component.code in names:
                return names[component.code]
    return _NAMES.get(component.code, component.code)
