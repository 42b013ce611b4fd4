"""What a module may do and for whom: its role, its clients and its bounds. Nothing is allowed by default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from voltoken.errors import FieldError
from voltoken.security.values import ModuleRole
from voltoken.sts import SGC

ANY_SUPPLY_GROUP: Final = "*"
"""Stands in a client's supply groups for all of them."""
_MODULE_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_WINDOW_MAX: Final = timedelta(days=366)
REHEARSAL_DAYS_MAX: Final = 20_000
"""The furthest a rehearsal lies from today, either way: more than any base date needs."""


class Act(StrEnum):
    """What a client may have a right to. The first five are kinds of requests."""

    CREDIT = "credit"
    MANAGEMENT = "management"
    KEY_CHANGE = "key_change"
    INITIAL_KEY_CHANGE = "initial_key_change"
    METER_TEST = "meter_test"
    VERIFY = "verify"
    VERIFY_UNKNOWN = "verify_unknown"
    """Have tokens decrypted that the module has not made; capped, and every use is an alarm."""


@dataclass(frozen=True, slots=True)
class Client:
    """Who may ask for what.

    acts, supply_groups: everything else is refused; ``ANY_SUPPLY_GROUP`` alone stands for all groups.
    rate: tokens a second over a longer time, 1 to 1 000 000. burst: how many at once, 1 to 10 000 000.
    unknown_per_day: unknown tokens it may have verified in a day, over all meters.
    test_meters: all its meters are virtual or in a laboratory.
    Raises FieldError.
    """

    name: str
    acts: frozenset[Act] = frozenset()
    supply_groups: frozenset[str] = frozenset()
    rate: int = 100
    burst: int = 1000
    unknown_per_day: int = 20
    test_meters: bool = False

    def __post_init__(self) -> None:
        """Check names and ranges."""
        if not self.name or len(self.name) > 40 or not self.name.isprintable() or "|" in self.name:
            raise FieldError("client", self.name, "a name of at most 40 printable characters without |")
        for group in self.supply_groups - {ANY_SUPPLY_GROUP}:
            SGC(group)
        for name, value, least, most in (
            ("rate", self.rate, 1, 1_000_000),
            ("burst", self.burst, 1, 10_000_000),
            ("unknown_per_day", self.unknown_per_day, 0, 1_000_000),
        ):
            if value.__class__ is not int or not least <= value <= most:
                raise FieldError(name, value, f"a whole number {least} to {most}")

    def may_use(self, sgc: str) -> bool:
        """Whether the client may use keys of a supply group."""
        return sgc in self.supply_groups or ANY_SUPPLY_GROUP in self.supply_groups


@dataclass(frozen=True, slots=True)
class ModuleSettings:
    """The bounds of one module.

    module_id: its name in every answer and record, 1 to 40 letters, digits and ``_ . -``.
    accept_live_keys: the operator has accepted that a software module is not STS compliant.
    tid_behind, tid_ahead: how far a TID may lie from the module's clock.
    unknown_per_meter: unknown tokens that may be verified on one meter in a day.
    clients: by name.
    rehearsal_days: by how many days its clock is shifted; 0 for every module that is not in rehearsal. One
        that is takes test keys only.
    """

    module_id: str
    role: ModuleRole = ModuleRole.VENDING
    accept_live_keys: bool = False
    tid_behind: timedelta = timedelta(days=7)
    tid_ahead: timedelta = timedelta(days=1)
    unknown_per_meter: int = 3
    clients: Mapping[str, Client] = field(default_factory=dict)
    rehearsal_days: int = 0

    def __post_init__(self) -> None:
        """Check names and ranges. Raises FieldError."""
        if not isinstance(self.module_id, str) or not _MODULE_ID.fullmatch(self.module_id):
            raise FieldError("module_id", self.module_id, "1 to 40 letters, digits and _ . -")
        for name, value in (("tid_behind", self.tid_behind), ("tid_ahead", self.tid_ahead)):
            if not timedelta() <= value <= _WINDOW_MAX:
                raise FieldError(name, str(value), f"0 to {_WINDOW_MAX.days} days")
        if self.unknown_per_meter.__class__ is not int or not 0 <= self.unknown_per_meter <= 1_000_000:
            raise FieldError("unknown_per_meter", self.unknown_per_meter, "a whole number 0 to 1000000")
        days, most = self.rehearsal_days, REHEARSAL_DAYS_MAX
        if days.__class__ is not int or not -most <= days <= most:
            raise FieldError("rehearsal_days", days, f"a whole number of days, -{most} to {most}")
        for name, client in self.clients.items():
            if client.name != name:
                raise FieldError("clients", name, f"the client's own name, {client.name}")

    @property
    def rehearsal(self) -> str:
        """What a module in rehearsal says of its clock; empty for every other."""
        days = self.rehearsal_days
        return f"in rehearsal: its clock is shifted by {days:+d} days" if days else ""
