"""What a security module speaks of: keys by name, meters, and the answers it gives.

No value here holds key material. A key is named by supply group and revision (``KeyRef``); what is known
about it stands in its ``KeyRegister``, whose attributes keep the standard's symbols. Every answer that
carries a token says which module made it and, where the module is software, that it is not certified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from voltoken.errors import FieldError
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TCT,
    TI,
    BaseDate,
    KeyCheckValue,
    KeyType,
    MeterPAN,
    Service,
    TokenNumber,
)

NOT_CERTIFIED: Final = "for tests and pilots; not an STS-certified module"
"""What a software module says of itself: in ``info``, when it starts, and in every answer."""

LIMIT_MAX: Final = (1 << 63) - 1
"""The greatest limit and the greatest count a module keeps."""


class ModuleKind(StrEnum):
    """What a security module is made of."""

    SOFTWARE = "software"
    """Keys in the memory of a process."""
    PKCS11 = "pkcs11"
    """160-bit keys in a hardware token, the rest as in software."""
    PRISM = "prism-thrift"
    """A module, or a server of modules, that speaks PrismToken."""
    POOL = "pool"
    """Several modules behind one."""


class ModuleRole(StrEnum):
    """What a module may be used for; it is fixed when the module is made."""

    VENDING = "vending"
    """Sells: credit, management and key changes, never a meter's first key."""
    MANUFACTURING = "manufacturing"
    """Brings meters from their first key to others; never makes credit."""


@dataclass(frozen=True, slots=True, order=True)
class KeyRef:
    """Which vending key: supply group code and key revision number. A first key (DITK) is named alike."""

    sgc: SGC
    krn: KRN

    def __post_init__(self) -> None:
        """Check the types. Raises FieldError."""
        if self.sgc.__class__ is not SGC:
            raise FieldError("sgc", self.sgc, "an SGC")
        if self.krn.__class__ is not KRN:
            raise FieldError("krn", self.krn, "a KRN")

    def __str__(self) -> str:
        """Return e.g. ``123456/1``."""
        return f"{self.sgc}/{self.krn:d}"

    @classmethod
    def parse(cls, text: str) -> KeyRef:
        """Read the form of ``str()``. Raises FieldError."""
        sgc, bar, krn = text.partition("/") if isinstance(text, str) else ("", "", "")
        if not bar or len(krn) != 1 or not (krn.isascii() and krn.isdigit()):
            raise FieldError("key", text, "SGC/KRN, such as 123456/1")
        return cls(SGC(sgc), KRN(int(krn)))


