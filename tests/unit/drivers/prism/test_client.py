"""A module behind PrismToken: what is asked, what is believed, and what becomes of lost answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.drivers.prism.samples import make
from tests.unit.drivers.prism.stage import Server, Wire, config, joined
from tests.unit.security import desk as desks
from tests.unit.security.desk import (
    KEY,
    NEW_KEY,
    NOW,
    STA_METER,
    Desk,
    client,
    first_key,
    meter_test,
    register,
    tid_at,
)
from tests.unit.security.desk import METER as DESK_METER
from voltoken.drivers.prism.client import PrismModule
from voltoken.drivers.prism.codes import CODES
from voltoken.drivers.prism.ids import message_id, second_id
from voltoken.drivers.prism.messages import Call, Fault, read_reply, write_reply
from voltoken.errors import (
    ModuleLimit,
    ModuleOutcomeUnknown,
    ModuleRefused,
    ModuleUnavailable,
    PeerError,
    ResultMissing,
    SecurityModuleError,
    VoltokenError,
)
from voltoken.security import (
    CreditRequest,
    InitialKeyChangeRequest,
    IssuedToken,
    IssueRequest,
    KeyChangeRequest,
    ManagementRequest,
    ModuleKind,
    ModuleRole,
    Refusal,
    VerifyRequest,
)
from voltoken.sts import EA, KEN, BaseDate, TokenNumber

# The interface does not say that a meter is one for tests; the desk's clients have only such meters.
METER = replace(DESK_METER, test=False)
Pair = tuple[PrismModule, Wire]


def credit(request_id: str = "v1:1", minutes: int = 0, **changes: Any) -> CreditRequest:
    return desks.credit(request_id, minutes, **({"meter": METER} | changes))


def money(request_id: str = "v1:1", minutes: int = 0, **changes: Any) -> CreditRequest:
    return desks.money(request_id, minutes, **({"meter": METER} | changes))


def management(request_id: str = "m1:1", minutes: int = 0, **changes: Any) -> ManagementRequest:
    return desks.management(request_id, minutes, **({"meter": METER} | changes))


def change(request_id: str = "k1:1", **changes: Any) -> KeyChangeRequest:
    return desks.change(request_id, **({"meter": METER} | changes))


def first_change(request_id: str = "k1:1", **changes: Any) -> InitialKeyChangeRequest:
    return desks.first_change(request_id, **({"meter": METER} | changes))


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    """A client and its wire, signed in and acquainted, with nothing on record."""
    module, wire = joined(monkeypatch, Server())
    module.info()
    wire.calls.clear()
    return module, wire


def acquainted(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Pair:
    """Return the same for a desk of one's own."""
    module, wire = joined(monkeypatch, Server(desk))
    module.info()
    wire.calls.clear()
    return module, wire


def made(wire: Wire) -> int:
    """Return how many requests the module has answered."""
    return wire.server.desk.memory.issued()


