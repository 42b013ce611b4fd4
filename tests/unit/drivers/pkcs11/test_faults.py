"""What a token can answer that SoftHSM never does."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pkcs11
import pytest

from tests.unit.drivers.pkcs11.fakes import FakeKey, FakeSession
from voltoken.drivers.pkcs11.sessions import SessionPool
from voltoken.drivers.pkcs11.templates import sealing_key
from voltoken.drivers.pkcs11.token import Pkcs11Token
from voltoken.drivers.pkcs11.wrapping import Pkcs11Wrapping
from voltoken.errors import ModuleUnavailable, SealBroken, ShareRefused


def log_in(monkeypatch: pytest.MonkeyPatch, fault: pkcs11.PKCS11Error) -> None:
    """Open a token that answers the login with a fault."""
    library = Mock(enter=Mock(side_effect=fault))
    monkeypatch.setattr("voltoken.drivers.pkcs11.token.load", Mock(return_value=library))
    Pkcs11Token.open(Path("library"), "token", "4711")


@pytest.mark.parametrize("fault", [pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange])
def test_a_wrong_pin_has_many_names(monkeypatch: pytest.MonkeyPatch, fault: type[pkcs11.PKCS11Error]) -> None:
    with pytest.raises(ShareRefused, match="refuses this PIN") as caught:
        log_in(monkeypatch, fault("4711"))
    assert "4711" not in str(caught.value)


@pytest.mark.parametrize(
    "fault", [pkcs11.PinLocked, pkcs11.PinExpired, pkcs11.UserPinNotInitialized, pkcs11.DeviceRemoved]
)
def test_a_token_that_takes_no_pin_at_all_is_not_available(
    monkeypatch: pytest.MonkeyPatch, fault: type[pkcs11.PKCS11Error]
) -> None:
    with pytest.raises(ModuleUnavailable, match=fault.__name__):
        log_in(monkeypatch, fault("4711"))


def test_a_token_that_gives_an_imported_key_away_is_left_without_it() -> None:
    session: Any = FakeSession("shows", stays=True)
    library: Any = None
    token = Pkcs11Token(library, session, "token", 1)
    with pytest.raises(ModuleUnavailable, match="gives imported keys away"):
        token.import_secret("vk", bytes(20))
    assert session.left == []


def test_a_token_that_takes_no_key_says_which_fault() -> None:
    session: Any = FakeSession("no import", stays=True)
    library: Any = None
    with pytest.raises(ModuleUnavailable, match=r"cannot import a key \(TemplateInconsistent\)"):
        Pkcs11Token(library, session, "token", 1).import_secret("vk", bytes(20))


class Lending:
    """A token with one wrapping key, which may be out of order."""

    def __init__(self, lie: str) -> None:
        key: Any = FakeKey(bytes(range(32)), sealing_key("wk", stays=True), lie, [])
        session: Any = FakeSession()
        pool = SessionPool(lambda: session, 1)
        pool.run("find", lambda seat: seat.keys.update(wk=key))
        self.run = pool.run


def test_a_token_out_of_order_is_not_taken_for_a_broken_seal() -> None:
    blob = Pkcs11Wrapping(Lending(""), "wk").wrap(b"root", b"")
    assert Pkcs11Wrapping(Lending(""), "wk").unwrap(blob, b"") == b"root"
    with pytest.raises(SealBroken):
        Pkcs11Wrapping(Lending(""), "wk").unwrap(blob, b"elsewhere")
    with pytest.raises(ModuleUnavailable, match="FunctionFailed"):
        Pkcs11Wrapping(Lending("no decryption"), "wk").unwrap(blob, b"")
