"""A tariff made from the rows of a document in which no fault was found."""

from __future__ import annotations

from datetime import time
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from voltoken.money import Currency
from voltoken.tariff.conditions import ALWAYS, Mean, When
from voltoken.tariff.document import (
    Block,
    Charge,
    Debt,
    Energy,
    Extra,
    Free,
    Limits,
    MoneyRules,
    Period,
    Slot,
    Take,
    Tariff,
)
from voltoken.tariff.reading.fields import WEEKDAYS
from voltoken.tariff.reading.references import bases, ordered
from voltoken.tariff.reading.shape import Row
from voltoken.tariff.rounding import Direction, Rounding
from voltoken.tariff.words import Counts, LinesOf, OnChange, Per, Place, Remainder

NO_ROW: Final = Row(())
"""Stands for a table that is not there."""


def make(document: Row, sha256: str) -> Tariff:
    """Return the tariff of a document. sha256: of its text."""
    about, collection = document["tariff"], document["collection"] or NO_ROW
    charges = tuple(_charge(row) for row in document.rows("charge"))
    debts = tuple(_debt(row) for row in document.rows("debt"))
    collected = [*(charge.code for charge in charges), *(debt.code for debt in debts)]
    order = collection["order"] or ()
    units = (document["units"] or NO_ROW)["round"]
    limits = document["limits"] or NO_ROW
    names = document["names"] or {}
    return Tariff(
        code=about["code"],
        version=about["version"],
        name=about["name"],
        utility=about["utility"],
        category=about["category"],
        resource=about["resource"],
        zone=about["zone"],
        valid_from=about["valid_from"],
        valid_until=about["valid_until"],
        money=_money(document["money"]),
        units=rounding_of(units) or Rounding(Fraction(1, 10)),
        period=_period(document["period"] or NO_ROW),
        limits=Limits(*(limits[key] for key in Limits.__slots__)),
        energies=tuple(_energy(row) for row in document.rows("energy")),
        extras=_extras(document),
        charges=charges,
        debts=debts,
        free=tuple(_free(row) for row in document.rows("free")),
        collection=(*order, *(code for code in collected if code not in order)),
        energy_share=collection["energy_share"] or Fraction(0),
        sources=about["sources"],
        names=MappingProxyType({lang: MappingProxyType(dict(words)) for lang, words in names.items()}),
        sha256=sha256,
    )


def _extras(document: Row) -> tuple[Extra, ...]:
    """Return levies and taxes, each after all it is reckoned on, otherwise as they stand."""
    made = [_extra(document, row, is_tax=False) for row in document.rows("levy")]
    made += [_extra(document, row, is_tax=True) for row in document.rows("tax")]
    by_code = {extra.code: extra for extra in made}
    return tuple(by_code[code] for code in ordered({extra.code: extra.on for extra in made}))


def _extra(document: Row, row: Row, *, is_tax: bool) -> Extra:
    per_unit = row["per_unit"]
    monthly = per_unit if isinstance(per_unit, dict) else {}
    return Extra(
        code=row["code"],
        name=row["name"],
        is_tax=is_tax,
        per_unit=None if monthly else per_unit,
        monthly=MappingProxyType(dict(sorted(monthly.items()))),
        rate=row["rate"],
        once=row["once"],
        on=bases(document, row),
        from_units=row["from_units"],
        upto_units=row["upto_units"],
        unit_rounding=rounding_of(row["unit_round"]),
        includes=frozenset(row["includes"]),
        when=_when(row["when"]),
        collected=Place(row["collected"]),
    )


def _money(row: Row) -> MoneyRules:
    currency = currency_of(row)
    rates = row["rates"] or ()
    return MoneyRules(
        currency=currency,
        line=rounding_of(row["round"]) or Rounding(Fraction(1, currency.scale)),
        priced_in=row["prices_in"] or currency.code,
        rates=tuple((rate["from"], rate["rate"]) for rate in rates),
        price=rounding_of(row["price_round"]),
        on_rounded_lines=row["shares_on"] == "rounded",
        lines_of=LinesOf(row["lines_of"]),
        remainder=Remainder(row["remainder"]),
    )


