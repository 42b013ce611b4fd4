"""Batches of every size against the scalar loop: the engine must never be the slower one.

Gate: at every size the median of the ratios round by round is at least 1. Small batches are called many
hundred times in each of the turns, which alternate; both ways start from the same lists and, in columns of
their own, from the same numpy arrays. Single run: ``python -m bench.batch_sizes [--json]``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final

from bench import paths
from bench.measure import Figure, machine, measure
from bench.report import report
from bench.rows import Lists, Rows, rows
from voltoken.sts import EA

SIZES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128, 256, 512, 1024, 2048, 4096)
ROUNDS: Final = 9
SECONDS: Final = 0.008
AT_LEAST: Final = 1.0

_Ways = Callable[[EA, Rows | Lists, Rows | Lists], paths.Paths]
WORK: Final[tuple[tuple[str, _Ways, EA], ...]] = (
    ("new 07", paths.issue, EA.STA),
    ("new 11", paths.issue, EA.MISTY1),
    ("known 07", paths.encode, EA.STA),
    ("known 11", paths.encode, EA.MISTY1),
    ("verify 07", paths.read, EA.STA),
    ("verify 11", paths.read, EA.MISTY1),
)
FORMS: Final = ("lists", "arrays")

Measured = Mapping[str, Mapping[str, list[Figure]]]
"""By form and work, the figure of each size."""


def columns() -> Measured:
    """Measure every work at every size, from lists and from arrays."""
    given = rows(max(SIZES))
    return {
        form: {name: [_figure(form, name, ways, ea, given.head(n)) for n in SIZES] for name, ways, ea in WORK}
        for form in FORMS
    }


def flat(measured: Measured) -> list[Figure]:
    """Return all figures in one list."""
    return [figure for works in measured.values() for figures in works.values() for figure in figures]


def _figure(form: str, name: str, ways: _Ways, ea: EA, given: Rows) -> Figure:
    data = Lists.of(given) if form == "lists" else given
    both = ways(ea, data, data)
    title = f"{name} from {form}, n = {len(given)}"
    paths.check(title, both.batch(), both.scalar())
    n = len(given)
    ours, loop = measure(both, items=[n, n], rounds=ROUNDS, seconds=SECONDS)
    return Figure(title, ours, "scalar loop", loop, at_least=AT_LEAST)


def print_columns(measured: Measured) -> None:
    """Print a table for each form, a line for each size; what is below the gate is marked."""
    for form, works in measured.items():
        print(f"\n{f'Times as fast as the loop, from {form}':<40}gate >= {AT_LEAST}")
        print(f"{'rows':>6}" + "".join(f"{name:>12}" for name in works))
        for place, n in enumerate(SIZES):
            print(f"{n:>6}" + "".join(_cell(figures[place]) for figures in works.values()))


def _cell(figure: Figure) -> str:
    return f"{figure.ratio or 0:>11.2f}{' ' if figure.passed else '!'}"


def main() -> int:
    """Measure and print the sizes; return the exit code."""
    measured = columns()
    if "--json" in sys.argv[1:]:
        return report(flat(measured))
    print(machine())
    print_columns(measured)
    return 0 if all(figure.passed for figure in flat(measured)) else 1


if __name__ == "__main__":
    sys.exit(main())
