"""Those who keep checkpoints where whoever can write the journal cannot.

A witness that cannot take a checkpoint says why; that is an alarm for a person, and no reason to stop
making tokens, because the journal itself has them. It never forgets: it refuses a checkpoint that is older
than its last.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from voltoken.drivers.journal.checkpoints import Checkpoint
from voltoken.errors import HIDDEN, FieldError, JournalError, PeerError, VoltokenError

_LINE_MAX: Final = 1024
_BEGINNING: Final = b'{"at":"'
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Witness(Protocol):
    """Somebody who takes checkpoints. name: for people."""

    @property
    def name(self) -> str:
        """What it is called in an alarm."""

    def send(self, checkpoint: Checkpoint) -> None:
        """Have a checkpoint taken, for good. Raises JournalError or PeerError when it was not."""


def give(checkpoint: Checkpoint, witnesses: Sequence[Witness]) -> tuple[str, ...]:
    """Give a checkpoint to all witnesses; return what went wrong, as sentences for an alarm."""
    alarms = []
    for witness in witnesses:
        try:
            witness.send(checkpoint)
        except VoltokenError as error:
            alarms.append(error.message)
    return tuple(alarms)


class FileWitness:
    """A file to which checkpoints are appended, one JSON line each; best on another machine's disk.

    One file for one module. Each line is on the disk before ``send`` returns.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    def send(self, checkpoint: Checkpoint) -> None:
        """Append a checkpoint. Raises JournalError when it cannot, or when the file knows a later one."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._append(descriptor, checkpoint)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._refused(f"cannot be written: {error.strerror}. Look at its disk.") from None

    def _refused(self, why: str) -> JournalError:
        return JournalError(f"The witness {self.name} {why}")

    def _append(self, descriptor: int, checkpoint: Checkpoint) -> None:
        size = os.fstat(descriptor).st_size
        tail = os.pread(descriptor, 2 * _LINE_MAX, max(0, size - 2 * _LINE_MAX))
        whole, _, torn = tail.rpartition(b"\n")
        if torn and (len(torn) > _LINE_MAX or not _BEGINNING.startswith(torn[: len(_BEGINNING)])):
            raise self._refused("holds something else than checkpoints. Name another file.")
        if whole and self._knows(whole.rpartition(b"\n")[2], checkpoint):
            return
        if torn:  # what a crash left of a line; nobody was told that it was taken
            os.ftruncate(descriptor, size - len(torn))
        data = checkpoint.text().encode() + b"\n"
        if os.write(descriptor, data) != len(data):
            raise self._refused("cannot be written: its disk is full.")
        os.fsync(descriptor)

    def _knows(self, line: bytes, checkpoint: Checkpoint) -> bool:
        """Whether the last line is this checkpoint. Raises JournalError when nothing may follow it."""
        last = _parse(line)
        if not isinstance(last, Checkpoint):
            raise self._refused(f"has a last line that cannot be used: {last}")
        if last.module_id != checkpoint.module_id:
            raise self._refused(f"is that of the module {last.module_id:.40}. Name another file.")
        if (last.seq, last.hash) == (checkpoint.seq, checkpoint.hash):
            return True
        if last.seq >= checkpoint.seq:
            raise self._refused(
                f"knows line {last.seq} of the log already, and line {checkpoint.seq} is not later: the log "
                "was set back or rewritten. Verify it with this witness."
            )
        return False


class UrlWitness:
    """A server that takes checkpoints by HTTP POST, as the same JSON, and answers 2xx when it has one.

    url: https; plain http to this machine only. timeout_s: seconds. headers: what it knows us by, say.
    It has to refuse what goes back, as ``FileWitness`` does. Redirections are not followed.
    Raises FieldError.
    """

    def __init__(self, url: str, *, timeout_s: int = 10, headers: Mapping[str, str] | None = None) -> None:
        if not _is_safe(url):
            raise FieldError("url", HIDDEN, "an https address, or http on this machine")
        self._url = url
        self._timeout_s = timeout_s
        self._headers = {"Content-Type": "application/json"} | dict(headers or {})

    def __repr__(self) -> str:
        """Name the server, without what it knows us by."""
        return f"<witness {self.name}>"

    @property
    def name(self) -> str:
        """The server, without user, path or query, in which something secret may stand."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.hostname}{'' if parts.port is None else f':{parts.port}'}"

    def send(self, checkpoint: Checkpoint) -> None:
        """Send a checkpoint. Raises PeerError when the server did not take it."""
        from http.client import HTTPException
        from urllib.error import HTTPError
        from urllib.request import HTTPRedirectHandler, Request, build_opener

        class Stay(HTTPRedirectHandler):
            """Follows nobody: the other end of a redirection was not chosen by the operator."""

            def redirect_request(self, *_: object, **__: object) -> None:
                """Refuse."""

        request = Request(self._url, checkpoint.text().encode(), self._headers)  # noqa: S310 - checked above
        try:
            with build_opener(Stay).open(request, timeout=self._timeout_s):
                return
        except HTTPError as error:
            with error:
                why = f"it answered {error.code}"
        except (HTTPException, ValueError):  # whose text may repeat a header that is not for everybody
            why = "its answer or our headers are no HTTP"
        except OSError as error:
            why = ascii(str(error))
        raise PeerError(f"The witness {self.name} did not take line {checkpoint.seq} of the log: {why}.")


def _is_safe(url: str) -> bool:
    """Whether nobody on the way to this address can read or change what is sent."""
    try:
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in _LOCAL
        return bool(parts.hostname) and parts.port != 0 and (parts.scheme == "https" or local)
    except ValueError:  # a port that is no number, a bracket that is not closed
        return False


def read_witness(path: Path) -> Iterator[tuple[int, Checkpoint | str]]:
    """Yield the number and the checkpoint of each line of a witness's file, or why that cannot be used."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_LINE_MAX):
                number += 1
                if not line.endswith(b"\n") and not file.read(1):
                    return  # torn by a crash; it was not taken
                yield number, _parse(line.removesuffix(b"\n"))
    except OSError as error:
        yield 0, f"the file cannot be read: {error.strerror}."


def _parse(line: bytes) -> Checkpoint | str:
    try:
        return Checkpoint.parse(line.decode("ascii"))
    except UnicodeDecodeError:
        return "it is no text."
    except JournalError as error:
        return error.message
