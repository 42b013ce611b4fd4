"""The standard's code points, as data: what every number that can appear means.

The documentation's tables are generated from here, the command line prints names from here, and nothing
else repeats them. ``status`` is ``verified`` (published values show it), ``stated`` (a public source says
so) or ``unverified`` (public implementations only, or general knowledge).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class CodePoint(NamedTuple):
    """One value of a code set: the code as the standard writes it, its name, what it means."""

    code: str
    name: str
    meaning: str
    status: str = "stated"


IINS: Final = (
    CodePoint("600727", "2-digit manufacturers", "DRN of 11 digits follows", "verified"),
    CodePoint("0000", "4-digit manufacturers", "DRN of 13 digits follows", "verified"),
)

ENCRYPTION_ALGORITHMS: Final = (
    CodePoint("07", "STA", "64-bit key, licensed tables", "verified"),
    CodePoint("09", "DEA", "DES; deprecated since IEC 62055-41 edition 3", "unverified"),
    CodePoint("11", "MISTY1", "128-bit key, RFC 2994", "verified"),
)

KEY_GENERATION_ALGORITHMS: Final = (
    CodePoint("01", "DKGA01", "DES keyed with the meter's data; a few old meters", "unverified"),
    CodePoint("02", "DKGA02", "DES, 64-bit vending key", "verified"),
    CodePoint("03", "DKGA03", "triple DES, 128-bit vending key; withdrawn", "unverified"),
    CodePoint("04", "DKGA04", "HMAC-SHA-256, 160-bit vending key", "verified"),
)

KEY_TYPES: Final = (
    CodePoint("0", "DITK", "initialisation: set by the meter's maker"),
    CodePoint("1", "DDTK", "default: meters in stock, no credit"),
    CodePoint("2", "DUTK", "unique: the normal case", "verified"),
    CodePoint("3", "DCTK", "common: one key for a group, magnetic cards only"),
)

BASE_DATES: Final = (
    CodePoint("93", "1993", "TIDs end on 24 November 2024, 20:15", "verified"),
    CodePoint("14", "2014", "TIDs end on 24 November 2045, 20:15", "verified"),
    CodePoint("35", "2035", "TIDs end on 24 November 2066, 20:15", "verified"),
)

CARRIER_TYPES: Final = (
    CodePoint("00", "reserved", "not used"),
    CodePoint("01", "magnetic card", "IEC 62055-51; erased by the meter"),
    CodePoint("02", "numeric", "20 digits, typed in"),
    CodePoint("03", "legacy", "reserved for legacy proprietary systems"),
    CodePoint("04", "legacy", "reserved for legacy proprietary systems"),
    CodePoint("05", "legacy", "reserved for legacy proprietary systems"),
    CodePoint("06", "legacy", "reserved for legacy proprietary systems"),
    CodePoint("07", "virtual carrier", "IEC 62055-52 local port"),
    CodePoint("08", "DLMS/COSEM virtual carrier", "a token gateway object", "unverified"),
)

CLASSES: Final = (
    CodePoint("0", "credit", "encrypted", "verified"),
    CodePoint("1", "not meter specific", "tests and displays, never encrypted", "verified"),
    CodePoint("2", "meter specific management", "encrypted", "verified"),
    CodePoint("3", "reserved", "by the STS Association"),
)

SUBCLASSES: Final = {
    0: (
        CodePoint("0", "electricity", "0.1 kWh", "verified"),
        CodePoint("1", "water", "0.1 m3", "verified"),
        CodePoint("2", "gas", "0.1 m3", "verified"),
        CodePoint("3", "time", "0.1 minute"),
        CodePoint("4", "electricity currency", "0.00001 of the base currency unit", "unverified"),
        CodePoint("5", "water currency", "0.00001 of the base currency unit", "unverified"),
        CodePoint("6", "gas currency", "0.00001 of the base currency unit", "unverified"),
        CodePoint("7", "time currency", "0.00001 of the base currency unit", "unverified"),
        *(CodePoint(str(n), "reserved", "") for n in range(8, 16)),
    ),
    1: (
        CodePoint("0", "test or display, 2-digit manufacturer", "36 control bits", "verified"),
        CodePoint("1", "test or display, 4-digit manufacturer", "28 control bits", "verified"),
        CodePoint("2", "extended token read", "layout not public"),
        *(CodePoint(str(n), "reserved", "", "unverified") for n in range(3, 6)),
        *(CodePoint(str(n), "proprietary", "the manufacturer's own") for n in range(6, 16)),
    ),
    2: (
        CodePoint("0", "SetMaximumPowerLimit", "watts", "verified"),
        CodePoint("1", "ClearCredit", "register", "verified"),
        CodePoint("2", "SetTariffRate", "contents reserved", "verified"),
        CodePoint("3", "Set1stSectionDecoderKey", "key change", "verified"),
        CodePoint("4", "Set2ndSectionDecoderKey", "key change", "verified"),
        CodePoint("5", "ClearTamperCondition", "", "verified"),
        CodePoint("6", "SetMaximumPhasePowerUnbalanceLimit", "watts", "verified"),
        CodePoint("7", "SetWaterMeterFactor", "contents reserved", "verified"),
        CodePoint("8", "Set3rdSectionDecoderKey", "key change", "verified"),
        CodePoint("9", "Set4thSectionDecoderKey", "key change, 128-bit keys", "verified"),
        CodePoint("10", "extended token set", "flags of Edition 2 meters", "unverified"),
        *(CodePoint(str(n), "proprietary", "the manufacturer's own") for n in range(11, 16)),
    ),
}

REGISTERS: Final = (
    CodePoint("0", "electricity credit", "", "verified"),
    CodePoint("1", "water credit", "", "unverified"),
    CodePoint("2", "gas credit", "", "unverified"),
    CodePoint("3", "time credit", "", "unverified"),
    CodePoint("4", "electricity currency credit", "", "verified"),
    CodePoint("5", "water currency credit", "", "verified"),
    CodePoint("6", "gas currency credit", "", "verified"),
    CodePoint("7", "time currency credit", "", "verified"),
    CodePoint("65535", "all credit registers", "FFFF", "verified"),
)

METER_TESTS: Final = (
    CodePoint("0", "all tests", "every test the meter supports", "verified"),
    CodePoint("1", "load switch", "opens or tests the disconnector", "verified"),
    CodePoint("2", "display devices", "all segments, LEDs, buzzer", "verified"),
    CodePoint("3", "usage totals", "cumulative registers", "verified"),
    CodePoint("4", "KRN and KT", "key revision and type", "verified"),
    CodePoint("5", "TI", "tariff index", "verified"),
    CodePoint("6", "token reader", "", "unverified"),
    CodePoint("7", "power limit", "maximum power", "verified"),
    CodePoint("8", "tamper status", "", "unverified"),
    CodePoint("9", "power consumption", "instantaneous", "unverified"),
    CodePoint("10", "software version", "", "unverified"),
    CodePoint("11", "phase unbalance limit", "", "unverified"),
    CodePoint("12", "water meter factor", "", "unverified"),
    CodePoint("13", "tariff rate", "", "unverified"),
    CodePoint("14", "EA", "encryption algorithm", "unverified"),
    CodePoint("15", "key change tokens", "how many sections the meter takes", "unverified"),
    CodePoint("16", "SGC", "supply group code", "unverified"),
    CodePoint("17", "KEN", "key expiry number", "unverified"),
    CodePoint("18", "DRN", "meter number", "unverified"),
)
"""Tests of class 1 tokens; test n is control bit n - 1."""

FLAGS: Final = (
    CodePoint("0", "test", ""),
    CodePoint("1", "detect tamper", ""),
    CodePoint("2", "disconnect service", "1 = disconnect, 0 = allow reconnection"),
    CodePoint("3", "disconnect on tamper", ""),
    CodePoint("4", "disconnect on power limit", ""),
    CodePoint("5", "disconnect on under-frequency", ""),
    CodePoint("6", "electricity payment mode", "1 = prepayment"),
    CodePoint("7", "water payment mode", "1 = prepayment"),
    CodePoint("8", "gas payment mode", "1 = prepayment"),
    CodePoint("9", "time payment mode", "1 = prepayment"),
    CodePoint("10", "commissioning mode", ""),
    CodePoint("11", "TI fallback power limit", ""),
)
"""Flags of extended set tokens (class 2, subclass 10, index 63)."""

TOKEN_RESULTS: Final = (
    CodePoint("1", "Accept", "the token was executed"),
    CodePoint("2", "1stKCT", "first key change section accepted, others awaited"),
    CodePoint("3", "2ndKCT", "second key change section accepted, others awaited"),
    CodePoint("4", "OverflowError", "the credit register would overflow; the token stays good"),
    CodePoint("5", "KeyTypeError", "the key change is not permitted"),
    CodePoint("6", "FormatError", "not 20 digits of a token"),
    CodePoint("7", "RangeError", "a value outside its range"),
    CodePoint("8", "FunctionError", "the meter does not have this function"),
    CodePoint("9", "OldError", "older than everything the meter remembers"),
    CodePoint("10", "UsedError", "already accepted"),
    CodePoint("11", "KeyExpiredError", "issued after the key expired"),
    CodePoint("12", "DDTKError", "credit under a default key"),
    CodePoint("13", "CRCError", "mistyped, or not for this meter"),
    CodePoint("14", "MfrCodeError", "for another manufacturer's meters"),
    CodePoint("15", "lockout", "too many wrong tokens; wait"),
    CodePoint("16", "not ready", "no result yet"),
    CodePoint("", "3rdKCT", "IEC edition 3; its register code is not public", "unverified"),
    CodePoint("", "4thKCT", "IEC edition 3; its register code is not public", "unverified"),
)
"""What a meter answers, with the codes of the token result register as one manufacturer prints them."""


def subclass_status(token_class: int, subclass: int) -> str:
    """Return what a subclass that cannot be read is.

    ``reserved``, ``proprietary``, ``not public``, or ``for 128-bit keys`` when it has a layout, only not
    under a key of 64 bits.
    """
    name = SUBCLASSES[token_class][subclass].name
    if name in ("reserved", "proprietary"):
        return name
    return "not public" if token_class == 1 else "for 128-bit keys"


def find_name(table: tuple[CodePoint, ...], code: int | str) -> str:
    """Return the name of a code in one of the tables above, or ``unknown``."""
    wanted = str(code)
    return next((row.name for row in table if row.code == wanted), "unknown")
