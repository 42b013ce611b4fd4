"""What a second process gains: the same rows made by one worker, and by two with half of them each.

Wall time, as it is about waiting; in turn, and the median of the ratios. No gate, since a machine has as
many idle cores as it has. Aim: 1.8. Single run: ``python -m bench.batch_processes [--json]``.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Final

from bench import paths
from bench.measure import machine
from bench.rows import rows
from voltoken.sts import EA

ROWS: Final = 400_000
ROUNDS: Final = 7
AIM: Final = 1.8

_given = rows(1)


def _prepare() -> None:
    """Make the rows in the worker, so that none travel while the time is taken."""
    global _given  # noqa: PLW0603 - a worker has one job and keeps its data
    _given = rows(ROWS)
    _issue(0, ROWS)


def _issue(start: int, stop: int) -> int:
    part = _given.part(start, stop)
    tokens, _ = paths.issue(EA.STA, part, part).batch()
    return len(tokens)


def gain() -> float:
    """Return how many times as fast two processes are as one."""
    half = ROWS // 2
    ratios = []
    with ProcessPoolExecutor(2, get_context("spawn"), _prepare) as pool:
        for _ in range(2):
            _wall(pool, [(0, half), (half, ROWS)])  # both workers start and prepare
        for _ in range(ROUNDS):
            one = _wall(pool, [(0, ROWS)])
            ratios.append(one / _wall(pool, [(0, half), (half, ROWS)]))
    return statistics.median(ratios)


def _wall(pool: ProcessPoolExecutor, parts: list[tuple[int, int]]) -> float:
    start = time.perf_counter()
    waiting = [pool.submit(_issue, *part) for part in parts]
    if sum(future.result() for future in waiting) != ROWS:
        raise SystemExit("bench: tokens are missing")
    return time.perf_counter() - start


def print_gain(ratio: float) -> None:
    """Print the figure."""
    print(f"\n{'Two processes, times as fast as one':<36}{ratio:>9.2f}  aim {AIM}, no gate")


def main() -> int:
    """Measure and print; return the exit code."""
    ratio = gain()
    if "--json" in sys.argv[1:]:
        print(json.dumps({"machine": machine(), "gain_of_a_second_process": round(ratio, 3)}, indent=2))
    else:
        print(machine())
        print_gain(ratio)
    return 0


if __name__ == "__main__":
    sys.exit(main())
