"""The supply side of the naive meter: credit, relay and everything that opens it.

One count at a time, and after each event every reason to be open is judged afresh.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

COUNTS_PER_UNIT = (1000, 1000, 1000, 60)
"""Wh in a kWh, litres in a cubic metre (twice), seconds in a minute."""

DETECTS_TAMPER, SERVICE_OFF, TAMPER_OPENS, POWER_OPENS, PREPAYMENT = 1, 2, 3, 4, 6
"""Numbers of flags; prepayment is one flag for each commodity, from 6 on (section 4.3)."""


class NaiveSupply:
    """What a meter has sold and still owes. per_unit: flat price of a unit in 10**-5, for currency."""

    def __init__(self, profile: Any, per_unit: int = 0) -> None:
        self.profile = profile
        self.service = int(profile.service)
        self.counts_per_unit = COUNTS_PER_UNIT[self.service % 4]
        self.per_count = Fraction(per_unit, self.counts_per_unit)
        self.credit, self.owed, self.total = 0, Fraction(0), 0
        self.emergency = "off"
        self.flags: dict[int, bool] = dict.fromkeys(profile.flags_set, True)
        limits = {"power limit": profile.power_limit_w, "phase unbalance": profile.unbalance_limit_w}
        self.limits = {name: watts for name, watts in limits.items() if watts is not None}
        self.tampers: dict[str, int] = {}
        self.tampered = False
        self.trips: dict[str, datetime] = {}
        self.trips_in_a_row = 0
        self.reasons: set[str] = {"credit"} if self.is_prepaid else set()
        self.relay = "disconnected"

    # ------------------------------------------------------------------ what holds

    @property
    def is_prepaid(self) -> bool:
        """Whether the flag of the meter's commodity says prepayment."""
        return self.flags.get(PREPAYMENT + self.service % 4, False)

    @property
    def floor(self) -> int:
        """How far credit may fall."""
        return -self.profile.emergency.amount if self.emergency == "invoked" else 0

    def is_friendly(self, now: datetime) -> bool:
        """Whether the meter does not cut off now: hours past midnight belong to the day before."""
        local = now + timedelta(minutes=self.profile.utc_offset_minutes)
        minute, today, yesterday = local.hour * 60 + local.minute, local.isoweekday(), local.isoweekday() - 1
        for hours in self.profile.friendly:
            if hours.start < hours.end:
                if today in hours.days and hours.start <= minute < hours.end:
                    return True
            elif (today in hours.days and minute >= hours.start) or (
                (yesterday or 7) in hours.days and minute < hours.end
            ):
                return True
        return False

    # ------------------------------------------------------------------ what happens

    def settle(self, now: datetime) -> None:
        """Judge every reason to be open at a moment, and switch the relay."""
        if self.profile.emergency is not None:
            if self.credit > self.profile.emergency.threshold:
                self.emergency = "off"
            elif self.emergency == "invoked" and self.credit <= -self.profile.emergency.amount:
                self.emergency = "consumed"
        self.trips = {reason: until for reason, until in self.trips.items() if now < until}
        reasons = set(self.trips)
        spent = self.is_prepaid and self.credit <= self.floor
        if spent and ("credit" in self.reasons or not self.is_friendly(now)):
            reasons.add("credit")
        if self.tampered and self.flags.get(TAMPER_OPENS):
            reasons.add("tamper")
        if self.flags.get(SERVICE_OFF):
            reasons.add("service")
        self.reasons = reasons
        if reasons:
            self.relay = "disconnected"
        elif self.relay == "disconnected":
            self.relay = "ready" if self.profile.reconnect_by_key else "connected"

    def use(
        self, quantity: int, now: datetime, seconds: int = 60, phases: tuple[int, ...] | None = None
    ) -> int:
        """Draw counts from the supply; return how many were served."""
        self.settle(now)
        if self.relay != "connected":
            return 0
        tripped = self._over_limits(quantity, seconds, phases)
        if tripped:
            quantity = quantity * min(seconds, self.profile.trip_after_s) // seconds
        served = 0
        stops = self.is_prepaid and not self.is_friendly(now)
        while served < quantity and not (stops and self.credit <= self.floor):
            self._draw_one()
            served += 1
        if tripped:
            pauses = self.profile.recover_s
            pause = pauses[min(self.trips_in_a_row, len(pauses) - 1)]
            self.trips = {tripped: now + timedelta(seconds=pause)}
        self.trips_in_a_row = self.trips_in_a_row + 1 if tripped else 0
        self.settle(now)
        return served

    def _over_limits(self, quantity: int, seconds: int, phases: tuple[int, ...] | None) -> str | None:
        """Return which limit a load exceeds, power before unbalance; flag 4 is about power only."""
        loads = {"power limit": quantity * 3600 // seconds} if self.flags.get(POWER_OPENS) else {}
        if phases:
            loads["phase unbalance"] = max(phases) - min(phases)
        for name, watts in loads.items():
            if name in self.limits and watts > self.limits[name]:
                return name
        return None

    def _draw_one(self) -> None:
        """Pay for one count: units fall by one, money by the price, of which the fraction is owed."""
        self.total += 1
        if self.service < 4:
            self.credit -= 1
            return
        self.owed += self.per_count
        whole = int(self.owed)
        self.credit, self.owed = self.credit - whole, self.owed - whole

    def tamper(self, kind: str, now: datetime) -> None:
        """Count an attack; it is a condition when the flag says so."""
        self.tampers[kind] = self.tampers.get(kind, 0) + 1
        if self.flags.get(DETECTS_TAMPER):
            self.tampered = True
        self.settle(now)

    def take_emergency(self, now: datetime) -> bool:
        """Ask for emergency credit; say whether it was given."""
        self.settle(now)
        rule = self.profile.emergency
        given = rule is not None and self.emergency == "off" and 0 <= self.credit <= rule.threshold
        if given:
            self.emergency = "invoked"
        self.settle(now)
        return given

    def clear_credit(self) -> None:
        """Set credit, and what is owed below a step, to nothing."""
        self.credit, self.owed, self.emergency = 0, Fraction(0), "off"

    def reconnect(self, now: datetime) -> bool:
        """Press the key that closes a relay which is ready; say whether the supply is on then."""
        self.settle(now)
        if self.relay == "ready":
            self.relay = "connected"
        return self.relay == "connected"

    def power_cycle(self, now: datetime) -> None:
        """Lose power and get it back: trips are over."""
        self.trips, self.trips_in_a_row = {}, 0
        self.settle(now)