def test_every_kind_of_request_gives_what_the_module_itself_gives(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _ = pair
    desk = Desk()
    for request in (credit("w1:1"), money("w2:1", 1), management("w3:1", 2)):
        assert module.issue_many([request])[0] == desk.ask(request)
    assert module.issue_key_change(change()) == desk.change(change())
    assert module.meter_test_token(meter_test()) == desk.ask(meter_test())


def test_a_first_key_is_left_in_a_manufacturing_module(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk([first_key(), register(KEY)], role=ModuleRole.MANUFACTURING)
    module, _ = acquainted(monkeypatch, desk)
    there = Desk([first_key(), register(KEY)], role=ModuleRole.MANUFACTURING)
    assert module.issue_initial_key_change(first_change()) == there.change(first_change())
    assert module.info().role is ModuleRole.MANUFACTURING


def test_a_short_key_is_changed_by_two_or_three_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for tokens in (2, 3):
        desk = Desk(clients=[client(test_meters=True)])
        module, _ = acquainted(monkeypatch, desk)
        made = module.issue_key_change(change(meter=replace(STA_METER, test=False), tokens=tokens))
        assert len(made.tokens) == tokens


def test_no_more_is_asked_than_was_asked(pair: Pair) -> None:
    module, wire = pair
    module.issue_credit(credit("a.b:12", minutes=5))
    module.issue_key_change(change())
    sale, moved = wire.calls
    config = sale.arguments["meterConfig"]
    assert sale.arguments["messageId"] == "a.b.12"
    assert sale.arguments["flags"] == 2
    since_1993 = NOW - BaseDate.BD1993.instant + timedelta(minutes=5)
    assert sale.arguments["tokenTime"] == since_1993 // timedelta(minutes=1)
    for one in (config, moved.arguments["meterConfig"]):
        assert (one.allowKrnUpdate, one.allowKenUpdate, one.allow3Kct, one.newConfig) == (
            False,
            False,
            False,
            None,
        )


def test_the_expiry_is_the_meters_if_it_is_known_and_else_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    module, wire = acquainted(monkeypatch, Desk([register(KEY, ken=KEN(222))]))
    module.issue_credit(credit())
    module.issue_credit(credit("v2:1", 1, meter=replace(METER, ken=KEN(111))))
    assert [call.arguments["meterConfig"].ken for call in wire.calls] == [222, 111]


def test_what_it_is_comes_from_the_server(pair: Pair) -> None:
    module, _ = pair
    info, status = module.info(), module.status()
    assert (info.module_id, info.kind, info.firmware) == ("desk-1", ModuleKind.PRISM, "v0")
    assert info.notice == "for tests and pilots; not an STS-certified module"
    assert (status.state, status.now, status.issued) == ("ready", NOW, 0)
    assert status.alerts == ("EService: look here",)
    assert [one.ref for one in module.list_keys()] == [KEY, NEW_KEY]


def test_tokens_are_verified_by_the_server(pair: Pair) -> None:
    module, _ = pair
    token = module.issue_credit(credit())
    found = module.verify(VerifyRequest(METER, KEY, token.token))
    assert (found.token_class, found.subclass, found.tid, found.steps) == (0, 0, int(tid_at()), 10)
    with pytest.raises(ModuleRefused) as caught:
        module.verify(VerifyRequest(METER, KEY, TokenNumber(token.token ^ 1)))
    assert caught.value.refusal == "verify.not_ours"


@pytest.mark.parametrize(
    ("desk", "refusal", "kind"),
    [
        (lambda: Desk([register(KEY, iut=NOW - timedelta(days=1))]), "key.issued_until", ModuleRefused),
        (lambda: Desk([register(KEY, ulm=1)]), "limit.units", ModuleLimit),
        (lambda: Desk(sealed=True), "module.sealed", ModuleUnavailable),
    ],
)
def test_refusals_arrive_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
    desk: Callable[[], Desk],
    refusal: str,
    kind: type[SecurityModuleError],
) -> None:
    module, _ = acquainted(monkeypatch, desk())
    with pytest.raises(kind) as caught:
        module.issue_credit(credit())
    assert caught.value.detail["refusal"] == refusal
    there = Desk([register(KEY, ulm=1)]).ask(credit())
    if refusal == "limit.units":
        assert isinstance(there, Refusal)
        assert caught.value.message == there.message


def test_a_key_nobody_told_of_is_not_asked_for(pair: Pair) -> None:
    module, wire = pair
    stranger = credit(key=replace(KEY, krn=type(KEY.krn)(9)))
    with pytest.raises(ModuleRefused, match="123456/9"):
        module.issue_credit(stranger)
    assert wire.calls == []


@pytest.mark.parametrize(("special", "minutes"), [(True, 0), (False, -13 * 60 + 1)])
def test_special_tokens_and_their_minute_go_together(pair: Pair, special: bool, minutes: int) -> None:
    module, wire = pair
    with pytest.raises(ModuleRefused, match="00:01"):
        module.issue_credit(credit(minutes=minutes, special=special))
    assert wire.calls == []
    assert module.issue_credit(credit(minutes=-13 * 60 + 1, special=True)).tid == tid_at(-13 * 60 + 1)


@pytest.mark.parametrize(
    "request_",
    [
        change(roll_over=True),
        change(tokens=2),
        change(sections=("a:1", "b:1")),
        change(meter=replace(METER, ea=EA.DEA), tokens=2),
    ],
    ids=["roll-over", "two tokens", "mixed", "DEA"],
)
def test_what_the_interface_cannot_say_is_refused_here(pair: Pair, request_: Any) -> None:
    module, wire = pair
    with pytest.raises(ModuleRefused):
        module.issue_key_change(request_)
    assert wire.calls == []


def test_amounts_beyond_the_exact_are_refused_here(pair: Pair) -> None:
    module, wire = pair
    with pytest.raises(VoltokenError, match="transferAmount"):
        module.issue_credit(money(steps=1 << 53))
    assert wire.calls == []


# Sessions


def test_an_expired_session_is_renewed_once_and_the_call_sent_again(pair: Pair) -> None:
    module, wire = pair
    wire.server.desk.now = NOW + timedelta(hours=9)
    token = module.issue_credit(credit(minutes=9 * 60))
    assert wire.names() == ["issueCreditToken", "issueCreditToken"]
    assert made(wire) == 1
    assert token.request_id == "v1:1"


def test_a_session_that_does_not_hold_is_a_fault_of_the_settings(pair: Pair) -> None:
    module, wire = pair

    def refused(call: Call, answer: bytes) -> bytes:
        return write_reply(call, Fault("EAuthentication.Token", "no"))

    wire.mend = refused
    with pytest.raises(ModuleUnavailable, match="settings") as caught:
        module.status()
    assert not caught.value.retry_safe
    assert wire.names() == ["getStatus", "getStatus"]


def test_a_wrong_password_is_a_fault_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server()
    server.handler._check_password = lambda *_: False
    module, _ = joined(monkeypatch, server)
    with pytest.raises(ModuleUnavailable, match=r"ESignin\.Authentication") as caught:
        module.issue_credit(credit())
    assert not caught.value.retry_safe
    assert "secret" not in repr(caught.value.detail) + str(caught.value)


# Lost answers


def test_a_lost_answer_is_fetched_and_nothing_is_made_twice(pair: Pair) -> None:
    module, wire = pair
    wire.faults = ["after"]
    token = module.issue_credit(credit())
    assert wire.names() == ["issueCreditToken", "fetchTokenResult"]
    assert wire.calls[1].arguments["reqMessageId"] == "v1.1"
    assert wire.calls[1].arguments["messageId"] != "v1.1"
    assert made(wire) == 1
    assert token.tid == tid_at()


def test_a_proven_miss_is_made_once_more_with_the_same_tid_under_another_id(pair: Pair) -> None:
    module, wire = pair
    wire.faults = ["before"]
    token = module.issue_credit(credit())
    assert wire.names() == ["issueCreditToken", "fetchTokenResult", "fetchTokenResult", "issueCreditToken"]
    first, _, _, second = wire.calls
    assert second.arguments["messageId"] == second_id("v1:1") != first.arguments["messageId"]
    for name in ("tokenTime", "flags", "transferAmount", "meterConfig", "subclass"):
        assert first.arguments[name] == second.arguments[name]
    assert (token.request_id, token.tid) == ("v1:1", tid_at())
    assert made(wire) == 1
    assert module.fetch_result("v1:1") == token


def test_a_call_that_was_only_late_gives_one_token(pair: Pair) -> None:
    # The first call is carried out after the proof that it was not, and before the second arrives.
    module, wire = pair
    wire.faults = ["late", "", ""]
    token = module.issue_credit(credit())
    assert made(wire) == 1
    assert module.fetch_result("v1:1") == token


def test_a_key_change_that_was_lost_is_the_same_key_change(pair: Pair) -> None:
    module, wire = pair
    wire.faults = ["after"]
    sent = change()
    moved = module.issue_key_change(sent)
    assert (
        moved.tokens[0].token
        == wire.server.desk.change(
            replace(sent, request_id="k1.1", meter=replace(METER, ken=KEN(255), test=False))
        )
        .tokens[0]
        .token
    )
    assert made(wire) == 1


@pytest.mark.parametrize(
    "faults",
    [
        ["after", "after"],
        ["before", "before"],
        ["after", "refused"],
        ["before", "", "", "before", "refused"],
        ["before", "", "", "after", "before"],
        ["junk", "junk"],
        ["before", "", "", "refused"],
    ],
    ids=lambda faults: "-".join(fault or "answered" for fault in faults),
)
def test_what_cannot_be_found_out_stays_open(pair: Pair, faults: list[str]) -> None:
    module, wire = pair
    wire.faults = faults
    with pytest.raises(ModuleOutcomeUnknown, match="v1:1"):
        module.issue_credit(credit())
    assert made(wire) <= 1


@pytest.mark.parametrize(
    "faults", [["after", "after"], ["before", "before"], ["before", "", "", "after", "before"]]
)
def test_what_stayed_open_is_settled_later_by_the_same_request(pair: Pair, faults: list[str]) -> None:
    module, wire = pair
    wire.faults = list(faults)
    with pytest.raises(ModuleOutcomeUnknown):
        module.issue_credit(credit())
    token = module.issue_credit(credit())
    assert made(wire) == 1
    assert token.tid == tid_at()
    assert module.fetch_result("v1:1") == token


@pytest.mark.parametrize("code", [code for code in CODES if code != "ECacheMiss"])
def test_only_a_miss_is_a_proof(pair: Pair, code: str) -> None:
    module, wire = pair

    def answered(call: Call, answer: bytes) -> bytes:
        return write_reply(call, Fault(code, "no")) if call.method.name == "fetchTokenResult" else answer

    wire.mend = answered
    wire.faults = ["before"]
    with pytest.raises(ModuleOutcomeUnknown):
        module.issue_credit(credit())
    assert wire.names().count("issueCreditToken") == 1
    assert made(wire) == 0


def test_a_refusal_after_a_loss_proves_nothing(pair: Pair) -> None:
    # The first call is carried out late and uses up the limit, so the second is refused.
    module, wire = pair
    wire.server.desk.load(register(KEY, ulm=15))
    wire.faults = ["late", "", ""]
    assert module.issue_credit(credit()).tid == tid_at()
    wire.faults = ["before"]
    with pytest.raises(ModuleOutcomeUnknown, match="Its limit is 15"):
        module.issue_credit(credit("v2:1", 1))
    assert made(wire) == 1
    with pytest.raises(ResultMissing):
        module.fetch_result("v2:1")


def test_a_second_call_that_was_lost_is_fetched_too(pair: Pair) -> None:
    module, wire = pair
    wire.faults = ["before", "", "", "after"]
    assert module.issue_credit(credit()).tid == tid_at()
    assert made(wire) == 1


def test_no_connection_is_nothing_done_and_may_be_tried_again(pair: Pair) -> None:
    module, wire = pair
    wire.faults = ["refused"]
    with pytest.raises(ModuleUnavailable) as caught:
        module.issue_credit(credit())
    assert caught.value.retry_safe
    assert made(wire) == 0
    assert module.issue_credit(credit()).tid == tid_at()
    assert wire.names() == ["issueCreditToken"]


def test_a_lost_question_is_nothing_done(pair: Pair) -> None:
    module, wire = pair
    wire.faults = ["before"]
    with pytest.raises(ModuleUnavailable) as caught:
        module.status()
    assert caught.value.retry_safe


def test_the_same_request_again_gives_the_same_token(pair: Pair) -> None:
    module, wire = pair
    token = module.issue_credit(credit())
    assert module.issue_credit(credit()) == token
    assert wire.names() == ["issueCreditToken", "fetchTokenResult"]
    with pytest.raises(ModuleRefused) as caught:
        module.issue_credit(credit(steps=20))
    assert caught.value.refusal == "request.conflict"
    assert made(wire) == 1


def test_the_same_request_twice_at_once_is_sent_once(pair: Pair) -> None:
    module, wire = pair
    begun, go = threading.Event(), threading.Event()

    def hold(call: Call) -> None:
        if call.method.name == "issueCreditToken":
            begun.set()
            go.wait(5)

    wire.delay = hold
    with ThreadPoolExecutor(2) as crowd:
        first = crowd.submit(module.issue_credit, credit())
        assert begun.wait(5)
        second = crowd.submit(module.issue_credit, credit())
        assert not wait([second], timeout=0.1).done
        assert wire.names() == ["issueCreditToken"]
        go.set()
        assert first.result() == second.result()
    assert wire.names() == ["issueCreditToken", "fetchTokenResult"]


def test_a_refused_request_may_be_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(sealed=True)
    module, wire = acquainted(monkeypatch, desk)
    with pytest.raises(ModuleUnavailable):
        module.issue_credit(credit())
    desk.sealed = False
    assert module.issue_credit(credit()).tid == tid_at()
    assert wire.names() == ["issueCreditToken", "issueCreditToken"]


def test_a_test_token_is_made_again_when_it_was_lost(pair: Pair) -> None:
    module, wire = pair
    wire.faults = ["after"]
    assert module.meter_test_token(meter_test()).control == 1
    assert wire.names() == ["issueMeterTestToken"] * 2


def test_results_are_found_under_either_id_or_missing(pair: Pair) -> None:
    module, wire = pair
    with pytest.raises(ResultMissing, match="v1:1"):
        module.fetch_result("v1:1")
    assert [call.arguments["reqMessageId"] for call in wire.calls] == ["v1.1", second_id("v1:1")]
    sale, moved = module.issue_credit(credit()), module.issue_key_change(change())
    assert module.fetch_result("v1:1") == sale
    assert module.fetch_result("k1:1") == moved


# Answers that are not what was asked for


def spoiling(field: str, value: Any, index: int = 0) -> Callable[[Call, bytes], bytes]:
    """Return what changes one field of the tokens that come back."""

    def mend(call: Call, answer: bytes) -> bytes:
        tokens = read_reply(answer, call.method.name, call.seqid)
        if not isinstance(tokens, list) or not hasattr(tokens[0], "tokenDec"):
            return answer
        holder, _, name = field.rpartition(".")
        setattr(getattr(tokens[index], holder) if holder else tokens[index], name, value)
        return write_reply(call, tokens)

    return mend


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tid", 1),
        ("pan", "600727580000795237"),
        ("drn", "58000079523"),
        ("ea", 7),
        ("ti", 2),
        ("sgc", 1),
        ("krn", 2),
        ("tokenClass", 2),
        ("subclass", 1),
        ("transferAmount", 11.0),
        ("transferAmount", 10.5),
        ("tokenHex", "00000000008000BC0"),
        ("tokenDec", "99999999999999999999"),
    ],
)
def test_another_token_than_was_asked_for_is_an_alarm_and_not_passed_on(
    pair: Pair, field: str, value: Any
) -> None:
    module, wire = pair
    wire.mend = spoiling(field, value)
    with pytest.raises(PeerError) as caught:
        module.issue_credit(credit())
    assert "v1:1" in caught.value.message or field.startswith("token")
    refusal = module.issue_many([credit("v2:1", 1)])[0]
    assert isinstance(refusal, Refusal)
    assert not refusal.retry_safe
    assert isinstance(refusal.error(), ModuleOutcomeUnknown)


