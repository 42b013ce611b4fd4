"""What may be made under a key in all: the counters, and where they stop."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.security.desk import (
    KEY,
    Desk,
    credit,
    money,
    register,
)
from tests.unit.security.test_again import codes
from voltoken.security import (
    Usage,
)


@pytest.mark.parametrize(("make", "limit"), [(credit, "ulm"), (money, "clm")])
def test_credits_that_are_too_much_together_are_not_all_made(make: Any, limit: str) -> None:
    whole: dict[str, Any] = {limit: 25}
    desk = Desk([register(**whole)])
    rows = [make(f"v{n}:1", n, steps=10) for n in range(3)]
    assert codes(desk.decide(*rows)) == [None, None, f"limit.{'units' if limit == 'ulm' else 'money'}"]
    used = desk.memory.usage(KEY)
    assert (used.units, used.money) == ((20, 0) if limit == "ulm" else (0, 20))
    assert desk.code(make("v9:1", 9, steps=5)) is None
    assert desk.code(make("v9:2", 10, steps=1)) in ("limit.units", "limit.money")


def test_the_counter_moves_by_what_the_meter_books() -> None:
    desk = Desk([register(ulm=17_003)])
    assert desk.code(credit(steps=17_001)) == "limit.units"
    desk.load(register(ulm=17_004))
    assert desk.code(credit(steps=17_001)) is None
    assert desk.memory.usage(KEY) == Usage(17_004, 0)


def test_the_counter_of_money_moves_by_what_the_meter_books() -> None:
    desk = Desk([register(clm=500_023)])
    assert desk.code(money(steps=500_000)) == "limit.money"
    desk.load(register(clm=500_024))
    assert desk.token(money(steps=500_000)).steps == 500_024
    assert desk.memory.usage(KEY) == Usage(0, 500_024)


def test_a_limit_that_was_lowered_below_what_was_made_stops_its_own_kind_only() -> None:
    desk = Desk()
    desk.token(money())
    desk.load(register(clm=1))
    assert desk.code(money("v2:1", 1)) == "limit.money"
    assert desk.code(money("v3:1", 2, steps=-500)) is None
    assert desk.code(credit("v4:1", 3)) is None


def test_money_taken_back_gives_no_new_limit() -> None:
    desk = Desk([register(clm=500)])
    assert desk.code(money(steps=500)) is None
    assert desk.code(money("v2:1", 1, steps=-500)) is None
    assert desk.code(money("v3:1", 2, steps=1)) == "limit.money"
    assert desk.memory.usage(KEY) == Usage(0, 500)
