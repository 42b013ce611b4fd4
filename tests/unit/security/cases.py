"""One case for each rule: a request in which only that rule fails, and the same with the one thing mended.

A case sets a desk and a request, ``right`` or wrong. Its ``rule`` is the one that refuses it, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.unit.security.desk import (
    ALL_ACTS,
    KEY,
    METER,
    NEW_KEY,
    NOW,
    STA_METER,
    THIRD_KEY,
    Desk,
    client,
    credit,
    first_key,
    management,
    money,
    register,
    tid_at,
)
from voltoken.security import Act, IssueRequest, KeyRef, ModuleRole
from voltoken.sts import EA, KEN, SAMPLE_TABLES, TCT, TID, BaseDate, KeyType, Service

Scene = tuple[Desk, IssueRequest]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST = KeyRef.parse("999999/1")
CARD = replace(METER, tct=TCT("01"))
REAL_STA = replace(STA_METER, test=False)
PERIOD = tid_at() >> 16
END_OF_1993 = datetime(2024, 11, 24, 20, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A case. code: of the refusal. rule: its name in the tables, empty when it is none of theirs.

    says: what the message must name. name: where the code does not name the case.
    without: the code that it gets when its rule is missing and something else still stops it.
    """

    code: str
    scene: Callable[[bool], Scene]
    rule: str = ""
    says: str = ""
    name: str = ""
    without: str | None = None


def keys(right: bool, *, new: bool = False, **wrong: Any) -> Desk:
    """Return a desk where one key, the new one or the present, is not as it should be."""
    bad, good = (NEW_KEY, KEY) if new else (KEY, NEW_KEY)
    return Desk([register(bad, **({} if right else wrong)), register(good)])


def only(**changes: Any) -> Desk:
    """Return a desk with one client, who may do everything but for changes."""
    return Desk(clients=[client(**changes)])


def after(earlier: Callable[[Desk], object], desk: Desk | None = None) -> Desk:
    """Return a desk at which something happened before."""
    desk = desk or Desk([register(KEY), register(NEW_KEY), register(THIRD_KEY)])
    earlier(desk)
    return desk


def _a_key_lost(right: bool) -> Scene:
    desk = Desk()
    if not right:
        desk.engine.vault.drop(KEY)
    return desk, credit()


def _run_out(right: bool) -> Scene:
    now = END_OF_1993 if right else END_OF_1993 + DAY
    return Desk([register(base_date=BaseDate.BD1993)], now=now), credit(tid=TID(0xFFFFFF))


def _limited(right: bool, request: Callable[..., IssueRequest], limit: str, left: int) -> Scene:
    asked = left if right else left + 1
    whole: dict[str, Any] = {limit: 1000 + left}
    desk = Desk([register(**whole)])
    assert desk.code(request("v0:1", -1, steps=1000)) is None
    return desk, request(steps=asked)


def _spent(right: bool) -> Scene:
    desk = Desk(clients=[client(rate=1, burst=2 if right else 1)])
    desk.ask(management(minutes=-1))
    return desk, credit()


