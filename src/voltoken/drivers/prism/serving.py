"""A module at the door of its house: TLS for clients, and the administration socket for its keepers."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from voltoken.drivers.clock import Clock, utc_now
from voltoken.drivers.local.admin import AdminDoor
from voltoken.drivers.local.home import Home
from voltoken.drivers.local.module import LocalModule
from voltoken.drivers.local.passwords import check_password
from voltoken.drivers.prism.connection import Address
from voltoken.drivers.prism.idl import interface
from voltoken.drivers.prism.listener import Listener
from voltoken.drivers.prism.server import PrismHandler
from voltoken.drivers.prism.tls import Identity, server_context


class Serving:
    """A module that is served, from when this is made until ``close``. It starts sealed.

    home: its folder. port: in place of the one in the settings; 0 takes any that is free.
    measures: what hardening has done. clock: tells the time.
    Raises MissingExtra, ModuleRefused (production), JournalError, ModuleUnavailable when the address cannot
    be had, and FieldError for certificates that cannot be read.
    """

    def __init__(
        self,
        home: Home,
        *,
        port: int | None = None,
        measures: Mapping[str, str] | None = None,
        clock: Clock = utc_now,
    ) -> None:
        interface()  # a missing library is told now, and not to the first client
        serving = home.settings.serving
        certificate = home.file(serving.certificate)
        authority = home.file(serving.authority) if serving.require_client_certificate else None
        context = server_context(Identity(certificate, certificate), authority)
        self.module: LocalModule = home.open_module(clock, measures=measures)
        try:
            self._handler = PrismHandler(
                self.module.client,
                lambda user, password: _signs_in(home, user, password),
                self.module,
                self.module.clock,
                own_sgcs=serving.own_supply_groups,
                bind_certificates=serving.require_client_certificate,
            )
            self._listener = Listener(
                Address(serving.host, serving.port if port is None else port), context, self._handler.answer
            )
            self._admin = AdminDoor(self.module, home.socket)
            try:
                self._listener.start()
            except BaseException:
                self._admin.close()
                raise
        except BaseException:
            self.module.close()
            raise
        self.address = Address(serving.host, self._listener.port)

    def __enter__(self) -> Self:
        """Return the served module."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let calls under way finish, close both doors, and forget all keys."""
        self._handler.stop()
        self._listener.stop()
        self._admin.close()
        self.module.close()


def _signs_in(home: Home, user: str, password: str) -> bool:
    """Whether a password is a client's. One that is not known takes as long."""
    hashed = home.settings.passwords.get(user)
    found = check_password(password, hashed or _NOBODY)
    return found and hashed is not None


_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keQ$E5KostkEawuGjCeEGD921occKWHmaTyglX6TE/VIYcM"
"""The hash of a password that nobody has: comparing takes the same time whether the user exists or not."""
