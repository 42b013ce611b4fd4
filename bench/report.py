"""Print figures, as a table for people or as JSON, and say whether their gates hold."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from bench.measure import Figure, machine

_HEAD = f"{'us':>9}{'beside it':>12}{'us':>9}{'ratio':>9}  gate"


def report(figures: Sequence[Figure], title: str = "CPU time per token") -> int:
    """Print the figures of one script, as its command line asks; return the exit code."""
    if "--json" in sys.argv[1:]:
        print(json.dumps({"machine": machine(), "figures": documents(figures)}, indent=2))
    else:
        print(machine())
        print_figures(figures, title)
    return 0 if all(figure.passed for figure in figures) else 1


def documents(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """Return figures as objects for JSON."""
    return [
        {
            "name": figure.name,
            "cpu_us": round(figure.ours.median, 4),
            "base": figure.base_name or None,
            "base_cpu_us": round(figure.base.median, 4) if figure.base else None,
            "ratio": round(figure.ratio, 3) if figure.ratio else None,
            "passed": figure.passed,
        }
        for figure in figures
    ]


def print_figures(figures: Sequence[Figure], title: str) -> None:
    """Print a table, one line for each figure."""
    print(f"\n{title:<36}{_HEAD}")
    for figure in figures:
        print(f"{figure.name:<36}{_microseconds(figure.ours.median)}{_beside(figure)}".rstrip())


def _beside(figure: Figure) -> str:
    """Return what stands behind the time: the comparison or the rate, with the gate or the aim."""
    verdict = "ok" if figure.passed else "FAILED"
    if figure.base and figure.ratio:
        gate = f"<= {figure.at_most} {verdict}" if figure.at_most else ""
        gate = f">= {figure.at_least} {verdict}" if figure.at_least else gate
        return f"{figure.base_name:>12}{_microseconds(figure.base.median)}{figure.ratio:>9.2f}  {gate}"
    rate = f"{1e6 / figure.ours.median:>16,.0f} a second, aim"
    if figure.aim_us is not None:
        return f"{rate} {1e6 / figure.aim_us:,.0f} {verdict}"
    return f"{rate} {figure.hope:,.0f}, no gate" if figure.hope is not None else ""


def _microseconds(value: float) -> str:
    return f"{value:>9.2f}" if value >= 1 else f"{value:>9.4f}"