def test_a_number_of_another_class_than_it_says_is_an_alarm(pair: Pair) -> None:
    module, wire = pair
    test_token = {"tokenDec": "00000000000134220736", "tokenHex": "00000000008000BC0"}

    def swap(call: Call, answer: bytes) -> bytes:
        (token,) = read_reply(answer, call.method.name, call.seqid)
        vars(token).update(test_token)
        return write_reply(call, [token])

    wire.mend = swap
    with pytest.raises(PeerError, match="of another class"):
        module.issue_credit(credit())


def test_three_tokens_where_two_were_asked_for_are_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    module, wire = acquainted(monkeypatch, Desk(clients=[client(test_meters=True)]))
    three = wire.server.ask(
        "issueKeyChangeTokens",
        "x1",
        meterConfig=config(ea=7, allow3Kct=True),
        newConfig=make("MeterConfigAmendment", toSgc=123456, toKrn=2, toTi=1),
    )
    wire.mend = lambda call, _: write_reply(call, three)
    with pytest.raises(PeerError, match="number of tokens"):
        module.issue_key_change(change(meter=replace(STA_METER, test=False), tokens=2))


@pytest.mark.parametrize(
    ("field", "value", "index"),
    [
        ("subclass", 9, 1),
        ("pan", "600727580000795237", 3),
        ("krn", 3, 2),
        ("newConfig", None, 0),
        ("newConfig.toKrn", 3, 0),
        ("newConfig.toTi", 2, 0),
        ("newConfig.rollover", True, 0),
    ],
)
def test_another_key_change_than_was_asked_for_is_an_alarm(
    pair: Pair, field: str, value: Any, index: int
) -> None:
    module, wire = pair
    wire.mend = spoiling(field, value, index)
    with pytest.raises(PeerError):
        module.issue_key_change(change())


