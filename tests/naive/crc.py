"""The token's checksum a bit at a time: polynomial 8005 reflected, preset FFFF, result bytes swapped."""

from __future__ import annotations


def crc16(data: bytes) -> int:
    """Return the checksum of data as it stands in a token."""
    register = 0xFFFF
    for byte in data:
        for place in range(8):
            lowest = register & 1 ^ byte >> place & 1
            register >>= 1
            if lowest:
                register ^= 0xA001
    return (register & 0xFF) << 8 | register >> 8
