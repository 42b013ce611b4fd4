"""Ceremonies at the keyboard: whose turn it is, and doing it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.kmc.acting import act, ask
from voltoken.cli.kmc.look import shown_value
from voltoken.cli.kmc.shared import Doing, acts, home_argument, told
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import load_secret, shown_name, write_private
from voltoken.drivers.centre import Centre
from voltoken.errors import ActRefused
from voltoken.kmc import Entry, ceremony
from voltoken.sts import key_check_value, odd_parity

_REGISTER = "ceremony"
_SECRET: Final = frozenset({"component", "share"})
"""What somebody types in a step: it goes beside the request, into no file and no log."""
_ADVICE: Final = {
    "planned": (("Begin it", "begin"),),
    "running": (("All steps are done. Close it", "close"),),
    "closed": (("Everybody who took part signs", "sign"), ("When all have signed", "finish")),
}
"""What comes next where no turn does: a sentence, and a step of the register."""


def _entry(centre: Centre, home: Path, ceremony_id: str) -> Entry:
    """Return a ceremony. Raises ActRefused."""
    entry = centre.state.entry(_REGISTER, ceremony_id)
    if entry is None:
        raise ActRefused(
            "unknown",
            f"There is no ceremony {ceremony_id!r:.60}. List them: {told('list', home, 'ceremony')}",
        )
    return entry


@click.command("component", cls=Command, epilog="voltoken kmc component carol.part --bits 160")
@click.argument("file", metavar="FILE")
@click.option("--bits", type=click.Choice(["64", "160"]), required=True, help="How long the key will be.")
@json_option
def component(file: str, bits: str, *, as_json: bool) -> None:
    """Make a component of a key from random bytes, as its custodian, on a clean machine.

    It goes into a file for your eyes alone: print it for your envelope, and destroy the file when the
    ceremony is over. The check value is no secret; it shows later that what you type is what you made.
    """
    octets = secrets.token_bytes(int(bits) // 8)
    if bits == "64":  # as DES keys have; three such components give a key that has it, too
        octets = odd_parity(octets)
    write_private(file, f"{octets.hex()}\n")
    value = key_check_value(octets).value
    if as_json:
        answer({"file": file, "check_value": value})
        return
    screen = Screen()
    screen.text(f"{shown_name(file)} is for your eyes alone.", indent=0)
    screen.text(f"Check value: {value}", indent=0)


@click.command("next", cls=Command, epilog="voltoken kmc ceremony next centre key-2026")
@home_argument
@click.argument("ceremony_id", metavar="ID")
@json_option
def next_(home: Path, ceremony_id: str, *, as_json: bool) -> None:
    """Say whose turn it is in a ceremony, what to do, and what has to be shown for it."""
    with Centre.look(home) as centre:
        entry = _entry(centre, home, ceremony_id)
        turn = ceremony.next_turn(entry) if entry.state == "running" else None
    if as_json:
        answer({"ceremony": ceremony_id, "state": entry.state, "next": turn.document if turn else None})
        return
    screen = Screen()
    if turn is None:
        screen.text(f"{entry} is {entry.state}.", indent=0)
        for advice, step in _ADVICE.get(entry.state, ()):
            screen.line(
                f"{advice}: {told(f'ceremony {step}', home, ceremony_id)} --as NAME --key FILE", indent=0
            )
        return
    screen.text(f"Step {turn.number}, {turn.person} ({turn.part.value}): {turn.text}", indent=0)
    for one in turn.evidence:
        screen.text(f"{one.name}=...  {one.text} ({ceremony.FORMS[one.form].name})", indent=2)
    if turn.action.value in _SECRET:
        screen.text("--typed prompt  the secret itself; it goes into no file and no log", indent=2)


@click.command(
    "do",
    cls=Command,
    epilog="voltoken kmc ceremony do centre key-2026 envelope=1041 --typed prompt --as carol --key carol.key",
)
@home_argument
@click.argument("ceremony_id", metavar="ID")
@click.argument("evidence", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--typed", metavar="SOURCE", help="Your component or share: file:PATH, env:NAME or prompt.")
@acts
@json_option
def take_turn(
    home: Path, ceremony_id: str, evidence: tuple[str, ...], doing: Doing, typed: str | None, *, as_json: bool
) -> None:
    """Do the next step of a ceremony, which has to be yours, and show what it asks for.

    voltoken kmc ceremony next says what that is. A component or a share is typed, and a share is shown, in
    the moment you ask, or never: the centre has to be unsealed for it, with --unseal.
    """
    shown: dict[str, Any] = {}
    for word in evidence:
        name, sign, value = word.partition("=")
        if not sign:
            raise click.UsageError(
                f"Evidence is given as NAME=VALUE; {word!r:.40} is not.", click.get_current_context()
            )
        if name in shown:
            raise click.UsageError(f"{name!r:.40} is given twice.", click.get_current_context())
        shown[name] = value
    handed = {} if typed is None else {"typed": load_secret(typed, "component or share")}
    with Centre.open(home) as centre:
        entry = _entry(centre, home, ceremony_id)
        turn = ceremony.next_turn(entry) if entry.state == "running" else None
        if turn is None:
            raise ActRefused(
                "state",
                f"{entry} is {entry.state}, and no step can be done. "
                f"What comes next: {told('ceremony next', home, ceremony_id)}",
            )
        if typed is None and turn.action.value in _SECRET:
            raise click.UsageError(
                f"Step {turn.number} asks for your {turn.action.value}: add --typed prompt.",
                click.get_current_context(),
            )
        step = ceremony.RECORDED_BY[turn.action]
        values = {"number": turn.number, "evidence": shown}
        outcome = act(centre, home, (_REGISTER, step, ceremony_id), values, doing, handed, as_json=as_json)
    found = outcome.entry.get("record")[-1]["found"] if outcome is not None and not as_json else {}
    Screen().facts([(name.replace("_", " "), shown_value(value)) for name, value in found.items()])


@click.command(
    "sign", cls=Command, epilog="voltoken kmc ceremony sign centre key-2026 --as carol --key carol.key"
)
@home_argument
@click.argument("ceremony_id", metavar="ID")
@acts
@json_option
def sign(home: Path, ceremony_id: str, doing: Doing, *, as_json: bool) -> None:
    """Sign the minutes of a ceremony that you took part in. Read them first: voltoken kmc minutes."""
    with Centre.open(home) as centre:
        entry = _entry(centre, home, ceremony_id)
        if entry.state != "closed":
            raise ActRefused(
                "state",
                f"{entry} is {entry.state}: its minutes are signed once it is closed. "
                f"What comes next: {told('ceremony next', home, ceremony_id)}",
            )
        message = ceremony.minutes_message(ceremony.minutes(centre.centre_id, entry))
        key = doing.key()
        values = {"signature": key.sign(message).hex()}
        ask(centre, home, (_REGISTER, "sign", ceremony_id), values, doing, key, as_json=as_json)
