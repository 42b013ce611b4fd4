"""A pool: requests go to the modules that have the keys, as far as the pool can know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.testing.bench import (
    BOTH,
    KEY,
    METER,
    NEVER,
    NEW_KEY,
    NEW_REGISTER,
    NEW_SECRET,
    OTHER_KEY,
    OTHER_REGISTER,
    OTHER_SECRET,
    REGISTER,
    SECRET,
    Bench,
    credit,
)
from voltoken.errors import (
    ModuleRefused,
    ModuleUnavailable,
)
from voltoken.security import (
    KeyChangeRequest,
)
from voltoken.sts import TI


def change(request_id: str = "k1:1") -> KeyChangeRequest:
    return KeyChangeRequest(request_id, METER, KEY, NEW_KEY, TI("01"), 4)


def test_key_changes_of_a_meter_go_where_the_first_went() -> None:
    bench = Bench({"a": NEVER, "b": NEVER}, keys={"a": BOTH, "b": BOTH})
    made = [bench.pool.issue_key_change(change(f"k{number}:1")).module_id for number in range(4)]
    assert made == ["a"] * 4


def test_a_mixed_key_is_asked_of_the_module_that_made_its_sections() -> None:
    bench = Bench({"a": NEVER, "b": NEVER}, keys={"a": BOTH, "b": BOTH})
    bench.pool.remember("old:1", "b")
    mixed = replace(change("k9:1"), sections=("old:1",) * 4)
    with pytest.raises(ModuleRefused):
        bench.pool.issue_key_change(mixed)
    assert bench.mortals["b"].calls == 1


def test_a_key_that_only_one_module_has_makes_it_the_only_one() -> None:
    bench = Bench(keys={"b": ((REGISTER, SECRET), (OTHER_REGISTER, OTHER_SECRET))})
    for number in range(3):
        assert bench.pool.issue_credit(credit(number, key=OTHER_KEY)).module_id == "b"
    bench.mortals["b"].down = True
    with pytest.raises(ModuleUnavailable):
        bench.pool.issue_credit(credit(9, key=OTHER_KEY))
    assert bench.pool.issue_credit(credit(10)).module_id == "a"


def test_a_key_change_needs_a_module_with_both_keys() -> None:
    bench = Bench(keys={"a": ((REGISTER, SECRET),), "b": ((NEW_REGISTER, NEW_SECRET),)})
    with pytest.raises(ModuleUnavailable, match="no module has all of 123456/1, 123456/2"):
        bench.pool.issue_key_change(change())


def test_a_key_that_nobody_has_is_unknown_once_everybody_was_asked() -> None:
    bench = Bench()
    with pytest.raises(ModuleRefused) as refused:
        bench.pool.issue_credit(credit(key=OTHER_KEY))
    assert refused.value.refusal == "key.unknown"
    silent = Bench()
    silent.mortals["b"].down = True
    with pytest.raises(ModuleUnavailable, match="which keys b has"):
        silent.pool.issue_credit(credit(key=OTHER_KEY))


def test_a_key_loaded_meanwhile_is_found() -> None:
    bench = Bench()
    bench.pool.issue_credit(credit(1))
    bench.fakes["b"].load_key(OTHER_REGISTER, OTHER_SECRET)
    bench.clock.go_on(1)
    assert bench.pool.issue_credit(credit(2, key=OTHER_KEY)).module_id == "b"


def test_a_key_deleted_meanwhile_is_missed_once() -> None:
    bench = Bench(refresh=timedelta(days=1))
    bench.pool.issue_credit(credit(1))
    bench.fakes["b"].delete_key(KEY)
    with pytest.raises(ModuleRefused, match="not loaded"):
        bench.pool.issue_credit(credit(2))
    assert [bench.pool.issue_credit(credit(number)).module_id for number in (3, 4, 5)] == ["a"] * 3


def test_keys_are_asked_for_again_when_the_list_is_old() -> None:
    bench = Bench(refresh=timedelta(seconds=30))
    bench.pool.issue_credit(credit(1))
    bench.fakes["b"].delete_key(KEY)
    bench.clock.go_on(30)
    assert [bench.pool.issue_credit(credit(number)).module_id for number in (2, 3)] == ["a", "a"]
