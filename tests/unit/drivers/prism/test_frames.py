"""What comes from the wire is cut and walked before anything trusts it."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.drivers.prism.samples import answers, arguments
from voltoken.drivers.prism.frames import (
    DEPTH_MAX,
    FRAME_MAX,
    VALUES_MAX,
    FrameReader,
    Kind,
    check_message,
    pack_frame,
)
from voltoken.drivers.prism.idl import interface
from voltoken.drivers.prism.messages import Call, Fault, read_call, write_call, write_failure, write_reply
from voltoken.errors import PeerError

CALLS = {name: write_call(name, values, 7) for name, values in arguments().items()}
REPLIES = {
    name: write_reply(Call(interface().methods[name], 7, {}), answer) for name, answer in answers().items()
}
MESSAGES = {
    **{f"{name} call": payload for name, payload in CALLS.items()},
    **{f"{name} reply": payload for name, payload in REPLIES.items()},
    "exception": write_reply(Call(interface().methods["getStatus"], 7, {}), Fault("ECacheMiss", "no")),
    "failure": write_failure("nothing", 7, 1, "no such method"),
}
HEAD = bytes.fromhex("80010001") + struct.pack(">i", 1) + b"x" + struct.pack(">i", 7)


def shapes(kind: Kind, name: str) -> Any:
    return interface().shape_of(kind, name)


def body(value: bytes, code: int, number: int = 1) -> bytes:
    """Return a message of an unknown method with one field."""
    return HEAD + struct.pack(">bh", code, number) + value + b"\0"


@pytest.mark.parametrize("payload", MESSAGES.values(), ids=MESSAGES)
def test_every_genuine_message_passes(payload: bytes) -> None:
    message = check_message(payload, shapes)
    assert message.seqid == 7
    assert message.missing == ()
    assert check_message(payload) == message


@pytest.mark.parametrize("payload", MESSAGES.values(), ids=MESSAGES)
def test_no_message_can_be_cut_short_or_made_longer(payload: bytes) -> None:
    for end in range(len(payload)):
        with pytest.raises(PeerError):
            check_message(payload[:end], shapes)
    with pytest.raises(PeerError, match="1 bytes follow"):
        check_message(payload + b"\0", shapes)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_peers_error(noise: bytes) -> None:
    for payload in (noise, HEAD + noise):
        with contextlib.suppress(PeerError):
            check_message(payload)


@given(st.sampled_from(sorted(MESSAGES)), st.data())
def test_a_spoilt_message_is_sound_to_the_library_or_a_peers_error(name: str, data: st.DataObject) -> None:
    payload = bytearray(MESSAGES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PeerError):
        read_call(bytes(payload))


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (bytes.fromhex("00000001") + HEAD[4:] + b"\0", "strict header"),
        (bytes.fromhex("80020001") + HEAD[4:] + b"\0", "strict header"),
        (bytes.fromhex("80010101") + HEAD[4:] + b"\0", "strict header"),
        (bytes.fromhex("80010000") + HEAD[4:] + b"\0", "strict header"),
        (bytes.fromhex("80010005") + HEAD[4:] + b"\0", "strict header"),
        (bytes.fromhex("80010001 00000000 00000007 00"), "names no method"),
        (bytes.fromhex("80010001 00000001 ff 00000007 00"), "not UTF-8"),
        (bytes.fromhex("80010001 ffffffff 00000007 00"), "in the middle"),
        (body(b"", 1), "type 1"),
        (body(b"", 16), "type 16"),
        (body(b"", -1), "type -1"),
        (body(b"\2", 2), "neither 0 nor 1"),
        (body(struct.pack(">i", -1), 11), "in the middle"),
        (body(struct.pack(">i", 2) + b"\xc3\x28", 11), "not UTF-8"),
        (body(b"\x63" + struct.pack(">i", 2**31 - 1), 15), "type 99"),
        (body(b"\0" + struct.pack(">i", 2**31 - 1), 15), "type 0"),
        (body(b"\1" + struct.pack(">i", 2**31 - 1), 14), "type 1"),
        (body(b"\x0b\0" + struct.pack(">i", 2**31 - 1), 13), "type 0"),
        (body(b"\x0b" + struct.pack(">i", 2**31 - 1), 15), "does not fit"),
        (body(b"\x0b" + struct.pack(">i", -1), 15), "does not fit"),
        (body(b"\x0c" + struct.pack(">i", -1), 15), "does not fit"),
        (body(b"\x0b\x0b" + struct.pack(">i", 1), 13), "does not fit"),
        (body(b"\x02" + struct.pack(">i", 3) + b"\0\1\2", 15), "neither 0 nor 1"),
        (HEAD + b"\x02\0\1\1\x02\0\1\1\0", "field 1 twice"),
    ],
)
def test_hostile_messages_are_refused(payload: bytes, why: str) -> None:
    with pytest.raises(PeerError, match=why):
        check_message(payload)


def test_values_may_nest_sixteen_deep_and_no_deeper() -> None:
    def nested(depth: int) -> bytes:
        inner = depth - 1
        return HEAD + b"\x0c\0\1" * inner + b"\0" * inner + b"\0"

    def listed(depth: int) -> bytes:
        inner = depth - 1
        lists = (b"\x0f" + struct.pack(">i", 1)) * (inner - 1) + b"\x03" + struct.pack(">i", 0)
        return HEAD + b"\x0f\0\1" + lists + b"\0"

    for build in (nested, listed):
        check_message(build(DEPTH_MAX))
        with pytest.raises(PeerError, match="nest deeper"):
            check_message(build(DEPTH_MAX + 1))


def test_a_message_of_countless_tiny_values_is_refused() -> None:
    def structs(count: int) -> bytes:
        return body(b"\x0c" + struct.pack(">i", count) + b"\0" * count, 15)

    check_message(structs(VALUES_MAX - 1))
    with pytest.raises(PeerError, match="more than"):
        check_message(structs(VALUES_MAX))


def test_numbers_in_a_container_are_stepped_over_whole() -> None:
    check_message(body(b"\x08" + struct.pack(">i", 100_000) + b"\0" * 400_000, 15))
    check_message(body(b"\x02" + struct.pack(">i", 100_000) + b"\1" * 100_000, 15))


@pytest.mark.parametrize(
    ("number", "code", "value", "why"),
    [
        (1, 8, b"\0\0\0\0", "messageId has the type I32; it must be STRING"),
        (3, 11, struct.pack(">i", 0), "meterConfig has the type STRING; it must be STRUCT"),
        (3, 12, b"\x0b\0\2" + struct.pack(">i", 0) + b"\0", r"meterConfig\.ea has the type STRING"),
    ],
)
def test_a_known_field_of_another_type_is_refused(number: int, code: int, value: bytes, why: str) -> None:
    name = b"issueCreditToken"
    head = bytes.fromhex("80010001") + struct.pack(">i", len(name)) + name + struct.pack(">i", 7)
    with pytest.raises(PeerError, match=why):
        check_message(head + struct.pack(">bh", code, number) + value + b"\0", shapes)


def test_a_text_where_a_list_belongs_never_reaches_the_library() -> None:
    # Its pure Python form reads the text as a list: 8 388 607 values of type 99, which take no room.
    name = b"getStatus"
    head = bytes.fromhex("80010002") + struct.pack(">i", len(name)) + name + struct.pack(">i", 7)
    trap = struct.pack(">i", 0x63000000 | 0x7FFFFF) + b"\xff" * 4
    with pytest.raises(PeerError, match="success has the type STRING; it must be LIST"):
        check_message(head + b"\x0b\0\0" + trap + b"\0", shapes)


def test_a_list_or_map_of_other_things_is_refused() -> None:
    def reply(name: bytes, value: bytes) -> bytes:
        head = bytes.fromhex("80010002") + struct.pack(">i", len(name)) + name + struct.pack(">i", 7)
        return head + b"\x0f\0\0" + value + b"\0"

    with pytest.raises(PeerError, match="type I32; it must be STRUCT"):
        check_message(reply(b"getStatus", b"\x08" + struct.pack(">i", 0)), shapes)
    status = b"\x0c" + struct.pack(">i", 1) + b"\x0d\0\1\x0b\x08" + struct.pack(">i", 0) + b"\0"
    with pytest.raises(PeerError, match="type I32; it must be STRING"):
        check_message(reply(b"getStatus", status), shapes)


def test_required_fields_that_are_missing_are_named() -> None:
    name = b"issueDitkChangeTokens"
    head = bytes.fromhex("80010001") + struct.pack(">i", len(name)) + name + struct.pack(">i", 7)
    config = b"\x0c\0\3" + b"\x06\0\2\0\7" + b"\0"
    found = check_message(head + config + b"\0", shapes)
    assert found.missing == (
        *("meterConfig.drn", "meterConfig.tct", "meterConfig.sgc", "meterConfig.krn", "meterConfig.ti"),
        *("meterConfig.ken", "messageId", "accessToken"),
    )


def test_fields_of_a_newer_peer_are_walked_and_passed_over() -> None:
    payload = CALLS["ping"][:-1] + b"\x0b\0\x63" + struct.pack(">i", 2) + b"hi\0"
    call = read_call(payload)
    assert isinstance(call, Call)
    assert call.arguments == {"sleepMs": 0, "echo": "hello"}


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5), st.data())
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(
    payloads: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(map(pack_frame, payloads))
    reader, found = FrameReader(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        found += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert found == payloads
    assert not reader.has_part


def test_a_part_of_a_frame_is_seen() -> None:
    reader = FrameReader()
    assert reader.feed(pack_frame(b"abc")[:-1]) == []
    assert reader.has_part
    assert reader.feed(b"c") == [b"abc"]
    assert not reader.has_part


@pytest.mark.parametrize("length", [0, FRAME_MAX + 1, 0x80000000, 0xFFFFFFFF])
def test_a_length_that_is_none_is_refused_before_anything_is_kept(length: int) -> None:
    with pytest.raises(PeerError, match="1 to 1048576"):
        FrameReader().feed(struct.pack(">I", length))


def test_frames_of_the_greatest_length_pass() -> None:
    assert FrameReader().feed(pack_frame(b"x" * FRAME_MAX)) == [b"x" * FRAME_MAX]
    for payload in (b"", b"x" * (FRAME_MAX + 1)):
        with pytest.raises(PeerError):
            pack_frame(payload)


@given(st.binary(max_size=64))
def test_any_stream_gives_frames_or_a_peers_error(noise: bytes) -> None:
    with contextlib.suppress(PeerError):
        FrameReader(limit=16).feed(noise)
