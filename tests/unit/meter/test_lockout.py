"""The waiting time after wrong tokens: three, then ten seconds, doubled by each further one."""

from __future__ import annotations

from datetime import datetime
from itertools import cycle
from typing import Any

import pytest

from tests.unit.meter.shop import (
    LOAD_SWITCH_TEST,
    NO_TOKEN,
    NOW,
    Shop,
    installed,
    key_of,
    later,
    power_cycle,
    results,
    with_credit,
)
from voltoken.errors import FieldError
from voltoken.meter import EntryPath, Lockout, Meter, TokenResult
from voltoken.sts import Service


def fail(meter: Meter, times: int, now: datetime = NOW) -> datetime:
    """Enter wrong numbers, each as soon as the meter takes one, and return the time after the last."""
    for _ in range(times):
        now = now + (later(meter.lockout_s(now)) - NOW)
        assert meter.enter(NO_TOKEN, now).result is TokenResult.FORMAT
    return now


def test_three_wrong_tokens_lock_for_ten_seconds_and_each_more_doubles() -> None:
    meter, _ = installed()
    now, waits = NOW, []
    for _ in range(12):
        now = fail(meter, 1, now)
        waits.append(meter.lockout_s(now))
    assert waits == [0, 0, 10, 20, 40, 80, 160, 320, 640, 1280, 1280, 1280]


def test_the_answer_says_how_long_to_wait() -> None:
    meter, shop = installed()
    answers = [meter.enter(NO_TOKEN, NOW) for _ in range(3)]
    assert [answer.lockout_s for answer in answers] == [0, 0, 10]
    refused = meter.enter(shop.credit(), later(4))
    assert (refused.result, refused.result.code, refused.lockout_s) == ("lockout", 15, 6)
    assert refused.token is None


def test_while_locked_good_tokens_are_not_taken_and_wrong_ones_not_counted() -> None:
    meter, shop = with_credit()
    token, section = shop.credit(), shop.key_change(key_of(2))[0]
    fail(meter, 3)
    before, writes = meter.memory.lockout, meter.memory.writes
    assert results(meter, token, section, NO_TOKEN, "", now=later(9)) == ["lockout"] * 4
    assert (meter.memory.lockout, meter.memory.writes) == (before, writes)
    assert results(meter, token, now=later(10)) == ["Accept"]


def test_a_started_second_counts() -> None:
    meter, shop = installed()
    fail(meter, 3)
    assert [meter.lockout_s(later(s)) for s in (0, 0.5, 1, 9.99, 10, 11)] == [10, 10, 9, 1, 0, 0]
    assert results(meter, shop.credit(), now=later(9.99)) == ["lockout"]


def test_every_refusal_counts_but_overflow_and_class_1() -> None:
    meter, shop = with_credit(credit_max=10_000, functions=())
    used, full = shop.credit(tid=shop.tid), shop.credit()
    foreign, other = Shop(key_of(2)).credit(), shop.credit(service=Service.GAS)
    counted = [NO_TOKEN, used, foreign, other, shop.limit(1), shop.authentic(3, 0), shop.credit(tid=1)]
    for token in (full, LOAD_SWITCH_TEST, "00000000000150997585"):
        meter.enter(token, NOW)
    assert meter.memory.lockout == {}
    now = NOW
    for number, token in enumerate(counted, start=1):
        now = now + (later(meter.lockout_s(now)) - NOW)
        assert not meter.enter(token, now).result.is_accepted
        assert meter.memory.lockout[EntryPath.KEYPAD].in_a_row == number


def test_a_meter_may_count_only_what_it_cannot_read() -> None:
    meter, shop = with_credit(lockout=Lockout(counts_authentic=False))
    used, foreign = shop.credit(tid=shop.tid), Shop(key_of(2)).credit()
    assert results(meter, used, used, used, used) == ["UsedError"] * 4
    assert results(meter, shop.authentic(2, 11 << 44), shop.authentic(0, 9 << 44)) == ["FunctionError"] * 2
    assert meter.memory.lockout == {}
    answers = [meter.enter(token, NOW) for token in (NO_TOKEN, used, foreign)]
    assert [answer.in_a_row for answer in answers] == [1, 1, 2]


