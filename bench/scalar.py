"""The scalar loop that the batch engine is measured against: what a user writes with the public API.

From the same columns to the same columns, in the fastest form the API allows: names bound outside the loop, a
`TI` object made once for each index, columns turned into lists in one go.
"""

from __future__ import annotations

from collections.abc import Sequence

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

Fields = tuple[Sequence[int], Sequence[int], Sequence[int]]
"""RND, TID and amount field of each row."""


def issue(deriver: Deriver, pans: Sequence[str], tis: Sequence[int], values: Fields) -> list[str]:
    """Return the 20 digits of each credit, from meter number and vending key."""
    derive, tables, service = deriver.derive, SAMPLE_TABLES, Service.ELECTRICITY
    index = {ti: TI(f"{ti:02d}") for ti in set(tis)}
    return [
        encode(
            TransferCredit(service, rnd, tid, amount), TokenCipher(derive(MeterPAN(pan), index[ti]), tables)
        ).digits
        for pan, ti, rnd, tid, amount in zip(pans, tis, *values, strict=True)
    ]


def encode_all(ciphers: Sequence[TokenCipher], values: Fields) -> list[str]:
    """Return the 20 digits of each credit under known keys, their schedules made beforehand."""
    service = Service.ELECTRICITY
    return [
        encode(TransferCredit(service, rnd, tid, amount), cipher).digits
        for cipher, rnd, tid, amount in zip(ciphers, *values, strict=True)
    ]


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
