"""What the commands about modules share: their argument, and the words for a module's state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from voltoken.cli.parameters import FilePath
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.local import SOCKET_FILE, ask


def home_argument(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument HOME, the folder of a module."""
    decorate = click.argument("home", metavar="HOME", type=FilePath(path_type=Path, file_okay=False))
    return decorate(command)


def ask_module(home: Path, do: str, **words: Any) -> dict[str, Any]:
    """Ask a served module through its administration door."""
    return ask(home / SOCKET_FILE, do, **words)


def time_of(home: Path) -> datetime:
    """Return the time by the clock of a served module: that of one in rehearsal is not the time."""
    return datetime.fromisoformat(ask_module(home, "status")["now"])


def show(document: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    """Show what came of a command: as JSON, or as a sentence."""
    if as_json:
        answer(document)
    else:
        Screen().text(sentence, indent=0)
