"""Supply groups that go from one centre to another: the same container, with a centre as its recipient.

Two things can go over, and the owner of the group signs for which: the keys and the home of the group, or
the keys alone, so that the other centre can take over should this one be lost. Only the centre at which a
group is at home gives out its keys. The names that its keys have had go over with them (``names``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import ActRefused
from voltoken.kmc.authorisations import agreement_id
from voltoken.kmc.key_rules import KEY_TYPES
from voltoken.kmc.keys import KEPT, MOVING, VENDING_KEY, VendingKey, all_of
from voltoken.kmc.names import BURNT, state_after, why_name_is_taken
from voltoken.kmc.register import Look
from voltoken.kmc.release import TRANSFER, VALID_DAYS, fault_of_key, next_seq
from voltoken.kmc.releases import LEFT_OUT, LeftOut, Released, ReleasePlan
from voltoken.kmc.signing_keys import CENTRE, identity_of, signing_key, trusted_of
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import KeyRef, KeyRegister, read_register, register_document
from voltoken.security.keyload import FileRole, TrustList

EMPTY: Final[dict[str, Any]] = {
    "exp": None,
    "refresh_days": 90,
    "origin": "transfer",
    "ceremony": None,
    "meters_left": None,
    "meters_list": None,
    "note": None,
}
"""What another centre does not say of a key: the values of the entry until somebody says otherwise."""


def plan_transfer(state: State, transfer: Entry, now: datetime) -> ReleasePlan:
    """Return the file that takes the keys of a supply group to another centre now.

    transfer: its entry in the register, as it stands. Suspended keys and keys that are over stay.
    Raises ActRefused: ``recipient``, ``nothing``, ``no_signing_key``, ``unknown``.
    """
    recipient = state.entry(CENTRE, transfer.get("centre"))
    if recipient is None:
        raise ActRefused("unknown", f"There is no centre {transfer.get('centre')}. Add it first.")
    point = identity_of(recipient).exchange_key
    if recipient.state != "trusted" or point is None:
        said = recipient.state if recipient.state != "trusted" else "without an exchange key"
        raise ActRefused("recipient", f"{recipient} is {said}; only a trusted one that has one gets keys.")
    keys, left_out = keys_to_go(state, transfer, now)
    if not keys:
        said = "; ".join(f"{one.ref}: {one.text}" for one in left_out) or "it has none"
        raise ActRefused("nothing", f"No key of {transfer.get('sgc')} can go over now: {said}.")
    wished = now + timedelta(days=VALID_DAYS)
    signer = signing_key(state, now, wished)
    return ReleasePlan(
        state.centre_id,
        recipient.entry_id,
        FileRole.KMC,
        point,
        next_seq(state, TRANSFER, recipient.entry_id),
        now,
        min(wished, signer.end),
        agreement_id(state, transfer),
        signer.kid,
        keys,
        (),
        left_out,
    )


def keys_to_go(
    state: State, transfer: Entry, now: datetime
) -> tuple[tuple[Released, ...], tuple[LeftOut, ...]]:
    """Return the keys that a transfer takes to another centre, and those that stay with the reason."""
    keys, left_out = [], []
    krns = transfer.get("krns") or ()
    for entry in all_of(state, transfer.get("sgc")):
        if entry.state not in KEPT or (krns and entry.get("krn") not in krns):
            continue
        key, fault = VendingKey.of(entry), fault_of_key(state, entry, now)
        if fault:
            left_out.append(LeftOut(key.ref, fault, LEFT_OUT[fault]))
            continue
        register = key.register(
            act=key.act,
            iut=key.iut,
            ulm=key.ulm,
            clm=key.clm,
            services=key.services,
            key_change_only=key.state in MOVING,
        )
        keys.append(Released(entry.entry_id, register, "", ""))
    return tuple(keys), tuple(left_out)


def trust_in(state: State, transfer: Entry, now: datetime) -> TrustList:
    """Return the list with which a file of a transfer is opened: the one centre that it is from.

    Raises ActRefused (``recipient``) unless that centre is trusted.
    """
    sender = state.entry(CENTRE, transfer.get("centre"))
    if sender is None or sender.state != "trusted":
        raise ActRefused(
            "recipient", f"centre {transfer.get('centre')} is not trusted. Nothing is taken from it."
        )
    return TrustList(1, now, (trusted_of(sender),))


def last_received(state: State, centre_id: str) -> int:
    """Return the number of the last file that came from another centre, 0 before the first."""
    numbers = [entry.get("seq") or 0 for entry in state.where(TRANSFER, centre=centre_id, direction="in")]
    return max([0, *numbers])


def received_facts(transfer: Entry, registers: Sequence[KeyRegister]) -> dict[str, Any]:
    """Return what the register keeps of keys that came from another centre: their documents by entry id.

    A key keeps the id that it had there; the owner has signed it.
    """
    kept = [entry_id for entry_id, said in _names(transfer) if said["state"] in KEPT]
    ids = {KeyRef.parse(one.partition(".")[0]): one for one in kept}
    return {ids.get(register.ref, str(register.ref)): register_document(register) for register in registers}


def _names(transfer: Entry) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted((transfer.get("names") or {}).items())


@dataclass(frozen=True, slots=True)
class Brought:
    """A key that came from another centre. here: its entry, None where it was not known.

    said: its state there, as the owner has signed it; empty where he has not.
    """

    entry_id: str
    register: KeyRegister
    here: Entry | None
    said: str

    def fault(self, look: Look) -> str:
        """Return why the key does not fit here, empty where it does."""
        register, ref = self.register, self.register.ref
        krns = look.after.get("krns") or ()
        group = look.other("supply_group", str(look.after.get("sgc")))
        if ref.sgc != group.entry_id or (krns and int(ref.krn) not in krns):
            return f"The transfer is not about {ref}."
        if register.kt != KEY_TYPES[group.get("kind")] or register.clu != (group.get("cluster") or 0):
            return f"{ref} has another type or cluster than {group} here."
        if look.state.rehearsal_days and not register.test:
            return f"{ref} is not marked test, and this centre rehearses."
        if self.said not in KEPT:
            return f"The owner has not signed that the other centre has {self.entry_id}."
        taken = why_name_is_taken(look.state, ref, self.entry_id, look.after)
        if self.here is None or taken:
            return taken
        if self.here.state not in KEPT:
            return f"{self.here} is {self.here.state} here, and is not brought back."
        if self.here.get("check_value") != register.check_value.value:
            return f"{self.here} is another key than the one that came: its check value is another."
        return ""

    def entry(self, look: Look) -> Entry:
        """Return the entry of the register as it is after the transfer."""
        ended = self.register.key_change_only
        if self.here is None:
            state = self.said if self.said in BURNT else "deactivated" if ended else "pre_active"
            values = EMPTY | received_values(self.register) | {"transfer": look.after.entry_id}
            return Entry(VENDING_KEY, self.entry_id, 1, state, values, look.now, look.by)
        told = received_values(self.register)
        changed = {name: told[name] for name in ("act", "iut", "ken", "ulm", "clm", "services")}
        there = self.said if self.said in BURNT or not ended else "deactivated"
        return look.moved(self.here, state_after(self.here.state, there) or None, **changed)


def told_of(look: Look, besides: Collection[str] = ()) -> tuple[Entry, ...]:
    """Return keys of here that are compromised or have ended at the other centre, as they are after that.

    besides: ids of keys that the transfer itself brings.
    """
    found = []
    for entry_id, said in _names(look.after):
        here = look.state.entry(VENDING_KEY, entry_id)
        state = "" if here is None or entry_id in besides else state_after(here.state, said["state"])
        if here is not None and state:
            found.append(look.moved(here, state))
    return tuple(found)


def brought_by(state: State, transfer: Entry) -> tuple[Brought, ...]:
    """Return the keys that a transfer brought, from what its entry keeps of them. Raises FieldError."""
    said = dict(_names(transfer))
    return tuple(
        Brought(
            entry_id,
            read_register(document),
            state.entry(VENDING_KEY, entry_id),
            said.get(entry_id, {}).get("state", ""),
        )
        for entry_id, document in sorted((transfer.get("keys") or {}).items())
    )


def received_values(register: KeyRegister) -> dict[str, Any]:
    """Return what a register says, as values of an entry."""
    return {
        "sgc": str(register.ref.sgc),
        "krn": int(register.ref.krn),
        "kt": int(register.kt),
        "base_date": register.base_date.value,
        "ken": int(register.ken),
        "bits": register.key_bits,
        "dkga": None if register.dkga is None else register.dkga.value,
        "eas": sorted(ea.value for ea in register.eas),
        "act": canonical.write_moment(register.act),
        "iut": canonical.write_moment(register.iut),
        "ulm": register.ulm,
        "clm": register.clm,
        "services": sorted(service.name.lower() for service in register.services),
        "clu": register.clu,
        "test": register.test,
        "check_value": register.check_value.value,
        "check_algorithm": register.check_value.algorithm,
    }
