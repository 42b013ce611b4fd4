"""The lines of the log: one for every record, so that nothing a module does leaves no line.

A line is JSON in its one form: ``seq``, ``at``, ``kind``, ``facts``, and ``alarm`` where a person should
look. Records that change what the module remembers have kinds of their own, which no ``Event`` may use:
whoever verifies a log counts on them. A line holds no token and no answer, but a keyed mark of each token
and a hash of the sealed answer.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from voltoken.drivers.journal import canonical
from voltoken.drivers.journal.registers import move_document, register_document
from voltoken.errors import JournalError
from voltoken.security import (
    KINDS,
    ApprovalGranted,
    ApprovalUsed,
    Event,
    Issued,
    KeyFileLoaded,
    KeyLoaded,
    KeyMove,
    KeyRefreshed,
    LoadRequested,
    Revoked,
    TrustSet,
    UnknownTried,
)

ISSUED: Final = "issued."
"""Before the kind of the request in the kind of its line."""
KEY_MOVED: Final = "key.moved"
KEY_LOADED: Final = "key.loaded"
KEY_REFRESHED: Final = "key.refreshed"
KEY_DELETED: Final = "key.deleted"
KEY_REVOKED: Final = "key.revoked"
TRUST_SET: Final = "trust.set"
LOAD_REQUESTED: Final = "keyfile.requested"
FILE_LOADED: Final = "keyfile.loaded"
TRIED: Final = "verify.tried"
GRANTED: Final = "approval.granted"
USED: Final = "approval.used"
CREATED: Final = "journal.created"
"""The first line of every log; it binds the module's id and its public key."""
ROOT_CHANGED: Final = "journal.root_changed"
ZEROISED: Final = "journal.zeroised"
"""All keys and the root key are gone; the log can still be verified."""

SEALED_TOO: Final = frozenset({KEY_DELETED, ZEROISED})
"""Of the lines that are no events, those that a sealed journal takes: it can be zeroised."""

_RESERVED: Final = {
    *(KEY_MOVED, KEY_LOADED, KEY_REFRESHED, KEY_DELETED, KEY_REVOKED, TRIED),
    *(GRANTED, USED),
    *(TRUST_SET, LOAD_REQUESTED, FILE_LOADED),
    *(ISSUED + kind for kind in KINDS.values()),
}
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]{1,32}){0,3}")


class Line(NamedTuple):
    """What a line says. facts: as JSON in its one form."""

    kind: str
    facts: str
    alarm: bool = False

    def body(self, seq: int, at: str) -> str:
        """Return the whole line as it is hashed."""
        alarm = '"alarm":true,' if self.alarm else ""
        return f'{{{alarm}"at":"{at}","facts":{self.facts},"kind":"{self.kind}","seq":{seq}}}'


def is_reserved(kind: str) -> bool:
    """Whether lines of this kind stand for a change of what the module remembers."""
    return kind in _RESERVED or kind.startswith("journal.")


