"""``voltoken kmc shares``: the same root key in new shares, so that somebody's old share opens nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from voltoken.cli.commands import Command
from voltoken.cli.failures import FileTrouble
from voltoken.cli.founding import share_files, shares_provider, show_shares
from voltoken.cli.kmc.shared import Doing, acts, home_argument, unseal
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import load_secret, shown_name
from voltoken.drivers.centre import Centre, replace_root
from voltoken.drivers.custody import Created, PassphraseProvider, RootKey, RootProvider
from voltoken.errors import ActRefused


@dataclass(frozen=True, slots=True)
class _Delivering:
    """A provider that gives shares to people before the centre changes.

    Were it the other way round, a full disk or a closed terminal would leave a centre that nobody opens.
    """

    provider: RootProvider
    deliver: Callable[[Sequence[str]], None]

    def create(self, root: RootKey) -> Created:
        """Make the record, and hand out the shares."""
        created = self.provider.create(root)
        self.deliver(created.shares)
        return created


@click.command(
    "shares",
    cls=Command,
    epilog="voltoken kmc shares centre --shares 2/3 --unseal prompt --unseal prompt --as alice --key "
    "alice.key\n"
    "voltoken kmc shares centre --shares 3/5 --shares-to shares --unseal prompt --unseal prompt --as alice "
    "--key alice.key",
)
@home_argument
@click.option(
    "--shares", "wanted", metavar="K/N", help="Split the root key into N shares; K unseal the centre."
)
@click.option(
    "--shares-to",
    type=FilePath(path_type=Path, file_okay=False),
    help="Write each share to a file of its own in this folder instead of showing it.",
)
@click.option("--passphrase", metavar="SOURCE", help="A passphrase unseals it from now on: for training.")
@acts
@json_option
def shares(
    home: Path,
    wanted: str | None,
    shares_to: Path | None,
    passphrase: str | None,
    doing: Doing,
    *,
    as_json: bool,
) -> None:
    """Split the root key of a centre anew: the old shares do not open it any more.

    They still open backups that were made before, and copies of the old file: destroy those, and write a new
    backup. Whoever brings enough of the old shares may do this; the log has an alarm with your name.
    """
    context = click.get_current_context()
    if (wanted is None) == (passphrase is None):
        raise click.UsageError("Say what unseals it: one of --shares and --passphrase.", context)
    if wanted is not None and as_json and shares_to is None:
        raise click.UsageError("With --json new shares go into files: give --shares-to.", context)
    split = None if wanted is None else shares_provider(wanted)
    screen = Screen()
    with Centre.open(home) as centre, share_files(shares_to, split) as files:
        _check_person(centre, doing)
        unseal(centre, doing.unseal)

        def deliver(made: Sequence[str]) -> None:
            _write(files.names, made)
            if not as_json:
                show_shares(screen, made, files.names)

        provider = split or PassphraseProvider(load_secret(passphrase or "", "new passphrase"))
        replace_root(centre, _Delivering(provider, deliver), by=doing.person)
    if as_json:
        answer({"centre": centre.centre_id, "share_files": list(files.names)})
        return
    screen.line()
    screen.text(
        "What unsealed the centre before does so no more. Write a new backup, and prove it.", indent=0
    )


def _write(names: Sequence[str], shares: Sequence[str]) -> None:
    """Write each share to its file, on the disk. Raises FileTrouble."""
    for name, share in zip(names, shares, strict=False):
        try:
            with Path(name).open("w", encoding="utf-8") as file:
                file.write(f"{share}\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FileTrouble(
                f"{shown_name(name)}: {error.strerror}. Nothing was changed, and the old shares are good."
            ) from None


def _check_person(centre: Centre, doing: Doing) -> None:
    """See that the name in the log is that of whoever has the key to it. Raises ActRefused."""
    person = centre.state.person(doing.person)
    known = person is not None and person.active and person.public_key == doing.key().public_key
    if not known:
        raise ActRefused("unknown", f"This is not the key of an active person {doing.person!r:.40}.")
