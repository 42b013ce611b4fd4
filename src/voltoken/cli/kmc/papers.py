"""Documents of a centre: its identity, the files it has written, minutes, and signatures under documents."""

from __future__ import annotations

from pathlib import Path

import click

from voltoken.cli.commands import Command
from voltoken.cli.kmc.listing import listing
from voltoken.cli.kmc.shared import home_argument, told, unseals, write_bytes, write_new
from voltoken.cli.kmc.shared import unseal as unseal_with
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.centre import Centre, write_identity
from voltoken.errors import ActRefused
from voltoken.kmc import NOTICE, ceremony


@click.command("identity", cls=Command, epilog="voltoken kmc identity centre --unseal prompt --unseal prompt")
@home_argument
@unseals
@json_option
def identity(home: Path, unseal: tuple[str, ...], to: Path, *, as_json: bool) -> None:
    """Write what modules and other centres need to know of a centre: its name and its signing keys.

    It is no secret. Compare the fingerprint by another way than the file came.
    """
    with Centre.open(home) as centre:
        unseal_with(centre, unseal)
        name, data = write_identity(centre)
        path = to / name
    from voltoken.security.keyload import read_centre

    shown = read_centre(data).fingerprint
    write_bytes(path, data)
    if as_json:
        answer({"file": str(path), "fingerprint": shown, "notice": NOTICE})
        return
    screen = Screen()
    screen.text(f"Written: {path}", indent=0)
    screen.text(f"Fingerprint: {shown}", indent=0)


def _write(path: Path, data: bytes, *, named: bool) -> None:
    """Write a paper. named: by whoever asks, and then it is a new file; else it is its own again."""
    (write_new if named else write_bytes)(path, data)


@click.command(
    "papers",
    cls=Command,
    epilog="voltoken kmc papers centre\nvoltoken kmc papers centre centre.pilot.1.klf.json --to out.json",
)
@home_argument
@click.argument("name", metavar="[NAME]", required=False)
@click.option(
    "--to", type=FilePath(path_type=Path, dir_okay=False), help="Where it goes.  [default: its name]"
)
@json_option
def papers(home: Path, name: str | None, to: Path | None, *, as_json: bool) -> None:
    """List the files that a centre has written, or fetch one again: nothing in them is secret."""
    with Centre.look(home) as centre:
        found = dict(centre.papers())
        if name is not None and name not in found:
            raise ActRefused("unknown", f"There is no paper {name!r:.80}. List them: {told('papers', home)}")
        data = None if name is None else centre.paper(name)
    if name is not None and data is not None:
        path = to or Path(name)
        _write(path, data, named=to is not None)
        if as_json:
            answer({"file": str(path), "sha256": found[name]})
        else:
            Screen().text(f"Written: {path}", indent=0)
        return
    if as_json:
        answer({"papers": found})
        return
    screen = Screen()
    if not found:
        screen.text("This centre has written no file yet.", indent=0)
    else:
        listing(screen, ("Name", "SHA-256"), [(key, f"{value[:16]}...") for key, value in found.items()])


@click.command("minutes", cls=Command, epilog="voltoken kmc minutes centre root-2026 --to minutes.html")
@home_argument
@click.argument("ceremony_id", metavar="CEREMONY")
@click.option("--to", type=FilePath(path_type=Path, dir_okay=False), help="[default: CEREMONY.minutes.html]")
@json_option
def minutes(home: Path, ceremony_id: str, to: Path | None, *, as_json: bool) -> None:
    """Write the minutes of a ceremony as a page to print, with everybody's signature under it."""
    with Centre.look(home) as centre:
        entry = centre.state.entry("ceremony", ceremony_id)
        if entry is None:
            raise ActRefused(
                "unknown",
                f"There is no ceremony {ceremony_id!r:.60}. List them: {told('list', home, 'ceremony')}",
            )
        if entry.get("people") is None:
            raise ActRefused(
                "state",
                f"{entry} is {entry.state}: there are minutes from its beginning on. "
                f"What comes next: {told('ceremony next', home, ceremony_id)}",
            )
        document = ceremony.minutes(centre.centre_id, entry)
        page = ceremony.minutes_page(document, entry.get("signatures") or {})
    path = to or Path(f"{ceremony_id}.minutes.html")
    _write(path, page.encode(), named=to is not None)
    if as_json:
        answer({"file": str(path), "minutes": document, "hash": ceremony.minutes_digest(document)})
    else:
        Screen().text(f"Written: {path}", indent=0)
