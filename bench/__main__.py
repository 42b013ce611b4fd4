"""Measure everything and print a table: `./dev bench [--json]`. Exit 1 when a gate does not hold."""

from __future__ import annotations

import json
import sys

from bench import meter, tokens
from bench.measure import Figure, machine
from bench.startup import Startup, startups


def main() -> int:
    """Run all measurements; return the exit code."""
    as_json = "--json" in sys.argv[1:]
    rows = [*tokens.figures(), *meter.figures()]
    kept = meter.bytes_per_meter()
    cold = startups()
    if as_json:
        figures = [
            {
                "name": row.name,
                "cpu_us": round(row.ours.median, 2),
                "base": row.base_name or None,
                "base_cpu_us": round(row.base.median, 2) if row.base else None,
                "ratio": round(row.ratio, 3) if row.ratio else None,
                "passed": row.passed,
            }
            for row in rows
        ]
        startup = [{"name": row.name, "wall_ms": round(row.milliseconds, 1)} for row in cold]
        document = {"machine": machine(), "figures": figures, "startup": startup, "bytes_per_meter": kept}
        print(json.dumps(document, indent=2))
    else:
        _print_tables(rows, cold)
        print(f"\n{'Memory of one meter that has taken a token':<36} {kept:,} bytes")
    return 0 if all(row.passed for row in rows) and all(row.passed for row in cold) else 1


def _print_tables(rows: list[Figure], cold: list[Startup]) -> None:
    print(machine())
    print(f"\n{'CPU time per call':<36}{'us':>9}{'beside it':>12}{'us':>9}{'ratio':>9}  gate")
    for row in rows:
        line = f"{row.name:<36}{row.ours.median:>9.2f}"
        if row.base and row.ratio:
            gate = f"<= {row.at_most}" if row.at_most else f">= {row.at_least}"
            verdict = "ok" if row.passed else "FAILED"
            line += f"{row.base_name:>12}{row.base.median:>9.2f}{row.ratio:>9.2f}  {gate} {verdict}"
        elif row.aim_us is not None:
            verdict = "ok" if row.passed else "FAILED"
            line += f"{1e6 / row.ours.median:>16,.0f} a second, aim {1e6 / row.aim_us:,.0f} {verdict}"
        print(line)
    print(f"\n{'Wall time from cold':<36}{'ms':>9}")
    for startup in cold:
        aim = "" if startup.aim is None else f"  <= {startup.aim:.0f} {'ok' if startup.passed else 'FAILED'}"
        print(f"{startup.name:<36}{startup.milliseconds:>9.1f}{aim}")


if __name__ == "__main__":
    sys.exit(main())
