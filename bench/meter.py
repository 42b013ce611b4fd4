"""Figures of the virtual meter: tokens entered, minutes simulated, memory kept.

Gates: entering a token takes at most 3.5 times as long as decoding it; one process simulates at least
200,000 meter-minutes a second.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from bench.measure import Figure, measure
from voltoken.meter import PROFILES, FlatPrice, Meter
from voltoken.sts import (
    EA,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    BaseDate,
    DecoderKey,
    Deriver,
    MeterPAN,
    Service,
    TokenCipher,
    TokenNumber,
    TransferCredit,
    TransferCurrency,
    VendingKey,
    decode,
    encode,
)

ENTRY_LIMIT: Final = 3.5
MINUTE_AIM_US: Final = 5.0
METERS: Final = 2000

_PAN: Final = MeterPAN("600727000000000009")
_MADE: Final = 6_000_000
_TID: Final = 6_400_000
_NOW: Final = datetime(2026, 3, 1, 13, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_KEYS: Final = {EA.STA: "ab" * 8, EA.MISTY1: "abababababababab949494949494949401234567"}


def figures() -> list[Figure]:
    """Measure every row about time."""
    return [*_entry_figures(), *_minute_figures()]


def _key(ea: EA, pan: MeterPAN = _PAN) -> DecoderKey:
    secret = bytes.fromhex(_KEYS[ea])
    vending_key = VendingKey(secret, SGC("123457"), KRN(1), BaseDate.BD2014, test=True)
    return Deriver(vending_key, ea).derive(pan, TI("01"))


def _meter(ea: EA, profile: str = "single-phase", pan: MeterPAN = _PAN) -> Meter:
    price = FlatPrice.of(Decimal("2.5"), Service.ELECTRICITY) if profile == "currency" else None
    return Meter.new(
        pan, _key(ea, pan), PROFILES[profile], filled_with=_MADE, sta_tables=SAMPLE_TABLES, price=price
    )


def _credit(ea: EA, kwh: int, pan: MeterPAN = _PAN) -> TokenNumber:
    token = TransferCredit.of(Service.ELECTRICITY, kwh, tid=_TID, rnd=5)
    return encode(token, TokenCipher(_key(ea, pan), SAMPLE_TABLES))


def _entry_figures() -> list[Figure]:
    """Measure an accepted and a refused token against decoding alone."""
    rows = []
    for ea in (EA.STA, EA.MISTY1):
        digits = _credit(ea, 10).digits
        meter, ready = _meter(ea), TokenCipher(_key(ea), SAMPLE_TABLES)
        memory = meter.memory
        fresh = memory.tids, memory.balance, memory.history

        def accept(meter: Meter = meter, digits: str = digits, fresh: tuple[object, ...] = fresh) -> None:
            meter.memory.tids, meter.memory.balance, meter.memory.history = fresh  # type: ignore[assignment] # as it was
            if meter.enter(digits, _NOW).credited != 10_000:
                raise SystemExit("bench: the meter refused a good token")

        def only_decode(digits: str = digits, ready: TokenCipher = ready) -> object:
            return decode(digits, ready)

        ours, base = measure([accept, only_decode])
        name = f"token entered and accepted, EA{ea.value}"
        rows.append(Figure(name, ours, "decode", base, at_most=ENTRY_LIMIT))
    return rows


def _minute_figures() -> list[Figure]:
    """Measure a minute of a meter with a load, in units and in money."""
    ready = _meter(EA.MISTY1)
    ready.enter(_credit(EA.MISTY1, 90_000), _NOW)
    money = _meter(EA.MISTY1, "currency")
    token = TransferCurrency.of(Service.ELECTRICITY_CURRENCY, 999_999, tid=_TID)
    money.enter(encode(token, TokenCipher(_key(EA.MISTY1))), _NOW)
    return [
        Figure("meter-minute, units", measure([_minute(ready)])[0], aim_us=MINUTE_AIM_US),
        Figure("meter-minute, money", measure([_minute(money)])[0]),
    ]


def _minute(meter: Meter) -> Callable[[], object]:
    """Return what lets a minute pass; the credit is given back, so that it never ends."""
    memory, full = meter.memory, meter.memory.balance
    now = _NOW

    def pass_minute() -> None:
        nonlocal now
        now += _MINUTE
        if not meter.use(17, now):
            memory.balance = full
            meter.wait(now)

    return pass_minute


def bytes_per_meter() -> int:
    """Return how much memory one more meter takes that has taken a token, on average."""
    profile = PROFILES["single-phase"]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    meters = []
    for serial in range(METERS):
        pan = MeterPAN.build("01", f"{serial:08d}")
        meter = Meter.new(pan, _key(EA.MISTY1, pan), profile, filled_with=_MADE)
        meter.enter(_credit(EA.MISTY1, 10, pan), _NOW)
        meters.append(meter)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) // len(meters)
