"""``voltoken sm request``, ``load``, ``describe``: key files, from asking for one to its receipt."""

from __future__ import annotations

import base64
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import click

from voltoken.cli.commands import Command
from voltoken.cli.failures import WrongFile
from voltoken.cli.parameters import json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.documents import (
    FILE,
    as_text,
    ask_document,
    check_new,
    give,
    read_file,
    to_option,
    write_file,
    wrong_file,
)
from voltoken.cli.sm.shared import ask_module, home_argument
from voltoken.errors import KeyFileError
from voltoken.security import KeyRef
from voltoken.security.keyload import (
    CODEC_GROUP,
    Description,
    LoadReceipt,
    codecs_from,
    read_receipt,
    read_request,
)
from voltoken.security.keyload import describe as describe_file


@click.command(
    "request",
    cls=Command,
    epilog="voltoken sm request pilot --centre kmc-1 --key 123457/1 --key 123457/2 --to pilot.request.json",
)
@home_argument
@click.option("--centre", required=True, metavar="ID", help="Which centre is asked; the module trusts it.")
@click.option("--key", "keys", metavar="SGC/KRN", multiple=True, help="Which key; may be given again.")
@to_option
@json_option
def request(home: Path, centre: str, keys: tuple[str, ...], to: Path | None, *, as_json: bool) -> None:
    """Have a served module ask a centre for keys; it says which ones it has already.

    Without --key the centre decides. The file that answers the request can be loaded once.
    """
    check_new(to)
    wanted = [str(KeyRef.parse(key)) for key in keys]
    document = ask_document(home, "request", centre=centre, keys=wanted)
    made = read_request(document)
    facts = {"request_id": made.request_id, "centre_id": made.centre_id}
    sentence = f"{made.module_id} asks {made.centre_id} by request {made.request_id}: send it {to}."
    give(document, to, facts, sentence, as_json=as_json)


@click.command("load", cls=Command, epilog="voltoken sm load pilot kmc-1.7.klf --receipt receipt.json")
@home_argument
@click.argument("file", type=FILE)
@click.option("--receipt", type=FILE, help="Write the receipt, which the centre wants, to this new file.")
@json_option
def load(home: Path, file: Path, receipt: Path | None, *, as_json: bool) -> None:
    """Load a key file into a served, unsealed module: all of its keys, or nothing.

    A key that is there already gets the dates and limits of the file; what was made under it goes on
    counting. The same file again is answered with the same receipt.
    """
    check_new(receipt)
    done = ask_module(home, "load_file", file=as_text(read_file(file)))
    document = base64.b64decode(done["receipt"])
    found = read_receipt(document)
    if receipt is not None:
        write_file(receipt, document)
    if as_json:
        answer(_document(found) | {"receipt": document.decode("ascii")})
    else:
        _show(found, receipt)


def _document(found: LoadReceipt) -> dict[str, Any]:
    return {
        "centre_id": found.centre_id,
        "file_id": found.file_id,
        "number": found.seq,
        "keys": [{"key": str(one.ref), "check_value": one.check_value} for one in found.keys],
        "revoked": [str(ref) for ref in found.revoked],
    }


def _show(found: LoadReceipt, receipt: Path | None) -> None:
    screen = Screen()
    screen.text(f"File {found.seq} of {found.centre_id} is loaded.", indent=0)
    if found.keys:
        rows = [(str(one.ref), one.check_value, f"{one.iut:%Y-%m-%d}") for one in found.keys]
        screen.table(("Key", "Check", "Until"), rows)
    if found.revoked:
        screen.text(f"Revoked: {', '.join(map(str, found.revoked))}.", indent=0)
    if receipt is not None:
        screen.text(f"Send the centre the receipt: {receipt}", indent=0)


@click.command("describe", cls=Command, epilog="voltoken sm describe kmc-1.7.klf")
@click.argument("file", type=FILE)
@json_option
def describe(file: Path, *, as_json: bool) -> None:
    """Show what a key file of any known format says about itself and its keys.

    No key can be shown, and nothing is verified: that takes the module which the file is for.
    """
    data = read_file(file)
    try:
        found = describe_file(data, codecs_from(_plugins()))
    except KeyFileError as error:
        raise wrong_file(file, error) from None
    if as_json:
        answer(_described(found))
        return
    screen = Screen()
    screen.title(f"{file.name}: {found.codec}")
    screen.text(found.notice, "yellow")
    screen.facts([(name, _plain(value)) for name, value in found.heading.items()])
    for number, record in enumerate(found.records, 1):
        screen.line()
        screen.line(screen.style(f"key {number} of {len(found.records)}", "quiet"))
        screen.facts([(name, _plain(value)) for name, value in record.items()])
    if found.revoked:
        screen.line()
        screen.text(f"Revoked: {', '.join(found.revoked)}.")


def _plugins() -> list[tuple[str, object]]:
    """Return the plug-ins that are installed. Raises WrongFile for one that cannot be loaded."""
    found: list[tuple[str, object]] = []
    for one in entry_points(group=CODEC_GROUP):
        try:
            found.append((one.name, one.load()))
        except (ImportError, AttributeError) as error:
            raise WrongFile(f"The plug-in {one.name} cannot be loaded: {error}. Install it anew.") from None
    return found


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None or value == "" else str(value)


def _described(found: Description) -> dict[str, Any]:
    return {
        "codec": found.codec,
        "notice": found.notice,
        "heading": dict(found.heading),
        "records": [dict(one) for one in found.records],
        "revoked": list(found.revoked),
    }
