"""Credit that falls with consumption, the relay that follows it, and overloads that open it."""

from __future__ import annotations

import pytest

from tests.unit.meter.shop import (
    NOW,
    installed,
    later,
    power_cycle,
    results,
    with_credit,
)
from voltoken.meter import Meter, TamperKind
from voltoken.sts import Service, SetMaximumPhasePowerUnbalanceLimit

HOUR = 3600


def overload(meter: Meter, seconds: float) -> int:
    """Draw 14 kW for an hour that ends so many seconds from ``NOW``."""
    return meter.use(14_000, later(seconds), seconds=HOUR)


def test_what_is_used_is_taken_from_the_credit() -> None:
    meter, _ = with_credit(units=10)
    assert meter.use(1_234, NOW, seconds=HOUR) == 1_234
    assert (meter.credit, meter.total, meter.supply.power_w) == (8_766, 1_234, 1_234)


def test_the_last_count_is_served_and_then_the_relay_opens() -> None:
    meter, _ = with_credit(units=10)
    assert meter.use(9_999, NOW, seconds=HOUR) == 9_999
    assert (meter.credit, meter.relay) == (1, "connected")
    assert meter.use(1, NOW) == 1
    assert (meter.credit, meter.relay, meter.reasons) == (0, "disconnected", ("credit",))
    assert meter.use(1, NOW) == 0
    assert (meter.total, meter.supply.power_w) == (10_000, 0)


def test_no_more_is_served_than_there_is_credit() -> None:
    meter, _ = with_credit(units=10)
    assert meter.use(12_000, NOW, seconds=HOUR) == 10_000
    assert (meter.credit, meter.relay, meter.supply.power_w) == (0, "disconnected", 0)


def test_drawing_nothing_changes_nothing() -> None:
    meter, _ = with_credit(units=10)
    writes = meter.memory.writes
    assert meter.use(0, NOW) == 0
    assert (meter.credit, meter.relay, meter.memory.writes) == (10_000, "connected", writes)


@pytest.mark.parametrize(("name", "counts"), [("water", 1_000), ("gas", 1_000), ("time", 60)])
def test_other_services_count_litres_and_seconds(name: str, counts: int) -> None:
    meter, shop = with_credit(name, units=2)
    assert meter.credit == 2 * counts
    service = meter.profile.service
    answer = meter.enter(shop.credit(1, service), NOW)
    assert (answer.credited, meter.profile.credit_per_step * 10) == (counts, counts)
    assert meter.use(5 * counts, NOW, seconds=HOUR) == 3 * counts
    assert meter.reasons == ("credit",)


def test_credit_connects_again() -> None:
    meter, shop = installed()
    states = [meter.relay.value]
    results(meter, shop.credit(1))
    states.append(meter.relay.value)
    meter.use(1_000, NOW, seconds=HOUR)
    states.append(meter.relay.value)
    results(meter, shop.credit(1))
    assert [*states, meter.relay.value] == ["disconnected", "connected", "disconnected", "connected"]


@pytest.mark.parametrize("service", [Service.ELECTRICITY, Service.WATER])
def test_without_prepayment_credit_goes_on_falling_and_nothing_is_cut(service: Service) -> None:
    flag = 6 + service
    meter, shop = with_credit(service=service, units=1, flags=(flag,), flags_set=(flag,), power_limit_w=None)
    assert results(meter, shop.flag(flag, 0)) == ["Accept"]
    assert meter.use(5_000, NOW, seconds=HOUR) == 5_000
    assert (meter.credit, meter.relay, meter.reasons) == (-4_000, "connected", ())
    assert results(meter, shop.flag(flag, 1)) == ["Accept"]
    assert (meter.relay, meter.reasons) == ("disconnected", ("credit",))
    assert results(meter, shop.credit(4, service)) == ["Accept"]
    assert (meter.credit, meter.relay) == (0, "disconnected")


def test_switching_prepayment_off_connects_a_meter_without_credit() -> None:
    meter, shop = installed()
    assert results(meter, shop.flag(6, 0)) == ["Accept"]
    assert (meter.relay, meter.use(500, NOW, seconds=HOUR)) == ("connected", 500)


def test_a_meter_made_without_prepayment_delivers_from_its_first_moment() -> None:
    meter, _ = installed(flags_set=())
    meter.wait(NOW)
    assert (meter.relay, meter.reasons) == ("connected", ())


def test_all_reasons_are_named_and_all_must_go() -> None:
    meter, shop = with_credit(units=10)
    meter.tamper(TamperKind.COVER, NOW)
    results(meter, shop.flag(2, 1), shop.clear_credit())
    assert list(meter.reasons) == ["credit", "tamper", "service"]
    results(meter, shop.flag(2, 0), shop.credit())
    assert (meter.reasons, meter.relay) == (("tamper",), "disconnected")
    results(meter, shop.clear_tamper())
    assert (meter.reasons, meter.relay) == ((), "connected")


def test_a_reconnect_key_must_be_pressed_after_the_last_reason_has_gone() -> None:
    meter, shop = installed(reconnect_by_key=True)
    assert not meter.reconnect(NOW)
    results(meter, shop.credit(1))
    assert (meter.relay, meter.use(1, NOW)) == ("ready", 0)
    power_cycle(meter)
    assert meter.relay == "ready"
    assert meter.reconnect(NOW)
    assert (meter.relay, meter.use(1, NOW)) == ("connected", 1)
    assert meter.reconnect(NOW)


