"""Laws of the token identifier: no TID twice, never 00:01, forwards only, and not far ahead of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.attempts import attempt
from tests.property.strategies import base_dates, kens, moments, offsets, tids
from voltoken.errors import KeyRefused, RuleError
from voltoken.sts import KEN, TID, BaseDate, TIDClock

MINUTE = timedelta(minutes=1)
NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)
CLOCK = TIDClock(BaseDate.BD2014)

bases = pytest.mark.parametrize("base_date", BaseDate)


@bases
@given(data=st.data(), offset=offsets)
def test_a_tid_and_its_minute_give_each_other(
    base_date: BaseDate, data: st.DataObject, offset: timedelta
) -> None:
    clock = TIDClock(base_date, offset)
    moment = data.draw(moments(base_date))
    tid = clock.tid_at(moment)
    minute = clock.moment_of(tid)
    assert clock.tid_at(minute) == tid
    assert minute.utcoffset() == offset
    assert not tid.is_reserved
    assert (minute - moment.replace(second=0)) in (timedelta(), MINUTE)


@bases
@given(tid=tids, offset=offsets)
def test_every_ordinary_tid_is_the_tid_of_its_minute(
    base_date: BaseDate, tid: TID, offset: timedelta
) -> None:
    clock = TIDClock(base_date, offset)
    minute = clock.moment_of(tid)
    assert ((minute.hour, minute.minute) == (0, 1)) is tid.is_reserved
    if tid.is_reserved:
        assert clock.special_tid_on(minute) == tid
        assert clock.tid_at(minute) == tid + 1
    else:
        assert clock.tid_at(minute) == tid
        assert clock.tid_at(minute + timedelta(seconds=59, microseconds=999_999)) == tid


@bases
@given(data=st.data(), offset=offsets)
def test_the_special_tid_is_the_same_all_day(
    base_date: BaseDate, data: st.DataObject, offset: timedelta
) -> None:
    clock = TIDClock(base_date, offset)
    moment = data.draw(moments(base_date))
    special = clock.special_tid_on(moment)
    assert special.is_reserved
    assert clock.moment_of(special).date() == (moment + offset).date()


@given(base_dates, offsets)
def test_outside_its_range_a_base_date_is_refused(base_date: BaseDate, offset: timedelta) -> None:
    clock = TIDClock(base_date, offset)
    first = clock.moment_of(0)
    for issue in (clock.tid_at, clock.special_tid_on):
        with pytest.raises(KeyRefused) as early:
            issue(first - timedelta(microseconds=1))
        assert early.value.reason == "before_base_date"
        with pytest.raises(KeyRefused) as late:
            issue(clock.last_moment + MINUTE)
        assert late.value.reason == "tid_exhausted"
    assert clock.tid_at(first) == 0
    assert clock.tid_at(clock.last_moment) == (1 << 24) - 1


@given(
    start=st.integers(0, 1439),
    waits=st.lists(st.integers(0, 900), min_size=1, max_size=40),
    offset=offsets,
)
def test_tids_of_a_meter_only_grow_and_never_take_the_reserved_minute(
    start: int, waits: list[int], offset: timedelta
) -> None:
    clock = TIDClock(BaseDate.BD2014, offset)
    now, last = NOON + start * MINUTE, None
    for wait in waits:
        now += timedelta(seconds=wait)
        tid = clock.next_tid(last, now)
        assert not tid.is_reserved
        assert tid >= clock.tid_at(now)
        assert last is None or tid > last
        last = tid


@given(st.lists(st.integers(-600, 600), min_size=1, max_size=30))
def test_a_clock_that_jumps_about_never_repeats_a_tid(jumps: list[int]) -> None:
    now, given_out = NOON, [CLOCK.next_tid(None, NOON)]
    for jump in jumps:
        now += jump * MINUTE
        tid = attempt(RuleError, CLOCK.next_tid, given_out[-1], now)
        if isinstance(tid, RuleError):
            assert tid.rule == "tid_lead"
        else:
            given_out.append(tid)
    assert given_out == sorted(set(given_out))


@given(floor=st.integers(0, 6_000_000).map(TID), last=st.none() | st.integers(0, 5_400_000))
def test_the_floor_is_the_least_tid(floor: TID, last: int | None) -> None:
    clock = TIDClock(BaseDate.BD2014, floor=floor)
    tid = clock.next_tid(last, NOON, lead_max=timedelta(days=10_000))
    assert tid >= max(floor, clock.tid_at(NOON), (last or -1) + 1)
    assert tid - max(floor, clock.tid_at(NOON), (last or -1) + 1) in (0, 1)


@given(lead=st.integers(1, 5000), ahead=st.integers(-10, 5010))
def test_the_lead_over_the_clock_is_bounded(lead: int, ahead: int) -> None:
    now_tid = CLOCK.tid_at(NOON)
    wanted = now_tid + ahead + 1 if ahead >= 0 else now_tid
    wanted += TID(wanted).is_reserved
    if wanted - now_tid > lead:
        with pytest.raises(RuleError) as refused:
            CLOCK.next_tid(now_tid + ahead, NOON, lead * MINUTE)
        assert refused.value.rule == "tid_lead"
        assert refused.value.detail["lead_minutes"] == wanted - now_tid
    else:
        assert CLOCK.next_tid(now_tid + ahead, NOON, lead * MINUTE) == wanted


def test_a_burst_of_sales_across_midnight_skips_only_one_minute() -> None:
    now = datetime(2024, 2, 29, 23, 50, tzinfo=UTC)
    last, issued = None, []
    for _ in range(30):
        last = CLOCK.next_tid(last, now)
        issued.append(last)
    skipped = set(range(issued[0], issued[-1])) - set(issued)
    assert [CLOCK.moment_of(tid) for tid in skipped] == [datetime(2024, 3, 1, 0, 1, tzinfo=UTC)]


def test_a_clock_that_was_a_year_ahead_is_refused_until_it_is_mended() -> None:
    a_year_ahead = CLOCK.next_tid(None, NOON + timedelta(days=365))
    with pytest.raises(RuleError, match="A clock is or was wrong"):
        CLOCK.next_tid(a_year_ahead, NOON)
    good = CLOCK.next_tid(CLOCK.tid_at(NOON), NOON)
    assert good == CLOCK.tid_at(NOON) + 1
    assert CLOCK.next_tid(a_year_ahead, NOON + timedelta(days=365)) == a_year_ahead + 1


def test_a_site_that_moves_to_utc_repeats_no_tid() -> None:
    local = TIDClock(BaseDate.BD2014, timedelta(hours=2))
    last = local.next_tid(None, NOON)
    moved = TIDClock(BaseDate.BD2014, floor=TID(last + 1))
    assert moved.tid_at(NOON + MINUTE) < last  # what a move without a floor would issue
    issued, now = [last], NOON
    for _ in range(200):
        now += MINUTE
        issued.append(moved.next_tid(None if len(issued) % 2 else issued[-1], now))
    assert min(issued[1:]) > last
    assert moved.next_tid(None, NOON + timedelta(hours=5)) == moved.tid_at(NOON + timedelta(hours=5))


def test_the_last_tid_of_a_base_date_is_the_end() -> None:
    end = CLOCK.last_moment
    assert CLOCK.next_tid((1 << 24) - 2, end) == (1 << 24) - 1
    with pytest.raises(KeyRefused, match="24 November 2045 at 20:15"):
        CLOCK.next_tid((1 << 24) - 1, end)


@given(ken=kens, tid=tids)
def test_a_key_lasts_through_the_last_tid_of_its_expiry_number(ken: KEN, tid: TID) -> None:
    assert ken.admits(tid) is (tid < (ken + 1) * 65_536)
