"""What a meter answers: token results with their register codes, and the answer to one entry.

A refusal is a value, not an exception: a customer who types a wrong number has done nothing exceptional.
The names are the standard's; the codes are those of the token result register as one manufacturer prints
them (``registry.TOKEN_RESULTS``), which leaves 3rdKCT and 4thKCT of IEC edition 3 without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from voltoken.sts import Token, registry


class TokenResult(StrEnum):
    """The verdict on one entered token (TokenResult of IEC 62055-41); the value is the standard's name."""

    ACCEPT = "Accept"
    KCT1 = "1stKCT"
    KCT2 = "2ndKCT"
    KCT3 = "3rdKCT"
    KCT4 = "4thKCT"
    OVERFLOW = "OverflowError"
    KEY_TYPE = "KeyTypeError"
    FORMAT = "FormatError"
    RANGE = "RangeError"
    FUNCTION = "FunctionError"
    OLD = "OldError"
    USED = "UsedError"
    KEY_EXPIRED = "KeyExpiredError"
    DDTK = "DDTKError"
    CRC = "CRCError"
    MFR_CODE = "MfrCodeError"
    LOCKOUT = "lockout"
    NOT_READY = "not ready"
    """Power failed before the meter could answer; what was entered is either done or not, never half."""

    @property
    def code(self) -> int | None:
        """The value of the token result register, or None where no public source gives one."""
        return _CODES[self.value]

    @property
    def meaning(self) -> str:
        """What the result says, in a few words."""
        return _MEANINGS[self.value]

    @property
    def is_accepted(self) -> bool:
        """Whether the meter took the token: Accept, or a section of a key change awaiting others."""
        return self in _ACCEPTED


_CODES: Final = {row.name: int(row.code) if row.code else None for row in registry.TOKEN_RESULTS}
_MEANINGS: Final = {row.name: row.meaning for row in registry.TOKEN_RESULTS}
KCT_RESULTS: Final = (TokenResult.KCT1, TokenResult.KCT2, TokenResult.KCT3, TokenResult.KCT4)
"""Results for an accepted key change section, by its number less one."""
_ACCEPTED: Final = frozenset((TokenResult.ACCEPT, *KCT_RESULTS))


class EntryPath(StrEnum):
    """The way a token came in; each has a lockout of its own, so that one cannot block another."""

    KEYPAD = "keypad"
    REMOTE = "remote"
    PORT = "port"
    CARD = "card"


class TamperKind(StrEnum):
    """What a tamper sensor noticed; each kind has a counter."""

    COVER = "cover"
    TERMINAL = "terminal"
    MAGNET = "magnet"


class TestShown(NamedTuple):
    """One test or display of a class 1 token. number: of the test. name: of it. text: what is displayed."""

    number: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of entering one token.

    result: the verdict. token: what the digits held, or None when they could not be read.
    credited: counts of credit (Wh, litres, seconds; 10**-5 of the currency) that were added, else 0.
    tests: what a class 1 token displays. missing: numbers of key change sections still awaited.
    lockout_s: seconds until this entry path takes a meter specific token again; 0 when at once.
    in_a_row: refused tokens in a row on this entry path that count towards its lockout.
    """

    result: TokenResult
    token: Token | None = None
    credited: int = 0
    tests: tuple[TestShown, ...] = ()
    missing: tuple[int, ...] = ()
    lockout_s: int = 0
    in_a_row: int = 0
