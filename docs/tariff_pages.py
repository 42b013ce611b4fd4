"""The page of example tariffs, `docs/reference/tariff-examples.md`: `python -m docs.tariff_pages` writes it.

Everything on it comes from `examples/tariffs/`: what a tariff shows is the comment at its head, the schedule
is the document itself, and the cases are priced while the page is written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.markdown import table
from tools.tariff_cases import CONFIDENCE, Case, checks, files, read, tariff_of, told

PAGE: Final = Path(__file__).resolve().parent / "reference" / "tariff-examples.md"
NOTE: Final = (
    "<!-- Written by docs/tariff_pages.py. Change examples/tariffs/ or the program, not this page. -->"
)

INTRODUCTION: Final = """# Example tariffs

Price lists of real utilities in the format of this project, each with what its sources print of worked
purchases. They are in `examples/tariffs/`: `NAME.toml` is the tariff, `NAME.cases.toml` has its cases.
Tests price every case with the engine, in both directions, and compare at the precision the source
prints. What a file calls ILLUSTRATIVE was not found in a source, or is made up; what it calls derived
follows from sums that were printed.

The schedules are old, and leave out what their sources leave out: they show how rules are written, and
are no price lists to sell by. `python -m tools.tariff_cases` prints all cases as one table."""

CASES_FORMAT: Final = """## Cases of your own

A file of cases names its tariff and its sources, and then one purchase after another:

```toml title="mine.cases.toml"
format = "voltoken-tariff-cases/1"
tariff = "mine.toml"

[sources]
receipt = "where it can be read"

[[case]]
id = "mine-1"
title = "The first 500 shillings of a month"
source = "receipt"
confidence = "high"
at = 2026-11-02T10:00:00 # on the clock of the tariff's zone
money = 500              # or: units = 32.3
expect = { units = 32.3, lines = { VAT = 67.31 } }
```

Besides `money` or `units`, a case can give `used`, `free_used`, `marks`, `claims`, `past_units`,
`last_purchase`, `debts`, `standing` and `exchange`: the circumstances of the purchase, amounts in the
currency. It can expect `units`, `free_units`, `total` (of all lines but rounding), `net` (the same
without taxes), `rounding`, `lines` by code, `blocks` (the money for each block of energy), `steps`
(units, price and money with everything on it), and `debts` and `standing` after the purchase. A number is
compared as exactly as it is written. `within` is for sources that round loosely; say why in `note`.
`decimals = 2` at the head of the file is for meters that take hundredths of a unit, `token = "currency"`
for meters that hold money."""


def examples_page() -> str:
    """Write the page."""
    legend = table(
        ("Confidence", "What it means"), ((f"`{word}`", what) for word, what in CONFIDENCE.items())
    )
    paths = files()
    index = table(
        ("Tariff", "Utility", "Valid from", "Cases>"),
        (
            (f"[{path.stem}](#{path.stem})", tariff.utility, tariff.valid_from, len(read(path)))
            for path in paths
            for tariff in [tariff_of(path)]
        ),
    )
    parts = (NOTE, INTRODUCTION, legend, index, *(_section(path) for path in paths), CASES_FORMAT)
    return "\n\n".join(parts) + "\n"


def _section(path: Path) -> str:
    """Return the section of one tariff: what it shows, the schedule, the cases."""
    tariff = tariff_of(path)
    about, schedule = _split(path.read_text(encoding="utf-8"))
    rows = table(("Case", "Given", "Expected", "Computed", "Confidence"), _rows(read(path)))
    sources = "\n".join(f"- <{source}>" for source in tariff.sources)
    return "\n\n".join(
        part
        for part in (
            f"## {path.stem}",
            f"{tariff.name}, {tariff.utility}, version {tariff.version}. {about}",
            f"```toml\n{schedule}\n```",
            rows,
            f"Sources:\n\n{sources}" if sources else "",
        )
        if part
    )


def _split(text: str) -> tuple[str, str]:
    """Return the comment at the head of a document, and its schedule: everything after the table of names."""
    head, _, rest = text.partition("\nformat = ")
    about = " ".join(line.removeprefix("# ") for line in head.splitlines())
    body = rest.split("\n\n", maxsplit=2)[2]
    return about, body.strip()


def _rows(cases: list[Case]) -> Iterator[tuple[str, ...]]:
    for case in cases:
        expected, computed = told(checks(case, case.quote()))
        tolerance = f" (within {case.within})" if case.within is not None else ""
        note = f"<br>{case.note}" if case.note else ""
        yield f"**{case.title}**{note}", case.given, expected + tolerance, computed, f"`{case.confidence}`"


def main() -> int:
    """Write the page to its place."""
    PAGE.write_text(examples_page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
