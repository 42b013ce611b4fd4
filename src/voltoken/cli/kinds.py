"""Every type of token that can be asked for, as a row: name, what is typed, what makes it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import MINUS, Decorator, convert, exact, number, whole
from voltoken.errors import FieldError
from voltoken.sts import (
    CURRENCY,
    UNITS,
    WATTS,
    ClearCredit,
    ClearTamperCondition,
    ExtendedTokenSet,
    Service,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    Token,
    TransferCredit,
    TransferCurrency,
    UnitGrid,
    registry,
)

Values = dict[str, Any]
Maker = Callable[[Values, int, int], Token]


class Kind(NamedTuple):
    """A type of token.

    name: on the command line. line: what it does. example: the arguments of an example.
    arguments: what is typed, as decorators. make: the token, from the typed values, TID and RND.
    grid, unit: for amounts: which amounts a token can carry, and of what.
    """

    name: str
    line: str
    example: str
    arguments: tuple[Decorator, ...]
    make: Maker
    grid: UnitGrid | None = None
    unit: str = ""


class Carried(NamedTuple):
    """What was asked for and what the token carries, where a token of this kind carries an amount."""

    requested: Decimal
    booked: Decimal
    unit: str
    split: tuple[Decimal, ...]


def _argument(name: str, read: Callable[[str], object]) -> Decorator:
    return click.argument(name, callback=convert(read))


_AMOUNT: Final = _argument("amount", exact)
_WATTS: Final = _argument("watts", number("watts", f"a whole number 0 to {WATTS.largest}"))
_UNITS: Final = {Service.ELECTRICITY: "kWh", Service.TIME: "minutes"}
MONEY: Final = "base currency units"


def _named(table: tuple[registry.CodePoint, ...], field: str) -> Callable[[str], int]:
    """Return what reads a code of a table by number or by name; blanks may be typed as hyphens."""
    names = {row.name.lower().replace(" ", "-"): int(row.code) for row in table}

    def read(text: str) -> int:
        found = names.get(text.lower().replace(" ", "-"), whole(text))
        if isinstance(found, str):
            raise FieldError(field, text, f"a number, or one of {', '.join(names)}")
        return found

    return read


def _register(text: str) -> int:
    """Read a credit register: a number, ``all``, or a name such as ``water`` or ``gas-currency``."""
    if text.lower() == "all":
        return int(registry.REGISTERS[-1].code)
    short = tuple(row._replace(name=row.name.removesuffix(" credit")) for row in registry.REGISTERS[:-1])
    return _named(short, "register")(text)


def _value16(text: str) -> int:
    """Read 16 bits: a decimal number, or hexadecimal digits after 0x."""
    return number("value", "a whole number 0 to 65535, or 0x and hexadecimal digits")(text)


def _units_maker(service: Service) -> Maker:
    return lambda values, tid, rnd: TransferCredit.of(service, values["amount"], tid=tid, rnd=rnd)


def _money_maker(service: Service) -> Maker:
    return lambda values, tid, _: TransferCurrency.of(service, values["amount"], tid=tid)


def _credit(service: Service) -> Kind:
    """Return the row of a credit token."""
    name = service.name.lower().replace("_", "-")
    what = name.removesuffix("-currency")
    if service.is_currency:
        line = f"Credit of money for {what}; a negative amount takes away."
        return Kind(name, line, "12.34", (_AMOUNT,), _money_maker(service), CURRENCY, MONEY)
    unit = _UNITS.get(service, "m3")
    line = f"Credit of {what}, in {'cubic metres' if unit == 'm3' else unit}."
    return Kind(name, line, "25.6", (_AMOUNT,), _units_maker(service), UNITS, unit)


KINDS: Final = (
    *map(_credit, Service),
    Kind(
        "power-limit",
        "Limit the power a customer may draw.",
        "6000",
        (_WATTS,),
        lambda values, tid, rnd: SetMaximumPowerLimit.of(values["watts"], tid=tid, rnd=rnd),
        WATTS,
        "W",
    ),
    Kind(
        "phase-unbalance",
        "Limit the difference of power between phases.",
        "1500",
        (_WATTS,),
        lambda values, tid, rnd: SetMaximumPhasePowerUnbalanceLimit.of(values["watts"], tid=tid, rnd=rnd),
        WATTS,
        "W",
    ),
    Kind(
        "clear-credit",
        "Set a credit register to zero; its name, number or all.",
        "electricity",
        (_argument("register", _register),),
        lambda values, tid, rnd: ClearCredit(rnd, tid, values["register"]),
    ),
    Kind(
        "tariff-rate",
        "Set a tariff rate; its meaning is up to the meter.",
        "0x00FF",
        (_argument("rate", _value16),),
        lambda values, tid, rnd: SetTariffRate(rnd, tid, values["rate"]),
    ),
    Kind(
        "clear-tamper",
        "Clear the tamper condition.",
        "",
        (),
        lambda _, tid, rnd: ClearTamperCondition(rnd, tid),
    ),
    Kind(
        "water-factor",
        "Set a water meter's factor; its meaning is up to the meter.",
        "10",
        (_argument("factor", _value16),),
        lambda values, tid, rnd: SetWaterMeterFactor(rnd, tid, values["factor"]),
    ),
    Kind(
        "flag",
        "Set a flag of an Edition 2 meter to 0 or 1.",
        "disconnect-on-tamper 1",
        (
            _argument("flag", _named(registry.FLAGS, "flag")),
            _argument("state", number("state", "0 or 1")),
        ),
        lambda values, tid, rnd: ExtendedTokenSet.set_flag(values["flag"], values["state"], tid=tid, rnd=rnd),
    ),
)
"""All types that need a key. Tests, which need none, are a command of their own."""


def carried(kind: Kind, values: Values, token: Token) -> Carried | None:
    """Return what was asked for beside what the token carries, or None for kinds without an amount."""
    if kind.grid is None:
        return None
    requested = Decimal(values["watts"] if "watts" in values else values["amount"])
    booked = next(getattr(token, name) for name in ("units", "money", "watts") if hasattr(token, name))
    split = () if kind.grid is WATTS or requested == booked else kind.grid.split(requested)
    return Carried(requested, Decimal(booked), kind.unit, split)


class AmountCommand(Command):
    """A command whose amount may be negative: ``-12.34`` is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put a minus sign that begins no option in place of a hyphen before a number."""
        marked = [MINUS + word[1:] if word[:1] == "-" and word[1:2] in _DIGITS else word for word in args]
        return super().parse_args(ctx, marked)


_DIGITS: Final = frozenset("0123456789.")
