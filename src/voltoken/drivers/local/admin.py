"""The administration door of a served module: a Unix socket that only its owner can open.

One request a connection, one line of JSON each way: ``{"do": "unseal", "offered": "..."}`` is answered with
``{"done": {...}}`` or ``{"error": {"code": ..., "message": ..., "detail": {...}}}``. The system says who
calls (SO_PEERCRED), and it goes into the log with every act; nobody but the owner of the module's process,
and root, is heard. There is no other way to administer a module from outside its process.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from voltoken.drivers.local.module import LocalModule
from voltoken.drivers.local.verbs import VERBS, Call
from voltoken.errors import (
    HIDDEN,
    FieldError,
    JournalError,
    ModuleRefused,
    ModuleUnavailable,
    PeerError,
    ShareRefused,
    VoltokenError,
)

LINE_MAX: Final = 1 << 21
"""The longest request, in bytes: a key file of 1 MiB in base64, and what goes with it."""
_ANSWER_MAX: Final = 1 << 22
_PATIENCE: Final = 30  # seconds for a request to come in
_WAITING: Final = 64  # callers who are not yet heard; one more would be told that nobody is there
_ANSWER_PATIENCE: Final = 600  # checking a long log takes its time


class AdminDoor:
    """The door, open as long as the module is served. Thread-safe; one thread for each caller.

    path: of the socket. Raises JournalError when it cannot be made.
    """

    def __init__(self, module: LocalModule, path: Path) -> None:
        self._module = module
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            path.unlink(missing_ok=True)  # the journal's lock has shown that no other process serves it
            before = os.umask(0o177)
            try:
                self._socket.bind(str(path))
            finally:
                os.umask(before)
            self._socket.listen(_WAITING)
        except OSError as error:
            self._socket.close()
            raise JournalError(
                f"The administration door {path.name} cannot be made: {error.strerror or error}. The path of "
                "a socket has at most about 100 characters."
            ) from None
        self._thread = threading.Thread(target=self._accept, name="voltoken-admin", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the door."""
        self._path.unlink(missing_ok=True)
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_PATIENCE)
            try:
                answer = self._answer(connection)
            except VoltokenError as error:
                answer = {"error": error_document(error)}
            except OSError:
                return  # the caller went away
            try:
                connection.sendall(json.dumps(answer).encode() + b"\n")
            except OSError:
                return

    def _answer(self, connection: socket.socket) -> Mapping[str, Any]:
        by = caller(connection)
        request = _read_line(connection, LINE_MAX)
        do = request.get("do")
        act = VERBS.get(do) if isinstance(do, str) else None
        if act is None:
            raise FieldError("do", HIDDEN, f"one of {', '.join(VERBS)}")
        return {"done": act(Call(self._module, request, by))}


def caller(connection: socket.socket) -> str:
    """Return who is at the other end, as the system says. Raises PeerError for anybody but owner and root."""
    if not hasattr(socket, "SO_PEERCRED"):
        return f"uid {os.geteuid()}"  # not Linux: the mode of the socket alone keeps others out
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    if uid not in (0, os.geteuid()):
        raise PeerError("Only the owner of the module's process is heard here.")
    return f"uid {uid}"


def ask(path: Path, do: str, **words: Any) -> dict[str, Any]:
    """Ask a served module through its administration door; for the command line.

    Raises ModuleUnavailable when it is not served, PeerError for an answer that is none, and what the
    module says is wrong as ShareRefused or ModuleRefused.
    """
    line = json.dumps({"do": do, **words}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_PATIENCE)
        try:
            connection.connect(str(path))
            connection.sendall(line)
            answer = _read_line(connection, _ANSWER_MAX)
        except OSError as error:
            raise ModuleUnavailable(
                f"The module does not answer at {path.name}: {error.strerror or error}. Serve it first: "
                "voltoken sm serve"
            ) from None
    if isinstance(answer.get("done"), dict):
        return dict(answer["done"])
    raise _refusal(answer.get("error"))


def _refusal(document: object) -> VoltokenError:
    """Return what a served module found wrong, in its own words."""
    found = document if isinstance(document, dict) else {}
    message = str(found.get("message", "The module's answer cannot be read."))
    detail = found.get("detail")
    plain: dict[str, Any] = (
        {str(name): value for name, value in detail.items()} if isinstance(detail, dict) else {}
    )
    code = str(found.get("code", PeerError.code))
    if code == ShareRefused.code:
        return ShareRefused(message)
    return ModuleRefused(str(plain.pop("refusal", code)), message, **plain)


def error_document(error: VoltokenError) -> dict[str, Any]:
    """Return an error as it travels."""
    return {"code": error.code, "message": error.message, "detail": dict(error.detail)}


def _read_line(connection: socket.socket, most: int) -> Mapping[str, Any]:
    """Return the JSON object of one line. Raises PeerError for anything else, and OSError."""
    line = bytearray()
    while not line.endswith(b"\n"):
        part = connection.recv(min(65536, most + 1 - len(line)))
        line += part
        if not part or len(line) > most:
            raise PeerError(f"One line of JSON is expected, of at most {most} bytes.")
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise PeerError("One object of JSON is expected.")
    return found
