"""What is in the way of a revision: one sentence for each thing that somebody has to put right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from voltoken.kmc.keys import FULL, MOVING, VendingKey
from voltoken.kmc.planning.exposure import Exposure
from voltoken.kmc.planning.holdings import Hold, MeterHoldings, ModuleHolding
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.sts import BaseDate, KeyType

LEGACY_EDITION = 1
"""Modules of this edition cannot set the roll-over bit. Source: the industry's roll-over pages."""
CARD = "01"
"""The carrier type of erasable magnetic cards, the only ones for a common key."""


def obstacles(
    state: State,
    old: VendingKey,
    new: Entry | None,
    base_date: BaseDate,
    modules: Sequence[ModuleHolding],
    meters: MeterHoldings | None,
    clock: Exposure | None,
) -> Iterator[str]:
    """Yield what is in the way. base_date: of the new key. meters, clock: None without a list."""
    yield from _of_modules(state, old, new, base_date, modules)
    if meters is not None:
        yield from _of_meters(old, None if new is None else VendingKey.of(new), meters)
    if clock is not None and meters is not None and meters.old:
        yield from _of_time(old, clock)


def _of_modules(
    state: State, old: VendingKey, new: Entry | None, base_date: BaseDate, modules: Sequence[ModuleHolding]
) -> Iterator[str]:
    if not modules:
        yield f"No module is known that sells for supply group {old.ref.sgc}. Register modules."
    for one in modules:
        if one.state == "suspended":
            yield f"Module {one.module} is suspended and gets no keys. Restore or replace it."
        if new is not None and one.fault:
            yield f"Module {one.module} has no authorisation for {new.entry_id}: {one.fault}."
        elif one.new is Hold.SENT:
            yield f"Module {one.module} was sent the new key; its receipt is missing."
    if base_date is not old.base_date:
        yield from _of_rollover(state, old, base_date, modules)


def _of_rollover(
    state: State, old: VendingKey, base_date: BaseDate, modules: Sequence[ModuleHolding]
) -> Iterator[str]:
    """Yield who is not ready for another base date."""
    for one in modules:
        module = state.entry("module", one.module)
        product = state.entry("product", str(module.get("product"))) if module is not None else None
        if product is not None and product.get("edition") == LEGACY_EDITION:
            yield f"Module {one.module} is of edition 1, which cannot set the roll-over bit. Replace it."
    for place in state.where("installation", state="running"):
        sells = str(old.ref.sgc) in (place.get("groups") or ())
        if sells and base_date.value not in (place.get("base_dates") or ()):
            yield (
                f"Installation {place.entry_id} is not ready for base date {base_date.instant.year}: ask "
                f"{place.get('contact_name')}, {place.get('contact_phone')}."
            )


def _of_meters(old: VendingKey, new: VendingKey | None, meters: MeterHoldings) -> Iterator[str]:
    if meters.unread:
        yield f"{_rows(meters.unread)} of the list of meters cannot be read; their meters are in no plan."
    if meters.wrong_base_date:
        yield (
            f"{_meters(meters.wrong_base_date)} in the list with another base date than the key has: "
            "find out which is right."
        )
    if meters.elsewhere:
        told = ", ".join(f"{count:,} on {name}" for name, count in meters.elsewhere.items())
        yield f"Meters of the group are on other keys: {told}. They need a revision of their own."
    eas, cards = Counter[str](), 0
    for setup, count in meters.setups.items():
        if new is not None and setup.ea not in new.eas:
            eas[setup.ea.value] += count
        if new is not None and new.kt is KeyType.DCTK and setup.tct != CARD:
            cards += count
    for ea, count in sorted(eas.items()):
        yield f"{_meters(count)} with EA{ea}, which the new key is not for; no token changes the algorithm."
    if cards:
        yield f"{_meters(cards)} without magnetic cards, and the new key is a common one."
    if meters.old and old.state not in FULL | MOVING:
        yield f"{_meters(meters.old)} on the old key, which is {old.state}: nothing can be made under it."


def _of_time(old: VendingKey, clock: Exposure) -> Iterator[str]:
    if clock.never:
        yield f"{_meters(clock.never)} reached by no wave, no purchase and no visit."
    left = clock.left_on(old.iut.date()) - clock.never
    if left > 0:
        yield (
            f"{_meters(left)} still on the old key when key changes end on {old.iut:%Y-%m-%d} (IUT). Extend "
            "it, or plan visits."
        )


def _meters(count: int) -> str:
    return "1 meter is" if count == 1 else f"{count:,} meters are"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
