"""When a part of a tariff applies: seasons, marks of the customer, the average of past months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from voltoken.tariff.quote import Context, Exact


@dataclass(frozen=True, slots=True)
class Mean:
    """A condition on the average of past calendar months.

    months: how many, 1 to 36; of a shorter history as many as there are. at_least, below: units a month;
    None for no bound. without_history: whether a customer without any full month meets it.
    """

    months: int
    at_least: Fraction | None = None
    below: Fraction | None = None
    without_history: bool = True


@dataclass(frozen=True, slots=True)
class When:
    """When a part of a tariff applies: everything that is named must hold; empty means always.

    months: 1 to 12, of the local calendar. customer: at least one of these marks of the customer.
    not_customer: none of these. mean: the average of past months.
    """

    months: frozenset[int] = frozenset()
    customer: frozenset[str] = frozenset()
    not_customer: frozenset[str] = frozenset()
    mean: Mean | None = None


ALWAYS: Final = When()
"""No condition."""


def holds(when: When, context: Context) -> bool:
    """Whether a condition holds in the circumstances of a purchase."""
    if when is ALWAYS:
        return True
    if when.months and context.at.month not in when.months:
        return False
    if when.customer and not when.customer & context.marks:
        return False
    if when.not_customer & context.marks:
        return False
    return when.mean is None or _mean_holds(when.mean, context.past_units)


def _mean_holds(mean: Mean, past_units: Sequence[Exact]) -> bool:
    """Whether the average of past months lies within bounds."""
    past = [Fraction(units) for units in past_units[: mean.months]]
    if not past:
        return mean.without_history
    average = Fraction(sum(past), len(past))
    return (mean.at_least is None or average >= mean.at_least) and (
        mean.below is None or average < mean.below
    )
