"""The worked cases of published tariffs in `examples/tariffs/`: read them, price them, compare.

`python -m tools.tariff_cases` prints a table of what each source says and what the engine computes.

Beside every tariff `NAME.toml` stands `NAME.cases.toml`: purchases with what a source prints of them. A
number is compared as exactly as it is written: `32.3` to the tenth, `80.75` to the hundredth, `58` to the
whole. Only where a source contradicts itself or rounds loosely, a case has a tolerance, `within`.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from voltoken.errors import FieldError
from voltoken.sts import CURRENCY, UnitGrid
from voltoken.tariff import Context, Kind, Prices, Quote, Standing, Tariff, load

FOLDER: Final = Path(__file__).resolve().parents[1] / "examples" / "tariffs"
FORMAT: Final = "voltoken-tariff-cases/1"

CONFIDENCE: Final = {
    "high": "printed by the utility or shown by a receipt",
    "medium": "told by others, or a part of the schedule was derived from it",
    "low": "rounded loosely by its source",
    "computed": "by hand from the published rule; no source prints it",
}
"""How sure a case is, and what each word means."""

_FILE: Final = {"format", "tariff", "token", "decimals", "sources", "case"}
_ABOUT: Final = {"id", "title", "source", "confidence", "note", "at", "within", "expect"}
_NUMBERS: Final = {"used", "free_used", "exchange"}
_STATE: Final = {"last_purchase", "debts", "standing"}
_GIVEN: Final = {"money", "units", "marks", "claims", "past_units"} | _NUMBERS | _STATE
_SUMS: Final = {"total", "net", "rounding"}
_EXPECT: Final = {"units", "free_units", "lines", "blocks", "steps", "debts", "standing"} | _SUMS


@dataclass(frozen=True, slots=True)
class Case:
    """One purchase and what a source says of it.

    source: an address, or how it was computed. money: coins, or None; units: or None. within: how far what
    is computed may be off, None for the precision as printed. given: as written, for people.
    """

    id: str
    title: str
    source: str
    confidence: str
    note: str
    tariff: Tariff
    grid: UnitGrid
    context: Context
    money: int | None
    units: Decimal | int | None
    within: Decimal | None
    given: str
    expect: Mapping[str, Any]

    def quote(self) -> Quote:
        """Price the purchase. Raises PurchaseRefused when the tariff does not allow it."""
        prices = Prices(self.tariff, self.grid)
        if self.money is not None:
            return prices.quote(self.money, self.context)
        return prices.quote_units(self.units or 0, self.context)


@dataclass(frozen=True, slots=True)
class Check:
    """One number of a case. name: which, e.g. ``lines.VAT``; expected: as printed by the source."""

    name: str
    expected: Decimal | int | date
    computed: Decimal | date
    agrees: bool


def files() -> list[Path]:
    """Return the tariffs that come along."""
    return sorted(path for path in FOLDER.glob("*.toml") if not path.name.endswith(".cases.toml"))


def cases_of(path: Path) -> Path:
    """Return where the cases of a tariff are."""
    return path.with_name(f"{path.stem}.cases.toml")


def tariff_of(path: Path) -> Tariff:
    """Return the tariff of a file."""
    return load(path.read_bytes())


def read(path: Path) -> list[Case]:
    """Return the cases of a tariff. path: of the tariff. Raises FieldError for what no case can have."""
    document = tomllib.loads(cases_of(path).read_text(encoding="utf-8"), parse_float=Decimal)
    _known("file", document, _FILE)
    if document["format"] != FORMAT or document["tariff"] != path.name:
        raise FieldError("format", f"{document['format']}, {document['tariff']}", f"{FORMAT}, {path.name}")
    tariff = tariff_of(path)
    grid = UnitGrid(decimals=document.get("decimals", 1), exponent_max=3, signed=False)
    if document.get("token") == "currency":
        grid = CURRENCY
    return [_case(row, document["sources"], tariff, grid) for row in document["case"]]


def _known(where: str, row: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(row) - known):
        raise FieldError(where, ", ".join(unknown), f"only {', '.join(sorted(known))}")


def _case(row: Mapping[str, Any], sources: Mapping[str, str], tariff: Tariff, grid: UnitGrid) -> Case:
    _known(row["id"], row, _ABOUT | _GIVEN)
    _known(row["id"], row["expect"], _EXPECT)
    if row["confidence"] not in CONFIDENCE or ("money" in row) == ("units" in row):
        raise FieldError(row["id"], row["confidence"], "a known confidence, and either money or units")
    minor = tariff.money.currency.minor
    return Case(
        row["id"],
        row["title"],
        sources[row["source"]],
        row["confidence"],
        row.get("note", ""),
        tariff,
        grid,
        _context(row, tariff),
        minor(row["money"]) if "money" in row else None,
        row.get("units"),
        Decimal(row["within"]) if "within" in row else None,
        _given(row, tariff),
        row["expect"],
    )


def _context(row: Mapping[str, Any], tariff: Tariff) -> Context:
    minor = tariff.money.currency.minor
    at: datetime = row["at"]
    return Context(
        at=at.replace(tzinfo=ZoneInfo(tariff.zone)),
        **{name: row[name] for name in _NUMBERS if name in row},
        marks=frozenset(row.get("marks", ())),
        claims=frozenset(row.get("claims", ())),
        past_units=tuple(row.get("past_units", ())),
        last_purchase=row.get("last_purchase"),
        debts={code: minor(balance) for code, balance in row.get("debts", {}).items()},
        standing={
            code: Standing(told["next_due"], minor(told["owing"]))
            for code, told in row.get("standing", {}).items()
        },
    )


def _given(row: Mapping[str, Any], tariff: Tariff) -> str:
    """Say in a few words what a case is given."""
    currency = tariff.money.currency.code
    words = [f"{currency} {row['money']:,}" if "money" in row else f"{row['units']:,} {tariff.unit}"]
    if "used" in row:
        words.append(f"after {row['used']} {tariff.unit}")
    if "marks" in row:
        words.append(", ".join(row["marks"]))
    if "past_units" in row:
        words.append(f"past months {', '.join(map(str, row['past_units']))}")
    if "exchange" in row:
        words.append(f"at a rate of {row['exchange']:,}")
    if "last_purchase" in row:
        words.append(f"last purchase on {row['last_purchase']}")
    words += [f"{code} of {balance:,}" for code, balance in row.get("debts", {}).items()]
    for code, told in row.get("standing", {}).items():
        paid = f", {told['owing']:,} owing" if told["owing"] else ""
        words.append(f"{code} reckoned to {told['next_due']}{paid}")
    return "; ".join(words)


def checks(case: Case, quote: Quote) -> list[Check]:
    """Compare everything a case expects with a quote."""
    return [
        Check(name, expected, computed, _agrees(expected, computed, case.within))
        for name, expected, computed in _pairs(case, quote)
    ]


def _agrees(expected: Decimal | int | date, computed: Decimal | date, within: Decimal | None) -> bool:
    if not isinstance(expected, Decimal | int) or not isinstance(computed, Decimal):
        return expected == computed
    printed = Decimal(expected)
    if within is not None:
        return abs(computed - printed) <= within
    return computed.quantize(Decimal(1).scaleb(int(printed.as_tuple().exponent)), ROUND_HALF_UP) == printed


def _pairs(case: Case, quote: Quote) -> Iterator[tuple[str, Any, Any]]:
    """Yield name, what is expected and what is computed."""
    found = _found(quote)
    for name, expected in case.expect.items():
        if isinstance(expected, list):
            rows = expected if name == "blocks" else [number for row in expected for number in row]
            yield from _lists(name, rows, found[name])
        elif isinstance(expected, dict):
            for code, told in expected.items():
                yield from _parts(f"{name}.{code}", told, found[name].get(code, quote.currency.decimal(0)))
        else:
            yield name, expected, found[name]


def _parts(name: str, told: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield one number, or each one of a table."""
    if not isinstance(told, dict):
        yield name, told, found
        return
    for key, value in told.items():
        yield f"{name}.{key}", value, found[key]