def test_the_relay_keeps_its_position_without_power() -> None:
    closed, _ = with_credit(reconnect_by_key=True)
    closed.reconnect(NOW)
    power_cycle(closed)
    assert closed.relay == "connected"
    opened, _ = installed(reconnect_by_key=True)
    power_cycle(opened)
    assert opened.relay == "disconnected"


def test_restoring_power_that_is_there_does_nothing() -> None:
    meter, _ = with_credit()
    before = meter.memory.writes
    meter.restore_power(NOW)
    assert (meter.memory.writes, meter.memory.history.power_failures) == (before, 0)


def test_power_failures_are_counted() -> None:
    meter, _ = with_credit()
    power_cycle(meter)
    power_cycle(meter)
    assert meter.memory.history.power_failures == 2


# ---------------------------------------------------------------------- overloads


def test_the_power_limit_itself_may_be_drawn_and_one_watt_more_trips() -> None:
    meter, _ = with_credit(units=100)
    assert meter.use(13_800, NOW, seconds=HOUR) == 13_800
    assert meter.relay == "connected"
    served = meter.use(13_801, NOW, seconds=HOUR)
    assert served == 13_801 * 5 // HOUR
    assert (meter.relay, meter.reasons) == ("disconnected", ("power limit",))
    assert meter.total == 13_800 + served
    assert meter.memory.history.overload_trips == 1
    assert meter.supply.power_w == 0


def test_an_overload_shorter_than_the_tolerance_is_served_and_trips() -> None:
    meter, _ = with_credit(units=100, trip_after_s=60)
    assert meter.use(140, NOW, seconds=36) == 140
    assert meter.reasons == ("power limit",)


def test_a_meter_that_trips_at_once_serves_nothing_of_an_overload() -> None:
    meter, _ = with_credit(units=100, trip_after_s=0)
    assert overload(meter, 0) == 0
    assert (meter.total, meter.reasons) == (0, ("power limit",))


def test_trips_in_a_row_keep_the_relay_open_longer() -> None:
    meter, _ = with_credit(units=100, recover_s=(10, 20, 40))
    now = 0
    for delay in (10, 20, 40, 40):
        overload(meter, now)
        meter.wait(later(now + delay - 1))
        assert meter.reasons == ("power limit",)
        now += delay
        meter.wait(later(now))
        assert meter.relay == "connected"
    assert meter.memory.history.overload_trips == 4


def test_use_within_the_limit_begins_the_row_of_trips_again() -> None:
    meter, _ = with_credit(units=100, recover_s=(10, 20))
    overload(meter, 0)
    meter.wait(later(10))
    assert meter.use(1, later(11)) == 1
    overload(meter, 12)
    meter.wait(later(22))
    assert meter.relay == "connected"


def test_a_power_cycle_ends_a_trip_and_the_row() -> None:
    meter, _ = with_credit(units=100, recover_s=(10, 20))
    overload(meter, 0)
    power_cycle(meter, later(1))
    assert meter.relay == "connected"
    overload(meter, 2)
    meter.wait(later(12))
    assert meter.relay == "connected"


def test_without_flag_4_the_limit_does_not_disconnect() -> None:
    meter, shop = with_credit(units=100)
    results(meter, shop.flag(4, 0))
    assert overload(meter, 0) == 14_000
    assert meter.relay == "connected"


def test_a_limit_set_by_token_is_in_force_at_once() -> None:
    meter, shop = with_credit(units=100)
    results(meter, shop.limit(2_000))
    meter.use(2_001, NOW, seconds=HOUR)
    assert meter.reasons == ("power limit",)


def test_a_trip_does_not_hide_that_credit_has_run_out() -> None:
    meter, _ = with_credit(units=1, trip_after_s=HOUR)
    assert overload(meter, 0) == 1_000
    assert list(meter.reasons) == ["credit", "power limit"]
    meter.wait(later(10_000))
    assert (meter.reasons, meter.relay) == (("credit",), "disconnected")


def test_phases_that_differ_too_much_trip() -> None:
    meter, shop = with_credit("three-phase", units=100)
    token = SetMaximumPhasePowerUnbalanceLimit.of(2_000, tid=shop.next_tid(), rnd=5)
    results(meter, shop.digits(token))
    assert meter.use(100, NOW, phases_w=(1_000, 3_000, 2_000)) == 100
    assert meter.use(120, NOW, phases_w=(999, 3_000, 2_000)) == 10
    assert (meter.relay, meter.reasons) == ("disconnected", ("phase unbalance",))
    meter.wait(later(30))
    assert meter.relay == "connected"


def test_phases_do_not_matter_without_a_limit_or_without_watts() -> None:
    meter, _ = with_credit(units=100)
    assert meter.use(100, NOW, phases_w=(0, 9_000, 0)) == 100
    three, _ = with_credit("three-phase", units=100)
    assert three.use(100, NOW, phases_w=()) == 100


def test_power_that_fails_during_use_draws_nothing() -> None:
    meter, _ = with_credit()
    meter.arm_cut(0)
    assert meter.use(100, NOW) == 0
    assert not meter.is_powered
    assert (meter.credit, meter.total) == (10_000, 0)


def test_power_that_fails_between_draw_and_trip_tells_what_was_drawn() -> None:
    meter, _ = with_credit(units=100)
    meter.arm_cut(1)
    assert overload(meter, 0) == meter.total


def test_a_payment_is_taken_however_deep_the_debt() -> None:
    meter, shop = with_credit(credit_max=10_000, flags_set=(1,))
    meter.use(50_000, NOW, seconds=36_000)
    assert meter.credit == -40_000
    assert results(meter, shop.credit(5)) == ["Accept"]
    assert (meter.credit, meter.total) == (-35_000, 50_000)
