"""Vending keys as a centre has them: what an entry of the register means, without the bytes of any key.

A key has two ends. Credit ends where its TIDs end (KEN on its base date) or at IUT, whichever comes first;
tokens that move a meter away to another key carry no TID and go on until IUT. The states are those of NIST
SP 800-57; what each one still permits is in ``FULL`` and ``MOVING``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from voltoken import canonical
from voltoken.errors import FieldError
from voltoken.kmc.kinds import Kind, pattern
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import KeyRef, KeyRegister, is_published
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    BaseDate,
    KeyCheckValue,
    KeyType,
    Service,
    key_check_value,
    odd_parity,
)

VENDING_KEY: Final = "vending_key"
UNMADE: Final = frozenset({"requested", "withdrawn"})
"""States in which there are no bytes yet, and never were."""
FULL: Final = frozenset({"pre_active", "active"})
"""States in which a key may be given out for credit and key changes."""
MOVING: Final = frozenset({"deactivated", "compromised"})
"""States in which it may still be given out to move meters away from it, and for nothing else."""
KEPT: Final = FULL | MOVING | {"suspended"}
"""States in which the centre has the bytes."""
GONE: Final = frozenset({"withdrawn", "destroyed", "destroyed_compromised"})
"""States in which the entry no longer stands for the name of its key."""
KEN_PERIOD: Final = timedelta(minutes=1 << 16)
"""What one step of a KEN stands for: 45.51 days."""

KEY_REF: Final[Kind] = pattern("key", r"[0-9]{6}/[1-9]", "SGC/KRN, such as 123456/2")
KEY_ID: Final[Kind] = pattern(
    "key",
    r"[0-9]{6}/[1-9](\.([2-9]|[1-9][0-9]))?",
    "SGC/KRN, such as 123456/2, or 123456/2.2 for the second key of that name",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a key is good for at a moment. Each text says why not, and is empty where it is good.

    credit_until, changes_until: the ends, whether or not they are over.
    """

    credit_until: datetime
    changes_until: datetime
    no_credit: str
    no_changes: str


@dataclass(frozen=True, slots=True)
class VendingKey:
    """An entry of the register as a key. Attributes keep the standard's symbols, as in ``KeyRegister``.

    exp: the centre gives it to nobody after. refresh_days: a module must be given it anew so often.
    check_value: None before it was made.
    """

    entry_id: str
    state: str
    ref: KeyRef
    kt: KeyType
    base_date: BaseDate
    ken: KEN
    bits: int
    dkga: DKGA
    eas: frozenset[EA]
    act: datetime
    iut: datetime
    exp: datetime
    refresh_days: int
    ulm: int
    clm: int
    services: frozenset[Service]
    clu: int
    test: bool
    check_value: KeyCheckValue | None

    @classmethod
    def of(cls, entry: Entry) -> VendingKey:
        """Return the key of an entry. Raises FieldError where its values are none of a key."""
        get = entry.values.get
        value, iut = get("check_value"), moment_of(entry, "iut")
        return cls(
            entry_id=entry.entry_id,
            state=entry.state,
            ref=ref_of(entry),
            kt=KeyType(get("kt", -1)),
            base_date=BaseDate(get("base_date", "")),
            ken=KEN(get("ken", 255)),
            bits=int(get("bits", 0)),
            dkga=DKGA(get("dkga", "")),
            eas=frozenset(EA(one) for one in get("eas", ())),
            act=moment_of(entry, "act"),
            iut=iut,
            exp=iut if get("exp") is None else moment_of(entry, "exp"),
            refresh_days=int(get("refresh_days", 90)),
            ulm=int(get("ulm", 0)),
            clm=int(get("clm", 0)),
            services=services_of(entry),
            clu=int(get("clu", 0)),
            test=get("test") is True,
            check_value=None if value is None else KeyCheckValue(value, str(get("check_algorithm"))),
        )

    @property
    def credit_end(self) -> datetime:
        """The first moment whose TID its KEN no longer admits, or IUT where that is earlier."""
        return min(self.base_date.instant + (self.ken + 1) * KEN_PERIOD, self.iut)

    def standing(self, now: datetime) -> Standing:
        """Return what the key is good for, with the reasons why not."""
        no_changes = ""
        if self.state not in FULL | MOVING:
            no_changes = f"the key is {self.state}"
        elif now < self.act:
            no_changes = f"it becomes active on {self.act:%Y-%m-%d}"
        elif now >= self.iut:
            no_changes = f"it ended on {self.iut:%Y-%m-%d} (IUT)"
        no_credit = no_changes
        if not no_credit and self.kt is KeyType.DDTK:
            no_credit = "a default key never makes credit"
        elif not no_credit and self.state in MOVING:
            no_credit = f"the key is {self.state}: it only moves meters away"
        elif not no_credit and now >= self.credit_end:
            no_credit = f"its TIDs ended on {self.credit_end:%Y-%m-%d} (KEN {self.ken:d})"
        return Standing(self.credit_end, self.iut, no_credit, no_changes)

    def register(
        self,
        *,
        act: datetime,
        iut: datetime,
        ulm: int,
        clm: int,
        services: frozenset[Service],
        key_change_only: bool,
    ) -> KeyRegister:
        """Return it as a register for somebody, within what the key itself permits.

        Raises FieldError where nothing is left (``iut`` not after ``act``), or it was never made.
        """
        if self.check_value is None:
            raise FieldError("check_value", None, "that of a key that was made")
        return KeyRegister(
            ref=self.ref,
            kt=self.kt,
            dkga=self.dkga,
            eas=self.eas,
            base_date=self.base_date,
            ken=self.ken,
            key_bits=self.bits,
            check_value=self.check_value,
            act=max(act, self.act),
            iut=min(iut, self.iut),
            ulm=0 if key_change_only else min(ulm, self.ulm),
            clm=0 if key_change_only else min(clm, self.clm),
            services=frozenset() if key_change_only else services & self.services,
            clu=self.clu,
            key_change_only=key_change_only or self.state in MOVING,
            test=self.test,
        )


