"""What differs between makers and models of meters, as one frozen value that travels as a document.

Everything a real meter was seen to do in more than one way is a field here and nowhere else. ``profiles``
has the ready ones; a laboratory writes its own as JSON, naming only what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

from voltoken.errors import FieldError
from voltoken.meter.options import Emergency, FriendlyHours, Lockout
from voltoken.meter.price import Commodity, commodity_of
from voltoken.meter.ranges import check_types, check_whole, check_within
from voltoken.meter.skins import SKINS
from voltoken.sts import TCT, Service, registry

MEMORY_MIN: Final = 50
"""The fewest TIDs a meter of the standard remembers; smaller memories are for teaching and tests."""

FLAG_DETECT_TAMPER: Final = 1
FLAG_DISCONNECT_SERVICE: Final = 2
FLAG_DISCONNECT_ON_TAMPER: Final = 3
FLAG_DISCONNECT_ON_POWER: Final = 4
FLAG_PREPAYMENT: Final = 6
"""Prepayment of electricity; water, gas and time follow."""

MANAGEMENT: Final = (
    "SetMaximumPowerLimit",
    "ClearCredit",
    "SetTariffRate",
    "ClearTamperCondition",
    "SetMaximumPhasePowerUnbalanceLimit",
    "SetWaterMeterFactor",
    "ExtendedTokenSet.SetFlag",
)
"""Management tokens a meter may have, by the names of their layouts."""


_BOOLEANS: Final = (
    "key_expiry",
    "pending_survives_power",
    "pending_dropped_by_tokens",
    "refuses_same_key_roll_over",
    "negative_tokens",
    "reconnect_by_key",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """A model of meter.

    name, title: for people. service: what it sells; one of the currency services makes it a currency meter.
    phases: 1 or 3. memory_size: TIDs it remembers. sections: 2, 3 or 4, the most key change tokens it
        takes; a 128-bit key needs 4. key_expiry: it enforces the KEN. tct: its carrier.
    credit_max: counts (steps of 10**-5 for currency) at which the register is full.
    lockout: None for a meter without. pending_*: incomplete key change sets: seconds until they are
        forgotten, whether they survive a power cut, whether another accepted token drops them.
    refuses_same_key_roll_over: a roll-over that brings the same key would make used tokens good again.
    power_limit_w, unbalance_limit_w: watts at manufacture, None without. power_limit_range_w: least and most
        that tokens may set.
    trip_after_s: seconds of overload before the relay opens. recover_s: seconds until it closes again, by
        trips in a row; the last one repeats.
    tests: numbers of the class 1 tests it has. functions: management tokens it has. flags: numbers of the
        flags it has. flags_set: those that are 1 at manufacture.
    negative_tokens: currency tokens may take credit away. low_credit: counts at which the alarm begins.
    emergency: None without. friendly: hours without disconnection. utc_offset_minutes: of its local time.
    reconnect_by_key: the supply returns only when somebody presses the key.
    skin: name of its short codes and display texts. software: its version. pulses: per unit, of the lamp.
    rating: as on the plate. currency: what its money is called, for the display.
    Raises FieldError for values outside their range or that contradict each other.
    """

    name: str
    title: str
    service: Service = Service.ELECTRICITY
    phases: int = 1
    memory_size: int = MEMORY_MIN
    sections: int = 4
    key_expiry: bool = True
    tct: TCT = TCT("02")
    credit_max: int = 999_999_900
    lockout: Lockout | None = Lockout()
    pending_timeout_s: int = 600
    pending_survives_power: bool = False
    pending_dropped_by_tokens: bool = True
    refuses_same_key_roll_over: bool = True
    power_limit_w: int | None = 13_800
    unbalance_limit_w: int | None = None
    power_limit_range_w: tuple[int, int] = (1, 13_800)
    trip_after_s: int = 5
    recover_s: tuple[int, ...] = (30, 30, 30, 300)
    tests: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18)
    functions: tuple[str, ...] = (
        "SetMaximumPowerLimit",
        "ClearCredit",
        "ClearTamperCondition",
        "ExtendedTokenSet.SetFlag",
    )
    flags: tuple[int, ...] = (1, 2, 3, 4, 6)
    flags_set: tuple[int, ...] = (1, 3, 4, 6)
    negative_tokens: bool = False
    low_credit: int = 10_000
    emergency: Emergency | None = None
    friendly: tuple[FriendlyHours, ...] = ()
    utc_offset_minutes: int = 0
    reconnect_by_key: bool = False
    skin: str = "pln"
    software: str = "1.0"
    pulses: int = 1000
    rating: str = "230 V 5(60) A 50 Hz"
    currency: str = ""

    def __post_init__(self) -> None:
        """Check every value."""
        check_whole(
            self,
            ("memory_size", 1, 1000),
            ("sections", 2, 4),
            ("credit_max", 1, 10**30),
            ("pending_timeout_s", 1, 86_400),
            ("trip_after_s", 0, 3600),
            ("low_credit", 0, 10**30),
            ("utc_offset_minutes", -840, 840),
            ("pulses", 1, 100_000),
        )
        check_types(self, Service, "service")
        check_types(self, TCT, "tct")
        check_types(self, bool, *_BOOLEANS)
        check_types(self, tuple, "friendly")
        check_within("phases", (self.phases,), (1, 3))
        check_within("skin", (self.skin,), SKINS)
        check_within("tests", self.tests, range(1, len(registry.METER_TESTS)))
        check_within("functions", self.functions, MANAGEMENT)
        check_within("flags", self.flags, range(512))
        check_within("flags_set", self.flags_set, self.flags)
        check_within("recover_s", self.recover_s or (-1,), range(1, 86_401))
        check_within("power_limit_range_w", self.power_limit_range_w, range(1 << 25))
        if len(self.power_limit_range_w) != 2 or list(self.power_limit_range_w) != sorted(
            self.power_limit_range_w
        ):
            raise FieldError("power_limit_range_w", self.power_limit_range_w, "the least and the most watts")
        for limit in ("power_limit_w", "unbalance_limit_w"):
            if getattr(self, limit) is not None:
                check_within(limit, (getattr(self, limit),), range(1 << 25))
        for name, kind in (("lockout", Lockout), ("emergency", Emergency)):
            if getattr(self, name) is not None:
                check_types(self, kind, name)
        for name in ("name", "title", "software", "rating", "currency"):
            if not isinstance(getattr(self, name), str) or len(getattr(self, name)) > 120:
                raise FieldError(name, getattr(self, name), "text of at most 120 characters")

    @property
    def commodity(self) -> Commodity:
        """What it measures."""
        return commodity_of(self.service)

    @property
    def credit_per_step(self) -> int:
        """Counts of credit in one step of a credit token."""
        return 1 if self.service.is_currency else self.commodity.per_step

    def is_friendly(self, now: datetime) -> bool:
        """Whether the supply is not to be cut for want of credit at an aware time."""
        if not self.friendly:
            return False
        local = now + timedelta(minutes=self.utc_offset_minutes)
        return any(hours.cover(local) for hours in self.friendly)

    def to_document(self) -> dict[str, Any]:
        """Return the profile as JSON values."""
        document: dict[str, Any] = {}
        for spec in fields(self):
            value = getattr(self, spec.name)
            write = _WRITERS.get(spec.name)
            document[spec.name] = write(value) if write and value is not None else value
            if isinstance(document[spec.name], tuple):
                document[spec.name] = list(document[spec.name])
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any], base: Profile | None = None) -> Profile:
        """Read a profile. base: gives the fields that the document leaves out.

        Raises FieldError that names the field for anything a profile cannot have.
        """
        if not isinstance(document, Mapping):
            raise FieldError("profile", document, "an object with the fields of a profile")
        known = {spec.name for spec in fields(cls)}
        for name in document:
            if name not in known:
                raise FieldError("profile", name, f"a field of a profile: {', '.join(sorted(known))}")
        values = {name: _read(name, value) for name, value in document.items()}
        if base is not None:
            return replace(base, **values)
        for name in ("name", "title"):
            if name not in values:
                raise FieldError(name, None, "given, or taken from a profile to start from")
        return cls(**values)


def _read(name: str, value: Any) -> Any:
    """Return the value of a field from its JSON form. Raises FieldError."""
    read = _READERS.get(name)
    try:
        return read(value) if read and value is not None else value
    except (TypeError, KeyError, AttributeError):
        raise FieldError(name, value, "of the form that `voltoken meter profiles --json` shows") from None


def _friendly(rows: Any) -> tuple[FriendlyHours, ...]:
    return tuple(FriendlyHours(tuple(row["days"]), row["start"], row["end"]) for row in rows)


_READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "service": lambda value: Service[value.upper()],
    "tct": TCT,
    "lockout": lambda value: Lockout(**value),
    "emergency": lambda value: Emergency(**value),
    "friendly": _friendly,
    "power_limit_range_w": tuple,
    "recover_s": tuple,
    "tests": tuple,
    "functions": tuple,
    "flags": tuple,
    "flags_set": tuple,
}
_WRITERS: Final[dict[str, Callable[[Any], Any]]] = {
    "service": lambda value: value.name.lower(),
    "tct": str,
    "lockout": lambda value: {spec.name: getattr(value, spec.name) for spec in fields(value)},
    "emergency": lambda value: {spec.name: getattr(value, spec.name) for spec in fields(value)},
    "friendly": lambda rows: [{"days": list(r.days), "start": r.start, "end": r.end} for r in rows],
}
