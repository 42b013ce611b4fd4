"""Frames and messages of the wire, without a socket: cut into frames, checked byte by byte.

A frame is a length of four bytes, big-endian, and as many bytes. Inside stands one message of Thrift's
strict binary protocol. The library that decodes messages trusts what it reads: a list of two thousand
million values that take no room keeps its pure Python form busy for minutes, a missing field is None, a text
that is none comes back as bytes. So each message is walked here first, against the types of the interface,
and only what is whole and well-formed goes on.

Source: the public description of Thrift's binary protocol and framed transport.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from voltoken.errors import PeerError

FRAME_MAX: Final = 1 << 20
"""Longest frame, in bytes, that is read or written: a thousand times what any call needs."""
DEPTH_MAX: Final = 16
"""How deep structs and containers may nest, the outermost struct included."""
VALUES_MAX: Final = 1 << 16
"""How many values one message may hold: a frame of a million tiny ones would only keep us busy."""

_VERSION: Final = 0x80010000
_LENGTH: Final = struct.Struct(">I")
_SIZE: Final = struct.Struct(">i")
_FIELD: Final = struct.Struct(">bh")


class Kind(IntEnum):
    """What a message is."""

    CALL = 1
    REPLY = 2
    EXCEPTION = 3
    ONEWAY = 4


class Wire(IntEnum):
    """The types of values on the wire."""

    BOOL = 2
    BYTE = 3
    DOUBLE = 4
    I16 = 6
    I32 = 8
    I64 = 10
    STRING = 11
    STRUCT = 12
    MAP = 13
    SET = 14
    LIST = 15


_STOP: Final = 0
_WIDTHS: Final = {Wire.BYTE: 1, Wire.DOUBLE: 8, Wire.I16: 2, Wire.I32: 4, Wire.I64: 8}
_LEAST: Final = {
    **_WIDTHS,
    Wire.BOOL: 1,
    Wire.STRING: 4,
    Wire.STRUCT: 1,
    Wire.MAP: 6,
    Wire.SET: 5,
    Wire.LIST: 5,
}
"""The fewest bytes a value of each type takes: what bounds the size of a container."""
_TYPES: Final = {int(wire): wire for wire in Wire}


@dataclass(frozen=True, slots=True)
class Shape:
    """The type a value must have.

    inside: of a container, what is in it. fields: of a struct, by number. name: of a struct.
    """

    wire: Wire
    inside: tuple[Shape, ...] = ()
    fields: Mapping[int, Member] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a struct: its name, its type, and whether it may be missing."""

    name: str
    shape: Shape
    required: bool


@dataclass(frozen=True, slots=True)
class Message:
    """What the head of a sound message says, and which required fields its body lacks.

    name: of the method. seqid: what the reply repeats. missing: dotted names, in order.
    """

    kind: Kind
    name: str
    seqid: int
    missing: tuple[str, ...] = ()


ShapeOf = Callable[[Kind, str], Shape | None]
"""Gives the shape of a message's body; None where only its structure can be checked."""


def unknown_shape(kind: Kind, name: str) -> Shape | None:
    """Return no shape for any message."""
    del kind, name
    return None


def pack_frame(payload: bytes) -> bytes:
    """Put the length before a payload. Raises PeerError for an empty one or more than ``FRAME_MAX`` bytes."""
    _check_length(len(payload), FRAME_MAX)
    return _LENGTH.pack(len(payload)) + payload


class FrameReader:
    """Cuts a stream of bytes into frames. limit: the longest frame, in bytes, that is taken."""

    def __init__(self, limit: int = FRAME_MAX) -> None:
        self._limit = limit
        self._held = bytearray()

    @property
    def has_part(self) -> bool:
        """Whether a frame has begun that is not complete: a stream must not end here."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Take in bytes and return the payloads that are now complete, in order.

        Raises PeerError as soon as a length is zero or beyond the limit; nothing is kept for it. The stream
        has no meaning from there on, and the connection must be closed.
        """
        self._held += data
        payloads = []
        start = 0
        while len(self._held) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._held, start)
            _check_length(length, self._limit)
            end = start + _LENGTH.size + length
            if end > len(self._held):
                break
            payloads.append(bytes(self._held[start + _LENGTH.size : end]))
            start = end
        del self._held[:start]
        return payloads


def check_message(payload: bytes, shape_of: ShapeOf = unknown_shape) -> Message:
    """Walk one message from its first byte to its last.

    payload: a frame's content. shape_of: what the body must look like; fields it does not know are checked
        for structure only, as a newer peer may send more.
    Returns the head, with the names of required fields that are not there.
    Raises PeerError, and nothing else, for what is no message, and for a known field of another type.
    """
    return _Walk(payload).message(shape_of)


