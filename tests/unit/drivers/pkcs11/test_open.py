"""What can be refused before there is a token: labels, PINs and libraries that are none."""

from __future__ import annotations

import _ctypes
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from voltoken.drivers.pkcs11 import Pkcs11Token
from voltoken.drivers.pkcs11.library import Library
from voltoken.errors import FieldError, ModuleUnavailable

NOWHERE = Path("nowhere") / "libtoken.so"


@pytest.mark.parametrize(
    "label", ["", " a", "a ", "a\0", "a\nb", "x" * 33, "\u00e9" * 17, "\udc80", b"a", None], ids=ascii
)
def test_what_cannot_be_the_label_of_a_token_is_refused(label: str) -> None:
    with pytest.raises(FieldError, match="token label"):
        Pkcs11Token.open(NOWHERE, label, "1234")


@pytest.mark.parametrize("pin", ["", "12\x0034", "\udc80999", b"999", None], ids=ascii)
def test_what_cannot_be_a_pin_is_refused_unseen(pin: str) -> None:
    with pytest.raises(FieldError, match="PIN: the given value") as refused:
        Pkcs11Token.open(NOWHERE, "token", pin)
    assert "999" not in str(refused.value)


@pytest.mark.parametrize("sessions", [0, -1, 1.5, "4"])
def test_a_pool_has_at_least_one_session(sessions: int) -> None:
    with pytest.raises(FieldError, match="sessions"):
        Pkcs11Token.open(NOWHERE, "token", "1234", sessions=sessions)


def test_a_library_that_is_not_there_is_named_with_what_to_install() -> None:
    with pytest.raises(ModuleUnavailable, match=r"libtoken\.so.*apt install softhsm2"):
        Pkcs11Token.open(NOWHERE, "token", "1234")


def test_a_file_that_is_no_library_is_refused(tmp_path: Path) -> None:
    library = tmp_path / "library.so"
    library.write_text("no library", "utf-8")
    with pytest.raises(ModuleUnavailable, match=r"no PKCS#11 library"):
        Pkcs11Token.open(library, "token", "1234")


def test_a_library_for_something_else_is_refused() -> None:
    with pytest.raises(ModuleUnavailable, match=r"no PKCS#11 library"):
        Pkcs11Token.open(Path(_ctypes.__file__), "token", "1234")


@pytest.mark.parametrize(
    ("answer", "says"),
    [(0x0A, "cannot be used by several threads"), (0x05, "answers 0x5"), (0x191, "in use")],
)
def test_a_library_that_does_not_start_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, answer: int, says: str
) -> None:
    calls = Mock(C_Initialize=Mock(return_value=answer))
    monkeypatch.setattr("voltoken.drivers.pkcs11.library._calls_of", Mock(return_value=calls))
    with pytest.raises(ModuleUnavailable, match=says):
        Library(NOWHERE).enter("token", "1234")
    calls.C_Finalize.assert_not_called()


def test_without_the_extra_the_door_says_what_to_install() -> None:
    script = """
import sys
sys.modules["pkcs11"] = None
try:
    import voltoken.drivers.pkcs11
except Exception as error:
    print(type(error).__name__, error)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert (
        said == "MissingExtra PKCS#11 tokens need the library python-pkcs11: pip install 'voltoken[pkcs11]'\n"
    )
