"""The state of a module that has just been made; simulations and tests begin with it."""

from __future__ import annotations

from collections.abc import Mapping

from voltoken.security.records import KeyMove
from voltoken.security.values import KeyRegister, Usage


class Blank:
    """The state of a module that has just been made: it remembers nothing."""

    def register(self, *_: object) -> None:
        """No key is loaded."""

    def registers(self) -> tuple[KeyRegister, ...]:
        """No key is loaded."""
        return ()

    def owner(self, *_: object) -> None:
        """No key is loaded."""

    def revoked(self, *_: object) -> None:
        """No key was taken away."""

    def usage(self, *_: object) -> Usage:
        """Nothing was made."""
        return Usage()

    def result(self, *_: object) -> None:
        """No request was answered."""

    def request_of(self, *_: object) -> None:
        """No token was made."""

    def attempts(self, *_: object) -> int:
        """No TID was used."""
        return 0

    def moves(self, *_: object) -> tuple[KeyMove, ...]:
        """No key was changed."""
        return ()

    def move(self, *_: object) -> None:
        """No key was changed."""

    def unknown_on_meter(self, *_: object) -> int:
        """Nothing was tried."""
        return 0

    def unknown_by_client(self, *_: object) -> int:
        """Nothing was tried."""
        return 0

    def approval(self, *_: object) -> None:
        """Nothing was approved."""

    def issued(self) -> int:
        """Nothing was made."""
        return 0

    def trust(self) -> None:
        """No centre is trusted."""

    def last_file(self, *_: object) -> None:
        """No file was loaded."""

    def load_requests(self) -> Mapping[str, str]:
        """Nothing was asked for."""
        return {}
