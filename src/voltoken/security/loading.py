"""What a module does with centres and their key files, as decisions: whom it trusts, what it takes in.

``open_file`` of ``keyload`` has verified a file before anything here looks at it. What remains is what this
module may hold: the rules for a key that comes in components apply, and some more, because nobody stands
beside a file. A file is taken as a whole or not at all.

A key that is there already with the same bytes is refreshed: dates, limits, services, algorithms and KEN are
replaced, its counters go on. A file never changes what a key is, never makes a test key live, and never gives
credit back to a key that was left to key changes. Nor do two files: what a file has revoked stays known, and
its name comes back only as the key that it was. Whoever means more deletes the key first, which is an act of
keepers; so is loading it anew from components.

A key belongs to the centre whose file brought it, also after that centre revoked it. As long as the module
trusts that centre, files of others leave the name alone. A key that keepers put in belongs to them: a file
that brings the same bytes refreshes it, and none replaces or revokes it. Names that nobody has are free: a
module does not know which centre may bring keys of which supply group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from voltoken.errors import FieldError, KeyFileError, RuleError
from voltoken.security.custody import check_algorithms, may_hold
from voltoken.security.keyload import (
    Held,
    KeyFile,
    KeyRecord,
    LoadedKey,
    LoadReceipt,
    LoadRequest,
    Opened,
    TrustedCentre,
    TrustList,
    read_centre,
    read_trust,
    write_trust,
)
from voltoken.security.records import (
    FiledKey,
    KeyFileLoaded,
    KeyLoaded,
    KeyRefreshed,
    KeyRevoked,
    LoadRequested,
    Record,
    TrustSet,
)
from voltoken.security.refusals import Refusal, refuse
from voltoken.security.settings import ModuleSettings
from voltoken.security.state import State
from voltoken.security.values import KeyRef, KeyRegister, ModuleRole
from voltoken.security.vault import made_of
from voltoken.sts import DKGA, KeyType

NOBODY: Final = TrustList(1, datetime(1970, 1, 1, tzinfo=UTC), ())
"""The list of a module that was never told whom to trust."""

_LASTING: Final = ("kt", "dkga", "base_date", "key_bits", "clu", "test")
"""What a key is: no file changes these."""

Holds = Callable[[KeyRef, bytes], bool]
"""Whether a key of a name has these very bytes; asked for keys that are there, or that a file has revoked."""

Mark = Callable[[KeyRef], bytes]
"""Return the mark by which the bytes of a key that is there are known again; see ``KeyRevoked``."""


@dataclass(frozen=True, slots=True)
class FileDecision:
    """That a file is loaded. records: on the disk, all or none, before the receipt leaves.

    put: what the vault takes in, with the bytes. drop: what it forgets.
    """

    records: tuple[Record, ...] = field(repr=False)
    put: tuple[tuple[KeyRegister, bytes], ...] = field(repr=False)
    drop: tuple[KeyRef, ...]
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Desk:
    """Who loads a file, where and when.

    by: who. now: the module's clock. hardware: keys for DKGA04 go into a hardware token. holds, mark: see
    ``Holds`` and ``Mark``. sign: makes a signed receipt.
    """

    by: str
    now: datetime
    hardware: bool
    holds: Holds
    sign: Callable[[LoadReceipt], bytes]
    mark: Mark

    def other(self, state: State, owner: str | None, key: KeyRef, centre: str) -> Refusal | None:
        """Say why a file of a centre leaves a key alone: it belongs to others. owner: None for keepers."""
        if owner == centre:
            return None
        found = None if owner is None else trust_of(state).centre(owner)
        if owner is not None and (found is None or not found.valid(self.now)):
            return None
        whom = "the keepers who loaded it" if owner is None else owner
        return refuse("custody.other_centre", key=str(key), owner=whom, centre=centre)


def trust_of(state: State) -> TrustList:
    """Return the centres that a module trusts. Raises KeyFileError when what is kept is damaged."""
    found = state.trust()
    return NOBODY if found is None else read_trust(found.document.encode())


def set_trust(state: State, document: bytes, now: datetime, *, by: str) -> TrustSet | Refusal:
    """Decide whom the module trusts from now on.

    document: a whole list, whose version must be higher than that of the present one; or the identity of one
        centre, which is added, or takes the place of what was known of it. Whoever decides this has compared
        the fingerprint with one that came on another way.
    Raises KeyFileError for anything else.
    """
    before = state.trust()
    known = trust_of(state)
    try:
        centre = TrustedCentre.of(read_centre(document))
    except KeyFileError as error:
        if error.reason != "format":
            raise
        wanted = read_trust(document)
    else:
        wanted = TrustList(1, now, (centre,)) if before is None else known.with_centre(centre, now)
    if before is not None and wanted.version <= known.version:
        return refuse("custody.trust_version", version=wanted.version, known=known.version)
    return TrustSet(wanted.version, write_trust(wanted).decode(), by)


def ask_for_keys(
    settings: ModuleSettings,
    state: State,
    centre_id: str,
    wanted: tuple[KeyRef, ...],
    request_id: str,
    now: datetime,
    *,
    by: str,
) -> tuple[LoadRequest, LoadRequested] | Refusal:
    """Decide that a centre is asked for keys. request_id: a new one.

    Returns what is to be signed, and the record. Raises FieldError for names that are none, or twice.
    """
    trusted = trust_of(state)
    centre = trusted.centre(centre_id)
    if centre is None or not centre.valid(now):
        names = ", ".join(one.centre_id for one in trusted.centres if one.valid(now)) or "none"
        return refuse("custody.untrusted", centre=f"{centre_id:.40}", names=names)
    held = tuple(Held(one.ref, one.check_value.value, one.act, one.iut) for one in state.registers())
    before = state.last_file(centre_id)
    last = 0 if before is None else before.seq
    request = LoadRequest(settings.module_id, centre_id, request_id, wanted, last, held, now)
    return request, LoadRequested(request_id, centre_id, by)


def receipt_again(state: State, file: KeyFile) -> bytes | None:
    """Return the receipt of a file that was the last of its centre already; None for every other file."""
    before = state.last_file(file.header.kmc_id)
    same = before is not None and (before.seq, before.digest) == (file.header.seq, file.digest)
    return before.receipt if before is not None and same else None


def open_requests(state: State, centre_id: str) -> frozenset[str]:
    """Return the ids of the requests to a centre that are open."""
    return frozenset(name for name, centre in state.load_requests().items() if centre == centre_id)


def load_file(settings: ModuleSettings, state: State, opened: Opened, desk: Desk) -> FileDecision | Refusal:
    """Decide whether a verified file is loaded: every key of it, or none."""
    header = opened.header
    taken: list[KeyLoaded | KeyRefreshed] = []
    for record in opened.records:
        found = _take(settings, state, record, desk, header.kmc_id)
        if isinstance(found, Refusal):
            return found
        taken.append(found)
    drop = tuple(ref for ref in opened.revoked if state.register(ref) is not None)
    for ref in drop:
        refusal = desk.other(state, state.owner(ref), ref, header.kmc_id)
        if refusal is not None:
            return refusal
    receipt = desk.sign(_receipt(settings, opened, desk.now))
    loaded = KeyFileLoaded(
        header.kmc_id,
        header.seq,
        header.file_id,
        opened.digest,
        header.request_id,
        tuple(_filed(record) for record in opened.records),
        opened.revoked,
        receipt,
        desk.by,
    )
    put = tuple((one.register, record.secret) for one, record in zip(taken, opened.records, strict=True))
    revoked = (KeyRevoked(ref, header.kmc_id, desk.mark(ref)) for ref in drop)
    return FileDecision((*revoked, *taken, loaded), put, drop, receipt)


def _take(
    settings: ModuleSettings, state: State, record: KeyRecord, desk: Desk, centre: str
) -> KeyLoaded | KeyRefreshed | Refusal:
    """Decide about one key of a file of a centre."""
    register, secret = record.register, record.secret
    try:
        check_algorithms(register)
        made_of(register, secret)
    except (FieldError, RuleError) as error:
        return refuse("custody.algorithms", key=str(register.ref), why=error.message)
    refusal = may_hold(settings, register, secret) or _default(settings, register)
    if refusal is not None:
        return refusal
    known = state.register(register.ref)
    refusal = _against(state, known, record, desk, centre)
    if refusal is not None:
        return refusal
    if known is None:
        inside = desk.hardware and register.dkga is DKGA.DKGA04  # which has keys of 160 bits only
        return KeyLoaded(replace(register, in_hardware=inside), None if inside else secret, centre)
    inside = known.in_hardware
    owner = None if state.owner(register.ref) is None else centre
    return KeyRefreshed(replace(register, in_hardware=inside), None if inside else secret, owner)


def _against(
    state: State, known: KeyRegister | None, record: KeyRecord, desk: Desk, centre: str
) -> Refusal | None:
    """Say what the module knows of a key that speaks against a file's. known: what it holds."""
    ref = record.register.ref
    if known is None:
        gone = state.revoked(ref)
        if gone is None:
            return None
        return desk.other(state, gone.centre, ref, centre) or _unlike(gone.register, record, desk.holds)
    owner = state.owner(ref)
    if owner is None and _is_same(known, record, desk.holds):
        return _unlike(known, record, desk.holds)
    return desk.other(state, owner, ref, centre) or _unlike(known, record, desk.holds)


