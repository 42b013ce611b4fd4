"""The supply behind the meter: consumption, credit that falls with it, and the relay or valve.

The relay is closed unless there is a reason for it to be open, and what has no reason is not open: every
rule about disconnection is one line of ``_reasons``. Credit falls by whole counts, with what is smaller
than a step carried in ``Balance.owed``; what is drawn and what it costs is written in one cell, so that a
power cut loses either both or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from voltoken.meter.cells import Balance, EmergencyState
from voltoken.meter.memory import Memory, PowerFailure
from voltoken.meter.price import PriceFunction, least_quantity
from voltoken.meter.profile import (
    FLAG_DISCONNECT_ON_POWER,
    FLAG_DISCONNECT_ON_TAMPER,
    FLAG_DISCONNECT_SERVICE,
    FLAG_PREPAYMENT,
    Profile,
)


class Relay(StrEnum):
    """The disconnector, as DLMS/COSEM class 70 knows it."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    READY = "ready"
    """Nothing keeps it open any more; somebody has to press the key."""


class Reason(StrEnum):
    """Why the supply is disconnected."""

    CREDIT = "credit"
    POWER_LIMIT = "power limit"
    UNBALANCE = "phase unbalance"
    TAMPER = "tamper"
    SERVICE = "service"
    """Disconnected by the utility, with a flag token."""


class Trip(NamedTuple):
    """An overload that opened the relay. until: when it closes again."""

    reason: Reason
    until: datetime


_OFF: Final = EmergencyState.OFF
_INVOKED: Final = EmergencyState.INVOKED


