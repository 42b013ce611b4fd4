"""Credits for new meters, end to end: derive the key, build and encrypt the block, write 20 digits.

Gates: at most 2.5 (DKGA02+EA07) and 7 times (DKGA04+EA11) the time of the C reference; at least 40 and 6
times as fast as the scalar loop. Single run: ``python -m bench.batch_issue [--json]``.
"""

from __future__ import annotations

import sys
from typing import Final

from bench import paths
from bench.beside import Beside, compare
from bench.measure import Figure
from bench.native.reference import Reference, reference
from bench.report import report
from bench.rows import LABELS, Rows, rows
from voltoken.sts import EA

ROWS: Final = 400_000
LOOPED: Final = 2_000
BESIDE: Final = {
    EA.STA: Beside(c_at_most=2.5, loop_at_least=40.0, hope=3.5e6),
    EA.MISTY1: Beside(c_at_most=7.0, loop_at_least=6.0, hope=0.9e6),
}


def figures(native: Reference | None, given: Rows) -> list[Figure]:
    """Measure both algorithm pairs, each from its own vending key."""
    made = []
    for ea, beside in BESIDE.items():
        ways = paths.issue(ea, given, given.head(LOOPED))
        by_c = native.issuer(ea, given) if native else None
        made += compare(f"{LABELS[ea]}, new meters", beside, ways, by_c, len(given), LOOPED)
    return made


if __name__ == "__main__":
    sys.exit(report(figures(reference(), rows(ROWS))))
