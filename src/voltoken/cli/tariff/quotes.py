"""A quote as it is shown: a table of its lines and what follows from it; and the same for programs.

For programs amounts are decimal strings in the currency, units decimal strings in the unit, both named once
at the top. Numbers that no decimal is exact for, such as prices without an included tax, are fractions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any, Final

from voltoken.cli.screen import Screen
from voltoken.cli.tariff.figures import amount, columned, money, prices, share, units, whole_money
from voltoken.cli.tariff.table import RULE, Row, write_figures
from voltoken.tariff import Context, Counts, Kind, Line, Quote, Tariff, basis, exact_text, following

_PRICE: Final = 1
"""Number of the column of figures that a narrow screen can do without."""

_CARRIED: Final = {
    ("carried_in", False): "Left over from the last purchase",
    ("carried_in", True): "Taken back from the last purchase",
    ("carried_out", False): "Owed with the next purchase",
    ("carried_out", True): "Kept for the next purchase",
}
"""What money carried over is called: by code, and whether it takes from what was paid."""


def draw_quote(screen: Screen, quote: Quote, tariff: Tariff) -> None:
    """Write the lines of a quote, and below them what it brings and what it leaves."""
    context = quote.context
    screen.line()
    when = f"{context.at:%A} {context.at.day} {context.at:%B %Y, %H:%M}, {tariff.zone}"
    screen.text(f"{tariff.utility}: {tariff.name}", "title")
    screen.text(f"{quote.tariff} {quote.version}; {when}", "quiet")
    screen.line()
    headings = (f"Amounts in {quote.currency.code}", quote.unit, "price", "amount")
    write_figures(screen, headings, quote_rows(quote, tariff), spare=_PRICE)
    screen.line()
    screen.facts(_facts(quote, tariff))
    screen.line()


def quote_rows(quote: Quote, tariff: Tariff) -> list[Row]:
    """Return the rows of a quote's table: its lines, and the tender to which they add up."""
    lines = quote.lines
    # Credit has no units and no price: the meter makes them of it.
    by_unit = not quote.plan.is_credit
    numbers = columned(line.units if by_unit else None for line in lines)
    shown = zip(lines, numbers, prices(line.price if by_unit else None for line in lines), strict=True)
    rows = [
        Row(_name(line, quote, tariff), (number, price, _amount(line, quote)))
        for line, number, price in shown
    ]
    return [*rows, RULE, Row("Paid", ("", "", amount(quote.tender, quote.currency)), "strong")]


def _amount(line: Line, quote: Quote) -> str:
    return "free" if line.kind is Kind.FREE else amount(line.amount, quote.currency)


def _name(line: Line, quote: Quote, tariff: Tariff) -> str:
    """Return what a line is for."""
    match line.kind:
        case Kind.ENERGY:
            return _energy_name(line, quote, tariff)
        case Kind.DEBT:
            return f"{line.name} (debt)"
        case Kind.CARRIED:
            return _CARRIED[line.code, line.amount > 0]
        case Kind.ROUNDING:
            return "Rounding"
        case _ if line.rate is not None:
            return f"{line.name}: {share(line.rate)}{_base(line, quote)}"
        case _:
            return line.name


def _base(line: Line, quote: Quote) -> str:
    """Return what a share is of; one that is rounded for each unit is told by unit."""
    of, each = basis(quote, line)
    if of is not None:
        whole = of.denominator == 1
        shown = amount(of.numerator, quote.currency) if whole else prices([of / quote.currency.scale])[0]
        return f" of {shown}"
    return f", {prices([each])[0]} for each {quote.unit}" if each else f", rounded for each {quote.unit}"


def _energy_name(line: Line, quote: Quote, tariff: Tariff) -> str:
    if quote.plan.is_credit:
        return "Credit for the meter"
    name = tariff.resource.capitalize()
    if len(set(quote.plan.blocks)) == 1:
        return name
    if line.units is None:
        return f"{name}, block {line.block}: its price for the units before it"
    return f"{name}, block {line.block}"


def _facts(quote: Quote, tariff: Tariff) -> list[tuple[str, str]]:
    """Return what a purchase brings and leaves, in words."""
    currency = quote.currency
    rows = [("Brings", _brought(quote, Fraction(quote.units), quote.tokens))]
    rows += [
        ("Free", f"{_brought(quote, Fraction(free.units), free.tokens)}; {free.name}") for free in quote.free
    ]
    rows += [
        ("Still owed", f"{money(owed, currency)}: {_part_name(tariff, code)}")
        for code, owed in _owed(quote).items()
        if owed
    ]
    if quote.carried:
        rows.append(("Carried on", money(quote.carried, currency)))
    if not quote.plan.is_credit:
        entry = next_entry(quote, tariff)
        more = f"; before it {money(entry, currency)} once" if entry else ""
        price = prices([next_price(quote, tariff)])[0]
        rows.append(("Next unit", f"{price} {currency.code}, all included{more}"))
    if tariff.money.priced_in != currency.code:
        rows.append(("Rate", f"1 {tariff.money.priced_in} is {_rate(quote)} {currency.code}"))
    words = next_words(following(quote, tariff, quote.context.at), tariff)
    rows.append(("To go on", words))
    return rows


def _rate(quote: Quote) -> str:
    """Return what one of the currency of prices costs."""
    return exact_text(Fraction(quote.plan.exchange, quote.plan.scale))


