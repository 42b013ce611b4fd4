"""tid.json: token identifiers from times and back, and key expiry."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import pytest

from tests.vectors.files import Entry, cases, group, issue_time, parameters, tid_of
from voltoken.errors import KeyRefused
from voltoken.sts import KEN, TID, BaseDate, TIDClock, rules

EXPIRED = parameters([entry for entry in group("tid", "ken") if "expect" in entry])


@pytest.mark.parametrize("entry", cases("tid", "tid"))
def test_times_give_their_tid(entry: Entry) -> None:
    assert tid_of(entry) == entry["tid"]


@pytest.mark.parametrize("entry", cases("tid", "tid"))
def test_tids_give_their_minute(entry: Entry) -> None:
    moment = TIDClock(BaseDate(entry["base_date"])).moment_of(entry["tid"])
    asked = issue_time(entry).replace(second=0)
    moved = not entry["special_reserved"] and (asked.hour, asked.minute) == (0, 1)
    assert moment == asked + timedelta(minutes=int(moved))


@pytest.mark.parametrize("entry", cases("tid", "tid"))
def test_only_special_tokens_take_the_reserved_minute(entry: Entry) -> None:
    assert TID(entry["tid"]).is_reserved is entry["special_reserved"]


@pytest.mark.parametrize("entry", cases("tid", "ken"))
def test_expiry(entry: Entry) -> None:
    ken, tid = KEN(entry["ken"]), int(entry["tid"], 16)
    assert ken.admits(tid) is entry["valid"]
    refusal: AbstractContextManager[object] = nullcontext()
    if not entry["valid"]:
        refusal = pytest.raises(KeyRefused, match="has expired")
    with refusal:
        rules.check_not_expired(ken, tid)


@pytest.mark.parametrize("entry", EXPIRED)
def test_an_expired_vending_key_is_refused_at_the_time_of_issue(entry: Entry) -> None:
    tid = tid_of(entry)
    assert f"{tid:06x}" == entry["tid"]
    with pytest.raises(KeyRefused) as refused:
        rules.check_not_expired(KEN(entry["ken"]), tid)
    assert refused.value.reason == "expired"
