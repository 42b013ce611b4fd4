"""What there is to see in a centre: how it stands, its registers, one entry with its history, its log."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from voltoken import canonical
from voltoken.access import fingerprint
from voltoken.cli.commands import Command
from voltoken.cli.kmc.listing import listing
from voltoken.cli.kmc.shared import home_argument, told
from voltoken.cli.kmc.tables import dashed, register_named
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.centre import Centre, read_log
from voltoken.errors import ActRefused
from voltoken.kmc import NOTICE, REGISTERS, Entry

_SOON: Final = timedelta(days=30)


@click.command("status", cls=Command, epilog="voltoken kmc status centre\nvoltoken kmc status centre --json")
@home_argument
@json_option
def status(home: Path, *, as_json: bool) -> None:
    """Show how a centre stands: what is in its registers, and which requests wait for somebody."""
    with Centre.look(home) as centre:
        state = centre.state
        counts = {name: len(list(state.of(name))) for name in REGISTERS}
        waiting = [filed.request for filed in state.requests.values() if not filed.outcome]
        document = {
            "centre": centre.centre_id,
            "notice": NOTICE,
            "now": canonical.write_moment(centre.now()),
            "rehearsal_days": state.rehearsal_days,
            "lines": state.lines,
            "unsigned": centre.unsigned,
            "public_key": centre.public_key.hex(),
            "root": centre.root_record()["provider"],
            "registers": {name: count for name, count in counts.items() if count},
            "requests": [one.request_id for one in waiting],
            "reviews": sorted(state.reviews),
            "fingerprint": state.fingerprint(),
        }
        if as_json:
            answer(document)
            return
        screen = Screen()
        screen.title(f"Centre {centre.centre_id}")
        screen.text(NOTICE)
        if state.rehearsal_days:
            screen.text(f"A rehearsal: its clock shows {centre.now():%Y-%m-%d}.", "yellow")
        screen.line()
        screen.facts(
            [
                ("Key of its log", fingerprint(centre.public_key)),
                ("Root key", str(document["root"])),
                ("Lines of the log", _lines_told(state.lines, centre.unsigned)),
                ("Registers", f"{state.fingerprint()[:16]} (SHA-256)"),
            ]
        )
        screen.line()
        screen.table(
            ("Register", ">Entries", "States"),
            [
                (dashed(name), str(count), _states(list(state.of(name))))
                for name, count in counts.items()
                if count
            ],
        )
        _show_waiting(
            screen, home, [(one.request_id, one.act, one.maker) for one in waiting], sorted(state.reviews)
        )


def _lines_told(lines: int, unsigned: int) -> str:
    """Say how many lines there are, and how many stand after the last signed head."""
    return f"{lines}, {unsigned} of them after the last signed head" if unsigned else str(lines)


def _states(entries: list[Entry]) -> str:
    found: dict[str, int] = {}
    for entry in entries:
        found[entry.state] = found.get(entry.state, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in found.items())


def _show_waiting(
    screen: Screen, home: Path, waiting: list[tuple[str, str, str]], reviews: list[str]
) -> None:
    screen.line()
    if not waiting:
        screen.text("No request waits.")
    for request_id, act, maker in waiting:
        screen.text(f"{request_id}: {act}, asked by {maker}. See it:")
        screen.line(told("requests", home, request_id), indent=4)
    for request_id in reviews:
        screen.text(
            f"{request_id} was carried out without its approvals, and nobody has looked at it yet. "
            "When you have:",
            "bad",
        )
        screen.line(f"{told('review', home, request_id)} --reason TEXT --as NAME --key FILE", indent=4)


@click.command(
    "list", cls=Command, epilog="voltoken kmc list centre vending-key\nvoltoken kmc list centre module --json"
)
@home_argument
@click.argument("name", metavar="REGISTER")
@click.option("--state", metavar="WORD", help="Only entries in this state.")
@json_option
def list_(home: Path, name: str, state: str | None, *, as_json: bool) -> None:
    """List the entries of a register."""
    register = register_named(name)
    if state is not None and state not in register.states:
        raise ActRefused(
            "state", f"{register.name} has no state {state!r:.40}; it has {', '.join(register.states)}."
        )
    with Centre.look(home) as centre:
        found = [one for one in centre.state.of(register.name) if state in (None, one.state)]
    if as_json:
        answer({"register": register.name, "entries": [one.document for one in found]})
        return
    screen = Screen()
    if not found:
        screen.text(f"No {dashed(register.name)}{f' is {state}' if state else ' is registered'}.", indent=0)
        return
    columns = [one for one in register.fields if one.shown]
    headings = ("ID", "State", *(_heading(one.name) for one in columns))
    listing(
        screen,
        headings,
        [
            (one.entry_id, one.state, *(shown_value(one.get(column.name)) for column in columns))
            for one in found
        ],
    )


_SHORT: Final = {
    **{word: word.upper() for word in ("sgc", "krn", "kt", "ken", "dkga", "act", "iut", "kid")},
    "krns": "KRNs",
    "eas": "EAs",
}
"""Names of fields that are abbreviations of the standard."""


def _heading(name: str) -> str:
    return _SHORT.get(name, name.replace("_", " ").capitalize())


def shown_value(value: Any) -> str:
    """Return a value of an entry for a person."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(shown_value(one) for one in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown_value(inner)}" for name, inner in value.items()) or "-"
    if (moment := canonical.read_moment(value)) is not None:
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    return str(value)


