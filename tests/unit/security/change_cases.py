"""The cases of key changes: in each only one rule fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.unit.security.cases import (
    CARD,
    FIRST,
    MINUTE,
    REAL_STA,
    Scene,
    Wrong,
    after,
    keys,
)
from tests.unit.security.desk import (
    ALL_ACTS,
    DEA_METER,
    KEY,
    METER,
    NEW_KEY,
    NOW,
    STA_METER,
    THIRD_KEY,
    Desk,
    change,
    client,
    first_change,
    first_key,
    register,
    tid_at,
)
from voltoken.security import Act, ModuleRole
from voltoken.sts import EA, KEN, SAMPLE_TABLES, TI, BaseDate, KeyType

MAKERS = ModuleRole.MANUFACTURING


def _types(old: KeyType, new: KeyType) -> Desk:
    return Desk([register(KEY, kt=old), register(NEW_KEY, kt=new)])


def _run_out(right: bool) -> Scene:
    old, new = BaseDate.BD1993, BaseDate.BD2014 if right else BaseDate.BD1993
    desk = Desk([register(KEY, base_date=old), register(NEW_KEY, base_date=new)])
    return desk, change()


def _base_date_back(right: bool) -> Scene:
    now = datetime(2020, 3, 1, 13, 0, tzinfo=UTC)
    new = register(NEW_KEY, base_date=BaseDate.BD2014 if right else BaseDate.BD1993)
    return Desk([register(), new], now=now), change()


def _back(right: bool) -> Scene:
    """Away with a roll-over, on, and back: to a key from after the roll-over, or from before it."""
    desk = after(lambda one: one.change(change("k0:1", roll_over=True)))
    desk.change(change("k0:2", key=NEW_KEY, new_key=THIRD_KEY))
    return desk, change(key=THIRD_KEY, new_key=NEW_KEY if right else KEY)


def _back_later(right: bool) -> Scene:
    """Away without a roll-over, on with one, and back to the very first key."""
    desk = after(lambda one: one.change(change("k0:1")))
    desk.change(change("k0:2", key=NEW_KEY, new_key=THIRD_KEY, roll_over=not right))
    return desk, change(key=THIRD_KEY, new_key=KEY)


def _perhaps_back(right: bool) -> Scene:
    """Two sets under one key, the second with a roll-over: the first may have been entered before it."""
    desk = after(lambda one: one.change(change("k0:1")))
    second = change("k0:2", new_key=THIRD_KEY, roll_over=not right)
    desk.approve(second)
    desk.change(second)
    return desk, change(key=THIRD_KEY, new_key=NEW_KEY)


CHANGES = (
    Wrong("module.sealed", lambda ok: (Desk(sealed=not ok), change())),
    Wrong(
        "client.act",
        lambda ok: (Desk(clients=[client(acts=ALL_ACTS - (set() if ok else {Act.KEY_CHANGE}))]), change()),
        says="key_change",
    ),
    Wrong(
        "client.supply_group",
        lambda ok: (
            Desk(
                [register(), register("654321/1")],
                clients=[client(supply_groups=frozenset({"123456", "654321" if ok else "111111"}))],
            ),
            change(new_key=register("654321/1").ref),
        ),
        says="654321",
        name="client.supply_group of the new key",
    ),
    Wrong(
        "key.unknown", lambda ok: (Desk([register(), register(NEW_KEY)][: 1 + ok]), change()), says="123456/2"
    ),
    Wrong(
        "role.initial_key_change",
        lambda ok: (
            Desk([first_key(), register()], role=MAKERS if ok else ModuleRole.VENDING),
            first_change(),
        ),
        "first_keys_are_for_manufacturing",
    ),
    Wrong(
        "key.no_first",
        lambda ok: (
            Desk([first_key() if ok else register(FIRST), register()], role=MAKERS),
            first_change(),
        ),
        "first_keys_are_for_manufacturing",
        "999999/1",
    ),
    Wrong(
        "key.first",
        lambda ok: (
            Desk([register(FIRST) if ok else first_key(), register()]),
            change(key=FIRST, new_key=KEY),
        ),
        "first_keys_are_for_manufacturing",
        "999999/1",
    ),
    Wrong(
        "key.algorithm",
        lambda ok: (keys(ok, eas=frozenset({EA.STA})), change()),
        "the_key_knows_the_algorithm",
        "123456/1",
    ),
    Wrong(
        "key.algorithm",
        lambda ok: (keys(ok, new=True, eas=frozenset({EA.STA})), change()),
        "new_the_key_knows_the_algorithm",
        "123456/2",
    ),
    Wrong(
        "meter.no_tables",
        lambda ok: (Desk(tables=SAMPLE_TABLES if ok else None), change(meter=STA_METER, tokens=2)),
        "sta_needs_tables",
        without="module.failed",
    ),
    Wrong(
        "meter.sample_tables",
        lambda ok: (Desk(), change(meter=STA_METER if ok else REAL_STA, tokens=2)),
        "sample_tables_are_for_tests",
    ),
    Wrong(
        "key.carrier",
        lambda ok: (_types(KeyType.DCTK, KeyType.DDTK), change(meter=CARD if ok else METER)),
        "common_keys_need_cards",
        "123456/1",
    ),
    Wrong(
        "key.carrier",
        lambda ok: (_types(KeyType.DDTK, KeyType.DCTK), change(meter=CARD if ok else METER)),
        "new_common_keys_need_cards",
        "123456/2",
    ),
    Wrong(
        "change.tokens",
        lambda ok: (Desk(), change(tokens=4 if ok else 3)),
        "the_set_has_its_size",
        "EA11 takes 4 tokens, not 3",
        name="change.tokens of 128 bits",
    ),
    Wrong(
        "change.tokens",
        lambda ok: (
            Desk([register(bits=64), register(NEW_KEY, bits=64)]),
            change(meter=DEA_METER, tokens=3 if ok else 4),
        ),
        "the_set_has_its_size",
        "EA09 takes 2 or 3 tokens, not 4",
        name="change.tokens of 64 bits",
    ),
    Wrong(
        "change.key_type",
        lambda ok: (_types(KeyType.DUTK, KeyType.DUTK if ok else KeyType.DCTK), change(meter=CARD)),
        "the_key_types_follow",
        "DUTK cannot be given a DCTK",
    ),
    Wrong("change.cluster", lambda ok: (keys(ok, clu=7), change()), "clusters_stay_apart", "cluster 7"),
    Wrong(
        "change.new_change_only",
        lambda ok: (keys(ok, new=True, key_change_only=True), change()),
        "the_new_key_takes_meters_in",
        "123456/2",
    ),
    Wrong(
        "key.not_active",
        lambda ok: (keys(ok, act=NOW + MINUTE), change()),
        "the_key_is_active",
        "123456/1",
    ),
    Wrong(
        "key.issued_until",
        lambda ok: (keys(ok, iut=NOW - MINUTE), change()),
        "the_key_may_still_issue",
        "123456/1",
    ),
    Wrong(
        "key.not_active",
        lambda ok: (keys(ok, new=True, act=NOW + MINUTE), change()),
        "new_the_key_is_active",
        "123456/2",
    ),
    Wrong(
        "key.issued_until",
        lambda ok: (keys(ok, new=True, iut=NOW - MINUTE), change()),
        "new_the_key_may_still_issue",
        "123456/2",
    ),
    Wrong("key.base_date", _run_out, "the_new_key_has_not_expired", "1993"),
    Wrong(
        "change.new_expired",
        lambda ok: (keys(ok, new=True, ken=KEN((tid_at() >> 16) - 1)), change()),
        "the_new_key_has_not_expired",
        "123456/2",
    ),
    Wrong("change.base_date_back", _base_date_back, "the_base_date_goes_on", "2014 cannot go back to 1993"),
    Wrong(
        "change.roll_over_same_key",
        lambda ok: (Desk(), change(new_key=KEY, roll_over=not ok)),
        "a_roll_over_takes_another_key",
        without="change.returns",
    ),
    Wrong("change.returns", _back, "nobody_returns_across_a_roll_over", "123456/1"),
    Wrong(
        "change.returns",
        _back_later,
        "nobody_returns_across_a_roll_over",
        name="change.returns to a key left without a roll-over before one",
    ),
    Wrong(
        "change.returns",
        _perhaps_back,
        "nobody_returns_across_a_roll_over",
        name="change.returns to a key that the meter perhaps had",
    ),
    Wrong(
        "change.returns",
        lambda ok: (
            after(lambda one: one.change(change("k0:1", roll_over=True))),
            change(meter=replace(METER, ti=TI("01" if ok else "02")), roll_over=True),
        ),
        "nobody_returns_across_a_roll_over",
        name="change.returns with the same set from another tariff index",
    ),
    Wrong(
        "change.test_to_live",
        lambda ok: (keys(ok, new=True, test=False), change()),
        "test_keys_lead_to_test_keys",
        "123456/2 is live",
    ),
    Wrong(
        "change.live_to_test",
        # What a till says of its meter does not count: METER is said to be for tests.
        lambda ok: (
            Desk([register(test=False), register(NEW_KEY)], clients=[client(test_meters=ok)]),
            change(),
        ),
        "live_keys_lead_to_live_keys",
        "123456/2",
    ),
    Wrong(
        "change.outstanding",
        lambda ok: (
            after(lambda one: one.change(change("k0:1"))),
            change(new_key=NEW_KEY if ok else THIRD_KEY),
        ),
        "one_set_at_a_time",
        "123456/2",
    ),
)
"""Cases of key changes away from a key that is known."""
