"""What is said at the end of a batch: in a few lines, or as JSON."""

from __future__ import annotations

from typing import Final

import click

from voltoken.cli.batch.run import REFUSED, Result, encryption_of
from voltoken.cli.keys import describe
from voltoken.cli.screen import Screen, answer

_MANY: Final = 10_000
"""Rows from which on the rate says something about more than starting up."""


def conclude(result: Result, out: str, *, as_json: bool) -> None:
    """Show what a run has come to, and leave with the exit code that says whether rows were refused."""
    if as_json:
        answer(_document(result, out))
    else:
        _show(result, out)
    if result.note["refused"]:
        click.get_current_context().exit(REFUSED)


def _rate(result: Result) -> int:
    return round(result.made_now / max(result.seconds, 1e-9))


def _document(result: Result, out: str) -> dict[str, object]:
    settings = result.job.settings
    when = settings.when
    return {
        "command": result.job.name,
        "out": out,
        **result.note,
        "seconds": round(result.seconds, 3),
        "rate": _rate(result),
        "segments": result.segments,
        "resumed_segments": result.resumed,
        "time": None if when.time is None else when.moment().isoformat().replace("+00:00", "Z"),
        "encryption": encryption_of(result.step),
        "keys": list(result.job.keys),
        "rules_applied": not settings.unchecked,
        "cautions": list(result.cautions),
    }


def _show(result: Result, out: str) -> None:
    screen = Screen()
    note = result.note
    refused = sum(note["refused"].values())
    screen.line()
    screen.text(f"{out}: {_counted(note['rows'], 'row')}, {_counted(note['tokens'], 'token')}", "strong")
    screen.line()
    rate = f", {_rate(result):,} rows a second" if result.made_now >= _MANY else ""
    rows = [("time", f"{result.seconds:.1f} s{rate}")]
    if result.resumed:
        rows.append(("continued", f"{result.resumed} of {result.segments} segments were done before"))
    entries = [entry for ring in result.step.rings for entry in ring.entries]
    for entry in entries[:5]:
        key = entry.vending_key
        rows.append(("key", f"{describe(key)}; check value {key.check_value}"))
    if len(entries) > 5:
        rows.append(("", f"and {len(entries) - 5} more keys"))
    rows.append(("encryption", ", ".join(encryption_of(result.step))))
    if result.job.settings.unchecked:
        rows.append(("rules", "not applied (--unchecked)"))
    rows += [("refused", f"{_counted(count, 'row')}: {code}") for code, count in note["refused"].items()]
    screen.facts(rows)
    if refused:
        screen.line()
        error, message = result.step.added[-2:]
        words = "row was refused; its" if refused == 1 else "rows were refused; their"
        screen.text(f"{refused:,} {words} columns {error} and {message} say why.", "bad")


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
