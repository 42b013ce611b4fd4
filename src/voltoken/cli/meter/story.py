"""``voltoken meter story``: what is done to a meter in a file, kept and written as a scenario.

The meter's file keeps the story while it goes on: each command adds its steps, with what was observed. A
story shows the meter's key, so only meters with a test key have one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.failures import FileTrouble, warn
from voltoken.cli.keys import DEFAULT_BASE_DATE
from voltoken.cli.meter.bench import FILE, TIME, iso, need_power, pick_time
from voltoken.cli.meter.files import changing, read
from voltoken.cli.parameters import gather, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import shown_name
from voltoken.errors import ScenarioError
from voltoken.meter import ReplayReport, Scenario, Story, VirtualDevice, replay, write_scenario

_NAME_MAX: Final = 80
_RULE: Final = "What has happened happens again."


@dataclass(frozen=True, slots=True)
class Written:
    """How a story is written. out: the name of a new file, None for standard output."""

    name: str | None = None
    title: str | None = None
    rule: str = _RULE
    out: str | None = None


_OPTIONS: Final = (
    click.option(
        "--name", metavar="NAME", help="Lower case words and hyphens.  [default: from the name of the file]"
    ),
    click.option("--title", metavar="TEXT", help="A line for lists.  [default: the story of the name]"),
    click.option("--rule", metavar="TEXT", default=_RULE, help="What the story shows, in one sentence."),
    click.option("--out", metavar="NEW", help="Write it to a new file."),
)


@click.command(
    cls=Command,
    epilog="voltoken meter story my.meter --begin\n"
    "voltoken meter story my.meter\n"
    'voltoken meter story my.meter --title "An evening" --out evening.json',
)
@FILE
@click.option("--begin", is_flag=True, help="Keep a story from now on.")
@click.option("--end", is_flag=True, help="Keep it no longer. What is not written down is gone.")
@gather("written", Written, _OPTIONS)
@TIME
@json_option
def story(
    path: str, written: Written, time: datetime | None, *, begin: bool, end: bool, as_json: bool
) -> None:
    """Keep what is done to a meter, and write it as a scenario, which voltoken meter replay plays.

    After --begin every command that does something to the meter adds its steps to the story, with what was
    seen. Without --begin and --end the story so far is written. Whoever reads it reads the meter's key:
    only meters with a test key have a story.
    """
    if begin and end:
        raise click.UsageError("--begin and --end: one of them at a time.")
    if (begin or end) and written != Written():
        raise click.UsageError(
            "--begin and --end write nothing: leave out --name, --title, --rule and --out."
        )
    if time is not None and not begin:
        raise click.UsageError("--time is when a story begins: it goes with --begin.")
    if begin:
        _tell(path, _begin(path, time), is_kept=True, as_json=as_json)
    elif end:
        _tell(path, _end(path), is_kept=False, as_json=as_json)
    else:
        _write(_scenario(path, written), written.out, as_json=as_json)


def _begin(path: str, time: datetime | None) -> Story:
    """Begin a story. Raises ScenarioError when one is kept already, or there can be none."""
    with changing(path) as file:
        if file.story is not None:
            raise ScenarioError(
                f"This meter keeps a story of {len(file.story.steps)} steps already. Write it down and end "
                "it: voltoken meter story FILE --out NEW, then --end."
            )
        need_power(file)
        now = pick_time(file, time)
        file.meter.wait(now)
        file.story = Story.begin(file.meter, now, file.base_date or DEFAULT_BASE_DATE)
        return file.story


def _end(path: str) -> Story:
    """Forget the story and return it. Raises ScenarioError when none is kept."""
    with changing(path) as file:
        ended = _kept(file.story)
        file.story = None
    return ended


def _kept(found: Story | None) -> Story:
    """Return the story of a meter. Raises ScenarioError when it keeps none."""
    if found is None:
        raise ScenarioError("This meter keeps no story. Begin one with: voltoken meter story FILE --begin.")
    return found


def _tell(path: str, told: Story, *, is_kept: bool, as_json: bool) -> None:
    """Say that a story is kept from now on, or no longer."""
    if as_json:
        answer({"file": path, "kept": is_kept, "begins": iso(told.begins), "steps": len(told.steps)})
        return
    screen = Screen()
    screen.line()
    if is_kept:
        screen.text("From now on the meter's file keeps its story.", "good")
        screen.text("Write it with: voltoken meter story FILE --out NEW")
    else:
        screen.text(f"The story of {len(told.steps)} steps is kept no longer.", "good")
    screen.line()


def _scenario(path: str, written: Written) -> Scenario:
    """Return the story so far as a scenario, and warn when it does not happen again."""
    told = _kept(read(path).story)
    if not told.steps:
        raise ScenarioError("Nothing has happened yet: a story has one step at least.")
    slug = re.sub("[^a-z0-9]+", "-", Path(path).stem.lower())[:_NAME_MAX].strip("-")
    name = written.name if written.name is not None else slug or "story"
    title = written.title if written.title is not None else f"The story of {name}"
    scenario = told.scenario(name, title=title, rule=written.rule, source="voltoken meter story")
    report = replay(scenario, VirtualDevice())
    if not report.ok:
        warn(
            f"played again from its beginning this story differs at {_first(report)}. It begins with a meter "
            "whose past no scenario can set up, or another Voltoken noted it."
        )
    return scenario


def _first(report: ReplayReport) -> str:
    """Return the first step that failed."""
    number = next(number for number, step in enumerate(report.steps) if not step.ok)
    return f"step {number}" if number else "the state before step 1"


def _write(scenario: Scenario, out: str | None, *, as_json: bool) -> None:
    """Write a scenario to a new file or to standard output. Raises FileTrouble."""
    text = write_scenario(scenario)
    if out is not None:
        _write_new(out, text)
    if as_json or (out is None and not text.isascii()):
        answer(scenario.to_document())
    elif out is None:
        click.echo(text, nl=False)
    else:
        screen = Screen()
        screen.line()
        screen.facts([("steps", str(len(scenario.steps))), ("written to", shown_name(out))])
        screen.line()


def _write_new(path: str, text: str) -> None:
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise FileTrouble(f"{shown_name(path)} exists already; no file is overwritten.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
        raise FileTrouble(f"{shown_name(path)}: {reason}.") from None
