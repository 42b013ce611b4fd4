"""``voltoken meter use``: draw energy, water, gas or time through a virtual meter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.glass import draw_meter
from voltoken.cli.meter.bench import (
    FILE,
    TIME,
    iso,
    need_power,
    note,
    pick_time,
    reading,
    skin_of,
    span,
    span_options,
    state,
    supply_line,
)
from voltoken.cli.meter.files import MeterFile, changing
from voltoken.cli.parameters import convert, exact, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.errors import FieldError
from voltoken.meter import Commodity, Reason, Relay

_QUANTITY: Final = re.compile(r"([0-9.]{1,40})\s*([A-Za-z][A-Za-z0-9]{0,7})?", re.ASCII)
_LITRES: Final = {"l": 1, "litre": 1, "litres": 1, "m3": 1000}
UNITS: Final[Mapping[str, Mapping[str, int]]] = {
    "electricity": {"wh": 1, "kwh": 1000},
    "water": _LITRES,
    "gas": _LITRES,
    "time": {"s": 1, "seconds": 1, "min": 60, "minutes": 60, "h": 3600, "hours": 3600},
}
"""Counts in each unit that a quantity may have, by commodity."""
_MOST: Final = 10**15
_MINUTE: Final = timedelta(minutes=1)


def counts(text: str, commodity: Commodity) -> int:
    """Return a quantity in counts of a commodity, exactly.

    text: a number and a unit, or counts alone. Raises FieldError for another unit, or parts of a count.
    """
    units = UNITS[commodity.name]
    found = _QUANTITY.fullmatch(text.strip())
    allowed = f"a number of {commodity.count_name}, or one with a unit: {', '.join(units)}"
    if found is None or (found[2] or "").lower() not in ("", *units):
        raise FieldError("quantity", text, allowed)
    value = exact(found[1]) * units.get((found[2] or "").lower(), 1)
    whole = int(value)
    if whole != value or whole > _MOST:
        raise FieldError("quantity", text, f"whole {commodity.count_name}, at most {_MOST}")
    return whole


def _phases(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(re.fullmatch("[0-9]{1,9}", part) for part in parts) or len(parts) > 3:
        raise FieldError("phases", text, "watts of up to three phases, such as 2000,0,500")
    return tuple(map(int, parts))


@dataclass(frozen=True, slots=True)
class Draw:
    """What was asked for and what was served, in counts. reason: why it was less, empty when it was not."""

    asked: int
    served: int
    seconds: int
    reason: str


@click.command(
    cls=Command,
    epilog="voltoken meter use my.meter 2.5kWh --hours 2\n"
    "voltoken meter use my.meter 500 --minutes 10 --json",
)
@FILE
@click.argument("quantity")
@span_options
@click.option(
    "--phases", metavar="A,B,C", callback=convert(_phases), help="Watts of the phases, where they matter."
)
@TIME
@json_option
def use(
    path: str,
    quantity: str,
    seconds: int | None,
    minutes: int | None,
    hours: int | None,
    phases: tuple[int, ...] | None,
    time: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Draw energy, water or gas: 2.5kWh, 500Wh, 100l, 0.2m3, or a plain count (Wh, litres, seconds).

    It is drawn evenly over a time that ends now, a minute unless you say more; that gives the power. Where
    the last command is not so long ago, it begins there.
    """
    lasting = span(seconds, minutes, hours)
    with changing(path) as file:
        need_power(file)
        wanted = counts(quantity, file.meter.profile.commodity)
        lasting = _MINUTE if lasting is None else lasting
        now = pick_time(file, time, lasting)
        done = _draw(file, wanted, now, int(lasting.total_seconds()), phases)
    if as_json:
        answer(
            state(file, now)
            | {
                "asked_counts": done.asked,
                "served_counts": done.served,
                "seconds": done.seconds,
                "reason": done.reason or None,
            }
        )
        return
    _show(file, done)


def _draw(file: MeterFile, wanted: int, now: datetime, seconds: int, phases: tuple[int, ...] | None) -> Draw:
    """Draw counts and find out why fewer came than were wanted."""
    meter = file.meter
    meter.wait(now)
    before = meter.relay
    closed = before is Relay.CONNECTED
    why = "" if closed else f"the supply was {supply_line(meter)}"
    served = meter.use(wanted, now, seconds=seconds, phases_w=phases) if meter.is_powered else 0
    told = f"{meter.profile.commodity.units(wanted):f}"
    note(file, now, "use", served, quantity=told, seconds=seconds, phases_w=phases and list(phases))
    if served < wanted and closed:
        why = _why(file)
    return Draw(wanted, served, seconds, why if served < wanted else "")


def _why(file: MeterFile) -> str:
    """Return why a draw that began was not served whole."""
    meter = file.meter
    if not meter.is_powered:
        return "the power failed; what was drawn is not in the register"
    trip = meter.supply.trip
    if trip is not None and trip.reason is Reason.POWER_LIMIT:
        return f"more power than the limit of {reading(meter, 'power_limit')}; on again at {iso(trip.until)}"
    if trip is not None:
        limit = reading(meter, "unbalance_limit")
        return f"the phases differed by more than {limit}; on again at {iso(trip.until)}"
    return "the credit ran out"


def _show(file: MeterFile, done: Draw) -> None:
    meter, screen = file.meter, Screen()
    screen.line()
    draw_meter(screen, meter, (skin_of(meter).idle_text(meter),))
    screen.line()
    if done.reason:
        screen.text(
            f"{_amount(file, done.served)} of {_amount(file, done.asked)} served: {done.reason}.", "bad"
        )
    else:
        screen.text(f"{_amount(file, done.served)} served.", "good")
    screen.line()
    rows = [("credit", reading(meter, "credit")), ("used in all", reading(meter, "total"))]
    if meter.profile.commodity.name == "electricity" and done.served and not done.reason:
        rows.append(("power", reading(meter, "power")))
    screen.facts([*rows, ("supply", supply_line(meter))])
    screen.line()


def _amount(file: MeterFile, quantity: int) -> str:
    """Return counts in units, without zeros at the end."""
    commodity = file.meter.profile.commodity
    if commodity.counts != 1000:
        return f"{quantity} s"
    value = Decimal(quantity).scaleb(-3).normalize()
    return f"{value:f} {commodity.unit}"
