"""What modules and meters still hold: the modules as receipts tell it, the meters as their list does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from voltoken import canonical
from voltoken.kmc.authorisations import AUTHORISATION, fault_of, for_module
from voltoken.kmc.keys import VendingKey, ref_of
from voltoken.kmc.planning.values import Meter, MeterList, Setup
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.sts import BaseDate

KEY_FILE = "key_file"
USABLE = ("registered", "suspended")
"""States in which a module is still there to be given keys, at once or after it is restored."""


class Hold(StrEnum):
    """What is known of a key in a module."""

    NEVER = "never sent"
    SENT = "sent, no receipt"
    LOADED = "loaded"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ModuleHolding:
    """A module and two keys. fault: why the new key is not authorised for it, empty where it is.

    until: until when it may use the old one, as the last file says; None where it has none.
    sells_old: that file lets it make credit under the old key.
    """

    module: str
    state: str
    old: Hold
    new: Hold
    fault: str
    until: datetime | None
    sells_old: bool


@dataclass(frozen=True, slots=True)
class MeterHoldings:
    """The meters of a list, counted. old, new: on either key.

    elsewhere: of the same supply group on another key, by the name of it. foreign: of other groups.
    wrong_base_date: on a key of which the list tells another base date than the register.
    setups: those on the old key, by what they hold. unread: rows of the list that could not be read.
    """

    old: int
    new: int
    elsewhere: Mapping[str, int]
    foreign: int
    wrong_base_date: int
    setups: Mapping[Setup, int]
    unread: int


def files_of(state: State, module_id: str) -> tuple[Entry, ...]:
    """Return the key files for a module in the order in which they were made."""
    return tuple(sorted(state.where(KEY_FILE, recipient=module_id), key=lambda file: file.get("seq") or 0))


def hold_of(state: State, module_id: str, key: Entry) -> Hold:
    """Return what is known of a key in a module. Files that were lost on the way do not count."""
    found, name = Hold.NEVER, str(ref_of(key))
    for file in files_of(state, module_id):
        if file.state == "lost":
            continue
        is_loaded = file.state == "loaded"
        if is_loaded and name in (file.get("revoked") or ()) and found is not Hold.NEVER:
            found = Hold.REVOKED
        if key.entry_id in (file.get("keys") or ()):
            found = Hold.LOADED if is_loaded or found is Hold.LOADED else Hold.SENT
    return found


def modules_with(state: State, key: Entry) -> tuple[str, ...]:
    """Return the modules that were ever sent a key, or were ever authorised for it."""
    sent = {
        str(file.get("recipient")) for file in state.of(KEY_FILE) if key.entry_id in (file.get("keys") or ())
    }
    krn = int(key.get("krn"))
    meant = {
        str(one.get("module"))
        for one in state.where(AUTHORISATION, sgc=key.get("sgc"))
        if not one.get("krns") or krn in one.get("krns")
    }
    return tuple(sorted(sent | meant))


def module_holdings(state: State, old: Entry, new: Entry | None, now: datetime) -> Iterator[ModuleHolding]:
    """Yield what every module that can be given keys holds of two keys of a supply group.

    Those count that were sent the old key or authorised for it, and all that sell for the group.
    """
    selling = {
        str(module)
        for one in state.where("installation", state="running")
        if old.get("sgc") in (one.get("groups") or ())
        for module in one.get("modules") or ()
    }
    for module_id in sorted(selling | set(modules_with(state, old))):
        module = state.entry("module", module_id)
        if module is None or module.state not in USABLE:
            continue
        told = _told(state, module_id, old)
        yield ModuleHolding(
            module_id,
            module.state,
            hold_of(state, module_id, old),
            Hold.NEVER if new is None else hold_of(state, module_id, new),
            _not_authorised(state, module_id, new, now),
            canonical.read_moment(told.get("iut")),
            told.get("key_change_only") is False,
        )


def _not_authorised(state: State, module_id: str, key: Entry | None, now: datetime) -> str:
    """Return why a module may not have a key for full use; empty where it may."""
    if key is None:
        return "the key is not there yet"
    why = "nothing is signed for it"
    for found, entry in for_module(state, module_id):
        if found.covers(ref_of(key)):
            why = fault_of(state, entry, now) or ("" if found.full else f"{entry} is for key changes only")
            if not why:
                return ""
    return why


def _told(state: State, module_id: str, key: Entry) -> Mapping[str, Any]:
    """Return what the last file with a key said of it to a module; nothing where there is none."""
    for file in reversed(files_of(state, module_id)):
        told = (file.get("keys") or {}).get(key.entry_id)
        if file.state != "lost" and isinstance(told, Mapping):
            return told
    return {}


def meter_holdings(
    found: MeterList, old: VendingKey, new_name: str, new_base_date: BaseDate
) -> MeterHoldings:
    """Count the meters of a list by the keys they hold. new_name: of the new key, ``123456/2``."""
    counts = Counter(setup for _, setup, _ in found.meters)
    names = {str(old.ref): old.base_date, new_name: new_base_date}
    totals, elsewhere = Counter[str](), Counter[str]()
    foreign = wrong = 0
    for setup, count in counts.items():
        if setup.key in names:
            totals[setup.key] += count
            wrong += count if setup.base_date is not names[setup.key] else 0
        elif setup.sgc == old.ref.sgc:
            elsewhere[setup.key] += count
        else:
            foreign += count
    return MeterHoldings(
        totals[str(old.ref)],
        totals[new_name],
        dict(sorted(elsewhere.items())),
        foreign,
        wrong,
        {setup: count for setup, count in counts.items() if setup.key == str(old.ref)},
        found.faults.count,
    )


def meters_on(meters: Iterable[Meter], *names: str) -> Iterator[Meter]:
    """Yield the meters that are on one of these keys, each named ``123456/2``."""
    wanted = frozenset(names)
    known: dict[Setup, bool] = {}
    for meter in meters:
        setup = meter.setup
        is_on = known.get(setup)
        if is_on is None:
            is_on = known[setup] = setup.key in wanted
        if is_on:
            yield meter
