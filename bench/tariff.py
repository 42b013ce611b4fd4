"""Figures of prices: one purchase at a time, and a year of them at once.

Aimed at: a quote within 150 microseconds, by money as well as by units. ``python -m bench.tariff [--json]``
prints these only. Before anything is timed, the vector engine and the scalar path are seen to agree.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from bench.measure import Figure, measure
from bench.report import report
from voltoken.tariff import Context, Prices, Quote, Standing, Tariff, load
from voltoken.tariff.batch import Hold, Purchases, reprice

TITLE: Final = "CPU time per quote, or per row"
QUOTES_HOPE: Final = 1e6 / 150
ROWS: Final = 1_000_000
METERS: Final = 20_000
ROWS_HOPE: Final = 500_000.0

_FOLDER: Final = Path(__file__).resolve().parents[1] / "examples" / "tariffs"
_YEAR: Final = 365 * 86_400
_FIRST: Final = 1_719_792_000
"""1 July 2024."""


class Case(NamedTuple):
    """A purchase that is timed. tender: coins; kept: what the customer's last purchase has left."""

    name: str
    tariff: str
    at: datetime
    tender: int
    kept: dict[str, Standing]


def figures(rows: int = ROWS) -> list[Figure]:
    """Measure every row."""
    return [*quotes(), *years(rows)]


def quotes() -> list[Figure]:
    """Measure single quotes, by money and by units."""
    made: list[Figure] = []
    for case in _CASES:
        prices = Prices(tariff(case.tariff))
        zone = ZoneInfo(prices.tariff.zone)
        context = Context(case.at.replace(tzinfo=zone), used=Fraction(123, 10), standing=case.kept)
        quote = prices.quote(case.tender, context)
        ways: list[Callable[[], Quote]] = [
            partial(prices.quote, case.tender, context),
            partial(prices.quote_units, quote.units, context),
        ]
        timings = measure(ways)
        names = (case.name, f"{case.name}, by units")
        made += [Figure(name, one, hope=QUOTES_HOPE) for name, one in zip(names, timings, strict=True)]
    return made


def years(rows: int) -> list[Figure]:
    """Measure a year of purchases, with the energy and with the money held."""
    purchases = year(rows)
    made = []
    for name in ("za-citypower-prepaid-high-2023-24", "za-citypower-prepaid-high-2024-25"):
        priced = tariff(name)
        _check(priced, year(200))
        ways = [partial(reprice, priced, purchases, hold) for hold in Hold]
        timings = measure(ways, items=[rows] * len(ways), rounds=3, seconds=0)
        made += [
            Figure(f"reprice {name[-7:]}, same {hold}", timing, hope=ROWS_HOPE)
            for hold, timing in zip(Hold, timings, strict=True)
        ]
    return made


def tariff(name: str) -> Tariff:
    """Return a tariff that comes along."""
    return load((_FOLDER / f"{name}.toml").read_bytes())


def year(rows: int) -> Purchases:
    """Return a made-up year, the same every time."""
    chance = np.random.default_rng(1)
    units = np.maximum(1, chance.gamma(2.0, 350.0, rows).astype(np.int64))
    return Purchases(
        chance.integers(0, max(1, rows * METERS // ROWS), rows),
        _FIRST + chance.integers(0, _YEAR, rows),
        units * 28 + chance.integers(0, 5000, rows),
        units,
        np.zeros(rows, np.int64),
    )


def _check(priced: Tariff, purchases: Purchases) -> None:
    """See that first purchases are what the scalar path says. Raises SystemExit when they are not."""
    found = reprice(priced, purchases, Hold.MONEY)
    prices = Prices(priced)
    seen: set[int] = set()
    for row in np.argsort(purchases.at, kind="stable").tolist():
        meter, at = int(purchases.meter[row]), int(purchases.at[row])
        if meter in seen:
            continue
        seen.add(meter)
        local = datetime.fromtimestamp(at, ZoneInfo("UTC")).replace(tzinfo=ZoneInfo(priced.zone))
        if not priced.in_force(local.date()):
            continue
        quote = prices.quote(int(purchases.tender[row]), Context(local))
        if int(quote.units * 10) != found.units[row]:
            raise SystemExit(f"{priced.code} {priced.version}: the vector engine and the scalar path differ")


_CASES: Final = (
    Case("flat with VAT", "ng-flat-with-vat", datetime(2026, 7, 5, 10), 500_000, {}),  # noqa: DTZ001 - zone below
    Case("three blocks", "za-citypower-prepaid-high-2023-24", datetime(2023, 8, 5, 10), 120_000, {}),  # noqa: DTZ001
    Case("seven levies and VAT", "ke-kplc-domestic-2017-12", datetime(2017, 12, 5, 10), 200_000, {}),  # noqa: DTZ001
    Case("accrued charge", "za-citypower-prepaid-high-2024-25", datetime(2024, 10, 3, 10), 100_000, {}),  # noqa: DTZ001
)


def main() -> int:
    """Print them; return the exit code."""
    return report(figures(), TITLE)


if __name__ == "__main__":
    sys.exit(main())
