"""A revision from the making of the new key to the end of the old one: what is done, and what is in the way.

Nothing of a plan is stored: each step is read off the registers and off the list of meters, so it is never
out of date. A blocker is a sentence about one thing that has to be put right before meters can be led on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from voltoken.kmc.keys import GONE, MOVING, UNMADE, VendingKey
from voltoken.kmc.planning.exposure import Exposure, exposure
from voltoken.kmc.planning.holdings import (
    Hold,
    MeterHoldings,
    ModuleHolding,
    meter_holdings,
    meters_on,
    module_holdings,
)
from voltoken.kmc.planning.obstacles import obstacles
from voltoken.kmc.planning.rollover import check_base_date, check_way
from voltoken.kmc.planning.values import MeterList, WavePlan
from voltoken.kmc.planning.waves import sort_into_waves
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.sts import BaseDate


class Standing(StrEnum):
    """Where a step stands. now: everything before it is done. later: it waits for another."""

    DONE = "done"
    NOW = "now"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class RevisionStep:
    """A step of a revision. detail: how far it is. act: what to ask the centre for, empty for nothing."""

    number: int
    name: str
    text: str
    standing: Standing
    detail: str
    act: str


@dataclass(frozen=True, slots=True)
class Target:
    """The new key: as an entry, or as what it is to be while it is not there. name: ``123456/2``."""

    name: str
    base_date: BaseDate
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class RevisionPlan:
    """A revision as it stands. meters, clock: None without a list of meters."""

    old: VendingKey
    target: Target
    steps: tuple[RevisionStep, ...]
    blockers: tuple[str, ...]
    modules: tuple[ModuleHolding, ...]
    meters: MeterHoldings | None
    clock: Exposure | None

    @property
    def is_rollover(self) -> bool:
        """Whether the base date changes, so that meters forget their TIDs."""
        return self.old.base_date is not self.target.base_date


_TEXTS: Final = {
    "make": "new key made",
    "authorise": "modules authorised",
    "release": "key files sent",
    "load": "receipts here",
    "activate": "new key active",
    "credit_stop": "old credit ended",
    "meters": "meters led on",
    "end": "old key at its end",
    "destroy": "old key destroyed",
}
"""The steps in their order, with what each is."""
_AFTER: Final = {
    "make": (),
    "authorise": ("make",),
    "release": ("authorise",),
    "load": ("release",),
    "activate": ("load",),
    "credit_stop": ("activate",),
    "meters": ("activate",),
    "end": ("meters",),
    "destroy": ("credit_stop", "meters", "end"),
}
"""What each step waits for."""


def plan_revision(
    state: State,
    old: Entry,
    target: Target,
    now: datetime,
    *,
    meters: MeterList | None = None,
    waves: WavePlan | None = None,
) -> RevisionPlan:
    """Return how a revision stands.

    old: the key that meters are on. waves: without them, all meters are led on at once, from today.
    Raises ActRefused where the way leads back, see ``check_way`` and ``check_base_date``.
    """
    if target.entry is None:
        check_base_date(state, str(old.get("sgc")), target.base_date)
    else:
        check_way(state, old, target.entry)
    key = VendingKey.of(old)
    modules = tuple(module_holdings(state, old, target.entry, now))
    counted = clock = None
    if meters is not None:
        counted = meter_holdings(meters, key, target.name, target.base_date)
        clock = clock_of(meters, str(key.ref), now.date(), waves, counted.new)
    facts = _Facts(key, target, modules, counted, meters.digest if meters else "", now)
    blockers = tuple(obstacles(state, key, target.entry, target.base_date, modules, counted, clock))
    return RevisionPlan(key, target, tuple(facts.steps()), blockers, modules, counted, clock)


def clock_of(meters: MeterList, name: str, today: date, waves: WavePlan | None, already: int = 0) -> Exposure:
    """Return the exposure clock of the meters of a list that are on a key, named ``123456/2``."""
    plan = waves or WavePlan.at_once(today)
    return exposure(sort_into_waves(meters_on(meters.meters, name), plan.waves), plan, today, already)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the steps are read from."""

    key: VendingKey
    target: Target
    modules: tuple[ModuleHolding, ...]
    meters: MeterHoldings | None
    digest: str
    now: datetime

    def steps(self) -> Iterator[RevisionStep]:
        """Yield the steps in their order."""
        done: set[str] = set()
        for number, (name, text) in enumerate(_TEXTS.items(), 1):
            look: Callable[[], tuple[bool, str, str]] = getattr(self, f"_{name}")
            is_done, detail, act = look()
            ready = all(before in done for before in _AFTER[name])
            if is_done:
                done.add(name)
            standing = Standing.DONE if is_done else Standing.NOW if ready else Standing.LATER
            yield RevisionStep(number, name, text, standing, detail, "" if is_done else act)

    def _make(self) -> tuple[bool, str, str]:
        entry = self.target.entry
        if entry is None:
            return False, f"{self.target.name} is not asked for", f"vending_key add {self.target.name}"
        if entry.state in UNMADE:
            step = "compose" if entry.get("origin") == "components" else "generate"
            return False, f"it is {entry.state}", f"vending_key {step} {entry.entry_id}"
        return True, f"check value {entry.get('check_value')}", ""

    def _authorise(self) -> tuple[bool, str, str]:
        missing = [one.module for one in self.modules if one.fault]
        act = f"authorisation add, for {missing[0]}" if missing else ""
        return self._of_modules(missing, "authorised", act)

    def _release(self) -> tuple[bool, str, str]:
        missing = [one.module for one in self.modules if one.new not in (Hold.SENT, Hold.LOADED)]
        return self._of_modules(missing, "sent", f"key_file add, for {missing[0]}" if missing else "")

    def _load(self) -> tuple[bool, str, str]:
        missing = [one.module for one in self.modules if one.new is not Hold.LOADED]
        return self._of_modules(missing, "loaded", f"key_file confirm, from {missing[0]}" if missing else "")

    def _of_modules(self, missing: list[str], what: str, act: str) -> tuple[bool, str, str]:
        total = len(self.modules)
        named = f"; not {', '.join(missing[:3])}{' ...' if len(missing) > 3 else ''}" if missing else ""
        return bool(total) and not missing, f"{total - len(missing)} of {total} modules {what}{named}", act

    def _activate(self) -> tuple[bool, str, str]:
        entry = self.target.entry
        if entry is None or entry.state in UNMADE:
            return False, "", ""
        key = VendingKey.of(entry)
        if entry.state != "active":
            return False, f"from {key.act:%Y-%m-%d} (ACT)", f"vending_key activate {entry.entry_id}"
        return True, f"since {key.act:%Y-%m-%d} (ACT)", ""

    def _credit_stop(self) -> tuple[bool, str, str]:
        if self.key.state in GONE | MOVING:
            sells = [one.module for one in self.modules if one.sells_old and self._lasts(one)]
            if sells and self.key.state not in GONE:
                text = f"the key is {self.key.state}; {', '.join(sells[:3])} may sell until the next file"
                return False, text, f"key_file add, for {sells[0]}"
            return True, f"the key is {self.key.state}", ""
        if self.now >= self.key.credit_end:
            return True, f"its TIDs ended on {self.key.credit_end:%Y-%m-%d}", ""
        until = f"it makes credit until {self.key.credit_end:%Y-%m-%d}"
        return False, until, f"vending_key deactivate {self.key.entry_id}"

    def _lasts(self, module: ModuleHolding) -> bool:
        return module.until is not None and module.until > self.now

    def _meters(self) -> tuple[bool, str, str]:
        found = self.meters
        if found is None:
            return False, "no list of meters was given", ""
        unread = f"; {found.unread} rows of the list cannot be read" if found.unread else ""
        is_done = not found.old and not found.unread
        return is_done, f"{found.new:,} of {found.old + found.new:,} meters are on the new key{unread}", ""

    def _end(self) -> tuple[bool, str, str]:
        over = self.now >= self.key.iut or self.key.state in GONE
        return over, f"{self.key.iut:%Y-%m-%d}", ""

    def _destroy(self) -> tuple[bool, str, str]:
        name = self.key.entry_id
        if self.key.state in GONE:
            return True, f"it is {self.key.state}", ""
        step = "destroy_compromised" if self.key.state == "compromised" else "destroy"
        counted = f" meters_left=0 meters_list={self.digest}" if self._meters()[0] else ""
        return False, f"it is {self.key.state}", f"vending_key {step} {name}{counted}"
