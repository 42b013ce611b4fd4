"""How amounts, prices and units are written: exactly for machines, in columns for people."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from voltoken.money import Currency
from voltoken.tariff import exact_text

PRICE_PLACES: Final = 4
"""With how many decimals people see a price at most; rounding for the eye alone."""

_PLACES_LEAST: Final = 2


def fixed(value: Fraction, places: int) -> str:
    """Return a number with so many decimals, halves away from zero."""
    scaled = abs(value) * 10**places
    count = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if value < 0 and count else ""
    digits = f"{count:0{places + 1}}"
    return (
        f"{sign}{digits[: len(digits) - places]}.{digits[len(digits) - places :]}"
        if places
        else f"{sign}{digits}"
    )


def grouped(text: str) -> str:
    """Return the digits before the point of a number in groups of three."""
    whole, point, decimals = text.partition(".")
    return f"{int(whole):,}{point}{decimals}" if whole not in ("-0", "0") else text


def amount(coins: int, currency: Currency) -> str:
    """Return an amount for people, without its currency: ``1,234.50``."""
    return grouped(f"{currency.decimal(coins):f}")


def money(coins: int, currency: Currency) -> str:
    """Return an amount for people: ``ZAR 1,234.50``."""
    return f"{currency.code}\u00a0{amount(coins, currency)}"


def whole_money(value: Fraction, code: str) -> str:
    """Return an amount of a document, in whole units of a currency, for people: ``ZAR 2.10``."""
    places = _places(value) or 0
    return f"{code}\u00a0{grouped(fixed(value, max(places, _PLACES_LEAST) if places else 0))}"


def units(value: Fraction, unit: str) -> str:
    """Return units for people: ``1,700.1 kWh``."""
    return f"{grouped(exact_text(value))}\u00a0{unit}"


def share(value: Fraction) -> str:
    """Return a share for people: ``15 %``."""
    return f"{exact_text(value * 100)}\u00a0%"


def prices(values: Iterable[Fraction | None]) -> list[str]:
    """Return prices for a column, with 2 to 4 decimals; none is empty."""
    return columned(values, _PLACES_LEAST)


def columned(values: Iterable[Fraction | None], least: int = 0) -> list[str]:
    """Return numbers for a column: all with as many decimals as any of them needs; none is empty."""
    known = list(values)
    needed = (_places(value) for value in known if value is not None)
    places = max((PRICE_PLACES if n is None else n for n in needed), default=0)
    places = min(max(places, least), PRICE_PLACES)
    return ["" if value is None else grouped(fixed(value, places)) for value in known]


def _places(value: Fraction) -> int | None:
    """Return how many decimals a number has, None when there is no end to them."""
    rest, places = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    return places if rest == 1 else None
