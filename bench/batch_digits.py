"""The 20 digits alone: the engine's kernels that write and read them.

Gate: never slower than one by one; large columns are many times as fast.
Single run: ``python -m bench.batch_digits [--json]``.
"""

from __future__ import annotations

import sys
from typing import Final

import numpy as np

from bench.batch_issue import LOOPED, ROWS
from bench.beside import Beside, compare
from bench.measure import Figure
from bench.native.reference import Reference, reference
from bench.paths import Columns, Paths
from bench.report import report
from bench.rows import texts
from voltoken.sts import TokenNumber
from voltoken.sts.batch.kernels.digits import format_digits, parse_digits

BESIDE: Final = Beside(loop_at_least=1.0)


def figures(native: Reference | None, rows: int = ROWS) -> list[Figure]:
    """Measure formatting and parsing of random numbers of 66 bits."""
    random = np.random.default_rng(66)
    low = random.integers(0, 1 << 64, rows, dtype=np.uint64, endpoint=False)
    high = random.integers(0, 4, rows, dtype=np.uint64)
    numbers = [
        upper << 64 | lower
        for upper, lower in zip(high[:LOOPED].tolist(), low[:LOOPED].tolist(), strict=True)
    ]
    digits = format_digits(low, high)

    def format_one_by_one() -> Columns:
        return (np.array([TokenNumber(number).digits for number in numbers], "S20"),)

    def parse() -> Columns:
        lows, highs, _ = parse_digits(digits)
        return lows, highs

    def parse_one_by_one() -> Columns:
        read = [TokenNumber.parse(text) for text in texts(digits[:LOOPED])]
        lows = np.array([number & 0xFFFFFFFFFFFFFFFF for number in read], np.uint64)
        return lows, np.array([number >> 64 for number in read], np.uint64)

    formatting = Paths(lambda: (format_digits(low, high),), format_one_by_one)
    to_digits = native.formatter(low, high) if native else None
    from_digits = native.parser(digits) if native else None
    return [
        *compare("66 bits to 20 digits", BESIDE, formatting, to_digits, rows, LOOPED),
        *compare("20 digits to 66 bits", BESIDE, Paths(parse, parse_one_by_one), from_digits, rows, LOOPED),
    ]


if __name__ == "__main__":
    sys.exit(report(figures(reference())))
