"""The fake module: it decides as every module does, its tokens work, and it keeps nothing."""

from __future__ import annotations

import pytest

from tests.unit.testing.bench import (
    BOTH,
    KEY,
    NEW_REGISTER,
    NEW_SECRET,
    OTHER_KEY,
    REGISTER,
    SECRET,
    Clock,
    credit,
    fake,
    meter,
    tid,
)
from voltoken.errors import ModuleRefused, ModuleUnavailable, ResultMissing
from voltoken.security import (
    Act,
    Client,
    KeyRef,
    MeterTestRequest,
    ModuleRole,
    SecurityModule,
    VerifyRequest,
)
from voltoken.sts import (
    EA,
    TI,
    Deriver,
    InitiateMeterTestDisplay,
    TokenCipher,
    TransferCredit,
    VendingKey,
    decode,
)
from voltoken.testing import DyingModule, FakeModule, ThrottledModule


def test_its_tokens_are_read_by_whoever_has_the_key() -> None:
    module = fake("m", Clock(), chance=lambda count: b"\x07" * count)
    made = module.issue_credit(credit(1, steps=123))
    key = VendingKey(SECRET, KEY.sgc, KEY.krn, REGISTER.base_date, REGISTER.kt, REGISTER.ken, test=True)
    token = decode(made.token, TokenCipher(Deriver(key, EA.MISTY1).derive(meter(1).pan, TI("01"))))
    assert isinstance(token, TransferCredit)
    assert (token.steps, token.tid, token.rnd) == (123, tid(), 7)


def test_the_same_request_is_made_once() -> None:
    module = fake("m", Clock())
    assert module.issue_credit(credit()) == module.issue_credit(credit()) == module.fetch_result("v1:1")
    assert [one.request_id for one in module.made] == ["v1:1"]
    with pytest.raises(ResultMissing):
        module.fetch_result("v2:1")


def test_rules_are_those_of_every_module_and_can_be_approved_away() -> None:
    module = fake("m", Clock())
    module.issue_credit(credit())
    again = credit(request_id="v1:2")
    with pytest.raises(ModuleRefused):
        module.issue_credit(again)
    module.approve(again)
    assert module.issue_credit(again).tid == tid()


def test_sealed_it_refuses_all_but_tests_of_meters() -> None:
    module = fake("m", Clock())
    module.sealed = True
    with pytest.raises(ModuleUnavailable):
        module.issue_credit(credit())
    with pytest.raises(ModuleUnavailable):
        module.fetch_result("v1:1")
    assert module.status().state == "sealed"
    assert module.meter_test_token(MeterTestRequest("t1:1", InitiateMeterTestDisplay(0, 1, 0))).subclass == 0


def test_keys_come_and_go() -> None:
    module = fake("m", Clock())
    module.load_key(NEW_REGISTER, NEW_SECRET)
    assert [one.ref for one in module.list_keys()] == [one.ref for one, _ in BOTH]
    assert module.key(KEY) == REGISTER
    module.delete_key(KEY)
    for ref in (KEY, OTHER_KEY):
        with pytest.raises(ModuleRefused):
            module.key(ref)
    with pytest.raises(ModuleRefused, match="loaded already"):
        module.load_key(NEW_REGISTER, NEW_SECRET)


def test_a_client_with_few_rights_has_few() -> None:
    module = fake("m", Clock(), client=Client("poor", frozenset({Act.VERIFY}), frozenset({"654321"})))
    assert module.list_keys() == ()
    with pytest.raises(ModuleRefused) as refused:
        module.issue_credit(credit())
    assert refused.value.refusal == "client.act"


def test_a_token_is_verified_from_its_record() -> None:
    module = fake("m", Clock())
    made = module.issue_credit(credit())
    assert module.verify(VerifyRequest(meter(1), KEY, made.token)).request_id == "v1:1"
    with pytest.raises(ModuleRefused):
        module.verify(VerifyRequest(meter(2), KEY, made.token))


def test_it_says_that_it_keeps_nothing() -> None:
    info = fake("m", Clock(), role=ModuleRole.MANUFACTURING).info()
    assert "keeps nothing" in info.notice
    assert "not an STS-certified module" in info.notice
    assert info.role is ModuleRole.MANUFACTURING
    assert fake("m", Clock(), tables=None).info().sta_tables == "no tables"


def test_stand_ins_are_modules_to_the_type_checker() -> None:
    inner = FakeModule("m", Clock())
    modules: list[SecurityModule] = [inner, ThrottledModule(inner), DyingModule(inner)]
    assert [one.info().module_id for one in modules] == ["m"] * 3


def test_a_sample_key_is_the_same_everywhere_and_no_other() -> None:
    from voltoken.testing import sample_key

    clock = Clock()
    assert sample_key("123456", 1, clock()) == (REGISTER, SECRET)
    assert len({sample_key(sgc, krn, clock())[1] for sgc in ("123456", "123457") for krn in (1, 2)}) == 4
    assert REGISTER.ref == KeyRef.parse("123456/1")
    assert REGISTER.test
