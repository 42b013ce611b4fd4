"""``voltoken tariff reprice``: what a draft would change, and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from voltoken.cli.batch.formats import is_fast
from voltoken.cli.commands import Command
from voltoken.cli.durable import staged_bytes
from voltoken.cli.failures import FileTrouble, warn
from voltoken.cli.parameters import convert, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import shown_name
from voltoken.cli.tariff.circumstances import number
from voltoken.cli.tariff.shared import load_tariff, zone_of
from voltoken.errors import FieldError, MissingExtra

if TYPE_CHECKING:
    from voltoken.cli.tariff.repricing.study import Study
    from voltoken.cli.tariff.repricing.words import Words
    from voltoken.tariff import Tariff

BANDS: Final = "0,50,100,200,350,500,1000"
CHARTS: Final = (".svg", ".png", ".html")


def bounds_of(text: str) -> tuple[int, ...]:
    """Return the bounds of bands. Raises FieldError unless they are whole, rise and begin with 0."""
    parts = [part.strip() for part in text.split(",")]
    found = tuple(int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 10)
    if len(found) != len(parts) or found[0] != 0 or sorted(set(found)) != list(found):
        raise FieldError("bands", text, f"rising whole units a month from 0 on, e.g. {BANDS}")
    return found


def chart_name(text: str) -> str:
    """Return the name of a file for a chart. Raises FieldError unless its ending tells what it is."""
    if Path(text).suffix.lower() not in CHARTS:
        raise FieldError("chart", text, f"a name that ends in {', '.join(CHARTS)}")
    return text


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

    drafts: tuple[str, ...]
    current: str | None
    path: str
    hold: str
    bands: tuple[int, ...]
    exchange: Decimal | None
    chart: str | None
    out: str | None
    force: bool


@click.command(
    cls=Command,
    epilog="voltoken tariff reprice --draft draft.toml --current now.toml --purchases 2025.csv\n"
    "voltoken tariff reprice --draft draft.toml --purchases 2025.parquet --hold money --chart change.html",
)
@click.option(
    "--draft", "drafts", metavar="TARIFF", multiple=True, required=True, help="The draft; or several."
)
@click.option("--current", metavar="TARIFF", help="What drafts are compared with; without it, what was paid.")
@click.option(
    "--purchases", "path", metavar="FILE", required=True, help="The table: .csv, .parquet or .arrow."
)
@click.option(
    "--hold",
    type=click.Choice(["units", "money"]),
    default="units",
    show_default=True,
    help="What stays as it was: the energy (what would it cost?) or the money (what would it buy?).",
)
@click.option(
    "--bands",
    metavar="UNITS,...",
    default=BANDS,
    show_default=True,
    callback=convert(bounds_of),
    help="Bands of consumption in a month.",
)
@click.option(
    "--exchange",
    metavar="RATE",
    callback=convert(number("exchange")),
    help="What one of the currency of prices costs, where a tariff leaves it to the day.",
)
@click.option("--chart", metavar="FILE", callback=convert(chart_name), help="Draw it: .svg, .png or .html.")
@click.option("--out", metavar="FILE", help="Write all rows with what they come to: .csv or .parquet.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@json_option
def reprice(*, as_json: bool, **options: Any) -> None:
    """Price a year of purchases anew: revenue by part of the price, who pays more and who pays less.

    Columns of the table: meter, at (RFC 3339, or local time), amount, units (bought, without free ones) and,
    where customers have any, marks. Every purchase is priced with what those before it have left: blocks of
    the period, standing charges, free units. Tariffs are taken as if they had always been in force.
    """
    wanted = Wanted(**options)
    if wanted.out is not None and len(wanted.drafts) > 1:
        raise click.UsageError("--out writes the rows of one draft.", click.get_current_context())
    _check_places(wanted)
    tariffs = [load_tariff(name) for name in wanted.drafts]
    now = None if wanted.current is None else load_tariff(wanted.current)
    if not is_fast():
        raise MissingExtra("Tables of purchases", "pyarrow", "batch")
    from voltoken.cli.tariff.repricing.reading import Terms, read_purchases
    from voltoken.cli.tariff.repricing.report import document, draw
    from voltoken.cli.tariff.repricing.study import check_alike, study
    from voltoken.cli.tariff.repricing.words import Words
    from voltoken.sts import UNITS
    from voltoken.tariff.batch import Hold

    check_alike([*([] if now is None else [now]), *tariffs])
    _caution(tariffs)
    first = tariffs[0]
    given = read_purchases(wanted.path, Terms(first.money.currency.places, UNITS.decimals, zone_of(first)))
    rate = None if wanted.exchange is None else Fraction(wanted.exchange)
    found = study(given, now, tariffs, Hold(wanted.hold), wanted.bands, rate)
    words = Words.of(found, first)
    _write(found, words, wanted)
    if as_json:
        answer(document(found, words))
        return
    screen = Screen()
    draw(screen, found, words)
    written = (("chart", wanted.chart), ("rows", wanted.out))
    if any(name for _, name in written):
        screen.line()
        screen.facts([(what, name) for what, name in written if name is not None])


def _check_places(wanted: Wanted) -> None:
    """Refuse to write over anything by accident."""
    for name in (wanted.chart, wanted.out):
        if name is not None and Path(name).exists() and not wanted.force:
            raise FileTrouble(f"{shown_name(name)} exists already; --force replaces it.")


def _caution(tariffs: list[Tariff]) -> None:
    """Say what of a draft the table cannot tell."""
    for tariff in tariffs:
        if tariff.debts:
            warn(f"{tariff.code} {tariff.version}: debts are not in the table; none is recovered.")
        if any(free.on_claim for free in tariff.free):
            warn(f"{tariff.code} {tariff.version}: free units that must be asked for are not given.")


def _write(found: Study, words: Words, wanted: Wanted) -> None:
    """Write the files that are wanted."""
    if wanted.chart is not None:
        with staged_bytes(Path(wanted.chart)) as file:
            file.write(_drawn(found, words, Path(wanted.chart).suffix.lower()))
    outcome = found.outcomes[0]
    if wanted.out is not None and outcome.draft.repriced is not None:
        from voltoken.cli.tariff.repricing.rows import write_rows

        write_rows(wanted.out, found, outcome, outcome.draft.repriced, words)


def _drawn(found: Study, words: Words, ending: str) -> bytes:
    from voltoken.cli.tariff.repricing import scene
    from voltoken.cli.tariff.repricing.chart import chart
    from voltoken.cli.tariff.repricing.page import page

    drawing = chart(found, words)
    if ending == ".png":
        return scene.png(drawing)
    text = scene.svg(drawing)
    return (page(found, words, text) if ending == ".html" else text).encode()
