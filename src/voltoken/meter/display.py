"""What a meter can show: readings by name, and which of them the tests of class 1 tokens display.

A reading is a value with its unit; how it looks on the glass is a matter of the skin (``skins``). No
reading shows a key.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import TYPE_CHECKING, Final, NamedTuple

from voltoken.sts import CURRENCY, TokenNumber

if TYPE_CHECKING:
    from voltoken.meter.machine import Meter

BLANK: Final = "----"
"""What is shown where there is nothing to show."""


class Reading(NamedTuple):
    """A value as the meter knows it. unit: as displayed, may be empty. decimals: as usually shown."""

    value: Decimal | int | str
    unit: str = ""
    decimals: int = 0

    def text(self, decimals: int | None = None) -> str:
        """Return it as shown, rounded down, so that no meter promises more than it has."""
        value = self.value
        if isinstance(value, Decimal):
            value = rounded_down(value, self.decimals if decimals is None else decimals)
        return f"{value} {self.unit}".rstrip()


def rounded_down(value: Decimal, decimals: int) -> str:
    """Return a value with so many decimals, rounded toward less."""
    with localcontext() as context:
        context.prec = 60
        return str(value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR))


def credit_reading(meter: Meter, counts: int) -> Reading:
    """Return an amount of credit in units or money."""
    if meter.profile.service.is_currency:
        return Reading(CURRENCY.units(counts), meter.profile.currency, 2)
    commodity = meter.profile.commodity
    return Reading(commodity.units(counts), commodity.unit, 1)


def _total(meter: Meter) -> Reading:
    commodity = meter.profile.commodity
    return Reading(commodity.units(meter.total), commodity.unit, 1)


def _load_switch(meter: Meter) -> Reading:
    # The test opens the switch and puts it back where it was: never a way to reconnect.
    return Reading("open, closed" if meter.supply.is_closed else "stays open")


def _krn_kt(meter: Meter) -> Reading:
    key = meter.memory.key
    return Reading(f"{BLANK if key.krn is None else int(key.krn)}.{int(key.kt)}")


def _watts(value: int | None) -> Reading:
    return Reading(BLANK) if value is None else Reading(value, "W")


def _optional(value: object) -> Reading:
    return Reading(BLANK if value is None else str(value))


def _tamper(meter: Meter) -> Reading:
    return Reading("tampered" if meter.memory.tamper.condition else "none")


def _sections(meter: Meter) -> Reading:
    return Reading(min(meter.profile.sections, 3) if meter.memory.key.ea.key_bits == 64 else 4)


def _tamper_total(meter: Meter) -> Reading:
    tamper = meter.memory.tamper
    return Reading(tamper.cover + tamper.terminal + tamper.magnet)


def _forecast(meter: Meter) -> Reading:
    """Return how long the credit lasts at the present power, in days and hours."""
    power, credit = meter.supply.power_w, meter.credit
    if power == 0 or credit <= 0 or meter.profile.service.is_currency:
        return Reading(BLANK)
    hours = credit // power
    return Reading(f"{hours // 24} d {hours % 24} h")


def _lent(meter: Meter) -> Reading:
    return credit_reading(meter, max(0, -meter.credit))


def _last_credit_token(place: int) -> Callable[[Meter], Reading]:
    def read(meter: Meter) -> Reading:
        last = meter.memory.history.last_credit
        return Reading(TokenNumber(int(last[place].token)).grouped if place < len(last) else BLANK)

    return read


def _last_credit_amount(place: int) -> Callable[[Meter], Reading]:
    def read(meter: Meter) -> Reading:
        last = meter.memory.history.last_credit
        return credit_reading(meter, last[place].counts) if place < len(last) else Reading(BLANK)

    return read


def _last_management(place: int) -> Callable[[Meter], Reading]:
    def read(meter: Meter) -> Reading:
        last = meter.memory.history.last_management
        return Reading(TokenNumber(int(last[place])).grouped if place < len(last) else BLANK)

    return read


READINGS: Final[dict[str, Callable[[Meter], Reading]]] = {
    "display_test": lambda _: Reading("88888888"),
    "load_switch": _load_switch,
    "token_reader": lambda _: Reading("good"),
    "credit": lambda meter: credit_reading(meter, meter.credit),
    "lent": _lent,
    "total": _total,
    "krn_kt": _krn_kt,
    "ti": lambda meter: _optional(meter.memory.key.ti),
    "sgc": lambda meter: _optional(meter.memory.key.sgc),
    "ken": lambda meter: Reading(int(meter.memory.key.ken)),
    "ea": lambda meter: Reading(meter.memory.key.ea.value),
    "drn": lambda meter: Reading(meter.pan.drn),
    "pan": lambda meter: Reading(str(meter.pan)),
    "sections": _sections,
    "power": lambda meter: Reading(meter.supply.power_w, "W"),
    "power_limit": lambda meter: _watts(meter.memory.limits.power_w),
    "unbalance_limit": lambda meter: _watts(meter.memory.limits.unbalance_w),
    "water_factor": lambda meter: _optional(meter.memory.limits.water_factor),
    "tariff_rate": lambda meter: _optional(meter.memory.limits.tariff_rate),
    "tamper": _tamper,
    "tamper_terminal": lambda meter: Reading(meter.memory.tamper.terminal),
    "tamper_cover": lambda meter: Reading(meter.memory.tamper.cover),
    "tamper_total": _tamper_total,
    "relay": lambda meter: Reading(meter.relay.value),
    "software": lambda meter: Reading(meter.profile.software),
    "pulses": lambda meter: Reading(meter.profile.pulses, f"imp/{meter.profile.commodity.unit}"),
    "alarm_minutes": lambda meter: Reading(meter.memory.limits.alarm_minutes, "min"),
    "low_credit": lambda meter: credit_reading(meter, meter.memory.limits.low_credit),
    "forecast": _forecast,
    "overload_trips": lambda meter: Reading(meter.memory.history.overload_trips),
    "power_failures": lambda meter: Reading(meter.memory.history.power_failures),
    "credit_tokens": lambda meter: Reading(meter.memory.history.credit_tokens),
    "credit_bought": lambda meter: credit_reading(meter, meter.memory.history.credit_counts),
    "management_tokens": lambda meter: Reading(meter.memory.history.management_tokens),
    "token_result": lambda meter: _optional(meter.last_result and meter.last_result.code),
    **{f"credit_token_{n + 1}": _last_credit_token(n) for n in range(5)},
    **{f"credit_amount_{n + 1}": _last_credit_amount(n) for n in range(5)},
    **{f"management_token_{n + 1}": _last_management(n) for n in range(3)},
}
"""Every reading by its name."""

TESTS: Final = {
    1: "load_switch",
    2: "display_test",
    3: "total",
    4: "krn_kt",
    5: "ti",
    6: "token_reader",
    7: "power_limit",
    8: "tamper",
    9: "power",
    10: "software",
    11: "unbalance_limit",
    12: "water_factor",
    13: "tariff_rate",
    14: "ea",
    15: "sections",
    16: "sgc",
    17: "ken",
    18: "drn",
}
"""Test number of a class 1 token -> the reading it displays."""
