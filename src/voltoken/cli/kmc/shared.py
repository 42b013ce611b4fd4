"""What the commands of a centre share: which centre, who acts, what unseals it, and what is shown then."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from voltoken import canonical
from voltoken.cli.commands import SectionOption
from voltoken.cli.durable import staged_bytes
from voltoken.cli.failures import FileTrouble, warn
from voltoken.cli.parameters import Decorator, FilePath, gather
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import load_secret, shown_name
from voltoken.drivers.centre import (
    Centre,
    Outcome,
    PersonKey,
    person_key_needs_passphrase,
    read_person_key,
)
from voltoken.errors import CentreSealed, ShareRefused
from voltoken.kmc import Filed

PROMPT: Final = "prompt"
FILE_MAX: Final = 1 << 24
"""The longest file that an act takes in, in bytes."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who acts, and with what. unseal: sources of shares, or of a passphrase. to: where files are written."""

    person: str
    key_file: str
    key_passphrase: str | None
    unseal: tuple[str, ...]
    to: Path

    def key(self) -> PersonKey:
        """Return the key of the person who acts. Raises FileTrouble, CentreFileError or UsageError."""
        return person_key(self.key_file, self.key_passphrase)


def person_key(key_file: str, source: str | None) -> PersonKey:
    """Return a person's key. source: of its passphrase; asked for where one is needed and none is named."""
    path = Path(key_file)
    needed = person_key_needs_passphrase(path)
    passphrase = load_secret(source or PROMPT, "passphrase of the key") if needed else None
    return read_person_key(path, passphrase)


def home_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the argument CENTRE, the folder of a centre."""
    decorate = click.argument("home", metavar="CENTRE", type=FilePath(path_type=Path, file_okay=False))
    return decorate(command)


def _option(*names: str, **options: Any) -> Decorator:
    return click.option(*names, cls=SectionOption, section="Who acts, and what unseals the centre", **options)


_UNSEALING: Final = (
    _option(
        "--unseal",
        metavar="SOURCE",
        multiple=True,
        help="A share or the passphrase: file:PATH, env:NAME or prompt. Once for each share.",
    ),
    _option(
        "--to",
        type=FilePath(path_type=Path, file_okay=False, exists=True, writable=True),
        default=Path(),
        help="Folder for files that are written.  [default: here]",
    ),
)
ACTING: Final = (
    _option("--as", "person", metavar="PERSON", required=True, envvar="VOLTOKEN_KMC_AS", help="Who you are."),
    _option(
        "--key",
        "key_file",
        metavar="FILE",
        required=True,
        envvar="VOLTOKEN_KMC_KEY",
        help="Your own key, from voltoken kmc key.",
    ),
    _option("--key-passphrase", metavar="SOURCE", help="Of your key: file:PATH, env:NAME or prompt."),
    *_UNSEALING,
)
"""The options that say who acts, and what an act may need beside that."""

acts: Final = gather("doing", Doing, ACTING)
"""Adds the options of somebody who acts; they arrive as one ``Doing`` named ``doing``."""


def unseals(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options ``--unseal`` and ``--to``."""
    for decorate in reversed(_UNSEALING):
        command = decorate(command)
    return command


def params_of(*decorators: Decorator) -> list[click.Parameter]:
    """Return the parameters that decorators add, for a command that is made from a table."""
    holder: Any = _nothing
    for decorate in reversed(decorators):
        holder = decorate(holder)
    found: list[click.Parameter] = list(reversed(holder.__click_params__))
    del holder.__click_params__
    return found


def _nothing() -> None:
    """Hold parameters for a moment."""


def unseal(centre: Centre, sources: Sequence[str]) -> None:
    """Unseal a centre with what the sources hold. Raises CentreSealed when that is too little."""
    missing = 0
    for source in sources:
        try:
            progress = centre.unseal(load_secret(source, "share or passphrase"))
        except ShareRefused as error:
            raise CentreSealed(f"The centre stays sealed. {error.message}") from None
        missing = progress.need - progress.have
        if not missing:
            return
    if missing:
        more = "share is" if missing == 1 else "shares are"
        raise CentreSealed(f"{missing} more {more} needed to unseal the centre: give --unseal once for each.")


def carry_out(centre: Centre, home: Path, request_id: str, doing: Sequence[str], **handed: Any) -> Outcome:
    """Carry out a request, unsealing the centre first where that is needed.

    home: its folder, as it was typed. doing: sources to unseal with.
    Raises CentreSealed when the keys are needed and nothing to unseal with was given.
    """
    if centre.sealed and doing:
        unseal(centre, doing)
    try:
        return centre.carry_out(request_id, **handed)
    except CentreSealed:
        raise CentreSealed(
            f"Request {request_id} is filed, and needs the keys of the centre. Carry it out with its shares "
            f"or passphrase: {told('carry-out', home, request_id)}{unsealing(centre)}",
            request=request_id,
        ) from None


