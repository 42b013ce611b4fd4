"""A client's connections: TLS, one call in flight on each, a few of them in a pool.

What was lost decides what may be done. Before the first byte of a call left, nothing can have happened:
``ModuleUnavailable``, safe to retry. After it, nobody here knows: ``ModuleOutcomeUnknown``.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from voltoken.drivers.prism.frames import FRAME_MAX, FrameReader, pack_frame
from voltoken.drivers.prism.tls import Identity, Trust, check_server, client_context
from voltoken.errors import FieldError, ModuleOutcomeUnknown, ModuleUnavailable, PeerError

PORT: Final = 9443
"""The port that modules in the field listen on."""

_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens. host: name or address, which its certificate must bear. port: 0 to 65535."""

    host: str
    port: int = PORT

    def __post_init__(self) -> None:
        """Check the range of the port; 0 lets a listener choose."""
        if not self.host or not 0 <= self.port <= 65535:
            raise FieldError("address", f"{self.host}:{self.port}", "a host and a port 0 to 65535")

    def __str__(self) -> str:
        """Return e.g. ``module.example:9443``."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client waits, in whole milliseconds.

    connect_ms: for connection and handshake. answer_ms: for a whole answer. turn_ms: for a free connection.
    """

    connect_ms: int = 5_000
    answer_ms: int = 20_000
    turn_ms: int = 30_000


class Connection:
    """One connection to a server. It carries one call at a time, and is of no use after any loss.

    Made by ``open_connection``. answer_ms: how long to wait for a whole answer.
    """

    def __init__(self, sock: ssl.SSLSocket, answer_ms: int) -> None:
        self._sock = sock
        self._answer_ms = answer_ms
        self._broken = False

    @property
    def is_sound(self) -> bool:
        """Whether another call can be made: nothing was lost, and the server has not hung up meanwhile."""
        return not self._broken and self._is_silent()

    def exchange(self, payload: bytes) -> bytes:
        """Send a call's payload and return the payload of the answer.

        Raises ModuleOutcomeUnknown when the connection is lost, the answer takes too long, or what comes is
        no frame: the call may have been carried out. The connection is closed then.
        """
        if self._broken:
            raise ModuleUnavailable("This connection was lost before; open another.")
        frame = pack_frame(payload)
        self._broken = True  # until the whole answer is here
        deadline = time.monotonic_ns() + self._answer_ms * 1_000_000
        try:
            self._limit(deadline)
            self._sock.sendall(frame)
            answer = self._answer(deadline)
        except (OSError, PeerError) as error:
            self._sock.close()
            raise ModuleOutcomeUnknown(
                f"The module's answer was lost ({_reason(error)}); what was asked may have been done."
            ) from error
        self._broken = False
        return answer

    def close(self) -> None:
        """Hang up."""
        self._broken = True
        self._sock.close()

    def _answer(self, deadline: int) -> bytes:
        reader = FrameReader(FRAME_MAX)
        while True:
            self._limit(deadline)
            data = self._sock.recv(_CHUNK)
            if not data:
                raise PeerError("the server hung up")
            payloads = reader.feed(data)
            if len(payloads) > 1 or (payloads and reader.has_part):
                raise PeerError("the server sent more than one answer")
            if payloads:
                return payloads[0]

    def _limit(self, deadline: int) -> None:
        left_ns = deadline - time.monotonic_ns()
        if left_ns <= 0:
            raise TimeoutError("no answer in time")
        self._sock.settimeout(left_ns / 1_000_000_000)

    def _is_silent(self) -> bool:
        """Whether nothing has come since the last answer: not the end of the stream, and no stray byte."""
        try:
            self._sock.settimeout(0)
            self._sock.recv(1)
        except (ssl.SSLWantReadError, BlockingIOError):
            return True
        except (OSError, ValueError):
            return False
        return False


def open_connection(
    address: Address, trust: Trust, identity: Identity | None = None, patience: Patience | None = None
) -> Connection:
    """Connect, shake hands and check the server, before anything is sent.

    Raises ModuleUnavailable when there is no server, it does not speak TLS in time, or it is not the one
    that is trusted (then not safe to retry); FieldError for unreadable files.
    """
    patience = patience or Patience()
    context = client_context(trust, identity)
    seconds = patience.connect_ms / 1000
    try:
        plain = socket.create_connection((address.host, address.port), seconds)
    except OSError as error:
        raise ModuleUnavailable(f"No connection to the module at {address}: {_reason(error)}.") from error
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secured = context.wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise ModuleUnavailable(
            f"The server at {address} is not the trusted one: {error.verify_message}. Nothing was sent.",
            retry_safe=False,
        ) from error
    except OSError as error:
        plain.close()
        raise ModuleUnavailable(f"No TLS with the module at {address}: {_reason(error)}.") from error
    try:
        check_server(trust, secured)
    except ModuleUnavailable:
        secured.close()
        raise
    return Connection(secured, patience.answer_ms)


class Pool:
    """A few connections that calls take turns on.

    connect: opens one more. size: how many there may be at once. turn_ms: how long a call waits for one.
    """

    def __init__(self, connect: Callable[[], Connection], size: int, turn_ms: int) -> None:
        if size < 1:
            raise FieldError("size", size, "at least 1 connection")
        self._connect = connect
        self._turns = threading.BoundedSemaphore(size)
        self._turn_s = turn_ms / 1000
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._closed = False

    @contextlib.contextmanager
    def borrow(self) -> Iterator[Connection]:
        """Give a sound connection for one call, or several in a row; it comes back if it is still sound.

        Raises ModuleUnavailable when all are busy for too long, or a new one cannot be opened.
        """
        if not self._turns.acquire(timeout=self._turn_s):
            raise ModuleUnavailable("All connections to the module are busy.")
        connection: Connection | None = None
        try:
            connection = self._take()
            yield connection
        finally:
            if connection is not None:
                self._give_back(connection)
            self._turns.release()

    def close(self) -> None:
        """Hang up the idle connections now, and the busy ones when their call is over."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Connection:
        while True:
            with self._lock:
                if self._closed:
                    raise ModuleUnavailable("The connections to the module were closed.", retry_safe=False)
                if not self._idle:
                    break
                connection = self._idle.pop()
            if connection.is_sound:
                return connection
            connection.close()
        return self._connect()

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed and connection.is_sound:
                self._idle.append(connection)
                return
        connection.close()


def _reason(error: Exception) -> str:
    """Say what happened in a few words of ours or of the operating system, none of the peer's."""
    if isinstance(error, PeerError):
        return error.message.rstrip(".")
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "TLS failed").lower().replace("_", " ")
    return getattr(error, "strerror", None) or type(error).__name__
