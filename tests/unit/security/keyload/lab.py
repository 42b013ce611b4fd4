"""A centre and a module on a bench: seeds that everybody knows, a clock that stands still, files in one line.

Every byte here is made of words and worth nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from voltoken import canonical
from voltoken.errors import KeyFileError
from voltoken.security import KeyRef, KeyRegister, ModuleKind
from voltoken.security.keyload import (
    CentreIdentity,
    DatedKey,
    FileRole,
    Header,
    KeyRecord,
    ModuleIdentity,
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

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
DAY = timedelta(days=1)
FILE_ID = "6f1d3c58-95b3-4a7e-8f52-0b9a1c2d3e4f"


def made_up(words: str, size: int = 32) -> bytes:
    """Return bytes made of words, always the same."""
    return hashlib.sha512(f"lab: {words}".encode()).digest()[:size]


CENTRE_SEED, OTHER_SEED, MODULE_SEED = made_up("centre"), made_up("other centre"), made_up("module")
CENTRE_KEY, OTHER_KEY, MODULE_KEY = map(signing_public, (CENTRE_SEED, OTHER_SEED, MODULE_SEED))
EXCHANGE, OTHER_EXCHANGE, EPHEMERAL = made_up("exchange"), made_up("other exchange"), made_up("ephemeral")
POINT = exchange_public(EXCHANGE)

CENTRE = CentreIdentity("lab", (DatedKey(CENTRE_KEY, NOW - 30 * DAY, NOW + 300 * DAY),))
OTHER = CentreIdentity("other", (DatedKey(OTHER_KEY, NOW - 30 * DAY, NOW + 300 * DAY),))
MODULE = ModuleIdentity("m1", ModuleKind.SOFTWARE, FileRole.VENDING, "1.0", POINT, MODULE_KEY)
TRUST = TrustList(1, NOW, (TrustedCentre.of(CENTRE), TrustedCentre.of(OTHER)))
HEADER = Header(FILE_ID, "lab", "m1", FileRole.VENDING, 7, NOW, NOW + 30 * DAY)


def secret_of(ref: str, bits: int = 160) -> bytes:
    """Return the key of a name."""
    return made_up(ref, bits // 8)


def register(ref: str = "123456/1", bits: int = 160, **changes: Any) -> KeyRegister:
    """Return what the key of a name is."""
    made = KeyRegister(
        KeyRef.parse(ref),
        KeyType.DUTK,
        DKGA.DKGA04 if bits == 160 else DKGA.DKGA02,
        frozenset({EA.MISTY1 if bits == 160 else EA.STA}),
        BaseDate.BD2014,
        KEN(255),
        bits,
        key_check_value(secret_of(ref, bits)),
        NOW,
        NOW + 90 * DAY,
        ulm=1_000_000,
        services=frozenset({Service.ELECTRICITY}),
        test=True,
    )
    return replace(made, **changes)


def record(ref: str = "123456/1", bits: int = 160, owner_auth: str = "", **changes: Any) -> KeyRecord:
    """Return a record with the key of a name."""
    return KeyRecord(register(ref, bits, **changes), owner_auth, secret_of(ref, bits))


def file(
    records: Sequence[KeyRecord] | None = None,
    revoked: Sequence[str] = (),
    *,
    recipient_key: bytes = POINT,
    ephemeral: bytes = EPHEMERAL,
    seed: bytes = CENTRE_SEED,
    **changes: Any,
) -> bytes:
    """Return a file; by default with one key, from the centre for the module."""
    return build(
        replace(HEADER, **changes),
        [record()] if records is None else records,
        [KeyRef.parse(one) for one in revoked],
        recipient_key=recipient_key,
        ephemeral=ephemeral,
        sign=signing_with(seed),
        public=signing_public(seed),
    )


def opened(
    data: bytes,
    *,
    recipient_id: str = "m1",
    exchange: bytes = EXCHANGE,
    role: FileRole = FileRole.VENDING,
    trust: TrustList = TRUST,
    last_seq: int = 6,
    now: datetime = NOW,
    request_ids: Collection[str] | None = None,
) -> Opened:
    """Open a file as the module does."""
    return open_file(
        parse(data),
        recipient_id=recipient_id,
        exchange=exchange,
        role=role,
        trust=trust,
        last_seq=last_seq,
        now=now,
        request_ids=request_ids,
    )


def rewritten(data: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a document in its one form after a change, its signature as it was."""
    document = json.loads(data)
    change(document)
    return canonical.write(document).encode("ascii")


def resigned(data: bytes, change: Callable[[dict[str, Any]], object], seed: bytes = CENTRE_SEED) -> bytes:
    """Return a key load file after a change, signed again: what an attacker with the signing key can do."""

    def sign(document: dict[str, Any]) -> None:
        change(document)
        del document["sig"]
        document["sig"] = signature(document, "voltoken-klf", seed)

    return rewritten(data, sign)


def signature(document: Mapping[str, Any], form: str, seed: bytes) -> dict[str, str]:
    """Return the member sig for everything else of a document."""
    value = signing_with(seed)(f"{form}/1|sig|{canonical.write(document)}".encode("ascii"))
    kid = hashlib.sha256(signing_public(seed)).hexdigest()[:16]
    return {"alg": "Ed25519", "kid": kid, "value": base64.b64encode(value).decode("ascii")}


def refused(act: Callable[..., object], *given: object) -> str:
    """Return the reason for which an act is rejected. given: what it is called with."""
    with pytest.raises(KeyFileError) as caught:
        act(*given)
    return caught.value.reason
