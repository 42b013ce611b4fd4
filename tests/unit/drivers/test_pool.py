"""A pool: who gets a request, where it goes when a module fails, and where it never goes."""

from __future__ import annotations

import threading

import pytest

from tests.unit.testing.bench import (
    AWAY,
    BOTH,
    KEY,
    METER,
    NEVER,
    NEW_KEY,
    Bench,
    Scripted,
    credit,
    tid,
)
from voltoken.drivers.pool import ModulePool
from voltoken.errors import (
    FieldError,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
)
from voltoken.security import (
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    KeyChangeRequest,
    ManagementRequest,
    MeterTestRequest,
    SecurityModule,
    refuse,
)
from voltoken.sts import TI, InitiateMeterTestDisplay
from voltoken.testing import Death, at_calls, every


def change(request_id: str = "k1:1") -> KeyChangeRequest:
    return KeyChangeRequest(request_id, METER, KEY, NEW_KEY, TI("01"), 4)


def test_modules_that_are_up_take_turns() -> None:
    bench = Bench()
    for number in range(4):
        bench.pool.issue_credit(credit(number))
    assert bench.made() == {"a": ["v0:1", "v2:1"], "b": ["v1:1", "v3:1"]}


def test_the_module_with_the_least_to_do_is_next() -> None:
    bench = Bench()
    entered, go = threading.Event(), threading.Event()

    def stuck(inner: SecurityModule, request: CreditRequest) -> IssuedToken:
        entered.set()
        go.wait(30)
        return inner.issue_credit(request)

    slow = Scripted(bench.fakes["a"], stuck)
    pool = ModulePool("pool", {"slow": slow, "quick": bench.fakes["b"]}, bench.clock)
    first = threading.Thread(target=lambda: pool.issue_credit(credit(1)), daemon=True)
    first.start()
    assert entered.wait(30)
    for number in (2, 3, 4):
        pool.issue_credit(credit(number))
    go.set()
    first.join(30)
    assert bench.made() == {"a": ["v1:1"], "b": ["v2:1", "v3:1", "v4:1"]}


def test_every_kind_of_request_gets_through() -> None:
    bench = Bench({"a": NEVER}, keys={"a": BOTH})
    bench.pool.issue_management(ManagementRequest("m1:1", METER, KEY, 5, 0, tid(1)))
    assert len(bench.pool.issue_key_change(change()).tokens) == 4
    bench.pool.meter_test_token(MeterTestRequest("t1:1", InitiateMeterTestDisplay(0, 1, 0)))
    assert bench.made() == {"a": ["m1:1", "k1:1", "t1:1"]}
    first = InitialKeyChangeRequest("i1:1", METER, KEY, NEW_KEY, TI("01"), 4)
    with pytest.raises(ModuleRefused) as refused:
        bench.pool.issue_initial_key_change(first)
    assert refused.value.refusal == "role.initial_key_change"


def test_a_pool_with_a_dead_module_goes_on() -> None:
    bench = Bench({"a": AWAY, "b": NEVER})
    answers = [bench.pool.issue_credit(credit(number)) for number in range(5)]
    assert [one.module_id for one in answers] == ["b"] * 5


def test_all_dead_is_unavailable_and_may_be_tried_again() -> None:
    bench = Bench({"a": AWAY, "b": AWAY})
    for _ in range(9):
        with pytest.raises(ModuleUnavailable) as refused:
            bench.pool.issue_credit(credit())
        assert refused.value.retry_safe
    assert bench.made() == {"a": [], "b": []}


def test_a_module_that_fails_is_left_alone_and_then_tried_again() -> None:
    bench = Bench({"a": at_calls({1: Death.AWAY, 2: Death.AWAY}), "b": NEVER})
    for number in range(8):
        bench.pool.issue_credit(credit(number))
    assert bench.mortals["a"].calls == 2
    bench.clock.go_on(4.9)
    bench.pool.issue_credit(credit(10))
    assert bench.made()["a"] == []
    bench.clock.go_on(0.1)
    for number in (11, 12):
        bench.pool.issue_credit(credit(number))
    assert len(bench.made()["a"]) == 1


def test_a_module_that_rests_must_answer_a_question_before_it_gets_a_request() -> None:
    bench = Bench({"a": AWAY, "b": NEVER})
    for number in range(4):
        bench.pool.issue_credit(credit(number))
    calls = bench.mortals["a"].calls
    bench.mortals["a"].down = True
    bench.clock.go_on(5)
    for number in range(4, 8):
        bench.pool.issue_credit(credit(number))
    assert bench.mortals["a"].calls == calls == 2


def test_a_module_that_answers_no_question_is_left_alone() -> None:
    bench = Bench()
    bench.mortals["b"].down = True
    for number in range(3):
        bench.pool.issue_credit(credit(number))
    assert bench.pool.status().alerts == ("b: it failed 2 times and is left alone for a while.",)


def test_an_unknown_outcome_names_its_module_and_is_tried_nowhere_else() -> None:
    bench = Bench({"a": at_calls({1: Death.BEFORE_THE_WORK}), "b": NEVER})
    with pytest.raises(ModuleOutcomeUnknown) as unknown:
        bench.pool.issue_credit(credit())
    assert unknown.value.detail["module"] == "a"
    assert bench.made() == {"a": [], "b": []}


