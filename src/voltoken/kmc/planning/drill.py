"""A compromise drill: what hangs on a key, a module or a centre, were somebody else to have it.

Everything is named: keys, modules, key files, meters and tokens. Files that were lost on the way count: who
has the module opens them too. What to do comes from ``voltoken.kmc.planning.recovery``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from voltoken import canonical
from voltoken.errors import ActRefused
from voltoken.kmc.keys import GONE, UNMADE, VENDING_KEY, ref_of
from voltoken.kmc.planning.exposure import Exposure, exposure
from voltoken.kmc.planning.findings import Finding, findings
from voltoken.kmc.planning.holdings import KEY_FILE, meters_on, modules_with
from voltoken.kmc.planning.values import Issued, Meter, MeterList, TokenList, WavePlan
from voltoken.kmc.planning.waves import sort_into_waves
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry


class Subject(StrEnum):
    """What somebody else has."""

    KEY = "key"
    MODULE = "module"
    CENTRE = "centre"


@dataclass(frozen=True, slots=True)
class Drill:
    """What hangs on it. keys: vending keys that somebody may have.

    modules: those that hold such keys, or are it. files: key files from which somebody may have keys.
    groups: supply groups. meters: on these keys; tokens: made under them or by the module.
    clock: how long meters stay on them; None without a list of meters. unread: rows of the lists that are in
        none of this. lists: digests of the lists. in_meters: all keys that the list of meters names.
    """

    subject: Subject
    subject_id: str
    at: datetime
    keys: tuple[str, ...]
    modules: tuple[str, ...]
    files: tuple[str, ...]
    groups: tuple[str, ...]
    meters: tuple[Meter, ...]
    tokens: tuple[Issued, ...]
    findings: tuple[Finding, ...]
    clock: Exposure | None
    unread: int
    lists: tuple[str, ...]
    in_meters: frozenset[str] = frozenset()

    @property
    def document(self) -> dict[str, Any]:
        """The report as plain values; the meters themselves are told by the digest of their list."""
        by_key = Counter(meter.setup.key for meter in self.meters)
        return {
            "format": "voltoken-drill/1",
            "subject": self.subject.value,
            "id": self.subject_id,
            "at": canonical.write_moment(self.at),
            "keys": list(self.keys),
            "modules": list(self.modules),
            "files": list(self.files),
            "groups": list(self.groups),
            "meters": len(self.meters),
            "meters_by_key": dict(sorted(by_key.items())),
            "tokens": len(self.tokens),
            "findings": [{"kind": one.kind, "tokens": one.count, "text": one.text} for one in self.findings],
            "rows_unread": self.unread,
            "lists": list(self.lists),
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the report."""
        return canonical.digest(self.document, "voltoken-drill/1")


def drill(
    state: State,
    subject: Subject,
    subject_id: str,
    now: datetime,
    *,
    meters: MeterList | None = None,
    tokens: TokenList | None = None,
    waves: WavePlan | None = None,
) -> Drill:
    """Return what hangs on a key, a module or a centre.

    waves: for the clock; without them, all meters are led away at once, from today.
    Raises ActRefused (``unknown``) for one that the centre does not know.
    """
    keys = _keys(state, subject, subject_id)
    names = {str(ref_of(key)) for key in keys}
    hit_meters = () if meters is None else tuple(meters_on(meters.meters, *names))
    is_module = subject is Subject.MODULE
    hit_tokens = tuple(
        one
        for one in (() if tokens is None else tokens.tokens)
        if one.key in names or (is_module and one.module == subject_id)
    )
    plan = waves or WavePlan.at_once(now.date())
    return Drill(
        subject,
        subject_id,
        now,
        tuple(key.entry_id for key in keys),
        _modules(state, subject, subject_id, keys),
        _files(state, subject, subject_id, keys),
        _groups(state, subject, subject_id, keys),
        hit_meters,
        hit_tokens,
        tuple(findings(state, hit_tokens)),
        None if meters is None else exposure(sort_into_waves(hit_meters, plan.waves), plan, now.date()),
        sum(one.faults.count for one in (meters, tokens) if one is not None),
        tuple(one.digest for one in (meters, tokens) if one is not None),
        frozenset()
        if meters is None
        else frozenset(setup.key for setup in {one.setup for one in meters.meters}),
    )


