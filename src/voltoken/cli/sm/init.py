"""``voltoken sm init``: make a module in a new folder."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import click

from voltoken.canonical import read_day
from voltoken.cli.commands import Command
from voltoken.cli.failures import FileTrouble
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.client import draft_of
from voltoken.cli.sources import load_secret, write_private
from voltoken.drivers.custody import PassphraseProvider, RootProvider, SharesProvider
from voltoken.drivers.local import TLS_FOLDER, HomeSettings, Made, TokenSettings, draft_settings, make_home
from voltoken.errors import FieldError
from voltoken.security import NOT_CERTIFIED, ModuleRole

_SHARES: Final = re.compile(r"([0-9]{1,3})/([0-9]{1,3})")


@click.command(
    "init",
    cls=Command,
    epilog="voltoken sm init pilot --shares 2/3 --shares-to shares --client till:123457\n"
    "voltoken sm init bench --passphrase prompt --client lab:* --test-meters\n"
    "voltoken sm init line --role manufacturing --shares 2/3 --client line:*",
)
@click.argument("home", metavar="HOME", type=click.Path(path_type=Path, file_okay=False))
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
    type=click.Path(path_type=Path, file_okay=False),
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
    days = _rehearsal(options["rehearsal"], now.date())
    module_id, role = options["module_id"] or home.name, ModuleRole(options["role"])
    text = draft_settings(module_id, role, drafts, token, rehearsal_days=days)
    provider, close = _provider(options)
    try:
        made = make_home(home, text, provider, now=now, hosts=options["hosts"])
    finally:
        close()
    for name, draft in drafts.items():
        write_private(str(home / TLS_FOLDER / f"{name}.password"), f"{draft.password}\n")
    files = _write_shares(options["shares_to"], made.shares) if options["shares_to"] else []
    if as_json:
        answer(_document(made, files) | {"rehearsal_days": days})
    else:
        _show(made, files, days)


def _rehearsal(text: str | None, today: date) -> int:
    """Return by how many days a rehearsal lies from today; 0 for none. Raises FieldError."""
    if text is None:
        return 0
    day = read_day(text)
    if day is None or day == today:
        raise FieldError("rehearsal", text, "a day such as 2024-10-01, other than today")
    return (day - today).days


def _provider(options: dict[str, Any]) -> tuple[Callable[[HomeSettings], RootProvider], Callable[[], None]]:
    """Return what keeps the root key, and what is to be called afterwards."""
    if options["shares"] is not None:
        found = _SHARES.fullmatch(options["shares"])
        if found is None:
            raise FieldError("shares", options["shares"], "K/N, such as 2/3")
        shares = SharesProvider(int(found[1]), int(found[2]))
        return lambda _: shares, lambda: None
    if options["passphrase"] is not None:
        passphrase = PassphraseProvider(load_secret(options["passphrase"], "passphrase"))
        return lambda _: passphrase, lambda: None
    from voltoken.drivers.pkcs11 import token_provider

    return token_provider(load_secret(options["pin"], "PIN"))


def _write_shares(folder: Path, shares: tuple[str, ...]) -> list[str]:
    """Write each share to a file of its own; return their names."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise FileTrouble(f"{folder}: {error.strerror}.") from None
    names = [str(folder / f"share-{number}.txt") for number in range(1, len(shares) + 1)]
    for name, share in zip(names, shares, strict=True):
        write_private(name, f"{share}\n")
    return names


def _document(made: Made, files: list[str]) -> dict[str, Any]:
    return {
        "home": str(made.folder),
        "notice": NOT_CERTIFIED,
        "public_key": made.public_key,
        "certificate_sha256": made.fingerprint,
        "clients": list(made.clients),
        "shares": [] if files else list(made.shares),
        "share_files": files,
    }


def _show(made: Made, files: list[str], days: int) -> None:
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
    if files:
        screen.text(f"Give each share to another person, and keep none: {', '.join(files)}.")
    elif made.shares:
        screen.text("Shares, shown this once. Write each down for another person, and keep none:")
        screen.line()
        for number, share in enumerate(made.shares, 1):
            screen.line(screen.style(f"share {number} of {len(made.shares)}", "quiet"))
            screen.line(screen.style(share, "strong"))
    screen.line()
    screen.text(f"Next: voltoken sm serve {made.folder}")
    screen.line()
