"""``voltoken sm init``: make a module in a new folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.founding import rehearsal_days, share_files, shares_provider, show_shares
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.client import draft_of
from voltoken.cli.sources import load_secret, write_private
from voltoken.drivers.custody import PassphraseProvider, RootProvider, SharesProvider
from voltoken.drivers.local import TLS_FOLDER, HomeSettings, Made, TokenSettings, draft_settings, make_home
from voltoken.security import NOT_CERTIFIED, ModuleRole


@click.command(
    "init",
    cls=Command,
    epilog="voltoken sm init pilot --shares 2/3 --shares-to shares --client till:123457\n"
    "voltoken sm init bench --passphrase prompt --client lab:* --test-meters\n"
    "voltoken sm init line --role manufacturing --shares 2/3 --client line:*",
)
@click.argument("home", metavar="HOME", type=FilePath(path_type=Path, file_okay=False))
@click.option("--id", "module_id", metavar="NAME", help="Name of the module.  [default: that of the folder]")
@click.option(
    "--role",
    type=click.Choice([role.value for role in ModuleRole]),
    default=ModuleRole.VENDING.value,
    show_default=True,
    help="Vending sells; manufacturing leads meters away from their first keys.",
)
@click.option(
    "--shares", metavar="K/N", help="Split the root key into N shares; K of them unseal the module."
)
@click.option(
    "--shares-to",
    type=FilePath(path_type=Path, file_okay=False),
    help="Write each share to a file of its own in this folder instead of showing it.",
)
@click.option("--passphrase", metavar="SOURCE", help="A passphrase unseals it: for development.")
@click.option("--pkcs11", metavar="LIBRARY", help="A hardware token unseals it and holds 160-bit keys.")
@click.option("--token", metavar="LABEL", help="Which token, for --pkcs11.")
@click.option("--pin", metavar="SOURCE", default="prompt", help="The token's PIN.  [default: prompt]")
@click.option(
    "--client",
    "clients",
    metavar="NAME:SGC[,SGC]",
    multiple=True,
    help="Who may ask for tokens of which supply groups; * for all.",
)
@click.option(
    "--test-meters", is_flag=True, help="All meters of these clients are virtual or in a laboratory."
)
@click.option(
    "--host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="A name the server is reached by, beside localhost.",
)
@click.option(
    "--rehearsal",
    metavar="DAY",
    help="Its clock shows this day, such as 2024-10-01. It takes test keys only, and never serves customers.",
)
@json_option
def init(home: Path, *, as_json: bool, **options: Any) -> None:
    """Make a module in a new folder.

    The folder gets its settings (module.toml), the journal with a new root key, and a TLS authority with
    certificates and passwords for its clients. The module starts sealed: one of --shares, --passphrase and
    --pkcs11 says what unseals it. Shares are shown once and kept nowhere; give each to another person.
    """
    if sum(options[name] is not None for name in ("shares", "passphrase", "pkcs11")) != 1:
        raise click.UsageError("Say what unseals the module: one of --shares, --passphrase and --pkcs11.")
    tests = options["test_meters"]
    drafts = dict(draft_of(text, test_meters=tests) for text in options["clients"])
    token = TokenSettings(options["pkcs11"], options["token"] or "") if options["pkcs11"] else None
    now = datetime.now(UTC)
    days = rehearsal_days(options["rehearsal"], now.date())
    module_id, role = options["module_id"] or home.name, ModuleRole(options["role"])
    text = draft_settings(module_id, role, drafts, token, rehearsal_days=days)
    shares = None if options["shares"] is None else shares_provider(options["shares"])
    with share_files(options["shares_to"], shares) as files:
        provider, close = _provider(options, shares)
        try:
            made = make_home(home, text, provider, now=now, hosts=options["hosts"])
        finally:
            close()
        for name, draft in drafts.items():
            write_private(str(home / TLS_FOLDER / f"{name}.password"), f"{draft.password}\n")
        files.fill(made.shares, home)
    if as_json:
        answer(_document(made, files.names) | {"rehearsal_days": days})
    else:
        _show(made, files.names, days)


def _provider(
    options: dict[str, Any], shares: SharesProvider | None
) -> tuple[Callable[[HomeSettings], RootProvider], Callable[[], None]]:
    """Return what keeps the root key, and what is to be called afterwards."""
    if shares is not None:
        return lambda _: shares, lambda: None
    if options["passphrase"] is not None:
        passphrase = PassphraseProvider(load_secret(options["passphrase"], "passphrase"))
        return lambda _: passphrase, lambda: None
    from voltoken.drivers.pkcs11 import token_provider

    return token_provider(load_secret(options["pin"], "PIN"))


def _document(made: Made, files: Sequence[str]) -> dict[str, Any]:
    return {
        "home": str(made.folder),
        "notice": NOT_CERTIFIED,
        "public_key": made.public_key,
        "certificate_sha256": made.fingerprint,
        "clients": list(made.clients),
        "shares": [] if files else list(made.shares),
        "share_files": list(files),
    }


def _show(made: Made, files: Sequence[str], days: int) -> None:
    screen = Screen()
    screen.title(f"A new module: {made.folder.name}")
    screen.text(f"This is {NOT_CERTIFIED}.", "yellow")
    if days:
        screen.text(f"It is for rehearsals: its clock is shifted by {days:+d} days.", "yellow")
    screen.line()
    for caption, value in (
        ("Key of its log: pin it where the log is checked", made.public_key),
        ("SHA-256 of its TLS certificate: clients can pin it", made.fingerprint),
    ):
        screen.line(screen.style(caption, "quiet"))
        screen.line(value)
    screen.line()
    if not made.clients:
        screen.text("It has no clients yet: add them to module.toml.")
    else:
        tls = made.folder / TLS_FOLDER
        screen.text(f"Give each client its NAME.pem and NAME.password, and ca.pem, from {tls}.")
    show_shares(screen, made.shares, files)
    screen.line()
    screen.text(f"Next: voltoken sm serve {made.folder}")
    screen.line()
