"""Progress bars: on standard error, only where somebody looks, in colours that are legible everywhere."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

_COLOURS: Final = {
    "bar.back": "color(244)",
    "bar.complete": "color(31)",
    "bar.finished": "color(28)",
    "bar.pulse": "color(31)",
    "progress.description": "none",
    "progress.download": "none",
    "progress.percentage": "color(31)",
    "progress.remaining": "none",
}
"""Of middling lightness, as ``screen.STYLES``: rich's own are made for dark terminals."""


@contextlib.contextmanager
def progress(total: int, *, title: str = "", ready: int = 0) -> Iterator[Callable[..., None]]:
    """Show how far something long has come: a bar, the share, a note and the time that is left.

    total, ready: how much there is to do and how much of it is done already. title: of work that is done
    piece by piece, whose count then stands for a note. Gives what to call with how much more is done, 1
    unless told otherwise, and with a note.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _done=1, _note="": None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.theme import Theme

    note_column = MofNCompleteColumn() if title else TextColumn("{task.fields[note]}")
    columns = (
        *([TextColumn("{task.description}")] if title else []),
        BarColumn(),
        TaskProgressColumn(),
        note_column,
        TimeRemainingColumn(),
    )
    console = Console(stderr=True, theme=Theme(_COLOURS))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=total, completed=ready, note="")
        yield lambda done=1, note="": bar.update(task, advance=done, note=note)
