"""Whether what was typed about a purchase is anything that its tariff asks for.

What a tariff does not know is refused, and what it would silently pass over is too where it is an amount:
whoever gives a rate of exchange believes that it was used. Marks and histories are the customer's, whatever
the tariff; those that it never asks for are only warned of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from voltoken.cli.failures import warn
from voltoken.cli.sources import shown_name
from voltoken.errors import FieldError
from voltoken.sts import CURRENCY, UNITS
from voltoken.tariff import Context, Place, Prices, Tariff, When


def known(option: str, code: str, codes: Iterable[str]) -> str:
    """Return a code that a tariff has. Raises FieldError for another one."""
    if code not in codes:
        names = ", ".join(sorted(codes))
        allowed = f"one that this tariff knows: {names}" if names else "left out: this tariff knows none"
        raise FieldError(option, shown_name(code), allowed)
    return code


def check_exchange(tariff: Tariff, rate: Decimal | None, day: date) -> None:
    """Raise FieldError for a rate of exchange that is none, or that a tariff does not use on a day."""
    if rate is None:
        return
    money = tariff.money
    code = money.currency.code
    allowed = "above zero" if rate <= 0 else ""
    if money.priced_in == code:
        allowed = f"left out: the prices of this tariff are in {code} already"
    elif any(first <= day for first, _ in money.rates):
        allowed = f"left out: this tariff has its own rate for {day}"
    if allowed:
        raise FieldError("exchange", str(rate), allowed)


def warn_of_unasked(tariff: Tariff, marks: Sequence[str], past_units: Sequence[Decimal]) -> None:
    """Warn of marks and of a history that no condition of the tariff asks for."""
    asked = sorted({mark for when in _conditions(tariff) for mark in when.customer | when.not_customer})
    for mark in marks:
        if mark not in asked:
            told = f"it asks for {', '.join(asked)}" if asked else "it asks for none"
            warn(f"this tariff never asks for the mark {shown_name(mark)!r}; {told}.")
    if past_units and not any(when.mean for when in _conditions(tariff)):
        warn("this tariff never asks for the units of past months; --past-units changes nothing.")


def prices_of(tariff: Tariff, context: Context) -> Prices:
    """Return a tariff ready to price for one purchase: tokens carry credit where the meter collects.

    Raises PurchaseRefused when the tariff has some energy of both kinds, and none for this purchase.
    """
    places = {energy.collected for energy in tariff.energies}
    units = Prices(tariff, UNITS)
    is_credit = units.plan(context).is_credit if len(places) > 1 else Place.METER in places
    return Prices(tariff, CURRENCY) if is_credit else units


def _conditions(tariff: Tariff) -> Iterator[When]:
    yield from (energy.when for energy in tariff.energies)
    yield from (extra.when for extra in tariff.extras)
    yield from (charge.when for charge in tariff.charges)
    yield from (debt.when for debt in tariff.debts)
    yield from (free.when for free in tariff.free)