def test_overflow_neither_counts_nor_forgives() -> None:
    meter, shop = with_credit(credit_max=10_000)
    fail(meter, 2)
    assert results(meter, shop.credit()) == ["OverflowError"]
    assert meter.memory.lockout[EntryPath.KEYPAD].in_a_row == 2


@pytest.mark.parametrize("kind", ["credit", "management", "section"])
def test_an_accepted_token_ends_the_count(kind: str) -> None:
    meter, shop = installed()
    good = {
        "credit": shop.credit(),
        "management": shop.limit(1_000),
        "section": shop.key_change(key_of(2))[1],
    }[kind]
    fail(meter, 2)
    assert meter.enter(good, NOW).result.is_accepted
    assert meter.memory.lockout == {}
    assert results(meter, NO_TOKEN, NO_TOKEN, shop.credit()) == ["FormatError", "FormatError", "Accept"]


def test_a_test_token_does_not_end_the_count() -> None:
    meter, shop = installed()
    fail(meter, 2)
    assert results(meter, LOAD_SWITCH_TEST, NO_TOKEN, shop.credit()) == ["Accept", "FormatError", "lockout"]


def test_one_way_in_does_not_block_another() -> None:
    meter, shop = installed()
    fail(meter, 3)
    assert meter.lockout_s(NOW) == 10
    for path in (EntryPath.REMOTE, EntryPath.PORT, EntryPath.CARD):
        assert meter.lockout_s(NOW, path) == 0
        assert results(meter, shop.credit(), path=path) == ["Accept"]
    assert meter.lockout_s(NOW) == 10


def test_wrong_tokens_of_all_ways_are_counted_apart() -> None:
    meter, _ = installed()
    paths = cycle((EntryPath.KEYPAD, EntryPath.PORT))
    for _ in range(4):
        meter.enter(NO_TOKEN, NOW, next(paths))
    assert {path.value: row.in_a_row for path, row in meter.memory.lockout.items()} == {
        "keypad": 2,
        "port": 2,
    }


def test_a_power_cut_ends_it_where_the_count_is_volatile() -> None:
    meter, shop = installed()
    fail(meter, 5)
    power_cycle(meter)
    assert meter.memory.lockout == {}
    assert results(meter, shop.credit()) == ["Accept"]


def test_a_strict_meter_goes_on_waiting_after_a_power_cut() -> None:
    meter, shop = installed("strict")
    fail(meter, 3)
    power_cycle(meter, later(1))
    assert results(meter, shop.credit(), now=later(2)) == ["lockout"]
    assert results(meter, shop.credit(), now=later(10)) == ["Accept"]


def test_a_clock_set_back_does_not_shorten_the_wait() -> None:
    meter, _ = installed()
    fail(meter, 3)
    assert meter.lockout_s(later(-3600)) == 10


def test_a_meter_without_a_lockout_counts_nothing() -> None:
    meter, shop = installed(lockout=None)
    assert results(meter, *[NO_TOKEN] * 20, shop.credit())[-1] == "Accept"
    assert meter.memory.lockout == {}
    power_cycle(meter)
    assert meter.memory.lockout == {}


def test_the_count_stops_at_255() -> None:
    meter, _ = installed(lockout=Lockout(after=255, first_s=7, max_s=7))
    fail(meter, 300)
    assert meter.memory.lockout[EntryPath.KEYPAD].in_a_row == 255


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"after": 0}, "after"),
        ({"after": 256}, "after"),
        ({"first_s": 0}, "first_s"),
        ({"first_s": 20, "max_s": 19}, "max_s"),
        ({"max_s": 86_401}, "max_s"),
        ({"after": 3.0}, "after"),
    ],
)
def test_a_lockout_outside_its_ranges_is_refused(values: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldError) as refused:
        Lockout(**values)
    assert refused.value.field == field
