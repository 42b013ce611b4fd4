"""A pool: what it says afterwards - results, tokens to verify, and how it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.testing.bench import (
    AWAY,
    KEY,
    NEVER,
    NOW,
    OTHER_KEY,
    OTHER_REGISTER,
    OTHER_SECRET,
    REGISTER,
    SECRET,
    Bench,
    Clock,
    credit,
    fake,
    meter,
    tid,
)
from voltoken.drivers.pool import ModulePool
from voltoken.errors import (
    ModuleLimit,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    ResultMissing,
)
from voltoken.security import (
    Act,
    Client,
    ModuleKind,
    ModuleRole,
    VerifyRequest,
)
from voltoken.sts import TokenNumber, key_check_value
from voltoken.testing import Death, DyingModule, at_calls


def test_a_lost_answer_is_fetched_from_the_module_that_has_it() -> None:
    bench = Bench({"a": at_calls({1: Death.BEFORE_THE_ANSWER}), "b": NEVER})
    with pytest.raises(ModuleOutcomeUnknown):
        bench.pool.issue_credit(credit())
    assert any("unknown" in alert for alert in bench.pool.status().alerts)
    bench.mortals["b"].down = True
    assert bench.pool.fetch_result("v1:1").module_id == "a"
    bench.mortals["b"].down = False
    assert bench.pool.status().alerts == ()


def test_a_proven_miss_may_be_issued_again_under_a_new_id_with_the_same_tid() -> None:
    bench = Bench({"a": at_calls({1: Death.BEFORE_THE_WORK}), "b": NEVER})
    with pytest.raises(ModuleOutcomeUnknown):
        bench.pool.issue_credit(credit())
    bench.mortals["b"].down = True  # which proves nothing, and is not asked
    with pytest.raises(ResultMissing):
        bench.pool.fetch_result("v1:1")
    bench.mortals["b"].down = False
    assert bench.pool.status().alerts == ()
    bench.pool.issue_credit(credit(request_id="v1:2"))
    assert bench.made() == {"a": ["v1:2"], "b": []}


def test_while_its_module_is_away_a_result_is_not_called_missing() -> None:
    bench = Bench({"a": at_calls({1: Death.BEFORE_THE_WORK}), "b": NEVER}, stays_down=True)
    with pytest.raises(ModuleOutcomeUnknown):
        bench.pool.issue_credit(credit())
    for _ in range(5):
        with pytest.raises(ModuleUnavailable, match="a cannot say"):
            bench.pool.fetch_result("v1:1")
    bench.mortals["a"].down = False
    with pytest.raises(ResultMissing):  # also while it is left alone: nobody else can know
        bench.pool.fetch_result("v1:1")


def test_after_a_restart_every_module_is_asked_for_a_result() -> None:
    bench = Bench()
    made = [bench.pool.issue_credit(credit(number)) for number in (1, 2)]
    fresh = ModulePool("pool", dict(bench.mortals), bench.clock)
    assert [fresh.fetch_result("v1:1"), fresh.fetch_result("v2:1")] == made
    assert [fresh.issue_credit(credit(number)) for number in (2, 1)] == made[::-1]
    with pytest.raises(ResultMissing):
        fresh.fetch_result("v3:1")
    bench.mortals["b"].down = True
    with pytest.raises(ModuleUnavailable, match="b cannot say"):
        fresh.fetch_result("v4:1")


def test_a_refused_question_is_no_proof_that_there_is_no_result() -> None:
    clock = Clock()
    poor = fake("poor", clock, client=Client("test", frozenset(Act), frozenset({"*"}), rate=1, burst=1))
    poor.issue_credit(credit(1))
    pool = ModulePool("pool", {"poor": poor, "rich": fake("rich", clock)}, clock)
    with pytest.raises(ModuleLimit):
        pool.fetch_result("v1:1")


def test_after_a_restart_the_pool_can_be_told_who_had_a_request() -> None:
    bench = Bench()
    bench.pool.remember("v1:1", "b")
    assert bench.pool.issue_credit(credit(1)).module_id == "b"


def test_a_token_is_verified_by_the_module_that_has_it_on_record() -> None:
    bench = Bench()
    tokens = [bench.pool.issue_credit(credit(number)).token for number in (1, 2)]
    for number, token in zip((1, 2), tokens, strict=True):
        assert bench.pool.verify(VerifyRequest(meter(number), KEY, token)).request_id == f"v{number}:1"


def test_a_token_of_nobody_is_refused_by_the_first_that_looks_into_it() -> None:
    bench = Bench()
    token = bench.pool.issue_credit(credit(1)).token
    wrong = TokenNumber(int(token) ^ 1)
    with pytest.raises(ModuleRefused) as refused:
        bench.pool.verify(VerifyRequest(meter(1), KEY, wrong))
    assert refused.value.refusal == "verify.not_ours"
    tried = {name: len(module.records) for name, module in bench.fakes.items()}
    assert tried["b"] == 1  # its key, and no trial


def test_a_token_that_a_silent_module_may_have_made_is_not_refused() -> None:
    clock = Clock()
    asks = Client("test", frozenset({Act.CREDIT, Act.VERIFY}), frozenset({"*"}))
    modules = {name: fake(name, clock, client=asks) for name in "ab"}
    mortal = DyingModule(modules["b"])
    pool = ModulePool("pool", {"a": modules["a"], "b": mortal}, clock)
    token = modules["b"].issue_credit(credit(1)).token
    request = VerifyRequest(meter(1), KEY, token)
    assert pool.verify(request).on_record
    mortal.down = True
    with pytest.raises(ModuleUnavailable, match="b may know"):
        pool.verify(request)
    mortal.down = False
    with pytest.raises(ModuleRefused, match="on record"):
        pool.verify(VerifyRequest(meter(2), KEY, token))


def test_a_token_made_elsewhere_is_read_when_nobody_has_it_on_record() -> None:
    bench = Bench()
    stranger = fake("stranger", bench.clock)
    token = stranger.issue_credit(credit(1)).token
    found = bench.pool.verify(VerifyRequest(meter(1), KEY, token))
    assert (found.on_record, found.tid) == (False, tid())


def test_a_pool_is_as_well_as_its_best_module_and_says_what_is_wrong() -> None:
    bench = Bench({"a": NEVER, "b": NEVER, "c": AWAY})
    for number in range(6):
        bench.pool.issue_credit(credit(number))
    bench.fakes["b"].sealed = True
    status = bench.pool.status()
    assert (status.state, status.issued, status.now) == ("ready", 6, NOW)
    assert status.alerts == (
        "c: it failed 2 times and is left alone for a while.",
        "b: it is sealed.",
    )
    bench.fakes["a"].sealed = True
    assert bench.pool.status().state == "sealed"
    for mortal in bench.mortals.values():
        mortal.down = True
    assert bench.pool.status().state == "failed"


def test_a_wrong_clock_does_not_hide_behind_right_ones() -> None:
    clock, wrong = Clock(), Clock()
    wrong.go_on(-300)
    pool = ModulePool("pool", {"a": fake("a", clock), "b": fake("b", wrong), "c": fake("c", clock)}, clock)
    assert pool.status().now == wrong.now


def test_a_pool_says_what_its_modules_are() -> None:
    info = Bench().pool.info()
    assert (info.module_id, info.kind, info.role) == ("pool", ModuleKind.POOL, ModuleRole.VENDING)
    assert info.notice.count("not an STS-certified module") == 1
    assert set(info.measures) == {"a.journal", "b.journal"}


def test_keys_are_listed_once_with_the_limits_of_all() -> None:
    bench = Bench(keys={"b": ((REGISTER, SECRET), (OTHER_REGISTER, OTHER_SECRET))})
    keys = {one.ref: one for one in bench.pool.list_keys()}
    assert list(keys) == [KEY, OTHER_KEY]
    assert keys[KEY].ulm == 2 * REGISTER.ulm
    assert keys[OTHER_KEY] == bench.pool.key(OTHER_KEY) == OTHER_REGISTER
    with pytest.raises(ModuleRefused, match="777777/1"):
        bench.pool.key(type(KEY).parse("777777/1"))


def test_different_keys_under_one_name_make_nothing() -> None:
    clock = Clock()
    impostor = replace(REGISTER, check_value=key_check_value(OTHER_SECRET))
    modules = {"a": fake("a", clock), "b": fake("b", clock, (impostor, OTHER_SECRET))}
    pool = ModulePool("pool", dict(modules), clock)
    with pytest.raises(ModuleUnavailable, match="different keys under the name 123456/1"):
        pool.issue_credit(credit())
    assert pool.list_keys() == ()
    assert any("different keys" in alert for alert in pool.status().alerts)
    with pytest.raises(ModuleUnavailable, match="different keys"):
        pool.key(KEY)


def test_a_module_with_another_role_gets_no_requests() -> None:
    clock = Clock()
    factory = fake("factory", clock, role=ModuleRole.MANUFACTURING)
    pool = ModulePool("pool", {"factory": factory, "a": fake("a", clock)}, clock)
    assert {pool.issue_credit(credit(number)).module_id for number in range(4)} == {"a"}
    assert any("manufacturing" in alert for alert in pool.status().alerts)
    lonely = ModulePool("pool", {"factory": factory}, clock)
    with pytest.raises(ModuleUnavailable):
        lonely.issue_credit(credit())