def unsealing(centre: Centre) -> str:
    """Return the options that unseal a centre, as they are typed."""
    record = centre.root_record()
    need = record.get("threshold", 1) if record["provider"] == "shamir" else 1
    return " --unseal prompt" * need


def told(command: str, home: Path, *words: str) -> str:
    """Return a command about a centre as it is typed, to be copied. home: what it is about, first of all."""
    return shlex.join(["voltoken", "kmc", *command.split(), str(home), *words])


def written(files: Mapping[str, bytes], folder: Path, home: Path) -> list[str]:
    """Write the files of an act into a folder and return their names. home: the centre's folder.

    A file of the same name is replaced: the centre keeps what it has written, and gives it again.
    Raises FileTrouble; the act is done then, and the message says how to get the file.
    """
    names = []
    for name, content in files.items():
        path = folder / name
        try:
            write_bytes(path, content)
        except FileTrouble as trouble:
            raise FileTrouble(
                f"{trouble.message} The act is done, and the centre has kept the file: "
                f"{told('papers', home, name)} --to FILE"
            ) from None
        names.append(str(path))
    return names


def write_bytes(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whole or not at all; it takes the place of another one. Raises FileTrouble."""
    try:
        with staged_bytes(path, private=private) as out:
            out.write(content)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be written"
        raise FileTrouble(f"{shown_name(str(path))}: {reason}.") from None


def check_new(path: Path) -> None:
    """Raise FileTrouble when a file that somebody has named is there already: none is overwritten."""
    if path.is_symlink() or path.exists():
        raise FileTrouble(f"{shown_name(str(path))} exists already. Name another file.")


def write_new(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a new file whole or not at all. Raises FileTrouble, also when it is there already."""
    check_new(path)
    write_bytes(path, content, private=private)


def read_bytes(path: str, what: str, most: int = FILE_MAX) -> bytes:
    """Return the bytes of a file, so many at most. Raises FileTrouble."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        raise FileTrouble(f"{what} {shown_name(path)}: {reason}.") from None
    if len(data) > most:
        raise FileTrouble(f"{what} {shown_name(path)}: larger than {most >> 20} MB.")
    return data


def show_outcome(outcome: Outcome, files: list[str], *, as_json: bool) -> None:
    """Show what came of a request that was carried out."""
    entry = outcome.entry
    if outcome.told:
        warn("what is shown here is shown once and kept nowhere: write it down, and let nobody else see it.")
    if as_json:
        answer(
            {
                "request": outcome.request_id,
                "act": outcome.act,
                "done": True,
                "approved_by": list(outcome.approvers),
                "entry": entry.document,
                "followed": [other.document for other in outcome.followed],
                "files": files,
                "told": outcome.told or None,
            }
        )
        return
    screen = Screen()
    by = f", approved by {', '.join(outcome.approvers)}" if outcome.approvers else ""
    screen.text(f"{entry} is {entry.state} (version {entry.version}){by}.", indent=0)
    for other in outcome.followed:
        screen.text(f"{other} is {other.state} (version {other.version}).", indent=0)
    for name in files:
        screen.line(f"Written: {name}", indent=0)
    if outcome.told:
        screen.line(outcome.told, indent=0)


def show_waiting(filed: Filed, home: Path, *, as_json: bool) -> None:
    """Show what a request still waits for."""
    request = filed.request
    missing = max(request.needs - len(filed.approvals), 0)
    if as_json:
        answer(
            {
                "request": request.request_id,
                "act": request.act,
                "done": False,
                "hash": request.hash,
                "needs": request.needs,
                "missing": missing,
                "until": canonical.write_moment(request.until),
            }
        )
        return
    screen = Screen()
    if missing:
        more = "another person" if missing == 1 else f"{missing} other people"
        screen.text(
            f"Request {request.request_id} ({request.act}) waits for {more}, until "
            f"{request.until:%Y-%m-%d %H:%M} UTC.",
            indent=0,
        )
        screen.line(f"Approve it: {told('approve', home, request.request_id)} --as NAME --key FILE", indent=0)
    else:
        screen.text(f"Request {request.request_id} ({request.act}) has its approvals.", indent=0)
        screen.line(f"Carry it out: {told('carry-out', home, request.request_id)}", indent=0)
