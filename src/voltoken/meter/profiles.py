"""The profiles that come along: ordinary meters of each kind, and the ways makers differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from voltoken.meter.options import Emergency, FriendlyHours, Lockout
from voltoken.meter.profile import Profile
from voltoken.sts import TCT, Service

_SINGLE_PHASE: Final = Profile("single-phase", "Single phase electricity, kWh")

_NO_POWER: Final = replace(
    _SINGLE_PHASE,
    power_limit_w=None,
    tests=(1, 2, 3, 4, 5, 6, 8, 10, 14, 15, 16, 17, 18),
    functions=("ClearCredit", "ClearTamperCondition", "ExtendedTokenSet.SetFlag"),
)

_TABLE: Final = (
    _SINGLE_PHASE,
    replace(
        _SINGLE_PHASE,
        name="three-phase",
        title="Three phase electricity, kWh",
        phases=3,
        power_limit_w=41_400,
        power_limit_range_w=(1, 41_400),
        unbalance_limit_w=13_800,
        tests=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18),
        functions=(
            "SetMaximumPowerLimit",
            "ClearCredit",
            "ClearTamperCondition",
            "SetMaximumPhasePowerUnbalanceLimit",
            "ExtendedTokenSet.SetFlag",
        ),
        rating="3x230/400 V 5(60) A 50 Hz",
    ),
    replace(
        _SINGLE_PHASE,
        name="edition-1",
        title="Single phase electricity, kWh, Edition 1",
        sections=2,
        key_expiry=False,
        tests=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        functions=("SetMaximumPowerLimit", "ClearCredit", "ClearTamperCondition"),
        software="0.9",
    ),
    replace(
        _SINGLE_PHASE,
        name="strict",
        title="Single phase electricity, kWh, strict",
        lockout=Lockout(ends_with_power=False),
        pending_survives_power=True,
    ),
    replace(
        _SINGLE_PHASE,
        name="emergency",
        title="Single phase electricity, emergency credit",
        emergency=Emergency(amount=5_000, threshold=2_000),
        friendly=(
            FriendlyHours((1, 2, 3, 4, 5), start=16 * 60, end=8 * 60),
            FriendlyHours((6, 7), start=0, end=1440),
        ),
        reconnect_by_key=True,
    ),
    replace(
        _SINGLE_PHASE,
        name="currency",
        title="Single phase electricity, money",
        service=Service.ELECTRICITY_CURRENCY,
        credit_max=99_999_999_999,
        low_credit=1_000_000,
        currency="USD",
    ),
    replace(
        _NO_POWER,
        name="water",
        title="Water with valve, cubic metres",
        service=Service.WATER,
        flags=(1, 2, 3, 7),
        flags_set=(1, 7),
        low_credit=1_000,
        rating="DN15 Q3 2.5 m3/h",
        pulses=100,
    ),
    replace(
        _NO_POWER,
        name="gas",
        title="Gas with valve, cubic metres",
        service=Service.GAS,
        flags=(1, 2, 3, 8),
        flags_set=(1, 3, 8),
        low_credit=1_000,
        rating="G4",
        pulses=100,
    ),
    replace(
        _NO_POWER,
        name="time",
        title="Supply by time, minutes",
        service=Service.TIME,
        flags=(1, 2, 3, 9),
        flags_set=(1, 9),
        low_credit=3_600,
        rating="",
        pulses=60,
    ),
    replace(
        _SINGLE_PHASE,
        name="card",
        title="Single phase electricity, magnetic cards",
        tct=TCT("01"),
    ),
)

PROFILES: Final = {profile.name: profile for profile in _TABLE}
"""Every profile by its name."""
