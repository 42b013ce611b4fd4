"""``voltoken sm unseal``, ``seal``, ``status``, ``approve``, ``zeroise``: what keepers do with a module."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.shared import ask_module, home_argument, show, time_of
from voltoken.cli.sources import load_secret

_HOURS_MAX = 168


@click.command(
    "unseal",
    cls=Command,
    epilog="voltoken sm unseal pilot --with prompt\nvoltoken sm unseal pilot --with file:share-2.txt",
)
@home_argument
@click.option(
    "--with",
    "source",
    metavar="SOURCE",
    default="prompt",
    help="The share, passphrase or PIN: file:PATH, env:NAME or prompt.  [default: prompt]",
)
@json_option
def unseal(home: Path, source: str, *, as_json: bool) -> None:
    """Offer one share, the passphrase or the PIN to a served module.

    A module that is kept by shares takes one at a time, from its holders in any order. What was offered is
    kept until there are enough, or until somebody seals the module.
    """
    done = ask_module(home, "unseal", offered=load_secret(source, "share, passphrase or PIN"))
    left = done["need"] - done["have"]
    more = "more share is" if left == 1 else "more shares are"
    text = "The module is unsealed." if done["unsealed"] else f"{left} {more} needed."
    show(done, text, as_json=as_json)


@click.command("seal", cls=Command, epilog="voltoken sm seal pilot")
@home_argument
@json_option
def seal(home: Path, *, as_json: bool) -> None:
    """Make a served module forget all keys at once; it goes on refusing until it is unsealed again."""
    show(ask_module(home, "seal"), "The module is sealed.", as_json=as_json)


@click.command("status", cls=Command, epilog="voltoken sm status pilot")
@home_argument
@json_option
def status(home: Path, *, as_json: bool) -> None:
    """Show how a served module is."""
    found = ask_module(home, "status")
    if as_json:
        answer(found)
        return
    screen = Screen()
    state = found["state"]
    screen.title(f"{found['module_id']}: {screen.style(state, 'good' if state == 'ready' else 'bad')}")
    screen.facts(_facts(found))
    if found["alerts"]:
        screen.line()
        for alert in found["alerts"]:
            screen.text(alert, "yellow")
    screen.line()


def _facts(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("is", found["notice"]),
        ("kind", f"{found['kind']}, {found['role']}, {found['firmware']}"),
        ("EA07 tables", found["sta_tables"]),
        ("clock", found["now"][:19].replace("T", " ") + " UTC"),
        ("answered", f"{found['issued']} requests with tokens"),
        *(
            (f"{'' if number else 'hardening'}", f"{name}: {state}")
            for number, (name, state) in enumerate(found["measures"].items())
        ),
    ]


@click.command(
    "approve",
    cls=Command,
    epilog='voltoken sm approve pilot sale-77b:1 --hash 5d41... --reason "slip lost with the old module"',
)
@home_argument
@click.argument("request_id")
@click.option("--hash", "request_hash", required=True, help="The digits that the refusal named.")
@click.option("--reason", required=True, help="Why, for the log.")
@click.option(
    "--hours",
    type=click.IntRange(1, _HOURS_MAX),
    default=2,
    show_default=True,
    help="How long the approval is good.",
)
@json_option
def approve(
    home: Path, request_id: str, request_hash: str, reason: str, hours: int, *, as_json: bool
) -> None:
    """Approve, once, what a rule about recoveries forbids: for one request and no other.

    That is a second token with a meter's TID, a key change other than the one a meter was given, or one away
    from sections of two sets.
    """
    until = time_of(home) + timedelta(hours=hours)
    words = {"request_id": request_id, "request_hash": request_hash, "reason": reason}
    done = ask_module(home, "approve", **words, until=until.isoformat())
    show(done, f"{request_id} is approved until {until:%Y-%m-%d %H:%M} UTC.", as_json=as_json)


@click.command("zeroise", cls=Command, epilog='voltoken sm zeroise pilot --yes --reason "the pilot is over"')
@home_argument
@click.option("--reason", required=True, help="Why, for the log.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@json_option
def zeroise(home: Path, reason: str, *, yes: bool, as_json: bool) -> None:
    """Destroy all keys of a served module and its root key, for good.

    The log stays and can be checked. Keys inside a hardware token are deleted there when the module is
    unsealed; otherwise delete them with the token's own tools.
    """
    if not yes:
        click.confirm("All keys of this module will be lost. Go on?", abort=True, err=True)
    show(ask_module(home, "zeroise", reason=reason), "All keys are destroyed.", as_json=as_json)
