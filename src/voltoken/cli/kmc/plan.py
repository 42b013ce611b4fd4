"""``voltoken kmc plan``: a revision from its new key to the end of the old one, as it stands now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.kmc.curve import document as clock_document
from voltoken.cli.kmc.curve import draw
from voltoken.cli.kmc.curve_page import write_chart
from voltoken.cli.kmc.shared import home_argument
from voltoken.cli.kmc.waves import Field, chart_name, check_free, meters_and_waves
from voltoken.cli.parameters import convert, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.centre import Centre
from voltoken.errors import ActRefused
from voltoken.kmc import Entry, State, VendingKey
from voltoken.kmc.planning import (
    MeterHoldings,
    MeterList,
    RevisionPlan,
    Standing,
    Target,
    WavePlan,
    current_key,
    next_krn,
    plan_of,
    plan_revision,
)
from voltoken.sts import BaseDate

_STYLES: Final = {Standing.DONE: "good", Standing.NOW: "strong", Standing.LATER: "quiet"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: a supply group or a revision. base_date: of a key that is not there yet."""

    name: str
    old: str | None = None
    new: str | None = None
    base_date: BaseDate | None = None


@click.command(
    cls=Command,
    epilog="voltoken kmc plan centre 123456\n"
    "voltoken kmc plan centre 123456 --base-date 14 --meters meters.csv\n"
    "voltoken kmc plan centre rollover-2026 --meters meters.csv --chart plan.html",
)
@home_argument
@click.argument("name", metavar="GROUP")
@click.option("--from", "old", metavar="KEY", help="The key meters are on.  [default: the one in use]")
@click.option(
    "--to", "new", metavar="KEY", help="The new key.  [default: the one asked for, or the next KRN]"
)
@click.option(
    "--base-date", metavar="93|14|35", callback=convert(BaseDate), help="Of a key that is not there yet."
)
@meters_and_waves
@click.option(
    "--chart", metavar="FILE", callback=convert(chart_name), help="Draw the clock: .svg, .png or .html."
)
@click.option("--force", is_flag=True, help="Replace the file of the chart.")
@json_option
def plan(
    home: Path,
    field: Field,
    *,
    chart: str | None,
    force: bool,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Show how a revision stands: every step, who holds what, what is in the way, and what to do next.

    GROUP is a supply group code, or the id of a revision in the register. Nothing is changed: a plan is read
    off the registers and the list of meters each time. There is no way back across a rollover, and a plan
    that would lead there is refused. The list of meters is that of voltoken kmc exposure.
    """
    check_free(chart, force=force)
    if chart is not None and field.meters is None:
        raise click.UsageError("--chart draws the clock: name a list of meters.", click.get_current_context())
    with Centre.look(home) as centre:
        show_plan(centre.state, Wanted(**wanted), field, centre.now(), chart=chart, as_json=as_json)


def show_plan(
    state: State,
    wanted: Wanted,
    field: Field,
    now: datetime,
    *,
    chart: str | None = None,
    as_json: bool = False,
) -> None:
    """Show how a revision stands. Raises ActRefused where it would lead back, FieldError and FileTrouble."""
    meters = field.read()
    old, target, waves = keys_of(state, wanted, meters, now)
    if waves is None or field.waves or field.count or field.opens:
        waves = field.plan(meters, now.date(), str(VendingKey.of(old).ref))
    found = plan_revision(state, old, target, now, meters=meters, waves=waves)
    if chart is not None and found.clock is not None:
        title = f"From {found.old.entry_id} to {found.target.name}"
        write_chart(Path(chart), found.clock, title, [*next_acts(found), *found.blockers])
    if as_json:
        answer(document(found))
        return
    screen = Screen()
    _draw(screen, found)
    if chart is not None:
        screen.line()
        screen.facts([("chart", chart)])


def keys_of(
    state: State, wanted: Wanted, meters: MeterList | None, now: datetime
) -> tuple[Entry, Target, WavePlan | None]:
    """Return the old key, the new one, and the waves of the register. Raises ActRefused and FieldError."""
    revision = state.entry("revision", wanted.name)
    if revision is not None:
        old, new = (_key(state, str(revision.get(one))) for one in ("from_key", "to_key"))
        waves = revision.get("waves")
        return old, _target(new), None if waves is None else plan_of(waves)
    if state.entry("supply_group", wanted.name) is None:
        raise ActRefused(
            "unknown",
            f"There is no supply group and no revision {wanted.name!r:.60}. List them: voltoken kmc list",
        )
    old = current_key(state, wanted.name) if wanted.old is None else _key(state, wanted.old)
    if wanted.new is not None:
        return old, _target(_key(state, wanted.new)), None
    waiting = [
        one
        for one in state.where("vending_key", sgc=old.get("sgc"))
        if one.state in ("requested", "pre_active") and one.entry_id != old.entry_id
    ]
    if waiting:
        return old, _target(max(waiting, key=lambda one: str(one.get("act")))), None
    sgc = str(old.get("sgc"))
    in_meters = {one.setup.krn for one in meters.meters if one.setup.sgc == sgc} if meters else set()
    base_date = wanted.base_date or _base_date(VendingKey.of(old), now)
    return old, Target(f"{sgc}/{next_krn(state, sgc, in_meters)}", base_date), None


def _key(state: State, entry_id: str) -> Entry:
    found = state.entry("vending_key", entry_id)
    if found is None:
        raise ActRefused("unknown", f"There is no vending key {entry_id!r:.60}. List them: voltoken kmc list")
    return found


def _target(entry: Entry) -> Target:
    return Target(entry.entry_id.partition(".")[0], BaseDate(entry.get("base_date")), entry)


def _base_date(old: VendingKey, now: datetime) -> BaseDate:
    """Return that of the old key, or the latest that has begun when the TIDs of the old one are used up."""
    if now < old.credit_end or now >= old.iut:
        return old.base_date
    begun = [one for one in BaseDate if one.instant <= now]
    return max(begun, key=lambda one: one.instant, default=old.base_date)


def next_acts(found: RevisionPlan) -> list[str]:
    """Return what can be asked for now, as words for the command line."""
    return [command(step.act) for step in found.steps if step.standing is Standing.NOW and step.act]


def command(act: str) -> str:
    """Return an act as the command that asks for it: ``voltoken kmc vending-key add CENTRE 123456/2``."""
    words, comma, more = act.partition(", ")
    register, _, rest = words.partition(" ")
    step, _, named = rest.partition(" ")
    told = f"voltoken kmc {register.replace('_', '-')} {step.replace('_', '-')} CENTRE {named}".rstrip()
    return f"{told} ({more})" if comma else told


def _draw(screen: Screen, found: RevisionPlan) -> None:
    rollover = f", a rollover to base date {found.target.base_date.instant.year}" if found.is_rollover else ""
    screen.title(f"From {found.old.entry_id} to {found.target.name}{rollover}")
    rows = [(str(one.number), one.text, one.standing.value, one.detail) for one in found.steps]
    screen.table((">", "step", "", ""), rows, [_STYLES[one.standing] for one in found.steps])
    acts = next_acts(found)
    if acts:
        screen.title("Next")
        for act in acts:
            screen.text(act)
    if found.blockers:
        screen.title("In the way")
        screen.facts([("\u00b7", blocker) for blocker in found.blockers])
    if found.modules:
        screen.title("Modules")
        headings = ("module", "", found.old.entry_id, "until", found.target.name, "authorised")
        screen.table(
            headings,
            [
                (
                    *(one.module, one.state, one.old.value),
                    "" if one.until is None else f"{one.until:%Y-%m-%d}",
                    one.new.value,
                    one.fault or "yes",
                )
                for one in found.modules
            ],
        )
    if found.meters is not None:
        screen.title("Meters")
        screen.facts(_counted(found.meters, found))
    if found.clock is not None:
        screen.line()
        draw(screen, found.clock)


def _counted(meters: MeterHoldings, found: RevisionPlan) -> list[tuple[str, str]]:
    rows = [(f"on {found.old.entry_id}", meters.old), (f"on {found.target.name}", meters.new)]
    rows += [(f"on {name}", count) for name, count in meters.elsewhere.items()]
    rows += [("of other groups", meters.foreign), ("rows that cannot be read", meters.unread)]
    return [(name, f"{count:,}") for number, (name, count) in enumerate(rows) if count or number < 2]


def document(found: RevisionPlan) -> dict[str, Any]:
    """Return a plan as it appears in JSON."""
    meters = found.meters
    return {
        "from": found.old.entry_id,
        "to": found.target.name,
        "base_date": found.target.base_date.value,
        "rollover": found.is_rollover,
        "steps": [
            {
                "number": one.number,
                "name": one.name,
                "text": one.text,
                "standing": one.standing.value,
                "detail": one.detail,
                "act": one.act,
            }
            for one in found.steps
        ],
        "next": next_acts(found),
        "blockers": list(found.blockers),
        "modules": [
            {
                "module": one.module,
                "state": one.state,
                "old": one.old.name.lower(),
                "new": one.new.name.lower(),
                "until": None if one.until is None else one.until.isoformat(),
                "sells_old": one.sells_old,
                "not_authorised": one.fault or None,
            }
            for one in found.modules
        ],
        "meters": None
        if meters is None
        else {
            "old": meters.old,
            "new": meters.new,
            "elsewhere": dict(meters.elsewhere),
            "other_groups": meters.foreign,
            "wrong_base_date": meters.wrong_base_date,
            "rows_unread": meters.unread,
        },
        "clock": None if found.clock is None else clock_document(found.clock),
    }
