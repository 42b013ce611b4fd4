"""Vending keys, decoder keys and their check values, as values that never show their bytes.

A vending key (VK) belongs to the supply side; a decoder key (DK) is what one meter and the vending side
share, derived from it (``derivation``). Both carry the attributes that rules ask for. 64-bit keys are in
canonical order: first byte = most significant = first byte of NKHO. Ciphers and hashes are loaded when
first used, so that a program pays for what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from voltoken.errors import HIDDEN, FieldError
from voltoken.sts.fields import EA, KEN, KRN, SGC, TI, BaseDate, KeyType

VENDING_KEY_BYTES: Final = {8: "64 bit (DKGA01, DKGA02)", 16: "128 bit (DKGA03)", 20: "160 bit (DKGA04)"}
"""Lengths a vending key can have."""

_MISTY1: Final = EA.MISTY1

KCV_DES: Final = "DES-ECB of eight zero bytes, first 3 bytes"
KCV_SHA256: Final = "SHA-256 of 01 and the key, first 3 bytes"


class KeyCheckValue(NamedTuple):
    """Six hexadecimal digits that identify a key without revealing it.

    algorithm: how it was computed. The formula that certified modules use is not public; these two are
    what public implementations do, so always name the algorithm beside the value.
    """

    value: str
    algorithm: str

    def __str__(self) -> str:
        """Return the six digits."""
        return self.value


def key_check_value(key: bytes) -> KeyCheckValue:
    """Return the check value of a key: by DES for 8 bytes, by SHA-256 for 16 and 20 bytes.

    Raises FieldError for other lengths. Source: public implementations, unverified.
    """
    if not isinstance(key, bytes) or len(key) not in VENDING_KEY_BYTES:
        raise FieldError("key", HIDDEN, "8, 16 or 20 bytes")
    if len(key) == 8:
        from voltoken.sts.ciphers.des import des_encryptor

        return KeyCheckValue(f"{des_encryptor(key)(0) >> 40:06X}", KCV_DES)
    import hashlib

    return KeyCheckValue(hashlib.sha256(b"\x01" + key).hexdigest()[:6].upper(), KCV_SHA256)


def odd_parity(key: bytes) -> bytes:
    """Return key with the lowest bit of each byte set so that the byte has an odd number of ones."""
    return bytes(byte & 0xFE | (byte >> 1).bit_count() & 1 ^ 1 for byte in key)


def parse_key(text: str, field_name: str = "key") -> bytes:
    """Read a key from hexadecimal digits, most significant first; blanks and colons are ignored.

    Raises FieldError, which never shows the text, unless it is 16, 32 or 40 digits.
    """
    compact = "".join(text.split()).replace(":", "") if isinstance(text, str) else ""
    try:
        key = bytes.fromhex(compact)
    except ValueError:
        key = b""
    if len(key) not in VENDING_KEY_BYTES:
        raise FieldError(
            field_name,
            HIDDEN,
            "16 hexadecimal digits (64 bit), 32 (128 bit) or 40 (160 bit)",
            "Look for missing digits, letters beyond F, or quotes around the key.",
        )
    return key


@dataclass(frozen=True, slots=True)
class VendingKey:
    """A vending key (VDDK, VUDK or VCDK) with its attributes.

    key: 8 bytes (DKGA01, 02), 16 (DKGA03) or 20 (DKGA04); never shown.
    sgc, krn: which key it is. kt: the type of the decoder keys made from it; DITK only to reproduce test
        vectors, a meter's first key does not come from a vending key.
    base_date: its TIDs count from there. ken: upper 8 bits of the last TID it may be used with.
    test: the bytes are published or made up, and may be shown in explanations.
    Raises FieldError for another length or type.
    """

    key: bytes = field(repr=False)
    sgc: SGC
    krn: KRN
    base_date: BaseDate
    kt: KeyType = KeyType.DUTK
    ken: KEN = KEN(255)
    test: bool = False

    def __post_init__(self) -> None:
        """Check every attribute."""
        if not isinstance(self.key, bytes) or len(self.key) not in VENDING_KEY_BYTES:
            raise FieldError("vending key", HIDDEN, "8, 16 or 20 bytes")
        _refuse_types(self, _VENDING_KEY_TYPES)

    @property
    def bits(self) -> int:
        """Length in bits: 64, 128 or 160."""
        return 8 * len(self.key)

    @property
    def has_odd_parity(self) -> bool:
        """Whether every byte has odd parity, as 64-bit keys from a key management centre have."""
        return self.key == odd_parity(self.key)

    @property
    def check_value(self) -> KeyCheckValue:
        """The key check value."""
        return key_check_value(self.key)


@dataclass(frozen=True, slots=True)
class DecoderKey:
    """A decoder key with the attributes that tokens and key changes need.

    key: 8 bytes under EA07 and EA09, 16 under EA11; never shown.
    sgc, krn, ti, kt, ken, base_date: of the key as the vending side knows them. A key given by hand, of
        which only bytes and algorithm are known, may leave sgc, krn and ti None; it then encrypts and
        decrypts but cannot be the target of a key change.
    test: the bytes are published or made up, and may be shown in explanations.
    Raises FieldError for a length that does not fit the algorithm, or another type.
    """

    key: bytes = field(repr=False)
    ea: EA
    sgc: SGC | None = None
    krn: KRN | None = None
    ti: TI | None = None
    kt: KeyType = KeyType.DUTK
    base_date: BaseDate = BaseDate.BD2014
    ken: KEN = KEN(255)
    test: bool = False

    def __post_init__(self) -> None:
        """Check every attribute."""
        if self.ea.__class__ is not EA:
            raise FieldError("ea", self.ea, "an EA")
        length = 16 if self.ea is _MISTY1 else 8
        if self.key.__class__ is not bytes or len(self.key) != length:
            raise FieldError("decoder key", HIDDEN, f"{length} bytes for EA{self.ea.value}")
        # Written out, not looped over: this runs once for every token sold to a new meter.
        if (
            (self.sgc.__class__ is not SGC and self.sgc is not None)
            or (self.krn.__class__ is not KRN and self.krn is not None)
            or (self.ti.__class__ is not TI and self.ti is not None)
            or self.kt.__class__ is not KeyType
            or self.base_date.__class__ is not BaseDate
            or self.ken.__class__ is not KEN
        ):
            _refuse_types(self, _DECODER_KEY_TYPES)

    def for_meter(self, key: bytes, ti: TI) -> DecoderKey:
        """Return a key with these attributes, but its own bytes and tariff index, for ``Deriver``.

        Nothing is checked again: the caller vouches for the length of key and the type of ti.
        """
        made = object.__new__(DecoderKey)
        put = object.__setattr__
        put(made, "key", key)
        put(made, "ea", self.ea)
        put(made, "sgc", self.sgc)
        put(made, "krn", self.krn)
        put(made, "ti", ti)
        put(made, "kt", self.kt)
        put(made, "base_date", self.base_date)
        put(made, "ken", self.ken)
        put(made, "test", self.test)
        return made

    def identity(self) -> tuple[SGC, KRN, TI]:
        """Return supply group, key revision and tariff index.

        Raises FieldError when the key was given by hand without them.
        """
        if self.sgc is None or self.krn is None or self.ti is None:
            missing = "sgc" if self.sgc is None else "krn" if self.krn is None else "ti"
            raise FieldError(
                missing,
                None,
                "known for this key",
                "Derive the key from a vending key, or say which SGC, KRN and TI it belongs to.",
            )
        return self.sgc, self.krn, self.ti

    @property
    def check_value(self) -> KeyCheckValue:
        """The key check value."""
        return key_check_value(self.key)


_NONE: Final = type(None)
_VENDING_KEY_TYPES: Final = (
    ("sgc", (SGC,)),
    ("krn", (KRN,)),
    ("kt", (KeyType,)),
    ("base_date", (BaseDate,)),
    ("ken", (KEN,)),
)
_DECODER_KEY_TYPES: Final = (
    ("sgc", (SGC, _NONE)),
    ("krn", (KRN, _NONE)),
    ("ti", (TI, _NONE)),
    ("kt", (KeyType,)),
    ("base_date", (BaseDate,)),
    ("ken", (KEN,)),
)


def _refuse_types(owner: VendingKey | DecoderKey, table: tuple[tuple[str, tuple[type, ...]], ...]) -> None:
    """Refuse attributes that are not the validated types: plain strings would skip their checks."""
    for name, types in table:
        value = getattr(owner, name)
        if value.__class__ not in types:
            raise FieldError(name, value, f"a {types[0].__name__}")