@dataclass(frozen=True, slots=True)
class KeyRegister:
    """Everything about a key but its bytes.

    kt: type of the decoder keys made from it; with DITK the key is itself a decoder key and has no dkga.
    dkga, eas: how decoder keys are made, and for which encryption algorithms.
    base_date, ken: its TIDs count from there, and the upper 8 bits of its last TID.
    key_bits: 64, 128 or 160. check_value: identifies the key.
    act, iut: it makes nothing before activation, nothing after issued-until; both aware.
    ulm: the most units, in steps of a transfer amount (0.1 kWh), that may ever be made under it here.
    clm: the same for money, in steps of 0.00001. Nothing is unlimited.
    services: the subclasses of credit it may make.
    clu: its cluster; no key change leads into another one.
    key_change_only: it moves meters away and makes nothing else.
    test: its bytes are published or made up. Tokens under it are worth nothing.
    in_hardware: it lives in a hardware token.
    Raises FieldError for values that do not go together.
    """

    ref: KeyRef
    kt: KeyType
    dkga: DKGA | None
    eas: frozenset[EA]
    base_date: BaseDate
    ken: KEN
    key_bits: int
    check_value: KeyCheckValue
    act: datetime
    iut: datetime
    ulm: int = 0
    clm: int = 0
    services: frozenset[Service] = frozenset()
    clu: int = 0
    key_change_only: bool = False
    test: bool = False
    in_hardware: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked without the key."""
        if (self.dkga is None) != (self.kt is KeyType.DITK):
            raise FieldError("dkga", self.dkga, "given for a vending key, and absent for a first key (DITK)")
        if not self.eas:
            raise FieldError("eas", None, "at least one encryption algorithm")
        for name, moment in (("act", self.act), ("iut", self.iut)):
            if moment.tzinfo is None:
                raise FieldError(name, moment.isoformat(), "a datetime with a time zone")
        if self.iut <= self.act:
            raise FieldError("iut", self.iut.isoformat(), f"after the activation, {self.act.isoformat()}")
        for name, limit in (("ulm", self.ulm), ("clm", self.clm), ("clu", self.clu)):
            if limit.__class__ is not int or not 0 <= limit <= LIMIT_MAX:
                raise FieldError(name, limit, f"a whole number 0 to {LIMIT_MAX}")


@dataclass(frozen=True, slots=True)
class Usage:
    """What was made under a key in this module so far: steps of units and steps of money."""

    units: int = 0
    money: int = 0


@dataclass(frozen=True, slots=True)
class MeterId:
    """A meter as the vending side knows it.

    ti: its present tariff index. ken: the expiry number it holds, None where that is not known.
    test: it is virtual or in a laboratory; nobody loses money when it refuses a token.
    Raises FieldError for other types.
    """

    pan: MeterPAN
    ea: EA
    tct: TCT
    ti: TI
    ken: KEN | None = None
    test: bool = False

    def __post_init__(self) -> None:
        """Check the types: plain strings would skip their checks."""
        if (
            self.pan.__class__ is not MeterPAN
            or self.ea.__class__ is not EA
            or self.tct.__class__ is not TCT
            or self.ti.__class__ is not TI
            or (self.ken is not None and self.ken.__class__ is not KEN)
            or self.test.__class__ is not bool
        ):
            for name, kind in (("pan", MeterPAN), ("ea", EA), ("tct", TCT), ("ti", TI)):
                if getattr(self, name).__class__ is not kind:
                    raise FieldError(name, getattr(self, name), f"a {kind.__name__}")
            if self.test.__class__ is not bool:
                raise FieldError("test", self.test, "True or False")
            raise FieldError("ken", self.ken, "a KEN or None")
        MeterPAN(str(self.pan))  # one that was made without its check digits is for laboratories


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that a module has made and has on record.

    token: the 66 bits; shown in full only by its own properties. tid: None for key change sections.
    steps: what the meter will book, after the coding's rounding: units in steps of 0.1, money in steps of
        0.00001; the 16-bit field of a management token; None for key change sections.
    key, check_value: the vending key it was made under. module_id, notice: who made it and what it is.
    meter: whom it was made for, None where that is not known.
    """

    request_id: str
    token: TokenNumber
    token_class: int
    subclass: int
    tid: int | None
    steps: int | None
    key: KeyRef
    check_value: str
    module_id: str
    notice: str
    meter: MeterId | None = None


@dataclass(frozen=True, slots=True)
class KeyChangeSet:
    """A whole key change: enter all tokens, in any order; nothing happens before the last one.

    roll_over: the meter will forget all TIDs. ken, check_value: of the new key.
    """

    request_id: str
    tokens: tuple[IssuedToken, ...]
    roll_over: bool
    new_key: KeyRef
    new_ti: TI
    ken: KEN
    check_value: str
    module_id: str
    notice: str


@dataclass(frozen=True, slots=True)
class MeterTestToken:
    """A token of class 1: made without any key, good for every meter."""

    request_id: str
    token: TokenNumber
    subclass: int
    control: int
    mfr_code: int
    module_id: str
    notice: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What is known about a token that was verified.

    on_record: this module made it. Otherwise it was decrypted, and says only that somebody with the key, or
        luck, has made it. request_id: of the request, for the client who made it; None for others.
    """

    token_class: int
    subclass: int
    tid: int | None
    steps: int | None
    request_id: str | None
    module_id: str
    notice: str
    on_record: bool


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """What a module says of itself. notice: empty only for a certified module."""

    module_id: str
    kind: ModuleKind
    role: ModuleRole
    firmware: str
    notice: str
    sta_tables: str
    measures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ModuleStatus:
    """How a module is at the moment.

    state: ``sealed``, ``ready`` or ``failed``. now: its clock. issued: answers with tokens so far.
    alerts: what a person should look at, as sentences.
    """

    module_id: str
    state: str
    now: datetime
    issued: int
    alerts: tuple[str, ...]


Answer = IssuedToken | KeyChangeSet | MeterTestToken
"""What a request that makes tokens is answered with."""
