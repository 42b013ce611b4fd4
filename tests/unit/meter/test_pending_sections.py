"""Incomplete key change sets: how long a meter keeps them, and what drops them."""

from __future__ import annotations

import pytest

from tests.unit.meter.shop import (
    LOAD_SWITCH_TEST,
    NOW,
    installed,
    key_of,
    later,
    power_cycle,
    results,
    with_credit,
)
from voltoken.sts import Set1stSectionDecoderKey


def test_a_set_is_forgotten_ten_minutes_after_its_last_section() -> None:
    meter, shop = installed()
    tokens = shop.key_change(key_of(2))
    assert results(meter, tokens[0], now=NOW) == ["1stKCT"]
    assert results(meter, tokens[1], now=later(600)) == ["2ndKCT"]
    assert meter.missing_sections(later(1200)) == (3, 4)
    assert meter.missing_sections(later(1201)) == ()
    assert meter.enter(tokens[2], later(1201)).missing == (1, 2, 4)
    assert results(meter, tokens[3], tokens[0], now=later(1300)) == ["4thKCT", "1stKCT"]
    assert results(meter, tokens[1], now=later(1300)) == ["Accept"]


def test_the_time_a_set_is_kept_is_the_profiles() -> None:
    meter, shop = installed(pending_timeout_s=5)
    first, second, *_ = shop.key_change(key_of(2))
    meter.enter(first, NOW)
    assert meter.enter(second, later(6)).missing == (1, 3, 4)


def test_a_clock_set_back_does_not_lose_a_set() -> None:
    meter, shop = installed()
    first, second, *_ = shop.key_change(key_of(2))
    meter.enter(first, NOW)
    assert meter.enter(second, later(-3600)).missing == (3, 4)


@pytest.mark.parametrize("kind", ["credit", "management"])
def test_another_accepted_token_drops_a_pending_set(kind: str) -> None:
    meter, shop = installed()
    tokens = shop.key_change(key_of(2))
    results(meter, *tokens[:3])
    assert results(meter, shop.credit() if kind == "credit" else shop.limit(1_000)) == ["Accept"]
    assert meter.missing_sections(NOW) == ()
    assert meter.enter(tokens[3], NOW).missing == (1, 2, 3)


def test_a_meter_may_keep_a_set_through_other_tokens() -> None:
    meter, shop = installed(pending_dropped_by_tokens=False)
    tokens = shop.key_change(key_of(2))
    assert results(meter, *tokens[:3], shop.credit(), tokens[3])[-2:] == ["Accept", "Accept"]
    assert meter.memory.key.krn == 2


def test_tests_and_refused_tokens_do_not_drop_a_pending_set() -> None:
    meter, shop = with_credit()
    tokens = shop.key_change(key_of(2))
    used = shop.credit(tid=shop.tid)
    results(meter, *tokens[:3], LOAD_SWITCH_TEST, used)
    assert meter.missing_sections(NOW) == (4,)
    assert results(meter, tokens[3]) == ["Accept"]


def test_a_pending_set_is_gone_after_a_power_cut() -> None:
    meter, shop = installed()
    tokens = shop.key_change(key_of(2))
    results(meter, *tokens[:3])
    power_cycle(meter)
    assert meter.missing_sections(NOW) == ()
    assert results(meter, tokens[3]) == ["4thKCT"]
    assert meter.memory.key.krn == 1


def test_a_meter_may_keep_a_pending_set_through_a_power_cut() -> None:
    meter, shop = installed("strict")
    tokens = shop.key_change(key_of(2))
    results(meter, *tokens[:3])
    power_cycle(meter)
    assert meter.missing_sections(NOW) == (4,)
    assert results(meter, tokens[3]) == ["Accept"]
    assert meter.memory.key.krn == 2


def test_an_accepted_section_ends_the_count_of_failures() -> None:
    meter, shop = installed()
    tokens = shop.key_change(key_of(2))
    assert results(meter, "1", "2", tokens[0], "3", "4", *tokens[1:])[-1] == "Accept"
    assert meter.memory.lockout == {}


def test_a_set_can_be_entered_again_only_under_the_key_it_was_made() -> None:
    meter, shop = installed()
    tokens = shop.key_change(key_of(2))
    results(meter, *tokens)
    assert results(meter, *tokens[:2]) == ["CRCError", "CRCError"]


def test_key_change_tokens_are_not_kept_for_the_display() -> None:
    meter, shop = installed()
    answers = [meter.enter(token, NOW) for token in shop.key_change(key_of(2))]
    assert isinstance(answers[0].token, Set1stSectionDecoderKey)
    assert meter.memory.history.last_management == ()
    assert meter.memory.history.management_tokens == 0
