"""``voltoken kmc init``: make a centre in a new folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.founding import rehearsal_days, share_files, shares_provider, show_shares
from voltoken.cli.kmc.shared import told
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import load_secret, read_text, shown_name
from voltoken.drivers.centre import Made, create_centre
from voltoken.drivers.custody import PassphraseProvider
from voltoken.errors import FieldError
from voltoken.kmc import NOTICE, Founder

_OFFICER: Final = "officer"


@click.command(
    "init",
    cls=Command,
    epilog="voltoken kmc init centre --shares 2/3 --shares-to shares --founder alice:alice.pub "
    "--founder bob:bob.pub\n"
    "voltoken kmc init drill --passphrase prompt --rehearsal 2024-10-01 --founder alice:alice.pub "
    "--founder bob:bob.pub",
)
@click.argument("home", metavar="CENTRE", type=FilePath(path_type=Path, file_okay=False))
@click.option("--id", "centre_id", metavar="NAME", help="Name of the centre.  [default: that of the folder]")
@click.option(
    "--shares", metavar="K/N", help="Split the root key into N shares; K of them unseal the centre."
)
@click.option(
    "--shares-to",
    type=FilePath(path_type=Path, file_okay=False),
    help="Write each share to a file of its own in this folder instead of showing it.",
)
@click.option("--passphrase", metavar="SOURCE", help="A passphrase unseals it: for training.")
@click.option(
    "--founder",
    "founders",
    metavar="PERSON:FILE.pub[:ROLE,...]",
    multiple=True,
    required=True,
    help="The first people, two officers at least; the role is officer where none is named.",
)
@click.option(
    "--rehearsal", metavar="DAY", help="A centre to rehearse with: its clock shows this day, for ever."
)
@json_option
def init(
    home: Path,
    centre_id: str | None,
    shares: str | None,
    shares_to: Path | None,
    passphrase: str | None,
    founders: tuple[str, ...],
    rehearsal: str | None,
    *,
    as_json: bool,
) -> None:
    """Make a centre in a new folder, with its first people.

    Its root key is split into shares, or kept under a passphrase. Shares are shown once and kept nowhere;
    give each to another person. The founders sign everything else with their own keys.
    """
    if (shares is None) == (passphrase is None):
        raise click.UsageError(
            "Say what unseals the centre: one of --shares and --passphrase.", click.get_current_context()
        )
    if shares is None and shares_to is not None:
        raise click.UsageError("--shares-to goes with --shares.", click.get_current_context())
    now = datetime.now(UTC)
    days = rehearsal_days(rehearsal, now.date())
    people = [founder_of(text) for text in founders]
    split = None if shares is None else shares_provider(shares)
    with share_files(shares_to, split) as files:
        made = create_centre(
            home,
            centre_id=centre_id or home.name,
            provider=split or PassphraseProvider(load_secret(passphrase or "", "passphrase")),
            founders=people,
            now=now,
            rehearsal_days=days,
        )
        files.fill(made.shares, home)
    if as_json:
        answer(
            {
                "centre": centre_id or home.name,
                "folder": str(home),
                "public_key": made.public_key,
                "rehearsal_days": days,
                "shares": [] if files.names else list(made.shares),
                "share_files": list(files.names),
                "notice": NOTICE,
            }
        )
        return
    _show(home, made, centre_id or home.name, files.names, days)


def _show(home: Path, made: Made, centre_id: str, files: Sequence[str], days: int) -> None:
    screen = Screen()
    screen.title(f"A new centre: {centre_id}")
    screen.text(NOTICE, "yellow")
    if days:
        screen.text(f"It is for rehearsals: its clock is shifted by {days:+d} days.", "yellow")
    screen.line()
    screen.line(screen.style("Key of its log: write it down where the log is checked", "quiet"))
    screen.line(made.public_key)
    screen.line()
    show_shares(screen, made.shares, files)
    screen.line()
    screen.line(f"Next: {told('status', home)}")


def founder_of(text: str) -> Founder:
    """Return a founder: ``alice:alice.pub`` or ``carol:carol.pub:custodian,auditor``. Raises FieldError."""
    person, first, rest = text.partition(":")
    file, _, roles = rest.partition(":")
    if not first or not person or not file:
        raise FieldError("founder", text, "PERSON:FILE.pub, with :ROLE,... after it where it is no officer")
    public = read_text(file, "public key").strip()
    try:
        key = bytes.fromhex(public)
    except ValueError:
        raise FieldError(
            "public key", shown_name(file), "a file with 64 hexadecimal digits, from voltoken kmc key"
        ) from None
    names = frozenset(role.strip() for role in roles.split(",") if role.strip()) or frozenset({_OFFICER})
    return Founder(person, person.capitalize(), names, key)
