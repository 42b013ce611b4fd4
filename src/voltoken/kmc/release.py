"""Which keys somebody gets now: a decision from what the centre knows, that a file is then made of.

A module gets what the owner of the supply group has authorised for it, no longer than until it has to come
again (refresh period), never more than the key itself permits. What it was given before and may no longer
have is revoked in the same file. Everything that is left out is left out with a reason.

STS has no message that ends a key. Short refresh periods are the real revocation, so nothing here is ever
given for longer than one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltoken.errors import ActRefused
from voltoken.kmc.authorisations import Authorisation, fault_of, for_module
from voltoken.kmc.keys import FULL, GONE, MOVING, UNMADE, VENDING_KEY, VendingKey, ref_of
from voltoken.kmc.releases import LEFT_OUT, LeftOut, Released, ReleasePlan
from voltoken.kmc.signing_keys import signing_key
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import KeyRef
from voltoken.security.keyload import FileRole, LoadRequest
from voltoken.sts import KeyType

KEY_FILE: Final = "key_file"
TRANSFER: Final = "transfer"
VALID_DAYS: Final = 30
"""So long a file can be loaded, unless somebody says otherwise."""


def plan_release(
    state: State,
    module_id: str,
    now: datetime,
    *,
    wanted: Sequence[KeyRef] | None = None,
    request: LoadRequest | None = None,
    valid_days: int = VALID_DAYS,
) -> ReleasePlan:
    """Return the file that a module gets now.

    wanted: all of them or nothing; empty: only what it has to forget. request: the module's own, whose
    signature was checked; where nothing is ``wanted``, what may not be is left out. With neither, it gets
    everything that is authorised for it.
    valid_days: so long the file can be loaded.
    Raises ActRefused: ``unknown``, ``recipient`` (it is not registered), ``left_out``, ``nothing``,
    ``no_signing_key``.
    """
    module = state.entry("module", module_id)
    if module is None:
        raise ActRefused("unknown", f"There is no module {module_id!r:.60}. Register it first.")
    if module.state != "registered":
        raise ActRefused("recipient", f"{module} is {module.state}; only a registered one gets keys.")
    held, choice = _Held.of(state, module_id), _Choice(state, module, now)
    refs = _refs(choice, wanted, request)
    found = [choice.decide(ref, held, request) for ref in refs]
    keys = tuple(one for one in found if isinstance(one, Released))
    left_out = tuple(one for one in found if isinstance(one, LeftOut))
    if wanted is not None and left_out:
        said = "; ".join(f"{one.ref}: {one.text}" for one in left_out)
        raise ActRefused("left_out", f"Not every key that is named may be released: {said}.")
    revoked = tuple(ref for ref in sorted(held.keys) if choice.is_revoked(ref, held.keys[ref]))
    if not keys and not revoked:
        said = "; ".join(f"{one.ref}: {one.text}" for one in left_out) or _nothing(wanted)
        raise ActRefused("nothing", f"There is no key for {module_id} now: {said}.")
    wished = now + timedelta(days=valid_days)
    signer = signing_key(state, now, wished)
    return ReleasePlan(
        state.centre_id,
        module_id,
        FileRole(module.get("role")),
        bytes.fromhex(module.get("exchange_key")),
        next_seq(state, KEY_FILE, module_id, request),
        now,
        min(wished, signer.end),
        None if request is None else request.request_id,
        signer.kid,
        keys,
        revoked,
        left_out,
    )


def _nothing(wanted: Sequence[KeyRef] | None) -> str:
    return "nothing is authorised for it" if wanted is None else "none is named, and it has to forget none"


def next_seq(state: State, register: str, recipient: str, request: LoadRequest | None = None) -> int:
    """Return the number of the next file for a recipient, one more than any that went out.

    request: a module says which number it loaded last. That is higher than what the centre knows when the
    centre was restored from a backup.
    """
    if register == KEY_FILE:
        sent = state.where(KEY_FILE, recipient=recipient)
    else:
        sent = state.where(TRANSFER, centre=recipient, direction="out")
    numbers = [entry.get("seq") or 0 for entry in sent]
    return max([0, *numbers, 0 if request is None else request.last_seq]) + 1


def file_entry_id(state: State, recipient: str, request: LoadRequest | None = None) -> str:
    """Return the id under which the next file for a module is asked for."""
    return f"{state.centre_id}.{recipient}.{next_seq(state, KEY_FILE, recipient, request)}"


@dataclass(frozen=True, slots=True)
class _Held:
    """What a module was given and has not been proved to have lost: entry ids of keys by name."""

    keys: dict[KeyRef, str]

    @classmethod
    def of(cls, state: State, module_id: str) -> _Held:
        keys: dict[KeyRef, str] = {}
        for file in files_for(state, module_id):
            if file.state == "loaded":  # an order to forget counts when somebody followed it
                for name in file.get("revoked") or ():
                    keys.pop(KeyRef.parse(name), None)
            for entry_id in file.get("keys") or {}:
                keys[KeyRef.parse(entry_id.partition(".")[0])] = entry_id
        return cls(keys)


def files_for(state: State, module_id: str) -> tuple[Entry, ...]:
    """Return all key files for a module in the order in which they were made."""
    return tuple(sorted(state.where(KEY_FILE, recipient=module_id), key=lambda file: int(file.get("seq"))))


class _Choice:
    """Decides about one key after the other for one module at one moment."""

    def __init__(self, state: State, module: Entry, now: datetime) -> None:
        self._state, self._module, self._now = state, module, now
        self._authorisations: dict[str, list[tuple[Authorisation, str]]] = {}
        for found, entry in for_module(state, module.entry_id):
            self._authorisations.setdefault(found.sgc, []).append((found, fault_of(state, entry, now)))
        self.living: dict[KeyRef, Entry] = {
            ref_of(entry): entry for entry in state.of(VENDING_KEY) if entry.state not in GONE
        }

    def authorised(self, ref: KeyRef) -> Authorisation | None:
        """Return the authorisation that permits most: full use before key changes, then the longest."""
        found = [one for one, fault in self._about(ref) if not fault]
        return max(found, key=lambda one: (one.full, one.end, one.entry_id), default=None)

    def named(self) -> Iterator[KeyRef]:
        """Yield the living keys that any authorisation of the module is about."""
        for ref in sorted(self.living):
            if self._about(ref):
                yield ref

    def _about(self, ref: KeyRef) -> list[tuple[Authorisation, str]]:
        """Return the authorisations about a key, each with why it permits nothing; empty where it does."""
        return [(one, fault) for one, fault in self._authorisations.get(str(ref.sgc), ()) if one.covers(ref)]

    def is_revoked(self, ref: KeyRef, entry_id: str) -> bool:
        """Whether a module that was given a key must forget it: it is gone, or no longer authorised."""
        entry = self.living.get(ref)
        return entry is None or entry.entry_id != entry_id or self.authorised(ref) is None

    def decide(self, ref: KeyRef, held: _Held, request: LoadRequest | None) -> Released | LeftOut:
        """Decide about one key."""
        entry = self.living.get(ref)
        fault = self._fault(ref, entry, held, request)
        if fault or entry is None:
            return LeftOut(ref, fault, LEFT_OUT[fault])
        authorisation = self.authorised(ref)
        if authorisation is None:
            said = "; ".join(fault for _, fault in self._about(ref))
            return LeftOut(ref, "not_authorised", said or LEFT_OUT["not_authorised"])
        key = VendingKey.of(entry)
        days = min(key.refresh_days, authorisation.refresh_days)
        act, iut = max(key.act, authorisation.begin), min(key.iut, authorisation.end)
        iut = min(iut, self._now + timedelta(days=days))
        if iut <= act:
            return LeftOut(ref, "too_short", LEFT_OUT["too_short"])
        stock = key.kt is KeyType.DDTK and self._module.get("role") == FileRole.VENDING.value
        register = key.register(
            act=act,
            iut=iut,
            ulm=authorisation.ulm,
            clm=authorisation.clm,
            services=authorisation.services,
            key_change_only=not authorisation.full or stock or key.state in MOVING,
        )
        return Released(entry.entry_id, register, authorisation.digest, authorisation.entry_id)

    def _fault(self, ref: KeyRef, entry: Entry | None, held: _Held, request: LoadRequest | None) -> str:
        """Return why a key goes to nobody, or not to this module; empty where it may."""
        if entry is None:
            return "no_key"
        if entry.state in UNMADE:
            return "not_made"
        fault = fault_of_key(self._state, entry, self._now)
        if fault:
            return fault
        had = held.keys.get(ref)
        if entry.state == "compromised" and had != entry.entry_id:
            return "compromised"
        says = () if request is None else (one.check_value for one in request.held if one.ref == ref)
        if had not in (None, entry.entry_id) or any(one != entry.get("check_value") for one in says):
            return "held_other"
        return ""


def fault_of_key(state: State, entry: Entry, now: datetime) -> str:
    """Return why a key that was made is given to nobody, as a word of ``LEFT_OUT``; empty where it is."""
    group = state.entry("supply_group", entry.get("sgc"))
    home = None if group is None else group.get("centre")
    if home not in (None, "", state.centre_id):
        return "not_home"
    if entry.state not in FULL | MOVING:
        return "suspended"
    key = VendingKey.of(entry)
    if now >= key.iut:
        return "iut"
    return "exp" if now >= key.exp else ""


def _refs(
    choice: _Choice, wanted: Iterable[KeyRef] | None, request: LoadRequest | None
) -> tuple[KeyRef, ...]:
    if wanted is not None:
        return tuple(sorted(set(wanted)))
    if request is not None and request.wanted:
        return tuple(sorted(set(request.wanted)))
    return tuple(choice.named())
