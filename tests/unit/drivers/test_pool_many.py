"""A pool: many requests at once are split by module, and nothing is lost, doubled or out of place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.unit.testing.bench import (
    AWAY,
    KEY,
    NEVER,
    OTHER_KEY,
    Bench,
    credit,
    tid,
)
from voltoken.drivers.pool import ModulePool
from voltoken.errors import (
    ModuleOutcomeUnknown,
)
from voltoken.security import (
    Answer,
    IssuedToken,
    IssueRequest,
    Refusal,
    refuse,
)
from voltoken.testing import Death, DyingModule, at_calls


def test_many_are_split_and_come_back_in_order() -> None:
    bench = Bench({"a": NEVER, "b": NEVER, "c": NEVER})
    answers = bench.pool.issue_many([credit(number) for number in range(10)])
    assert [one.request_id for one in answers] == [f"v{number}:1" for number in range(10)]
    assert sorted(len(one) for one in bench.made().values()) == [3, 3, 4]
    assert bench.pool.issue_many([credit(number) for number in range(10)]) == answers
    assert sum(len(one) for one in bench.made().values()) == 10
    assert bench.pool.issue_many([]) == []


def test_many_with_refusals_have_them_in_their_places() -> None:
    bench = Bench()
    wrong = credit(2, key=OTHER_KEY), credit(3, tid=tid(99_999))
    answers = bench.pool.issue_many([credit(1), *wrong, credit(4)])
    codes = [one.code if isinstance(one, Refusal) else None for one in answers]
    assert codes == [None, "key.unknown", "tid.ahead", None]


def test_one_id_and_one_tid_of_a_batch_stay_together() -> None:
    bench = Bench({"a": NEVER, "b": NEVER, "c": NEVER})
    answers = bench.pool.issue_many([credit(1), credit(2), credit(1), credit(2, request_id="other:1")])
    assert answers[0] == answers[2]
    assert isinstance(answers[3], Refusal)
    assert answers[3].code == "tid.claimed"
    assert sum(len(one) for one in bench.made().values()) == 2


def test_the_part_of_a_dead_module_is_made_by_others() -> None:
    bench = Bench({"a": AWAY, "b": NEVER})
    answers = bench.pool.issue_many([credit(number) for number in range(6)])
    assert [one.module_id for one in answers if isinstance(one, IssuedToken)] == ["b"] * 6


def test_a_part_that_a_sealed_module_refuses_is_made_by_others() -> None:
    bench = Bench()
    bench.fakes["a"].sealed = True
    assert not any(isinstance(one, Refusal) for one in bench.pool.issue_many([credit(1), credit(2)]))


def test_with_all_modules_dead_every_request_of_a_batch_is_refused() -> None:
    bench = Bench({"a": AWAY, "b": AWAY})
    answers = bench.pool.issue_many([credit(1), credit(2)])
    assert [one.retry_safe for one in answers if isinstance(one, Refusal)] == [True, True]
    assert [one.request_id for one in answers] == ["v1:1", "v2:1"]
    for module in bench.fakes.values():
        module.sealed = True
    sealed = ModulePool("pool", dict(bench.fakes), bench.clock).issue_many([credit(1)])
    assert [one.code for one in sealed if isinstance(one, Refusal)] == ["module.sealed"]


def test_a_lost_part_of_a_batch_is_told_and_stays_where_it_was() -> None:
    bench = Bench({"a": at_calls({1: Death.BEFORE_THE_ANSWER}), "b": NEVER})
    batch = [credit(number) for number in range(6)]
    with pytest.raises(ModuleOutcomeUnknown) as unknown:
        bench.pool.issue_many(batch)
    assert unknown.value.detail["module"] == "a"
    before = bench.made()
    assert [len(one) for one in before.values()] == [3, 3]
    answers = bench.pool.issue_many(batch)
    assert [one.request_id for one in answers] == [one.request_id for one in batch]
    assert bench.made() == before


def test_why_a_module_takes_no_batch_is_passed_on_when_no_other_does() -> None:
    class Busy(DyingModule):
        def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
            raise refuse("module.busy", requests[0].request_id).error()

    bench = Bench()
    pool = ModulePool("pool", {"a": Busy(bench.fakes["a"])}, bench.clock)
    for _ in range(3):
        answers = pool.issue_many([credit(1), credit(2)])
        told = [(one.code, one.request_id) for one in answers if isinstance(one, Refusal)]
        assert told == [("module.busy", "v1:1"), ("module.busy", "v2:1")]
    assert pool.status().alerts == ()


def test_a_module_that_answers_too_little_leaves_its_part_in_doubt() -> None:
    class Short(DyingModule):
        def issue_many(self, requests: Sequence[IssueRequest]) -> list[Answer | Refusal]:
            return super().issue_many(requests)[1:]

    bench = Bench()
    pool = ModulePool("pool", {"a": Short(bench.fakes["a"]), "b": bench.fakes["b"]}, bench.clock)
    with pytest.raises(ModuleOutcomeUnknown, match="2 answers to 3"):
        pool.issue_many([credit(number) for number in range(6)])


def test_a_lost_batch_brings_its_module_no_further_down_than_a_lost_call() -> None:
    bench = Bench({"a": at_calls({1: Death.AWAY}), "b": NEVER})
    bench.pool.issue_many([credit(number) for number in range(10)])
    assert bench.pool.status().alerts == ()


def test_a_key_unknown_in_a_batch_makes_the_pool_ask_again() -> None:
    bench = Bench(refresh=timedelta(days=1))
    bench.pool.issue_many([credit(1), credit(2)])
    bench.fakes["b"].delete_key(KEY)
    bench.pool.issue_many([credit(3), credit(4)])
    assert not any(isinstance(one, Refusal) for one in bench.pool.issue_many([credit(5), credit(6)]))
