"""Which key a supply group may go to next: no way back across a rollover, and nine revisions that run out.

A rollover empties a meter's memory of used tokens. Were the meter ever given an earlier key again, every
token that it has used under that key would be good once more; so a revision leads to a later base date or
stays, and never to a key that meters have left (field rule 4). A KRN is free again when no key of that name
lives in the centre, none was compromised, and no meter is on it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from voltoken.errors import ActRefused
from voltoken.kmc.keys import FULL, GONE, UNMADE, VendingKey, all_of
from voltoken.kmc.names import names_of, why_name_is_taken
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import KeyRef
from voltoken.sts import KRN, SGC, BaseDate, rules

REVISION: Final = "revision"
KRNS: Final = tuple(range(KRN.LOW, KRN.HIGH + 1))
_NO_WAY_BACK: Final = (
    "There is no way back across a rollover: tokens that meters have used would be good again. Make a key "
    "with the same base date or a later one."
)


def current_key(state: State, sgc: str) -> Entry:
    """Return the key that a supply group uses: the newest active one, or else the newest that was made.

    Raises ActRefused (``unknown``) for a group without any.
    """
    made = [one for one in all_of(state, sgc) if one.state not in UNMADE | GONE]
    best = max(made, key=lambda one: (one.state == "active", str(one.get("act"))), default=None)
    if best is None:
        raise ActRefused("unknown", f"Supply group {sgc} has no key yet. Ask for one: vending_key add")
    return best


def check_base_date(state: State, sgc: str, base_date: BaseDate) -> None:
    """Refuse a new key of an earlier base date than any that the group has had.

    Raises ActRefused (``way_back``).
    """
    latest = latest_base_date(state, sgc)
    if latest is not None and base_date.instant < latest.instant:
        raise ActRefused(
            "way_back",
            f"Supply group {sgc} has had keys of base date {latest.instant.year}. {_NO_WAY_BACK}",
        )


def latest_base_date(state: State, sgc: str) -> BaseDate | None:
    """Return the latest base date that any key of a supply group was made with; None before the first."""
    made = [BaseDate(one.base_date) for one in names_of(state, sgc) if one.state not in UNMADE]
    return max(made, key=lambda one: one.instant, default=None)


def left_keys(state: State, sgc: str) -> frozenset[str]:
    """Return the ids of the keys that a revision has led meters of a supply group away from."""
    return frozenset(
        str(one.get("from_key"))
        for one in state.of(REVISION)
        if one.state in ("running", "done") and str(one.get("from_key")).startswith(f"{sgc}/")
    )


def check_way(state: State, old: Entry, new: Entry) -> None:
    """Refuse to lead meters from one key to another where that is a way back, or no way at all.

    Raises ActRefused: ``same_revision``, ``way_back`` (an earlier base date, or a key that meters have left),
    ``key_over`` (the new key is not one to begin with), ``cluster``, ``key_type``, ``test``.
    """
    if old.entry_id == new.entry_id:
        raise ActRefused("same_revision", f"{old.entry_id} is the key that meters are on. Name the next one.")
    before, after = (BaseDate(one.get("base_date")) for one in (old, new))
    if after.instant < before.instant:
        raise ActRefused(
            "way_back",
            f"{new.entry_id} has base date {after.instant.year}, and {old.entry_id} has "
            f"{before.instant.year}. {_NO_WAY_BACK}",
        )
    if new.entry_id in left_keys(state, str(new.get("sgc"))):
        raise ActRefused(
            "way_back",
            f"Meters were led away from {new.entry_id} before; tokens that they have used under it would be "
            "good again. Make a new key under a KRN that is free.",
        )
    if new.state not in FULL | {"requested"}:
        raise ActRefused(
            "key_over", f"{new.entry_id} is {new.state}. Meters go to a key that is new or in use."
        )
    _check_alike(VendingKey.of(old), VendingKey.of(new))


def _check_alike(old: VendingKey, new: VendingKey) -> None:
    """Refuse a change that the standard or the mark of a test key forbids, whatever state the keys are in."""
    if old.clu != new.clu:
        raise ActRefused("cluster", "No key change leads from one cluster to another.")
    if not rules.may_change_key_type(old.kt, new.kt):
        allowed = ", ".join(one.name for one in rules.KEY_TYPE_CHANGES[old.kt])
        raise ActRefused("key_type", f"A {old.kt.name} is not changed to a {new.kt.name}, only to {allowed}.")
    if new.test and not old.test:
        raise ActRefused("test", f"{new.entry_id} is marked test: live meters never go to a test key.")


def free_krns(state: State, sgc: str, in_meters: Collection[int] = ()) -> tuple[int, ...]:
    """Return the revision numbers that a new key of a supply group can have, the next one first.

    in_meters: the numbers that meters of the group still have, as their list tells.
    """
    keys = all_of(state, sgc)
    names = {krn: KeyRef(SGC(sgc), KRN(krn)) for krn in KRNS}
    taken = {krn for krn, ref in names.items() if why_name_is_taken(state, ref, "")} | set(in_meters)
    newest = max(
        (one for one in keys if one.state not in UNMADE), key=lambda one: str(one.get("act")), default=None
    )
    after = 0 if newest is None else int(newest.get("krn"))
    return tuple(krn for krn in (*KRNS[after:], *KRNS[:after]) if krn not in taken)


def next_krn(state: State, sgc: str, in_meters: Collection[int] = ()) -> int:
    """Return the revision number for the next key of a supply group.

    Raises ActRefused (``krn_exhausted``) that says what is in the way of each number.
    """
    free = free_krns(state, sgc, in_meters)
    if free:
        return free[0]
    living = {int(one.get("krn")) for one in all_of(state, sgc) if one.state not in GONE}
    held = ", ".join(
        f"{krn} ({'key not destroyed' if krn in living else 'in meters, or was compromised'})" for krn in KRNS
    )
    raise ActRefused(
        "krn_exhausted",
        f"All nine key revisions of supply group {sgc} are taken: {held}. A number is free again when its "
        "key is destroyed and no meter is on it: finish the oldest revision first, or move the meters to "
        "another supply group.",
    )
