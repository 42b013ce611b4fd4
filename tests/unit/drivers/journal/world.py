"""What the tests of the journal write: a key, requests that were answered, and a journal to hold them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from voltoken.drivers.custody.sealing import RootKey
from voltoken.drivers.journal import Journal, Probe, no_probe
from voltoken.security import (
    ApprovalGranted,
    Issued,
    KeyLoaded,
    KeyMove,
    KeyRef,
    KeyRegister,
    MeterId,
    ModuleRole,
    UnknownTried,
)
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SGC,
    TCT,
    TI,
    BaseDate,
    KeyCheckValue,
    KeyType,
    MeterPAN,
    Service,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 21)
MODULE = "SM-TEST"
MATERIAL = b"planted-root-key-of-32-bytes-..."
SECRET = b"planted-vending-key!"
ROOT_RECORD = {"version": 1, "provider": "shares", "need": 2, "of": 3}
PAN = "600727000000000009"
KEY = KeyRef(SGC("123456"), KRN(1))
OTHER_KEY = KeyRef(SGC("123456"), KRN(2))


def register(ref: KeyRef = KEY, *, ulm: int = 10_000_000) -> KeyRegister:
    return KeyRegister(
        ref=ref,
        kt=KeyType.DUTK,
        dkga=DKGA.DKGA04,
        eas=frozenset({EA.STA, EA.MISTY1}),
        base_date=BaseDate.BD2014,
        ken=KEN(255),
        key_bits=160,
        check_value=KeyCheckValue("A1B2C3", "sha-256"),
        act=NOW - timedelta(days=1),
        iut=NOW + timedelta(days=90),
        ulm=ulm,
        clm=500,
        services=frozenset({Service.ELECTRICITY, Service.WATER}),
        test=True,
    )


def loaded(ref: KeyRef = KEY, secret: bytes | None = SECRET, *, ulm: int = 10_000_000) -> KeyLoaded:
    return KeyLoaded(register(ref, ulm=ulm), secret)


def token_of(number: int) -> int:
    """A 66-bit number that is unlike any other in the file."""
    return int.from_bytes(hashlib.sha256(b"token %d" % number).digest()[:8], "big") | 1 << 65


def issued(number: int, **changes: Any) -> Issued:
    """Answer a request; each number is another one."""
    request_id = f"vend-{number}:1"
    token = token_of(number)
    given: dict[str, Any] = {
        "request_id": request_id,
        "client": "till",
        "kind": "credit",
        "digest": hashlib.sha256(request_id.encode()).digest(),
        "pan": PAN,
        "key": KEY,
        "base_date": "14",
        "tid": 6_000_000 + number,
        "attempt": 0,
        "units": 5,
        "money": 0,
        "answer": f'[1,"token","{token}"]'.encode(),
        "tokens": (token,),
    }
    return Issued(**given | changes)


def move(number: int = 1, **changes: Any) -> KeyMove:
    meter = MeterId(MeterPAN(PAN), EA.MISTY1, TCT("02"), TI("01"), KEN(255), test=True)
    given: dict[str, Any] = {
        "request_id": f"change-{number}:1",
        "meter": meter,
        "key": KEY,
        "new_key": OTHER_KEY,
        "new_ti": TI("02"),
        "tokens": 4,
        "roll_over": True,
        "ken": KEN(254),
        "check_value": "D4E5F6",
        "sections": ("v1:1", "v2:1"),
    }
    return KeyMove(**given | changes)


def approval(request_id: str = "vend-7:1", **changes: Any) -> ApprovalGranted:
    given: dict[str, Any] = {
        "request_id": request_id,
        "request_hash": "ab" * 32,
        "until": NOW + timedelta(hours=1),
        "by": "ann",
        "reason": "module lost after the till had printed",
    }
    return ApprovalGranted(**given | changes)


def tried(pan: str = PAN, client: str = "till", day: date = DAY) -> UnknownTried:
    return UnknownTried(pan, client, day)


def root(material: bytes = MATERIAL, module_id: str = MODULE) -> RootKey:
    return RootKey(material, module_id)


def make(path: Path) -> Path:
    """Make a journal file."""
    Journal.create(
        path, module_id=MODULE, role=ModuleRole.VENDING, root=root(), root_record=ROOT_RECORD, at=NOW
    )
    return path


@contextmanager
def unlocked(path: Path, probe: Probe = no_probe) -> Iterator[Journal]:
    """Open a journal and unlock it."""
    with Journal.open(path, probe=probe) as journal:
        journal.unlock(root())
        yield journal


def filled(path: Path) -> Path:
    """Make a journal with something in each of its tables, in 20 lines and a few."""
    make(path)
    with unlocked(path) as journal:
        journal.commit([loaded(), loaded(OTHER_KEY, None)], NOW)
        journal.commit([issued(number) for number in range(1, 9)], NOW)
        change = issued(9, request_id="change-1:1", kind="key_change", base_date=None, tid=None, units=0)
        journal.commit([change, move(), tried(), tried(client="desk")], NOW)
        journal.checkpoint(NOW)
        journal.commit([approval(), approval("vend-8:1"), issued(10, units=0, money=70)], NOW)
    return path


def edit(path: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    """Change the file behind the journal's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement, values)


def rows(path: Path, statement: str) -> list[tuple[Any, ...]]:
    """Look into the file behind the journal's back."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()
