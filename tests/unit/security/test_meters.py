"""What the module makes, judged by real meters; and the module's share of the cases from the field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.security.desk import (
    DEA_METER,
    METER,
    NEW_KEY,
    NOW,
    OTHER_PAN,
    STA_METER,
    THIRD_KEY,
    Desk,
    change,
    credit,
    first_change,
    first_key,
    management,
    meter_test,
    register,
)
from voltoken.meter import Meter, TokenResult
from voltoken.security import (
    Client,
    Event,
    IssuedToken,
    KeyChangeSet,
    KeyRef,
    MeterId,
    MeterTestToken,
    ModuleRole,
)
from voltoken.sts import KEN, BaseDate, KeyType, TIDClock

ACCEPT, USED, OLD = TokenResult.ACCEPT, TokenResult.USED, TokenResult.OLD


def enter(meter: Meter, token: IssuedToken, now: datetime = NOW) -> TokenResult:
    """Enter a token, and return the meter's verdict."""
    return meter.enter(token.token.digits, now).result


def enter_set(meter: Meter, made: KeyChangeSet, now: datetime = NOW) -> list[TokenResult]:
    """Enter all sections of a set."""
    return [enter(meter, one, now) for one in made.tokens]


@pytest.mark.parametrize(
    ("one", "bits"),
    [
        pytest.param(METER, 160, id="EA11"),
        pytest.param(STA_METER, 64, id="EA07"),
        pytest.param(STA_METER, 160, id="EA07 of DKGA04"),
        pytest.param(DEA_METER, 64, id="EA09"),
    ],
)
def test_the_meter_accepts_what_the_module_made_and_only_once(one: MeterId, bits: int) -> None:
    desk = Desk([register(bits=bits)])
    meter = desk.meter(one)
    token = desk.token(credit(meter=one, steps=17_001), rnd=9)
    assert token.steps == 17_004
    answer = meter.enter(token.token.digits, NOW)
    assert (answer.result, answer.credited) == (ACCEPT, 1_700_400)
    assert enter(meter, token) is USED


def test_a_test_token_works_in_every_meter() -> None:
    desk = Desk(sealed=True)
    answer = desk.ask(meter_test())
    assert isinstance(answer, MeterTestToken)
    assert desk.meter().enter(answer.token.digits, NOW).result is ACCEPT


def test_same_meter_base_date_and_tid_with_other_content_is_refused() -> None:
    """Edge case 2; also under another key of the same base date."""
    desk = Desk()
    desk.token(credit())
    assert desk.code(credit("v2:1", steps=20)) == "tid.claimed"
    assert desk.code(management("v2:2")) == "tid.claimed"
    assert desk.code(credit("v2:3", key=NEW_KEY)) == "tid.claimed"
    assert desk.code(credit("v2:4", meter=replace(METER, pan=OTHER_PAN))) is None


def test_the_same_tid_on_another_base_date_is_another_minute() -> None:
    long_ago = datetime(2014, 1, 2, 12, 0, tzinfo=UTC)
    desk = Desk([register(), register(NEW_KEY, base_date=BaseDate.BD1993)], now=long_ago)
    tid = TIDClock(BaseDate.BD2014).tid_at(long_ago)
    desk.token(credit(tid=tid))
    assert desk.memory.attempts(METER.pan, "14", tid) == 1
    assert desk.memory.attempts(METER.pan, "93", tid) == 0


def test_of_two_tokens_with_one_tid_the_meter_takes_one() -> None:
    """Edge case 3: the module was lost after the reserve, and an approval lets the TID be used again."""
    desk = Desk()
    meter = desk.meter()
    lost, again = desk.token(credit(), rnd=1), credit("v2:1")
    assert desk.code(again) == "tid.claimed"
    desk.approve(again)
    second = desk.token(again, rnd=2)
    assert second.token != lost.token
    assert (enter(meter, second), enter(meter, lost)) == (ACCEPT, USED)
    assert desk.memory.attempts(METER.pan, "14", int(again.tid)) == 2
    assert desk.code(credit("v3:1")) == "tid.claimed"


def test_a_till_a_year_ahead_is_refused_with_an_alarm_and_later_sells_as_ever() -> None:
    """Edge case 5."""
    desk = Desk()
    assert desk.code(credit(minutes=525_600)) == "tid.ahead"
    (line,) = desk.records
    assert isinstance(line, Event)
    assert line.alarm
    assert enter(desk.meter(), desk.token(credit())) is ACCEPT


def test_around_midnight_only_one_minute_is_not_for_ordinary_tokens() -> None:
    """Edge case 6."""
    desk = Desk()
    to_midnight = 11 * 60
    codes = [desk.code(credit(f"v{n}:1", to_midnight + n)) for n in range(-3, 4)]
    assert codes == [None, None, None, None, "tid.reserved", None, None]


