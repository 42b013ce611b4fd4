"""What ``explain`` finds out about a token, as values: steps of its path, fields of its block."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from voltoken.errors import TokenError
from voltoken.sts.tokens import Token


class StepKind(StrEnum):
    """Which step of the path it is: members are what programs compare, values are the English titles."""

    DIGITS = "20 digits"
    NUMBER = "66 bits"
    CLASS = "class"
    PLAIN_BLOCK = "64-bit block"
    ENCRYPTED_BLOCK = "encrypted block"
    DECRYPTED_BLOCK = "decrypted block"
    CHECKSUM = "checksum"
    SUBCLASS = "subclass"
    STOP = "stop"
    """Why the path ends before the fields."""


class Step(NamedTuple):
    """One step: which it is, the value at that point, what happens there in a sentence."""

    title: StepKind
    value: str
    text: str


class FieldValue(NamedTuple):
    """One field of the block: its bits, its raw value in hexadecimal and what it means."""

    name: str
    bits: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What ``explain`` found out.

    summary: what the token does, in a sentence or two.
    steps, fields: the path; fields are empty when the block could not be read.
    block: the plain block, 16 hexadecimal digits with those of a key hidden; empty without a key.
    token: the token, or None; error: why there is none, or None when there is or no key was given.
    """

    summary: str
    steps: tuple[Step, ...]
    fields: tuple[FieldValue, ...] = ()
    block: str = ""
    token: Token | None = None
    error: TokenError | None = None
