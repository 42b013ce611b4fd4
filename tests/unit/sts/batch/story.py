"""A batch from beginning to end on plain lists, told in one number. Run as a program it prints the number.

It imports nothing but the standard's own room, so that it also runs where there is no numpy:
``--without-numpy`` makes sure that there is none.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    VendingKey,
    batch,
)
from voltoken.sts.layouts import LAYOUTS

ROWS = 600
COMBINATIONS = (
    (DKGA.DKGA01, 8, EA.STA),
    (DKGA.DKGA02, 8, EA.STA),
    (DKGA.DKGA02, 8, EA.DEA),
    (DKGA.DKGA03, 16, EA.STA),
    (DKGA.DKGA04, 20, EA.STA),
    (DKGA.DKGA04, 20, EA.MISTY1),
)
NAMES = sorted({spec.name for row in LAYOUTS for spec in row.fields})


def derivers(source: random.Random, base_date: BaseDate) -> list[Deriver]:
    """Return a deriver of every kind."""
    return [
        Deriver(
            VendingKey(source.randbytes(size), SGC("123456"), KRN(1), base_date, KeyType.DUTK, KEN(200)),
            ea,
            dkga,
        )
        for dkga, size, ea in COMBINATIONS
    ]


def answers(rows: int) -> Iterator[Any]:
    """Yield every column that comes out: of good rows, a few bad ones, and known keys."""
    source = random.Random(62055)
    pans: list[str] = [MeterPAN.build("07", f"{source.randrange(10**8):08d}") for _ in range(rows)]
    pans[7] = "600727000000000017"
    which = [source.randrange(len(COMBINATIONS)) for _ in range(rows)]
    which[9] = len(COMBINATIONS)
    keys = batch.derive(
        pans, [source.randrange(100) for _ in range(rows)], derivers(source, BaseDate.BD1993), which
    )
    new = batch.derive(pans, 7, derivers(source, BaseDate.BD2014), which)
    yield [keys.faults, new.faults]

    codes = [16 * row.token_class + row.subclass for row in islice(cycle(LAYOUTS), rows)]
    values = {name: [source.randrange(1, 9) for _ in range(rows)] for name in NAMES}
    values |= {"tid": [source.getrandbits(24) for _ in range(rows)]}
    values |= {"amount": batch.amount_fields([source.randrange(18_201_625) for _ in range(rows)])}
    values["krn"][14], values["krn"][15] = 0, 10
    sold = batch.encode(codes, values, keys, SAMPLE_TABLES)
    yield [sold.tokens, sold.faults, batch.check_key_use(codes, values["tid"], keys)]

    tokens = list(sold.tokens)
    tokens[3], tokens[4], tokens[5] = tokens[2], f"{int(tokens[4]) ^ 1:020d}", " " + tokens[5]
    read = batch.decode(tokens, keys, SAMPLE_TABLES)
    yield [
        read.code,
        read.data,
        read.faults,
        *map(read.field, NAMES),
        batch.amount_steps(read.field("amount")),
    ]

    sets = batch.encode_key_change(keys, new, 1, [row % 2 for row in range(rows)], SAMPLE_TABLES)
    yield [sets.tokens, sets.counts, sets.faults]
    known = batch.DecoderKeys.of([DecoderKey(source.randbytes(16), EA.MISTY1) for _ in range(rows)])
    yield batch.encode(0, {"rnd": 1, "tid": values["tid"], "amount": 1}, known).tokens
    for result in (keys, sold, read, sets):
        yield [str(result.error(row)) for row in range(30)]


def digest(rows: int = ROWS) -> str:
    """Return the story in one number."""
    return hashlib.sha256(json.dumps(list(answers(rows))).encode()).hexdigest()


if __name__ == "__main__":
    if "--without-numpy" in sys.argv:
        sys.modules["numpy"] = None  # type: ignore[assignment] # which makes importing it fail
    sys.stdout.write(digest())