@click.command("show", cls=Command, epilog="voltoken kmc show centre vending-key 123456/2")
@home_argument
@click.argument("name", metavar="REGISTER")
@click.argument("entry_id", metavar="ID")
@json_option
def show(home: Path, name: str, entry_id: str, *, as_json: bool) -> None:
    """Show an entry with all its values, and what happened to it."""
    register = register_named(name)
    with Centre.look(home) as centre:
        entry = centre.state.entry(register.name, entry_id)
        history = [line for line in read_log(centre) if _is_of(line.facts, register.name, entry_id)]
    if entry is None:
        raise ActRefused(
            "unknown",
            f"There is no {register.name} {entry_id!r:.60}. "
            f"List them: {told('list', home, dashed(register.name))}",
        )
    steps = [
        {"line": line.seq, "at": canonical.write_moment(line.at), **{k: line.facts[k] for k in _TOLD}}
        for line in history
    ]
    if as_json:
        answer({"entry": entry.document, "history": steps})
        return
    screen = Screen()
    screen.title(f"{dashed(register.name)} {entry_id}")
    values = [(dashed(one.name), shown_value(entry.get(one.name))) for one in register.fields]
    state = ("State", f"{entry.state}: {register.states.get(entry.state, '')}")
    screen.facts([state, *((name, _brief(value)) for name, value in values if value != "-")])
    screen.line()
    listing(
        screen,
        (">Line", "Step", "State", "When (UTC)", "By", "Request"),
        [
            (
                str(line.seq),
                *(str(line.facts[key]) for key in ("step", "state")),
                f"{line.at:%Y-%m-%d %H:%M}",
                *(str(line.facts[key]) or "-" for key in ("by", "request")),
            )
            for line in history
        ],
    )


def _brief(value: str) -> str:
    """Return a value that is not longer than a few lines."""
    return value if len(value) <= _LONG else f"{value[:_LONG]}... (all of it: --json)"


_LONG: Final = 240
_TOLD: Final = ("step", "state", "version", "by", "request")


def _is_of(facts: Any, register: str, entry_id: str) -> bool:
    return facts.get("register") == register and facts.get("id") == entry_id and "step" in facts


@click.command(
    "log", cls=Command, epilog="voltoken kmc log centre --alarms\nvoltoken kmc log centre --from 100 --json"
)
@home_argument
@click.option("--from", "first", type=click.IntRange(1), default=1, metavar="N", help="Begin with this line.")
@click.option("--alarms", is_flag=True, help="Only lines that somebody should look at.")
@json_option
def log(home: Path, first: int, *, alarms: bool, as_json: bool) -> None:
    """Show the log: everything that was asked, approved, done and refused."""
    with Centre.look(home) as centre:
        lines = [line for line in read_log(centre, first) if line.alarm or not alarms]
    if as_json:
        answer(
            {
                "lines": [
                    {
                        "seq": line.seq,
                        "at": canonical.write_moment(line.at),
                        "kind": line.kind,
                        "alarm": line.alarm,
                        "facts": dict(line.facts),
                    }
                    for line in lines
                ]
            }
        )
        return
    screen = Screen()
    if not lines:
        screen.text("There is no such line.", indent=0)
    for line in lines:
        head = f"{line.seq:>5}  {line.at:%Y-%m-%d %H:%M:%S}  "
        mark = "alarm " if line.alarm else ""
        text = screen.wrapped(f"{mark}{line.kind}  {_gist(line.facts)}", len(head))
        for number, part in enumerate(text):
            shown = f"{head if not number else '':{len(head)}}{part}"
            screen.line(screen.style(shown, "bad") if line.alarm else shown, indent=0)


_GIST: Final = (
    "act",
    "register",
    "id",
    "step",
    "state",
    "outcome",
    "verdict",
    "maker",
    "by",
    "name",
    "reason",
)


def _gist(facts: Any) -> str:
    """Return what a line is about, in a few words."""
    words = [str(facts[name]) for name in _GIST if facts.get(name)]
    request = facts.get("request")
    return " ".join([*words, *([f"({request})"] if request else [])])[:400]
