"""One batch figure: the engine, the C reference and the scalar loop, compared, then timed in turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.measure import Figure, measure
from bench.paths import Columns, Paths, check


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a figure: the gates on the ratios, and the tokens a second to aim at.

    c_at_most: our time to C's, None for no gate. loop_at_least: the scalar loop's time to ours.
    """

    loop_at_least: float | None = None
    c_at_most: float | None = None
    hope: float | None = None


def compare(
    name: str,
    beside: Beside,
    ways: Paths,
    by_c: Callable[[], Columns] | None,
    rows: int,
    looped: int,
) -> list[Figure]:
    """Measure one row after seeing that all ways give the same; times are of one token.

    rows, looped: how many tokens a call of the engine (and of C) and one of the scalar loop make.
    """
    functions, items = [ways.batch, ways.scalar], [rows, looped]
    if by_c:
        functions.append(by_c)
        items.append(rows)
    first, *others = [function() for function in functions]
    check(name, first, *others)
    ours, loop, *native = measure(functions, items=items)
    figures = [Figure(name, ours, "C", timing, at_most=beside.c_at_most) for timing in native]
    figures.append(Figure(name, ours, "scalar loop", loop, at_least=beside.loop_at_least))
    if beside.hope:
        figures.append(Figure(name, ours, hope=beside.hope))
    return figures
