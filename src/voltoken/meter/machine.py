"""The payment meter as one thing: what can be done to it, what can be seen of it, and its power.

A meter is a state machine without input, output, clock or chance: time comes in with every call, and the
same calls give the same meter. What must survive a power cut is in its ``memory``; the relay keeps its
position; everything else is gone with the power, as in a real one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from voltoken.errors import FieldError, MeterOff
from voltoken.meter import application
from voltoken.meter.document import read_state, write_state
from voltoken.meter.keychange import NOTHING_PENDING, missing_sections
from voltoken.meter.memory import Memory, PowerFailure
from voltoken.meter.price import PriceFunction
from voltoken.meter.profile import FLAG_DETECT_TAMPER, Profile
from voltoken.meter.results import Answer, EntryPath, TamperKind, TokenResult
from voltoken.meter.supply import Reason, Relay, Supply
from voltoken.sts import EA, TID, DecoderKey, MeterPAN, STATables, TokenCipher, TokenNumber, rules

T = TypeVar("T")


class Meter:
    """A payment meter with its decoder key, its memory, its credit and its relay.

    pan: the meter's number. profile: its model. sta_tables: for EA07. price: for a currency meter.
    Make one with ``Meter.new``, or load one with ``Meter.from_document``.
    """

    __slots__ = ("_cipher", "_sta_tables", "is_powered", "last_result", "memory", "pan", "profile", "supply")
    pan: MeterPAN
    profile: Profile
    memory: Memory
    supply: Supply
    is_powered: bool
    last_result: TokenResult | None

    def __init__(
        self,
        pan: MeterPAN,
        profile: Profile,
        memory: Memory,
        sta_tables: STATables | None = None,
        price: PriceFunction | None = None,
    ) -> None:
        if (price is not None) is not profile.service.is_currency:
            need = (
                "a price for a currency meter" if price is None else "no price for a meter that counts units"
            )
            raise FieldError("price", price, need)
        if memory.key.ea.key_bits == 128 and profile.sections != 4:
            raise FieldError("sections", profile.sections, "4 for a meter with a key of 128 bits")
        if memory.key.ea is EA.STA and sta_tables is None:
            raise FieldError("sta_tables", None, "given for a meter with EA07, such as SAMPLE_TABLES")
        rules.check_carrier(memory.key.kt, profile.tct)
        self.pan = pan
        self.profile = profile
        self.memory = memory
        self.supply = Supply(memory, profile, price)
        self.is_powered = True
        self.last_result: TokenResult | None = None
        self._sta_tables = sta_tables
        self._cipher: TokenCipher | None = None

    @classmethod
    def new(
        cls,
        pan: MeterPAN,
        key: DecoderKey,
        profile: Profile,
        *,
        filled_with: int,
        sta_tables: STATables | None = None,
        price: PriceFunction | None = None,
    ) -> Meter:
        """Make a meter as it leaves the factory: no credit, disconnected, powered.

        key: its first decoder key. filled_with: the TID of the time of manufacture, counted from the base
        date of the key; older tokens are refused. sta_tables: needed for EA07. price: for currency meters.
        Raises FieldError for a key or price that does not go with the profile, RuleError for a common key
        in a meter without magnetic cards.
        """
        tids = (int(TID(filled_with)),) * profile.memory_size
        return cls(pan, profile, Memory.fresh(key, profile, tids), sta_tables, price)

    def to_document(self) -> dict[str, Any]:
        """Return the whole state as JSON values with a version. It holds the decoder key: a secret."""
        return write_state(self)

    @classmethod
    def from_document(
        cls, document: Any, *, sta_tables: STATables | None = None, price: PriceFunction | None = None
    ) -> Meter:
        """Return the meter whose state ``to_document`` wrote.

        sta_tables: needed for EA07, as documents never hold tables. price: needed for a currency meter
        whose price is not flat. Raises MeterFileError for anything else than such a document.
        """
        return read_state(cls, document, sta_tables, price)

    def enter(self, digits: str | TokenNumber, now: datetime, path: EntryPath = EntryPath.KEYPAD) -> Answer:
        """Enter a token and return what the meter answers; every text has an answer.

        digits: as typed. now: aware. path: the way it came in.
        Raises MeterOff without power, FieldError for a naive time.
        """
        answer = self._guarded(now, lambda: application.enter(self, digits, now, path))
        if answer is None:
            return Answer(TokenResult.NOT_READY)
        self.last_result = answer.result
        return answer

    def lockout_s(self, now: datetime, path: EntryPath = EntryPath.KEYPAD) -> int:
        """Return for how many more seconds a path takes no meter specific token; a started one counts."""
        _check_time(now)
        return application.lockout_s(self.memory, self.profile, now, path)

    def use(
        self, quantity: int, now: datetime, *, seconds: int = 60, phases_w: Sequence[int] | None = None
    ) -> int:
        """Draw energy or volume over the seconds before now, and return how much was served.

        quantity: counts (Wh, litres, seconds), 0 or more. seconds: 1 or more; with the quantity they give
        the power. phases_w: watts of the phases, where they matter.
        Less is served when credit runs out or the power limit trips, nothing while disconnected.
        Raises MeterOff without power, FieldError for values outside these ranges.
        """
        if quantity.__class__ is not int or quantity < 0:
            raise FieldError("quantity", quantity, "a whole number, 0 or more")
        if seconds.__class__ is not int or seconds < 1:
            raise FieldError("seconds", seconds, "a whole number, 1 or more")
        self._check_ready(now)
        before = self.total
        try:
            return self.supply.draw(quantity, now, seconds, phases_w)
        except PowerFailure:
            self.cut_power()
            return self.total - before

    def wait(self, now: datetime) -> None:
        """Let time pass until now: trips end, friendly hours end. Raises as ``enter`` does."""
        self._guarded(now, lambda: self.supply.settle(now))

    def tamper(self, kind: TamperKind, now: datetime) -> None:
        """Open a cover or hold a magnet to it: counted, and a tamper condition where flag 1 is set."""

        def notice() -> None:
            before = self.memory.tamper
            condition = before.condition or FLAG_DETECT_TAMPER in self.memory.flags
            counters = {kind.value: getattr(before, kind.value) + 1}
            self.memory.write("tamper", before._replace(condition=condition, **counters))
            self.supply.settle(now)

        self._guarded(now, notice)

    def reconnect(self, now: datetime) -> bool:
        """Press the key that closes the relay; say whether the meter is connected then."""

        def press() -> None:
            self.supply.settle(now)
            if not self.supply.reasons:
                self.supply.is_closed = True

        self._guarded(now, press)
        return self.supply.is_closed

    def take_emergency(self, now: datetime) -> bool:
        """Take emergency credit, if the profile has it and it is offered; say whether it was."""
        return bool(self._guarded(now, lambda: self.supply.take_emergency(now)))

    def set_limits(
        self, now: datetime, *, low_credit: int | None = None, alarm_minutes: int | None = None
    ) -> None:
        """Set the low-credit alarm, as its owner does at the keypad. Raises FieldError below zero."""
        for name, value in (("low_credit", low_credit), ("alarm_minutes", alarm_minutes)):
            if value is not None and (value.__class__ is not int or not 0 <= value <= 10**12):
                raise FieldError(name, value, "a whole number, 0 or more")
        limits = self.memory.limits
        if low_credit is not None:
            limits = limits._replace(low_credit=low_credit)
        if alarm_minutes is not None:
            limits = limits._replace(alarm_minutes=alarm_minutes)
        self._guarded(now, lambda: self.memory.write("limits", limits))

    def cut_power(self) -> None:
        """Take the power away: what is not in the memory is gone, the relay stays as it is."""
        self.is_powered = False
        self.memory.arm(None)
        self.supply.trip = None
        self.supply.trips_in_row = 0
        self.supply.power_w = 0
        self.last_result = None
        self._cipher = None

    def restore_power(self, now: datetime) -> None:
        """Give the power back: an interrupted change of the memory is finished first.

        Power may fail again on the way (``arm_cut``); the meter is then still off.
        """
        if self.is_powered:
            return
        _check_time(now)
        self.is_powered = True

        def wake() -> None:
            memory = self.memory
            memory.recover()
            changes: dict[str, Any] = {"history": memory.history.with_power_failure()}
            if memory.pending.sections and not self.profile.pending_survives_power:
                changes["pending"] = NOTHING_PENDING
            lockout = self.profile.lockout
            if memory.lockout and lockout is not None and lockout.ends_with_power:
                changes["lockout"] = {}
            memory.commit(changes)
            self.supply.settle(now)

        self._guarded(now, wake)

    def arm_cut(self, writes: int) -> None:
        """Let power fail by itself after this many more writes of the memory; 0 is before the next one.

        Raises FieldError below zero.
        """
        if writes.__class__ is not int or writes < 0:
            raise FieldError("writes", writes, "a whole number, 0 or more")
        self.memory.arm(writes)

    def _guarded(self, now: datetime, act: Callable[[], T]) -> T | None:
        """Do something that needs power; None when power failed on the way."""
        self._check_ready(now)
        try:
            return act()
        except PowerFailure:
            self.cut_power()
            return None

    def _check_ready(self, now: datetime) -> None:
        _check_time(now)
        if not self.is_powered:
            raise MeterOff("The meter has no power. Restore the power first.", pan=str(self.pan))

    def forget_cipher(self) -> None:
        """Drop the cipher of the key that was; the next token makes that of the key that is."""
        self._cipher = None

    @property
    def cipher(self) -> TokenCipher:
        """The token cipher under the meter's key, made when first needed and after each key change."""
        if self._cipher is None:
            self._cipher = TokenCipher(self.memory.key.decoder_key(), self._sta_tables)
        return self._cipher

    @property
    def credit(self) -> int:
        """Counts of credit left (steps of 10**-5 for a currency meter); below zero when lent."""
        return self.memory.balance.credit

    @property
    def total(self) -> int:
        """Counts drawn since manufacture."""
        return self.memory.balance.total

    @property
    def relay(self) -> Relay:
        """Whether the supply is connected."""
        return self.supply.relay

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the supply is disconnected; empty when nothing speaks against it."""
        return self.supply.reasons

    @property
    def is_low(self) -> bool:
        """Whether the low-credit alarm is on."""
        return self.credit <= self.memory.limits.low_credit

    @property
    def price(self) -> PriceFunction | None:
        """The price function of a currency meter."""
        return self.supply.price

    def missing_sections(self, now: datetime) -> tuple[int, ...]:
        """Return the numbers of the key change sections awaited at a time; empty when none has come."""
        _check_time(now)
        return missing_sections(self.memory, self.profile, now)

    def __repr__(self) -> str:
        """Return number and profile; keys and tokens are never shown."""
        return f"Meter({self.pan}, {self.profile.name})"


def _check_time(now: datetime) -> None:
    if now.tzinfo is None or not 1900 <= now.year <= 9000:
        raise FieldError("now", now.isoformat(), "a time with a time zone, in the years 1900 to 9000")
