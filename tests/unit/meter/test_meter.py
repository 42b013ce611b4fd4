"""A meter as a thing: what it is made of, and what it does without power or without a time zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.unit.meter.shop import (
    LOAD_SWITCH_TEST,
    MADE_TID,
    NOW,
    PAN,
    installed,
    key_of,
    profile_of,
    results,
    state_of,
    with_credit,
)
from voltoken.errors import FieldError, MeterOff, RuleError
from voltoken.meter import FlatPrice, Meter, TamperKind
from voltoken.sts import (
    EA,
    SAMPLE_TABLES,
    KeyType,
)


def test_without_power_nothing_is_done_and_the_meter_says_so() -> None:
    meter, shop = with_credit()
    token, before = shop.credit(), state_of(meter)
    meter.cut_power()
    acts: list[Any] = [
        lambda: meter.enter(token, NOW),
        lambda: meter.enter(LOAD_SWITCH_TEST, NOW),
        lambda: meter.use(1, NOW),
        lambda: meter.wait(NOW),
        lambda: meter.tamper(TamperKind.COVER, NOW),
        lambda: meter.reconnect(NOW),
        lambda: meter.take_emergency(NOW),
        lambda: meter.set_limits(NOW, low_credit=1),
    ]
    for act in acts:
        with pytest.raises(MeterOff) as refused:
            act()
        assert refused.value.code == "meter.off"
        assert "Restore the power" in refused.value.message
    assert state_of(meter) == before
    assert not meter.is_powered


def test_a_time_without_a_zone_is_refused_everywhere() -> None:
    meter, shop = with_credit()
    naive, before = datetime(2026, 3, 1, 13, 0), state_of(meter)  # noqa: DTZ001 - that is the point
    acts: list[Any] = [
        lambda: meter.enter(shop.credit(), naive),
        lambda: meter.use(1, naive),
        lambda: meter.wait(naive),
        lambda: meter.tamper(TamperKind.COVER, naive),
        lambda: meter.reconnect(naive),
        lambda: meter.take_emergency(naive),
        lambda: meter.set_limits(naive, low_credit=1),
    ]
    for act in acts:
        with pytest.raises(FieldError, match="with a time zone"):
            act()
    assert state_of(meter) == before


def test_power_is_not_restored_at_a_time_without_a_zone() -> None:
    meter, _ = with_credit()
    meter.cut_power()
    with pytest.raises(FieldError, match="with a time zone"):
        meter.restore_power(datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point
    assert not meter.is_powered


@pytest.mark.parametrize(
    ("quantity", "seconds"), [(-1, 60), (True, 60), (1.0, 60), (None, 60), (1, 0), (1, -5), (1, 1.5)]
)
def test_use_takes_whole_numbers_only(quantity: Any, seconds: Any) -> None:
    meter, _ = with_credit()
    with pytest.raises(FieldError, match="a whole number"):
        meter.use(quantity, NOW, seconds=seconds)


def test_a_meter_is_made_of_things_that_go_together() -> None:
    def make(profile: str, key: Any = None, **options: Any) -> Meter:
        return Meter.new(PAN, key or key_of(), profile_of(profile), filled_with=1, **options)

    with pytest.raises(FieldError, match="a price for a currency meter"):
        make("currency")
    with pytest.raises(FieldError, match="no price for a meter that counts units"):
        make("single-phase", price=FlatPrice(1))
    with pytest.raises(FieldError, match="4 for a meter with a key of 128 bits"):
        make("edition-1")
    with pytest.raises(FieldError, match="SAMPLE_TABLES"):
        make("single-phase", key_of(ea=EA.STA))
    with pytest.raises(RuleError, match="magnetic cards"):
        make("single-phase", key_of(kt=KeyType.DCTK))
    with pytest.raises(FieldError, match="tid"):
        Meter.new(PAN, key_of(), profile_of(), filled_with=1 << 24)
    card = make("card", key_of(ea=EA.STA, kt=KeyType.DCTK), sta_tables=SAMPLE_TABLES)
    assert card.relay == "disconnected"


def test_a_new_meter_has_no_credit_and_is_disconnected() -> None:
    meter, _ = installed()
    assert (meter.credit, meter.total, meter.is_powered, meter.is_low) == (0, 0, True, True)
    assert meter.relay == "disconnected"
    assert meter.reasons == ("credit",)
    assert meter.memory.tids == (MADE_TID,) * 50
    assert meter.memory.journal is None


def test_accepted_tokens_are_remembered_for_the_display_newest_first() -> None:
    meter, shop = installed()
    credit = [shop.credit(n) for n in range(1, 8)]
    management = [shop.limit(1_000 + n) for n in range(4)]
    assert set(results(meter, *credit, *management)) == {"Accept"}
    history = meter.memory.history
    assert [entry.token for entry in history.last_credit] == credit[:1:-1]
    assert [entry.counts for entry in history.last_credit] == [7_000, 6_000, 5_000, 4_000, 3_000]
    assert list(history.last_management) == management[:0:-1]
    assert (history.credit_tokens, history.management_tokens, history.credit_counts) == (7, 4, 28_000)
