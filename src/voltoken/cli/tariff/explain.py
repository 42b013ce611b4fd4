"""``voltoken tariff explain``: a quote told to a customer, with what was bought before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import convert, json_option, moment
from voltoken.cli.screen import Screen, answer
from voltoken.cli.tariff.circumstances import Circumstances, circumstance_options, coins, number
from voltoken.cli.tariff.fitting import prices_of
from voltoken.cli.tariff.price import purchase_options, quoted
from voltoken.cli.tariff.quotes import quote_document
from voltoken.cli.tariff.shared import load_tariff, local, tariff_argument, zone_of
from voltoken.cli.tariff.table import RULE, Row, write_figures
from voltoken.errors import FieldError
from voltoken.tariff import LANGUAGES, Context, Explanation, Quote, Tariff, following
from voltoken.tariff import explain as explained

Earlier = tuple[Decimal, datetime | None]

_TOTAL: Final = "total"
_PRICE: Final = 1
"""Number of the column of figures that a narrow screen can do without."""


def _earlier(text: str) -> Earlier:
    amount, at, when = text.partition("@")
    return number("after")(amount), moment(when) if at else None


@click.command(
    cls=Command,
    epilog="voltoken tariff explain za-citypower-prepaid-high-2024-25 --money 1500 --at 2024-08-05T10:00\n"
    "voltoken tariff explain my-tariff.toml --money 200 --debt arrears=300 --after 150 --language fr",
)
@tariff_argument
@purchase_options
@click.option(
    "--after",
    metavar="MONEY[@ISO]",
    multiple=True,
    callback=convert(_earlier),
    help="An earlier purchase of this customer, as 150 (just before) or 150@2026-11-03. Repeatable, oldest "
    "first: the other options say what was before them all, and this purchase is compared with the last.",
)
@click.option(
    "--after-tariff", metavar="TARIFF", help="The tariff by which the earlier purchases were priced."
)
@click.option(
    "--language", type=click.Choice(sorted(LANGUAGES)), default="en", show_default=True, help="Language."
)
@circumstance_options
@json_option
def explain(
    name: str,
    money: Decimal | None,
    units: Decimal | None,
    after: tuple[Earlier, ...],
    after_tariff: str | None,
    language: str,
    circumstances: Circumstances,
    *,
    as_json: bool,
) -> None:
    """Tell a customer how money became units, what was taken, what it costs from here.

    With --after also why it is more or less than last time.
    """
    tariff = load_tariff(name)
    last = None
    context = None
    if after:
        before = load_tariff(after_tariff) if after_tariff else tariff
        last = _bought(before, circumstances, after)
        now = local(circumstances.at, zone_of(tariff))
        context = following(last, tariff, now)
        _check_order(last, context)
    quote = quoted(tariff, circumstances, money, units, context)
    explanation = explained(quote, language=LANGUAGES[language], last=last, tariff=tariff)
    if as_json:
        answer({"explanation": explanation.as_dict(), "quote": quote_document(quote, tariff)})
    else:
        _draw(Screen(), explanation, tariff)


def _bought(tariff: Tariff, circumstances: Circumstances, after: Sequence[Earlier]) -> Quote:
    """Return the last of several purchases of one customer, each of which leaves where the next begins."""
    zone, currency = zone_of(tariff), tariff.money.currency
    times = [local(circumstances.at if when is None else when, zone) for _, when in after]
    first, *others = [coins(amount, currency, "after") for amount, _ in after]
    context = replace(circumstances.context(tariff), at=times[0])
    quote = prices_of(tariff, context).quote(first, context)
    for tender, at in zip(others, times[1:], strict=True):
        context = following(quote, tariff, at)
        _check_order(quote, context)
        quote = prices_of(tariff, context).quote(tender, context)
    return quote


def _check_order(last: Quote, context: Context) -> None:
    if context.at < last.context.at:
        raise FieldError(
            "after", last.context.at.isoformat(), "a time before the next purchase", "Give the oldest first."
        )


def _draw(screen: Screen, explanation: Explanation, tariff: Tariff) -> None:
    """Write an explanation as a leaflet: in one line, how it came, and the table."""
    screen.line()
    screen.text(f"{tariff.utility}: {tariff.name}", "quiet")
    screen.text(explanation.headline.text, "strong")
    for section in explanation.sections:
        screen.line()
        screen.text(section.heading.text, "title")
        for sentence in section.sentences:
            screen.text(sentence.text, indent=4)
    screen.line()
    rows = []
    for row in explanation.table.rows:
        if row.kind == _TOTAL:
            rows.append(RULE)
        style = "strong" if row.kind == _TOTAL else ""
        rows.append(Row(row.cells[0], row.cells[1:], style))
    headings = [column.title for column in explanation.table.columns]
    write_figures(screen, headings, rows, spare=_PRICE)
    screen.line()
