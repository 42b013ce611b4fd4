"""``voltoken kmc key``: a person's own key, without which nobody does anything in a centre."""

from __future__ import annotations

from pathlib import Path

import click

from voltoken.access import fingerprint
from voltoken.cli.commands import Command
from voltoken.cli.failures import warn
from voltoken.cli.kmc.shared import check_new, write_new
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import load_secret
from voltoken.drivers.centre import make_person_key


@click.command(
    "key", cls=Command, epilog="voltoken kmc key alice.key\nvoltoken kmc key alice.key --passphrase prompt"
)
@click.argument("file", metavar="FILE", type=FilePath(path_type=Path, dir_okay=False))
@click.option("--passphrase", metavar="SOURCE", help="Encrypt it: file:PATH, env:NAME or prompt.")
@json_option
def key(file: Path, passphrase: str | None, *, as_json: bool) -> None:
    """Make a person's own key, and beside it FILE.pub with its public half.

    The private half stays with the person, best on a stick that goes into a safe; a centre gets the public
    half only. Whoever has the file can sign as that person, so give it a passphrase.
    """
    public = file.with_suffix(".pub")
    if public == file:
        raise click.UsageError(
            "FILE.pub is the name of the public half: call the key FILE.key.", click.get_current_context()
        )
    check_new(public)
    secret = load_secret(passphrase, "passphrase of the key") if passphrase else None
    if secret is None:
        warn(f"{file.name} has no passphrase: whoever copies it can sign with it.")
    made = make_person_key(file, secret)
    write_new(public, f"{made.public_key.hex()}\n".encode())
    shown = fingerprint(made.public_key)
    if as_json:
        answer(
            {
                "key": str(file),
                "public": str(public),
                "public_key": made.public_key.hex(),
                "fingerprint": shown,
            }
        )
        return
    screen = Screen()
    screen.text(f"{file} is yours alone; {public} is for the centre.", indent=0)
    screen.text(f"Fingerprint: {shown}", indent=0)