def test_a_meter_on_base_date_1993_takes_nothing_today_until_it_is_moved_with_a_roll_over() -> None:
    """Edge case 9."""
    desk = Desk([register(base_date=BaseDate.BD1993), register(NEW_KEY)])
    before = datetime(2024, 11, 1, tzinfo=UTC)
    desk.now = before
    meter = desk.meter()
    desk.now = NOW
    last = TIDClock(BaseDate.BD1993).tid_at(datetime(2024, 11, 24, 20, 0, tzinfo=UTC))
    assert desk.code(credit(tid=last)) == "key.base_date"
    assert desk.code(management(tid=last)) == "key.base_date"

    made = desk.change(change())

    assert made.roll_over
    assert enter_set(meter, made)[-1] is ACCEPT
    assert enter(meter, desk.token(credit("v2:1", key=NEW_KEY))) is ACCEPT
    assert enter(meter, desk.token(management("m2:1", 1, key=NEW_KEY))) is ACCEPT


def test_a_meter_left_with_its_old_memory_on_2014_is_repaired_by_a_set_to_another_key() -> None:
    """Edge case 10. This module makes no set from 1993 to 2014 without the roll-over; another one did."""
    desk = Desk([register(base_date=BaseDate.BD1993), register(NEW_KEY), register(THIRD_KEY)])
    assert desk.change(change(roll_over=False)).roll_over
    meter = desk.meter(ref=NEW_KEY)
    meter.memory.write("tids", (16_000_000,) * len(meter.memory.tids))
    assert enter(meter, desk.token(credit(key=NEW_KEY))) is OLD
    repair = change("k2:1", key=NEW_KEY, new_key=THIRD_KEY, roll_over=True)
    assert enter_set(meter, desk.change(repair))[-1] is ACCEPT
    assert enter(meter, desk.token(credit("v2:1", 1, key=THIRD_KEY))) is ACCEPT


@pytest.mark.parametrize("over", [0, 1])
def test_the_last_period_of_a_key_is_good_and_the_next_is_not(over: int) -> None:
    """Edge case 14: TID >> 16 = KEN; beyond it only key changes are made, also by the meter's word."""
    ken = KEN((credit().tid >> 16) - over)
    desk = Desk([register(ken=ken), register(NEW_KEY)])
    meter = desk.meter()
    assert desk.code(credit()) == ("key.expired" if over else None)
    assert desk.code(management(minutes=1)) == ("key.expired" if over else None)
    assert enter_set(meter, desk.change(change()))[-1] is ACCEPT


def test_a_meter_in_stock_is_moved_before_its_first_credit() -> None:
    """Edge case 17."""
    desk = Desk([register(kt=KeyType.DDTK), register(NEW_KEY)])
    meter = desk.meter()
    assert desk.code(credit()) == "key.default_credit"
    assert enter_set(meter, desk.change(change()))[-1] is ACCEPT
    assert enter(meter, desk.token(credit("v2:1", key=NEW_KEY))) is ACCEPT


def test_a_manufacturer_takes_a_meter_away_from_its_first_key() -> None:
    """Rule 2."""
    desk = Desk([first_key(), register()], role=ModuleRole.MANUFACTURING)
    first = KeyRef.parse("999999/1")
    meter = desk.meter(ref=first)
    assert enter_set(meter, desk.change(first_change()))[-1] is ACCEPT
    assert desk.code(credit()) == "role.credit"
    seller = Desk()
    assert enter(meter, seller.token(credit())) is ACCEPT


def test_a_supply_group_that_was_handed_over_moves_its_meters_out_and_sells_nothing() -> None:
    """Rule 16."""
    desk = Desk([register(key_change_only=True), register("654321/1")])
    meter = desk.meter()
    new = KeyRef.parse("654321/1")
    assert (desk.code(credit()), desk.code(management())) == ("key.change_only", "key.change_only")
    assert enter_set(meter, desk.change(change(new_key=new)))[-1] is ACCEPT
    assert enter(meter, desk.token(credit("v2:1", key=new))) is ACCEPT


def test_a_client_whose_meters_are_in_a_laboratory_gets_sample_tokens_for_all() -> None:
    """Rule 8."""
    lab = Client("till", Desk().engine.settings.clients["till"].acts, frozenset({"*"}), test_meters=True)
    real = replace(STA_METER, test=False)
    assert Desk().code(credit(meter=real)) == "meter.sample_tables"
    assert Desk(clients=[lab]).code(credit(meter=real)) is None


def test_an_approval_is_for_one_request_of_one_client_once_and_not_for_ever() -> None:
    desk = Desk()
    desk.token(credit())
    wanted = credit("v2:1", steps=20)
    desk.approve(wanted)
    assert desk.code(credit("v2:1", steps=30)) == "tid.claimed"
    assert desk.code(credit("v2:2", steps=20)) == "tid.claimed"
    assert desk.code(wanted, "other") == "tid.claimed"
    desk.now += timedelta(hours=1, microseconds=1)
    assert desk.code(wanted) == "tid.claimed"
    desk.now -= timedelta(microseconds=1)
    assert desk.code(wanted) is None
    assert desk.memory.approval("v2:1") is None
