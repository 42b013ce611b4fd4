"""``voltoken sm audit``: check and export the log of a module, also of one that is not served."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from voltoken.cli.commands import Group
from voltoken.cli.failures import MODULE_REFUSED
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.progress import progress
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.journal import export as export_log
from voltoken.drivers.journal import verify_journal
from voltoken.drivers.local import JOURNAL_FILE

audit = Group(
    "audit",
    help="Check and export the log of a module. It needs no key, and may run on a copy or beside the module.",
    epilog="voltoken sm audit verify pilot --witness checkpoints.jsonl --public-key 3d40...\n"
    "voltoken sm audit export pilot --from 1200 > log.jsonl",
)


def _journal(home: Path) -> Path:
    """Return the journal that a folder holds, or a file itself."""
    return home / JOURNAL_FILE if home.is_dir() else home


@audit.command("verify", epilog="voltoken sm audit verify pilot --witness checkpoints.jsonl")
@click.argument("home", metavar="HOME|FILE", type=FilePath(path_type=Path))
@click.option(
    "--witness",
    type=FilePath(path_type=Path, dir_okay=False),
    help="Checkpoints that somebody else has kept: only they show that the end was cut off.",
)
@click.option("--public-key", metavar="HEX", help="The log key that sm init has shown.")
@json_option
def verify(home: Path, witness: Path | None, public_key: str | None, *, as_json: bool) -> None:
    """Check a log: its chain, what hangs on it, its counters and its checkpoints.

    Names every line that is not right and what seems to have happened to it. The exit code is 11 then.
    """
    with ExitStack() as bars:
        report = verify_journal(_journal(home), witness=witness, public_key=public_key, advance=_bar(bars))
    if as_json:
        answer(
            {
                "module_id": report.module_id,
                "entries": report.entries,
                "head": report.head,
                "checkpoints": report.checkpoints,
                "sound": report.sound,
                "faults": list(report.faults),
            }
        )
    else:
        screen = Screen()
        for fault in report.faults:
            screen.text(fault, "bad", 0)
        lines = "1 line" if report.entries == 1 else f"{report.entries:,} lines"
        signed = "1 checkpoint" if report.checkpoints == 1 else f"{report.checkpoints:,} checkpoints"
        verdict = "nothing is wrong" if report.sound else f"{len(report.faults)} found wrong"
        screen.text(
            f"{report.module_id}: {lines}, {signed}; {verdict}.", "good" if report.sound else "bad", 0
        )
    if not report.sound:
        raise click.exceptions.Exit(MODULE_REFUSED)


def _bar(bars: ExitStack) -> Callable[[int, int], None]:
    """Return what shows how far a check has come; the bar is made when the length of the log is known."""
    shown: list[Callable[..., None]] = []
    before = 0

    def advance(done: int, total: int) -> None:
        nonlocal before
        if not shown:
            shown.append(bars.enter_context(progress(total, title="lines")))
        shown[0](done - before)
        before = done

    return advance


@audit.command("export", epilog="voltoken sm audit export pilot --from 1200 > log.jsonl")
@click.argument("home", metavar="HOME|FILE", type=FilePath(path_type=Path))
@click.option("--from", "first", type=click.IntRange(1), default=1, show_default=True, help="The first line.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON array instead of a line each.")
def export(home: Path, first: int, *, as_json: bool) -> None:
    """Write the log as JSON: each line with its number, its time, what happened, and its hash."""
    entries = (_entry(one.body, one.hash) for one in export_log(_journal(home), first))
    if as_json:
        answer(list(entries))
        return
    for entry in entries:
        sys.stdout.write(json.dumps(entry, separators=(",", ":")) + "\n")


def _entry(body: str, digest: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(body)
    return entry | {"hash": digest.hex()}
