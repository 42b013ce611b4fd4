"""``voltoken kmc exposure``: days until all meters have left a key, and whether the key lives that long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.kmc.curve import document as clock_document
from voltoken.cli.kmc.curve import draw
from voltoken.cli.kmc.curve_page import write_chart
from voltoken.cli.kmc.shared import home_argument
from voltoken.cli.kmc.waves import Field, chart_name, check_free, day, meters_and_waves
from voltoken.cli.parameters import convert, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.centre import Centre
from voltoken.errors import ActRefused
from voltoken.kmc import State, VendingKey
from voltoken.kmc.planning import (
    Exposure,
    Extension,
    clock_of,
    meters_on,
    plan_extension,
    sort_into_waves,
    visits_needed,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found. needed: visits a day with which all is done by a day; None where none are enough."""

    key: VendingKey
    clock: Exposure
    extension: Extension
    by: date | None
    needed: int | None


@click.command(
    cls=Command,
    epilog="voltoken kmc exposure centre 123456/1 --meters meters.csv\n"
    "voltoken kmc exposure centre 123456/1 --meters meters.csv --even-waves 8 --visits 40 --chart c.html\n"
    "voltoken kmc exposure centre 123456/1 --meters meters.csv --by 2027-06-30",
)
@home_argument
@click.argument("key_id", metavar="KEY")
@meters_and_waves
@click.option(
    "--by", metavar="DAY", callback=convert(day("by")), help="How many visits a day it takes to end by then."
)
@click.option("--chart", metavar="FILE", callback=convert(chart_name), help="Draw it: .svg, .png or .html.")
@click.option("--force", is_flag=True, help="Replace the file of the chart.")
@json_option
def exposure(
    home: Path, key_id: str, field: Field, *, by: date | None, chart: str | None, force: bool, as_json: bool
) -> None:
    """Count the days until all meters have left a key, by how each of them buys.

    KEY is a vending key such as 123456/1. A meter gets its new key with the first purchase after its wave has
    opened; one that missed more than three of its own purchases waits for a visit. Everything is reckoned
    exactly from the list, so the same list gives the same days.

    Columns of the list: pan, sgc, krn, ti, ea, base_date, ken, tct; and where they are known module,
    last_purchase, and purchases (of the last --window days) or interval_days. Others are not looked at.
    """
    if field.meters is None:
        raise click.UsageError("Name the list of meters: --meters FILE.", click.get_current_context())
    check_free(chart, force=force)
    with Centre.look(home) as centre:
        show_exposure(centre.state, key_id, field, centre.now(), by=by, chart=chart, as_json=as_json)


def show_exposure(
    state: State,
    key_id: str,
    field: Field,
    now: datetime,
    *,
    by: date | None = None,
    chart: str | None = None,
    as_json: bool = False,
) -> None:
    """Show the exposure clock of a key, and what the key needs. Raises VoltokenError and FileTrouble."""
    found = found_for(state, key_id, field, now, by)
    if chart is not None:
        write_chart(Path(chart), found.clock, f"Meters on {key_id}", found.extension.advice)
    if as_json:
        answer(document(found))
        return
    screen = Screen()
    screen.title(f"Meters on {key_id}")
    screen.text(f"{found.clock.total:,} meters, from {found.clock.start}.")
    screen.line()
    draw(screen, found.clock)
    screen.line()
    for sentence in found.extension.advice:
        screen.text(sentence)
    if found.by is not None:
        screen.text(_visits(found))
    if chart is not None:
        screen.line()
        screen.facts([("chart", chart)])


def found_for(state: State, key_id: str, field: Field, now: datetime, by: date | None) -> Found:
    """Return what there is to show. Raises ActRefused (``unknown``) for a key the centre does not have."""
    entry = state.entry("vending_key", key_id)
    if entry is None:
        raise ActRefused("unknown", f"There is no vending key {key_id!r:.60}. List them: voltoken kmc list")
    key, today = VendingKey.of(entry), now.date()
    meters = field.read()
    if meters is None:
        raise click.UsageError("Name the list of meters: --meters FILE.")
    name = str(key.ref)
    plan = field.plan(meters, today, name)
    clock = clock_of(meters, name, today, plan)
    needed = None
    if by is not None:
        needed = visits_needed(sort_into_waves(meters_on(meters.meters, name), plan.waves), plan, today, by)
    return Found(key, clock, plan_extension(key, clock), by, needed)


def _visits(found: Found) -> str:
    if found.needed is None:
        return f"No number of visits is enough by {found.by}: open waves earlier, or set --visit-after."
    if not found.needed:
        return f"No visits are needed by {found.by}."
    return f"{found.needed:,} visits a day are enough to end by {found.by}."


def document(found: Found) -> dict[str, Any]:
    """Return it as it appears in JSON."""
    extension = found.extension
    return {
        "key": found.key.entry_id,
        "clock": clock_document(found.clock),
        "credit_until": extension.credit_until.isoformat(),
        "changes_until": extension.changes_until.isoformat(),
        "left_then": extension.left,
        "extension_needed": extension.is_needed,
        "extend_to": None if extension.needed_until is None else extension.needed_until.isoformat(),
        "advice": list(extension.advice),
        "by": None if found.by is None else found.by.isoformat(),
        "visits_needed": found.needed,
    }