def ref_of(entry: Entry) -> KeyRef:
    """Return the name that a key has in modules and meters. Raises FieldError."""
    return KeyRef(SGC(entry.get("sgc")), KRN(entry.get("krn")))


def services_of(entry: Entry) -> frozenset[Service]:
    """Return the credit that an entry permits."""
    return frozenset(Service[name.upper()] for name in entry.values.get("services") or ())


def moment_of(entry: Entry, name: str) -> datetime:
    """Return a field of an entry as a moment. Raises FieldError where it is none."""
    moment = canonical.read_moment(entry.get(name))
    if moment is None:
        raise FieldError(name, entry.get(name), "a moment in UTC")
    return moment


def generation_of(entry_id: str) -> int:
    """Return 1 for the first key of its name, 2 for the next."""
    return int(entry_id.partition(".")[2] or 1)


def all_of(state: State, sgc: str, krn: int | None = None) -> tuple[Entry, ...]:
    """Return the keys of a supply group, or of one name, in the order in which they were asked for."""
    found = state.where(VENDING_KEY, sgc=sgc) if krn is None else state.where(VENDING_KEY, sgc=sgc, krn=krn)
    return tuple(sorted(found, key=lambda entry: (entry.get("krn"), generation_of(entry.entry_id))))


def living(state: State, ref: KeyRef) -> Entry | None:
    """Return the entry that stands for a name now: the one key of it that is neither gone nor withdrawn."""
    return next((one for one in all_of(state, str(ref.sgc), int(ref.krn)) if one.state not in GONE), None)


def secret_name(entry_id: str) -> str:
    """Return under which name the bytes of a key are kept."""
    return f"{VENDING_KEY}/{entry_id}"


def fresh(bits: int, random: bytes) -> bytes:
    """Return a new key of 64 or 160 bits from as many random bytes; one of 64 gets odd parity."""
    if len(random) * 8 != bits:
        raise FieldError("random", len(random), f"{bits // 8} bytes")
    return odd_parity(random) if bits == 64 else random


def facts_of(key: VendingKey, secret: bytes) -> Mapping[str, Any]:
    """Return what the register keeps of a key that was just made.

    Raises FieldError for another length, or for published bytes under a key that is not marked test.
    """
    if len(secret) * 8 != key.bits:
        raise FieldError("components", len(secret) * 8, f"{key.bits} bits")
    if not key.test and is_published(secret):
        raise FieldError("components", "the key they make", "a key that is not published, or marked test")
    found = key_check_value(secret)
    return {"check_value": found.value, "check_algorithm": found.algorithm}
