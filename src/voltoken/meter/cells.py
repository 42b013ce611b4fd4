"""What a meter keeps through a power cut, as values: one immutable value for each cell of its memory.

``memory`` writes them, ``document`` turns them into a file and back. Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from voltoken.sts import (
    EA,
    KEN,
    KRN,
    SGC,
    TI,
    CarriedKey,
    DecoderKey,
    KeyChangeSection,
    KeyCheckValue,
    KeyType,
    key_check_value,
)

LAST_CREDIT: Final = 5
"""How many accepted credit tokens a meter can show again."""
LAST_MANAGEMENT: Final = 3
"""How many accepted management tokens a meter can show again."""


@dataclass(frozen=True, slots=True)
class DecoderKeyRegister:
    """The decoder key register (DKR): the key and what the meter knows about it (clause 7.3).

    key: 8 or 16 bytes, never shown. krn, ti, sgc: None where they were never told to the meter; an SGC
    comes with three- and four-token sets only. A meter does not know the base date its TIDs count from.
    test: the bytes are published or made up.
    """

    key: bytes = field(repr=False)
    ea: EA
    kt: KeyType
    krn: KRN | None
    ti: TI | None
    sgc: SGC | None
    ken: KEN
    test: bool

    @classmethod
    def of(cls, key: DecoderKey) -> DecoderKeyRegister:
        """Return the register of a meter that was given key."""
        return cls(key.key, key.ea, key.kt, key.krn, key.ti, key.sgc, key.ken, key.test)

    def loaded(self, new: CarriedKey, *, keeps_ken: bool) -> DecoderKeyRegister:
        """Return the register after a key change. keeps_ken: the meter knows no key expiry."""
        ken = self.ken if keeps_ken else new.ken
        sgc = self.sgc if new.sgc is None else new.sgc
        return DecoderKeyRegister(new.key, self.ea, new.kt, new.krn, new.ti, sgc, ken, self.test)

    def decoder_key(self) -> DecoderKey:
        """Return the key as the protocol's functions take it; its base date is not known here."""
        return DecoderKey(
            self.key, self.ea, self.sgc, self.krn, self.ti, self.kt, ken=self.ken, test=self.test
        )

    @property
    def check_value(self) -> KeyCheckValue:
        """The key check value, which identifies the key without showing it."""
        return key_check_value(self.key)


class EmergencyState(StrEnum):
    """Where emergency credit stands."""

    OFF = "off"
    INVOKED = "invoked"
    CONSUMED = "consumed"


class Balance(NamedTuple):
    """Credit and consumption, in one cell because they change together.

    credit: counts left; below zero what emergency credit or friendly hours have lent.
    total: counts ever drawn. owed: currency meters: the part of a step already used and not yet charged.
    emergency: state of emergency credit. cut_off: credit ran out and the supply was opened for it.
    """

    credit: int
    total: int = 0
    owed: Fraction = Fraction(0)
    emergency: EmergencyState = EmergencyState.OFF
    cut_off: bool = False


class Limits(NamedTuple):
    """What tokens and short codes have set.

    power_w, unbalance_w: watts, or None for a meter without that limit.
    tariff_rate, water_factor: the raw 16 bits of the token, whose meaning the standard reserves.
    low_credit: counts from which the alarm sounds. alarm_minutes: how often it is repeated.
    """

    power_w: int | None = None
    unbalance_w: int | None = None
    tariff_rate: int | None = None
    water_factor: int | None = None
    low_credit: int = 0
    alarm_minutes: int = 0


class Pending(NamedTuple):
    """Sections of an incomplete key change set. since: when the last one was accepted, None without any."""

    sections: tuple[KeyChangeSection, ...] = ()
    since: datetime | None = None


class Tamper(NamedTuple):
    """condition: a tamper was noticed and not yet cleared. The counters are never reset."""

    condition: bool = False
    cover: int = 0
    terminal: int = 0
    magnet: int = 0


class CreditEntry(NamedTuple):
    """An accepted credit token. token: its 20 digits. counts: what it added."""

    token: str
    counts: int

    def __repr__(self) -> str:
        """Return the amount; a token is worth money and not shown."""
        return f"CreditEntry({self.counts})"


class History(NamedTuple):
    """What the meter can tell about its past; newest entries first.

    Key change tokens are not kept: under the old key they show the new one.
    """

    credit_tokens: int = 0
    credit_counts: int = 0
    last_credit: tuple[CreditEntry, ...] = ()
    management_tokens: int = 0
    last_management: tuple[str, ...] = ()
    overload_trips: int = 0
    power_failures: int = 0

    def __repr__(self) -> str:
        """Return the counters; tokens are not shown."""
        return (
            f"History(credit_tokens={self.credit_tokens}, management_tokens={self.management_tokens}, "
            f"overload_trips={self.overload_trips}, power_failures={self.power_failures})"
        )

    def with_credit(self, token: str, counts: int) -> History:
        """Return the history with one more credit token."""
        last = (CreditEntry(token, counts), *self.last_credit)[:LAST_CREDIT]
        return History(self.credit_tokens + 1, self.credit_counts + counts, last, *self[3:])

    def with_management(self, token: str) -> History:
        """Return the history with one more management token."""
        return self._replace(
            management_tokens=self.management_tokens + 1,
            last_management=(token, *self.last_management)[:LAST_MANAGEMENT],
        )

    def with_trip(self) -> History:
        """Return the history with one more overload."""
        return self._replace(overload_trips=self.overload_trips + 1)

    def with_power_failure(self) -> History:
        """Return the history with one more power failure."""
        return self._replace(power_failures=self.power_failures + 1)


class Failures(NamedTuple):
    """Refused tokens in a row on one entry path. since: when the last of them came."""

    in_a_row: int
    since: datetime
