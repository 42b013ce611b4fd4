"""The circumstances of a purchase as options: who buys, when, and what came before.

What a tariff does not have is refused (``fitting``), because a typing error would quietly change the price.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import click

from voltoken.cli.commands import SectionOption
from voltoken.cli.parameters import Decorator, convert, exact, gather, moment
from voltoken.cli.tariff.fitting import check_exchange, known, warn_of_unasked
from voltoken.cli.tariff.shared import local, zone_of
from voltoken.errors import FieldError
from voltoken.money import Currency
from voltoken.tariff import Context, Standing, Tariff

Pair = tuple[str, Decimal]

COINS_MAX: Final = 10**18
"""The most money that is typed, in coins: more than anything is sold for."""

UNITS_MAX: Final = 10**9
"""The most units that are typed of what came before: what a whole country uses."""

_LISTED: Final = re.compile(r"\s*,\s*")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the options said. Units and amounts are as typed, in units and in whole units of the currency.

    Fields are named as the options; ``at`` without a zone is on the clock of the tariff.
    """

    at: datetime | None = None
    used: Decimal = Decimal(0)
    free_used: Decimal = Decimal(0)
    free_taken: tuple[Pair, ...] = ()
    debt: tuple[Pair, ...] = ()
    standing: tuple[tuple[str, date, Decimal], ...] = ()
    last_purchase: date | None = None
    past_units: tuple[Decimal, ...] = ()
    mark: tuple[str, ...] = ()
    size: tuple[Pair, ...] = ()
    claim: tuple[str, ...] = ()
    carried: Decimal = Decimal(0)
    exchange: Decimal | None = None

    def context(self, tariff: Tariff) -> Context:
        """Return them for a tariff.

        Raises FieldError for an amount without a coin, for what the tariff does not have or does not use,
        and for a zone that this system does not have.
        """
        currency = tariff.money.currency
        debts = {debt.code for debt in tariff.debts}
        dues = debts | {charge.code for charge in tariff.charges}
        free = {rule.code for rule in tariff.free}
        sizes = {charge.each for charge in tariff.charges if charge.each}
        at = local(self.at, zone_of(tariff))
        check_exchange(tariff, self.exchange, at.date())
        warn_of_unasked(tariff, self.mark, self.past_units)
        return Context(
            at=at,
            used=self.used,
            free_used=self.free_used,
            free_taken={known("free-taken", code, free): taken for code, taken in self.free_taken},
            standing={
                known("standing", code, dues): Standing(day, coins(owing, currency, "standing"))
                for code, day, owing in self.standing
            },
            debts={known("debt", code, debts): coins(owed, currency, "debt") for code, owed in self.debt},
            last_purchase=self.last_purchase,
            past_units=self.past_units,
            marks=frozenset(self.mark),
            sizes={known("size", name, sizes): size for name, size in self.size},
            claims=frozenset(known("claim", code, free) for code in self.claim),
            carried=coins(self.carried, currency, "carried"),
            exchange=self.exchange,
        )


def coins(value: Decimal, currency: Currency, field: str = "money") -> int:
    """Return an amount of money that was typed as coins. Raises FieldError when it is none."""
    try:
        found = currency.minor(value)
    except FieldError:
        places = currency.places
        decimals = (
            f"with at most {places} decimal{'s' if places > 1 else ''}" if places else "without decimals"
        )
        raise FieldError(field, str(value), f"an amount of {currency.code} {decimals}") from None
    if abs(found) > COINS_MAX:
        raise FieldError(field, str(value), f"at most {currency.decimal(COINS_MAX):f} {currency.code}")
    return found


