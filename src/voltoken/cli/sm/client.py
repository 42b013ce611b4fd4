"""``voltoken sm client``: a further client for a module, or a new certificate for one it has."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from voltoken.cli.commands import Command
from voltoken.cli.parameters import json_option
from voltoken.cli.sm.shared import home_argument, show
from voltoken.cli.sources import write_private
from voltoken.drivers.local import TLS_FOLDER, ClientDraft, add_client, open_home, renew_client
from voltoken.errors import FieldError

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PASSWORD_BYTES: Final = 18


@click.command(
    "client",
    cls=Command,
    epilog="voltoken sm client pilot kiosk:123457\nvoltoken sm client pilot till --renew",
)
@home_argument
@click.argument("client", metavar="NAME:SGC[,SGC]|NAME")
@click.option("--renew", is_flag=True, help="Make a new certificate for a client; its password stays.")
@click.option("--test-meters", is_flag=True, help="All its meters are virtual or for tests.")
@json_option
def client(home: Path, client: str, *, renew: bool, test_meters: bool, as_json: bool) -> None:
    """Add a client to a module, or renew the certificate of one.

    The client gets NAME.pem and NAME.password, and ca.pem, from the folder tls. A new client counts when the
    module is started again.
    """
    opened, now = open_home(home), datetime.now(UTC)
    tls = home / TLS_FOLDER
    if renew:
        if client not in opened.settings.module.clients:
            names = ", ".join(opened.settings.module.clients) or "none; add one first"
            raise FieldError("client", client, f"one of the module: {names}")
        renew_client(opened, client, now)
        show({"client": client, "renewed": True}, f"{tls / client}.pem is renewed.", as_json=as_json)
        return
    name, draft = draft_of(client, test_meters=test_meters)
    add_client(opened, name, draft, now)
    write_private(str(tls / f"{name}.password"), f"{draft.password}\n")
    files = f"{name}.pem, {name}.password and ca.pem"
    text = f"{name} is added. Give it {files} from {tls}; then serve the module anew."
    show({"client": name, "added": True}, text, as_json=as_json)


def draft_of(text: str, *, test_meters: bool) -> tuple[str, ClientDraft]:
    """Return the name of a client and what it gets, with a new password. Raises FieldError."""
    name, colon, groups = text.partition(":")
    if not colon or not groups or not _NAME.fullmatch(name):
        raise FieldError("client", text, "NAME:SGC or NAME:SGC,SGC, such as till:123457")
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    return name, ClientDraft(tuple(groups.split(",")), password, test_meters)
