"""The lines of a quote as a table for people: cells of text, numbers to the right, the total at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from voltoken.tariff.quote import Kind, Line
from voltoken.tariff.telling.basis import basis
from voltoken.tariff.telling.language import Portion, Price, Sentence, sign_of
from voltoken.tariff.telling.position import CARRIED_IN, unrounded
from voltoken.tariff.telling.story import Story


class Align(StrEnum):
    """To which side the cells of a column go."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. code: stable, for machines; title: for people."""

    code: str
    title: str
    align: Align


@dataclass(frozen=True, slots=True)
class Row:
    """A row. code: of its component; cells: one per column.

    kind: of the line (``Kind``); ``units`` where units were rounded after the lines, ``total`` at the end.
    """

    kind: str
    code: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the last row is the total."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it for machines. The exact amounts are those of the quote's lines, in the same order."""
        return {
            "columns": [
                {"code": column.code, "title": column.title, "align": column.align.value}
                for column in self.columns
            ],
            "rows": [{"kind": row.kind, "code": row.code, "cells": list(row.cells)} for row in self.rows],
        }


def tabulate(story: Story) -> Table:
    """Return the lines of a quote as a table."""
    sides = {"what": Align.LEFT, "units": Align.RIGHT, "price": Align.RIGHT, "amount": Align.RIGHT}
    columns = tuple(Column(code, story.say(f"column.{code}").text, align) for code, align in sides.items())
    total = Row(
        "total",
        "",
        (story.say("row.total").text, "", "", story.language.show(story.money(story.quote.tender))),
    )
    return Table(columns, (*_rows(story), total))


def _rows(story: Story) -> Iterator[Row]:
    blocks = {line.block for line in story.quote.lines if line.kind is Kind.ENERGY}
    for line in story.quote.lines:
        units = "" if line.units is None else story.language.show(story.amount(line.units))
        amount = story.language.show(story.money(line.amount))
        what = _what(story, line, many=len(blocks) > 1)
        yield Row(line.kind.value, line.code, (what, units, _price(story, line), amount))
    by_money = unrounded(story.quote)
    if by_money:
        units = story.language.show(story.amount(Fraction(story.quote.units) - by_money))
        yield Row("units", "", (story.say("row.units").text, units, "", ""))


def _what(story: Story, line: Line, *, many: bool) -> str:
    """Return what a line is for. many: there is energy of several blocks."""
    match line.kind:
        case Kind.ENERGY:
            return _energy(story, line, many=many).text
        case Kind.DEBT | Kind.FREE:
            return story.say(f"row.{line.kind}", name=story.name(line)).text
        case Kind.CARRIED:
            if line.code == CARRIED_IN:
                return story.say("row.carried_in" if line.amount < 0 else "row.carried_back").text
            return story.say("row.carried_out" if line.amount > 0 else "row.carried_owed").text
        case Kind.ROUNDING:
            return story.say("row.rounding").text
        case _:
            return story.name(line)


def _energy(story: Story, line: Line, *, many: bool) -> Sentence:
    if story.quote.plan.is_credit:
        return story.say("row.credit")
    if line.units is None:
        return story.say("row.energy.earlier", block=line.block)
    return story.say("row.energy.block", block=line.block) if many else story.say("row.energy")


def _price(story: Story, line: Line) -> str:
    """Return the price of a unit, or the share and what it is of."""
    if line.price is not None and not story.quote.plan.is_credit:
        return story.language.show(Price(line.price, story.quote.currency))
    if line.rate is None:
        return ""
    quote, rate = story.quote, Portion(line.rate)
    of, each = basis(quote, line)
    if of is not None:
        base = Price(Fraction(of, quote.currency.scale), quote.currency)
        whole = story.money(of.numerator) if of.denominator == 1 else base
        return story.say("cell.rate", rate=rate, base=whole).text
    if each is not None:
        return story.say("cell.rate.each", rate=rate, price=story.price(each)).text
    return story.say("cell.rate.units", rate=rate, unit=sign_of(quote.unit)).text
