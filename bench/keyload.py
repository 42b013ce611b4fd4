"""Figures of key load files: how long a centre takes to make one of 1,000 keys, and a module to open it.

`python -m bench.keyload [--json]` prints these only. What is written to the disk is not in them.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.measure import Figure, measure
from bench.report import report
from voltoken.security import KeyRef, KeyRegister
from voltoken.security.keyload import (
    CentreIdentity,
    DatedKey,
    FileRole,
    Header,
    KeyRecord,
    Opened,
    TrustedCentre,
    TrustList,
    build,
    exchange_public,
    open_file,
    parse,
    signing_public,
    signing_with,
)
from voltoken.sts import DKGA, EA, KEN, BaseDate, KeyType, Service, key_check_value

TITLE: Final = "CPU time per key of a file of 1,000"
KEYS: Final = 1_000
KEYS_A_SECOND_HOPE: Final = 5_000.0

_NOW: Final = datetime(2026, 11, 21, tzinfo=UTC)
_SEED, _EXCHANGE, _EPHEMERAL = (hashlib.sha256(word).digest() for word in (b"seed", b"module", b"once"))
_PUBLIC: Final = signing_public(_SEED)
_POINT: Final = exchange_public(_EXCHANGE)
_HEADER: Final = Header(
    "00000000-0000-4000-8000-000000000001",
    "bench",
    "module",
    FileRole.VENDING,
    1,
    _NOW,
    _NOW + timedelta(days=30),
)


def figures(keys: int = KEYS) -> list[Figure]:
    """Measure every row."""
    records = [_record(number) for number in range(keys)]
    data = _build(records)
    if [one.secret for one in _open(data).records] != [one.secret for one in records]:
        raise SystemExit("bench: what comes out is not what went in")
    ways = [lambda: _build(records), lambda: parse(data), lambda: _open(data)]
    timings = measure(ways, items=[keys] * len(ways), rounds=5)
    names = ("key load file, build", "key load file, read without keys", "key load file, read and open")
    return [
        Figure(name, timing, hope=KEYS_A_SECOND_HOPE) for name, timing in zip(names, timings, strict=True)
    ]


def _record(number: int) -> KeyRecord:
    secret = hashlib.sha256(b"%d" % number).digest()[:20]
    register = KeyRegister(
        KeyRef.parse(f"{number:06d}/1"),
        KeyType.DUTK,
        DKGA.DKGA04,
        frozenset({EA.MISTY1}),
        BaseDate.BD2014,
        KEN(255),
        160,
        key_check_value(secret),
        _NOW,
        _NOW + timedelta(days=90),
        ulm=10**9,
        services=frozenset({Service.ELECTRICITY}),
        test=True,
    )
    return KeyRecord(register, "", secret)


def _build(records: list[KeyRecord]) -> bytes:
    sign = signing_with(_SEED)
    return build(_HEADER, records, [], recipient_key=_POINT, ephemeral=_EPHEMERAL, sign=sign, public=_PUBLIC)


def _open(data: bytes) -> Opened:
    centre = CentreIdentity("bench", (DatedKey(_PUBLIC, _NOW, _NOW + timedelta(days=90)),))
    return open_file(
        parse(data),
        recipient_id="module",
        exchange=_EXCHANGE,
        role=FileRole.VENDING,
        trust=TrustList(1, _NOW, (TrustedCentre.of(centre),)),
        last_seq=0,
        now=_NOW,
    )


def main() -> int:
    """Print them; return the exit code."""
    return report(figures(), TITLE)


if __name__ == "__main__":
    sys.exit(main())