def _default(settings: ModuleSettings, register: KeyRegister) -> Refusal | None:
    """Default keys are for factories; a vending module needs one only to lead meters away from it."""
    vending = settings.role is ModuleRole.VENDING
    if vending and register.kt is KeyType.DDTK and not register.key_change_only:
        return refuse("custody.default_key", key=str(register.ref))
    return None


def _is_same(known: KeyRegister, record: KeyRecord, holds: Holds) -> bool:
    """Whether a file brings the very key that is known."""
    return record.register.check_value == known.check_value and holds(known.ref, record.secret)


def _unlike(known: KeyRegister, record: KeyRecord, holds: Holds) -> Refusal | None:
    """Say why a key that is known cannot become what a file says. known: as it is, or was when revoked."""
    register, key = record.register, str(known.ref)
    if not _is_same(known, record, holds):
        return refuse("custody.other_key", key=key, known=known.check_value.value)
    changed = [name for name in _LASTING if getattr(register, name) != getattr(known, name)]
    if changed:
        return refuse("custody.lasting", key=key, names=", ".join(changed))
    if known.key_change_only and not register.key_change_only:
        return refuse("custody.credit_back", key=key)
    return None


def _receipt(settings: ModuleSettings, opened: Opened, now: datetime) -> LoadReceipt:
    header = opened.header
    return LoadReceipt(
        settings.module_id,
        header.kmc_id,
        header.file_id,
        header.seq,
        opened.digest,
        now,
        tuple(_loaded(record.register for record in opened.records)),
        opened.revoked,
    )


def _loaded(registers: Iterable[KeyRegister]) -> Iterable[LoadedKey]:
    return (LoadedKey(one.ref, one.check_value.value, one.iut) for one in registers)


def _filed(record: KeyRecord) -> FiledKey:
    return FiledKey(record.register.ref, record.register.check_value.value, record.owner_auth)
