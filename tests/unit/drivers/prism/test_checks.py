"""Every field is there, of its type and in its range, in both directions."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.drivers.prism.samples import CONFIG, TEST_TOKEN, TOKEN, answers, arguments, make, sample
from voltoken.drivers.prism.checks import FREE_FORM, check_arguments, check_struct, form_of
from voltoken.drivers.prism.frames import Kind, Message, Shape, Wire
from voltoken.drivers.prism.idl import interface
from voltoken.drivers.prism.messages import (
    Call,
    Fault,
    _protocol,
    _write,
    read_call,
    read_reply,
    write_call,
    write_failure,
    write_reply,
)
from voltoken.errors import FieldError, PeerError

STRUCTS = interface().structs
METHODS = interface().methods


def required(shape: Shape, path: str = "") -> Iterator[str]:
    """Yield the dotted names of all required fields of a shape."""
    for member in shape.fields.values():
        if member.required:
            yield path + member.name
        if member.shape.wire is Wire.STRUCT:
            yield from required(member.shape, f"{path}{member.name}.")


REQUIRED_ARGUMENTS = [
    (name, field) for name, method in METHODS.items() for field in required(method.call_shape)
]
REQUIRED_FIELDS = [
    (name, field) for name, shape in STRUCTS.items() for field in required(shape) if "." not in field
]


def without(thing: Any, path: str) -> Any:
    """Take a field away from a struct; the structs on the way are optional and may have to be added."""
    first, _, rest = path.partition(".")
    if not rest:
        setattr(thing, first, None)
        return thing
    if getattr(thing, first) is None:
        setattr(thing, first, sample("MeterConfigAmendment"))
    without(getattr(thing, first), rest)
    return thing


def test_the_meter_configuration_is_the_published_bytes() -> None:
    buffer, protocol = _protocol(None)
    make("MeterConfigIn", **CONFIG).write(protocol)
    assert buffer.getvalue().hex() == (
        "0b00010000000b35383030303037393532330600020007060003000208000a00092a6306000b0001"
        "06000c00150200150106001e00ff0b001f0000000430303030020020000200210100"
    )  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_calls_and_answers_come_back_as_they_were(name: str) -> None:
    call = read_call(write_call(name, arguments()[name], 5))
    assert isinstance(call, Call)
    assert call.problem is None
    assert call.arguments == arguments()[name]
    assert read_reply(write_reply(call, answers()[name]), name, 5) == answers()[name]


@pytest.mark.parametrize(("method", "field"), REQUIRED_ARGUMENTS)
def test_a_call_without_a_required_field_is_not_written(method: str, field: str) -> None:
    values = without(METHODS[method].call(**arguments()[method]), field)
    with pytest.raises(FieldError, match="the field is required") as caught:
        write_call(method, vars(values), 1)
    assert caught.value.field == field


@pytest.mark.parametrize(("method", "field"), REQUIRED_ARGUMENTS)
def test_a_call_without_a_required_field_is_read_with_its_problem(method: str, field: str) -> None:
    # Past our own checks, as another client would send it.
    values = without(METHODS[method].call(**arguments()[method]), field)
    call = read_call(_write(Kind.CALL, method, 1, values))
    assert isinstance(call, Call)
    assert call.problem is not None
    assert call.problem.field == field


@pytest.mark.parametrize(("name", "field"), REQUIRED_FIELDS)
def test_a_struct_without_a_required_field_is_refused(name: str, field: str) -> None:
    with pytest.raises(FieldError, match="the field is required"):
        check_struct(name, without(sample(name), field))


@pytest.mark.parametrize("field", [field for name, field in REQUIRED_FIELDS if name == "Token"])
def test_an_answer_without_a_required_field_is_the_peers_error(field: str) -> None:
    reply = METHODS["issueCreditToken"].reply(success=[without(sample("Token"), field)])
    with pytest.raises(PeerError, match=rf"success\[0\]\.{field}"):
        read_reply(_write(Kind.REPLY, "issueCreditToken", 1, reply), "issueCreditToken", 1)


def test_a_required_field_with_a_default_is_missed_too() -> None:
    # Read by the library alone, the version would be 1.1 although nobody sent it.
    values = METHODS["signInWithPassword"].call(**arguments()["signInWithPassword"])
    values.sessionOpts.version = None
    call = read_call(_write(Kind.CALL, "signInWithPassword", 1, values))
    assert isinstance(call, Call)
    assert call.arguments["sessionOpts"].version == "1.1"
    assert call.problem is not None
    assert call.problem.field == "sessionOpts.version"


def test_every_field_has_a_form_or_a_type_that_says_all() -> None:
    members = [
        (shape.name, member)
        for shape in (*STRUCTS.values(), *(method.call_shape for method in METHODS.values()))
        for member in shape.fields.values()
    ]
    bare = {member.name for name, member in members if form_of(name, member.name) is None}
    assert bare <= FREE_FORM
    assert not {member.name for name, member in members if form_of(name, member.name)} & FREE_FORM


BAD: list[tuple[str, str, Any]] = [
    ("MeterConfigIn", "ea", 9),
    ("MeterConfigIn", "ea", True),
    ("MeterConfigIn", "tct", 100),
    ("MeterConfigIn", "tct", -1),
    ("MeterConfigIn", "sgc", 1_000_000),
    ("MeterConfigIn", "sgc", -1),
    ("MeterConfigIn", "sgc", 1 << 31),
    ("MeterConfigIn", "sgc", "600675"),
    ("MeterConfigIn", "krn", 0),
    ("MeterConfigIn", "krn", 10),
    ("MeterConfigIn", "krn", 1 << 15),
    ("MeterConfigIn", "ti", 100),
    ("MeterConfigIn", "ken", 256),
    ("MeterConfigIn", "doe", "00000"),
    ("MeterConfigIn", "doe", "１２３４"),
    ("MeterConfigIn", "drn", ""),
    ("MeterConfigIn", "drn", b"58000079523"),
    ("MeterConfigIn", "allowKrnUpdate", 1),
    ("MeterConfigIn", "newConfig", "none"),
    ("MeterConfigAmendment", "toSgc", 1_000_000),
    ("MeterConfigAmendment", "toKrn", 0),
    ("MeterConfigAmendment", "toTi", 100),
    ("MeterConfigAdvice", "toKen", 256),
    ("MeterConfigAdvice", "toVkKcv", "7915C"),
    ("MeterConfigAdvice", "idRecord", ""),
    ("MeterConfigAdvice", "rollover", None),
    ("Token", "drn", "5800007952"),
    ("Token", "pan", "60072758000079523"),
    ("Token", "tokenClass", 4),
    ("Token", "subclass", 16),
    ("Token", "tid", 1 << 24),
    ("Token", "tid", -1),
    ("Token", "transferAmount", 102),
    ("Token", "transferAmount", float("nan")),
    ("Token", "transferAmount", float("inf")),
    ("Token", "tokenDec", "6781969686184595608"),
    ("Token", "tokenDec", "6781969686184595608x"),
    ("Token", "tokenHex", "3AD2FF6F8C100A5FG"),
    ("Token", "vkKcv", "7915CG"),
    ("Token", "idSm", "é"),
    ("Token", "isReservedTid", 0),
    ("MeterTestToken", "control", 1 << 36),
    ("MeterTestToken", "mfrcode", 10_000),
    ("VerifyResult", "validationResult", ".Ok"),
    ("VerifyResult", "token", [sample("Token")]),
    ("SessionOptions", "version", "1"),
    ("SessionOptions", "culture", "english"),
    ("SignInResult", "accessToken", ""),
    ("SignInResult", "accessToken", "a b"),
    ("ApiException", "eCode", ""),
    ("ApiException", "eCode", "E" * 41),
    ("ApiException", "eCode", "E Service"),
    ("NodeStatus", "info", {"a": 1}),
    ("NodeStatus", "info", {1: "a"}),
    ("NodeStatus", "info", [("a", "b")]),
    ("NodeStatus", "alerts", ["alert"]),
    ("NodeStatus", "alerts", (sample("Alert"),)),
]


@pytest.mark.parametrize(
    ("struct_name", "field", "value"), BAD, ids=[f"{a}-{b}-{n}" for n, (a, b, _) in enumerate(BAD)]
)
def test_values_out_of_range_or_form_are_refused(struct_name: str, field: str, value: Any) -> None:
    check_struct(struct_name, sample(struct_name))
    spoilt = sample(struct_name)
    setattr(spoilt, field, value)
    with pytest.raises(FieldError) as caught:
        check_struct(struct_name, spoilt)
    assert caught.value.field.startswith(field)


BAD_ARGUMENTS: list[tuple[str, str, Any]] = [
    ("ping", "sleepMs", -1),
    ("ping", "sleepMs", 60_001),
    ("ping", "echo", "x" * 65_536),
    ("signInWithPassword", "messageId", "v:1"),
    ("signInWithPassword", "messageId", "x" * 41),
    ("signInWithPassword", "realm", "ü"),
    ("signInWithPassword", "username", ""),
    ("signInWithPassword", "password", "x" * 56),
    ("getStatus", "accessToken", ""),
    ("getStatus", "messageId", ""),
    ("getStatus", "messageId", "-a"),
    ("parseIdRecord", "idRecord", ""),
    ("loadTransactionLicense", "licenseText", ""),
    ("issueCreditToken", "subclass", 16),
    ("issueCreditToken", "subclass", -1),
    ("issueCreditToken", "transferAmount", float("-inf")),
    ("issueCreditToken", "tokenTime", -1),
    ("issueCreditToken", "tokenTime", 1 << 41),
    ("issueCreditToken", "flags", 8),
    ("issueMseToken", "flags", -1),
    ("issueMeterTestToken", "control", -1),
    ("issueMeterTestToken", "mfrcode", -1),
    ("verifyToken", "tokenDec", "1" * 21),
    ("fetchTokenResult", "reqMessageId", "a b"),
    ("ctsResetTidList", "panPattern", "60072x"),
    ("ctsResetTidList", "panPattern", "1" * 19),
]


@pytest.mark.parametrize(
    ("method", "field", "value"),
    BAD_ARGUMENTS,
    ids=[f"{a}-{b}-{n}" for n, (a, b, _) in enumerate(BAD_ARGUMENTS)],
)
def test_arguments_out_of_range_or_form_are_refused(method: str, field: str, value: Any) -> None:
    with pytest.raises(FieldError) as caught:
        check_arguments(METHODS[method], METHODS[method].call(**{**arguments()[method], field: value}))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("method", "field"), [("signInWithPassword", "password"), ("getStatus", "accessToken")]
)
def test_secrets_are_not_shown(method: str, field: str) -> None:
    for value in ("s3cret ü" * 20, 12345, b"s3cret"):
        with pytest.raises(FieldError) as caught:
            write_call(method, {**arguments()[method], field: value}, 1)
        assert "s3cret" not in f"{caught.value} {caught.value.detail}"
        assert "12345" not in str(caught.value)


def test_the_answer_to_another_call_is_the_peers_error() -> None:
    call = Call(METHODS["ping"], 5, {})
    for name, seqid in (("ping", 6), ("getStatus", 5)):
        with pytest.raises(PeerError, match="another call"):
            read_reply(write_reply(call, "hello"), name, seqid)


def test_an_answer_is_a_result_or_an_error_and_not_both() -> None:
    reply = METHODS["ping"].reply
    for both in (reply(), reply(success="x", ex1=sample("ApiException"))):
        with pytest.raises(PeerError, match="either a result or an error"):
            read_reply(_write(Kind.REPLY, "ping", 5, both), "ping", 5)


def test_errors_of_the_other_side_are_read_also_when_their_code_is_new() -> None:
    call = Call(METHODS["ping"], 5, {})
    assert read_reply(write_reply(call, Fault("ENew.Code-1_x", "só")), "ping", 5) == Fault(
        "ENew.Code-1_x", "só"
    )
    with pytest.raises(FieldError):
        write_reply(call, Fault("not a code", "x"))
    broken = METHODS["ping"].reply(ex1=make("ApiException", eCode="not a code", eMsgEn="x"))
    with pytest.raises(PeerError, match="eCode"):
        read_reply(_write(Kind.REPLY, "ping", 5, broken), "ping", 5)


def test_a_server_that_cannot_begin_is_the_peers_error() -> None:
    with pytest.raises(PeerError, match="another version"):
        read_reply(write_failure("ping", 5, 1, "no"), "ping", 5)
    for kind in (Kind.CALL, Kind.ONEWAY):
        with pytest.raises(PeerError):
            read_reply(_write(kind, "ping", 5, METHODS["ping"].call(sleepMs=0, echo="")), "ping", 5)


def test_only_calls_are_read_as_calls() -> None:
    for kind in (Kind.REPLY, Kind.EXCEPTION, Kind.ONEWAY):
        with pytest.raises(PeerError):
            read_call(_write(kind, "ping", 5, METHODS["ping"].reply()))
    unknown = read_call(_write(Kind.CALL, "format", 5, METHODS["ping"].call()))
    assert unknown == Message(Kind.CALL, "format", 5)


def test_the_samples_are_whole() -> None:
    assert set(arguments()) == set(answers()) == set(METHODS)
    assert len(METHODS) == 13
    assert TOKEN["tokenDec"] == str(int(TOKEN["tokenHex"], 16)).zfill(20)
    assert TEST_TOKEN["tokenDec"] == str(int(TEST_TOKEN["tokenHex"], 16)).zfill(20)
    assert struct.calcsize(">d") == 8
