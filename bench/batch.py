"""All figures of large batches in one go, for `./dev bench`; each has a script of its own, ``batch_*``."""

from __future__ import annotations

from typing import Final

from bench import batch_digits, batch_issue, batch_known, batch_verify
from bench.measure import Figure
from bench.native.reference import reference
from bench.rows import rows

TITLE: Final = f"Batches of {batch_issue.ROWS:,}, a token"


def figures() -> list[Figure]:
    """Measure every row, on the same random meters."""
    native, given = reference(), rows(batch_issue.ROWS)
    return [
        *batch_issue.figures(native, given),
        *batch_known.figures(native, given),
        *batch_verify.figures(native, given),
        *batch_digits.figures(native),
    ]
