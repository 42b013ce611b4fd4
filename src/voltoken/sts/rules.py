"""The standard's rules about which things go together, as tables (IEC 62055-41 clauses 6.5 and 8).

Which key generation with which cipher and key length, which key type may follow which, what each key type
may encrypt, when a key has expired. The codec applies none of them by itself: a test laboratory must be
able to make what a meter has to refuse. Whoever issues for customers calls the ``check_`` functions, which
raise; the ``may_`` functions answer.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from voltoken.errors import FieldError, KeyRefused, RuleError
from voltoken.sts.fields import DKGA, EA, KEN, KRN, SGC, TCT, KeyType
from voltoken.sts.keys import DecoderKey
from voltoken.sts.pan import IIN_TWO_DIGIT, MeterPAN


class Derivation(NamedTuple):
    """What a key generation algorithm takes and makes. caution: what to say to whoever uses it."""

    dkga: DKGA
    vending_key_bits: int
    eas: tuple[EA, ...]
    caution: str = ""


DERIVATIONS: Final = {
    row.dkga: row
    for row in (
        Derivation(
            DKGA.DKGA01,
            64,
            (EA.STA,),
            "DKGA01 is for a few old meters; no published vector confirms our reading of it.",
        ),
        Derivation(DKGA.DKGA02, 64, (EA.STA, EA.DEA)),
        Derivation(
            DKGA.DKGA03,
            128,
            (EA.STA, EA.DEA),
            "DKGA03 was withdrawn in IEC 62055-41 edition 3, and no published vector confirms it.",
        ),
        Derivation(DKGA.DKGA04, 160, (EA.STA, EA.MISTY1)),
    )
}
"""Key generation algorithms: which vending key length and which encryption algorithms."""

EA_CAUTIONS: Final = {EA.DEA: "EA09 (DES) is deprecated since IEC 62055-41 edition 3."}
"""What to say about an encryption algorithm."""

KEY_TYPE_CHANGES: Final = {
    KeyType.DITK: (KeyType.DITK, KeyType.DDTK, KeyType.DUTK, KeyType.DCTK),
    KeyType.DDTK: (KeyType.DDTK, KeyType.DUTK, KeyType.DCTK),
    KeyType.DUTK: (KeyType.DDTK, KeyType.DUTK),
    KeyType.DCTK: (KeyType.DDTK, KeyType.DCTK),
}
"""Key type in the meter -> key types that tokens under it may bring."""

CREDIT_KEY_TYPES: Final = (KeyType.DITK, KeyType.DUTK, KeyType.DCTK)
"""Key types that may encrypt credit (class 0); a DDTK is for meters in stock."""

DKGA01_RANGES: Final = (
    ("01000000000", "01004999999"),
    ("01090000000", "01090004999"),
    ("03000000000", "03114000009"),
    ("04000000000", "04059999999"),
    ("06010000000", "06039999999"),
    ("06400000000", "06419999999"),
    ("06660000000", "06699999999"),
    ("06990000010", "06990009999"),
    ("07000000000", "07020999999"),
)
"""DRNs of the meters that DKGA01 was made for, first and last. Public implementation, unverified."""
DKGA01_COMMON_SGCS: Final = frozenset(("100702", "990400", "990401", "990402", "990403", "990404", "990405"))
"""Supply groups whose common keys use DKGA01. Public implementation, unverified."""

ALGORITHM_CHANGE: Final = (
    "No token changes a meter's encryption algorithm. Moving from EA07 to EA11 means another meter."
)
TARIFF_INDEX_CHANGE: Final = (
    "The tariff index is part of the decoder key: another index is another key, and reaches the meter by "
    "a key change only. A new price list never changes it."
)


def dkga_for_key_length(bits: int) -> DKGA:
    """Return the usual algorithm for a vending key: 02 for 64 bits, 03 for 128, 04 for 160."""
    for row in reversed(DERIVATIONS.values()):
        if row.vending_key_bits == bits:
            return row.dkga
    raise FieldError("vending key length", bits, "64, 128 or 160 bits")


def check_derivation(dkga: DKGA, vending_key_bits: int, ea: EA) -> tuple[str, ...]:
    """Refuse a combination the standard does not have; return what to be cautious about, as sentences.

    Raises RuleError (``derivation``) that names the combinations there are.
    """
    row = DERIVATIONS[dkga]
    if vending_key_bits != row.vending_key_bits or ea not in row.eas:
        eas = " or ".join(f"EA{one.value}" for one in row.eas)
        raise RuleError(
            "derivation",
            f"DKGA{dkga.value} takes a vending key of {row.vending_key_bits} bits and makes keys for {eas}; "
            f"given were {vending_key_bits} bits and EA{ea.value}. 64-bit keys go with DKGA02 and EA07, "
            "160-bit keys with DKGA04 and EA07 or EA11.",
            dkga=dkga.value,
            ea=ea.value,
            vending_key_bits=vending_key_bits,
        )
    return tuple(text for text in (row.caution, EA_CAUTIONS.get(ea, "")) if text)


def dkga01_applies(pan: MeterPAN, kt: KeyType, sgc: SGC, krn: KRN, ea: EA) -> bool:
    """Whether a meter registered as DKGA01 is one that DKGA01 was made for.

    All others that are registered so use DKGA02. Source: public implementation, unverified.
    """
    if ea is not EA.STA or krn != 1 or pan.iin != IIN_TWO_DIGIT:
        return False
    if kt is KeyType.DCTK:
        return sgc in DKGA01_COMMON_SGCS
    return kt is not KeyType.DITK and any(low <= pan.drn <= high for low, high in DKGA01_RANGES)


def dkga_in_force(registered: DKGA, pan: MeterPAN, kt: KeyType, sgc: SGC, krn: KRN, ea: EA) -> DKGA:
    """Return what makes a meter's key: the registered algorithm, but 02 where DKGA01 does not apply."""
    if registered is DKGA.DKGA01 and not dkga01_applies(pan, kt, sgc, krn, ea):
        return DKGA.DKGA02
    return registered


