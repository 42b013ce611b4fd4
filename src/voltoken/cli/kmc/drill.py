"""``voltoken kmc drill``: what hangs on a key, a module or a centre, were somebody else to have it."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from voltoken import canonical
from voltoken.cli.commands import Command
from voltoken.cli.kmc.curve import document as clock_document
from voltoken.cli.kmc.curve import draw
from voltoken.cli.kmc.curve_page import write_chart
from voltoken.cli.kmc.lists import tokens_of
from voltoken.cli.kmc.plan import command
from voltoken.cli.kmc.shared import home_argument, write_bytes
from voltoken.cli.kmc.waves import Field, chart_name, check_free, meters_and_waves
from voltoken.cli.parameters import convert, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.centre import Centre
from voltoken.kmc import State
from voltoken.kmc.planning import Drill, Measure, Subject, change_plan, report, values_of
from voltoken.kmc.planning import drill as drill_of

NAMED: Final = 12
"""How many names of a kind are shown; the report and JSON have all."""
_FILES: Final = ("meters", "report", "incident", "chart")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for. out: a table of the meters concerned. incident: values to report it with."""

    kind: str
    subject: str
    tokens: str | None = None
    out: str | None = None
    report: str | None = None
    incident: str | None = None
    chart: str | None = None

    @property
    def meters_needed(self) -> bool:
        """Whether something is wanted that only a list of meters can tell."""
        return self.out is not None or self.chart is not None

    @property
    def files(self) -> tuple[str | None, ...]:
        """The files to be written."""
        return self.out, self.report, self.incident, self.chart


@click.command(
    cls=Command,
    epilog="voltoken kmc drill centre key 123456/1 --meters meters.csv\n"
    "voltoken kmc drill centre module sm-1 --meters meters.csv --tokens tokens.csv --report drill.txt\n"
    "voltoken kmc drill centre centre kmc-b --out meters-to-change.csv",
)
@home_argument
@click.argument("kind", metavar="key|module|centre", type=click.Choice([one.value for one in Subject]))
@click.argument("subject", metavar="ID")
@click.option("--tokens", metavar="FILE", help="List of tokens issued: CSV or lines of JSON.")
@click.option("--out", metavar="FILE", help="Write the meters concerned, as CSV.")
@click.option("--report", metavar="FILE", help="Write the text of the incident's entry.")
@click.option("--incident", metavar="FILE", help="Write values for voltoken kmc incident add, as JSON.")
@meters_and_waves
@click.option(
    "--chart", metavar="FILE", callback=convert(chart_name), help="Draw the clock: .svg, .png or .html."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@json_option
def drill(home: Path, field: Field, *, force: bool, as_json: bool, **wanted: Any) -> None:
    """Name everything that hangs on a key, a module or a centre, and what to do if somebody else has it.

    Nothing is changed. A drill finds keys, modules, key files, meters and tokens, looks for tokens that
    should not be, makes a change plan, and counts the days until the last meter is away. The list of meters
    is that of voltoken kmc exposure; columns of the list of tokens: pan, tid, sgc, krn, issued_at, module.
    """
    asked = Wanted(**wanted)
    check_free(*asked.files, force=force)
    if asked.meters_needed and field.meters is None:
        raise click.UsageError(
            "--out and --chart need a list of meters: --meters.", click.get_current_context()
        )
    with Centre.look(home) as centre:
        show_drill(centre.state, asked, field, centre.now(), as_json=as_json)


def show_drill(state: State, wanted: Wanted, field: Field, now: datetime, *, as_json: bool = False) -> None:
    """Show what a drill finds, and write what was asked for. Raises VoltokenError and FileTrouble."""
    meters = field.read()
    tokens = None if wanted.tokens is None else tokens_of(wanted.tokens)
    names: Sequence[str] = ()
    if meters is not None and field.waves is None:
        keys = drill_of(state, Subject(wanted.kind), wanted.subject, now).keys
        names = [key.partition(".")[0] for key in keys]
    waves = field.plan(meters, now.date(), *names)
    found = drill_of(
        state, Subject(wanted.kind), wanted.subject, now, meters=meters, tokens=tokens, waves=waves
    )
    measures = change_plan(state, found)
    _write(state, found, measures, wanted)
    if as_json:
        answer(document(found, measures))
        return
    screen = Screen()
    _draw(screen, found, measures)
    written = [(name, path) for name, path in zip(_FILES, wanted.files, strict=True) if path is not None]
    if written:
        screen.line()
        screen.facts(written)


def _write(state: State, found: Drill, measures: tuple[Measure, ...], wanted: Wanted) -> None:
    """Write the files that are wanted. Raises FileTrouble."""
    title = f"Drill: {found.subject.value} {found.subject_id}"
    if wanted.out is not None:
        write_bytes(Path(wanted.out), _table(found))
    if wanted.report is not None:
        lines = (
            *report(state, found, measures),
            "To report it as an exercise:",
            f"  {_reporting(found, title)}",
        )
        write_bytes(Path(wanted.report), ("\n".join(lines) + "\n").encode())
    if wanted.incident is not None:
        text = canonical.write(values_of(found, title=title, is_exercise=True))
        write_bytes(Path(wanted.incident), f"{text}\n".encode())
    if wanted.chart is not None and found.clock is not None:
        write_chart(Path(wanted.chart), found.clock, title, [one.text for one in measures])


def _reporting(found: Drill, title: str) -> str:
    """Return the command that reports the incident, with everything that was found."""
    words = ["voltoken", "kmc", "incident", "add", "CENTRE", "ID"]
    for name, value in values_of(found, title=title, is_exercise=True).items():
        told = ",".join(value) if isinstance(value, list) else "yes" if value is True else str(value)
        words += [f"--{name.replace('_', '-')}", told] if told else []
    return shlex.join(words)


def _table(found: Drill) -> bytes:
    """Return the meters concerned as CSV."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(("pan", "sgc", "krn", "ti", "ea", "base_date", "ken", "tct", "module"))
    for pan, setup, _ in found.meters:
        table.writerow((pan, *(getattr(one, "value", one) for one in setup)))
    return out.getvalue().encode()


def _draw(screen: Screen, found: Drill, measures: tuple[Measure, ...]) -> None:
    screen.title(f"Were somebody else to have {found.subject.value} {found.subject_id}")
    rows = [
        ("keys", _named(found.keys)),
        ("modules", _named(found.modules)),
        ("key files", _named(found.files)),
        ("supply groups", _named(found.groups)),
    ]
    if found.clock is not None:
        rows.append(("meters", f"{len(found.meters):,}"))
    rows.append(("tokens", f"{len(found.tokens):,}"))
    rows += [("found", f"{one.count:,} tokens. {one.text}") for one in found.findings]
    screen.facts(rows)
    screen.title("What to do")
    screen.table((">", ""), [(str(one.number), f"{one.text}{_asked(one)}") for one in measures])
    if found.clock is not None:
        screen.title("Days until the last meter is away")
        draw(screen, found.clock)


def _asked(measure: Measure) -> str:
    return f"\n  {command(measure.act)}" if measure.act else ""


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}" if names else "none"


def document(found: Drill, measures: tuple[Measure, ...]) -> dict[str, Any]:
    """Return a drill as it appears in JSON."""
    return found.document | {
        "digest": found.digest,
        "plan": [{"number": one.number, "text": one.text, "act": one.act} for one in measures],
        "clock": None if found.clock is None else clock_document(found.clock),
    }
