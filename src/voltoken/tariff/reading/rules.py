"""What the keys of one table of a tariff document say together: one table after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Final

from voltoken.tariff.reading.hours import check_times
from voltoken.tariff.reading.making import currency_of
from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.shape import Row
from voltoken.tariff.reading.showing import dotted, shown

_TENTH: Final = Fraction(1, 10)
_REBATE_MAX: Final = Fraction(99, 100)
"""So that a part, however small, is left of everything."""


def check_rules(notes: Notes, document: Row) -> None:
    """Note what is against the rules in every table by itself."""
    _Rules(notes, document).check()


class _Rules:
    def __init__(self, notes: Notes, document: Row) -> None:
        self.notes = notes
        self.document = document

    def check(self) -> None:
        rules: tuple[tuple[Callable[[Row], None], tuple[str, ...]], ...] = (
            (self._energy, ("energy",)),
            (self._extra, ("levy", "tax")),
            (self._due, ("charge", "debt")),
            (self._free, ("free",)),
            (self._when, ("energy", "levy", "tax", "charge", "debt", "free")),
        )
        singles: dict[str, Callable[[Row], None]] = {
            "tariff": self._tariff,
            "money": self._money,
            "period": self._period,
            "limits": self._limits,
            "collection": self._collection,
        }
        for table, rule in singles.items():
            if self.document[table]:
                rule(self.document[table])
        for rule, tables in rules:
            for row in self.document.rows(*tables):
                rule(row)

    def _tariff(self, row: Row) -> None:
        first, last = row["valid_from"], row["valid_until"]
        if first and last and last < first:
            self.notes.add(row.at("valid_until"), f"{last} is before the first day, {first}.")

    def _free(self, row: Row) -> None:
        if row["units"] and row["units"] % _TENTH:
            reason = f"{shown(row['units'])} is not a multiple of 0.1; tokens carry tenths."
            self.notes.add(row.at("units"), reason)

    def _one_of(self, row: Row, *keys: str) -> bool:
        """Return whether exactly one of some keys is there; note when it is not."""
        given = [key for key in keys if key in row.given]
        if len(given) == 1:
            return True
        words = " or ".join(f"`{key}`" for key in keys)
        if given:
            extra = f"`{given[0]}` and `{given[1]}`"
            self.notes.add(row.at(given[1]), f"{extra} are both there; keep one of them.")
        elif row.whole:
            self.notes.add(row.path, f"it needs {words}.")
        return False

    def _needs(self, row: Row, key: str, other: str) -> bool:
        """Return whether a key does not stand there without another one; note when it does."""
        alone = key in row.given and other not in row.given and row.whole
        if alone:
            self.notes.add(row.at(key), f"it means nothing without `{other}`; add that, or leave this out.")
        return not alone

    def _excludes(self, row: Row, key: str, other: str) -> None:
        """Note a key that means nothing beside another one."""
        if key in row.given and other in row.given:
            self.notes.add(row.at(key), f"it means nothing beside `{other}`; leave one of them out.")

    def _money(self, row: Row) -> None:
        if row["prices_in"] and row["prices_in"] == row["currency"]:
            self.notes.add(row.at("prices_in"), f"payments are in {row['currency']} as well; leave it out.")
        if self._needs(row, "rates", "prices_in") and row["rates"]:
            self._rates(row)

    def _rates(self, row: Row) -> None:
        days = [rate["from"] for rate in row["rates"]]
        for at in range(1, len(days)):
            if days[at] and days[at - 1] and days[at] <= days[at - 1]:
                reason = (
                    f"{days[at]} does not come after {days[at - 1]}; put the rates in order, one for a day."
                )
                self.notes.add(row["rates"][at].at("from"), reason)
        first = self._valid_from()
        if days[0] and first and days[0] > first:
            reason = f"there is no rate from {first}, when this version begins, to {days[0]}; add one."
            self.notes.add(row["rates"][0].at("from"), reason)

    def _valid_from(self) -> date | None:
        about = self.document["tariff"]
        day: date | None = about and about["valid_from"]
        return day

    def _period(self, row: Row) -> None:
        self._excludes(row, "days", "every")
        self._needs(row, "days", "starts")
        self._needs(row, "starts", "days")
        if row["counts"] and "bought" not in row["counts"]:
            reason = 'units that are bought always count; write ["bought"] or ["bought", "free"].'
            self.notes.add(row.at("counts"), reason)

    def _limits(self, row: Row) -> None:
        for what in ("amount", "units"):
            least, most = row[f"{what}_min"], row[f"{what}_max"]
            if least and most and least > most:
                reason = f"{shown(most)} is less than the least, {shown(least)}; nothing could be bought."
                self.notes.add(row.at(f"{what}_max"), reason)
        money = self.document["money"]
        if money and money["currency"] and money.sound("places"):
            coin = Fraction(1, currency_of(money).scale)
            for key in ("amount_min", "amount_max"):
                if row[key] and row[key] % coin:
                    reason = f"{shown(row[key])} is not a multiple of the smallest coin, {shown(coin)}."
                    self.notes.add(row.at(key), reason)

    def _energy(self, row: Row) -> None:
        if not self._one_of(row, "price", "blocks", "times"):
            return
        if row["blocks"]:
            self._blocks(row["blocks"])
        elif row["times"]:
            check_times(self.notes, row)
        if "sold_at" in row.given:
            self._needs(row, "sold_at", "times")

    def _blocks(self, rows: tuple[Row, ...]) -> None:
        before = Fraction(0)
        for row in rows[:-1]:
            if "upto" not in row.given and row.whole:
                reason = "it has no limit, so that the blocks after it are never reached; give it an `upto`."
                self.notes.add(row.path, reason)
            elif row["upto"] is not None:
                self._rising(row, before)
                before = row["upto"]
        if "upto" in rows[-1].given:
            reason = "the last block has no limit: leave this out, or add a block after it without `upto`."
            self.notes.add(rows[-1].at("upto"), reason)
        if all(row["price"] and (row["upto"] or row is rows[-1]) for row in rows):
            self._all_units(rows)

    def _all_units(self, rows: tuple[Row, ...]) -> None:
        """Note a block whose price for all units is less than what the units before it have cost."""
        start = cost = Fraction(0)
        for row in rows:
            if row["all_units"]:
                if start * row["price"] < cost:
                    reason = "all units cost less at this price than those before it did; raise it."
                    self.notes.add(row.at("all_units"), reason)
                cost = start * row["price"]
            if row["upto"]:
                cost += (row["upto"] - start) * row["price"]
                start = row["upto"]

    def _rising(self, row: Row, before: Fraction) -> None:
        if row["upto"] <= before:
            reason = (
                f"{shown(row['upto'])} is not above the limit before it, {shown(before)}; limits must rise."
            )
            self.notes.add(row.at("upto"), reason)

    def _extra(self, row: Row) -> None:
        if self._one_of(row, "per_unit", "rate", "once"):
            self._needs(row, "rate", "on")
            if "rate" not in row.given:
                self._needs(row, "on", "rate")
            if "once" in row.given:
                self._once(row)
        if row["upto_units"] and row["from_units"] is not None and row["upto_units"] <= row["from_units"]:
            reason = f"{shown(row['upto_units'])} is not above `from_units`, {shown(row['from_units'])}."
            self.notes.add(row.at("upto_units"), reason)
        if row["rate"] is not None and row["rate"] < -_REBATE_MAX:
            reason = (
                f"{shown(row['rate'])} is a rebate of more than {shown(_REBATE_MAX)}; "
                "something must be left of what it is on."
            )
            self.notes.add(row.at("rate"), reason)
        if isinstance(row["per_unit"], dict):
            self._months(row)

    def _once(self, row: Row) -> None:
        self._needs(row, "once", "from_units")
        for key in ("upto_units", "unit_round"):
            self._excludes(row, key, "once")
        if "from_units" in row.given and row["from_units"] == 0:
            reason = "with `once` it must be above 0: what everybody pays in a period is a [[charge]]."
            self.notes.add(row.at("from_units"), reason)

    def _months(self, row: Row) -> None:
        """Note months without a value, from the first day of validity to the last month of the table."""
        months = {12 * year + month - 1 for year, month in row["per_unit"]}
        first = self._valid_from()
        start = min(months) if first is None else 12 * first.year + first.month - 1
        applies = (row["when"]["months"] if row["when"] else None) or range(1, 13)
        wanted = [month for month in range(start, max(start, *months) + 1) if month % 12 + 1 in applies]
        missing = [f"{month // 12}-{month % 12 + 1:02}" for month in wanted if month not in months]
        if missing and not (row["when"] and not row["when"].sound("months")):
            more = f" and {len(missing) - 6} more" if len(missing) > 6 else ""
            reason = f"there is no value for {', '.join(missing[:6])}{more}; add what applies in each month."
            self.notes.add(row.at("per_unit"), reason)

    def _due(self, row: Row) -> None:
        """Check a charge or a debt."""
        if row.path[0] == "charge":
            if self._one_of(row, "amount", "rate"):
                if "rate" in row.given:
                    self._fee(row)
                elif "per" not in row.given and row.whole:
                    self.notes.add(
                        row.at("per"), 'it is missing; say how often the amount falls due, e.g. "month".'
                    )
        else:
            for key in ("per", "accrues", "accrues_max"):
                self._needs(row, key, "instalment")
        self._accrual(row)
        if row["take"]:
            self._take(row["take"])

    def _fee(self, row: Row) -> None:
        for key in ("per", "each", "accrues", "accrues_max", "includes"):
            self._excludes(row, key, "rate")
        if row["take"] and row["take"]["whole"]:
            reason = "a fee is taken from each payment as far as it goes; leave this out."
            self.notes.add(row["take"].at("whole"), reason)

    def _accrual(self, row: Row) -> None:
        per = row["per"]
        if per in {"day", "purchase"} and row["accrues"]:
            why = "days always fall due" if per == "day" else "it falls due with every purchase"
            self.notes.add(row.at("accrues"), f'{why}; leave this out with per = "{per}".')
        elif (
            "accrues_max" in row.given and per != "day" and row.sound("accrues", "per") and not row["accrues"]
        ):
            reason = 'it means nothing unless `accrues` is true or per = "day"; leave it out.'
            self.notes.add(row.at("accrues_max"), reason)

    def _take(self, row: Row) -> None:
        if row["whole"]:
            for key in ("share", "at_least", "at_most"):
                self._excludes(row, key, "whole")
            return
        self._needs(row, "of", "share")
        self._needs(row, "at_least", "share")
        if row["at_least"] and row["at_most"] and row["at_least"] > row["at_most"]:
            reason = f"{shown(row['at_most'])} is less than `at_least`, {shown(row['at_least'])}."
            self.notes.add(row.at("at_most"), reason)

    def _collection(self, row: Row) -> None:
        if not row["energy_share"]:
            return
        for due in self.document.rows("charge", "debt"):
            if due["take"] and due["take"]["whole"]:
                reason = (
                    f"{dotted(due.path)} is always taken as a whole, so that no share can be kept for energy;"
                    " leave this out, or `whole` there."
                )
                self.notes.add(row.at("energy_share"), reason)
                return

    def _when(self, part: Row) -> None:
        row = part["when"]
        if not row:
            return
        wanted, unwanted = row["customer"] or (), row["not_customer"] or ()
        if wanted and set(wanted) <= set(unwanted):
            reason = "it excludes every mark that `customer` asks for; this never holds."
            self.notes.add(row.at("not_customer"), reason)
        if row["mean"]:
            self._mean(row["mean"])

    def _mean(self, row: Row) -> None:
        if {"from", "at_least"} <= row.given:
            self.notes.add(row.at("at_least"), "`from` says the same; keep one of them.")
            return
        low = row["from"] if row["at_least"] is None else row["at_least"]
        if low is not None and row["below"] is not None and low >= row["below"]:
            reason = f"{shown(row['below'])} is not above {shown(low)}; this never holds."
            self.notes.add(row.at("below"), reason)
        if not row.given & {"from", "at_least", "below"} and row.whole:
            self.notes.add(row.path, "it needs `from` or `below`.")