def test_a_key_change_that_nobody_asked_for_is_an_alarm(pair: Pair) -> None:
    module, wire = pair
    moved = wire.server.ask(
        "issueKeyChangeTokens",
        "k9",
        meterConfig=wire.server.ask("parseIdRecord", idRecord="60072700000000000900000211123456011"),
        newConfig=make("MeterConfigAmendment", toSgc=123456, toKrn=2, toTi=1),
    )
    wire.mend = lambda call, _: write_reply(call, moved)
    with pytest.raises(PeerError, match="nobody asked for"):
        module.issue_credit(credit())


def test_a_credit_beside_the_token_is_an_alarm(pair: Pair) -> None:
    module, wire = pair

    def doubled(call: Call, answer: bytes) -> bytes:
        return write_reply(call, read_reply(answer, call.method.name, call.seqid) * 2)

    wire.mend = doubled
    for act in (lambda: module.issue_credit(credit()), lambda: module.issue_key_change(change())):
        with pytest.raises(PeerError, match="neither one token nor one key change"):
            act()


def test_no_token_at_all_is_an_alarm(pair: Pair) -> None:
    module, wire = pair
    wire.mend = lambda call, _: write_reply(call, [])
    with pytest.raises(PeerError, match="neither"):
        module.issue_credit(credit())


