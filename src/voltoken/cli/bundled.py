"""The data files that come along: package data of an installation, folders at the root of a checkout."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from voltoken.cli.failures import FileTrouble
from voltoken.cli.sources import parse_json


def bundled(folder: str, what: str) -> Iterator[tuple[str, object]]:
    """Yield name and content of each JSON file that comes along in a folder, in order of name.

    what: what such a file is called in messages. Raises FileTrouble when there is no such folder.
    """
    for entry in bundled_files(folder, ".json"):
        yield entry.name, parse_json(entry.read_text(encoding="utf-8"), f"{what} {entry.name}")


def bundled_files(folder: str, ending: str) -> tuple[Traversable, ...]:
    """Return the files with an ending that come along in a folder, in order of name.

    Raises FileTrouble when there is no such folder.
    """
    checkout = Path(__file__).resolve().parents[3]
    for place in (resources.files("voltoken").joinpath(*folder.split("/")), checkout / folder):
        if place.is_dir():
            files = (entry for entry in place.iterdir() if entry.name.endswith(ending))
            return tuple(sorted(files, key=lambda entry: entry.name))
    raise FileTrouble(f"The {folder} that come with Voltoken are missing; name files of your own.")
