"""Small identifiers and closed sets of the standard (IEC 62055-41 clause 6.1, STS 600-4-2 attributes).

Digit strings (SGC, TI ...) are validated ``str`` subclasses and numbers (KRN, KEN) validated ``int``
subclasses: they cost nothing to store or serialise and can be made once and trusted afterwards. The
two-digit code sets are enums whose value is the code itself. The meter number is in ``pan``, the token
identifier in ``tid``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from typing import ClassVar, Self

from voltoken.errors import FieldError


class DigitString(str):
    """A string of decimal digits of a fixed set of lengths; leading zeros count.

    Raises FieldError for anything but a ``str`` of ASCII digits of an allowed length.
    """

    __slots__ = ()
    FIELD: ClassVar[str]
    LENGTHS: ClassVar[tuple[int, ...]]

    def __new__(cls, value: str) -> Self:
        """Validate value; an instance of the same class is returned as it is."""
        if value.__class__ is cls:
            return value
        if (
            not isinstance(value, str)
            or len(value) not in cls.LENGTHS
            or not (value.isascii() and value.isdigit())
        ):
            lengths = " or ".join(map(str, cls.LENGTHS))
            raise FieldError(cls.FIELD, value, f"a string of {lengths} digits", "Keep the leading zeros.")
        return str.__new__(cls, value)

    def __repr__(self) -> str:
        """Return e.g. ``SGC('123456')``."""
        return f"{type(self).__name__}({str(self)!r})"


class SGC(DigitString):
    """Supply group code: 6 digits, 000000 to 999999. With the KRN it names one vending key."""

    __slots__ = ()
    FIELD = "sgc"
    LENGTHS = (6,)


class TI(DigitString):
    """Tariff index: 2 digits, 00 to 99. It goes into the decoder key: another TI is another key."""

    __slots__ = ()
    FIELD = "ti"
    LENGTHS = (2,)


class TCT(DigitString):
    """Token carrier type: 2 digits; ``registry.CARRIER_TYPES`` names the known ones."""

    __slots__ = ()
    FIELD = "tct"
    LENGTHS = (2,)

    @property
    def is_magnetic_card(self) -> bool:
        """Whether the carrier is an erasable magnetic card, the only one common keys may be used with."""
        return self == "01"


class ManufacturerCode(DigitString):
    """Meter manufacturer code: 2 digits (first generation) or 4 digits (IEC 62055-41 edition 2 on)."""

    __slots__ = ()
    FIELD = "mfr_code"
    LENGTHS = (2, 4)


class CountryCode(DigitString):
    """Country: ISO 3166 numeric code of 3 digits. For supply group registers; never inside a token."""

    __slots__ = ()
    FIELD = "country_code"
    LENGTHS = (3,)


class BoundedInt(int):
    """A whole number between two bounds. Raises FieldError for other types (bool too) and values."""

    __slots__ = ()
    FIELD: ClassVar[str]
    LOW: ClassVar[int]
    HIGH: ClassVar[int]

    def __new__(cls, value: int) -> Self:
        """Validate value; an instance of the same class is returned as it is."""
        if value.__class__ is cls:
            return value
        if not isinstance(value, int) or value is True or value is False:
            raise FieldError(cls.FIELD, value, f"a whole number {cls.LOW} to {cls.HIGH}")
        if not cls.LOW <= value <= cls.HIGH:
            raise FieldError(cls.FIELD, int(value), f"a whole number {cls.LOW} to {cls.HIGH}")
        return int.__new__(cls, value)


class KRN(BoundedInt):
    """Key revision number, 1 to 9, cycling 9 to 1."""

    __slots__ = ()
    FIELD = "krn"
    LOW = 1
    HIGH = 9

    def next(self) -> KRN:
        """Return the revision that follows this one: 1 after 9."""
        return KRN(self % 9 + 1)


class KEN(BoundedInt):
    """Key expiry number, 0 to 255: the upper 8 bits of the last TID a key may be used with; 255 = never."""

    __slots__ = ()
    FIELD = "ken"
    LOW = 0
    HIGH = 255

    def admits(self, tid: int) -> bool:
        """Whether a token with this TID may be made or accepted: ``TID >> 16 <= KEN``."""
        return tid >> 16 <= self


class RND(BoundedInt):
    """Random number of a token, 0 to 15: 4 bits chosen by the security module, not secret."""

    __slots__ = ()
    FIELD = "rnd"
    LOW = 0
    HIGH = 15


class KeyType(IntEnum):
    """Key type (KT) of a decoder key and of the vending key it comes from."""

    DITK = 0
    """Decoder initialisation transfer key: put in by the meter's maker."""
    DDTK = 1
    """Decoder default transfer key, from a VDDK: for meters in stock; never encrypts credit."""
    DUTK = 2
    """Decoder unique transfer key, from a VUDK: the normal case."""
    DCTK = 3
    """Decoder common transfer key, from a VCDK: the same for a whole group, magnetic cards only."""

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise FieldError("kt", value, "0 (DITK), 1 (DDTK), 2 (DUTK) or 3 (DCTK)")


