"""What each token does: the execution step of the application process (IEC 62055-41 clause 8), as a table.

An executor looks at a token that is authentic and valid, and returns either a refusal or the changes of
the memory. It changes nothing itself, so that a refusal leaves no trace and an acceptance is one commit
together with the TID.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from voltoken.meter.memory import Memory
from voltoken.meter.profile import Profile
from voltoken.meter.results import TokenResult
from voltoken.meter.supply import cleared
from voltoken.sts import (
    REGISTER_ALL,
    ClearCredit,
    ClearTamperCondition,
    ExtendedTokenSet,
    Service,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    Token,
    TransferCredit,
    TransferCurrency,
)

Changes = Mapping[str, Any] | TokenResult
"""The cells to change, or the refusal."""


def execute(token: Token, memory: Memory, profile: Profile) -> Changes:
    """Return what an authentic, valid token with a TID changes, or why it is refused."""
    if token.token_class == 2 and token.layout.name not in profile.functions:
        return TokenResult.FUNCTION
    return _EXECUTORS[type(token)](token, memory, profile)


def credited(token: Token, profile: Profile) -> int:
    """Return the counts of credit in a credit token, signed; 0 for others."""
    if isinstance(token, TransferCredit | TransferCurrency):
        return token.steps * profile.credit_per_step
    return 0


def _credit(token: TransferCredit | TransferCurrency, memory: Memory, profile: Profile) -> Changes:
    if token.service is not profile.service:
        return TokenResult.FUNCTION
    counts = credited(token, profile)
    if counts < 0 and not profile.negative_tokens:
        return TokenResult.RANGE
    credit = memory.balance.credit + counts
    # Beyond the register in the token's own direction: a payment is good however deep the debt is.
    if (counts > 0 and credit > profile.credit_max) or (counts < 0 and credit < -profile.credit_max):
        return TokenResult.OVERFLOW
    return {"balance": memory.balance._replace(credit=credit)}


def _power_limit(token: SetMaximumPowerLimit, memory: Memory, profile: Profile) -> Changes:
    if profile.service & 3 != Service.ELECTRICITY:
        return TokenResult.FUNCTION
    if not _in_range(token.watts, profile):
        return TokenResult.RANGE
    return {"limits": memory.limits._replace(power_w=token.watts)}


def _unbalance(token: SetMaximumPhasePowerUnbalanceLimit, memory: Memory, profile: Profile) -> Changes:
    if profile.service & 3 != Service.ELECTRICITY or profile.phases != 3:
        return TokenResult.FUNCTION
    if not _in_range(token.watts, profile):
        return TokenResult.RANGE
    return {"limits": memory.limits._replace(unbalance_w=token.watts)}


def _in_range(watts: int, profile: Profile) -> bool:
    low, high = profile.power_limit_range_w
    return low <= watts <= high


def _clear_credit(token: ClearCredit, memory: Memory, profile: Profile) -> Changes:
    if token.register not in (REGISTER_ALL, int(profile.service)):
        return TokenResult.RANGE
    return {"balance": cleared(memory.balance)}


def _tariff_rate(token: SetTariffRate, memory: Memory, _profile: Profile) -> Changes:
    return {"limits": memory.limits._replace(tariff_rate=int(token.rate))}


def _water_factor(token: SetWaterMeterFactor, memory: Memory, _profile: Profile) -> Changes:
    return {"limits": memory.limits._replace(water_factor=int(token.factor))}


def _clear_tamper(_token: ClearTamperCondition, memory: Memory, _profile: Profile) -> Changes:
    return {"tamper": memory.tamper._replace(condition=False)}


def _flag(token: ExtendedTokenSet, memory: Memory, profile: Profile) -> Changes:
    if token.index != ExtendedTokenSet.FLAG_INDEX or token.flag not in profile.flags:
        return TokenResult.FUNCTION
    flag = {token.flag}
    return {"flags": memory.flags | flag if token.state else memory.flags - flag}


_EXECUTORS: Final[Mapping[type[Token], Callable[[Any, Memory, Profile], Changes]]] = {
    TransferCredit: _credit,
    TransferCurrency: _credit,
    SetMaximumPowerLimit: _power_limit,
    ClearCredit: _clear_credit,
    SetTariffRate: _tariff_rate,
    ClearTamperCondition: _clear_tamper,
    SetMaximumPhasePowerUnbalanceLimit: _unbalance,
    SetWaterMeterFactor: _water_factor,
    ExtendedTokenSet: _flag,
}
