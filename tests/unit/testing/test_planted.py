"""The search for planted secrets finds them in every form, and a session that shows one fails."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import (
    COMPONENT_1,
    COMPONENT_2,
    PASSWORD,
    SEARCH,
    SECRETS,
    SHARES,
    SMALL_KEY,
    VENDING_KEY,
    Search,
    forms_of,
    xor,
)
from tests.tidy.source import ROOT

FORMS: dict[str, bytes | str] = {
    "hex": VENDING_KEY.hex(),
    "upper case": VENDING_KEY.hex().upper(),
    "a word of it": f"key=0x{VENDING_KEY[8:16].hex()};",
    "spaced by one": VENDING_KEY.hex(" "),
    "spaced by two": VENDING_KEY.hex(" ", 2),
    "spaced by four, upper": VENDING_KEY.hex(" ", 4).upper(),
    "colons": VENDING_KEY.hex(":"),
    "base64": base64.b64encode(VENDING_KEY).decode(),
    "base64 in the middle": base64.b64encode(b"x" + VENDING_KEY + b"yz").decode(),
    "base64 further in": base64.b64encode(b"ab" + VENDING_KEY + b"y").decode(),
    "urlsafe": base64.urlsafe_b64encode(VENDING_KEY).decode(),
    "decimal": str(int.from_bytes(VENDING_KEY, "big")),
    "a word in decimal": f"{int.from_bytes(VENDING_KEY[:8], 'big')}",
    "repr": f"KeyLoaded(secret={VENDING_KEY!r})",
    "repr of a bytearray": repr(bytearray(VENDING_KEY)),
    "list": str(list(VENDING_KEY)),
    "raw": b"\x00" + VENDING_KEY + b"\x00",
    "component": COMPONENT_2.hex(),
    "64 bits in decimal": str(int.from_bytes(SMALL_KEY, "big")),
    "password": f"user till, password {PASSWORD}",
    "password in base64": base64.b64encode(f"till:{PASSWORD}".encode()),
    "share": SHARES[2].lower(),
    "share with a mistake": SHARES[1][:-1] + "!",
    "half a share": SHARES[1][: len(SHARES[1]) // 2],
    "the end of a password": PASSWORD[10:],
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_secret_is_found_in_every_form(form: str) -> None:
    content = FORMS[form]
    assert SEARCH.found_in(content)
    assert not SEARCH.found_in(content[: len(content) // 4])


def test_every_secret_is_found_and_what_is_told_of_it_is_not_the_secret() -> None:
    for name, secret in SECRETS.items():
        found = Search({name: secret}).found_in(
            b"..." + (secret.encode() if isinstance(secret, str) else secret)
        )
        assert found
        assert not SEARCH.found_in(" ".join(found))


def test_the_components_make_the_key_and_no_form_is_short() -> None:
    assert xor(COMPONENT_1, COMPONENT_2) == VENDING_KEY
    assert min(len(form) for secret in SECRETS.values() for form in forms_of(secret).values()) >= 8


def test_nothing_is_found_where_nothing_is_planted() -> None:
    texts = [
        Path(name).read_bytes() for name in (__file__, ROOT / "tests" / "planted.py", ROOT / "README.md")
    ]
    assert [SEARCH.found_in(text) for text in texts] == [[], [], []]


LEAKING = """
import sys, warnings
import pytest
from tests.planted import PASSWORD, VENDING_KEY

def test_nothing():
    assert VENDING_KEY

def test_print():
    print(VENDING_KEY.hex())

def test_log():
    sys.stderr.write(PASSWORD)

def test_raise():
    raise RuntimeError(f"cannot use {VENDING_KEY!r}")

def test_warn():
    warnings.warn(f"{int.from_bytes(VENDING_KEY[:8], 'big')} is old")

@pytest.mark.parametrize("key", [VENDING_KEY.hex()])
def test_id(key):
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_session_that_shows_a_planted_secret_fails(words: tuple[str, ...], tmp_path: Path) -> None:
    """In what is printed, logged, raised or warned of, and in the name of a test; and it says where."""
    cases = (("nothing", False), ("print", True), ("log", True), ("warn", True), ("id", True))
    for name, leaks in cases[:2] if words else cases:
        ended = _session(tmp_path, name, words)
        assert ("planted secrets were shown" in ended.stdout) is leaks, name
        assert ended.returncode == (1 if leaks else 0), name
        if leaks and not words:
            told = ended.stdout[ended.stdout.index("planted secrets were shown") :]
            assert re.search(r"shows: (vending key|password) \(", told)
            assert name == "id" or not SEARCH.found_in(told.split("short test summary")[0]), name
    if not words:
        assert "planted secrets were shown" in _session(tmp_path, "raise", words).stdout


def _session(folder: Path, name: str, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    (folder / "test_leaking.py").write_text(LEAKING)
    options = ["-p", "tests.planted", "-p", "no:cacheprovider", "--rootdir", str(folder), "-c", "/dev/null"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *words, f"test_leaking.py::test_{name}"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
