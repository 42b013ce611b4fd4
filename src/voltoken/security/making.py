"""From a request that passed every rule to its tokens. Applies no rule and keeps nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from voltoken.security.requests import CreditRequest, ManagementRequest, MeterTestRequest
from voltoken.sts import (
    ClearCredit,
    ClearTamperCondition,
    DecoderKey,
    ExtendedTokenSet,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    STATables,
    Token,
    TokenCipher,
    TokenNumber,
    TransferCredit,
    TransferCurrency,
    batch,
    encode,
)

_MANAGEMENT: Final[Mapping[int, Callable[[int, int, int], Token]]] = {
    0: SetMaximumPowerLimit,
    1: ClearCredit,
    2: SetTariffRate,
    5: ClearTamperCondition,
    6: SetMaximumPhasePowerUnbalanceLimit,
    7: SetWaterMeterFactor,
    10: ExtendedTokenSet,
}
"""What makes a management token, by its subclass; all take RND, TID and a 16-bit field."""


def token_of(request: CreditRequest | ManagementRequest, rnd: int) -> Token:
    """Return the token of a request before encryption. rnd: 0 to 15.

    Raises FieldError for a field that the subclass does not allow.
    """
    if isinstance(request, ManagementRequest):
        return _MANAGEMENT[request.subclass](rnd, int(request.tid), request.value)
    if request.service.is_currency:
        return TransferCurrency(
            request.service, request.coded >> 16, int(request.tid), request.coded & 0xFFFF
        )
    return TransferCredit(request.service, rnd, int(request.tid), request.coded)


def make_one(token: Token, key: DecoderKey, tables: STATables | None) -> TokenNumber:
    """Return a token under a meter's key."""
    return encode(token, TokenCipher(key, tables))


def make_credit(
    requests: Sequence[CreditRequest], rnds: Sequence[int], keys: batch.DecoderKeys, tables: STATables | None
) -> list[TokenNumber]:
    """Return the tokens of credits in units, many at once. rnds: 0 to 15, one for each.

    Raises what is wrong with the first row that cannot be made; nothing is made then.
    """
    values = {
        "rnd": list(rnds),
        "tid": [int(one.tid) for one in requests],
        "amount": [one.coded for one in requests],
    }
    codes = [batch.code_of(0, int(one.service)) for one in requests]
    made = batch.encode(codes, values, keys, tables)
    for row, fault in enumerate(made.faults):
        if fault and (error := made.error(row)) is not None:
            raise error
    return [TokenNumber(int(digits)) for digits in made.tokens]


def make_test(request: MeterTestRequest) -> TokenNumber:
    """Return a token of class 1, which no key encrypts."""
    return encode(request.test)