def test_one_token_in_place_of_a_key_change_is_an_alarm(pair: Pair) -> None:
    module, wire = pair
    sold = wire.server.credit("x1")
    wire.mend = lambda call, _: write_reply(call, sold)
    with pytest.raises(PeerError, match="no key change"):
        module.issue_key_change(change())


@pytest.mark.parametrize("changes", [{"tokenClass": 0}, {"tokenDec": "99999999999999999999"}])
def test_a_test_token_of_another_kind_is_an_alarm(pair: Pair, changes: dict[str, Any]) -> None:
    module, wire = pair

    def other(call: Call, answer: bytes) -> bytes:
        token = read_reply(answer, call.method.name, call.seqid)
        for name, value in changes.items():
            setattr(token, name, value)
        return write_reply(call, token)

    wire.mend = other
    with pytest.raises(PeerError):
        module.meter_test_token(meter_test())


def test_a_token_that_verifies_as_nothing_is_the_peers_error(pair: Pair) -> None:
    module, wire = pair
    token = module.issue_credit(credit())
    wire.mend = lambda call, _: write_reply(call, make("VerifyResult", validationResult="EVerify.Ok"))
    with pytest.raises(PeerError, match="does not say what"):
        module.verify(VerifyRequest(METER, KEY, token.token))