def test_the_same_request_goes_to_the_same_module_again() -> None:
    bench = Bench()
    first = bench.pool.issue_credit(credit(1))
    again = [bench.pool.issue_credit(credit(1)) for _ in range(3)]
    assert again == [first] * 3
    assert bench.made()["b"] == []


def test_what_is_in_doubt_waits_for_its_module_even_if_that_says_nothing_was_done_now() -> None:
    bench = Bench({"a": at_calls({1: Death.BEFORE_THE_ANSWER, 2: Death.AWAY}), "b": NEVER})
    with pytest.raises(ModuleOutcomeUnknown):
        bench.pool.issue_credit(credit())
    with pytest.raises(ModuleUnavailable):
        bench.pool.issue_credit(credit())
    with pytest.raises(ModuleUnavailable, match="only a may have it"):
        bench.pool.issue_credit(credit())
    bench.clock.go_on(5)
    assert bench.pool.issue_credit(credit()).module_id == "a"
    assert bench.made() == {"a": ["v1:1"], "b": []}


def test_a_second_request_for_a_tid_goes_where_the_first_went() -> None:
    bench = Bench()
    bench.pool.issue_credit(credit(1))
    for number in range(2, 6):
        with pytest.raises(ModuleRefused) as refused:
            bench.pool.issue_credit(credit(1, request_id=f"v{number}:1"))
        assert refused.value.refusal == "tid.claimed"
    assert bench.made() == {"a": ["v1:1"], "b": []}


def test_a_refusal_by_a_rule_is_passed_on_and_nobody_else_is_asked() -> None:
    bench = Bench()
    with pytest.raises(ModuleRefused) as refused:
        bench.pool.issue_credit(credit(tid=tid(60 * 24 * 30)))
    assert refused.value.refusal == "tid.ahead"
    assert [one.calls for one in bench.mortals.values()] == [1, 0]


def test_a_busy_module_is_passed_by_and_keeps_its_good_name() -> None:
    def busy(*_: object) -> IssuedToken:
        raise refuse("module.busy").error()

    bench = Bench()
    pool = ModulePool("pool", {"a": Scripted(bench.fakes["a"], busy), "b": bench.fakes["b"]}, bench.clock)
    for number in range(9):
        pool.issue_credit(credit(number))
    assert len(bench.made()["b"]) == 9
    assert pool.status().alerts == ()


def test_a_failure_that_is_not_safe_to_repeat_is_passed_on() -> None:
    def odd(*_: object) -> IssuedToken:
        raise ModuleUnavailable("Something happened.", retry_safe=False)

    bench = Bench()
    pool = ModulePool("pool", {"a": Scripted(bench.fakes["a"], odd), "b": bench.fakes["b"]}, bench.clock)
    with pytest.raises(ModuleUnavailable, match="Something"):
        pool.issue_credit(credit())
    assert bench.made() == {"a": [], "b": []}


def test_an_error_of_no_kind_that_is_foreseen_keeps_the_request_with_its_module() -> None:
    def broken(inner: SecurityModule, request: CreditRequest) -> IssuedToken:
        inner.issue_credit(request)
        raise ZeroDivisionError

    bench = Bench()
    pool = ModulePool("pool", {"a": Scripted(bench.fakes["a"], broken), "b": bench.fakes["b"]}, bench.clock)
    for _ in range(3):
        with pytest.raises((ZeroDivisionError, ModuleUnavailable)):
            pool.issue_credit(credit())
    assert bench.made() == {"a": ["v1:1"], "b": []}


def test_simultaneous_calls_under_one_id_cannot_part() -> None:
    """While the first call is under way a second one begins; then the first says that it did nothing."""
    bench = Bench()
    inside, told, second = threading.Event(), threading.Event(), threading.Event()
    calls: list[str] = []

    def rude(inner: SecurityModule, request: CreditRequest) -> IssuedToken:
        calls.append(request.request_id)
        if len(calls) == 1:
            inside.set()
            second.wait(30)
            raise ModuleUnavailable("Nothing was done for the first.")
        second.set()
        told.wait(30)
        return inner.issue_credit(request)

    pool = ModulePool("pool", {"a": Scripted(bench.fakes["a"], rude), "b": bench.fakes["b"]}, bench.clock)
    later = threading.Thread(target=lambda: inside.wait(30) and pool.issue_credit(credit()), daemon=True)
    later.start()
    with pytest.raises(ModuleUnavailable, match="for the first"):
        pool.issue_credit(credit())
    told.set()
    later.join(30)
    assert bench.made() == {"a": ["v1:1"], "b": []}


def test_a_stranger_is_not_remembered_for_a_module_and_a_pool_is_not_empty() -> None:
    bench = Bench()
    with pytest.raises(FieldError, match="one of a, b"):
        bench.pool.remember("v1:1", "c")
    with pytest.raises(FieldError):
        ModulePool("pool", {}, bench.clock)


def test_a_full_memory_refuses_rather_than_forgets() -> None:
    bench = Bench({"a": every(1, Death.BEFORE_THE_ANSWER), "b": NEVER}, memory=2)
    with pytest.raises(ModuleOutcomeUnknown):
        bench.pool.issue_credit(credit(1))
    with pytest.raises(ModuleUnavailable) as refused:
        bench.pool.issue_credit(credit(2))
    assert refused.value.detail["refusal"] == "module.busy"
    bench.pool.fetch_result("v1:1")
    assert bench.pool.issue_credit(credit(2)).module_id == "b"
