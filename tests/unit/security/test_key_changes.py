"""Key changes one after another: no way back, one set at a time, and out of a mixture of two."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.security.desk import (
    DEA_METER,
    KEY,
    METER,
    NEW_KEY,
    STA_METER,
    THIRD_KEY,
    Desk,
    change,
    credit,
    register,
)
from tests.unit.security.test_meters import enter, enter_set
from voltoken.meter import TokenResult
from voltoken.security import (
    KeyRef,
    MeterId,
    Refusal,
)
from voltoken.sts import KEN, TI

ACCEPT, USED = TokenResult.ACCEPT, TokenResult.USED

MIXED = [
    pytest.param(STA_METER, 64, 2, id="EA07 with two tokens"),
    pytest.param(STA_METER, 64, 3, id="EA07 with three tokens"),
    pytest.param(STA_METER, 160, 3, id="EA07 of DKGA04 with three tokens"),
    pytest.param(DEA_METER, 64, 2, id="EA09 with two tokens"),
    pytest.param(METER, 160, 4, id="EA11 with four tokens"),
]


def test_nobody_returns_across_a_roll_over_not_even_without_one() -> None:
    """Edge case 11, and what would happen: the meter would take a used token again."""
    desk = Desk([register(), register(NEW_KEY), register(THIRD_KEY)])
    meter = desk.meter()
    used = desk.token(credit())
    assert enter(meter, used) is ACCEPT
    assert enter_set(meter, desk.change(change(roll_over=True)))[-1] is ACCEPT
    assert desk.code(change("k2:1", key=NEW_KEY, new_key=KEY)) == "change.returns"
    assert desk.code(change("k2:2", key=NEW_KEY, new_key=KEY, roll_over=True)) == "change.returns"
    # The same key with another tariff index is another decoder key, and never was in the meter.
    assert desk.code(change("k2:3", key=NEW_KEY, new_key=KEY, new_ti=TI("02"))) is None


def test_without_a_roll_over_a_meter_may_return() -> None:
    desk = Desk([register(), register(NEW_KEY), register(THIRD_KEY)])
    meter = desk.meter()
    used = desk.token(credit())
    enter(meter, used)
    for request in (change(), change("k2:1", key=NEW_KEY, new_key=KEY), change("k3:1", new_key=THIRD_KEY)):
        assert enter_set(meter, desk.change(request))[-1] is ACCEPT
    assert enter_set(meter, desk.change(change("k4:1", key=THIRD_KEY, new_key=KEY)))[-1] is ACCEPT
    assert enter(meter, used) is USED


def test_a_set_that_is_printed_again_is_the_same_and_changes_nothing() -> None:
    desk = Desk([register(), register(NEW_KEY), register(THIRD_KEY)])
    first = desk.change(change(roll_over=True))
    again = desk.change(change("k2:1", roll_over=True))
    assert [one.token for one in again.tokens] == [one.token for one in first.tokens]
    desk.change(change("k3:1", key=NEW_KEY, new_key=THIRD_KEY))
    assert desk.code(change("k4:1", key=THIRD_KEY, new_key=NEW_KEY)) is None


def test_a_second_set_under_one_key_is_refused_also_when_another_change_came_between() -> None:
    """Rule 3: a set that was perhaps not entered stays outstanding."""
    fourth = KeyRef.parse("123456/4")
    desk = Desk([register(), register(NEW_KEY), register(THIRD_KEY), register(fourth)])
    desk.change(change())
    desk.change(change("k2:1", key=NEW_KEY, new_key=THIRD_KEY))
    request = change("k3:1", new_key=fourth)
    assert desk.code(request) == "change.outstanding"
    desk.approve(request)
    assert desk.code(request) is None
    assert desk.memory.approval("k3:1") is None


def test_a_new_ken_under_the_same_key_does_not_bar_the_way() -> None:
    desk = Desk([register(ken=KEN(200)), register(NEW_KEY)])
    meter = desk.meter()
    desk.load(register(ken=KEN(255)))
    assert enter_set(meter, desk.change(change(new_key=KEY)))[-1] is ACCEPT
    assert enter_set(meter, desk.change(change("k2:1")))[-1] is ACCEPT


@pytest.mark.parametrize(("one", "bits", "count"), MIXED)
@pytest.mark.parametrize("pattern", ["1222", "2111", "1212"])
def test_a_meter_with_sections_of_two_sets_is_recovered(
    one: MeterId, bits: int, count: int, pattern: str
) -> None:
    """Edge case 12: the key nobody knows is computed from the record, and the meter led away from it."""
    desk = Desk([register(ref, bits) for ref in (KEY, NEW_KEY, THIRD_KEY)])
    meter = desk.meter(one)
    first, second = change("a:1", meter=one, tokens=count), change("a:2", meter=one, tokens=count)
    second = replace(second, new_key=THIRD_KEY)
    sets = [desk.change(first)]
    assert desk.code(second) == "change.outstanding"
    desk.approve(second)
    sets.append(desk.change(second))
    chosen = [int(which) - 1 for which in pattern[:count]]
    results = [enter(meter, sets[which].tokens[place]) for place, which in enumerate(chosen)]
    assert results[-1] is ACCEPT
    for number, ref in enumerate((KEY, NEW_KEY, THIRD_KEY)):
        dead = desk.token(credit(f"v{number}:1", number, meter=one, key=ref))
        assert not enter(meter, dead).is_accepted

    ids = tuple(("a:1", "a:2")[which] for which in chosen)
    recovery = change("a:3", meter=one, tokens=count, new_key=THIRD_KEY, sections=ids)
    refusal = desk.ask(recovery)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "change.unapproved"
    desk.approve(recovery)
    made = desk.change(recovery)

    assert enter_set(meter, made)[-1] is ACCEPT
    assert enter(meter, desk.token(credit("v9:1", 9, meter=one, key=THIRD_KEY))) is ACCEPT


def test_a_mixture_is_left_also_when_one_of_its_keys_was_given_another_expiry() -> None:
    desk = Desk([register(), register(NEW_KEY, ken=KEN(0xEE)), register(THIRD_KEY, ken=KEN(0xDD))])
    meter = desk.meter()
    sets = [desk.change(change("a:1"))]
    second = change("a:2", new_key=THIRD_KEY)
    desk.approve(second)
    sets.append(desk.change(second))
    for place, which in enumerate((0, 1, 1, 1)):
        enter(meter, sets[which].tokens[place])
    desk.load(register(NEW_KEY, ken=KEN(255)))
    recovery = change("a:3", new_key=THIRD_KEY, sections=("a:1", "a:2", "a:2", "a:2"))
    desk.approve(recovery)
    assert enter_set(meter, desk.change(recovery))[-1] is ACCEPT
