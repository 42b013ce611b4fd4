"""Calls and answers between Python values and the bytes of one frame's payload.

Writing goes through ``checks`` and then through thriftpy2; reading goes through ``frames``, thriftpy2 and
``checks``, in that order, so that the library only sees sound messages and nobody else sees unsound values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from voltoken.drivers.prism.checks import check_answer, check_arguments, check_struct
from voltoken.drivers.prism.frames import Kind, Message, check_message
from voltoken.drivers.prism.idl import Method, interface
from voltoken.errors import FieldError, PeerError

UNKNOWN_METHOD: Final = 1
"""The fault of a call to a method that does not exist."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An ``ApiException``: what a server answers instead of a result. code: see ``codes``."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was received. problem: what is wrong with its arguments; None when nothing is."""

    method: Method
    seqid: int
    arguments: Mapping[str, Any]
    problem: FieldError | None = None


def write_call(name: str, arguments: Mapping[str, Any], seqid: int) -> bytes:
    """Return the payload of a call. Raises FieldError for the first argument that is missing or wrong."""
    method = interface().methods[name]
    struct = method.call(**arguments)
    check_arguments(method, struct)
    return _write(Kind.CALL, name, seqid, struct)


def read_call(payload: bytes) -> Call | Message:
    """Read a call.

    Returns the call, with the problem of its arguments if they have one; only the head for a method that
    does not exist.
    Raises PeerError for anything that is no call.
    """
    message = check_message(payload, interface().shape_of)
    if message.kind is not Kind.CALL:
        raise PeerError(f"A {message.kind.name} came where a call belongs.")
    method = interface().methods.get(message.name)
    if method is None:
        return message
    struct = method.call()
    _read(payload, struct)
    arguments = {name: getattr(struct, name) for name in method.arguments}
    try:
        _check_missing(message)
        check_arguments(method, struct)
    except FieldError as error:
        return Call(method, message.seqid, arguments, error)
    return Call(method, message.seqid, arguments)


def write_reply(call: Call, answer: object) -> bytes:
    """Return the payload of an answer or a ``Fault``. Raises FieldError for an answer that is not sound."""
    if isinstance(answer, Fault):
        fault = interface().make("ApiException", eCode=answer.code, eMsgEn=answer.text)
        check_struct("ApiException", fault)
        reply = call.method.reply(ex1=fault)
    else:
        check_answer(call.method, answer)
        reply = call.method.reply(success=answer)
    return _write(Kind.REPLY, call.method.name, call.seqid, reply)


def write_failure(name: str, seqid: int, kind: int, text: str) -> bytes:
    """Return the payload that says a call could not even begin. kind: e.g. ``UNKNOWN_METHOD``."""
    from thriftpy2.thrift import TApplicationException

    return _write(Kind.EXCEPTION, name, seqid, TApplicationException(kind, text))


def read_reply(payload: bytes, name: str, seqid: int) -> Any:
    """Read the answer to a call: a result, or a ``Fault``.

    name, seqid: of the call. Raises PeerError for anything else.
    """
    method = interface().methods[name]
    message = check_message(payload, interface().shape_of)
    if message.seqid != seqid or message.name != name:
        raise PeerError(f"The answer to {name} is the answer to another call.")
    if message.kind is Kind.EXCEPTION:
        raise PeerError(f"The server cannot carry out {name}: it speaks another version, or it is broken.")
    if message.kind is not Kind.REPLY:
        raise PeerError(f"A {message.kind.name} came where the answer to {name} belongs.")
    reply = method.reply()
    _read(payload, reply)
    if (reply.success is None) == (reply.ex1 is None):
        raise PeerError(f"The answer to {name} must be either a result or an error.")
    try:
        _check_missing(message)
        if reply.ex1 is not None:
            check_struct("ApiException", reply.ex1)
            return Fault(reply.ex1.eCode, reply.ex1.eMsgEn)
        check_answer(method, reply.success)
    except FieldError as error:
        raise PeerError(f"The answer to {name} is not sound: {error.message}") from None
    return reply.success


def _check_missing(message: Message) -> None:
    if message.missing:
        raise FieldError(message.missing[0], None, "given: the field is required")


def _write(kind: Kind, name: str, seqid: int, struct: Any) -> bytes:
    memory, protocol = _protocol(None)
    protocol.write_message_begin(name, int(kind), seqid)
    struct.write(protocol)
    protocol.write_message_end()
    return bytes(memory.getvalue())


def _read(payload: bytes, struct: Any) -> None:
    """Fill a struct from a payload that ``check_message`` found sound."""
    _, protocol = _protocol(payload)
    protocol.read_message_begin()
    struct.read(protocol)


def _protocol(payload: bytes | None) -> tuple[Any, Any]:
    """Return a buffer and the library's protocol on it; the library's own types are not complete."""
    from thriftpy2 import protocol, transport

    untyped: Any = transport.TMemoryBuffer
    buffer = untyped(payload)
    untyped = protocol.TBinaryProtocol
    return buffer, untyped(buffer)
