"""A made-up year of purchases, the same for every run with the same seed; also what makes the sample table.

Households buy when their units run out, more in winter and after pay day; a few live on the lifeline, a few
run a shop. ``python -m tests.year ROWS METERS FILE.csv`` writes one.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

HEADER = ("meter", "at", "amount", "units", "marks")
FIRST = datetime(2024, 7, 1)  # noqa: DTZ001 - local time, as a shop's list has it
DAYS = 365
PRICE = 2.72
"""What a unit costs about; amounts are round, as people pay them."""


def year(rows: int, meters: int, seed: int = 1) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield purchases in the order of time, as cells of a table."""
    chance = random.Random(seed)
    found = []
    for number in range(meters):
        need = chance.lognormvariate(5.2, 0.75)
        marks = "business" if need > 700 else "indigent" if need < 110 and chance.random() < 0.5 else ""
        count = rows // meters + (number < rows % meters)
        for _ in range(count):
            day = chance.randrange(DAYS)
            winter = 1.25 if day < 60 or day > 330 else 0.93
            worth = need * winter * DAYS / 30 / max(count, 1) * PRICE * chance.uniform(0.6, 1.4)
            amount = max(10, 10 * round(worth / 10))
            units = int(amount / PRICE * chance.uniform(9.4, 10.6))
            at = FIRST + timedelta(days=day, minutes=chance.randrange(6 * 60, 22 * 60))
            found.append((at, f"040{number:08d}", amount, units, marks))
    for at, meter, amount, units, marks in sorted(found):
        yield meter, f"{at:%Y-%m-%dT%H:%M}", f"{amount}.00", f"{units // 10}.{units % 10}", marks


def write(path: Path, rows: int, meters: int, seed: int = 1) -> Path:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(HEADER)
        out.writerows(year(rows, meters, seed))
    return path


if __name__ == "__main__":
    write(Path(sys.argv[3]), int(sys.argv[1]), int(sys.argv[2]))