def text_hash(text: str) -> str:
    """Return SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def row_hash(register: str, sealed: bytes, centre: str | None) -> str:
    """Return the hash that a line holds of a row of the table of keys, in hex."""
    parts = (register, "keepers" if centre is None else f"centre {centre}")
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + sealed).hexdigest()


def event_line(event: Event) -> Line:
    """Return the line of an event. Raises JournalError for a kind that is reserved or none."""
    kind = event.kind
    if not isinstance(kind, str) or not _KIND.fullmatch(kind) or is_reserved(kind):
        raise JournalError(
            "An event has a kind of lower-case words with dots between, other than those of the records: "
            f"{kind!r:.60} is none."
        )
    if any(isinstance(fact, Mapping | list | tuple) for fact in event.facts.values()):
        raise JournalError("The facts of an event are plain values: texts, whole numbers, yes, no, nothing.")
    return Line(kind, canonical.write(event.facts), event.alarm)


def issued_line(issued: Issued, sealed: bytes, marks: Sequence[bytes]) -> Line:
    """Return the line of a request that was answered. sealed: its answer as it is kept."""
    quote = canonical.quote
    pan = "null" if issued.pan is None else quote(issued.pan)
    key = "null" if issued.key is None else f'"{issued.key}"'
    base_date = "null" if issued.base_date is None else quote(issued.base_date)
    tid = "null" if issued.tid is None else int(issued.tid)
    shown = ",".join([f'"{mark.hex()}"' for mark in marks])
    # By hand, because a batch has ten thousand of them; a test compares it with canonical.write.
    return Line(
        ISSUED + issued.kind,
        f'{{"answer":"{hashlib.sha256(sealed).hexdigest()}","attempt":{issued.attempt},"base_date":{base_date},'
        f'"client":{quote(issued.client)},"digest":"{issued.digest.hex()}","key":{key},'
        f'"marks":[{shown}],"money":{issued.money},"pan":{pan},"request_id":{quote(issued.request_id)},'
        f'"tid":{tid},"units":{issued.units}}}',
    )


def move_line(move: KeyMove) -> Line:
    """Return the line of a key change."""
    return Line(KEY_MOVED, canonical.write(move_document(move)))


def tried_line(tried: UnknownTried) -> Line:
    """Return the line of an unknown token that was decrypted."""
    facts = {"client": tried.client, "day": tried.day.isoformat(), "pan": tried.pan}
    return Line(TRIED, canonical.write(facts))


def granted_line(granted: ApprovalGranted) -> Line:
    """Return the line of an approval."""
    facts = {
        "by": granted.by,
        "reason": granted.reason,
        "request_hash": granted.request_hash,
        "request_id": granted.request_id,
        "until": canonical.write_moment(granted.until),
    }
    return Line(GRANTED, canonical.write(facts))


def used_line(used: ApprovalUsed) -> Line:
    """Return the line of an approval that was used up."""
    return Line(USED, canonical.write({"request_id": used.request_id}))


def loaded_line(loaded: KeyLoaded | KeyRefreshed, register: str, sealed: bytes) -> Line:
    """Return the line of a key that was loaded, or refreshed by a file. register, sealed: its row."""
    document = register_document(loaded.register)
    row = row_hash(register, sealed, loaded.centre)
    facts = {"centre": loaded.centre, "key": document["key"], "register": document, "row": row}
    return Line(KEY_LOADED if isinstance(loaded, KeyLoaded) else KEY_REFRESHED, canonical.write(facts))


def trust_line(trust: TrustSet) -> Line:
    """Return the line of a list of trust, which holds it whole. Raises JournalError when it is none."""
    found = canonical.read(trust.document)
    if found is None or canonical.write(found) != trust.document:
        raise JournalError("A list of trust is JSON in its one form. Nothing was written.")
    return Line(TRUST_SET, canonical.write({"by": trust.by, "list": found, "version": trust.version}))


def requested_line(asked: LoadRequested) -> Line:
    """Return the line of a request for keys."""
    facts = {"by": asked.by, "centre_id": asked.centre_id, "request_id": asked.request_id}
    return Line(LOAD_REQUESTED, canonical.write(facts))


def file_line(loaded: KeyFileLoaded) -> Line:
    """Return the line of a key file that was loaded."""
    facts = {
        "by": loaded.by,
        "centre_id": loaded.centre_id,
        "digest": loaded.digest,
        "file_id": loaded.file_id,
        "keys": [
            {"check_value": one.check_value, "key": str(one.ref), "owner_auth": one.owner_auth}
            for one in loaded.keys
        ],
        "number": loaded.seq,
        "receipt": hashlib.sha256(loaded.receipt).hexdigest(),
        "request_id": loaded.request_id,
        "revoked": [str(ref) for ref in loaded.revoked],
    }
    return Line(FILE_LOADED, canonical.write(facts))


def deleted_line(key: str) -> Line:
    """Return the line of a key that was deleted. key: its name."""
    return Line(KEY_DELETED, canonical.write({"key": key}))


def revoked_line(revoked: Revoked) -> Line:
    """Return the line of a key that a file took away; its facts are the row that remembers it."""
    document = register_document(revoked.register)
    facts = {"centre": revoked.centre, "key": document["key"], "mark": revoked.mark.hex()}
    return Line(KEY_REVOKED, canonical.write(facts | {"register": document}))


def created_line(identity: Mapping[str, str], root_record: str) -> Line:
    """Return the first line of a log. identity: what the journal says of itself. root_record: its text."""
    return Line(CREATED, canonical.write({**identity, "root": text_hash(root_record)}))


def root_line(kind: str, root_record: str, by: str, reason: str) -> Line:
    """Return the line that says that the root key is kept otherwise from now on, or not at all.

    kind: ROOT_CHANGED or ZEROISED.
    """
    facts = {"by": by, "reason": reason, "root": text_hash(root_record)}
    return Line(kind, canonical.write(facts), kind == ZEROISED)