class _Walk:
    """A walk over one payload; ``at`` is the next byte to look at."""

    __slots__ = ("at", "left", "missing", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.at = 0
        self.left = VALUES_MAX
        self.missing: list[str] = []

    def message(self, shape_of: ShapeOf) -> Message:
        """Read head and body, to the exact end."""
        (head,) = _LENGTH.unpack_from(self.payload, self._take(4))
        if head & 0xFFFFFF00 != _VERSION or head & 0xFF not in (1, 2, 3, 4):
            raise PeerError("A message does not begin with the strict header of Thrift's binary protocol.")
        kind = Kind(head & 0xFF)
        name = self._text()
        if not name:
            raise PeerError("A message names no method.")
        (seqid,) = _SIZE.unpack_from(self.payload, self._take(4))
        self._struct(shape_of(kind, name), 1, "")
        if self.at != len(self.payload):
            raise PeerError(f"{len(self.payload) - self.at} bytes follow the end of a message.")
        return Message(kind, name, seqid, tuple(self.missing))

    def _take(self, count: int) -> int:
        """Step over count bytes and return where they begin."""
        start = self.at
        if count < 0 or count > len(self.payload) - start:
            raise PeerError(f"A message ends at byte {len(self.payload)}, in the middle of a value.")
        self.at = start + count
        return start

    def _text(self) -> str:
        (length,) = _SIZE.unpack_from(self.payload, self._take(4))
        start = self._take(length)
        try:
            return self.payload[start : self.at].decode("utf-8")
        except UnicodeDecodeError:
            raise PeerError(f"A text at byte {start} of a message is not UTF-8.") from None

    def _struct(self, shape: Shape | None, depth: int, path: str) -> None:
        seen: set[int] = set()
        fields = shape.fields if shape else {}
        while self.payload[self._take(1)] != _STOP:
            self.at -= 1
            code, number = _FIELD.unpack_from(self.payload, self._take(3))
            if number in seen:
                raise PeerError(f"A struct of a message has its field {number} twice.")
            seen.add(number)
            member = fields.get(number)
            name = member.name if member else str(number)
            self._value(code, member.shape if member else None, depth, f"{path}{name}")
        for number, member in fields.items():
            if member.required and number not in seen:
                self.missing.append(path + member.name)

    def _value(self, code: int, shape: Shape | None, depth: int, path: str) -> None:
        wire = self._wire(code, shape, path)
        self._count(1)
        width = _WIDTHS.get(wire)
        if width:
            self._take(width)
        elif wire is Wire.STRING:
            self._text()
        elif wire is Wire.BOOL:
            self._booleans(1)
        elif depth >= DEPTH_MAX:
            raise PeerError(f"The values of a message nest deeper than {DEPTH_MAX}.")
        elif wire is Wire.STRUCT:
            self._struct(shape, depth + 1, f"{path}.")
        else:
            self._container(wire, shape, depth + 1, path)

    def _wire(self, code: int, shape: Shape | None, path: str) -> Wire:
        """Return the type of a code, which must be the one the shape asks for."""
        wire = _TYPES.get(code)
        if wire is None:
            raise PeerError(f"A message has a value of type {code}, which does not exist.")
        if shape is not None and wire is not shape.wire:
            raise PeerError(f"The field {path} has the type {wire.name}; it must be {shape.wire.name}.")
        return wire

    def _container(self, wire: Wire, shape: Shape | None, depth: int, path: str) -> None:
        codes = self.payload[self._take(2 if wire is Wire.MAP else 1) : self.at]
        (size,) = _SIZE.unpack_from(self.payload, self._take(4))
        shapes = shape.inside if shape else (None,) * len(codes)
        parts = [self._wire(code, part, path) for code, part in zip(codes, shapes, strict=True)]
        room = sum(_LEAST[part] for part in parts)
        if not 0 <= size * room <= len(self.payload) - self.at:
            raise PeerError(f"A container of {size} values does not fit into its message.")
        if len(parts) == 1 and parts[0] in _WIDTHS:
            self._take(size * room)
            return
        if parts == [Wire.BOOL]:
            self._booleans(size)
            return
        for index in range(size):
            for code, part in zip(codes, shapes, strict=True):
                self._value(code, part, depth, f"{path}[{index}]")

    def _booleans(self, count: int) -> None:
        start = self._take(count)
        if self.payload[start : self.at].translate(None, b"\0\1"):
            raise PeerError("A truth value of a message is neither 0 nor 1.")

    def _count(self, values: int) -> None:
        self.left -= values
        if self.left < 0:
            raise PeerError(f"A message holds more than {VALUES_MAX} values.")


def _check_length(length: int, limit: int) -> None:
    if not 0 < length <= limit:
        raise PeerError(f"A frame says it is {length} bytes long; 1 to {limit} are allowed.")