CREDITS = (
    Wrong("module.sealed", lambda ok: (Desk(sealed=not ok), credit()), says="shares"),
    Wrong("module.failed", _a_key_lost, says="123456/1"),
    Wrong(
        "client.unknown", lambda ok: (Desk(clients=[client("till" if ok else "x")]), credit()), says="till"
    ),
    Wrong(
        "client.act",
        lambda ok: (only(acts=ALL_ACTS - (set() if ok else {Act.CREDIT})), credit()),
        says="credit",
    ),
    Wrong(
        "client.supply_group",
        lambda ok: (
            Desk(clients=[client(supply_groups=frozenset({"123456" if ok else "654321"}))]),
            credit(),
        ),
        says="123456",
    ),
    Wrong("client.rate", _spent, says="1 tokens a second"),
    Wrong(
        "request.conflict",
        lambda ok: (after(lambda one: one.ask(credit("v1:2" if ok else "v1:1", -1))), credit()),
        says="v1:1",
    ),
    Wrong(
        "role.credit",
        lambda ok: (Desk(role=ModuleRole.VENDING if ok else ModuleRole.MANUFACTURING), credit()),
        "manufacturing_makes_no_credit",
    ),
    Wrong("key.unknown", lambda ok: (Desk([register(KEY if ok else NEW_KEY)]), credit()), says="123456/1"),
    Wrong(
        "key.first",
        lambda ok: (Desk([register(FIRST) if ok else first_key()]), credit(key=FIRST)),
        "first_keys_are_for_initial_changes",
        "999999/1",
    ),
    Wrong(
        "key.default_credit",
        lambda ok: (keys(ok, kt=KeyType.DDTK), credit()),
        "default_keys_make_no_credit",
        "123456/1",
    ),
    Wrong(
        "key.carrier",
        lambda ok: (keys(False, kt=KeyType.DCTK), credit(meter=CARD if ok else METER)),
        "common_keys_need_cards",
        "02",
    ),
    Wrong(
        "key.algorithm",
        lambda ok: (keys(ok, eas=frozenset({EA.STA})), credit()),
        "the_key_knows_the_algorithm",
        "EA11; it is for EA07",
    ),
    Wrong(
        "meter.no_tables",
        lambda ok: (Desk(tables=SAMPLE_TABLES if ok else None), credit(meter=STA_METER)),
        "sta_needs_tables",
        without="module.failed",
    ),
    Wrong(
        "meter.sample_tables",
        lambda ok: (Desk(), credit(meter=STA_METER if ok else REAL_STA)),
        "sample_tables_are_for_tests",
        name="meter.sample_tables unless the meter is for tests",
    ),
    Wrong(
        "meter.sample_tables",
        lambda ok: (Desk(clients=[client(test_meters=ok)]), credit(meter=REAL_STA)),
        "sample_tables_are_for_tests",
        name="meter.sample_tables unless the client is for tests",
    ),
    Wrong(
        "key.change_only",
        lambda ok: (keys(ok, key_change_only=True), credit()),
        "the_key_moves_meters_only",
        "123456/1",
    ),
    Wrong(
        "key.service",
        lambda ok: (keys(ok, services=frozenset({Service.WATER})), credit()),
        "the_service_is_allowed",
        "subclass 0",
    ),
    Wrong(
        "key.not_active",
        lambda ok: (Desk([register(act=NOW + (0 if ok else 1) * MINUTE)]), credit()),
        "the_key_is_active",
        "2026-03-01 13:01 UTC",
    ),
    Wrong(
        "key.issued_until",
        lambda ok: (Desk([register(iut=NOW - (0 if ok else 1) * MINUTE)]), credit()),
        "the_key_may_still_issue",
        "2026-03-01 12:59 UTC",
    ),
    Wrong("key.base_date", _run_out, "the_base_date_has_a_tid_for_today", "1993"),
    Wrong(
        "tid.behind",
        lambda ok: (Desk(), credit(minutes=-7 * 1440 - (0 if ok else 1))),
        "the_tid_is_near_the_clock",
        "10081 minutes behind",
    ),
    Wrong(
        "tid.ahead",
        lambda ok: (Desk(), credit(minutes=1440 + (0 if ok else 1))),
        "the_tid_is_near_the_clock",
        "1441 minutes ahead",
    ),
    Wrong(
        "tid.reserved",
        lambda ok: (Desk(), credit(minutes=-13 * 60 + (2 if ok else 1))),
        "the_tid_is_of_its_kind",
        "00:02",
    ),
    Wrong(
        "tid.not_reserved",
        lambda ok: (Desk(), credit(minutes=-13 * 60 + (1 if ok else 2), special=True)),
        "the_tid_is_of_its_kind",
        "00:01",
    ),
    Wrong(
        "key.expired",
        lambda ok: (Desk([register(ken=KEN(PERIOD - (0 if ok else 1)))]), credit()),
        "the_key_has_not_expired",
        f"KEN is {PERIOD - 1} and the token needs {PERIOD}",
    ),
    Wrong(
        "meter.expired",
        lambda ok: (Desk(), credit(meter=replace(METER, ken=KEN(PERIOD - (0 if ok else 1))))),
        "the_meter_has_not_expired",
        f"KEN {PERIOD - 1} and the token needs {PERIOD}",
    ),
    Wrong(
        "limit.units",
        lambda ok: _limited(ok, credit, "ulm", 50),
        "the_limits_are_kept",
        "may make 50 more steps of 0.1 here, and 51 were asked for. Its limit is 1050",
    ),
    Wrong(
        "limit.money",
        lambda ok: _limited(ok, money, "clm", 50),
        "the_limits_are_kept",
        "may make 50 more steps of 0.00001 here, and 51 were asked for. Its limit is 1050",
    ),
    Wrong(
        "tid.claimed",
        lambda ok: (after(lambda one: one.ask(management(minutes=-1 if ok else 0))), credit()),
        says="recovery approval",
    ),
)
"""Cases of credit."""
