"""Whether everybody has a price above zero, and money left for it: all bands, bounded rebates and fees.

Rebates may come together that seldom do. What is reckoned here is the worst that the seasons allow: every
rebate of a month, whoever gets it, and of the levies and taxes those that everybody pays in that month.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from voltoken.tariff.document import ENERGY
from voltoken.tariff.reading.making import blocks_of, rounding_of
from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.references import bases, ordered
from voltoken.tariff.reading.shape import Row
from voltoken.tariff.reading.showing import dotted, shown
from voltoken.tariff.reading.statements import Path


def check_bands(notes: Notes, document: Row) -> None:
    """Note energies that are never chosen, and customers for whom none is."""
    rows = document.rows("energy")
    for row in rows[:-1]:
        if "when" not in row.given and row.whole:
            after = dotted(rows[rows.index(row) + 1].path)
            notes.add(row.path, f"it has no `when`, so that {after} is never used; put it last.")
            return
    # A condition with a fault may have been meant to cover all.
    known = document.whole and all(row["when"] and notes.is_clean(row.at("when")) for row in rows)
    if rows and known and not _cover(rows):
        reason = "some customers have no price, as its `when` need not hold; leave out the last one's `when`."
        notes.add(rows[-1].at("when"), reason)


def _cover(rows: Sequence[Row]) -> bool:
    """Return whether one of several conditions plainly holds for everybody: all months, or all averages."""
    months: set[int] = set()
    means: list[Row] = []
    for when in (row["when"] for row in rows):
        asked = when.given
        if not asked:
            return True
        if asked == {"months"}:
            months |= set(when["months"])
        elif asked == {"mean"}:
            means.append(when["mean"])
    return len(months) == 12 or _means_cover(means)


def _means_cover(means: Sequence[Row]) -> bool:
    """Return whether averages over as many months, from any number on, meet one of the conditions."""
    if not means or len({mean["months"] for mean in means}) > 1:
        return False
    if not any(mean["without_history"] for mean in means):
        return False
    reached: Fraction | None = Fraction(0)
    ranges = [(mean["at_least"] or mean["from"] or Fraction(0), mean["below"]) for mean in means]
    for low, high in sorted(ranges, key=lambda bounds: bounds[0]):
        if reached is None or low > reached:
            break
        reached = None if high is None else max(reached, high)
    return reached is None


class _Part(NamedTuple):
    """A levy or tax in one month. value: least amount for a unit, or its rate."""

    row: Row
    is_rate: bool
    value: Fraction
    on: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where its value stands."""
        return self.row.at("rate" if self.is_rate else "per_unit")


def check_prices(notes: Notes, document: Row) -> None:
    """Note prices of energy, charges and debts of which levies, taxes and rebates leave nothing.

    What has another fault is left out, and other parts are reckoned as if it were not there.
    """
    extras = {row["code"]: row for row in document.rows("levy", "tax") if notes.is_clean(row.path)}
    on = {code: bases(document, row) for code, row in extras.items()}
    sequence = [(extras[code], on[code]) for code in ordered(on)]
    found: dict[Path, str] = {}
    parts: list[_Part] = []
    for month in range(1, 13):
        parts = [
            _Part(row, row["rate"] is not None, _least(row, month), named)
            for row, named in sequence
            if _counts(row, month)
        ]
        rebate = min(parts, key=lambda part: part.value, default=None)
        if not rebate or rebate.value >= 0:
            continue
        for row in document.rows("levy", "tax", "energy", "charge", "debt"):
            if notes.is_clean(row.path) and (lost := _lost(row, parts)):
                found.setdefault(rebate.path, f"nothing is left of {lost}; make this rebate smaller.")
    for path, fault in found.items():
        notes.add(path, fault)
    if not found:
        _check_rounding(notes, document, parts)


def _check_rounding(notes: Notes, document: Row, parts: Sequence[_Part]) -> None:
    """Note prices that are rounded to nothing, as far as is known without a rate of exchange."""
    money = document["money"]
    if not money or not notes.is_clean(money.path) or money["prices_in"]:
        return
    if (rule := rounding_of(money["price_round"])) is None:
        return
    for row in document.rows("energy"):
        if notes.is_clean(row.path) and any(rule(price) <= 0 for _, price in _net_blocks(row, parts)):
            notes.add(row.path, "a price is rounded to nothing by `price_round`; make its step smaller.")


def _least(row: Row, month: int) -> Fraction:
    """Return the rate, or the least amount for a unit in a month of any year."""
    if row["rate"] is not None:
        return Fraction(row["rate"])
    if not isinstance(row["per_unit"], dict):
        return Fraction(row["per_unit"])
    amounts = [amount for (_, at), amount in row["per_unit"].items() if at == month]
    return Fraction(min(amounts, default=0))


