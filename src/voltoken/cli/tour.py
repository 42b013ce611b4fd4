"""``voltoken tour``: the story of one purchase, computed while it is told."""

from __future__ import annotations

import sys

import click

from voltoken.cli.commands import Command
from voltoken.cli.screen import Screen
from voltoken.cli.tour_scenes import PROMISE, SCENES, TITLE


@click.command(cls=Command, epilog="voltoken tour\nvoltoken tour --no-pause | less")
@click.option(
    "--pause/--no-pause",
    default=True,
    help="Wait for a key between the parts; only a terminal is ever waited for.  [default: pause]",
)
def tour(*, pause: bool) -> None:
    """Tell the story of one purchase: keys, token, mistakes, misuse, a new key. Takes about four minutes.

    Every number is computed on the spot, with the published test keys.
    """
    screen = Screen()
    waits = pause and sys.stdin.isatty() and sys.stdout.isatty()
    screen.title(TITLE)
    screen.text(PROMISE)
    for number, scene in enumerate(SCENES, 1):
        if waits:
            screen.line()
            screen.line(screen.style("any key: on    Ctrl-C: enough", "quiet"))
            click.getchar()  # not click.pause, which takes Ctrl-C for any key
        screen.title(f"{number}  {scene.title}")
        scene.play(screen)
    screen.line()