def test_a_token_for_no_meter_is_an_alarm(pair: Pair) -> None:
    module, wire = pair
    wire.mend = spoiling("pan", "600727000000000001")
    with pytest.raises(PeerError, match="for no meter"):
        module.issue_credit(credit())


def test_another_test_token_is_an_alarm(pair: Pair) -> None:
    module, wire = pair

    def other(call: Call, answer: bytes) -> bytes:
        token = read_reply(answer, call.method.name, call.seqid)
        token.control = 2
        return write_reply(call, token)

    wire.mend = other
    with pytest.raises(PeerError, match="control"):
        module.meter_test_token(meter_test())


# Servers of others


@pytest.mark.parametrize("code", [*CODES, "ENew.Code", "EVerify.Other"])
def test_every_error_of_another_server_is_one_of_ours(pair: Pair, code: str) -> None:
    module, wire = pair

    def answered(call: Call, answer: bytes) -> bytes:
        if call.method.name == "fetchTokenResult":
            return write_reply(call, Fault("ECacheMiss", "none"))
        return write_reply(call, Fault(code, "a text\x1b[2J of theirs"))

    wire.mend = answered
    with pytest.raises(SecurityModuleError) as caught:
        module.issue_credit(credit())
    assert not isinstance(caught.value, ModuleOutcomeUnknown)
    assert "\x1b" not in caught.value.message
    assert code in caught.value.message
    refusal = module.issue_many([credit("v2:1", 1)])[0]
    assert isinstance(refusal, Refusal)
    nonsense = code == "ECacheMiss"  # no answer to such a call
    assert type(refusal.error()) is (ModuleRefused if nonsense else type(caught.value))


