"""Reading the digits of a token bit by bit: what the naive meter sees (reference sections 3 to 7).

Shares nothing with the codec: the bits are text, the rows are those of the naive codec, and the ciphers
are the naive ones.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.naive import codec, misty1, sta
from tests.naive.crc import crc16

IGNORED = " -\t\r\n\u00a0\u2007\u2009\u202f"
"""Blanks of every kind, and hyphens."""

KEY_BITS = {"3rd section": 128, "4th section": 128, "3rd section with supply group": 64}
"""Key lengths of the kinds that only exist under one."""

HIGHEST = {"krn": 9, "ti": 99, "sgc": 999_999}
"""Greatest values that the standard allows where the bits hold more."""

Fields = Mapping[str, int]


def number_of(text: str) -> int | None:
    """Return the 66-bit number of 20 digits, or None for what is no token."""
    digits = "".join(character for character in text if character not in IGNORED)
    if len(digits) != 20 or not set(digits) <= set("0123456789"):
        return None
    number = int(digits)
    return number if number < 2**66 else None


def decrypt(key: bytes, tables: sta.Tables | None, sent: int) -> int:
    """Decrypt a block: MISTY1 under 16 bytes, STA under 8."""
    if len(key) == 16:
        return misty1.decrypt(key, sent)
    assert tables is not None
    return sta.decrypt(int.from_bytes(key, "big"), sent, tables)


def checksum_fits(token_class: int, block: int) -> bool:
    """Say whether the lowest 16 bits are the checksum of class and the other 48 bits (section 7)."""
    bits = codec.binary(block, 64)
    covered = int(codec.binary(token_class, 2) + bits[:48], 2).to_bytes(7, "big")
    is_currency = token_class == 0 and 4 <= int(bits[:4], 2) <= 7
    return crc16(covered + b"\x01" if is_currency else covered) == int(bits[48:], 2)


def fields_of(token_class: int, block: int, key_bits: int) -> tuple[str, Fields] | None:
    """Return kind and fields of a block, or None when its subclass has no public layout."""
    bits = codec.binary(block, 64)
    for kind, (of_class, subclass, body) in codec.BODIES.items():
        if (of_class, subclass) != (token_class, int(bits[:4], 2)):
            continue
        if KEY_BITS.get(kind, key_bits) != key_bits:
            continue
        fields, place = {}, 4
        for name, width in body:
            fields[name] = int(bits[place : place + width], 2)
            place += width
        return kind, fields
    return None


def is_in_range(fields: Fields) -> bool:
    """Say whether every field holds what the standard allows."""
    return fields.get("krn", 1) > 0 and all(fields[name] <= HIGHEST.get(name, 2**36) for name in fields)


def steps(exponent: int, mantissa: int) -> int:
    """Return what exponent and mantissa stand for: the sum of section 6, written out."""
    powers: list[int] = [10**n for n in range(exponent + 1)]
    return mantissa * powers[exponent] + sum(2**14 * power for power in powers[:exponent])


def unit_steps(field: int) -> int:
    """Return the steps of a 16-bit amount."""
    bits = codec.binary(field, 16)
    exponent, mantissa = bits[:2], bits[2:]
    return steps(int(exponent, 2), int(mantissa, 2))


def currency_steps(se: int, field: int) -> int:
    """Return the signed steps of a currency amount: S&E and the 16 bits are one number of 20."""
    bits = codec.binary(se, 4) + codec.binary(field, 16)
    amount = steps(int(bits[1:6], 2), int(bits[6:], 2))
    return -amount if bits[0] == "1" else amount
