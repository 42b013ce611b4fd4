"""The folder beside the output in which finished segments wait, so that a killed run can be continued.

A segment is finished when its rows are on the disk under their name and a note about them stands beside
it; the note comes last. Nothing else is ever reused: a segment that was half made is made again whole, with
other random numbers, and nobody has seen the first attempt, because the output does not exist before the
end. So no row can come to two different tokens, whenever the program was killed.

The manifest says what the folder belongs to: which table, options and keys (by their check values), and
the time of issue, which a continued run keeps. Tokens are worth money: only the owner can read any of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from voltoken.cli.batch.plan import Plan, Segment
from voltoken.cli.durable import staged_bytes, sync_folder
from voltoken.cli.failures import FileTrouble
from voltoken.cli.sources import shown_name

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FORMAT: Final = 1
_MANIFEST: Final = "manifest.json"
_LOCK: Final = "lock"
_SIZE: Final = "bytes"
_HASHED: Final = 1 << 20
_COPIED: Final = 1 << 22
_NAMES: Final = {
    "program": "the version of the program",
    "command": "the command",
    "input": "the table",
    "options": "the options",
    "keys": "the keys",
    "segments": "how the table is cut",
}
"""The parts of a manifest that must be the same, in the words of the message when one is not."""


def table_identity(path: str) -> dict[str, object]:
    """Return what tells a table from others, and from itself changed: size, time, first and last bytes."""
    with Path(path).open("rb") as file:
        stat = os.fstat(file.fileno())
        digest = hashlib.sha256(file.read(_HASHED))
        file.seek(max(0, stat.st_size - _HASHED))
        digest.update(file.read(_HASHED))
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "ends": digest.hexdigest()}


class WorkFolder:
    """The folder of one run. Use it inside ``held``, which keeps other runs out."""

    def __init__(self, out: str) -> None:
        self.path = Path(f"{out}.work")
        self.notes: dict[int, dict[str, Any]] = {}
        """What stands in the notes of the finished segments, by their numbers."""
        self.is_done = False
        """Whether the output is there and the folder may go."""

    @contextlib.contextmanager
    def held(self, *, fresh: bool) -> Iterator[None]:
        """Make the folder or take the one that is there, for this process alone.

        fresh: begin anew whatever is in it. Raises FileTrouble when another run holds it.
        """
        self.path.mkdir(mode=0o700, exist_ok=True)
        self.path.chmod(0o700)
        descriptor = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._lock(descriptor)
            if fresh:
                self._empty()
            yield
        finally:
            os.close(descriptor)
        if self.is_done:
            shutil.rmtree(self.path)

    def _lock(self, descriptor: int) -> None:
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            name = shown_name(str(self.path))
            raise FileTrouble(f"{name}: another run is at work here; wait for it, or end it.") from None

    def _empty(self) -> None:
        for path in self.path.iterdir():
            if path.name != _LOCK:
                path.unlink()

    def begin(self, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Write the manifest of a new run, or check that of the one to continue, and return it.

        Raises FileTrouble when the folder belongs to another run.
        """
        path = self.path / _MANIFEST
        wanted = json.loads(json.dumps({"format": _FORMAT, **manifest}))
        if not path.exists():
            self._empty()
            write_durably(path, json.dumps(wanted, indent=1).encode())
            return dict(wanted)
        try:
            found = json.loads(path.read_text("utf-8"))
        except ValueError:
            found = {}
        self._check_same(found, wanted)
        for path in self.path.glob("0*.json"):
            note = json.loads(path.read_text("utf-8"))
            if path.with_suffix(".part").stat().st_size == note[_SIZE]:
                self.notes[int(path.stem)] = note
        for left in self.path.glob("*.new"):
            left.unlink()
        return dict(found)

    def _check_same(self, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        for name, words in _NAMES.items():
            if found.get(name) != wanted[name]:
                raise FileTrouble(
                    f"{shown_name(str(self.path))} holds the beginning of another run: {words} changed. "
                    "Run that one again to finish it, or start over with --fresh."
                )

    def part(self, segment: Segment) -> Path:
        """Return where the rows of a segment stand when it is finished."""
        return self.path / f"{segment.index:06d}.part"

    def finish(self, segment: Segment, staged: str, note: Mapping[str, Any]) -> None:
        """Take in the rows of a segment from the file in which they were written."""
        part = self.part(segment)
        Path(staged).replace(part)
        sync_folder(self.path)
        self.notes[segment.index] = {**note, _SIZE: part.stat().st_size}
        write_durably(part.with_suffix(".json"), json.dumps(self.notes[segment.index]).encode())


def write_durably(path: Path, data: bytes | memoryview) -> None:
    """Write a private file so that it is there whole, and on the disk, or not at all."""
    with staged_bytes(path, private=True) as file:
        file.write(data)
    sync_folder(path.parent)


def write_private(path: Path, data: bytes | memoryview) -> None:
    """Write a private file, down to the disk."""
    with private_file(path) as file:
        file.write(data)


@contextlib.contextmanager
def private_file(path: Path) -> Iterator[BinaryIO]:
    """Make or empty a file that only its owner can read, and bring to the disk what is written to it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def join_csv(header: str, parts: Sequence[Path], path: Path) -> None:
    """Write a header and the lines of all segments to one private file."""
    with private_file(path) as out:
        out.write(header.encode())
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, out, _COPIED)


def manifest_of(
    command: str, version: str, plan: Plan, options: Mapping[str, Any], keys: Sequence[object]
) -> dict[str, Any]:
    """Return what a run is bound to; key bytes are no part of it."""
    return {
        "program": version,
        "command": command,
        "input": {"columns": plan.columns, **table_identity(plan.path)},
        "options": options,
        "keys": keys,
        "segments": [[one.start, one.end, one.group] for one in plan.segments],
    }
