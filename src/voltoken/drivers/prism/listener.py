"""A server's side of the wire: accepts, shakes hands, cuts frames, and outlives whatever a peer sends.

One thread accepts, each connection has a thread of its own, and their number is bounded. A peer that is
slow, silent, wrong or hostile loses its connection, and nobody else notices. What the frames mean is the
business of the function that answers them.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voltoken.drivers.prism.connection import Address
from voltoken.drivers.prism.frames import FRAME_MAX, FrameReader, pack_frame
from voltoken.drivers.prism.tls import abort, certificate_name
from voltoken.errors import ModuleUnavailable, PeerError

_LOG: Final = logging.getLogger("voltoken.prism")
_CHUNK: Final = 1 << 16
_BACKLOG: Final = 64
_PAUSE_S: Final = 0.2
"""How often the accepting thread looks whether it should stop, and how long it rests when files run out."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end. name: of its verified certificate, None when it showed none."""

    host: str
    port: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one listener puts up with.

    connections: how many at once; more are hung up on. handshake_ms: for TLS. idle_ms: between two calls.
    frame_ms: from a frame's first byte to its last, and for a reply to be taken. frame_max: its bytes.
    """

    connections: int = 64
    handshake_ms: int = 5_000
    idle_ms: int = 300_000
    frame_ms: int = 10_000
    frame_max: int = FRAME_MAX


Answer = Callable[[bytes, Peer], bytes]
"""Turns the payload of a call into the payload of its answer. Raises PeerError to hang up."""


class Listener:
    """Listens at an address and answers calls until it is stopped.

    address: port 0 picks a free one; see ``port``. context: from ``server_context``. answer: runs in the
    thread of the connection, so several run at once.
    """

    def __init__(
        self, address: Address, context: ssl.SSLContext, answer: Answer, bounds: Bounds | None = None
    ) -> None:
        self._address = address
        self._context = context
        self._answer = answer
        self._bounds = bounds or Bounds()
        self._socket: socket.socket | None = None
        self._port = 0
        self._acceptor: threading.Thread | None = None
        self._lock = threading.Lock()
        self._guests: dict[threading.Thread, _Guest] = {}
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """The port it listens at. Raises ModuleUnavailable before ``start``."""
        if self._socket is None:
            raise ModuleUnavailable("The listener has not been started.")
        return self._port

    @property
    def connections(self) -> int:
        """How many connections there are now."""
        with self._lock:
            return len(self._guests)

    def start(self) -> None:
        """Begin to listen, and return. Raises ModuleUnavailable when the address cannot be had."""
        host, port = self._address.host, self._address.port
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise ModuleUnavailable(f"Cannot listen at {self._address}: {error.strerror}.") from error
        self._port = int(self._socket.getsockname()[1])
        self._socket.settimeout(_PAUSE_S)
        self._acceptor = threading.Thread(target=self._accept, name="prism-accept", daemon=True)
        self._acceptor.start()

    def stop(self, patience_ms: int = 5_000) -> None:
        """Stop listening; calls under way may finish and answer, for as long as patience_ms allows."""
        self._stopping.set()
        if self._acceptor is not None:
            self._acceptor.join()
        deadline = time.monotonic_ns() + patience_ms * 1_000_000
        with self._lock:
            guests = dict(self._guests)
            for guest in guests.values():
                if not guest.busy:
                    abort(guest.sock)
        for thread in guests:
            thread.join(max(0, deadline - time.monotonic_ns()) / 1_000_000_000)
        for thread, guest in guests.items():
            if thread.is_alive():
                abort(guest.sock)
                thread.join(_PAUSE_S)

    def _accept(self) -> None:
        listening = self._socket
        if listening is None:
            return
        with listening:
            while not self._stopping.is_set():
                try:
                    sock, place = listening.accept()
                except TimeoutError:
                    continue
                except OSError as error:
                    # Out of files, or the peer was gone before we looked: rest, and go on.
                    _LOG.warning("prism.accept_failed", extra={"reason": error.strerror})
                    self._stopping.wait(_PAUSE_S)
                    continue
                self._welcome(sock, str(place[0]), int(place[1]))

    def _welcome(self, sock: socket.socket, host: str, port: int) -> None:
        guest = _Guest(sock)
        thread = threading.Thread(
            target=self._serve, args=(guest, host, port), name=f"prism-{port}", daemon=True
        )
        with self._lock:
            full = len(self._guests) >= self._bounds.connections
            if not full:
                self._guests[thread] = guest
        if full:
            _LOG.warning("prism.too_many_connections", extra={"peer": host})
            sock.close()
            return
        try:
            thread.start()
        except RuntimeError:  # the system has no thread left
            _LOG.warning("prism.no_thread", extra={"peer": host})
            self._forget(thread)
            sock.close()

    def _serve(self, guest: _Guest, host: str, port: int) -> None:
        """Serve one connection to its end, in its own thread."""
        try:
            self._converse(guest, host, port)
        except (OSError, PeerError) as error:
            reason = error.message if isinstance(error, PeerError) else type(error).__name__
            _LOG.info("prism.connection_lost", extra={"peer": host, "reason": reason})
        finally:
            self._forget(threading.current_thread())
            guest.sock.close()

    def _converse(self, guest: _Guest, host: str, port: int) -> None:
        guest.sock.settimeout(self._bounds.handshake_ms / 1000)
        guest.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secured = self._context.wrap_socket(guest.sock, server_side=True, do_handshake_on_connect=False)
        with self._lock:
            guest.sock = secured
        secured.do_handshake()
        peer = Peer(host, port, certificate_name(secured))
        reader = FrameReader(self._bounds.frame_max)
        deadline = _after(self._bounds.idle_ms)
        while not self._stopping.is_set():
            secured.settimeout(_left_s(deadline))
            data = secured.recv(_CHUNK)
            if not data:
                return
            begun = reader.has_part
            payloads = reader.feed(data)
            for payload in payloads:
                if not self._reply(guest, secured, payload, peer):
                    return
            if payloads or not begun:
                deadline = _after(self._bounds.frame_ms if reader.has_part else self._bounds.idle_ms)

    def _reply(self, guest: _Guest, secured: ssl.SSLSocket, payload: bytes, peer: Peer) -> bool:
        """Answer one call. Returns whether the connection goes on."""
        with self._lock:
            if self._stopping.is_set():
                return False
            guest.busy = True
        try:
            frame = pack_frame(self._answer(payload, peer))
            secured.settimeout(self._bounds.frame_ms / 1000)
            secured.sendall(frame)
        finally:
            with self._lock:
                guest.busy = False
        return True

    def _forget(self, thread: threading.Thread) -> None:
        with self._lock:
            self._guests.pop(thread, None)


class _Guest:
    """One connection as the listener sees it. busy: a call is under way."""

    __slots__ = ("busy", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.busy = False


def _after(milliseconds: int) -> int:
    return time.monotonic_ns() + milliseconds * 1_000_000


def _left_s(deadline: int) -> float:
    """Return the seconds until a deadline. Raises TimeoutError when it has passed."""
    left_ns = deadline - time.monotonic_ns()
    if left_ns <= 0:
        raise TimeoutError("too slow")
    return left_ns / 1_000_000_000
