"""A signed-in client of a PrismToken server: calls by name, over a pool, with a session that renews itself.

A call that the server refuses for its session was not carried out, so it is sent again after one new
sign-in; if that is refused too, the settings are wrong. Nothing else is ever sent twice from here.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from voltoken.drivers.prism.codes import TOKEN, error_of
from voltoken.drivers.prism.connection import Address, Connection, Patience, Pool, open_connection
from voltoken.drivers.prism.idl import interface
from voltoken.drivers.prism.messages import Fault, read_reply, write_call
from voltoken.drivers.prism.tls import Identity, Trust
from voltoken.errors import FieldError, ModuleOutcomeUnknown, ModuleUnavailable, PeerError

_SEQIDS = 1 << 31


@dataclass(frozen=True, slots=True)
class PrismSettings:
    """How one server is reached. user, password: in its realm ``local``; connections: how many at most."""

    address: Address
    trust: Trust
    user: str
    password: str = field(repr=False)
    identity: Identity | None = None
    patience: Patience = field(default_factory=Patience)
    connections: int = 4


def new_message_id() -> str:
    """Return an id for a call that makes nothing: random, 32 characters."""
    return token_hex(16)


class Link:
    """Calls to one server. Thread-safe; nothing is opened before the first call."""

    def __init__(self, settings: PrismSettings) -> None:
        interface()  # a missing library is told now, and not at the first sale
        self._settings = settings
        self._pool = Pool(self._open, settings.connections, settings.patience.turn_ms)
        self._seqids = itertools.count(1)
        self._lock = threading.Lock()
        self._token: str | None = None

    def close(self) -> None:
        """Hang up."""
        self._pool.close()

    def ask(self, name: str, **arguments: Any) -> Any:
        """Make a call that changes nothing, and return its result.

        Raises ModuleUnavailable when the connection is lost, whenever that is; what ``error_of`` makes of
        an error; PeerError for an answer that is none.
        """
        try:
            answer = self.call(name, new_message_id(), **arguments)
        except ModuleOutcomeUnknown as error:
            raise ModuleUnavailable(f"The module did not answer {name}; nothing was changed.") from error
        if isinstance(answer, Fault):
            raise error_of(answer)
        return answer

    def call(self, name: str, message_id: str, **arguments: Any) -> Any:
        """Make a call and return its result, or the ``Fault`` that the server answers.

        Raises ModuleUnavailable when it was not carried out; ModuleOutcomeUnknown when that is not known;
        PeerError when the answer is none; FieldError for arguments that cannot be sent.
        """
        token = self._signed_in(None)
        answer = self._exchange(name, messageId=message_id, accessToken=token, **arguments)
        if isinstance(answer, Fault) and answer.code == TOKEN:
            token = self._signed_in(token)
            answer = self._exchange(name, messageId=message_id, accessToken=token, **arguments)
            if isinstance(answer, Fault) and answer.code == TOKEN:
                raise error_of(answer)
        return answer

    def _signed_in(self, refused: str | None) -> str:
        """Return a bearer token, another than the refused one; several callers sign in once."""
        with self._lock:
            if self._token is None or self._token == refused:
                self._token = None
                self._token = self._sign_in()
            return self._token

    def _sign_in(self) -> str:
        try:
            answer = self._exchange(
                "signInWithPassword",
                messageId=new_message_id(),
                realm="local",
                username=self._settings.user,
                password=self._settings.password,
                sessionOpts=interface().make("SessionOptions"),
            )
        except (ModuleOutcomeUnknown, PeerError) as error:
            raise ModuleUnavailable(f"The module did not let {self._settings.user} sign in.") from error
        if isinstance(answer, Fault):
            raise error_of(answer)
        return str(answer.accessToken)

    def _exchange(self, name: str, **arguments: Any) -> Any:
        seqid = next(self._seqids) % _SEQIDS
        payload = write_call(name, arguments, seqid)
        with self._pool.borrow() as connection:
            return read_reply(connection.exchange(payload), name, seqid)

    def _open(self) -> Connection:
        """Open a connection and try it: only the first answer shows that a server takes our certificate."""
        settings = self._settings
        connection = open_connection(settings.address, settings.trust, settings.identity, settings.patience)
        call: Mapping[str, Any] = {"sleepMs": 0, "echo": ""}
        try:
            read_reply(connection.exchange(write_call("ping", call, 0)), "ping", 0)
        except (ModuleOutcomeUnknown, PeerError, FieldError) as error:
            connection.close()
            raise ModuleUnavailable(
                f"The server at {settings.address} hangs up or does not speak PrismToken ({error.message}) "
                "Nothing was asked of it. Does it want a client certificate?"
            ) from error
        return connection
