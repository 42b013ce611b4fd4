"""What the commands about centres share: files of documents, read and written exactly as they are."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Any, Final

import click

from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.cli.parameters import Decorator, FilePath
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sm.shared import ask_module
from voltoken.cli.sources import shown_name
from voltoken.errors import KeyFileError
from voltoken.security.keyload import FILE_MAX

FILE: Final = FilePath(path_type=Path, dir_okay=False)

to_option: Final[Decorator] = click.option(
    "--to", type=FILE, help="Write it to this new file.  [default: standard output]"
)


def ask_document(home: Path, do: str, **words: Any) -> bytes:
    """Ask a served module for a document."""
    return base64.b64decode(ask_module(home, do, **words)["document"])


def as_text(data: bytes) -> str:
    """Return bytes as they travel to a module."""
    return base64.b64encode(data).decode("ascii")


def read_file(path: Path) -> bytes:
    """Return what stands in a file; of one that is too long so much that this shows. Raises FileTrouble."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_MAX + 1)
    except OSError as error:
        raise FileTrouble(f"{shown_name(str(path))}: {error.strerror}.") from None


def write_file(path: Path, data: bytes) -> None:
    """Write a new file; none is ever overwritten. Raises FileTrouble."""
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise FileTrouble(f"{shown_name(str(path))} exists already. Name another file.") from None
    except OSError as error:
        raise FileTrouble(f"{shown_name(str(path))}: {error.strerror}.") from None


def check_new(path: Path | None) -> None:
    """Raise FileTrouble when a file that is to be written later is there already."""
    if path is not None and path.exists():
        raise FileTrouble(f"{shown_name(str(path))} exists already. Name another file.")


def wrong_file(path: Path, error: KeyFileError) -> WrongFile:
    """Return the failure of a file on the command line that is not what it was named for."""
    return WrongFile(f"{shown_name(str(path))}: {error.message}")


def give(document: bytes, to: Path | None, facts: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    """Give a document to whoever asked: into a file, or as it is. facts: about it, for JSON."""
    if to is not None:
        write_file(to, document)
    text = document.decode("ascii")
    if as_json:
        answer(facts | {"document": text, "file": None if to is None else str(to)})
    elif to is not None:
        Screen().text(sentence, indent=0)
    else:  # exactly what is signed: a line's end behind it would make another document of it
        sys.stdout.write(f"{text}\n" if sys.stdout.isatty() else text)
