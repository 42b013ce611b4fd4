"""Credit that is lent: emergency credit at the press of a code, and hours without disconnection."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.meter.shop import NOW, Shop, installed, later, power_cycle, results, with_credit
from voltoken.errors import FieldError
from voltoken.meter import Emergency, FriendlyHours, Meter

HOUR = 3600
NIGHT = (FriendlyHours((1, 2, 3, 4, 5, 6, 7), start=18 * 60, end=6 * 60),)
DAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENING = datetime(2026, 3, 2, 18, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 6, tzinfo=UTC)


def with_lending(units: int) -> tuple[Meter, Shop]:
    """Return a meter that lends 5 kWh from 2 kWh down."""
    return with_credit(units=units, emergency=Emergency(amount=5_000, threshold=2_000))


def in_debt() -> tuple[Meter, Shop]:
    """Return a meter that has taken its emergency credit and used 3 of it."""
    meter, shop = with_lending(1)
    assert meter.take_emergency(NOW)
    assert meter.use(4_000, NOW, seconds=HOUR) == 4_000
    return meter, shop


def test_emergency_credit_is_offered_at_the_threshold_and_taken_once() -> None:
    meter, _ = with_lending(3)
    assert not meter.take_emergency(NOW)
    meter.use(999, NOW, seconds=HOUR)
    assert not meter.take_emergency(NOW)
    meter.use(1, NOW)
    assert meter.take_emergency(NOW)
    assert meter.memory.balance.emergency == "invoked"
    assert not meter.take_emergency(NOW)
    assert meter.credit == 2_000


def test_emergency_credit_connects_a_meter_that_was_cut_off() -> None:
    meter, _ = with_lending(1)
    meter.use(1_000, NOW, seconds=HOUR)
    before = meter.relay.value
    assert meter.take_emergency(NOW)
    assert [before, meter.relay.value] == ["disconnected", "connected"]


def test_emergency_credit_ends_at_its_amount() -> None:
    meter, _ = in_debt()
    assert (meter.credit, meter.relay) == (-3_000, "connected")
    assert meter.use(9_000, NOW, seconds=HOUR) == 2_000
    assert (meter.credit, meter.relay, meter.reasons) == (-5_000, "disconnected", ("credit",))
    assert meter.memory.balance.emergency == "consumed"
    assert not meter.take_emergency(NOW)


def test_emergency_credit_survives_a_power_cut() -> None:
    meter, _ = in_debt()
    power_cycle(meter)
    assert (meter.relay, meter.use(9_000, NOW, seconds=HOUR)) == ("connected", 2_000)


def test_a_debt_is_paid_by_the_next_tokens() -> None:
    meter, shop = in_debt()
    meter.use(2_000, NOW, seconds=HOUR)
    results(meter, shop.credit(5))
    assert (meter.credit, meter.relay, meter.memory.balance.emergency) == (0, "disconnected", "consumed")
    results(meter, shop.credit(2))
    assert (meter.credit, meter.relay, meter.memory.balance.emergency) == (2_000, "connected", "consumed")
    assert not meter.take_emergency(NOW)
    results(meter, shop.credit(1))
    assert meter.memory.balance.emergency == "off"
    meter.use(1_000, NOW, seconds=HOUR)
    assert meter.take_emergency(NOW)


def test_a_meter_without_emergency_credit_lends_nothing() -> None:
    meter, _ = installed()
    assert not meter.take_emergency(NOW)
    assert meter.memory.balance.emergency == "off"


def test_nothing_is_lent_below_zero() -> None:
    meter, shop = with_lending(1)
    results(meter, shop.flag(6, 0))
    meter.use(1_001, NOW, seconds=HOUR)
    assert not meter.take_emergency(NOW)


def test_in_friendly_hours_the_supply_goes_on_and_at_their_end_it_is_cut() -> None:
    meter, _ = with_credit(units=1, friendly=NIGHT)
    meter.use(900, DAY, seconds=HOUR)
    assert meter.use(500, EVENING, seconds=HOUR) == 500
    assert (meter.credit, meter.relay) == (-400, "connected")
    power_cycle(meter, EVENING)
    meter.wait(MORNING.replace(hour=5, minute=59))
    assert (meter.relay, meter.reasons) == ("connected", ())
    meter.wait(MORNING)
    assert (meter.relay, meter.reasons) == ("disconnected", ("credit",))
    assert meter.use(1, MORNING) == 0


def test_friendly_hours_do_not_connect_a_meter_that_was_cut_off() -> None:
    meter, _ = with_credit(units=1, friendly=NIGHT)
    meter.use(1_000, DAY, seconds=HOUR)
    meter.wait(EVENING)
    assert (meter.relay, meter.use(1, EVENING)) == ("disconnected", 0)


def test_credit_that_comes_in_friendly_hours_ends_the_debt() -> None:
    meter, shop = with_credit(units=1, friendly=NIGHT)
    meter.use(2_000, EVENING, seconds=HOUR)
    assert results(meter, shop.credit(2), now=EVENING) == ["Accept"]
    meter.wait(MORNING)
    assert (meter.credit, meter.relay) == (1_000, "connected")


def test_in_friendly_hours_emergency_credit_may_be_overdrawn_and_is_then_consumed() -> None:
    lent = Emergency(amount=1_000, threshold=2_000)
    meter, _ = with_credit(units=1, friendly=NIGHT, emergency=lent)
    assert meter.take_emergency(EVENING)
    assert meter.use(3_000, EVENING, seconds=HOUR) == 3_000
    assert (meter.relay, meter.memory.balance.emergency) == ("connected", "consumed")
    meter.wait(MORNING)
    assert meter.relay == "disconnected"


@pytest.mark.parametrize(
    ("days", "start", "end", "inside", "outside"),
    [
        ((1,), 480, 960, "2026-03-02T08:00", "2026-03-02T16:00"),
        ((1,), 480, 960, "2026-03-02T15:59", "2026-03-02T07:59"),
        ((1,), 480, 960, "2026-03-09T08:00", "2026-03-03T08:00"),
        ((5,), 960, 480, "2026-03-06T16:00", "2026-03-06T15:59"),
        ((5,), 960, 480, "2026-03-07T07:59", "2026-03-07T08:00"),
        ((5,), 960, 480, "2026-03-06T23:59", "2026-03-06T07:59"),
        ((7,), 0, 1440, "2026-03-08T00:00", "2026-03-07T23:59"),
        ((7,), 0, 1440, "2026-03-08T23:59", "2026-03-09T00:00"),
        ((7,), 600, 600, "2026-03-09T09:59", "2026-03-09T10:00"),
    ],
)
def test_friendly_hours_cover_their_minutes(
    days: tuple[int, ...], start: int, end: int, inside: str, outside: str
) -> None:
    hours = FriendlyHours(days, start, end)
    assert hours.cover(datetime.fromisoformat(inside))
    assert not hours.cover(datetime.fromisoformat(outside))


def test_friendly_hours_are_local() -> None:
    meter, _ = installed(friendly=NIGHT, utc_offset_minutes=120)
    assert meter.profile.is_friendly(datetime(2026, 3, 2, 16, tzinfo=UTC))
    assert not meter.profile.is_friendly(datetime(2026, 3, 2, 4, tzinfo=UTC))
    assert not meter.profile.is_friendly(datetime(2026, 3, 2, 15, 59, tzinfo=UTC))


@pytest.mark.parametrize(
    "values", [((0,), 0, 1), ((8,), 0, 1), ((1,), -1, 1), ((1,), 0, 1441), ((1,), 1.0, 2)]
)
def test_friendly_hours_outside_their_ranges_are_refused(values: tuple[tuple[int, ...], int, int]) -> None:
    with pytest.raises(FieldError):
        FriendlyHours(*values)


@pytest.mark.parametrize("values", [(0, 1), (1, -1), (10**15 + 1, 1), (1, True)])
def test_emergency_credit_outside_its_ranges_is_refused(values: tuple[int, int]) -> None:
    with pytest.raises(FieldError):
        Emergency(*values)


def test_no_time_passes_by_itself() -> None:
    meter, _ = with_credit(units=1, friendly=NIGHT)
    meter.use(2_000, EVENING, seconds=HOUR)
    assert meter.relay == "connected"
    meter.wait(later(0))
    assert meter.relay == "disconnected"
