"""The cases of management tokens: in each only one rule fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.security.cases import CARD, FIRST, MINUTE, PERIOD, REAL_STA, Scene, Wrong, after, keys
from tests.unit.security.desk import (
    ALL_ACTS,
    LICENSED,
    METER,
    NOW,
    STA_METER,
    Desk,
    client,
    credit,
    first_key,
    management,
    register,
)
from voltoken.security import Act
from voltoken.sts import EA, KEN, SAMPLE_TABLES, TID, BaseDate, KeyType


def _not_begun(right: bool) -> Scene:
    now = BaseDate.BD2035.instant - (0 if right else 1) * timedelta(hours=1)
    return Desk([register(base_date=BaseDate.BD2035)], now=now), management(tid=TID(0))


MANAGEMENTS = (
    Wrong(
        "client.act",
        lambda ok: (
            Desk(clients=[client(acts=ALL_ACTS - (set() if ok else {Act.MANAGEMENT}))]),
            management(),
        ),
        says="management",
    ),
    Wrong(
        "key.first",
        lambda ok: (Desk([register(FIRST) if ok else first_key()]), management(key=FIRST)),
        "first_keys_are_for_initial_changes",
    ),
    Wrong(
        "key.carrier",
        lambda ok: (keys(False, kt=KeyType.DCTK), management(meter=CARD if ok else METER)),
        "common_keys_need_cards",
    ),
    Wrong(
        "key.algorithm",
        lambda ok: (keys(ok, eas=frozenset({EA.STA})), management()),
        "the_key_knows_the_algorithm",
    ),
    Wrong(
        "meter.no_tables",
        lambda ok: (Desk(tables=SAMPLE_TABLES if ok else None), management(meter=STA_METER)),
        "sta_needs_tables",
        without="module.failed",
    ),
    Wrong(
        "meter.sample_tables",
        lambda ok: (Desk(tables=LICENSED if ok else SAMPLE_TABLES), management(meter=REAL_STA)),
        "sample_tables_are_for_tests",
    ),
    Wrong(
        "key.change_only",
        lambda ok: (keys(ok, key_change_only=True), management()),
        "the_key_moves_meters_only",
    ),
    Wrong("key.not_active", lambda ok: (keys(ok, act=NOW + MINUTE), management()), "the_key_is_active"),
    Wrong(
        "key.issued_until", lambda ok: (keys(ok, iut=NOW - MINUTE), management()), "the_key_may_still_issue"
    ),
    Wrong("key.base_date", _not_begun, "the_base_date_has_a_tid_for_today", "2035"),
    Wrong(
        "tid.ahead",
        lambda ok: (Desk(), management(minutes=1440 + (0 if ok else 1))),
        "the_tid_is_near_the_clock",
    ),
    Wrong(
        "tid.reserved",
        lambda ok: (Desk(), management(minutes=-779, special=ok)),
        "the_tid_is_of_its_kind",
    ),
    Wrong(
        "key.expired",
        lambda ok: (keys(ok, ken=KEN(PERIOD - 1)), management()),
        "the_key_has_not_expired",
    ),
    Wrong(
        "meter.expired",
        lambda ok: (Desk(), management(meter=METER if ok else replace(METER, ken=KEN(PERIOD - 1)))),
        "the_meter_has_not_expired",
    ),
    Wrong(
        "tid.claimed",
        lambda ok: (after(lambda one: one.ask(credit(minutes=-1 if ok else 0))), management()),
        says="recovery approval",
    ),
)
"""Cases of management tokens."""
