"""Files that are whole and on the disk, or not there at all, whenever the power goes."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO


@contextlib.contextmanager
def staged_text(path: Path, *, private: bool = False) -> Iterator[TextIO]:
    """Give a text file to write; else as ``staged_bytes``."""
    with staged_bytes(path, private=private) as file:
        out = io.TextIOWrapper(file, encoding="utf-8", newline="")
        try:
            yield out
        finally:
            out.detach()  # which writes what is left


@contextlib.contextmanager
def staged_bytes(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Give a file to write, which takes the place of path when it is complete and on the disk.

    private: only its owner may read it.
    """
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        staged.replace(path)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