def currency_of(row: Row) -> Currency:
    """Return the currency in which customers pay. row: the table ``money``, in order."""
    usual = Currency.of(row["currency"])
    return usual if row["places"] is None else Currency(usual.code, row["places"])


def _period(row: Row) -> Period:
    counts = row["counts"] or ("bought",)
    return Period(
        days=row["days"],
        starts=row["starts"],
        on_change=OnChange(row["on_change"] or "carry"),
        counts=frozenset(Counts(word) for word in counts),
    )


def _energy(row: Row) -> Energy:
    return Energy(
        blocks=blocks_of(row),
        slots=tuple(_slot(slot) for slot in row["times"] or ()),
        includes=frozenset(row["includes"]),
        when=_when(row["when"]),
        collected=Place(row["collected"]),
    )


def blocks_of(row: Row) -> tuple[Block, ...]:
    """Return the blocks of an energy: its own, or one at the price or at the average of the hours."""
    if row["blocks"]:
        return tuple(Block(block["upto"], block["price"], block["all_units"]) for block in row["blocks"])
    if row["price"]:
        return (Block(None, row["price"]),)
    average = sum((slot["share"] * slot["price"] for slot in row["times"] if slot["share"]), Fraction(0))
    return (Block(None, row["sold_at"] or average),)


def _slot(row: Row) -> Slot:
    return Slot(
        name=row["name"],
        price=row["price"],
        hours=tuple((_clock(text[:5]), _clock(text[6:])) for text in row["hours"]),
        weekdays=frozenset(WEEKDAYS.index(day) + 1 for day in row["days"]),
        months=frozenset(row["months"]),
        share=row["share"],
    )


def _clock(text: str) -> time:
    return time(int(text[:2]) % 24, int(text[3:]))


def _charge(row: Row) -> Charge:
    return Charge(
        code=row["code"],
        name=row["name"],
        amount=row["amount"],
        per=Per(row["per"] or "purchase"),
        rate=row["rate"],
        each=row["each"] or "",
        accrues=row["accrues"],
        accrues_max=row["accrues_max"],
        includes=frozenset(row["includes"]),
        take=_take(row["take"] or NO_ROW),
        when=_when(row["when"]),
        collected=Place(row["collected"]),
    )


def _debt(row: Row) -> Debt:
    return Debt(
        code=row["code"],
        name=row["name"],
        instalment=row["instalment"],
        per=Per(row["per"] or "month"),
        accrues=row["accrues"],
        accrues_max=row["accrues_max"],
        take=_take(row["take"] or NO_ROW),
        when=_when(row["when"]),
        collected=Place(row["collected"]),
    )


def _free(row: Row) -> Free:
    return Free(
        code=row["code"],
        name=row["name"],
        units=row["units"],
        per=Per(row["per"]),
        on_claim=row["claim"],
        when=_when(row["when"]),
    )


def _take(row: Row) -> Take:
    return Take(
        share=row["share"],
        of_rest=row["of"] == "rest",
        at_least=row["at_least"] or Fraction(0),
        at_most=row["at_most"],
        whole=bool(row["whole"]),
    )


def _when(row: Row | None) -> When:
    if row is None:
        return ALWAYS
    mean = row["mean"]
    return When(
        months=frozenset(row["months"]),
        customer=frozenset(row["customer"]),
        not_customer=frozenset(row["not_customer"]),
        mean=None if mean is None else _mean(mean),
    )


def _mean(row: Row) -> Mean:
    at_least = row["from"] if row["at_least"] is None else row["at_least"]
    return Mean(row["months"], at_least, row["below"], row["without_history"])


def rounding_of(row: Row | None) -> Rounding | None:
    """Return a rounding; None when there is none. row: a table of it, in order."""
    return None if row is None else Rounding(row["step"], Direction(row["to"]))