def _counts(row: Row, month: int) -> bool:
    """Return whether a part counts in the worst case of a month."""
    when = row["when"]
    if row["once"] is not None or row["collected"] != "till" or not _in_season(row, month):
        return False
    return _least(row, month) < 0 or not when or when.given <= {"months"}


def _multiple(code: str, parts: Sequence[_Part], only: Sequence[str] | None = None) -> Fraction:
    """Return what 1 of a line comes to with all shares on it, or with some of them."""
    amounts = {code: Fraction(1)}
    for part in parts:
        if part.is_rate and (only is None or part.row["code"] in only):
            total = sum((amounts.get(base, Fraction(0)) for base in part.on), Fraction(0))
            amounts[part.row["code"]] = part.value * total
    return sum(amounts.values(), Fraction(0))


def _lost(row: Row, parts: Sequence[_Part]) -> str:
    """Return which part of the price rebates take all of in one month; nothing when there is none."""
    name = dotted(row.path)
    code = ENERGY if row.path[0] == ENERGY else row["code"]
    if _multiple(code, parts, row["includes"] or ()) <= 0:
        return f"what {name} is without what it includes"
    if row.path[0] in {"charge", "debt"}:
        return "" if _multiple(code, parts) > 0 else name
    if row.path[0] != ENERGY or row["collected"] != "till":
        return ""
    blocks = _net_blocks(row, parts)
    limits = {limit for part in parts for limit in (part.row["from_units"], part.row["upto_units"])}
    for start in sorted({Fraction(0), *(upto for upto, _ in blocks), *limits} - {None}):
        price = next(price for upto, price in blocks if upto is None or start < upto)
        if _all_in(price, start, parts) <= 0:
            return f"the price in {name} of units above {shown(start)}"
    return ""


def _net_blocks(row: Row, parts: Sequence[_Part]) -> list[tuple[Fraction | None, Fraction]]:
    """Return the limits and prices of an energy without what they include."""
    multiple = _multiple(ENERGY, parts, row["includes"])
    return [(block.upto, Fraction(block.price, multiple)) for block in blocks_of(row)]


def _all_in(price: Fraction, start: Fraction, parts: Sequence[_Part]) -> Fraction:
    """Return the price of a unit above start with everything on it."""
    amounts = {ENERGY: price}
    for part in parts:
        row = part.row
        if start < row["from_units"] or (row["upto_units"] is not None and start >= row["upto_units"]):
            continue
        if part.is_rate:
            amount = part.value * sum((amounts.get(base, Fraction(0)) for base in part.on), Fraction(0))
        else:
            multiple = _multiple(row["code"], parts, row["includes"])
            # Where rebates leave nothing of it, that is the fault, and not what it does to the energy.
            amount = Fraction(part.value, multiple) if multiple > 0 else part.value
        rule = rounding_of(row["unit_round"])
        amounts[row["code"]] = amount if rule is None else rule(amount)
    return sum(amounts.values(), Fraction(0))


def check_fees(notes: Notes, document: Row) -> None:
    """Note fees of one payment that leave nothing of it for energy.

    Of fees that exclude one another by the marks of a customer the greatest counts, by month. What has
    another fault is left out, and so is a fee that is taken up to an amount only: it leaves something of a
    greater payment.
    """
    fees = [
        row
        for row in document.rows("charge")
        if row["rate"] is not None and row["collected"] == "till" and notes.is_clean(row.path)
    ]
    fees = [row for row in fees if not (row["take"] and row["take"]["at_most"])]
    for month in range(1, 13):
        counted = _heaviest([row for row in fees if _in_season(row, month)])
        total = sum((row["rate"] for row in counted), Fraction(0))
        if total >= 1:
            last = max(counted, key=fees.index)
            reason = (
                f"the fees of one payment add up to {shown(total)} of it, which leaves nothing for energy;"
            )
            notes.add(last.at("rate"), f"{reason} they must stay below 1.")
            return


def _heaviest(fees: Sequence[Row]) -> list[Row]:
    """Return the greatest fee of each group in which any two exclude each other."""
    groups: list[list[Row]] = []
    for row in sorted(fees, key=lambda fee: -fee["rate"]):
        group = next((group for group in groups if all(_exclude(row, other) for other in group)), None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    return [group[0] for group in groups]


def _exclude(one: Row, other: Row) -> bool:
    """Return whether two parts never apply together: one asks for marks that the other refuses."""
    first, second = one["when"] or Row(()), other["when"] or Row(())
    return any(
        asked["customer"] and set(asked["customer"]) <= set(refused["not_customer"] or ())
        for asked, refused in ((first, second), (second, first))
    )


def _in_season(row: Row, month: int) -> bool:
    when = row["when"]
    return not (when and when["months"] and month not in when["months"])
