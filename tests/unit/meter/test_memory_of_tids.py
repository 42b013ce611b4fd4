"""What makes a token usable once: the memory of TIDs (IEC 62055-41 clause 6.3.5 and 8)."""

from __future__ import annotations

import pytest

from tests.unit.meter.shop import MADE_TID, NO_TOKEN, NOW, installed, later, power_cycle, results
from voltoken.meter import Meter, TokenResult


def test_used_token_is_refused_after_power_loss() -> None:
    meter, shop = installed()
    token = shop.credit()
    assert results(meter, token) == ["Accept"]
    power_cycle(meter)
    assert results(meter, token) == ["UsedError"]
    assert TokenResult.USED.code == 10


def test_used_token_is_refused_for_ever() -> None:
    meter, shop = installed(lockout=None)
    token = shop.credit()
    assert results(meter, token, token, token) == ["Accept", "UsedError", "UsedError"]
    assert results(meter, token, now=later(10**8)) == ["UsedError"]


def test_tokens_may_be_entered_out_of_order() -> None:
    meter, shop = installed()
    first, second, third = shop.credit(), shop.credit(), shop.credit()
    assert results(meter, third, first, second) == ["Accept"] * 3
    assert meter.memory.tids[-3:] == (shop.tid - 2, shop.tid - 1, shop.tid)


def test_a_token_older_than_the_meter_is_old_and_one_of_its_minute_is_used() -> None:
    meter, shop = installed()
    tokens = [shop.credit(tid=MADE_TID + offset) for offset in (-1, 0, 1)]
    assert results(meter, *tokens) == ["OldError", "UsedError", "Accept"]
    assert TokenResult.OLD.code == 9


def test_sixty_tokens_newest_first_are_fifty_accepted_and_ten_old() -> None:
    meter, shop = installed(lockout=None)
    tokens = [shop.credit(1) for _ in range(60)]
    assert results(meter, *reversed(tokens)) == ["Accept"] * 50 + ["OldError"] * 10
    assert meter.credit == 50_000


@pytest.mark.parametrize("size", [1, 2, 5])
def test_the_smallest_makes_way_and_the_memory_keeps_its_length(size: int) -> None:
    meter, shop = installed(memory_size=size, lockout=None)
    tokens = [shop.credit(1) for _ in range(size + 2)]
    for count, token in enumerate(tokens, start=1):
        assert results(meter, token) == ["Accept"]
        assert len(meter.memory.tids) == size
        assert list(meter.memory.tids) == sorted(meter.memory.tids)
        assert min(count, size) == sum(tid > MADE_TID for tid in meter.memory.tids)
    assert results(meter, *tokens[:2]) == ["OldError", "OldError"]
    assert results(meter, *tokens[2:]) == ["UsedError"] * size


def test_a_token_between_those_remembered_is_good() -> None:
    meter, shop = installed(memory_size=3)
    shop.tid += 100
    tokens = [shop.credit(tid=shop.tid + offset) for offset in (10, 20, 30)]
    between, before = shop.credit(tid=shop.tid + 15), shop.credit(tid=shop.tid + 9)
    assert results(meter, *tokens, between, before) == ["Accept"] * 4 + ["OldError"]
    assert meter.memory.tids == (shop.tid + 15, shop.tid + 20, shop.tid + 30)


def test_the_free_token_of_a_day_is_good_once_and_old_after_fifty_others() -> None:
    meter, shop = installed(lockout=None)
    shop.tid += 3000
    reserved = shop.tid - shop.tid % 1440 + 1
    shop.tid = reserved + 1
    free, again = shop.credit(5, tid=reserved), shop.credit(7, tid=reserved)
    assert results(meter, free, again) == ["Accept", "UsedError"]
    assert set(results(meter, *(shop.credit(1) for _ in range(50)))) == {"Accept"}
    assert results(meter, again) == ["OldError"]


def test_a_refused_token_is_not_remembered() -> None:
    meter, shop = installed("edition-1", key=None, sections=4)
    before = meter.memory.tids
    assert results(meter, NO_TOKEN, shop.flag(6, 0), shop.credit(1, tid=MADE_TID)) == [
        "FormatError",
        "FunctionError",
        "UsedError",
    ]
    assert meter.memory.tids == before


def test_management_tokens_are_remembered_like_credit() -> None:
    meter, shop = installed()
    token = shop.limit(3_000)
    assert results(meter, token, token) == ["Accept", "UsedError"]


def test_time_plays_no_part_in_what_is_accepted() -> None:
    def enter_at(meter: Meter, token: str, seconds: int) -> str:
        return meter.enter(token, later(seconds)).result.value

    meter, shop = installed()
    assert enter_at(meter, shop.credit(), 10**9) == "Accept"
    assert enter_at(meter, shop.credit(), -(10**9)) == "Accept"
    assert meter.enter(shop.credit(), NOW).result == "Accept"
