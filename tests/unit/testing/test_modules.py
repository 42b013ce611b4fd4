"""Stand-ins for slow and mortal modules, and a slow one behind a fair queue."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.testing.bench import BOTH, KEY, METER, NEW_KEY, Bench, Clock, credit, fake, meter, tid
from voltoken.drivers.turns import Turns
from voltoken.errors import FieldError, ModuleOutcomeUnknown, ModuleRefused, ModuleUnavailable, ResultMissing
from voltoken.security import (
    CreditRequest,
    KeyChangeRequest,
    ManagementRequest,
    MeterTestRequest,
    Refusal,
    VerifyRequest,
)
from voltoken.sts import TI, InitiateMeterTestDisplay
from voltoken.testing import Death, DyingModule, ThrottledModule, at_calls, every

CHANGE = KeyChangeRequest("k1:1", METER, KEY, NEW_KEY, TI("01"), 4)
TEST = MeterTestRequest("t1:1", InitiateMeterTestDisplay(0, 1, 0))


def thirds(slept: list[float]) -> list[int]:
    """Return times as numbers of thirds of a second."""
    return [int(Fraction(one).limit_denominator(1000) * 3) for one in slept]


def test_every_token_takes_its_time() -> None:
    slept: list[float] = []
    module = ThrottledModule(fake("slow", Clock(), *BOTH), sleep=slept.append)
    module.issue_credit(credit(1))
    module.issue_key_change(CHANGE)
    module.meter_test_token(TEST)
    module.issue_management(ManagementRequest("m1:1", METER, KEY, 5, 0, tid(1)))
    answers = module.issue_many([credit(2), credit(3, tid=tid(99_999)), credit(4)])
    assert isinstance(answers[1], Refusal)
    assert thirds(slept) == [1, 4, 1, 1, 2]


def test_what_makes_no_token_takes_no_time() -> None:
    slept: list[float] = []
    module = ThrottledModule(fake("slow", Clock()), 1, slept.append)
    made = module.issue_credit(credit(1))
    slept.clear()
    assert module.fetch_result("v1:1") == made
    assert module.verify(VerifyRequest(meter(1), KEY, made.token)).on_record
    assert [one.ref for one in module.list_keys()] == [module.key(KEY).ref] == [KEY]
    assert module.status().module_id == module.info().module_id == "slow"
    with pytest.raises(ModuleRefused):
        module.issue_credit(credit(2, tid=tid(99_999)))
    module.issue_many([credit(3, tid=tid(99_999))])
    assert slept == []


def test_the_line_is_taken_until_the_token_is_out() -> None:
    taken: list[bool] = []
    inner = DyingModule(fake("slow", Clock()), lambda _: taken.append(module._line.locked()))
    module = ThrottledModule(inner, sleep=lambda _: taken.append(module._line.locked()))
    module.issue_credit(credit())
    assert taken == [True, True]
    assert not module._line.locked()


def test_behind_a_fair_queue_every_client_is_served_in_turn_and_nothing_is_doubled() -> None:
    inner = fake("slow", Clock())
    slept: list[float] = []
    module = ThrottledModule(inner, sleep=slept.append)
    turns: Turns[CreditRequest] = Turns(limit_per_client=50, limit=60)
    refused = []
    for number in range(80):  # a campaign floods the queue, and sends some of it twice
        try:
            turns.put("campaign", credit(number % 40))
        except ModuleUnavailable as error:
            refused.append(error)
    for number in (101, 102):
        turns.put("till 1", credit(number))
        turns.put("till 2", credit(number + 100))
    while len(turns):
        for request in turns.take(3):
            module.issue_credit(request)
    order = [one.request_id for one in inner.made]
    assert order[:6] == ["v0:1", "v101:1", "v201:1", "v1:1", "v102:1", "v202:1"]
    assert len(refused) == 30
    assert {error.detail["refusal"] for error in refused} == {"module.busy"}
    assert len(order) == len(set(order)) == 44


@pytest.mark.parametrize("rate", [0, -1, 0.5])
def test_a_module_makes_a_whole_number_of_tokens_a_second(rate: int) -> None:
    with pytest.raises(FieldError):
        ThrottledModule(fake("slow", Clock()), rate)


def test_a_module_that_is_away_has_done_nothing_and_says_so() -> None:
    inner = fake("m", Clock())
    module = DyingModule(inner, at_calls({1: Death.AWAY}))
    with pytest.raises(ModuleUnavailable) as away:
        module.issue_credit(credit())
    assert away.value.retry_safe
    assert inner.made == ()
    assert module.issue_credit(credit()).module_id == "m"


def test_a_module_that_dies_before_the_work_leaves_a_proven_miss() -> None:
    module = DyingModule(fake("m", Clock()), at_calls({1: Death.BEFORE_THE_WORK}))
    with pytest.raises(ModuleOutcomeUnknown):
        module.issue_credit(credit())
    with pytest.raises(ResultMissing):
        module.fetch_result("v1:1")
    again = module.issue_credit(credit(request_id="v1:2"))
    assert again.tid == credit().tid


def test_a_module_that_dies_before_the_answer_has_the_token_on_record() -> None:
    module = DyingModule(fake("m", Clock()), at_calls({1: Death.BEFORE_THE_ANSWER}))
    with pytest.raises(ModuleOutcomeUnknown):
        module.issue_credit(credit())
    found = module.fetch_result("v1:1")
    assert module.issue_credit(credit()) == found
    with pytest.raises(ModuleRefused) as refused:
        module.issue_credit(credit(request_id="v1:2"))
    assert refused.value.refusal == "tid.claimed"


def test_a_batch_dies_as_a_whole() -> None:
    inner = fake("m", Clock())
    module = DyingModule(inner, at_calls({1: Death.BEFORE_THE_ANSWER}))
    with pytest.raises(ModuleOutcomeUnknown):
        module.issue_many([credit(1), credit(2)])
    assert len(inner.made) == 2


def test_every_so_many_calls_it_dies() -> None:
    module = DyingModule(fake("m", Clock()), every(3, Death.AWAY))
    died = []
    for number in range(1, 8):
        try:
            module.issue_credit(credit(number))
        except ModuleUnavailable:
            died.append(number)
    assert died == [3, 6]
    assert module.calls == 7
    with pytest.raises(FieldError):
        every(0, Death.AWAY)


def test_a_module_that_stays_down_answers_nothing_until_it_is_up_again() -> None:
    plan = at_calls({1: Death.BEFORE_THE_ANSWER})
    module = DyingModule(fake("m", Clock()), plan, stays_down=True)
    with pytest.raises(ModuleOutcomeUnknown):
        module.issue_credit(credit())
    for question in (module.status, module.info, module.list_keys, lambda: module.fetch_result("v1:1")):
        with pytest.raises(ModuleUnavailable):
            question()
    with pytest.raises(ModuleUnavailable):
        module.issue_credit(credit(2))
    module.down = False
    assert module.fetch_result("v1:1").request_id == "v1:1"


def test_a_slow_module_that_dies_in_a_pool_leaves_the_line_free() -> None:
    bench = Bench()
    slow = ThrottledModule(DyingModule(bench.fakes["a"], every(1, Death.AWAY)), sleep=lambda _: None)
    for number in range(3):
        with pytest.raises(ModuleUnavailable):
            slow.issue_credit(credit(number))
    assert slow.status().state == "ready"