def test_a_fault_of_the_module_is_looked_into_before_it_is_believed(pair: Pair) -> None:
    # The module has made the token, and its server says that something went wrong.
    module, wire = pair

    def failed(call: Call, answer: bytes) -> bytes:
        made = call.method.name == "issueCreditToken"
        return write_reply(call, Fault("ESm", "serial line")) if made else answer

    wire.mend = failed
    assert module.issue_credit(credit()).tid == tid_at()
    assert wire.names() == ["issueCreditToken", "fetchTokenResult"]


def test_many_are_answered_in_their_order(pair: Pair) -> None:
    module, _ = pair
    requests = [credit(f"v{n}:1", n) for n in range(12)]
    requests[5] = replace(requests[5], key=replace(KEY, krn=type(KEY.krn)(9)))
    answers = module.issue_many(requests)
    assert [one.request_id for one in answers] == [one.request_id for one in requests]
    assert [isinstance(one, IssuedToken) for one in answers] == [n != 5 for n in range(12)]
    assert isinstance(answers[5], Refusal)
    assert answers[5].code == "key.unknown"


def test_ids_become_message_ids_and_never_the_same_one(pair: Pair) -> None:
    ids = ["v1:1", "v1:12", "a.b:1", "a-b_c", "a.b", "a.12345", "x" * 38 + ":1"]
    assert len({message_id(one) for one in ids}) == len(ids)
    assert len({second_id(one) for one in ids}) == len(ids)
    for refused in ("v1.1", "a,b:1", "a:b", ""):
        with pytest.raises(VoltokenError, match="request_id"):
            message_id(refused)


def test_every_kind_may_be_one_of_many(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    module, wire = pair
    requests: list[IssueRequest] = [
        management(),
        change(),
        meter_test(),
        first_change(),
        money(steps=1 << 53),
    ]
    answers = module.issue_many(requests)
    wire.faults = ["before"] * 9
    lost, *_ = module.issue_many([credit("v8:1", 8)])
    assert [type(one).__name__ for one in answers[:3]] == ["IssuedToken", "KeyChangeSet", "MeterTestToken"]
    codes = [one.code for one in (*answers[3:], lost) if isinstance(one, Refusal)]
    assert codes == ["key.unknown", "prism.unsupported", "module.outcome_unknown"]
    assert isinstance(lost, Refusal)
    assert not lost.retry_safe
    assert isinstance(lost.error(), ModuleOutcomeUnknown)


def test_closing_hangs_up(pair: Pair) -> None:
    module, _ = pair
    module.close()
    with pytest.raises(ModuleUnavailable, match="closed"):
        module.status()


def test_secrets_are_not_in_the_settings_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    module, _ = joined(monkeypatch, Server())
    assert "secret" not in repr(module._link._settings)
