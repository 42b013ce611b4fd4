"""Measure everything and print a table: `./dev bench [--json]`. Exit 1 when a gate does not hold."""

from __future__ import annotations

import json
import sys

from bench import (
    batch,
    batch_processes,
    batch_sizes,
    keyload,
    kmc_planning,
    ledger,
    meter,
    security,
    tariff,
    tokens,
)
from bench.measure import machine
from bench.report import documents, print_figures
from bench.startup import Startup, startups


def main() -> int:
    """Run all measurements; return the exit code."""
    rows = [*tokens.figures(), *meter.figures()]
    kept = meter.bytes_per_meter()
    books = ledger.figures()
    prices = tariff.figures()
    files = keyload.figures()
    plans = kmc_planning.figures(kmc_planning.METERS // 5)
    cold = startups()
    many = batch.figures()
    sizes = batch_sizes.columns()
    two = batch_processes.gain()
    disk, rates = security.fsync_ms(), security.rates()
    figures = [*rows, *books, *prices, *files, *plans, *many, *batch_sizes.flat(sizes)]
    if "--json" in sys.argv[1:]:
        startup = [{"name": row.name, "wall_ms": round(row.milliseconds, 1)} for row in cold]
        document = {
            "machine": machine(),
            "figures": documents(figures),
            "startup": startup,
            "bytes_per_meter": kept,
            "gain_of_a_second_process": round(two, 3),
            "security": security.document(disk, rates),
        }
        print(json.dumps(document, indent=2))
    else:
        print(machine())
        print_figures(rows, "CPU time per call")
        print_figures(books, ledger.TITLE)
        print_figures(prices, tariff.TITLE)
        print_figures(files, keyload.TITLE)
        print_figures(plans, kmc_planning.TITLE)
        _print_startups(cold)
        print(f"\n{'Memory of one meter that has taken a token':<36} {kept:,} bytes")
        print_figures(many, batch.TITLE)
        batch_sizes.print_columns(sizes)
        batch_processes.print_gain(two)
        security.print_rates(disk, rates)
    gates = [row.passed for row in figures], [row.passed for row in cold], [row.passed for row in rates]
    return 0 if all(map(all, gates)) else 1


def _print_startups(cold: list[Startup]) -> None:
    print(f"\n{'Wall time from cold':<36}{'ms':>9}")
    for startup in cold:
        aim = "" if startup.aim is None else f"  <= {startup.aim:.0f} {'ok' if startup.passed else 'FAILED'}"
        print(f"{startup.name:<36}{startup.milliseconds:>9.1f}{aim}")


if __name__ == "__main__":
    sys.exit(main())
