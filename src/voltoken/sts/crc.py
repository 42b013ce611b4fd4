"""The token's checksums: CRC and, for currency credit, CRC_C (IEC 62055-41 clause 6.3.7).

CRC-16 with the polynomial x^16 + x^15 + x^2 + 1, reflected, preset FFFF, no final inversion, and the two
bytes of the result swapped. It covers class, subclass and the 44 bits after it: 50 bits, left-padded to
7 bytes. CRC_C is the same over those 7 bytes followed by one octet ``01``, so that a meter that knows
only units cannot take a currency token for one of units. That octet is confirmed by public
implementations only, by no published token: it is kept in ``CRC_C_SUFFIX`` alone.
"""

from __future__ import annotations

from typing import Final

CRC_C_SUFFIX: Final = b"\x01"
"""What CRC_C appends to the 7 bytes. Not confirmed by any published token."""


def crc16(data: bytes) -> int:
    """Return the CRC of data as it stands in a token (bytes swapped); ``123456789`` gives 374B.

    Source: IEC 62055-41 clause 6.3.7; vectors/crc.json.
    """
    crc = _update(0xFFFF, data)
    return crc >> 8 | (crc & 0xFF) << 8


def crc16_c(data: bytes) -> int:
    """Return the CRC_C of data as it stands in a currency token.

    Source: public implementations, unverified; vectors/crc.json.
    """
    return crc16(data + CRC_C_SUFFIX)


def token_crc(bits: int) -> int:
    """Return the CRC of the 50 bits class, subclass and data.

    bits: 0 to 2**50 - 1. The caller guarantees the range.
    """
    return (
        _T0[bits & 255]
        ^ _T1[bits >> 8 & 255]
        ^ _T2[bits >> 16 & 255]
        ^ _T3[bits >> 24 & 255]
        ^ _T4[bits >> 32 & 255]
        ^ _T5[bits >> 40 & 255]
        ^ _T6[bits >> 48]
    )


def token_crc_c(bits: int) -> int:
    """Return the CRC_C (currency checksum) of the 50 bits class, subclass and data."""
    return crc16_c(bits.to_bytes(7, "big"))


def _update(crc: int, data: bytes) -> int:
    """Feed data into the unswapped register crc, a byte at a time."""
    for byte in data:
        crc = crc >> 8 ^ _BYTE[(crc ^ byte) & 255]
    return crc


def _byte_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
        table.append(register)
    return tuple(table)


_BYTE: Final = _byte_table()


def _position_tables() -> list[list[int]]:
    """Return, for each of the 7 bytes, the swapped CRC contribution of each value it may have.

    The CRC is linear over XOR, so the contributions of the bytes can be looked up one by one and added.
    The table of the first byte carries the preset.
    """
    tables = []
    for place in range(7):
        table = [crc16(bytes(7)) if place == 6 else 0]
        for bit in range(8):
            crc = _update(0, bytes([1 << bit]) + bytes(place))
            swapped = crc >> 8 | (crc & 0xFF) << 8
            table += [entry ^ swapped for entry in table]
        tables.append(table)
    return tables


_T0, _T1, _T2, _T3, _T4, _T5, _T6 = _position_tables()