def _brought(quote: Quote, number: Fraction, tokens: Sequence[object]) -> str:
    if not number:
        return "no units"
    credit = quote.plan.is_credit
    brought = f"{whole_money(number, quote.unit)} of credit" if credit else units(number, quote.unit)
    if len(tokens) == 1:
        return f"{brought}, in one token"
    runs = ((token, sum(1 for _ in same)) for token, same in groupby(tokens))
    folded = (f"{count}\u00a0\u00d7\u00a0{token}" if count > 1 else str(token) for token, count in runs)
    return f"{brought}, in {len(tokens)} tokens: {' + '.join(folded)}"


def _owed(quote: Quote) -> dict[str, int]:
    """Return what is still owed after a purchase: debts, and charges without tax."""
    debts = {**quote.context.debts, **quote.debts}
    standing = {**quote.context.standing, **quote.standing}
    return debts | {code: one.owing for code, one in standing.items() if code not in debts}


def _part_name(tariff: Tariff, code: str) -> str:
    dues = {due.code: due.name for due in tariff.debts} | {due.code: due.name for due in tariff.charges}
    return dues.get(code, code)


def next_price(quote: Quote, tariff: Tariff) -> Fraction:
    """Return what one more unit costs after a purchase, everything on it included, in the currency."""
    plan = quote.plan
    return Fraction(plan.totals[_reached(quote, tariff)[0]], plan.price_den * plan.scale)


def next_entry(quote: Quote, tariff: Tariff) -> int:
    """Return what is paid once, in coins, before one more unit: for units before it, and levies."""
    segment, is_entered = _reached(quote, tariff)
    plan = quote.plan
    entry = Fraction(plan.jumps[segment], plan.unit_den * plan.price_den)
    return 0 if is_entered else round(entry)


def _reached(quote: Quote, tariff: Tariff) -> tuple[int, bool]:
    """Return the segment in which one more unit lies, and whether there are units in it already."""
    plan, context, counts = quote.plan, quote.context, tariff.period.counts
    position = Fraction(0)
    if Counts.BOUGHT in counts:
        position += Fraction(context.used) + Fraction(quote.units)
    if Counts.FREE in counts:
        position += Fraction(context.free_used) + Fraction(quote.free_units)
    position *= plan.unit_den
    segment = sum(bound <= position for bound in plan.bounds)
    return segment, not segment or position > plan.bounds[segment - 1]


def next_words(context: Context, tariff: Tariff) -> str:
    """Return the options that price the customer's next purchase of the same day."""
    scale = tariff.money.currency.decimal
    words = [f"--used {exact_text(Fraction(context.used))}"]
    if context.free_used:
        words.append(f"--free-used {exact_text(Fraction(context.free_used))}")
    words += [
        f"--free-taken {code}={exact_text(Fraction(taken))}" for code, taken in context.free_taken.items()
    ]
    for code, standing in context.standing.items():
        owing = f":{scale(standing.owing):f}" if standing.owing else ""
        words.append(f"--standing {code}={standing.next_due}{owing}")
    words += [f"--debt {code}={scale(owed):f}" for code, owed in context.debts.items()]
    words.append(f"--last-purchase {context.last_purchase}")
    if context.carried:
        words.append(f"--carried {scale(context.carried):f}")
    # An option and its value stay on one line, so that they can be copied.
    return " ".join(word.replace(" ", "\u00a0") for word in words)


def quote_document(quote: Quote, tariff: Tariff) -> dict[str, Any]:
    """Return a quote for programs."""
    currency, context = quote.currency, quote.context
    after = following(quote, tariff, context.at)
    return {
        "tariff": quote.tariff,
        "version": quote.version,
        "sha256": quote.sha256,
        "at": context.at.isoformat(),
        "currency": currency.code,
        "unit": quote.unit,
        "exchange": None if tariff.money.priced_in == currency.code else _rate(quote),
        "tender": f"{currency.decimal(quote.tender):f}",
        "units": str(quote.units),
        "exact_units": exact_text(quote.exact_units),
        "tokens": [str(token) for token in quote.tokens],
        "free": [
            {
                "code": free.code,
                "name": free.name,
                "units": str(free.units),
                "tokens": [str(token) for token in free.tokens],
            }
            for free in quote.free
        ],
        "lines": [_line_document(line, quote) for line in quote.lines],
        "steps": [
            {
                "block": step.block,
                "units": exact_text(step.units),
                "price": exact_text(step.price),
                "amount": f"{currency.decimal(step.amount):f}",
            }
            for step in quote.steps
        ],
        "next_price": None if quote.plan.is_credit else exact_text(next_price(quote, tariff)),
        "after": _context_document(after, quote),
    }


def _line_document(line: Line, quote: Quote) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "code": line.code,
        "name": line.name,
        "amount": f"{quote.currency.decimal(line.amount):f}",
        "block": line.block or None,
        "units": None if line.units is None else exact_text(line.units),
        "price": None if line.price is None else exact_text(line.price),
        "rate": None if line.rate is None else exact_text(line.rate),
        "base": None if line.base is None else f"{quote.currency.decimal(line.base):f}",
    }


def _context_document(context: Context, quote: Quote) -> Mapping[str, Any]:
    """Return how a customer stands after a purchase."""
    decimal = quote.currency.decimal
    return {
        "used": exact_text(Fraction(context.used)),
        "free_used": exact_text(Fraction(context.free_used)),
        "free_taken": {code: exact_text(Fraction(taken)) for code, taken in context.free_taken.items()},
        "standing": {
            code: {"next_due": one.next_due.isoformat(), "owing": f"{decimal(one.owing):f}"}
            for code, one in context.standing.items()
        },
        "debts": {code: f"{decimal(owed):f}" for code, owed in context.debts.items()},
        "carried": f"{decimal(context.carried):f}",
    }
