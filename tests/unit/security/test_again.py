"""The same request again, another one under its id, and many requests at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.security.desk import (
    KEY,
    METER,
    NEW_KEY,
    OTHER_PAN,
    STA_METER,
    Desk,
    change,
    client,
    credit,
    first_change,
    first_key,
    management,
    meter_test,
    money,
    register,
)
from voltoken.errors import FieldError
from voltoken.security import (
    NOT_CERTIFIED,
    Act,
    Event,
    Issued,
    IssuedToken,
    IssueRequest,
    KeyMove,
    ModuleRole,
    Refusal,
    Usage,
)
from voltoken.sts import KEN, TI, Service

EVERY_KIND: list[IssueRequest] = [credit(), money(), management(), change(), meter_test()]


def codes(decisions: list[Any]) -> list[str | None]:
    """Return the codes of refusals, None where something was made."""
    return [getattr(one.answer, "code", None) for one in decisions]


@pytest.mark.parametrize("request_", EVERY_KIND, ids=lambda one: type(one).__name__)
def test_the_same_request_again_gets_the_same_answer_and_makes_nothing(request_: IssueRequest) -> None:
    desk = Desk()
    first = desk.ask(request_, rnd=3)
    before, written = desk.remembered(), len(desk.records)
    again = desk.ask(request_, rnd=12)
    assert again == first
    assert not isinstance(first, Refusal)
    assert desk.remembered() == before
    (line,) = desk.records[written:]
    assert isinstance(line, Event)
    assert (line.kind, line.facts["request"]) == ("repeated", request_.request_id)
    assert desk.fetch(request_.request_id) == first


def test_the_first_key_change_is_kept_as_well() -> None:
    desk = Desk([first_key(), register()], role=ModuleRole.MANUFACTURING)
    assert desk.ask(first_change()) == desk.ask(first_change()) == desk.fetch("k1:1")


def test_the_same_request_in_one_batch_is_made_once() -> None:
    desk = Desk()
    made = desk.decide(credit(), change(), credit(), change(), chance=b"\1\2\3\4")
    assert made[0].answer == made[2].answer
    assert made[1].answer == made[3].answer
    assert [type(one) for one in desk.records] == [Issued, Issued, KeyMove, Event, Event]
    assert desk.memory.usage(KEY) == Usage(10, 0)
    assert desk.memory.issued() == 2


def test_a_refused_request_leaves_its_id_free() -> None:
    desk = Desk(clients=[client(acts=frozenset())])
    assert desk.code(credit()) == "client.act"
    desk.restrict(client())
    assert desk.code(credit(steps=11)) is None
    assert desk.fetch("v1:1") is not None


def test_what_was_made_is_given_again_whatever_was_forbidden_since() -> None:
    desk = Desk([register(ulm=10)])
    first = desk.ask(credit())
    desk.delete(KEY)
    desk.restrict(client(supply_groups=frozenset()))
    desk.now += timedelta(days=4000)
    assert desk.ask(credit()) == first


def test_a_client_without_the_right_gets_nothing_again() -> None:
    desk = Desk()
    desk.ask(credit())
    desk.restrict(client(acts=frozenset({Act.MANAGEMENT})))
    assert desk.code(credit()) == "client.act"


OTHERS = [
    pytest.param(credit(steps=11), id="steps"),
    pytest.param(credit(minutes=1), id="tid"),
    pytest.param(credit(service=Service.WATER), id="service"),
    pytest.param(credit(key=NEW_KEY), id="key"),
    pytest.param(credit(minutes=-779, special=True), id="special"),
    pytest.param(credit(meter=replace(METER, ti=TI("02"))), id="ti"),
    pytest.param(credit(meter=replace(METER, pan=OTHER_PAN)), id="pan"),
    pytest.param(credit(meter=replace(METER, ken=KEN(255))), id="ken"),
    pytest.param(credit(meter=replace(METER, test=False)), id="test"),
    pytest.param(credit(meter=STA_METER), id="ea"),
    pytest.param(management("v1:1"), id="kind"),
    pytest.param(change("v1:1"), id="key change"),
    pytest.param(meter_test("v1:1"), id="meter test"),
]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
def test_other_content_under_a_used_id_is_a_conflict(other: IssueRequest, together: bool) -> None:
    desk = Desk()
    if together:
        assert codes(desk.decide(credit(), other)) == [None, "request.conflict"]
    else:
        assert [desk.code(credit()), desk.code(other)] == [None, "request.conflict"]
    assert desk.memory.issued() == 1


def test_the_id_of_another_client_is_a_conflict_and_its_answer_unseen() -> None:
    desk = Desk()
    first = desk.ask(credit())
    refusal = desk.ask(credit(), caller="other")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "request.conflict"
    assert "till" not in refusal.message
    assert desk.fetch("v1:1", caller="other") is None
    assert desk.fetch("v1:1") == first


@pytest.mark.parametrize("caller", ["till", "other"])
def test_fetching_what_was_never_answered_finds_nothing(caller: str) -> None:
    desk = Desk()
    desk.ask(credit(steps=0, key=NEW_KEY, minutes=-99_999))
    assert desk.fetch("v1:1", caller) is None


def test_fetching_is_for_known_clients_of_an_open_module_within_their_rate() -> None:
    desk = Desk(clients=[client(rate=1, burst=2)])
    desk.ask(credit())
    stranger = desk.fetch("v1:1", caller="stranger")
    desk.sealed = True
    sealed = desk.fetch("v1:1")
    spent = desk.fetch("v1:1")
    found = [one.code if isinstance(one, Refusal) else one for one in (stranger, sealed, spent)]
    assert found == ["client.unknown", "module.sealed", "client.rate"]


def test_a_bad_row_in_the_middle_spoils_no_other() -> None:
    desk = Desk()
    rows = [credit(f"v{n}:1", n) for n in range(6)]
    rows[3] = replace(rows[3], key=register("111111/1").ref)
    made = desk.decide(*rows)
    assert codes(made) == [None, None, None, "key.unknown", None, None]
    meter = desk.meter()
    entered = [
        meter.enter(one.answer.token.digits, desk.now).result.value
        for one in made
        if isinstance(one.answer, IssuedToken)
    ]
    assert entered == ["Accept"] * 5


def test_a_row_that_cannot_be_made_spoils_no_other() -> None:
    """The key of one row is known, but its bytes are gone: the others are made one by one, then."""
    desk = Desk()
    desk.engine.vault.drop(NEW_KEY)
    rows = [credit(f"v{n}:1", n) for n in range(6)]
    rows[3] = replace(rows[3], key=NEW_KEY)
    assert codes(desk.decide(*rows, rows[3])) == [
        None,
        None,
        None,
        "module.failed",
        None,
        None,
        "module.failed",
    ]
    assert desk.memory.usage(NEW_KEY) == Usage()
    assert desk.memory.attempts(METER.pan, "14", int(rows[3].tid)) == 0


def test_every_answer_says_who_made_it_and_what_it_is() -> None:
    made = [one.answer for one in Desk().decide(*EVERY_KIND[2:])]
    parts = [*made, *getattr(made[1], "tokens", ())]
    assert len(parts) == 3 + 4
    for one in parts:
        assert (getattr(one, "module_id", ""), getattr(one, "notice", "")) == ("desk-1", NOT_CERTIFIED)


def test_one_tid_twice_in_a_batch_is_made_once() -> None:
    desk = Desk()
    rows: list[IssueRequest] = [credit(), management(), credit("v2:1", meter=replace(METER, pan=OTHER_PAN))]
    assert codes(desk.decide(*rows)) == [None, "tid.claimed", None]


def test_a_recovery_in_the_batch_of_the_first_token_counts_as_the_second() -> None:
    desk = Desk()
    again = credit("v2:1", steps=20)
    desk.approve(again)
    first, second = desk.decide(credit(), again)
    assert [one.attempt for made in (first, second) for one in made.records if isinstance(one, Issued)] == [
        0,
        1,
    ]
    assert codes([first, second]) == [None, None]
    assert desk.memory.approval("v2:1") is None


def test_a_key_change_and_then_credit_under_the_new_key_in_one_batch() -> None:
    desk = Desk()
    meter = desk.meter()
    moved, sold = desk.decide(change(), credit(key=NEW_KEY))
    tokens: list[Any] = [*getattr(moved.answer, "tokens", ()), sold.answer]
    results = [meter.enter(one.token.digits, desk.now).result for one in tokens]
    assert [one.is_accepted for one in results] == [True] * 5


def test_a_second_key_change_in_a_batch_sees_the_first() -> None:
    desk = Desk()
    rows = [change(roll_over=True), change("k2:1", key=NEW_KEY, new_key=KEY)]
    assert codes(desk.decide(*rows)) == [None, "change.returns"]


def test_chance_is_one_byte_for_each_request_and_only_its_lower_half() -> None:
    desk = Desk()
    with pytest.raises(FieldError):
        desk.decide(credit(), credit("v2:1", 1), chance=b"\0")
    assert Desk().token(credit(), rnd=0xF5) == desk.token(credit(), rnd=0x05)


def test_a_sealed_module_makes_tests_and_nothing_else() -> None:
    desk = Desk(sealed=True)
    found = codes(desk.decide(*EVERY_KIND))
    assert found == ["module.sealed"] * 4 + [None]
    line = desk.records[-1]
    assert isinstance(line, Event)
    assert line.kind == "issued.meter_test_sealed"
    assert not any(isinstance(one, Issued) for one in desk.records)
    assert desk.memory.issued() == 0


def test_a_sealed_module_cannot_read_what_it_made_and_makes_the_test_anew() -> None:
    desk = Desk()
    first = desk.ask(meter_test())
    desk.sealed = True
    assert desk.ask(meter_test()) == first
    line = desk.records[-1]
    assert isinstance(line, Event)
    assert line.kind == "issued.meter_test_sealed"
