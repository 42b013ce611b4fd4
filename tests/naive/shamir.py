"""Sharing of a secret as algebra textbooks write it: no tables, no weights of Lagrange.

Products are polynomials multiplied without carries and divided by Rijndael's; shares are polynomials
evaluated power by power; a secret is found by solving the linear equations that its shares are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

RIJNDAEL = 0b1_0001_1011


def times(a: int, b: int) -> int:
    """Multiply two elements of the field."""
    product = 0
    for place in range(8):
        if b >> place & 1:
            product ^= a << place
    for degree in range(product.bit_length() - 1, 7, -1):
        if product >> degree & 1:
            product ^= RIJNDAEL << degree - 8
    return product


def inverse(a: int) -> int:
    """Find the element that gives 1 with a, by trying all."""
    return next(b for b in range(256) if times(a, b) == 1)


def value_at(coefficients: Sequence[int], x: int) -> int:
    """Add up a polynomial at x, the constant term first."""
    total, power = 0, 1
    for coefficient in coefficients:
        total ^= times(coefficient, power)
        power = times(power, x)
    return total


def solve(points: Mapping[int, int]) -> list[int]:
    """Find the coefficients of the polynomial through as many points as it has coefficients."""
    size = len(points)
    rows = []
    for x, y in points.items():
        row = [1]
        while len(row) < size:
            row.append(times(row[-1], x))
        rows.append([*row, y])
    for column in range(size):
        pivot = next(place for place in range(column, size) if rows[place][column])
        rows[column], rows[pivot] = rows[pivot], rows[column]
        factor = inverse(rows[column][column])
        rows[column] = [times(factor, entry) for entry in rows[column]]
        for place in range(size):
            if place != column:
                factor = rows[place][column]
                rows[place] = [a ^ times(factor, b) for a, b in zip(rows[place], rows[column], strict=True)]
    return [row[-1] for row in rows]


def split(secret: bytes, threshold: int, count: int, randomness: bytes) -> dict[int, bytes]:
    """Return the bytes of each share by its number."""
    set_id, rest = randomness[:4], randomness[4:]
    digest = hashlib.sha256(b"voltoken-share/1|" + set_id + bytes([threshold]) + secret)
    shared = secret + digest.digest()[:4]
    polynomials = [
        [byte, *(rest[row * len(shared) + place] for row in range(threshold - 1))]
        for place, byte in enumerate(shared)
    ]
    return {
        number: bytes(value_at(polynomial, number) for polynomial in polynomials)
        for number in range(1, count + 1)
    }


def combine(shares: Mapping[int, bytes]) -> bytes:
    """Return what exactly as many shares as the threshold say: the secret and its four check bytes."""
    width = len(next(iter(shares.values())))
    return bytes(solve({number: y[place] for number, y in shares.items()})[0] for place in range(width))
