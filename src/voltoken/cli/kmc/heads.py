"""``voltoken kmc head``: the signed head of the log, kept where whoever can write the centre cannot."""

from __future__ import annotations

from pathlib import Path

import click

from voltoken.cli.commands import Command
from voltoken.cli.kmc.shared import home_argument, unseal
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.drivers.centre import Centre, last_head
from voltoken.drivers.journal import FileWitness
from voltoken.errors import CentreFileError, JournalError


@click.command(
    "head",
    cls=Command,
    epilog="voltoken kmc head centre --to /media/stick/heads.jsonl\n"
    "voltoken kmc verify centre --witness /media/stick/heads.jsonl",
)
@home_argument
@click.option(
    "--to",
    type=FilePath(path_type=Path, dir_okay=False),
    required=True,
    help="A file that only grows, kept elsewhere: the witness.",
)
@click.option(
    "--unseal",
    "sources",
    metavar="SOURCE",
    multiple=True,
    help="Sign the last line now. A share or the passphrase: file:PATH, env:NAME or prompt.",
)
@json_option
def head(home: Path, to: Path, sources: tuple[str, ...], *, as_json: bool) -> None:
    """Append the signed head of the log to a witness, by which voltoken kmc verify sees that nothing is gone.

    Without --unseal it is the head that was signed when the centre was unsealed last. The witness takes
    none that is older than the last one it has: then the centre was set back.
    """
    if sources:
        with Centre.open(home) as centre:
            unseal(centre, sources)
            found, lines = centre.head(), centre.state.lines
    else:
        with Centre.look(home) as centre:
            found, lines = last_head(centre), centre.state.lines
    try:
        FileWitness(to).send(found)
    except JournalError as error:
        raise CentreFileError(error.message) from None
    if as_json:
        answer({"witness": str(to), "line": found.seq, "lines": lines, "hash": found.hash.hex()})
        return
    screen = Screen()
    screen.text(f"{to} knows line {found.seq} of {lines}.", indent=0)
    if found.seq < lines:
        screen.text("What was written after it, sealed, is not signed yet: --unseal signs it.", indent=0)