def may_change_key_type(current: KeyType, new: KeyType) -> bool:
    """Whether a key change may lead from one key type to another."""
    return new in KEY_TYPE_CHANGES[current]


def check_key_type_change(current: KeyType, new: KeyType, tct: TCT | None = None) -> None:
    """Raise RuleError (``key_type_change``) when a key change between the types is not permitted.

    tct: the meter's carrier type where known: a common key needs magnetic cards.
    """
    if not may_change_key_type(current, new):
        allowed = ", ".join(kt.name for kt in KEY_TYPE_CHANGES[current])
        raise RuleError(
            "key_type_change",
            f"A meter with a {current.name} cannot be given a {new.name}; allowed are {allowed}.",
            current=current.name,
            new=new.name,
        )
    if tct is not None:
        check_carrier(new, tct)


def check_carrier(kt: KeyType, tct: TCT) -> None:
    """Raise RuleError (``common_key_carrier``) for a common key with anything but magnetic cards."""
    if kt is KeyType.DCTK and not tct.is_magnetic_card:
        raise RuleError(
            "common_key_carrier",
            "A common key (DCTK) goes with erasable magnetic cards (TCT 01) only: a number could be used "
            "in every meter of the group.",
            tct=str(tct),
        )


def check_key_change(current: DecoderKey, new: DecoderKey, *, roll_over: bool) -> None:
    """Refuse a key change that the standard, or common sense about roll-overs, forbids.

    roll_over: whether the set will carry the RO bit.
    Raises RuleError: ``algorithm_change`` (no token changes the EA), ``key_type_change``,
    ``roll_over_same_key`` (old tokens would be good again), ``roll_over_missing`` (all new tokens would be
    older than the meter's memory), ``base_date_back``.
    """
    if current.ea is not new.ea:
        raise RuleError("algorithm_change", ALGORITHM_CHANGE, current=current.ea.value, new=new.ea.value)
    check_key_type_change(current.kt, new.kt)
    if roll_over and current.key == new.key:
        raise RuleError(
            "roll_over_same_key",
            "A roll-over empties the meter's memory of used tokens; under the same key they could all be "
            "entered again. Use a new key revision.",
        )
    before, after = current.base_date.instant, new.base_date.instant
    if after > before and not roll_over:
        raise RuleError(
            "roll_over_missing",
            f"Moving from base date {before.year} to {after.year} makes every new TID smaller than those "
            "the meter remembers, and it would refuse them as old: set the roll-over bit.",
        )
    if after < before:
        raise RuleError(
            "base_date_back",
            f"A meter on base date {before.year} cannot go back to {after.year}: tokens it has used under "
            "the old key would be good again.",
        )


def may_encrypt(kt: KeyType, token_class: int) -> bool:
    """Whether keys of a type may encrypt tokens of a class."""
    return token_class != 0 or kt in CREDIT_KEY_TYPES


def check_key_use(kt: KeyType, token_class: int, ken: KEN, tid: int | None) -> None:
    """Raise KeyRefused when a token may not be made under a key.

    tid: the token's, or None for key change sections, which an expired key may still encrypt so that
        meters can be moved away from it.
    """
    if not may_encrypt(kt, token_class):
        raise KeyRefused(
            "key_type",
            "A default key (DDTK) never encrypts credit: bring the meter to its unique key first.",
            kt=kt.name,
        )
    if tid is not None:
        check_not_expired(ken, tid)


def check_not_expired(ken: KEN, tid: int) -> None:
    """Raise KeyRefused (``expired``) when a key with this KEN may not be used at this TID.

    Applies to tokens that carry a TID, and to the *new* key of a key change at its time of issue; the
    current key of a key change may be expired.
    """
    if not ken.admits(tid):
        raise KeyRefused(
            "expired",
            f"The vending key has expired: its KEN is {ken:d} and the time of issue needs {tid >> 16}. "
            "Ask the key management centre for a current key and move the meter to it by key change.",
            ken=int(ken),
            tid=int(tid),
        )
