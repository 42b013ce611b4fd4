"""The site's clock for TIDs: which settings and times it refuses, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from voltoken.errors import FieldError, KeyRefused, RuleError
from voltoken.sts import TID, BaseDate, TIDClock

CLOCK = TIDClock(BaseDate.BD1993)
NOON = datetime(2004, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "offset", [timedelta(seconds=30), timedelta(hours=14, minutes=1), timedelta(hours=-15)]
)
def test_an_offset_is_of_whole_minutes_and_on_earth(offset: timedelta) -> None:
    with pytest.raises(FieldError, match="whole minutes between -14:00 and \\+14:00") as refused:
        TIDClock(BaseDate.BD2014, offset)
    assert refused.value.field == "utc_offset"


@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_offsets_may_be_as_great_as_they_are_on_earth(hours: int) -> None:
    clock = TIDClock(BaseDate.BD1993, timedelta(hours=hours))
    assert clock.tid_at(NOON) == CLOCK.tid_at(NOON) + 60 * hours


def test_a_time_without_zone_is_refused() -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(FieldError, match=r"Use datetime\.now") as refused:
        CLOCK.tid_at(naive)
    assert refused.value.field == "moment"
    with pytest.raises(FieldError):
        CLOCK.special_tid_on(naive)


def test_the_zone_of_a_time_does_not_matter() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-7)))
    assert CLOCK.tid_at(elsewhere) == CLOCK.tid_at(NOON)


def test_before_the_base_date_is_explained() -> None:
    with pytest.raises(KeyRefused, match="before the base date 1 January 2014") as refused:
        TIDClock(BaseDate.BD2014).tid_at(NOON)
    assert refused.value.detail == {"reason": "before_base_date", "base_date": "14"}


def test_the_end_of_a_base_date_is_explained() -> None:
    assert CLOCK.last_moment == datetime(2024, 11, 24, 20, 15, tzinfo=UTC)
    with pytest.raises(KeyRefused, match="ran out of TIDs on 24 November 2024 at 20:15") as refused:
        CLOCK.tid_at(datetime(2024, 11, 24, 20, 16, tzinfo=UTC))
    assert refused.value.reason == "tid_exhausted"
    assert "roll-over bit" in refused.value.message


def test_the_reserved_minute_goes_to_special_tokens() -> None:
    for second in (0, 59):
        moment = datetime(2004, 3, 29, 0, 1, second, tzinfo=UTC)
        assert CLOCK.tid_at(moment) == 5_911_202
        assert CLOCK.special_tid_on(moment) == 5_911_201
    assert CLOCK.tid_at(datetime(2004, 3, 29, 0, 0, 59, tzinfo=UTC)) == 5_911_200


def test_the_reserved_minute_is_that_of_the_site() -> None:
    clock = TIDClock(BaseDate.BD1993, timedelta(hours=2))
    moment = datetime(2004, 3, 28, 22, 1, tzinfo=UTC)
    assert clock.tid_at(moment) == 5_911_202
    assert clock.moment_of(5_911_202).isoformat() == "2004-03-29T00:02:00+02:00"


def test_a_meter_without_history_gets_the_minute_of_now() -> None:
    assert CLOCK.next_tid(None, NOON) == CLOCK.tid_at(NOON)
    assert CLOCK.next_tid(0, NOON) == CLOCK.tid_at(NOON)
    assert CLOCK.next_tid(CLOCK.tid_at(NOON), NOON) == CLOCK.tid_at(NOON) + 1


def test_the_lead_is_a_day_unless_said_otherwise() -> None:
    now = CLOCK.tid_at(NOON)
    assert CLOCK.next_tid(now + 1439, NOON) == now + 1440
    with pytest.raises(RuleError, match="at most 1440 are allowed") as refused:
        CLOCK.next_tid(now + 1440, NOON)
    assert refused.value.rule == "tid_lead"
    assert refused.value.detail == {"rule": "tid_lead", "tid": now + 1441, "lead_minutes": 1441}
    assert CLOCK.next_tid(now + 1440, NOON, timedelta(days=2)) == now + 1441


def test_the_lead_counts_from_the_floor_while_that_is_ahead() -> None:
    floor = TID(CLOCK.tid_at(NOON) + 10_000)
    clock = TIDClock(BaseDate.BD1993, floor=floor)
    assert clock.next_tid(None, NOON) == floor
    assert clock.next_tid(floor, NOON) == floor + 1
    with pytest.raises(RuleError):
        clock.next_tid(floor + 1440, NOON)


def test_a_floor_on_the_reserved_minute_is_passed_over() -> None:
    floor = TID(5_911_201)
    assert floor.is_reserved
    assert TIDClock(BaseDate.BD1993, floor=floor).next_tid(None, NOON) == 5_911_202


def test_a_last_tid_that_is_none_is_refused() -> None:
    for wrong in (-1, 1 << 24):
        with pytest.raises(FieldError, match="tid"):
            CLOCK.next_tid(wrong, NOON)
    with pytest.raises(FieldError, match="tid"):
        CLOCK.moment_of(1 << 24)


def test_a_base_date_must_be_one() -> None:
    with pytest.raises(FieldError, match="a BaseDate"):
        TIDClock(base_date="14")  # type: ignore[arg-type]
