"""Credits under known keys, as campaigns make them for meters they have met: block, encryption, 20 digits.

Gate: at least 35 times as fast as the scalar loop with its ciphers made beforehand.
Single run: ``python -m bench.batch_known [--json]``.
"""

from __future__ import annotations

import sys
from typing import Final

from bench import paths
from bench.batch_issue import LOOPED, ROWS
from bench.beside import Beside, compare
from bench.measure import Figure
from bench.native.reference import Reference, reference
from bench.report import report
from bench.rows import Rows, rows
from voltoken.sts import EA

BESIDE: Final = Beside(loop_at_least=35.0, hope=8e6)


def figures(native: Reference | None, given: Rows) -> list[Figure]:
    """Measure EA07 and EA11."""
    made = []
    for ea in (EA.STA, EA.MISTY1):
        ways = paths.encode(ea, given, given.head(LOOPED))
        by_c = native.encoder(ea, given) if native else None
        made += compare(f"EA{ea.value}, keys known", BESIDE, ways, by_c, len(given), LOOPED)
    return made


if __name__ == "__main__":
    sys.exit(report(figures(reference(), rows(ROWS))))