def _keys(state: State, subject: Subject, subject_id: str) -> tuple[Entry, ...]:
    """Return the keys that somebody may have, in order of their ids."""
    if subject is Subject.KEY:
        found = state.entry(VENDING_KEY, subject_id)
        if found is None or found.state in UNMADE:
            raise ActRefused("unknown", f"There is no vending key {subject_id!r:.60} that was made.")
        return (found,)
    if subject is Subject.MODULE:
        if state.entry("module", subject_id) is None:
            raise ActRefused("unknown", f"There is no module {subject_id!r:.60}.")
        return _entries(state, _in_files(state, subject_id))
    if subject_id == state.centre_id:
        return tuple(key for key in state.of(VENDING_KEY) if key.state not in UNMADE | GONE)
    if state.entry("centre", subject_id) is None:
        raise ActRefused("unknown", f"There is no centre {subject_id!r:.60}.")
    return _entries(state, _shared_with(state, subject_id))


def _entries(state: State, ids: Iterable[str]) -> tuple[Entry, ...]:
    found = (state.entry(VENDING_KEY, one) for one in sorted(set(ids)))
    return tuple(one for one in found if one is not None)


def _in_files(state: State, module_id: str) -> Iterator[str]:
    """Yield the ids of all keys that were ever in a file for a module."""
    for file in state.where(KEY_FILE, recipient=module_id):
        yield from file.get("keys") or ()


def _shared_with(state: State, centre_id: str) -> Iterator[str]:
    """Yield the ids of the keys that went to another centre or came from it."""
    transfers = {one.entry_id: one for one in state.where("transfer", centre=centre_id)}
    for one in transfers.values():
        if one.get("direction") == "out":
            yield from one.get("keys") or ()
    for key in state.of(VENDING_KEY):
        if key.get("transfer") in transfers:
            yield key.entry_id


def _modules(state: State, subject: Subject, subject_id: str, keys: tuple[Entry, ...]) -> tuple[str, ...]:
    found = {module for key in keys for module in modules_with(state, key)}
    return tuple(sorted(found | ({subject_id} if subject is Subject.MODULE else set())))


def _files(state: State, subject: Subject, subject_id: str, keys: tuple[Entry, ...]) -> tuple[str, ...]:
    """Return the files from which somebody may have keys: all of a module, or all with one of the keys."""
    ids = {key.entry_id for key in keys}
    return tuple(
        file.entry_id
        for file in state.of(KEY_FILE)
        if (
            file.get("recipient") == subject_id
            if subject is Subject.MODULE
            else ids & set(file.get("keys") or ())
        )
    )


def _groups(state: State, subject: Subject, subject_id: str, keys: tuple[Entry, ...]) -> tuple[str, ...]:
    """Return the supply groups of the keys, and those at home in a centre."""
    found = {str(key.get("sgc")) for key in keys}
    if subject is Subject.CENTRE and subject_id != state.centre_id:
        found |= {one.entry_id for one in state.where("supply_group", centre=subject_id)}
    return tuple(sorted(found))


def values_of(found: Drill, *, title: str, is_exercise: bool) -> Mapping[str, Any]:
    """Return the values with which the incident is reported, for the step ``incident.add``."""
    return {
        "kind": found.subject.value,
        "subject": found.subject_id,
        "title": title,
        "found_at": canonical.write_moment(found.at),
        "drill": is_exercise,
        "keys": list(found.keys),
        "modules": list(found.modules),
        "files": list(found.files),
        "meters": len(found.meters),
        "tokens": len(found.tokens),
        "report": found.digest,
    }
