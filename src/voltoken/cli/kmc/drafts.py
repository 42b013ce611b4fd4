"""Documents that the owner of a supply group signs, and the signature under them.

The owner need not be at the centre: a draft is a file, ``voltoken kmc sign`` signs it wherever the owner's
key is, and the signature comes back with the request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from voltoken import canonical
from voltoken.access import fingerprint
from voltoken.cli.commands import Command
from voltoken.cli.failures import WrongFile
from voltoken.cli.kmc.registers import field_options, read_value
from voltoken.cli.kmc.shared import (
    check_new,
    home_argument,
    params_of,
    person_key,
    read_bytes,
    told,
    write_new,
)
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import shown_name
from voltoken.drivers.centre import Centre
from voltoken.errors import ActRefused, CanonicalError
from voltoken.kmc import (
    OWNER_DOMAINS,
    REGISTERS,
    Entry,
    State,
    authorisation_document,
    drafted,
    handover_document,
    known_names,
    owner_message,
    transfer_document,
)

_NAMES_TEXT: Final = "every key that the group ever had; nothing: as this centre knows them"
_DOCUMENT_MAX: Final = 1 << 16
_to = click.option(
    "--to", type=FilePath(path_type=Path, dir_okay=False), required=True, help="Where it goes."
)


def _draft(
    register: str, document_of: Callable[[State, Entry], Mapping[str, Any]], text: str, example: str
) -> Command:
    """Return the command that writes what an owner signs before an entry of a register is added."""
    table = REGISTERS[register]
    step = table.step("add")
    fields = [
        one if one.name != "names" else replace(one, text=_NAMES_TEXT, required=False)
        for one in map(table.field, step.fields)
        if one is not None and one.name != "signature"
    ]
    options, named = field_options(fields, step)

    def run(home: Path, entry_id: str, to: Path, *, as_json: bool, **given: Any) -> None:
        values = {named[name]: read_value(value) for name, value in given.items() if value is not None}
        with Centre.look(home) as centre:
            if register == "transfer" and "names" not in values:
                values["names"] = _names(centre.state, values)
            entry = drafted(table, entry_id, values, centre.now())
            _write(to, document_of(centre.state, entry), as_json=as_json)

    home_and_id = [
        click.Argument(["home"], metavar="CENTRE", type=FilePath(path_type=Path, file_okay=False)),
        click.Argument(["entry_id"], metavar="ID"),
    ]
    return Command(
        "draft",
        callback=run,
        params=[*home_and_id, *options, *params_of(_to, json_option)],
        help=text,
        epilog=example,
    )


def _names(state: State, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the names of the keys of a group, as this centre knows them. Raises ActRefused."""
    if values.get("direction") == "in":
        raise ActRefused(
            "names",
            "The other centre knows which keys the group has had. Take its draft, --names file:DRAFT: what "
            "the owner has signed there is good here too.",
        )
    return known_names(state, str(values.get("sgc")))


def _write(to: Path, document: Mapping[str, Any], *, as_json: bool) -> None:
    write_new(to, canonical.write(document).encode("ascii"))
    if as_json:
        answer({"file": str(to), "document": dict(document)})
        return
    screen = Screen()
    screen.line(f"Written: {to}", indent=0)
    screen.line(f"The owner signs it: {told('sign', to)} --key owner.key", indent=0)


authorisation: Final = _draft(
    "authorisation",
    authorisation_document,
    "Write what the owner of a supply group signs, so that a module may have its keys.\n\n"
    "Give the same values to voltoken kmc authorisation add, with the signature.",
    "voltoken kmc authorisation draft centre pilot-1 --sgc 123456 --module pilot --use full --begin "
    "2026-11-21T00:00Z --end 2027-11-21T00:00Z --ulm 1000000 --services electricity --to pilot-1.json",
)
transfer: Final = _draft(
    "transfer",
    transfer_document,
    "Write what the owner of a supply group signs, so that its keys go to another centre or come from one."
    "\n\n"
    "Give the same values to voltoken kmc transfer add in both centres, with the signature, and the draft "
    "itself as --names file:DRAFT: it has every key that the group ever had.",
    "voltoken kmc transfer draft centre north-1 --direction out --sgc 123456 --centre north --agreed-on "
    "2026-11-21 --to north-1.json",
)


@click.command(
    "draft",
    cls=Command,
    epilog="voltoken kmc supply-group draft centre 123456 --owner newco --to hand-over.json",
)
@home_argument
@click.argument("sgc", metavar="SGC")
@click.option("--owner", required=True, metavar="ORGANISATION", help="Who gets it.")
@_to
@json_option
def hand_over(home: Path, sgc: str, owner: str, to: Path, *, as_json: bool) -> None:
    """Write what the old and the new owner sign, so that a supply group changes hands."""
    with Centre.look(home) as centre:
        group = centre.state.entry("supply_group", sgc)
        if group is None:
            raise ActRefused(
                "unknown",
                f"There is no supply group {sgc!r:.60}. List them: {told('list', home, 'supply-group')}",
            )
        _write(to, handover_document(centre.state, group, owner), as_json=as_json)


@click.command("sign", cls=Command, epilog="voltoken kmc sign pilot-1.json --key owner.key --to pilot-1.sig")
@click.argument("file", metavar="FILE")
@click.option(
    "--key", "key_file", metavar="FILE", required=True, envvar="VOLTOKEN_KMC_KEY", help="The owner's key."
)
@click.option("--key-passphrase", metavar="SOURCE", help="Of the key: file:PATH, env:NAME or prompt.")
@click.option("--to", type=FilePath(path_type=Path, dir_okay=False), help="[default: FILE.sig]")
@json_option
def sign(file: str, key_file: str, key_passphrase: str | None, to: Path | None, *, as_json: bool) -> None:
    """Sign a draft as the owner of a supply group. Read it first: it is one line of JSON.

    The signature goes into a file of its own, and from there into the request: --signature file:FILE.sig.
    """
    path = to or Path(f"{file}.sig")
    check_new(path)
    try:
        document = canonical.read(read_bytes(file, "draft"), _DOCUMENT_MAX)
    except CanonicalError as error:
        raise WrongFile(f"draft {shown_name(file)}: {error.message} Take it as it was written.") from None
    if document.get("format") not in OWNER_DOMAINS:
        raise WrongFile(
            f"draft {shown_name(file)}: it is none of {', '.join(OWNER_DOMAINS)}. "
            "Make one with a command draft."
        )
    key = person_key(key_file, key_passphrase)
    signature = key.sign(owner_message(document)).hex()
    write_new(path, f"{signature}\n".encode())
    shown = fingerprint(key.public_key)
    if as_json:
        answer({"file": str(path), "signature": signature, "signed_by": shown, "document": document})
        return
    screen = Screen()
    screen.facts([(name, str(value)) for name, value in document.items()], indent=0)
    screen.text(f"Signed with the key {shown}: {path}", indent=0)
