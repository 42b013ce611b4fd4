"""The parts of a module one by one: kept answers, the vault, the allowances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.security.desk import (
    KEY,
    LICENSED,
    METER,
    NEW_KEY,
    NOW,
    STA_METER,
    Desk,
    change,
    credit,
    first_key,
    management,
    meter_test,
    money,
    register,
    secret_of,
)
from voltoken.errors import FieldError, JournalError, ModuleUnavailable, VoltokenError
from voltoken.security import (
    ApprovalUsed,
    AuditReport,
    KeyDeleted,
    KeyLoaded,
    MemoryVault,
    Overlay,
    Refusal,
    UnknownTried,
    Unsealed,
    Usage,
    VerifyRequest,
    Wanted,
    made_of,
    pack,
    unpack,
)
from voltoken.security.allowance import Allowances
from voltoken.security.making import make_credit
from voltoken.sts import (
    DKGA,
    EA,
    SAMPLE_TABLES,
    DecoderKey,
    Deriver,
    MeterPAN,
    STATables,
    TokenNumber,
    VendingKey,
    batch,
)


@pytest.mark.parametrize(
    "request_",
    [credit(), money(), management(), change(), change(meter=STA_METER, tokens=3), meter_test()],
    ids=["credit", "money", "management", "change", "change of three", "meter test"],
)
def test_an_answer_is_kept_and_read_again_whole(request_: Any) -> None:
    answer = Desk().ask(request_)
    assert not isinstance(answer, Refusal)
    assert unpack(pack(answer)) == answer


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"[2,'token']",
        b"[2]",
        b'[1,"other"]',
        b'[1,["token"]]',
        b'[1,"token",1]',
        b'{"a":1}',
        b"7",
        b"\xff",
        b"[" * 100_000,
        b'[1,"test","a",99999999999999999999999999999,1,1,1,"m","n"]',
        b"9" * 5000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_a_damaged_answer_is_named_as_such(data: bytes) -> None:
    with pytest.raises(JournalError):
        unpack(data)


def test_an_answer_of_which_the_meter_is_not_known_is_read_again() -> None:
    answer = replace(Desk().token(credit()), meter=None)
    assert unpack(pack(answer)) == answer


def test_credits_that_cannot_be_made_together_are_an_error() -> None:
    keys = batch.DecoderKeys.of([DecoderKey(bytes(16), EA.MISTY1)])
    with pytest.raises(VoltokenError):
        make_credit([credit()], [16], keys, None)


def test_a_memory_tells_its_keys_in_order_of_their_names() -> None:
    base = Desk([register(NEW_KEY), register(KEY), register("111111/9")]).memory
    over = Overlay(base)
    over.take((KeyLoaded(register("000001/1"), b""), KeyDeleted(KEY)))
    assert [str(one.ref) for one in over.registers()] == ["000001/1", "111111/9", "123456/2"]
    assert (over.register(KEY), base.register(KEY)) == (None, register())


def test_a_memory_on_top_of_another_reads_through_and_changes_nothing_below() -> None:
    desk = Desk()
    token = desk.token(credit())
    made = desk.change(change())
    desk.verify(VerifyRequest(METER, KEY, TokenNumber(7)))
    wanted = credit("v2:1", 1)
    desk.approve(wanted)
    below, over = desk.remembered(), Overlay(desk.memory)
    assert over.usage(KEY) == Usage(10, 0)
    assert (over.result("v1:1"), over.result("v9:1")) == (desk.memory.result("v1:1"), None)
    assert over.request_of(METER.pan, token.token) == "v1:1"
    assert over.request_of(METER.pan, made.tokens[3].token) == "k1:1"
    assert over.attempts(METER.pan, "14", int(credit().tid)) == 1
    assert over.moves(METER.pan) == desk.memory.moves(METER.pan) == (over.move("k1:1"),)
    assert over.unknown_on_meter(METER.pan, NOW.date()) == over.unknown_by_client("till", NOW.date()) == 1
    assert over.approval("v2:1") == desk.memory.approval("v2:1")
    assert over.issued() == 2
    over.take((ApprovalUsed("v2:1"), UnknownTried(METER.pan, "till", NOW.date())))
    over.claim(METER.pan, "14", int(credit().tid), 1)
    over.count(KEY, 5, 6)
    assert over.approval("v2:1") is None
    assert over.unknown_on_meter(METER.pan, NOW.date()) == over.unknown_by_client("till", NOW.date()) == 2
    assert (over.usage(KEY), over.attempts(METER.pan, "14", int(credit().tid))) == (Usage(15, 6), 2)
    assert desk.remembered() == below


def test_a_damaged_answer_fails_its_own_request_and_no_other() -> None:
    desk = Desk()
    desk.ask(credit())
    kept = desk.memory.result("v1:1")
    assert kept is not None
    desk.memory._results["v1:1"] = replace(kept, answer=b"[]")
    made = desk.decide(credit(), credit("v2:1", 1))
    assert [getattr(one.answer, "code", None) for one in made] == ["module.failed", None]


def test_an_answer_of_a_later_version_is_not_read() -> None:
    answer = Desk().ask(credit())
    assert not isinstance(answer, Refusal)
    data = pack(answer)
    with pytest.raises(JournalError):
        unpack(data.replace(b"[1", b"[2", 1))


def test_a_vault_forgets_what_it_drops_and_what_it_made_of_it() -> None:
    desk = Desk()
    vault, one = desk.engine.vault, register()
    wanted = Wanted(one, EA.MISTY1, METER.pan, METER.ti)
    first = vault.decoder_key(wanted).key
    vault.put(one, secret_of(NEW_KEY))
    assert vault.decoder_key(wanted).key != first
    vault.drop(KEY)
    with pytest.raises(ModuleUnavailable, match="123456/1"):
        vault.decoder_key(wanted)
    vault.decoder_key(wanted._replace(register=register(NEW_KEY)))
    vault.wipe()
    assert not vars(vault)["_derivers"]
    with pytest.raises(ModuleUnavailable):
        vault.decoder_keys([wanted._replace(register=register(NEW_KEY))])


def test_many_decoder_keys_are_those_made_one_by_one() -> None:
    vault = MemoryVault()
    vault.put(register(), secret_of(KEY))
    vault.put(register(NEW_KEY, 64), secret_of(NEW_KEY, 64))
    first = first_key()
    vault.put(first, secret_of(first.ref, 128))
    wanted = [
        Wanted(register(), EA.MISTY1, METER.pan, METER.ti),
        Wanted(register(NEW_KEY, 64), EA.STA, METER.pan, METER.ti),
        Wanted(register(), EA.STA, METER.pan, METER.ti),
    ]
    for asked in (wanted, [*wanted, Wanted(first, EA.MISTY1, METER.pan, METER.ti)]):
        many = vault.decoder_keys(asked)
        assert [many[place].key for place in range(len(asked))] == [
            vault.decoder_key(one).key for one in asked
        ]


@pytest.mark.parametrize(("drn", "algorithm"), [("01000000000", DKGA.DKGA01), ("58000079523", DKGA.DKGA02)])
def test_the_oldest_algorithm_is_in_force_for_the_oldest_meters_only(drn: str, algorithm: DKGA) -> None:
    pan = MeterPAN.unverified("600727", drn)
    vault, one = MemoryVault(), register(bits=64, dkga=DKGA.DKGA01)
    vault.put(one, secret_of(KEY, 64))
    key = VendingKey(secret_of(KEY, 64), KEY.sgc, KEY.krn, one.base_date)
    wanted = Wanted(one, EA.STA, pan, METER.ti)
    assert vault.decoder_key(wanted).key == Deriver(key, EA.STA, algorithm).derive(pan, METER.ti).key


@pytest.mark.parametrize(("tables", "sample"), [(SAMPLE_TABLES, True), (None, True), (LICENSED, False)])
def test_an_engine_says_whether_its_tables_are_for_real_meters(
    tables: STATables | None, sample: bool
) -> None:
    assert Desk(tables=tables).engine.sample is sample


def test_many_credits_are_derived_together_and_few_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    derive = MemoryVault.decoder_keys

    def count(vault: MemoryVault, wanted: Sequence[Wanted]) -> batch.DecoderKeys:
        counted.append(len(wanted))
        return derive(vault, wanted)

    monkeypatch.setattr(MemoryVault, "decoder_keys", count)
    for many in (3, 4, 9):
        Desk().decide(*(credit(f"v{n}:1", n) for n in range(many)))
    assert counted == [4, 9]


def test_a_key_of_another_length_than_its_register_makes_no_key() -> None:
    with pytest.raises(FieldError):
        made_of(first_key(), bytes(8))


def test_an_allowance_flows_at_its_rate_and_never_above_its_burst() -> None:
    allowances = Allowances()
    taken = [allowances.take("till", NOW, 2, 3) for _ in range(4)]
    assert taken == [True, True, True, False]
    almost = NOW + timedelta(microseconds=499_999)
    assert not allowances.take("till", almost, 2, 3)
    assert allowances.take("till", NOW + timedelta(microseconds=500_000), 2, 3)
    much_later = NOW + timedelta(days=9)
    assert [allowances.take("till", much_later, 2, 3) for _ in range(4)] == [True, True, True, False]
    assert allowances.take("other", NOW, 2, 3)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    allowances = Allowances()
    assert allowances.take("till", NOW, 1, 1)
    assert not allowances.take("till", NOW - timedelta(days=1), 1, 1)


def test_refusals_by_rate_are_told_at_once_and_then_once_a_minute_with_their_count() -> None:
    allowances = Allowances()
    allowances.take("till", NOW, 1, 1)
    told = [allowances.refuse("till", NOW + timedelta(seconds=after)) for after in (0, 1, 59, 60, 61, -9999)]
    assert told == [1, 0, 0, 3, 0, 2]


def test_small_answers_of_the_custody_say_what_they_mean() -> None:
    assert [Unsealed(have, 2).done for have in (1, 2)] == [False, True]
    assert [AuditReport("m", 1, "", 0, faults).sound for faults in ((), ("x",))] == [True, False]