class Service(IntEnum):
    """What a credit token buys; the value is its subclass of class 0."""

    ELECTRICITY = 0
    WATER = 1
    GAS = 2
    TIME = 3
    ELECTRICITY_CURRENCY = 4
    WATER_CURRENCY = 5
    GAS_CURRENCY = 6
    TIME_CURRENCY = 7

    @property
    def is_currency(self) -> bool:
        """Whether the credit is money in the meter rather than units."""
        return self >= Service.ELECTRICITY_CURRENCY

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise FieldError("service", value, "0 to 3 (units) or 4 to 7 (currency)")


class MeterTest(IntEnum):
    """The tests and displays of class 1 tokens by name; the value is the test number.

    ``registry.METER_TESTS`` says what each does and how well it is known.
    """

    ALL = 0
    LOAD_SWITCH = 1
    DISPLAY_DEVICES = 2
    USAGE_TOTALS = 3
    KRN_AND_KT = 4
    TI = 5
    TOKEN_READER = 6
    POWER_LIMIT = 7
    TAMPER_STATUS = 8
    POWER_CONSUMPTION = 9
    SOFTWARE_VERSION = 10
    PHASE_UNBALANCE_LIMIT = 11
    WATER_METER_FACTOR = 12
    TARIFF_RATE = 13
    EA = 14
    KEY_CHANGE_TOKENS = 15
    SGC = 16
    KEN = 17
    DRN = 18

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise FieldError("test", value, "0 to 18", "Tests without a name are asked for by number.")


class EA(StrEnum):
    """Encryption algorithm of a token."""

    STA = "07"
    """Standard transfer algorithm: 64-bit key, licensed tables."""
    DEA = "09"
    """Data encryption algorithm (DES): 64-bit key, deprecated since IEC 62055-41 edition 3."""
    MISTY1 = "11"
    """MISTY1 (RFC 2994): 128-bit key."""

    @property
    def key_bits(self) -> int:
        """Length of the decoder key: 128 for MISTY1, else 64."""
        return 128 if self is EA.MISTY1 else 64

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise FieldError("ea", value, '"07" (STA), "09" (DEA) or "11" (MISTY1)')


class DKGA(StrEnum):
    """Decoder key generation algorithm."""

    DKGA01 = "01"
    """DES with the meter's data as key; a few old meters."""
    DKGA02 = "02"
    """DES with the vending key; the bulk of first generation meters."""
    DKGA03 = "03"
    """Triple DES; withdrawn in IEC 62055-41 edition 3."""
    DKGA04 = "04"
    """HMAC-SHA-256; the current one."""

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise FieldError("dkga", value, '"01", "02", "03" or "04"')


class BaseDate(StrEnum):
    """Base date (BDT) of a vending key: the minute in which its TID is 0, always 1 January, 00:00."""

    BD1993 = "93"
    BD2014 = "14"
    BD2035 = "35"

    @property
    def instant(self) -> datetime:
        """The base date as an aware UTC datetime."""
        return _BASE_INSTANTS[self]

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise FieldError("base_date", value, '"93", "14" or "35"')


_BASE_INSTANTS = {
    BaseDate.BD1993: datetime(1993, 1, 1, tzinfo=UTC),
    BaseDate.BD2014: datetime(2014, 1, 1, tzinfo=UTC),
    BaseDate.BD2035: datetime(2035, 1, 1, tzinfo=UTC),
}
