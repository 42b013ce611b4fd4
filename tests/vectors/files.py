"""Read the vector files, and make keys and times from their entries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TI,
    TID,
    BaseDate,
    DecoderKey,
    Deriver,
    KeyType,
    MeterPAN,
    TIDClock,
    TokenCipher,
    VendingKey,
)

FOLDER = Path(__file__).resolve().parents[2] / "vectors"

Entry = dict[str, Any]


def document(name: str) -> Entry:
    """Return a vector file as it stands; numbers with a point are exact decimals."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    content: Entry = json.loads(text, parse_float=Decimal)
    return content


def group(name: str, group_name: str) -> list[Entry]:
    """Return the entries of one group of one file."""
    entries: list[Entry] = document(name)["groups"][group_name]
    return entries


def parameters(entries: list[Entry], label: str = "id") -> list[Any]:
    """Return one test parameter for each entry, named by the entry's label."""
    return [pytest.param(entry, id=str(entry[label])) for entry in entries]


def cases(name: str, group_name: str, label: str = "id") -> list[Any]:
    """Return one test parameter for each entry of a group."""
    return parameters(group(name, group_name), label)


def vending_key(key: Entry, ken: int = 255) -> VendingKey:
    """Return the vending key that an entry's key comes from."""
    return VendingKey(
        bytes.fromhex(key["vending_key"]),
        sgc=SGC(key["sgc"]),
        krn=KRN(key["krn"]),
        kt=KeyType(key["key_type"]),
        base_date=BaseDate(key.get("base_date", "93")),
        ken=KEN(ken),
        test=True,
    )


def meter_pan(key: Entry) -> MeterPAN:
    """Return the meter of an entry's key; laboratory meters may have a DRN without a valid check digit."""
    if "meter_pan" in key:
        return MeterPAN(key["meter_pan"])
    return MeterPAN.unverified(key["iin"], key["iain"])


def derive(key: Entry, ea: str, ken: int = 255) -> DecoderKey:
    """Return the decoder key of an entry, made from its vending key."""
    deriver = Deriver(vending_key(key, ken), EA(ea), DKGA(key["dkga"]))
    return deriver.derive(meter_pan(key), TI(key["ti"]))


def token_cipher(entry: Entry) -> TokenCipher:
    """Return the cipher of a token entry, under its derived key; EA07 on the sample tables."""
    return TokenCipher(derive(entry["key"], entry["ea"]), SAMPLE_TABLES)


def issue_time(entry: Entry) -> datetime:
    """Return an entry's wall-clock time as if it were UTC."""
    return datetime.fromisoformat(entry["time_of_issue"]).replace(tzinfo=UTC)


def tid_of(entry: Entry) -> TID:
    """Return the TID that an entry's time of issue gives."""
    clock = TIDClock(BaseDate(entry["base_date"]))
    if entry.get("special_reserved"):
        return clock.special_tid_on(issue_time(entry))
    return clock.tid_at(issue_time(entry))