class Supply:
    """Consumption and relay of one meter.

    is_closed: the position of the relay, which it keeps without power. trip: the overload that holds it
    open. trips_in_row: overloads without proper use in between. power_w: average power of the last interval.
    """

    __slots__ = ("_prepayment", "is_closed", "memory", "power_w", "price", "profile", "trip", "trips_in_row")
    trip: Trip | None
    power_w: int

    def __init__(self, memory: Memory, profile: Profile, price: PriceFunction | None) -> None:
        self.memory = memory
        self.profile = profile
        self.price = price
        self._prepayment = FLAG_PREPAYMENT + (profile.service & 3)
        self.is_closed = False
        self.trip = None
        self.trips_in_row = 0
        self.power_w = 0

    @property
    def relay(self) -> Relay:
        """The relay's position, and whether it may be closed by hand."""
        if self.is_closed:
            return Relay.CONNECTED
        return Relay.DISCONNECTED if self.reasons else Relay.READY

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the supply is disconnected, or would be; empty when nothing speaks against it."""
        memory = self.memory
        found = [Reason.CREDIT] if memory.balance.cut_off else []
        if self.trip is not None:
            found.append(self.trip.reason)
        if memory.tamper.condition and FLAG_DISCONNECT_ON_TAMPER in memory.flags:
            found.append(Reason.TAMPER)
        if FLAG_DISCONNECT_SERVICE in memory.flags:
            found.append(Reason.SERVICE)
        return tuple(found)

    def draw(self, quantity: int, now: datetime, seconds: int, phases_w: Sequence[int] | None) -> int:
        """Draw counts over the seconds before now; return how many were served.

        Raises PowerFailure; then nothing was drawn.
        """
        self.settle(now)
        if not self.is_closed:
            self.power_w = 0
            return 0
        memory, watts = self.memory, quantity * 3600 // seconds
        reason = self._overload(watts, phases_w)
        if reason is None:
            self.trips_in_row = 0
            if quantity:
                quantity, balance = self._charged(quantity, now)
                memory.write("balance", balance)
        else:
            drawn = quantity * min(seconds, self.profile.trip_after_s) // seconds
            quantity, balance = self._charged(drawn, now)
            try:
                memory.commit({"balance": balance, "history": memory.history.with_trip()})
            except PowerFailure:
                # Once it is in the journal it has happened, and the relay is open, whatever the power does.
                self.is_closed = memory.journal is None
                raise
            self._open(reason, now)
        if memory.balance.cut_off:
            self.is_closed = False
        self.power_w = watts if self.is_closed else 0
        return quantity

    def settle(self, now: datetime) -> None:
        """Let time and changed state take effect: ended trips, credit that came or ran out, the relay.

        Raises PowerFailure.
        """
        memory = self.memory
        if self.trip is not None and now >= self.trip.until:
            self.trip = None
        balance = memory.balance
        if balance.credit <= 0 or balance.cut_off or balance.emergency is not _OFF:
            standing = self.standing(balance, now)
            if standing is not balance:
                memory.write("balance", standing)
        if self.reasons:
            self.is_closed = False
        elif not self.profile.reconnect_by_key:
            self.is_closed = True

    def standing(self, balance: Balance, now: datetime) -> Balance:
        """Return a balance with emergency credit and disconnection as they follow from its credit."""
        emergency, lent = balance.emergency, self.profile.emergency
        if emergency is not _OFF and lent is not None:
            if balance.credit > lent.threshold:
                emergency = _OFF
            elif balance.credit <= -lent.amount:
                emergency = EmergencyState.CONSUMED
        cut_off = balance.cut_off
        if self._prepayment not in self.memory.flags or balance.credit > self._floor(emergency):
            cut_off = False
        elif not self.profile.is_friendly(now):
            cut_off = True
        if emergency is balance.emergency and cut_off == balance.cut_off:
            return balance
        return balance._replace(emergency=emergency, cut_off=cut_off)

    @property
    def offers_emergency(self) -> bool:
        """Whether emergency credit can be taken now."""
        lent, balance = self.profile.emergency, self.memory.balance
        return lent is not None and balance.emergency is _OFF and 0 <= balance.credit <= lent.threshold

    def take_emergency(self, now: datetime) -> bool:
        """Take emergency credit if it is offered; say whether it was. Raises PowerFailure."""
        self.settle(now)
        if not self.offers_emergency:
            return False
        taken = self.memory.balance._replace(emergency=_INVOKED)
        self.memory.write("balance", self.standing(taken, now))
        self.settle(now)
        return True

    def _floor(self, emergency: EmergencyState) -> int:
        """Return the credit at which the supply ends."""
        lent = self.profile.emergency
        return -lent.amount if emergency is _INVOKED and lent is not None else 0

    def _charged(self, quantity: int, now: datetime) -> tuple[int, Balance]:
        """Return how much of a quantity the credit allows, and the balance after it."""
        credit, total, owed, emergency, cut_off = self.memory.balance
        price = self.price
        left = credit - self._floor(emergency)
        if price is None:
            if quantity >= left and self._is_limited(now):
                quantity = left
            spent = quantity
        else:
            due = owed + price.cost(quantity, total, now)
            if due >= left and self._is_limited(now):
                quantity = least_quantity(lambda q: owed + price.cost(q, total, now) >= left, quantity)
                due = owed + price.cost(quantity, total, now)
            spent = due.numerator // due.denominator
            owed = due - spent
        after = Balance(credit - spent, total + quantity, owed, emergency, cut_off)
        return quantity, self.standing(after, now) if after.credit <= 0 or emergency is not _OFF else after

    def _is_limited(self, now: datetime) -> bool:
        """Whether the supply ends with the credit at this time."""
        return self._prepayment in self.memory.flags and not self.profile.is_friendly(now)

    def _overload(self, watts: int, phases_w: Sequence[int] | None) -> Reason | None:
        """Return the reason to trip, if there is one."""
        memory = self.memory
        limits = memory.limits
        if limits.power_w is not None and watts > limits.power_w and FLAG_DISCONNECT_ON_POWER in memory.flags:
            return Reason.POWER_LIMIT
        if phases_w and limits.unbalance_w is not None and max(phases_w) - min(phases_w) > limits.unbalance_w:
            return Reason.UNBALANCE
        return None

    def _open(self, reason: Reason, now: datetime) -> None:
        """Open the relay after an overload."""
        delays = self.profile.recover_s
        delay = delays[min(self.trips_in_row, len(delays) - 1)]
        self.trip = Trip(reason, now + timedelta(seconds=delay))
        self.trips_in_row += 1
        self.is_closed = False


def cleared(balance: Balance) -> Balance:
    """Return a balance without credit, and without what was lent or owed."""
    return balance._replace(credit=0, owed=Fraction(0), emergency=_OFF)
