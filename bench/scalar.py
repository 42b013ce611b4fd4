"""The scalar loop that the batch engine is measured against: what a user writes with the public API.

From the same columns to the same columns, in the fastest form the API allows: names bound outside the loop,
the `TI` objects made beforehand, columns turned into lists in one go. As in the batch, a bad row gets a fault
and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Sequence

from voltoken.errors import VoltokenError
from voltoken.sts import (
    SAMPLE_TABLES,
    TI,
    Deriver,
    MeterPAN,
    Service,
    TokenCipher,
    TransferCredit,
    decode,
    encode,
)

TIS = {value: TI(f"{value:02d}") for value in range(100)}

Fields = tuple[Sequence[int], Sequence[int], Sequence[int]]
"""RND, TID and amount field of each row."""


def issue(
    deriver: Deriver, pans: Sequence[str], tis: Sequence[int], values: Fields
) -> tuple[list[str], list[int]]:
    """Return the 20 digits of each credit and a fault where there is none, from meter and vending key."""
    derive, tables, service = deriver.derive, SAMPLE_TABLES, Service.ELECTRICITY
    tokens, faults = [], []
    for pan, ti, rnd, tid, amount in zip(pans, tis, *values, strict=True):
        try:
            cipher = TokenCipher(derive(MeterPAN(pan), TIS[ti]), tables)
            token = encode(TransferCredit(service, rnd, tid, amount), cipher).digits
            fault = 0
        except VoltokenError:
            token, fault = "", 1
        tokens.append(token)
        faults.append(fault)
    return tokens, faults


def encode_all(ciphers: Sequence[TokenCipher], values: Fields) -> tuple[list[str], list[int]]:
    """Return digits and faults of each credit under known keys, their schedules made beforehand."""
    service = Service.ELECTRICITY
    tokens, faults = [], []
    for cipher, rnd, tid, amount in zip(ciphers, *values, strict=True):
        try:
            token, fault = encode(TransferCredit(service, rnd, tid, amount), cipher).digits, 0
        except VoltokenError:
            token, fault = "", 1
        tokens.append(token)
        faults.append(fault)
    return tokens, faults


def read_all(ciphers: Sequence[TokenCipher], tokens: Sequence[str]) -> tuple[list[int], list[int], list[int]]:
    """Return code, upper 48 bits of the block and fault of each token under known keys."""
    codes, contents, faults = [], [], []
    for digits, cipher in zip(tokens, ciphers, strict=True):
        try:
            token = decode(digits, cipher)
            code, data, fault = token.token_class << 4 | token.subclass, token.data, 0
        except VoltokenError:
            code = data = 0
            fault = 1
        codes.append(code)
        contents.append(data)
        faults.append(fault)
    return codes, contents, faults


def decode_all(ciphers: Sequence[TokenCipher], tokens: Sequence[str]) -> Fields:
    """Return the fields of each token of credit; another token stops the loop."""
    rnds, tids, amounts = [], [], []
    for digits, cipher in zip(tokens, ciphers, strict=True):
        token = decode(digits, cipher)
        if token.__class__ is not TransferCredit:
            raise SystemExit("bench: a token is no credit")
        rnds.append(token.rnd)
        tids.append(token.tid)
        amounts.append(token.amount)
    return rnds, tids, amounts
