"""What the batch commands have in common: a step is made for each row, and says what it adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from voltoken.cli.batch.ring import KeyRing, RowRefused
from voltoken.cli.keys import KeyOptions
from voltoken.cli.times import When
from voltoken.errors import VoltokenError
from voltoken.sts import TCT, TI

Texts = tuple[str, ...]

DIFFERS: Final = "batch.differs"
BAD_ROW: Final = "batch.row"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options of a batch say about every row.

    keys, to_keys: key files. key: what the options say about the keys. when: fixed before the work begins.
    """

    keys: Texts
    to_keys: Texts = ()
    key: KeyOptions = KeyOptions()
    when: When = When()
    type: str = ""
    tct: TCT = TCT("02")
    roll_over: bool = False
    carry_sgc: bool = False
    unchecked: bool = False

    @property
    def ti(self) -> TI | None:
        """The tariff index where a row says none."""
        return self.key.ti


class Step(Protocol):
    """One of the three things that are made for every row.

    needed: columns that must be there. known: all that are looked at. added: columns that come behind, the
    last two for code and message of an error. carriers: how many of the first added ones hold a token.
    """

    name: ClassVar[str]
    known: ClassVar[Texts]
    added: ClassVar[Texts]
    settings: Settings
    ring: KeyRing

    @staticmethod
    def needed(settings: Settings) -> Texts:
        """Return the columns that must be there."""

    @property
    def rings(self) -> tuple[KeyRing, ...]:
        """The rings of keys it uses."""

    def make(self, cells: Mapping[str, str]) -> Texts:
        """Return what is added to a row. Raises VoltokenError or RowRefused."""

    def count(self, made: Texts) -> int:
        """Return how many tokens a row has come to."""


def make_row(step: Step, cells: Mapping[str, str]) -> Texts:
    """Return what is added to a row, whatever is wrong with it; never raises for a row.

    cells: by the names of their columns, without blanks around them.
    """
    try:
        return step.make(cells)
    except (VoltokenError, RowRefused) as error:
        return refusal(step, error.code, error.message)


def refusal(step: Step, code: str, message: str) -> Texts:
    """Return what is added to a row that was refused."""
    return (*[""] * (len(step.added) - 2), code, message)