def day(text: str) -> date:
    """Read a day such as 2026-11-21."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FieldError("day", text, "a day such as 2026-11-21") from None


def number(field: str, low: Decimal | None = Decimal(0), high: int | None = None) -> Callable[[str], Decimal]:
    """Return what reads an exact number of a field, 0 or more unless it is told otherwise."""

    def read(text: str) -> Decimal:
        try:
            value = exact(text)
        except FieldError as error:
            hint = "No thousands separators." if "," in text else ""
            raise FieldError(field, text, error.allowed, hint) from None
        if (low is not None and value < low) or (high is not None and value > high):
            raise FieldError(field, text, "0 or more" if high is None else f"0 to {high}")
        return value

    return read


def _pair(field: str, example: str, high: int | None = None) -> Callable[[str], Pair]:
    def read(text: str) -> Pair:
        code, equals, value = text.partition("=")
        if not equals or not code:
            raise FieldError(field, text, f"a code and a number, as in {example}")
        return code, number(field, high=high)(value)

    return read


def _standing(text: str) -> tuple[str, date, Decimal]:
    code, equals, rest = text.partition("=")
    first, _, owing = rest.partition(":")
    if not equals or not code:
        raise FieldError(
            "standing", text, "a code and a day, as in SERVICE=2026-12-01 or SERVICE=2026-12-01:30"
        )
    return code, day(first), number("standing")(owing) if owing else Decimal(0)


def _history(text: str) -> tuple[Decimal, ...]:
    return tuple(number("past-units", high=UNITS_MAX)(part) for part in _LISTED.split(text.strip()) if part)


def _option(name: str, text: str, make: Callable[[str], object] | None = None, **more: Any) -> Decorator:
    callback = convert(make) if make else None
    return click.option(
        name, cls=SectionOption, section="Circumstances", callback=callback, help=text, **more
    )


circumstance_options: Final = gather(
    "circumstances",
    Circumstances,
    (
        _option(
            "--at",
            "When, as 2026-11-21T10:00; without a zone on the tariff's clock.  [default: now]",
            moment,
            metavar="ISO",
        ),
        _option(
            "--used",
            "Units bought so far in this period.",
            number("used", high=UNITS_MAX),
            metavar="UNITS",
            default="0",
        ),
        _option(
            "--free-used",
            "Free units received so far in this period.",
            number("free-used", high=UNITS_MAX),
            metavar="UNITS",
            default="0",
        ),
        _option(
            "--free-taken",
            "Free units of one kind received for this month, as FBE=50. Repeatable.",
            _pair("free-taken", "FBE=50", UNITS_MAX),
            metavar="CODE=UNITS",
            multiple=True,
        ),
        _option(
            "--debt",
            "What is owed of a debt, as arrears=300. Repeatable.",
            _pair("debt", "arrears=300"),
            metavar="CODE=MONEY",
            multiple=True,
        ),
        _option(
            "--standing",
            "First day for which a charge or instalment has not been reckoned yet, and what is owing from "
            "before, without tax: SERVICE=2026-12-01:30. Without it, it begins now. Repeatable.",
            _standing,
            metavar="CODE=DAY[:MONEY]",
            multiple=True,
        ),
        _option("--last-purchase", "Day of the last purchase.", day, metavar="DAY"),
        _option(
            "--past-units",
            "Units of past months, latest first: 410,433,398.",
            _history,
            metavar="UNITS,...",
            default="",
        ),
        _option("--mark", "A mark of the customer, as lifeline. Repeatable.", metavar="MARK", multiple=True),
        _option(
            "--size",
            "What a charge is for each of, as kVA=40. Repeatable.",
            _pair("size", "kVA=40"),
            metavar="NAME=NUMBER",
            multiple=True,
        ),
        _option(
            "--claim", "Code of free units that are asked for. Repeatable.", metavar="CODE", multiple=True
        ),
        _option(
            "--carried",
            "Money left from the last purchase; below zero, owed from it.",
            number("carried", low=None),
            metavar="MONEY",
            default="0",
        ),
        _option(
            "--exchange",
            "What one of the currency of prices costs today, where the tariff leaves it to the day.",
            number("exchange"),
            metavar="RATE",
        ),
    ),
)
"""The options of everything that prices a purchase."""
