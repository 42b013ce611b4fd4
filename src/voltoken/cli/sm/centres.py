"""``voltoken sm identity``, ``prove``, ``trust``: a module and a centre get to know each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from voltoken.canonical import write_moment
from voltoken.cli.commands import Command
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
    wrong_file,
)
from voltoken.cli.sm.shared import home_argument
from voltoken.errors import FieldError, KeyFileError
from voltoken.security.keyload import (
    CentreIdentity,
    TrustList,
    read_centre,
    read_challenge,
    read_module,
    read_trust,
)


@click.command("identity", cls=Command, epilog="voltoken sm identity pilot --to pilot.module.json")
@home_argument
@to_option
@json_option
def identity(home: Path, to: Path | None, *, as_json: bool) -> None:
    """Show who a served module is, as a document for a key management centre.

    It holds public keys only. The centre compares its fingerprint with the one that is shown here, and then
    has the module prove that it has the private ones.
    """
    check_new(to)
    document = ask_document(home, "identity")
    found = read_module(document)
    facts = {"module_id": found.module_id, "fingerprint": found.fingerprint}
    give(document, to, facts, f"{found.module_id}: {found.fingerprint}", as_json=as_json)


@click.command("prove", cls=Command, epilog="voltoken sm prove pilot challenge.json --to pilot.proof.json")
@home_argument
@click.argument("challenge", type=FILE)
@to_option
@json_option
def prove(home: Path, challenge: Path, to: Path | None, *, as_json: bool) -> None:
    """Answer the challenge of a centre: that a served module has the keys of its identity.

    The module answers centres that it trusts, and nobody else.
    """
    check_new(to)
    data = read_file(challenge)
    try:
        asked = read_challenge(data)
    except KeyFileError as error:
        raise wrong_file(challenge, error) from None
    document = ask_document(home, "prove", challenge=as_text(data))
    sentence = f"{asked.module_id} has answered {asked.centre_id}: give it {to}."
    give(document, to, {"centre_id": asked.centre_id}, sentence, as_json=as_json)


@click.command(
    "trust",
    cls=Command,
    epilog="voltoken sm trust pilot\n"
    "voltoken sm trust pilot kmc-1.centre.json --fingerprint '4a1f 09c2 ...'\n"
    "voltoken sm trust pilot centres.trust.json",
)
@home_argument
@click.argument("file", type=FILE, required=False)
@click.option("--fingerprint", metavar="HEX", help="As the centre told it. Without it you are asked.")
@json_option
def trust(home: Path, file: Path | None, fingerprint: str | None, *, as_json: bool) -> None:
    """Show which centres a served module trusts, or have it trust others.

    FILE is the identity of one centre, which is added or replaced, or a whole list with a higher version.
    Compare its fingerprint with one that came on another way: by telephone, say, or on paper. Have it told to
    you anew each time: the identity of a centre has no date, and an old one, with keys that were given up
    since, is only as new as the fingerprint you compare. Prefer lists: no old one is taken, for their version
    rises.
    """
    if file is None:
        _show(read_trust(ask_document(home, "trusted")), as_json=as_json)
        return
    data = read_file(file)
    offered = _offered(file, data)
    if fingerprint is None:
        _ask(offered)
    elif _digits(fingerprint) != _digits(offered.fingerprint):
        raise FieldError(
            "fingerprint",
            fingerprint,
            f"that of {file.name}, which is another one",
            "Ask the centre on another way; do not trust the file.",
        )
    _show(read_trust(ask_document(home, "trust", document=as_text(data))), as_json=as_json)


def _offered(file: Path, data: bytes) -> CentreIdentity | TrustList:
    """Return what a file offers. Raises WrongFile."""
    try:
        try:
            return read_centre(data)
        except KeyFileError as error:
            if error.reason != "format":
                raise
            return read_trust(data)
    except KeyFileError as error:
        raise wrong_file(file, error) from None


def _ask(offered: CentreIdentity | TrustList) -> None:
    """Have a person compare the fingerprint. Raises Abort."""
    names = offered.centre_id if isinstance(offered, CentreIdentity) else _names(offered)
    click.echo(f"{names}: {offered.fingerprint}", err=True)
    click.confirm("Are these the digits that you were told on another way?", abort=True, err=True)


def _names(trusted: TrustList) -> str:
    return ", ".join(one.centre_id for one in trusted.centres) or "nobody"


def _digits(fingerprint: str) -> str:
    return "".join(fingerprint.split()).lower()


def _show(trusted: TrustList, *, as_json: bool) -> None:
    if as_json:
        answer(_document(trusted))
        return
    screen = Screen()
    if not trusted.centres:
        screen.text("No centre is trusted. Trust one with: voltoken sm trust HOME FILE", indent=0)
        return
    screen.text(f"Trusted, by list {trusted.version}:", indent=0)
    rows = [
        (centre.centre_id, key.kid, f"{key.begin:%Y-%m-%d}", f"{min(key.end, centre.end):%Y-%m-%d}")
        for centre in trusted.centres
        for key in centre.keys
    ]
    screen.table(("Centre", "Key", "From", "Until"), rows)


def _document(trusted: TrustList) -> dict[str, Any]:
    return {
        "list_version": trusted.version,
        "fingerprint": trusted.fingerprint,
        "centres": [
            {
                "centre_id": centre.centre_id,
                "begin": write_moment(centre.begin),
                "end": write_moment(centre.end),
                "keys": [
                    {"kid": key.kid, "begin": write_moment(key.begin), "end": write_moment(key.end)}
                    for key in centre.keys
                ],
            }
            for centre in trusted.centres
        ],
    }
