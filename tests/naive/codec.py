"""Token blocks from a dict of fields, by the tables of the reference's sections 4 and 5 typed out again.

Bits are written as text, most significant first, so that nothing here shares a shift or a mask with the
codec under test.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.naive.crc import crc16

UNITS = (("rnd", 4), ("tid", 24), ("amount", 16))
CURRENCY = (("se", 4), ("tid", 24), ("amount", 16))

BODIES: Mapping[str, tuple[int, int, tuple[tuple[str, int], ...]]] = {
    "electricity": (0, 0, UNITS),
    "water": (0, 1, UNITS),
    "gas": (0, 2, UNITS),
    "time": (0, 3, UNITS),
    "electricity currency": (0, 4, CURRENCY),
    "water currency": (0, 5, CURRENCY),
    "gas currency": (0, 6, CURRENCY),
    "time currency": (0, 7, CURRENCY),
    "test 2-digit": (1, 0, (("control", 36), ("mfr_code", 8))),
    "test 4-digit": (1, 1, (("control", 28), ("mfr_code", 16))),
    "power limit": (2, 0, (("rnd", 4), ("tid", 24), ("mpl", 16))),
    "clear credit": (2, 1, (("rnd", 4), ("tid", 24), ("register", 16))),
    "tariff rate": (2, 2, (("rnd", 4), ("tid", 24), ("rate", 16))),
    "1st section": (
        2,
        3,
        (("kenho", 4), ("krn", 4), ("ro", 1), ("bit_3kct", 1), ("kt", 2), ("nkho", 32)),
    ),
    "2nd section": (2, 4, (("kenlo", 4), ("ti", 8), ("nklo", 32))),
    "clear tamper": (2, 5, (("rnd", 4), ("tid", 24), ("pad", 16))),
    "phase unbalance": (2, 6, (("rnd", 4), ("tid", 24), ("mppul", 16))),
    "water factor": (2, 7, (("rnd", 4), ("tid", 24), ("factor", 16))),
    "3rd section": (2, 8, (("sgclo", 12), ("nkmo2", 32))),
    "3rd section with supply group": (2, 8, (("sgc", 24), ("pad", 20))),
    "4th section": (2, 9, (("sgcho", 12), ("nkmo1", 32))),
    "set flag": (2, 10, (("rnd", 4), ("tid", 24), ("value", 16))),
}
"""Type -> class, subclass, and fields with their widths from the top down."""


def binary(value: int, width: int) -> str:
    """Write a number in binary with leading zeros; one that does not fit is an error."""
    digits = format(value, "b").zfill(width)
    assert len(digits) == width
    return digits


def block(kind: str, fields: Mapping[str, int]) -> int:
    """Return the 64-bit block of a token, checksum included."""
    token_class, subclass, body = BODIES[kind]
    bits = binary(subclass, 4) + "".join(binary(fields[name], width) for name, width in body)
    assert len(bits) == 48
    covered = int("0" * 6 + binary(token_class, 2) + bits, 2).to_bytes(7, "big")
    is_currency = token_class == 0 and 4 <= subclass <= 7
    checksum = crc16(covered + b"\x01" if is_currency else covered)
    return int(bits + binary(checksum, 16), 2)


def insert_class(sent: int, token_class: int) -> int:
    """Return the 66 bits: bits 28 and 27 go to the front, the class takes their place."""
    bits = binary(sent, 64)
    front = len(bits) - 1 - 28
    displaced = bits[front : front + 2]
    return int(displaced + bits[:front] + binary(token_class, 2) + bits[front + 2 :], 2)


def extract_class(number: int) -> tuple[int, int]:
    """Return class and block of 66 bits."""
    bits = binary(number, 66)
    displaced, rest = bits[:2], bits[2:]
    front = len(rest) - 1 - 28
    return int(rest[front : front + 2], 2), int(rest[:front] + displaced + rest[front + 2 :], 2)


def digits(number: int) -> str:
    """Return the 20 decimal digits."""
    return str(number).rjust(20, "0")
