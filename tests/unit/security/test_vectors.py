"""The published tokens come out of the module bit for bit, where its rules let it make them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.security.desk import LONG_AGO, Desk, register
from tests.vectors.files import FOLDER, Entry, group, issue_time, meter_pan, parameters, tid_of
from voltoken.security import (
    CreditRequest,
    IssuedToken,
    KeyChangeRequest,
    KeyChangeSet,
    KeyRef,
    KeyRegister,
    ManagementRequest,
    MeterId,
    is_published,
)
from voltoken.sts import (
    CURRENCY,
    DKGA,
    EA,
    KEN,
    KRN,
    SAMPLE_TABLES,
    SGC,
    TCT,
    TI,
    UNITS,
    BaseDate,
    KeyType,
    MeterPAN,
    Service,
    key_check_value,
)

TOKENS = [*group("ea11_tokens", "ea11_tokens"), *group("ea07_sample", "tokens")]
WITH_TID = [one for one in TOKENS if "new_key" not in one]
ROLL_OVER_TO_2035 = datetime.fromisoformat("2035-06-01T12:00:00+00:00")


def known(key: Entry, ea: str, ken: int = 255) -> tuple[KeyRegister, bytes]:
    """Return the register of an entry's vending key, and the key."""
    secret = bytes.fromhex(key["vending_key"])
    changes: dict[str, Any] = {
        "kt": KeyType(key["key_type"]),
        "dkga": DKGA(key["dkga"]),
        "eas": frozenset({EA(ea)}),
        "base_date": BaseDate(key.get("base_date", "93")),
        "ken": KEN(ken),
        "key_bits": 8 * len(secret),
        "check_value": key_check_value(secret),
        "act": LONG_AGO,
        "ulm": 1 << 60,
        "clm": 1 << 60,
    }
    return register(KeyRef(SGC(key["sgc"]), KRN(key["krn"])), **changes), secret


def desk_with(now: datetime, *keys: tuple[KeyRegister, bytes]) -> Desk:
    """Return a desk that holds keys of vectors."""
    desk = Desk(now=now, tables=SAMPLE_TABLES)
    for one, secret in keys:
        desk.load(one)
        desk.engine.vault.put(one, secret)
    return desk


def meter_of(entry: Entry) -> MeterId:
    """Return the meter of an entry."""
    key = entry["key"]
    tct = TCT("01" if key["key_type"] == KeyType.DCTK else "02")
    return MeterId(meter_pan(key), EA(entry["ea"]), tct, TI(key["ti"]), test=True)


def request_of(entry: Entry, ref: KeyRef) -> CreditRequest | ManagementRequest:
    """Return the request for the token of an entry."""
    tid, subclass = tid_of(entry), entry["subclass"]
    common: dict[str, Any] = {"meter": meter_of(entry), "key": ref, "tid": tid, "special": tid.is_reserved}
    if entry["class"] == 2:
        return ManagementRequest("v:1", subclass=subclass, value=int(entry["field_hex"], 16), **common)
    service = Service(subclass)
    grid = CURRENCY if service.is_currency else UNITS
    return CreditRequest("v:1", service=service, steps=grid.steps(Decimal(entry["amount"])), **common)


@pytest.mark.parametrize("entry", parameters(WITH_TID))
def test_a_published_token_comes_out_bit_for_bit(entry: Entry) -> None:
    one, secret = known(entry["key"], entry["ea"])
    desk = desk_with(issue_time(entry), (one, secret))
    token = desk.token(request_of(entry, one.ref), rnd=entry.get("rnd", 0))
    assert token.token.digits == entry["token"]
    assert (token.token_class, token.subclass) == (entry["class"], entry["subclass"])


@pytest.mark.parametrize(
    "service", [one for one in Service if not one.is_currency], ids=lambda service: service.name.lower()
)
def test_many_together_come_out_as_one_by_one(service: Service) -> None:
    entries = [one for one in WITH_TID if one["class"] == 0 and one["subclass"] == service]
    for entry in entries:
        one, secret = known(entry["key"], entry["ea"])
        desk = desk_with(issue_time(entry), (one, secret))
        wanted = request_of(entry, one.ref)
        assert isinstance(wanted, CreditRequest)
        meters = [replace(wanted.meter, pan=MeterPAN.build("0699", f"{n:08d}")) for n in range(4)]
        others = [replace(wanted, request_id=f"o:{n}", meter=one) for n, one in enumerate(meters)]
        made = desk.decide(*others, wanted, chance=bytes([*range(4), entry["rnd"]]))[-1].answer
        assert isinstance(made, IssuedToken)
        assert made.token.digits == entry["token"]


def sets() -> list[Any]:
    """Return the published key change sets, each as its sections; some of them are not complete."""
    found: dict[str, list[Entry]] = {}
    for entry in TOKENS:
        if "new_key" in entry:
            found.setdefault(entry["set"], []).append(entry)
    for one in group("keychange_ea11", "keychange_sets"):
        found[one["set"]] = one["tokens"]
    # One vending key cannot be two registers: from its default to its unique form no module makes a set.
    return [pytest.param(tokens, id=name) for name, tokens in found.items() if name != "kct-04"]


@pytest.mark.parametrize("tokens", sets())
def test_a_published_key_change_comes_out_bit_for_bit(tokens: list[Entry]) -> None:
    first = tokens[0]
    ken = first.get("ken", 255)
    old = known(first["key"], first["ea"])
    new = known(first["new_key"], first["ea"], ken)
    late = new[0].base_date is BaseDate.BD2035
    now = ROLL_OVER_TO_2035 if late else LONG_AGO + timedelta(days=3 * 365 + 5)
    if new[0].base_date is BaseDate.BD2014:
        now = BaseDate.BD2014.instant + timedelta(days=1)
    desk = desk_with(now, old, new)
    request = KeyChangeRequest(
        "k:1",
        meter_of(first),
        old[0].ref,
        new[0].ref,
        TI(first["new_key"]["ti"]),
        4 if first["ea"] == "11" else 3 if first["bit_3kct"] else 2,
        roll_over=first["ro"] == 1,
    )
    made = desk.ask(request)
    assert isinstance(made, KeyChangeSet), made
    digits = {one.subclass: one.token.digits for one in made.tokens}
    assert {one["subclass"]: one["token"] for one in tokens}.items() <= digits.items()


def test_every_vending_key_of_the_vectors_is_published() -> None:
    texts = [path.read_text("utf-8") for path in FOLDER.glob("*.json")]
    keys = {key for text in texts for key in re.findall(r'"vending_key": "([0-9a-fA-F]+)"', text)}
    assert len(keys) > 3
    assert [key for key in sorted(keys) if not is_published(bytes.fromhex(key))] == []
