"""Meters and tokens as their lists tell of them, and the plan by which meters are brought to a new key.

Days are counted as ``datetime.date.toordinal`` counts them. Nothing is rounded: how often a meter buys is a
whole number of purchases in a whole number of days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Final, NamedTuple

from voltoken.errors import FieldError
from voltoken.sts import EA, BaseDate

WAVES_MAX: Final = 200
"""The most waves of a plan."""
VISITS_MAX: Final = 1_000_000
"""The most visits in a day."""
MISSED_DEFAULT: Final = 3
DAYS_MAX: Final = 3_660
"""The longest span of days that a list or a plan may name: about ten years."""


class Setup(NamedTuple):
    """What a meter holds, as a list tells it. module: the one that serves it, empty where nobody said."""

    sgc: str
    krn: int
    ti: str
    ea: EA
    base_date: BaseDate
    ken: int
    tct: str
    module: str = ""

    @property
    def key(self) -> str:
        """The id of its vending key: ``123456/2``."""
        return f"{self.sgc}/{self.krn}"


class Cadence(NamedTuple):
    """How a meter buys. last: day of its last purchase, 0 when there was none or nobody says.

    purchases: how many there are in window days; 0 for a meter that does not buy.
    """

    last: int
    purchases: int
    window: int

    @property
    def interval(self) -> Fraction | None:
        """Days from one purchase to the next, exactly; None for a meter that does not buy."""
        return Fraction(self.window, self.purchases) if self.purchases else None

    def is_silent(self, day: int, missed: int) -> bool:
        """Whether by a day the meter has let pass more than this many of its own intervals."""
        if not self.last:
            return not self.purchases
        return not self.purchases or (day - self.last) * self.purchases > missed * self.window

    def next_from(self, day: int) -> int:
        """Return the first day, not before day, on which it buys; for a meter that buys at all.

        Its purchases lie whole intervals after the last one; each counts on the day it is complete. Where
        nobody says when the last one was, it is taken to have been that day: the longest wait.
        """
        if not self.last:
            return day - (-self.window // self.purchases)
        turn = max(1, (day - self.last - 1) * self.purchases // self.window + 1)
        return self.last - (-turn * self.window // self.purchases)


class Meter(NamedTuple):
    """A row of a list of meters."""

    pan: str
    setup: Setup
    cadence: Cadence


class Issued(NamedTuple):
    """A row of a list of tokens: what is known of one that was issued. The number itself is never in it."""

    pan: str
    tid: int
    sgc: str
    krn: int
    issued_at: datetime
    module: str

    @property
    def key(self) -> str:
        """The id of the vending key it was made under."""
        return f"{self.sgc}/{self.krn}"


@dataclass(frozen=True, slots=True)
class Wave:
    """Meters that get their key change from a day on, with the next purchase.

    size: how many at most, None for all that are left. modules, eas, sgcs: only meters of these; empty for
    any. Raises FieldError.
    """

    name: str
    opens: date
    size: int | None = None
    modules: frozenset[str] = frozenset()
    eas: frozenset[str] = frozenset()
    sgcs: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.size is not None and self.size < 1:
            raise FieldError("size", self.size, "1 or more; leave it out for all that are left")

    def takes(self, setup: Setup) -> bool:
        """Whether a meter of this setup may be in the wave."""
        return (
            (not self.modules or setup.module in self.modules)
            and (not self.eas or setup.ea.value in self.eas)
            and (not self.sgcs or setup.sgc in self.sgcs)
        )


@dataclass(frozen=True, slots=True)
class WavePlan:
    """How meters are brought to the new key: in waves, with what they buy, and by visits.

    visits_per_day: how many meters people can visit in a day, in all; 0 for none. Visited are those of open
        waves that have fallen silent, and after visit_after days those that would come last by themselves.
    visit_after: days after a wave has opened; None to visit silent meters only.
    missed: a meter that has missed more than this many of its own purchases counts as silent.
    Raises FieldError.
    """

    waves: tuple[Wave, ...]
    visits_per_day: int = 0
    visit_after: int | None = None
    missed: int = MISSED_DEFAULT

    def __post_init__(self) -> None:
        if not 1 <= len(self.waves) <= WAVES_MAX:
            raise FieldError("waves", len(self.waves), f"1 to {WAVES_MAX} waves")
        if len({wave.name for wave in self.waves}) < len(self.waves):
            raise FieldError("waves", ", ".join(wave.name for wave in self.waves), "waves of different names")
        if not 0 <= self.visits_per_day <= VISITS_MAX:
            raise FieldError("visits_per_day", self.visits_per_day, f"0 to {VISITS_MAX}")
        if self.visit_after is not None and not 0 <= self.visit_after <= DAYS_MAX:
            raise FieldError("visit_after", self.visit_after, f"0 to {DAYS_MAX} days")
        if not 1 <= self.missed <= 1000:
            raise FieldError("missed", self.missed, "1 to 1000 purchases")

    @classmethod
    def at_once(cls, opens: date, visits_per_day: int = 0) -> WavePlan:
        """Return the plan of one wave for all meters."""
        return cls((Wave("all", opens),), visits_per_day)


class Fault(NamedTuple):
    """A row that was left out. line: from 1, of the file. column: empty where it is the whole row."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Faults:
    """Rows that were left out. shown: the first ones; count: of all."""

    shown: tuple[Fault, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True)
class MeterList:
    """A list of meters that was read. digest: SHA-256 of its text, which says which list it was."""

    meters: tuple[Meter, ...]
    faults: Faults = field(default_factory=Faults)
    digest: str = ""


@dataclass(frozen=True, slots=True)
class TokenList:
    """A list of tokens that was read. digest: SHA-256 of its text."""

    tokens: tuple[Issued, ...]
    faults: Faults = field(default_factory=Faults)
    digest: str = ""
