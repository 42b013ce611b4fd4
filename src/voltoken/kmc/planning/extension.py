"""Vending Key Extension: credit under a key ends, key changes go on, until the last meter is away from it.

In 2024 the keys of base date 1993 ran out of TIDs while many meters were still on them; their makers let
them live on for key changes only. What a key needs is a matter of counting: how many meters are left when
its key changes end, and when the last one will be away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from voltoken.kmc.keys import FULL, MOVING, VendingKey
from voltoken.kmc.planning.exposure import Exposure
from voltoken.kmc.planning.waves import later

MARGIN_DAYS: Final = 30
"""So much longer than the clock says a key should live: people go on holiday, and tokens get lost."""


@dataclass(frozen=True, slots=True)
class Extension:
    """What a key needs. credit_until, changes_until: as it stands. left: meters on it when changes end.

    needed_until: the day to which key changes should go on, with a margin; None when no day is enough for
        some meters, when there are none to move, or the key moves none. advice: sentences.
    """

    key: str
    credit_until: datetime
    changes_until: datetime
    meters: int
    left: int
    needed_until: date | None
    advice: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        """Whether key changes end before the last meter is away that anything reaches."""
        return self.needed_until is not None and self.needed_until > self.changes_until.date()


def plan_extension(key: VendingKey, clock: Exposure, margin_days: int = MARGIN_DAYS) -> Extension:
    """Return what a key needs so that all meters get away from it. clock: of the meters on it."""
    on_it = clock.total - clock.already
    last = clock.day_of(100)
    can_move = key.state in FULL | MOVING
    needed = later(last, margin_days) if can_move and on_it and last is not None else None
    left = clock.left_on(key.iut.date())
    found = Extension(key.entry_id, key.credit_end, key.iut, on_it, left, needed, ())
    advice = tuple(_advice(key, clock, found, margin_days))
    return Extension(key.entry_id, key.credit_end, key.iut, on_it, left, needed, advice)


def _advice(key: VendingKey, clock: Exposure, found: Extension, margin_days: int) -> Iterator[str]:
    last, end = clock.day_of(100), f"{key.iut:%Y-%m-%d}"
    if key.state not in FULL | MOVING:
        yield f"{key.entry_id} is {key.state}: nothing is made under it, so no meter can be led away from it."
        return
    if key.state in MOVING:
        yield f"{key.entry_id} is {key.state}: it makes no credit, and no extension brings credit back."
    else:
        ends = "ended" if key.credit_end.date() <= clock.start else "ends"
        told = f"Credit under {key.entry_id} {ends} on {key.credit_end:%Y-%m-%d}"
        yield f"{told}; an extension is for key changes only."
    if not found.meters:
        yield "No meter of the list is on it: nothing has to be extended."
        return
    if clock.never:
        yield (
            f"{clock.never:,} of {found.meters:,} meters are reached by no wave, no purchase and no "
            "visit. No extension is long enough for them: plan visits."
        )
    if found.is_needed:
        yield (
            f"Key changes end on {end} (IUT), with {found.left:,} of {found.meters:,} meters still on it. "
            f"The last one is away on {last}. Extend it to {found.needed_until}, which leaves {margin_days} "
            "days, or plan visits."
        )
    elif not clock.never:
        yield f"All {found.meters:,} meters are away by {last}; key changes end on {end} (IUT)."
