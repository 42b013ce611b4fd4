"""Secrets that tests plant, every form in which they could leak, and a search through what a session prints.

All of them are made up here, from fixed words, and are worth nothing. Published test keys are none of them:
those are shown on purpose. Loaded as a plugin (``tests/conftest.py`` does), this makes a session fail in
whose output, captured or shown, one of them occurs.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from voltoken.security import randomness_bytes, split
from voltoken.sts import odd_parity

WORD: Final = 8
"""Bytes that are enough to be a leak: a DES key, half of a decoder key."""
PIECE: Final = 16
"""Characters of a text that are enough."""
_SHORTEST: Final = 8
"""Shorter forms are not searched for: they occur by chance."""


def made_of(words: str, size: int) -> bytes:
    """Return bytes made of words, always the same."""
    return hashlib.sha512(f"planted: {words}".encode()).digest()[:size]


def xor(*parts: bytes) -> bytes:
    """Return the XOR of parts of one length."""
    whole = bytes(len(parts[0]))
    for part in parts:
        whole = bytes(a ^ b for a, b in zip(whole, part, strict=True))
    return whole


VENDING_KEY: Final = made_of("a vending key", 20)
COMPONENT_1: Final = made_of("a component", 20)
COMPONENT_2: Final = xor(VENDING_KEY, COMPONENT_1)
SMALL_KEY: Final = made_of("a key of 64 bits", 8)
WRONG_KEY: Final = made_of("a key that is refused", 20)
CUSTODIANS: Final = {name: odd_parity(made_of(f"component of {name}", 8)) for name in ("carol", "dan", "eve")}
"""What the custodians of a ceremony in a centre enter; together they are a key of 64 bits."""
PASSPHRASE: Final = f"planted passphrase {made_of('a passphrase', 12).hex()}"
WRONG_PASSPHRASE: Final = f"planted mistake {made_of('a wrong passphrase', 12).hex()}"
PASSWORD: Final = f"planted-password-{made_of('a password', 12).hex()}"
WRONG_PASSWORD: Final = f"planted-guess-{made_of('a wrong password', 12).hex()}"
ROOT: Final = made_of("a root key", 32)
SHARES: Final = tuple(
    share.text for share in split(ROOT, 2, 3, made_of("a polynomial", 64)[: randomness_bytes(32, 2)])
)

SECRETS: Final[Mapping[str, bytes | str]] = {
    "vending key": VENDING_KEY,
    "first component": COMPONENT_1,
    "second component": COMPONENT_2,
    "key of 64 bits": SMALL_KEY,
    "refused key": WRONG_KEY,
    **{f"component of {name}": part for name, part in CUSTODIANS.items()},
    "key of the custodians": xor(*CUSTODIANS.values()),
    "passphrase": PASSPHRASE,
    "wrong passphrase": WRONG_PASSPHRASE,
    "password": PASSWORD,
    "wrong password": WRONG_PASSWORD,
    "root key": ROOT,
    **{f"share {number}": text for number, text in enumerate(SHARES, 1)},
}
"""Everything that is planted, by the name under which a leak is told."""


def forms_of(secret: bytes | str) -> dict[str, bytes]:
    """Return every form of a secret in which it could leak, as the bytes that a text would hold.

    Bytes are also looked for in words of eight, whole ones: half a key is a leak.
    """
    raw = secret.encode() if isinstance(secret, str) else secret
    found: dict[str, bytes] = {}
    words = {f" from byte {at}": raw[at : at + WORD] for at in range(0, len(raw) - WORD + 1, WORD)}
    for place, part in {"": raw, **({} if isinstance(secret, str) else words)}.items():
        digits = part.hex()
        spaced = {
            size: " ".join(digits[at : at + size] for at in range(0, len(digits), size)) for size in (2, 4, 8)
        }
        texts = {
            "hex": digits,
            "HEX": digits.upper(),
            **{f"hex by {size}": text for size, text in spaced.items()},
            **{f"HEX by {size}": text.upper() for size, text in spaced.items()},
            "hex with colons": part.hex(":"),
            "bytes repr": repr(part)[2:-1],
            "list": ", ".join(map(str, part)),
        }
        if part is raw or len(part) == WORD:
            texts["decimal"] = str(int.from_bytes(part, "big"))
        found |= {f"{name}{place}": text.encode() for name, text in texts.items()}
        found[f"raw{place}"] = part
    found |= _base64(raw)
    if isinstance(secret, str):
        # The first piece is words of ours, or what all shares of a set have in common.
        pieces = [secret[at : at + PIECE] for at in range(PIECE, len(secret) - PIECE + 1, PIECE)]
        found |= {f"piece {number}": one.encode() for number, one in enumerate(pieces, 1)}
        found |= {"upper case": secret.upper().encode(), "lower case": secret.lower().encode()}
    return {name: form for name, form in found.items() if len(form) >= _SHORTEST}


def _base64(raw: bytes) -> dict[str, bytes]:
    """Return the letters of base64 that are the same wherever in a longer text the bytes begin."""
    found = {}
    for shift in range(3):
        plain = base64.b64encode(bytes(shift) + raw)
        begin = -(-shift * 4 // 3)
        end = (shift + len(raw)) // 3 * 4
        found[f"base64 +{shift}"] = plain[begin:end]
        found[f"base64 urlsafe +{shift}"] = plain[begin:end].translate(bytes.maketrans(b"+/", b"-_"))
    return found


class Search:
    """Looks for secrets in whatever is given to it. secrets: by name."""

    def __init__(self, secrets: Mapping[str, bytes | str]) -> None:
        self._forms = [
            (f"{name} ({kind})", form)
            for name, secret in secrets.items()
            for kind, form in forms_of(secret).items()
        ]

    def found_in(self, content: bytes | str) -> list[str]:
        """Return the names and forms of all secrets that content holds. Never the secrets."""
        data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        return [name for name, form in self._forms if form in data]


SEARCH: Final = Search(SECRETS)


@dataclass
class _Session:
    """What a session has shown that it should not. leaks: sentences without the secrets."""

    leaks: list[str] = field(default_factory=list)

    def look(self, where: str, texts: Iterable[str]) -> None:
        """Look through texts of one place."""
        found = SEARCH.found_in("\n".join(texts))
        if found:
            self.leaks.append(
                f"{'A test' if SEARCH.found_in(where) else where} shows: {', '.join(found[:3])}"
            )


_SESSION: Final = _Session()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Look through what a test printed and how it failed; with xdist, where all reports come together."""
    shown = [str(report.longrepr) if report.longrepr else "", *(text for _, text in report.sections)]
    _SESSION.look(report.nodeid, [report.nodeid, *shown])


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Look through what is said of a file that cannot be collected."""
    _SESSION.look(report.nodeid, [str(report.longrepr) if report.longrepr else ""])


def pytest_warning_recorded(warning_message: Any, nodeid: str) -> None:
    """Look through a warning."""
    _SESSION.look(nodeid or "a warning", [str(warning_message.message)])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say where something leaked."""
    if _SESSION.leaks:
        terminalreporter.section("planted secrets were shown", red=True)
        for leak in _SESSION.leaks:
            terminalreporter.line(leak)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session if something leaked."""
    if _SESSION.leaks and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
