"""The bits of every token type, as one table (IEC 62055-41 clauses 6.2 and 6.3).

A token is 66 bits: class (2), subclass (4), 44 bits that depend on the type, checksum (16). The 64-bit
block is everything but the class: subclass at bits 63 to 60, checksum at bits 15 to 0. Each row below
gives the fields between them; the codec packs and unpacks by these rows, the documentation's bit diagrams
are drawn from them, and a batch engine reads the same ones. Nothing else knows a bit position.

``status`` says what proves a row: ``verified`` by published tokens, ``stated`` in a public source, or
``unverified`` where public implementations are the only witnesses.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Final, NamedTuple

from voltoken.sts.crc import token_crc, token_crc_c

SUBCLASS_SHIFT: Final = 60
CRC_BITS: Final = 16


class Field(NamedTuple):
    """One field of a token: name, position of its lowest bit in the 64-bit block, width in bits.

    highest: greatest legal value where the standard allows less than the width holds; lowest likewise.
    secret: the field carries part of a key and is never shown.
    """

    name: str
    shift: int
    width: int
    meaning: str
    lowest: int = 0
    highest: int | None = None
    secret: bool = False

    @property
    def limit(self) -> int:
        """The greatest legal value."""
        return (1 << self.width) - 1 if self.highest is None else self.highest

    def admits(self, value: object) -> bool:
        """Whether value is a whole number within the legal range."""
        return isinstance(value, int) and self.lowest <= value <= self.limit


class Layout:
    """One token type: class, subclass and fields, high bits first. Treat it as immutable.

    key_bits: length of the decoder key the row belongs to, where one subclass has two meanings.
    checksum: ``token_crc`` or ``token_crc_c``.
    status: what proves the row.
    The other attributes are what the codec needs for every token, worked out once, in terms of the upper
    48 bits of the block: head, the subclass in place; top, the class in place for the checksum; places,
    (shift, least, greatest legal value) of each field; place, which puts field values together to those
    48 bits and answers a negative number when one is outside its range; take, which takes them apart
    again; values, which gets the fields of a token as a tuple; names, of the fields; masks, of each field
    by its name (shift, mask); restricted, whether a field may hold less than its width allows.
    """

    __slots__ = (
        "checksum",
        "fields",
        "head",
        "key_bits",
        "masks",
        "name",
        "names",
        "place",
        "places",
        "restricted",
        "status",
        "subclass",
        "take",
        "token_class",
        "top",
        "values",
    )

    def __init__(
        self,
        name: str,
        token_class: int,
        subclass: int,
        fields: tuple[Field, ...],
        key_bits: int | None = None,
        checksum: Callable[[int], int] = token_crc,
        status: str = "verified",
    ) -> None:
        self.name = name
        self.token_class = token_class
        self.subclass = subclass
        self.fields = fields
        self.key_bits = key_bits
        self.checksum = checksum
        self.status = status
        self.head = subclass << SUBCLASS_SHIFT - CRC_BITS
        self.top = token_class << 48
        self.places = tuple((f.shift - CRC_BITS, f.lowest, f.limit) for f in fields)
        self.names = tuple(f.name for f in fields)
        self.masks = {f.name: (f.shift - CRC_BITS, (1 << f.width) - 1) for f in fields}
        self.restricted = any(f.lowest or f.highest is not None for f in fields)
        of_three = len(fields) == 3
        self.place = _place_three(self) if of_three else _place_any(self)
        self.take = _take_three(self) if of_three else _take_any(self)
        self.values: Callable[[object], tuple[int, ...]] = attrgetter(*self.names)

    def admits(self, data: int) -> bool:
        """Whether every field within the upper 48 bits of a block holds a legal value."""
        return not self.restricted or self.place(*self.take(data)) == data

    def __repr__(self) -> str:
        """Return name, class and subclass."""
        return f"Layout({self.name}, class {self.token_class}, subclass {self.subclass})"


def _place_any(row: Layout) -> Callable[..., int]:
    """Return the ``place`` of a row, for any number of fields."""

    def place(*values: int) -> int:
        data = row.head
        for value, (shift, low, high) in zip(values, row.places, strict=True):
            if not low <= value <= high:
                return -1
            data |= value << shift
        return data

    return place


def _place_three(row: Layout) -> Callable[..., int]:
    """Return the ``place`` of a row of three fields, written out: most tokens have three, and it counts."""
    head = row.head
    (shift_a, low_a, high_a), (shift_b, low_b, high_b), (shift_c, low_c, high_c) = row.places

    def place(a: int, b: int, c: int) -> int:
        if low_a <= a <= high_a and low_b <= b <= high_b and low_c <= c <= high_c:
            return head | a << shift_a | b << shift_b | c << shift_c
        return -1

    return place


def _take_any(row: Layout) -> Callable[[int], tuple[int, ...]]:
    """Return the ``take`` of a row, for any number of fields."""
    masks = tuple(row.masks.values())
    return lambda data: tuple(data >> shift & mask for shift, mask in masks)


def _take_three(row: Layout) -> Callable[[int], tuple[int, ...]]:
    """Return the ``take`` of a row of three fields, written out."""
    (shift_a, mask_a), (shift_b, mask_b), (shift_c, mask_c) = row.masks.values()
    return lambda data: (data >> shift_a & mask_a, data >> shift_b & mask_b, data >> shift_c & mask_c)


_RND = Field("rnd", 56, 4, "random number, so that equal tokens look different")
_TID = Field("tid", 32, 24, "minutes since the base date: when the token was issued")
_KT = Field("kt", 48, 2, "key type of the new key")
_KRN = Field("krn", 52, 4, "key revision number of the new key", lowest=1, highest=9)


def _value16(name: str, meaning: str) -> tuple[Field, ...]:
    """Return the common form of the tokens that carry a TID and one 16-bit value."""
    return (_RND, _TID, Field(name, 16, 16, meaning))


def _key_part(name: str, meaning: str) -> Field:
    return Field(name, 16, 32, meaning, secret=True)


_AMOUNT = _value16("amount", "exponent (2 bits) and mantissa (14 bits) of the credit")
_CURRENCY = (
    Field("se", 56, 4, "sign and upper three bits of the exponent"),
    _TID,
    Field("amount", 16, 16, "lower two bits of the exponent, and mantissa (14 bits)"),
)

LAYOUTS: Final = (
    Layout("TransferCredit.Electricity", 0, 0, _AMOUNT),
    Layout("TransferCredit.Water", 0, 1, _AMOUNT),
    Layout("TransferCredit.Gas", 0, 2, _AMOUNT),
    Layout("TransferCredit.Time", 0, 3, _AMOUNT, status="stated"),
    Layout("TransferCredit.ElectricityCurrency", 0, 4, _CURRENCY, None, token_crc_c, "unverified"),
    Layout("TransferCredit.WaterCurrency", 0, 5, _CURRENCY, None, token_crc_c, "unverified"),
    Layout("TransferCredit.GasCurrency", 0, 6, _CURRENCY, None, token_crc_c, "unverified"),
    Layout("TransferCredit.TimeCurrency", 0, 7, _CURRENCY, None, token_crc_c, "unverified"),
    Layout(
        "InitiateMeterTest/Display.2digitMfr",
        1,
        0,
        (
            Field("control", 24, 36, "one bit per test or display"),
            Field("mfr_code", 16, 8, "manufacturer, 0 = any", highest=99),
        ),
    ),
    Layout(
        "InitiateMeterTest/Display.4digitMfr",
        1,
        1,
        (
            Field("control", 32, 28, "one bit per test or display"),
            Field("mfr_code", 16, 16, "manufacturer, 0 = any", highest=9999),
        ),
    ),
    Layout(
        "SetMaximumPowerLimit",
        2,
        0,
        _value16("mpl", "exponent (2 bits) and mantissa (14 bits) of the limit in watts"),
    ),
    Layout("ClearCredit", 2, 1, _value16("register", "credit register to set to zero, FFFF = all")),
    Layout("SetTariffRate", 2, 2, _value16("rate", "reserved for the meter's own use")),
    Layout(
        "Set1stSectionDecoderKey",
        2,
        3,
        (
            Field("kenho", 56, 4, "upper half of the key expiry number"),
            _KRN,
            Field("ro", 51, 1, "roll-over: the meter empties its memory of TIDs"),
            Field("bit_3kct", 50, 1, "a third section with the supply group code follows"),
            _KT,
            _key_part("nkho", "new key, first 32 bits"),
        ),
    ),
    Layout(
        "Set2ndSectionDecoderKey",
        2,
        4,
        (
            Field("kenlo", 56, 4, "lower half of the key expiry number"),
            Field("ti", 48, 8, "tariff index of the new key, binary", highest=99),
            _key_part("nklo", "new key, last 32 bits"),
        ),
    ),
    Layout("ClearTamperCondition", 2, 5, _value16("pad", "zero")),
    Layout(
        "SetMaximumPhasePowerUnbalanceLimit",
        2,
        6,
        _value16("mppul", "exponent (2 bits) and mantissa (14 bits) of the limit in watts"),
    ),
    Layout("SetWaterMeterFactor", 2, 7, _value16("factor", "reserved for water meters")),
    Layout(
        "Set3rdSectionDecoderKey",
        2,
        8,
        (
            Field("sgclo", 48, 12, "lower half of the supply group code"),
            _key_part("nkmo2", "new key, bits 32 to 63 from the front"),
        ),
        key_bits=128,
    ),
    Layout(
        "Set3rdSectionDecoderKey",
        2,
        8,
        (
            Field("sgc", 36, 24, "supply group code of the new key, binary", highest=999_999),
            Field("pad", 16, 20, "zero"),
        ),
        key_bits=64,
        status="unverified",
    ),
    Layout(
        "Set4thSectionDecoderKey",
        2,
        9,
        (
            Field("sgcho", 48, 12, "upper half of the supply group code"),
            _key_part("nkmo1", "new key, bits 64 to 95 from the front"),
        ),
        key_bits=128,
    ),
    Layout(
        "ExtendedTokenSet.SetFlag",
        2,
        10,
        _value16("value", "index (6 bits), flag (9 bits), state (1 bit)"),
        status="unverified",
    ),
)
"""Every token type with a public layout, by class and subclass."""

ROWS: Final = {(row.token_class, row.subclass, row.key_bits): row for row in LAYOUTS}
"""The rows by class, subclass and key length; the length is None where it does not matter."""
