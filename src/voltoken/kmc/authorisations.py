"""What owners of supply groups sign: which module may have which keys, and which centre may hold them.

The centre decides nothing here. The owner writes down what is permitted, signs it with a key of his own, and
the centre checks the signature when it takes the document in and again whenever it gives out a key. The id
of the document and of the centre are signed with it: what was withdrawn is not taken in again under another
id, and is worth nothing in another centre, not even in one of the same name: the first line of its log, or
in a transfer the keys of both centres, are in the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voltoken import canonical
from voltoken.access import verify
from voltoken.kmc.keys import moment_of, services_of
from voltoken.kmc.signing_keys import CENTRE, identity_of
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import KeyRef
from voltoken.security.keyload import exchange_fingerprint
from voltoken.sts import Service

AUTHORISATION: Final = "authorisation"
AUTHORISATION_DOMAIN: Final = "voltoken-authorisation/1"
TRANSFER_DOMAIN: Final = "voltoken-transfer/1"
HANDOVER_DOMAIN: Final = "voltoken-handover/1"
OWNER_DOMAINS: Final = (AUTHORISATION_DOMAIN, TRANSFER_DOMAIN, HANDOVER_DOMAIN)
"""The formats of all documents that owners sign."""
AUTHORISED: Final = (
    *("sgc", "krns", "module", "use", "begin", "end", "ulm", "clm", "services", "refresh_days"),
)
"""The fields of an authorisation that its owner signs: all but the signature."""
FULL_USE: Final = "full"
KEY_CHANGE_ONLY: Final = "key_change_only"


@dataclass(frozen=True, slots=True)
class Authorisation:
    """An authorisation as the owner gave it. krns: empty for all. full: credit as well as key changes.

    ulm, clm: the most units and money, as in ``KeyRegister``. digest: of what was signed, which travels
    with the key.
    """

    entry_id: str
    sgc: str
    krns: frozenset[int]
    module: str
    full: bool
    begin: datetime
    end: datetime
    ulm: int
    clm: int
    services: frozenset[Service]
    refresh_days: int
    digest: str

    @classmethod
    def of(cls, state: State, entry: Entry) -> Authorisation:
        """Return the authorisation of an entry of a centre. Raises FieldError where its values are none."""
        get = entry.get
        return cls(
            entry_id=entry.entry_id,
            sgc=get("sgc"),
            krns=frozenset(get("krns") or ()),
            module=get("module"),
            full=get("use") == FULL_USE,
            begin=moment_of(entry, "begin"),
            end=moment_of(entry, "end"),
            ulm=get("ulm"),
            clm=get("clm"),
            services=services_of(entry),
            refresh_days=get("refresh_days"),
            digest=canonical.digest(authorisation_document(state, entry), AUTHORISATION_DOMAIN),
        )

    def covers(self, ref: KeyRef) -> bool:
        """Whether it is about a key, whatever the time."""
        return self.sgc == ref.sgc and (not self.krns or int(ref.krn) in self.krns)


def authorisation_document(state: State, entry: Entry) -> dict[str, Any]:
    """Return what the owner of a supply group signs."""
    signed = {name: entry.get(name) for name in AUTHORISED}
    return {
        "format": AUTHORISATION_DOMAIN,
        "centre": state.centre_id,
        "birth": state.birth,
        "id": entry.entry_id,
    } | signed


def transfer_document(state: State, entry: Entry) -> dict[str, Any]:
    """Return what the owner of a supply group signs for its keys to go from one centre to another.

    It reads the same in both centres, although the one sends and the other receives.
    """
    own = (state.centre_id, _fingerprint(state.created.get("exchange_key")))
    other = str(entry.get("centre")), _fingerprint_of(state, str(entry.get("centre")))
    sender, receiver = (own, other) if entry.get("direction") == "out" else (other, own)
    return {
        "format": TRANSFER_DOMAIN,
        "sgc": entry.get("sgc"),
        "from": sender[0],
        "from_key": sender[1],
        "to": receiver[0],
        "to_key": receiver[1],
        "krns": entry.get("krns"),
        "moves_home": entry.get("moves_home"),
        "agreed_on": entry.get("agreed_on"),
        "names": entry.get("names"),
        "keys": entry.get("direction") != "take_over",
    }


def _fingerprint(point: str | None) -> str | None:
    """Return the fingerprint of a centre's exchange key, None where it has none. point: in hexadecimal."""
    return None if point is None else exchange_fingerprint(bytes.fromhex(point))


def _fingerprint_of(state: State, centre_id: str) -> str | None:
    centre = state.entry(CENTRE, centre_id)
    point = None if centre is None else identity_of(centre).exchange_key
    return None if point is None else exchange_fingerprint(point)


def agreement_id(state: State, entry: Entry) -> str:
    """Return what the file of a transfer names in its header: 40 digits of the hash of what was signed.

    So a file is good for the one agreement that it was made for.
    """
    return canonical.digest(transfer_document(state, entry), TRANSFER_DOMAIN)[:40]


def owner_message(document: Mapping[str, Any]) -> bytes:
    """Return the bytes that an owner signs for one of these documents."""
    return f"{document['format']}|{canonical.write(document)}".encode("ascii")


def owner_has_signed(state: State, sgc: str, document: Mapping[str, Any], signature: str) -> bool:
    """Whether the present owner of a supply group has signed a document.

    signature: hexadecimal digits. False as well where group, owner or his key is not known.
    """
    group = state.entry("supply_group", sgc)
    owner = None if group is None else state.entry("organisation", str(group.get("owner")))
    key = None if owner is None else owner.get("owner_key")
    if not key:
        return False
    return verify(bytes.fromhex(key), owner_message(document), bytes.fromhex(signature))


def fault_of(state: State, entry: Entry, now: datetime) -> str:
    """Return why an authorisation permits nothing at a moment; empty where it does.

    One that has not begun permits nothing yet to the module, and may be acted upon: the key carries the date.
    """
    if entry.state != "granted":
        return f"{entry} is {entry.state}"
    if now >= moment_of(entry, "end"):
        return f"{entry} ended on {moment_of(entry, 'end'):%Y-%m-%d}"
    document = authorisation_document(state, entry)
    if not owner_has_signed(state, entry.get("sgc"), document, entry.get("signature")):
        return f"{entry} is not signed by the present owner of supply group {entry.get('sgc')}"
    return ""


def for_module(state: State, module_id: str) -> Iterator[tuple[Authorisation, Entry]]:
    """Yield all authorisations that a module ever had, in order of their ids."""
    for entry in state.where(AUTHORISATION, module=module_id):
        yield Authorisation.of(state, entry), entry
