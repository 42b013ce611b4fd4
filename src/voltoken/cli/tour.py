"""``voltoken tour``: the story of a meter and its tokens, computed while it is told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.tour_scenes import PROMISE, SCENES, TITLE, RecordingStage, Scene, Stage
from voltoken.meter import write_scenario

_LEAVE: Final = ("q", "Q", "\x1b")
"""Keys that end the tour; arrows are longer sequences and go on."""


def _place(_context: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return the place, from 0, of a scene given by its number or its name."""
    names = [scene.name for scene in SCENES]
    if value is None or value.lower() in names:
        return None if value is None else names.index(value.lower())
    if not value.isdecimal() or not 1 <= int(value) <= len(names):
        raise click.BadParameter(f"There is no scene {value}; --list shows all {len(names)}.")
    return int(value) - 1


@click.command(
    cls=Command,
    epilog="voltoken tour\nvoltoken tour --scene mixed\nvoltoken tour --no-pause --record stories",
)
@click.option(
    "--pause/--no-pause",
    default=True,
    help="Wait for a key between the scenes; only a terminal is ever waited for.  [default: pause]",
)
@click.option("--list", "listed", is_flag=True, help="List the scenes and leave.")
@click.option("--scene", "only", metavar="N|NAME", callback=_place, help="Show this scene only.")
@click.option("--from", "start", metavar="N|NAME", callback=_place, help="Begin with this scene.")
@click.option(
    "--record",
    "folder",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write what happens to the meters into this folder, as scenarios for `voltoken meter replay`.",
)
def tour(*, pause: bool, listed: bool, only: int | None, start: int | None, folder: Path | None) -> None:
    """Tell the story of a prepayment meter: sale, entry, misuse, an evening, a new key, other meters.

    Every number is computed on the spot with the published test keys, and every verdict is that of a
    virtual meter. The whole takes about ten minutes.
    """
    stage = Stage() if folder is None else RecordingStage()
    if listed:
        rows = [(str(place), scene.name, scene.title) for place, scene in enumerate(SCENES, 1)]
        stage.line()
        stage.table((">scene", "name", "title"), rows)
        return
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    waits = pause and only is None and sys.stdin.isatty() and sys.stdout.isatty()
    places = range(start or 0, len(SCENES)) if only is None else range(only, only + 1)
    if only is None and start is None:
        stage.title(TITLE)
        stage.text(PROMISE)
    for place in places:
        if waits and place != start and not _is_wanted(stage, place):
            return
        stage.title(f"{place + 1}  {SCENES[place].title}")
        SCENES[place].play(stage)
        if isinstance(stage, RecordingStage) and folder is not None:
            _keep(stage, SCENES[place], folder)
    if folder is not None:
        stage.line()
        stage.text(
            f"The stories of the meters are in {folder}; play them with `voltoken meter replay`.", "quiet"
        )
    stage.line()


def _is_wanted(stage: Stage, place: int) -> bool:
    """Wait for a key before a scene; say whether the reader wants it."""
    stage.line()
    stage.text(f"next: {SCENES[place].title}   any key: on   q: enough", "quiet")
    return click.getchar() not in _LEAVE  # not click.pause, which takes Ctrl-C for any key


def _keep(stage: RecordingStage, scene: Scene, folder: Path) -> None:
    """Write what happened to the meters of a scene into a folder."""
    for scenario in stage.stories(scene.name, scene.title, scene.idea):
        path = folder / f"{scenario.name}.json"
        path.write_text(write_scenario(scenario), encoding="utf-8")
