"""Meters in files: one JSON document each, private, replaced whole, changed by one command at a time.

A change is written to a new file beside the old one, brought to the disk and then given its name, so that
after a crash at any point the old state is there, or the new one. While a command changes a meter it holds
a lock, so that two commands at once cannot both accept a token. On POSIX the lock is an advisory one
(``flock``) on the file itself: the system drops it when a command dies. Windows has no such lock; there a
file with ``.lock`` at the end of its name stands for it, which has to be deleted by hand after a crash.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from voltoken.cli.durable import sync_folder
from voltoken.cli.failures import FileTrouble
from voltoken.cli.sources import parse_json, shown_name, warn_if_readable
from voltoken.errors import MeterFileError, ScenarioError
from voltoken.meter import Meter, Story
from voltoken.sts import SAMPLE_TABLES, BaseDate, STATables

if sys.platform != "win32":
    import fcntl

WHAT: Final = "meter file"
LAST_YEAR: Final = 2999
"""The last year in which a virtual meter lives; datetime ends some time after."""
_BYTES_MAX: Final = 1 << 24
_PATIENCE_S: Final = 30
_PAUSE_S: Final = 0.01
_BENCH: Final = "bench"
"""The member of the document that is ours: what the command line keeps and no meter knows."""
_STORY: Final = "story"


@dataclass(slots=True)
class MeterFile:
    """A meter and what the command line keeps with it.

    path: as given. last: the latest time a command had. base_date: that TIDs count from; None when it is
    not known, as after a roll-over. story: what has happened since one was begun, None when none is kept.
    """

    path: str
    meter: Meter
    last: datetime | None = None
    base_date: BaseDate | None = None
    story: Story | None = None

    def document(self) -> dict[str, Any]:
        """Return what stands in the file."""
        bench = {
            "last": self.last and self.last.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "base_date": self.base_date and self.base_date.value,
        }
        story = {} if self.story is None else {_STORY: self.story.to_document()}
        return self.meter.to_document() | {_BENCH: bench | story}


def create(file: MeterFile) -> None:
    """Write the file of a new meter. Raises FileTrouble when the name is taken."""
    path = Path(file.path)
    with _explained(file.path):
        staged = _stage(path, file)
        try:
            _link(staged, path)
        except FileExistsError:
            message = f"{shown_name(file.path)} exists already; meters are never overwritten."
            raise FileTrouble(message) from None
        finally:
            staged.unlink(missing_ok=True)
        sync_folder(path.parent)


def read(path: str, sta_tables: STATables | None = None) -> MeterFile:
    """Return the meter in a file, only to look at it.

    Raises FileTrouble, WrongFile when the file is no JSON, MeterFileError when it is no meter.
    """
    warn_if_readable(path, WHAT)
    with _explained(path):
        content = _content(_open(Path(path)))
    return parse(content, path, sta_tables)


@contextlib.contextmanager
def changing(path: str, sta_tables: STATables | None = None) -> Iterator[MeterFile]:
    """Give a meter to a command that changes it, alone, and write it back when the command is done.

    A command that raises leaves the file as it was. Raises what ``read`` does.
    """
    warn_if_readable(path, WHAT)
    with contextlib.ExitStack() as stack:
        with _explained(path):
            real = Path(path).resolve()  # a link stays, what it leads to is replaced
            content = stack.enter_context(_locked(real))
        file = parse(content, path, sta_tables)
        yield file
        with _explained(path):
            staged = _stage(real, file)
            try:
                staged.replace(real)
            except BaseException:
                staged.unlink(missing_ok=True)
                raise
            sync_folder(real.parent)


def parse(content: bytes, path: str, sta_tables: STATables | None = None) -> MeterFile:
    """Return the meter of a file's content. Raises WrongFile or MeterFileError, no other error."""
    where = f"{WHAT} {shown_name(path)}"
    if len(content) > _BYTES_MAX:
        raise MeterFileError(f"{where}: larger than {_BYTES_MAX >> 20} MB; no meter is.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MeterFileError(f"{where}: this is no meter, and no text.") from None
    document = parse_json(text, where)
    try:
        # A meter with EA07 needs tables; commands that enter no token have none, and it never looks at them.
        meter = Meter.from_document(document, sta_tables=sta_tables or SAMPLE_TABLES)
    except MeterFileError as error:
        raise MeterFileError(f"{where}: {error.message}", **error.detail) from None
    bench = document.get(_BENCH) if isinstance(document, dict) else None
    if bench is None:
        return MeterFile(path, meter)
    try:
        last, base_date, told = bench["last"], bench["base_date"], bench.get(_STORY)
        since = None if last is None else datetime.fromisoformat(last).astimezone(UTC)
        if since is not None and since.year > LAST_YEAR:
            raise ValueError
        story = None if told is None else Story.from_document(told)
        return MeterFile(path, meter, since, None if base_date is None else BaseDate(base_date), story)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, ScenarioError):
        raise MeterFileError(f'{where}: it is damaged: "{_BENCH}" has another form.') from None


# ---------------------------------------------------------------------- the file itself


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn what the operating system refuses into FileTrouble that names the file."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it cannot be opened"
        raise FileTrouble(f"{WHAT} {shown_name(path)}: {reason}.") from None


def _open(path: Path) -> int:
    """Open a file to read. Raises FileTrouble for what is no file, such as a folder or a pipe."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileTrouble(f"{WHAT} {shown_name(str(path))}: this is a folder or a device, not a file.")
    return descriptor


def _content(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_BYTES_MAX + 1)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bytes]:
    """Lock a file and give its content. Raises FileTrouble when another command keeps it."""
    if sys.platform == "win32":
        with locked_by_name(path):
            yield _content(_open(path))
        return
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        descriptor = _open(path)
        try:
            if _is_ours(descriptor, path):
                yield _content(os.dup(descriptor))
                return
        finally:
            os.close(descriptor)
        if time.monotonic() > deadline:
            raise _in_use(path)
        time.sleep(_PAUSE_S)


def _is_ours(descriptor: int, path: Path) -> bool:
    """Try to lock an open file, and say whether it is locked and still the one of that name."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return os.path.samestat(os.fstat(descriptor), path.stat())


@contextlib.contextmanager
def locked_by_name(path: Path) -> Iterator[None]:
    """Keep a file with ``.lock`` after its name, where the system has no better lock."""
    lock = path.with_name(f"{path.name}.lock")
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            break
        except FileExistsError:
            if time.monotonic() > deadline:
                raise _in_use(path, f" If none is, delete {shown_name(lock.name)}.") from None
            time.sleep(_PAUSE_S)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _in_use(path: Path, advice: str = "") -> FileTrouble:
    return FileTrouble(f"{WHAT} {shown_name(path.name)}: another command is using it.{advice}")


def _stage(path: Path, file: MeterFile) -> Path:
    """Write a meter to a new private file beside path, down to the disk, and return its name."""
    text = json.dumps(file.document(), indent=2) + "\n"
    if len(text) > _BYTES_MAX:  # it could not be read again; all of it is ASCII
        raise FileTrouble(
            f"{WHAT} {shown_name(file.path)}: its story has grown too long. Write it down and end it: "
            "voltoken meter story FILE --out NEW, then --end."
        )
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    return staged


def _link(staged: Path, path: Path) -> None:
    """Give a staged file its name unless that is taken. Raises FileExistsError."""
    try:
        path.hardlink_to(staged)
    except (OSError, NotImplementedError) as error:
        if isinstance(error, FileExistsError):
            raise
        # A file system without hard links: take the name first, so that it is ours to replace.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        staged.replace(path)
