"""All thirteen methods, and every error code by the shortest way to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from tests.unit.drivers.prism.samples import make
from tests.unit.drivers.prism.stage import TILL, DeskModule, Server, config
from tests.unit.security.desk import (
    KEY,
    METER,
    NEW_KEY,
    NOW,
    Desk,
    client,
    credit,
    first_key,
    register,
    tid_at,
)
from voltoken.drivers.prism.codes import CODES
from voltoken.drivers.prism.frames import Kind, check_message
from voltoken.drivers.prism.idl import interface
from voltoken.drivers.prism.listener import Peer
from voltoken.drivers.prism.messages import Fault, _write, read_reply
from voltoken.drivers.prism.sessions import SessionBounds, Sessions
from voltoken.drivers.prism.tids import IssueFlags
from voltoken.errors import FieldError, JournalError, ModuleRefused, PeerError
from voltoken.meter import TokenResult
from voltoken.security import Act, ModuleRole
from voltoken.sts import EA, KEN, BaseDate, IDRecord, KeyType, TokenNumber

RECORD = IDRecord(METER.pan, METER.tct, METER.ea, KEY.sgc, METER.ti, KEY.krn)
OFFSET_2014 = (BaseDate.BD2014.instant - BaseDate.BD1993.instant) // timedelta(minutes=1)
OWN: dict[str, Any] = {"flags": 2, "tokenTime": OFFSET_2014 + tid_at()}


def code(answer: Any) -> str:
    """Return the code of an error; the test fails for anything else."""
    assert isinstance(answer, Fault), answer
    return answer.code


def amendment(**changes: Any) -> Any:
    return make("MeterConfigAmendment", **({"toSgc": int(NEW_KEY.sgc), "toKrn": 2, "toTi": 1} | changes))


def test_ping_echoes_without_a_session() -> None:
    assert Server().call("ping", sleepMs=1, echo="hello") == "hello"


def test_a_session_is_needed_for_everything_else() -> None:
    server = Server()
    server.token = "nobody"
    assert code(server.ask("getStatus")) == "EAuthentication.Token"
    server.token = server.sign_in().accessToken
    assert server.ask("getStatus")[0].info["ApiType"] == "vending"


def test_status_says_what_the_module_is_and_how_it_is() -> None:
    (node,) = Server().ask("getStatus")
    assert node.info["voltoken.Notice"] == "for tests and pilots; not an STS-certified module"
    assert node.info["voltoken.State"] == "ready"
    assert node.info["smqi.IdSm"] == "desk-1"
    assert node.info["smqd.ex.RtcTimeUtc"] == "2026-03-01T13:00:00Z"
    assert [alert.eMsgEn for alert in node.alerts] == ["look here"]


def test_a_credit_token_says_everything_about_itself() -> None:
    server = Server()
    (token,) = server.credit()
    meter = server.desk.meter()
    assert (token.pan, token.drn) == ("600727000000000009", "00000000000")
    assert (token.sgc, token.krn, token.ti, token.ea, token.tct) == (123456, 1, 1, 11, 2)
    assert (token.tokenClass, token.subclass, token.tid) == (0, 0, int(tid_at()))
    assert (token.transferAmount, token.scaledAmount, token.scaledUnitName) == (10.0, "1.0", "kWh")
    assert token.stsUnitName == "hWh"
    assert token.description == "Credit:Electricity (for tests and pilots; not an STS-certified module)"
    assert TokenNumber.parse(token.tokenDec).hex == token.tokenHex
    assert token.idSm == "desk-1"
    assert token.newConfig is None
    assert not token.isReservedTid
    assert meter.enter(token.tokenDec, NOW).result is TokenResult.ACCEPT


def test_amounts_are_what_the_meter_books_after_rounding() -> None:
    (token,) = Server().credit(transferAmount=17_001.0)
    assert token.transferAmount == 17_004.0
    assert token.scaledAmount == "1700.4"


def test_money_is_told_exactly() -> None:
    (token,) = Server().credit(subclass=4, transferAmount=12_345.0)
    assert (token.transferAmount, token.scaledAmount, token.scaledUnitName) == (
        12_345.0,
        "0.12345",
        "currency",
    )


@pytest.mark.parametrize(
    ("subclass", "value", "told", "scaled"),
    [
        (0, 5_000.0, 5_000.0, "5000"),
        (0, 20_001.0, 20_004.0, "20004"),
        (1, 65_535.0, 65_535.0, "65535"),
        (5, 0.0, 0.0, ""),
    ],
)
def test_management_tokens_have_watts_or_a_register(
    subclass: int, value: float, told: float, scaled: str
) -> None:
    (token,) = Server().ask(
        "issueMseToken", subclass=subclass, transferAmount=value, meterConfig=config(), **OWN
    )
    assert (token.tokenClass, token.subclass) == (2, subclass)
    assert (token.transferAmount, token.scaledAmount) == (told, scaled)


def test_a_test_token_is_the_published_one() -> None:
    token = Server().ask("issueMeterTestToken", subclass=0, control=0, mfrcode=0)
    assert token.tokenDec == "00000000000134220736"
    assert token.tokenHex == "00000000008000BC0"
    assert (token.drn, token.pan) == ("00000000000", "600727000000000009")


def test_a_key_change_says_what_the_meter_will_be() -> None:
    server = Server()
    tokens = server.ask("issueKeyChangeTokens", meterConfig=config(), newConfig=amendment())
    assert [token.subclass for token in tokens] == [3, 4, 8, 9]
    advice = tokens[0].newConfig
    assert (advice.toSgc, advice.toKrn, advice.toTi, advice.toKen) == (123456, 2, 1, 255)
    assert advice.rollover is False
    assert (
        IDRecord.parse(advice.idRecord) == IDRecord.parse(advice.record2) == replace(RECORD, krn=NEW_KEY.krn)
    )
    assert all(token.newConfig is None for token in tokens[1:])
    meter = server.desk.meter()
    results = [meter.enter(token.tokenDec, NOW).result.value for token in tokens]
    assert results == ["1stKCT", "2ndKCT", "3rdKCT", "Accept"]


def test_a_key_change_for_short_keys_has_two_tokens_or_three() -> None:
    for allowed, count in ((False, 2), (True, 3)):
        server = Server(Desk(clients=[client(test_meters=True)]))
        tokens = server.ask(
            "issueKeyChangeTokens", meterConfig=config(allow3Kct=allowed, ea=7), newConfig=amendment()
        )
        assert len(tokens) == count


def test_a_first_key_is_left_by_its_own_method() -> None:
    desk = Desk([first_key(), register(KEY)], role=ModuleRole.MANUFACTURING)
    server = Server(desk)
    first = config(sgc=999999, newConfig=amendment(toKrn=1))
    tokens = server.ask("issueDitkChangeTokens", meterConfig=first)
    assert [token.subclass for token in tokens] == [3, 4, 8, 9]
    bare = server.ask("issueDitkChangeTokens", "m2", meterConfig=config(sgc=999999))
    assert code(bare) == "EParamRange"
    assert "newConfig" in bare.text


def test_a_lost_answer_is_fetched_whole() -> None:
    server = Server()
    token = server.credit()
    assert server.ask("fetchTokenResult", "m2", reqMessageId="m1") == token
    change = server.ask("issueKeyChangeTokens", "m3", meterConfig=config(), newConfig=amendment())
    assert server.ask("fetchTokenResult", "m4", reqMessageId="m3") == change
    server.ask("issueMeterTestToken", "m5", subclass=0, control=0, mfrcode=0)
    assert code(server.ask("fetchTokenResult", "m6", reqMessageId="m5")) == "ECacheMiss"
    assert code(server.ask("fetchTokenResult", "m7", reqMessageId="m8")) == "ECacheMiss"


def test_results_of_other_clients_do_not_exist() -> None:
    server = Server()
    server.credit()
    other = Peer("127.0.0.1", 4001, "other")
    server.token = server.sign_in(peer=other, username="other", password="secret2").accessToken
    answer = server.call(
        "fetchTokenResult", peer=other, messageId="m2", accessToken=server.token, reqMessageId="m1"
    )
    assert code(answer) == "ECacheMiss"


def test_a_result_whose_meter_is_not_known_is_no_miss() -> None:
    class Forgetful(DeskModule):
        def fetch_result(self, request_id: str) -> Any:
            return replace(cast(Any, super().fetch_result(request_id)), meter=None)

    desk = Desk()
    desk.token(credit("m1"))
    server = Server(desk, modules=lambda name: Forgetful(desk, name))
    assert code(server.ask("fetchTokenResult", "m2", reqMessageId="m1")) == "EService"


def test_the_same_message_gets_the_same_token_and_another_under_its_id_is_refused() -> None:
    server = Server()
    first = server.credit("m1")
    server.desk.now += timedelta(minutes=7)
    assert server.credit("m1") == first
    conflict = server.credit("m1", transferAmount=20.0)
    assert code(conflict) == "EParamRange"
    assert conflict.text.startswith("[request.conflict] ")
    assert server.credit("m1") == first


def test_an_id_record_is_read_with_the_expiry_of_its_key() -> None:
    server = Server(Desk([register(KEY, ken=KEN(200))]))
    for text in (RECORD.digits, f"\x02{RECORD.digits}\x03"):
        found = server.ask("parseIdRecord", idRecord=text)
        assert (found.drn, found.ea, found.tct) == (str(METER.pan), 11, 2)
        assert (found.sgc, found.krn, found.ti, found.ken, found.doe) == (123456, 1, 1, 200, "0000")
        assert (found.allowKrnUpdate, found.allowKenUpdate) == (False, False)
    strange = server.ask("parseIdRecord", idRecord=replace(RECORD, krn=NEW_KEY.krn, doe="2603").digits)
    assert (strange.ken, strange.doe) == (255, "2603")


def test_verification_gives_results_and_not_errors() -> None:
    server = Server()
    (token,) = server.credit()
    found = server.ask("verifyToken", meterConfig=config(), tokenDec=token.tokenDec)
    assert found.validationResult == "EVerify.Ok"
    assert found.token == token
    wrong = server.ask(
        "verifyToken", meterConfig=config(), tokenDec=str(TokenNumber(TokenNumber.parse(token.tokenDec) ^ 1))
    )
    assert wrong.validationResult == "EVerify.Crc"
    assert wrong.token is None


def test_credit_under_a_default_key_and_expired_tokens_do_not_verify() -> None:
    server = Server()
    (token,) = server.credit()
    server.desk.load(register(KEY, kt=KeyType.DDTK))
    found = server.ask("verifyToken", meterConfig=config(), tokenDec=token.tokenDec)
    assert found.validationResult == "EVerify.DdtkCredit"
    server.desk.load(register(KEY, ken=KEN(1)))
    found = server.ask("verifyToken", meterConfig=config(), tokenDec=token.tokenDec)
    assert found.validationResult == "EVerify.KeyExpired"


def test_numbers_that_are_no_tokens_of_a_key_cannot_be_verified() -> None:
    server = Server()
    for digits in ("99999999999999999999", "00000000000134220736"):
        assert code(server.ask("verifyToken", meterConfig=config(), tokenDec=digits)) == "EParamRange"


def test_a_tid_of_the_callers_is_taken_as_it_is() -> None:
    server = Server()
    for number, minutes in enumerate((0, -60, 5)):
        (token,) = server.credit(f"m{number}", flags=2, tokenTime=OFFSET_2014 + tid_at(minutes))
        assert token.tid == tid_at(minutes)


def test_a_tid_is_rebased_to_the_key() -> None:
    server = Server(Desk([register(KEY, base_date=BaseDate.BD1993)], now=datetime(2020, 1, 1, 9, tzinfo=UTC)))
    tid = tid_at(0, server.desk.now, BaseDate.BD1993)
    (token,) = server.credit(flags=2, tokenTime=int(tid))
    assert token.tid == tid


def test_a_time_before_the_base_date_is_no_tid() -> None:
    answer = Server().credit(flags=2, tokenTime=OFFSET_2014 - 1)
    assert code(answer) == "EParamRange"
    assert "tokenTime" in answer.text
    assert "2014" in answer.text


def test_a_reserved_tid_of_the_callers_is_special() -> None:
    reserved = tid_at(-13 * 60 + 1)
    (token,) = Server().credit(flags=2, tokenTime=OFFSET_2014 + reserved)
    assert (token.tid, token.isReservedTid) == (reserved, True)


def test_clients_without_tids_get_the_next_free_one() -> None:
    server = Server()
    tids = [server.credit(f"m{n}")[0].tid for n in range(3)]
    assert tids == [tid_at(), tid_at(1), tid_at(2)]
    server.desk.now += timedelta(hours=1)
    assert server.credit("m9")[0].tid == tid_at(60)


def test_a_clock_of_the_callers_counts_in_its_place() -> None:
    moment = NOW - timedelta(hours=2)
    (token,) = Server().credit(flags=1, tokenTime=int(moment.timestamp()))
    assert token.tid == tid_at(-120)


def test_a_special_token_gets_the_reserved_minute_and_there_is_one_a_day() -> None:
    server = Server()
    (token,) = server.credit(flags=4)
    assert (token.tid, token.isReservedTid) == (tid_at(-13 * 60 + 1), True)
    assert code(server.credit("m2", flags=4)) == "EParamRange"
    yesterday = int((NOW - timedelta(days=1)).timestamp())
    (earlier,) = server.credit("m3", flags=5, tokenTime=yesterday)
    assert earlier.tid == token.tid - 1440


@pytest.mark.parametrize("flags", [3, 6, 7])
def test_a_tid_of_the_callers_goes_with_no_other_flag(flags: int) -> None:
    answer = Server().credit(flags=flags, tokenTime=OFFSET_2014 + tid_at())
    assert code(answer) == "EParamRange"
    assert "flags" in answer.text


def test_no_tid_is_made_for_supply_groups_of_ours() -> None:
    server = Server(own_sgcs=("123456",))
    for flags in (0, 1, 4):
        answer = server.credit(flags=flags, tokenTime=int(NOW.timestamp()))
        assert code(answer) == "EAuthentication.Permission"
        assert "123456" in answer.text
    assert server.credit(**OWN)[0].tid == tid_at()


def test_a_clock_that_was_ahead_is_not_followed_for_ever() -> None:
    assert code(Server(used=tid_at(3000)).credit()) == "EService"


def test_no_key_change_comes_along_with_a_token_whatever_is_permitted() -> None:
    server = Server()
    tokens = server.credit("m2", meterConfig=config(allowKrnUpdate=True, allowKenUpdate=True))
    assert [token.tokenClass for token in tokens] == [0]


def test_a_target_beside_a_credit_is_refused_and_not_overlooked() -> None:
    server = Server()
    for name in ("issueCreditToken", "issueMseToken"):
        answer = server.ask(
            name,
            subclass=1,
            transferAmount=0.0,
            meterConfig=config(newConfig=amendment()),
            **OWN,
        )
        assert code(answer) == "EParamRange"
        assert "issueKeyChangeTokens" in answer.text


def test_two_different_targets_are_refused() -> None:
    both = config(newConfig=amendment(toTi=2))
    answer = Server().ask("issueKeyChangeTokens", meterConfig=both, newConfig=amendment())
    assert code(answer) == "EParamRange"
    same = config(newConfig=amendment())
    assert len(Server().ask("issueKeyChangeTokens", meterConfig=same, newConfig=amendment())) == 4


class Broken(DeskModule):
    """A module whose journal is damaged."""

    def status(self) -> Any:
        raise JournalError("the journal is damaged")


def _wrong(**changes: Any) -> Any:
    return Server().sign_in(**changes)


def _unbound() -> Any:
    return Server().sign_in(username="other", password="secret2")


def _no_client() -> Any:
    server = Server(Desk(clients=[client("someone")]))
    return server.sign_in()


def _expired_record() -> Any:
    return Server().ask("parseIdRecord", idRecord=replace(RECORD, doe="2602").digits)


def _before_base_date() -> Any:
    server = Server(Desk([register(KEY, base_date=BaseDate.BD2035)]))
    return server.credit()


def _spent() -> Any:
    return Server(Desk([register(KEY, ulm=5)])).credit()


def _no_right() -> Any:
    return Server(Desk(clients=[client(acts=frozenset({Act.VERIFY}))])).credit()


def _unknown_token() -> Any:
    server = Server(Desk(clients=[client(acts=frozenset({Act.VERIFY}))]))
    return server.ask("verifyToken", meterConfig=config(), tokenDec="00000000000000000000")


def _rate() -> Any:
    server = Server(Desk(clients=[client(rate=1, burst=1)]))
    server.ask("issueMeterTestToken", "m0", subclass=0, control=0, mfrcode=0)
    return server.ask("issueMeterTestToken", "m1", subclass=0, control=0, mfrcode=0)


def _lost_key() -> Any:
    server = Server()
    server.desk.engine.vault.drop(KEY)
    return server.credit()


def _ditk_at_a_vending_module() -> Any:
    server = Server(Desk([first_key(), register(KEY)]))
    return server.ask("issueDitkChangeTokens", meterConfig=config(sgc=999999, newConfig=amendment(toKrn=1)))


ERRORS = [
    ("EService", _rate),
    ("EService.Disabled", lambda: Server(Desk(sealed=True)).ask("issueCreditToken", **_credit())),
    ("EService.Disabled", lambda: Server().ask("loadTransactionLicense", licenseText="x")),
    ("EService.Disabled", lambda: Server(Desk(role=ModuleRole.MANUFACTURING)).credit(**OWN)),
    ("EService.Disabled", _ditk_at_a_vending_module),
    ("EAuthentication.Token", lambda: Server().call("getStatus", messageId="m1", accessToken="x")),
    ("EAuthentication.Permission", _no_right),
    ("EAuthentication.Permission", _unknown_token),
    ("EAuthentication.Permission", lambda: Server().ask("ctsResetTidList", panPattern="*")),
    ("EParamRange", lambda: Server().credit(transferAmount=0.5)),
    ("EParamRange", lambda: Server().credit(transferAmount=-1.0)),
    ("EParamRange", lambda: Server().credit(transferAmount=18_201_625.0)),
    ("EParamRange", lambda: Server().credit(subclass=8)),
    ("EParamRange", lambda: Server().credit(meterConfig=config(tct=0))),
    ("EParamRange", lambda: Server().credit(flags=1, tokenTime=1 << 40)),
    (
        "EParamRange",
        lambda: Server().ask("issueMseToken", subclass=3, transferAmount=0.0, meterConfig=config(), **OWN),
    ),
    ("EParamRange", lambda: Server().ask("issueMeterTestToken", subclass=6, control=0, mfrcode=0)),
    ("EParamRange", lambda: Server().ask("issueMeterTestToken", subclass=0, control=0, mfrcode=100)),
    ("EParamRange", lambda: Server().ask("issueMeterTestToken", subclass=1, control=1 << 28, mfrcode=0)),
    ("EPrefRange", _spent),
    ("EPrefRange", lambda: _wrong(options=make("SessionOptions", culture="fr"))),
    ("ECacheMiss", lambda: Server().ask("fetchTokenResult", reqMessageId="m0")),
    ("ESignin.Version", lambda: _wrong(options=make("SessionOptions", version="1.2"))),
    ("ESignin.Version", lambda: _wrong(options=make("SessionOptions", version="2.0"))),
    ("ESignin.Realm", lambda: _wrong(realm="ldap")),
    ("ESignin.Subject", lambda: _wrong(username="x" * 41)),
    ("ESignin.Authentication", lambda: _wrong(password="guess")),
    ("ESignin.Authentication", lambda: _wrong(username="nobody")),
    ("ESignin.Permission", _unbound),
    ("ESignin.Permission", _no_client),
    ("ESts.DrnOrPan", lambda: Server().credit(meterConfig=config(drn="1234"))),
    ("ESts.DrnOrPan", lambda: Server().credit(meterConfig=config(drn="6.00727E+17"))),
    ("ESts.DrnOrPan.CheckDigit", lambda: Server().credit(meterConfig=config(drn="58000079524"))),
    ("ESts.DrnOrPan.CheckDigit", lambda: Server().credit(meterConfig=config(drn="600727580000795238"))),
    ("ESts.IdRecord", lambda: Server().ask("parseIdRecord", idRecord="12345")),
    ("ESts.IdRecord", lambda: Server().ask("parseIdRecord", idRecord=replace(RECORD, ea=EA.DEA).digits)),
    ("ESts.IdRecord.Expired", _expired_record),
    ("ESts.VkExpired", lambda: Server(Desk([register(KEY, ken=KEN(1))])).credit(**OWN)),
    ("ESts.VkExpired", lambda: Server().credit(meterConfig=config(ken=1), **OWN)),
    ("ESts.VkExpired", lambda: Server(Desk([register(KEY, base_date=BaseDate.BD1993)])).credit()),
    ("ESts.VkBeforeBdt", _before_base_date),
    ("ESts.VkBeforeBdt", lambda: Server(Desk([register(KEY, act=NOW + timedelta(days=1))])).credit()),
    ("EKeystore.NotFound", lambda: Server().credit(meterConfig=config(krn=9))),
    ("ESm", _lost_key),
    ("ESm", lambda: Server(modules=lambda name: Broken(Desk(), name)).ask("getStatus")),
]


def _credit() -> dict[str, Any]:
    return {"subclass": 0, "transferAmount": 10.0, "meterConfig": config(), **OWN}


@pytest.mark.parametrize(("wanted", "act"), ERRORS, ids=[f"{c}-{n}" for n, (c, _) in enumerate(ERRORS)])
def test_every_error_has_its_code(wanted: str, act: Any) -> None:
    assert code(act()) == wanted


def test_every_code_is_reached() -> None:
    assert {wanted for wanted, _ in ERRORS} == set(CODES)


def test_a_missing_argument_is_named() -> None:
    server = Server()
    method = interface().methods["issueCreditToken"]
    server.ask("getStatus")
    values = {"messageId": "m1", "accessToken": server.token, **_credit()}
    for name in values:
        call = method.call(**{key: value for key, value in values.items() if key != name})
        answer = read_reply(
            server.handler.answer(_write(Kind.CALL, method.name, 1, call), TILL), method.name, 1
        )
        assert code(answer) == "EParamRange"
        assert name in answer.text


def test_a_method_that_does_not_exist_is_answered() -> None:
    call = _write(Kind.CALL, "formatDisk", 3, interface().methods["ping"].call())
    message = check_message(Server().handler.answer(call, TILL), interface().shape_of)
    assert (message.kind, message.name, message.seqid) == (Kind.EXCEPTION, "formatDisk", 3)


def test_noise_is_not_answered() -> None:
    for noise in (b"", b"\x80\x01\x00\x01", b"x" * 50):
        with pytest.raises(PeerError):
            Server().handler.answer(noise, TILL)


def test_an_answer_that_cannot_be_written_is_the_modules_fault() -> None:
    class Nameless(DeskModule):
        def issue_credit(self, request: Any) -> Any:
            return replace(super().issue_credit(request), module_id="é")

    server = Server(modules=lambda name: Nameless(Desk(), name))
    assert code(server.credit(**OWN)) == "ESm"


def test_flags_are_those_of_the_definition() -> None:
    defined = interface().module.TokenIssueFlags
    assert {flag.name: flag.value for flag in IssueFlags} == dict(defined._NAMES_TO_VALUES)


def test_a_session_ends_and_is_good_on_its_own_connection_only() -> None:
    server = Server()
    server.ask("getStatus")
    stolen = server.call(
        "getStatus", peer=Peer("10.0.0.9", 1, "other"), messageId="m1", accessToken=server.token
    )
    assert code(stolen) == "EAuthentication.Token"
    server.desk.now += timedelta(hours=8)
    assert code(server.ask("getStatus")) == "EAuthentication.Token"


def test_a_user_has_so_many_sessions_and_the_oldest_makes_room() -> None:
    now = NOW
    sessions = Sessions(lambda: now, SessionBounds(sessions=2))
    first, other, second, third = (sessions.open(user, None) for user in ("a", "b", "a", "a"))
    assert [sessions.user_of(token, None) for token in (other, second, third)] == ["b", "a", "a"]
    with pytest.raises(ModuleRefused):
        sessions.user_of(first, None)
    now += timedelta(hours=8)
    sessions.open("c", None)
    assert len(sessions._open) == 1


@pytest.mark.parametrize(
    "bounds", [{"sessions": 0}, {"guesses": 0}, {"lifetime": timedelta()}, {"guess_span": -timedelta(1)}]
)
def test_bounds_of_sessions_are_checked(bounds: dict[str, Any]) -> None:
    with pytest.raises(FieldError):
        SessionBounds(**bounds)


def test_guesses_at_many_users_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voltoken.drivers.prism.sessions._GUESSERS_MAX", 3)
    sessions = Sessions(lambda: NOW)
    for number in range(5):
        sessions.note_guess(f"user{number}", "10.0.0.9")
    assert [user for _, user in sessions._wrong] == ["user2", "user3", "user4"]


def test_a_ping_that_sleeps_is_woken_when_the_server_stops() -> None:
    server = Server()
    server.handler.stop()
    assert server.call("ping", sleepMs=60_000, echo="up") == "up"


def test_without_binding_a_certificate_may_serve_several_users() -> None:
    server = Server(bind=False)
    assert server.sign_in(username="other", password="secret2").accessToken


def test_who_guesses_passwords_locks_out_himself_and_nobody_else() -> None:
    server = Server()
    for _ in range(10):
        assert code(server.sign_in(password="guess")) == "ESignin.Authentication"
    blocked = server.sign_in()
    assert code(blocked) == "ESignin.Authentication"
    assert "Too many" in blocked.text
    assert server.sign_in(peer=Peer("10.0.0.9", 1, None)).accessToken
    server.desk.now += timedelta(minutes=5)
    assert server.sign_in().accessToken
