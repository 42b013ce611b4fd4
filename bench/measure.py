"""How to measure so that a figure means something on a shared machine.

CPU time of this process, not wall time; several rounds, of which the median counts; what is compared runs
in turn, A B A B, so that a change of the machine's speed hits both, and the ratio is the median of the
ratios round by round.
"""

from __future__ import annotations

import gc
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 9
ROUND_SECONDS = 0.08


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds of CPU time per call: the rounds of one function."""

    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.rounds)

    def ratio(self, other: Timing) -> float:
        """How many times as long this took as other, round by round."""
        return statistics.median(a / b for a, b in zip(self.rounds, other.rounds, strict=True))


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, the figure, what it is compared with and the gate on the ratio.

    at_most, at_least: allowed ratio of ours to base, or of base to ours. aim_us: the most for a call.
    hope: calls a second to aim at, reported without a verdict.
    """

    name: str
    ours: Timing
    base_name: str = ""
    base: Timing | None = None
    at_most: float | None = None
    at_least: float | None = None
    aim_us: float | None = None
    hope: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours to base, or base to ours where a speed-up is claimed."""
        if self.base is None:
            return None
        return self.base.ratio(self.ours) if self.at_least else self.ours.ratio(self.base)

    @property
    def passed(self) -> bool:
        """Whether the gate holds; a figure without a gate always passes."""
        if self.aim_us is not None and self.ours.median > self.aim_us:
            return False
        ratio = self.ratio
        if ratio is None:
            return True
        return (self.at_most is None or ratio <= self.at_most) and (
            self.at_least is None or ratio >= self.at_least
        )


def measure(
    functions: Sequence[Callable[[], object]],
    *,
    items: Sequence[int] | None = None,
    rounds: int = ROUNDS,
    seconds: float = ROUND_SECONDS,
) -> list[Timing]:
    """Time functions in turn.

    items: how many items a call of each function works on; the times are then of one item.
    rounds: how often each has its turn. seconds: about how long a turn takes, at least one call.
    """
    counts = [_calls_per_round(function, seconds) for function in functions]
    calls = [count * each for count, each in zip(counts, items or [1] * len(counts), strict=True)]
    times: list[list[float]] = [[] for _ in functions]
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for place, (function, count) in enumerate(zip(functions, counts, strict=True)):
                times[place].append(_run(function, count) / calls[place] * 1e6)
    finally:
        gc.enable()
    return [Timing(tuple(each)) for each in times]


def _calls_per_round(function: Callable[[], object], wanted: float) -> int:
    function()
    count = 1
    while True:
        seconds = _run(function, count)
        if seconds > wanted / 10:
            return max(1, int(count * wanted / seconds))
        count *= 4


def _run(function: Callable[[], object], count: int) -> float:
    calls = range(count)
    start = time.process_time()
    for _ in calls:
        function()
    return time.process_time() - start


def machine() -> str:
    """Return the machine and Python in a line, to stand beside every figure."""
    model = platform.processor() or platform.machine()
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {platform.system()}, Python {sys.version.split()[0]}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