def _found(quote: Quote) -> dict[str, Any]:
    """Return everything that a case may expect, as a quote has it."""
    money = quote.currency.decimal
    total = quote.tender - quote.total(Kind.ROUNDING, Kind.CARRIED)
    codes = dict.fromkeys(line.code for line in quote.lines)
    return {
        "units": quote.units,
        "free_units": quote.free_units,
        "total": money(total),
        "net": money(total - quote.total(Kind.TAX)),
        "rounding": money(quote.total(Kind.ROUNDING)),
        "lines": {code: money(sum(x.amount for x in quote.lines if x.code == code)) for code in codes},
        "blocks": [money(amount) for amount in _blocks(quote)],
        "steps": [
            number for x in quote.steps for number in (_decimal(x.units), _decimal(x.price), money(x.amount))
        ],
        "debts": {code: money(balance) for code, balance in quote.debts.items()},
        "standing": {
            code: {"next_due": after.next_due, "owing": money(after.owing)}
            for code, after in quote.standing.items()
        },
    }


def _lists(name: str, told: list[Any], found: list[Decimal]) -> Iterator[tuple[str, Any, Any]]:
    if len(told) != len(found):
        yield f"{name}, how many", len(told), Decimal(len(found))
    for number, (expected, computed) in enumerate(zip(told, found, strict=False), start=1):
        yield f"{name}.{number}", expected, computed


def _blocks(quote: Quote) -> list[int]:
    """Return the money of every block of energy, in coins."""
    found: dict[int, int] = {}
    for line in quote.lines:
        if line.kind is Kind.ENERGY:
            found[line.block] = found.get(line.block, 0) + line.amount
    return list(found.values())


def _decimal(value: Fraction) -> Decimal:
    """Return a fraction as a decimal of more places than any source prints."""
    return Decimal(round(value * 10**9)).scaleb(-9)


def told(found: list[Check]) -> tuple[str, str]:
    """Return what was expected and what was computed as two lines of text."""
    return (
        "; ".join(f"{check.name} {_shown(check.expected)}" for check in found),
        "; ".join(f"{_shown(check.computed)}" for check in found),
    )


def _shown(value: Decimal | int | date) -> str:
    if isinstance(value, Decimal) and value.as_tuple().exponent == -9:
        return f"{value.normalize():f}"
    return f"{value:,}" if isinstance(value, Decimal | int) else str(value)


def main() -> int:
    """Print every case with what is expected and computed; 1 when one does not agree."""
    print("| Case | Given | Expected | Computed | |\n| --- | --- | --- | --- | --- |")
    failed = 0
    for path in files():
        for case in read(path):
            found = checks(case, case.quote())
            agree = all(check.agrees for check in found)
            failed += not agree
            expected, computed = told(found)
            tolerance = f" (within {case.within})" if case.within is not None else ""
            verdict = "ok" if agree else "WRONG"
            print(f"| `{case.id}` | {case.given} | {expected}{tolerance} | {computed} | {verdict} |")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
