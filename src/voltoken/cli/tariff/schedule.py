"""The parts of a tariff besides energy, as names and sentences: levies, taxes, charges, debts, free units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import time
from fractions import Fraction
from typing import Final

from voltoken.cli.tariff.conditions import (
    accrual_words,
    joined,
    month_words,
    per_words,
    place_words,
    rounding_words,
    take_words,
    when_words,
)
from voltoken.cli.tariff.figures import share, units, whole_money
from voltoken.tariff import Charge, Debt, Extra, Free, Slot, Tariff

_MONTHS_SHOWN: Final = 6
"""How many of the monthly values are shown, the latest."""

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def part_rows(tariff: Tariff) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield a title and rows of names and sentences for every kind of part that a tariff has."""
    extras = [(extra, _extra(extra, tariff)) for extra in tariff.extras]
    kinds = (
        ("Levies", [(extra.name, words) for extra, words in extras if not extra.is_tax]),
        ("Taxes", [(extra.name, words) for extra, words in extras if extra.is_tax]),
        ("Charges", [(charge.name, _charge(charge, tariff)) for charge in tariff.charges]),
        ("Debts", [(debt.name, _debt(debt, tariff)) for debt in tariff.debts]),
        ("Free units", [(free.name, _free(free, tariff)) for free in tariff.free]),
    )
    yield from ((title, rows) for title, rows in kinds if rows)


def part_names(tariff: Tariff, codes: Iterable[str]) -> list[str]:
    """Return parts of a tariff by their names; the energy is called energy."""
    names = {extra.code: extra.name for extra in tariff.extras}
    names |= {charge.code: charge.name for charge in tariff.charges}
    names |= {debt.code: debt.name for debt in tariff.debts}
    return [names.get(code, code) for code in codes]


def slot_words(slot: Slot, code: str) -> str:
    """Return the price and the hours of a slot. code: of the currency of prices."""
    hours = joined(f"{start:%H:%M}-{_end(end)}" for start, end in slot.hours) if slot.hours else "all hours"
    days = ""
    if slot.weekdays:
        days = _weekdays(sorted(slot.weekdays))
    months = month_words(slot.months)
    portion = "" if slot.share is None else f"{share(slot.share)} of the units are taken to fall in it"
    return _sentence(f"{whole_money(slot.price, code)}, {hours}", days, months, portion)


def _weekdays(days: Sequence[int]) -> str:
    first, last = days[0], days[-1]
    if len(days) > 2 and last - first == len(days) - 1:
        return f"{_WEEKDAYS[first - 1]} to {_WEEKDAYS[last - 1]}"
    return f"on {joined(_WEEKDAYS[day - 1] for day in days)}"


def _end(end: time) -> str:
    return f"{end:%H:%M}" if end != time(0) else "24:00"


def _extra(extra: Extra, tariff: Tariff) -> str:
    code = tariff.money.priced_in
    if extra.rate is not None:
        words = [f"{share(extra.rate)} of {joined(part_names(tariff, extra.on))}"]
    elif extra.once is not None:
        above = units(extra.from_units, tariff.unit)
        words = [f"{whole_money(extra.once, code)} once a period, on going above {above}"]
    elif extra.per_unit is not None:
        words = [f"{whole_money(extra.per_unit, code)} for each {tariff.unit}"]
    else:
        latest = sorted(extra.monthly.items())[-_MONTHS_SHOWN:]
        months = ", ".join(f"{year}-{month:02} {whole_money(value, code)}" for (year, month), value in latest)
        words = [f"for each {tariff.unit}: {months}"]
    if extra.from_units and extra.once is None:
        words.append(f"above {units(extra.from_units, tariff.unit)} of the period")
    if extra.upto_units is not None:
        words.append(f"up to {units(extra.upto_units, tariff.unit)} of the period")
    if extra.unit_rounding is not None:
        currency = tariff.money.currency.code
        words.append(f"for each {tariff.unit} rounded {rounding_words(extra.unit_rounding, currency)}")
    return _sentence(
        *words,
        _contains(tariff, extra.includes),
        when_words(extra.when, tariff.unit),
        place_words(extra.collected),
    )


def _charge(charge: Charge, tariff: Tariff) -> str:
    code = tariff.money.priced_in
    if charge.amount is None:
        once = f"{share(charge.rate or Fraction(0))} of what is paid"
    else:
        each = f" \u00d7 {charge.each}" if charge.each else ""
        once = f"{whole_money(charge.amount, code)}{each} {per_words(charge.per)}"
    return _sentence(
        once,
        accrual_words(accrues=charge.accrues, most=charge.accrues_max),
        take_words(charge.take, code),
        _contains(tariff, charge.includes),
        when_words(charge.when, tariff.unit),
        place_words(charge.collected),
    )


def _debt(debt: Debt, tariff: Tariff) -> str:
    code = tariff.money.priced_in
    once = "all that is owed"
    if debt.instalment is not None:
        once = f"{whole_money(debt.instalment, code)} {per_words(debt.per)}"
    return _sentence(
        once,
        accrual_words(accrues=debt.accrues, most=debt.accrues_max),
        take_words(debt.take, code),
        when_words(debt.when, tariff.unit),
        place_words(debt.collected),
    )


def _free(free: Free, tariff: Tariff) -> str:
    claim = "when asked for" if free.on_claim else ""
    return _sentence(
        f"{units(free.units, tariff.unit)} {per_words(free.per)}", claim, when_words(free.when, tariff.unit)
    )


def _contains(tariff: Tariff, includes: frozenset[str]) -> str:
    return f"{joined(part_names(tariff, sorted(includes)))} included" if includes else ""


def _sentence(*words: str) -> str:
    return "; ".join(word for word in words if word)
