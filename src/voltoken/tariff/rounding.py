"""Rounding: to a step, in a declared direction, of exact numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Direction(StrEnum):
    """Where what lies between two steps goes."""

    NEAREST = "nearest"
    """To the nearer one; from the middle away from zero, as on a bill."""
    DOWN = "down"
    """Toward zero."""
    UP = "up"
    """Away from zero."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """A step, above zero, and where what lies between two steps goes."""

    step: Fraction
    to: Direction = Direction.NEAREST

    def count(self, value: Fraction) -> int:
        """Return how many steps value is rounded to."""
        ratio = Fraction(value, self.step)
        return rounded(ratio.numerator, ratio.denominator, self.to)

    def __call__(self, value: Fraction) -> Fraction:
        """Return value rounded."""
        return self.count(value) * self.step


def rounded(numerator: int, denominator: int, to: Direction) -> int:
    """Return the whole number that numerator / denominator is rounded to; denominator is above zero."""
    if numerator < 0:
        return -rounded(-numerator, denominator, to)
    if to is Direction.NEAREST:
        return (2 * numerator + denominator) // (2 * denominator)
    return numerator // denominator if to is Direction.DOWN else -(-numerator // denominator)


def exact_text(value: Fraction) -> str:
    """Return a number as text without loss: as a decimal, or as ``1/3`` where no decimal is exact."""
    rest, places = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest //= prime
            power += 1
        places = max(places, power)
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = abs(value.numerator) * 10**places // value.denominator
    sign = "-" if value < 0 else ""
    return f"{sign}{digits // 10**places}" + (f".{digits % 10**places:0{places}}" if places else "")
