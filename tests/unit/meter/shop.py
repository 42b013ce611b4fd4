"""A vending side for the tests of the meter: it has the meter's key, gives each token its TID, and sells.

The keys are made up of small numbers; nothing is derived, because the meter does not care where its key
comes from. Times are ``NOW`` and so many seconds later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from voltoken.meter import (
    CELLS,
    PROFILES,
    EntryPath,
    FlatPrice,
    Meter,
    Profile,
    TokenResult,
)
from voltoken.sts import (
    EA,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    ClearCredit,
    ClearTamperCondition,
    DecoderKey,
    ExtendedTokenSet,
    MeterPAN,
    Service,
    SetMaximumPowerLimit,
    TIDClock,
    Token,
    TokenCipher,
    TransferCredit,
    TransferCurrency,
    crc16,
    encode,
    encode_key_change,
    insert_class,
    key_change_sections,
)
from voltoken.sts.amount import Exact

PAN = MeterPAN("600727000000000009")
MADE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
CLOCK = TIDClock(BaseDate.BD2014)
MADE_TID = int(CLOCK.tid_at(MADE))
KWH = 1000
"""Counts of a meter in one unit of energy or volume."""
ALL_OF_CLASS_2 = (
    "SetMaximumPowerLimit",
    "ClearCredit",
    "SetTariffRate",
    "ClearTamperCondition",
    "SetMaximumPhasePowerUnbalanceLimit",
    "SetWaterMeterFactor",
    "ExtendedTokenSet.SetFlag",
)
LOAD_SWITCH_TEST = "00000000000150997584"
"""The public token that tests the load switch of any meter with a 2-digit manufacturer code."""
NO_TOKEN = "1234"


def later(seconds: float) -> datetime:
    """Return the time so many seconds after ``NOW``."""
    return NOW + timedelta(seconds=seconds)


def key_of(number: int = 1, ea: EA = EA.MISTY1, **attributes: Any) -> DecoderKey:
    """Return a decoder key that differs from those of other numbers in every byte."""
    secret = bytes(range(16 * number, 16 * number + ea.key_bits // 8))
    given: dict[str, Any] = {"sgc": SGC("123457"), "krn": KRN(number), "ti": TI("01"), "test": True}
    return DecoderKey(secret, ea, **(given | attributes))


@dataclass
class Shop:
    """Sells tokens for one meter. key: under which. tid: of the token sold last."""

    key: DecoderKey
    tid: int = int(CLOCK.tid_at(NOW))

    def next_tid(self) -> int:
        """Return a TID that has not been sold."""
        self.tid += 1
        return self.tid

    def digits(self, token: Token) -> str:
        """Return the digits of a token under the key."""
        return encode(token, TokenCipher(self.key, SAMPLE_TABLES)).digits

    def credit(
        self, units: Exact = 10, service: Service = Service.ELECTRICITY, tid: int | None = None
    ) -> str:
        """Sell units."""
        tid = self.next_tid() if tid is None else tid
        return self.digits(TransferCredit.of(service, units, tid=tid, rnd=5))

    def money(self, money: Exact, service: Service = Service.ELECTRICITY_CURRENCY) -> str:
        """Sell for money."""
        return self.digits(TransferCurrency.of(service, money, tid=self.next_tid()))

    def limit(self, watts: int) -> str:
        """Make a token that sets the power limit."""
        return self.digits(SetMaximumPowerLimit.of(watts, tid=self.next_tid(), rnd=5))

    def clear_credit(self, register: int = 0xFFFF) -> str:
        """Make a token that clears a credit register."""
        return self.digits(ClearCredit(5, self.next_tid(), register))

    def clear_tamper(self) -> str:
        """Make a token that ends a tamper condition."""
        return self.digits(ClearTamperCondition(5, self.next_tid()))

    def flag(self, flag: int, state: int) -> str:
        """Make a token that sets a flag."""
        return self.digits(ExtendedTokenSet.set_flag(flag, state, tid=self.next_tid(), rnd=5))

    def key_change(
        self, new: DecoderKey, *, roll_over: bool = False, carry_sgc: bool = False
    ) -> tuple[str, ...]:
        """Make the set that brings the meter to a new key, whatever the rules say."""
        sections = key_change_sections(new, roll_over=roll_over, carry_sgc=carry_sgc)
        cipher = TokenCipher(self.key, SAMPLE_TABLES)
        return tuple(number.digits for number in encode_key_change(sections, cipher))

    def authentic(self, token_class: int, upper48: int) -> str:
        """Make what has a right checksum under the key, whatever it says."""
        block = upper48 << 16 | crc16((token_class << 48 | upper48).to_bytes(7, "big"))
        if token_class != 1:
            block = TokenCipher(self.key, SAMPLE_TABLES).block.encrypt(block)
        return insert_class(block, token_class).digits


def profile_of(name: str = "single-phase", **changes: Any) -> Profile:
    """Return a profile that comes along, with changes."""
    return replace(PROFILES[name], **changes)


def installed(
    name: str = "single-phase", key: DecoderKey | None = None, **changes: Any
) -> tuple[Meter, Shop]:
    """Return a new meter and its shop. name, changes: of the profile."""
    key = key_of() if key is None else key
    profile = profile_of(name, **changes)
    price = FlatPrice(20_000) if profile.service.is_currency else None
    meter = Meter.new(PAN, key, profile, filled_with=MADE_TID, sta_tables=SAMPLE_TABLES, price=price)
    return meter, Shop(key)


def with_credit(
    name: str = "single-phase", units: Exact = 10, key: DecoderKey | None = None, **changes: Any
) -> tuple[Meter, Shop]:
    """Return a meter into which so many units have been entered, and its shop."""
    meter, shop = installed(name, key, **changes)
    service = meter.profile.service
    token = shop.money(units, service) if service.is_currency else shop.credit(units, service)
    assert meter.enter(token, NOW).result is TokenResult.ACCEPT
    return meter, shop


def results(meter: Meter, *tokens: str, now: datetime = NOW, path: EntryPath = EntryPath.KEYPAD) -> list[str]:
    """Enter tokens one after the other and return the results as the standard names them."""
    return [meter.enter(token, now, path).result.value for token in tokens]


def power_cycle(meter: Meter, now: datetime = NOW) -> None:
    """Cut the power and restore it at once."""
    meter.cut_power()
    meter.restore_power(now)


def state_of(meter: Meter) -> dict[str, Any]:
    """Return all that a meter keeps, and the relay, for comparison."""
    cells = {name: getattr(meter.memory, name) for name in CELLS}
    return cells | {"journal": meter.memory.journal, "closed": meter.supply.is_closed}
