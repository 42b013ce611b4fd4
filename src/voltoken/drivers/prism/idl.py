"""The interface definition as Python sees it: loaded once, on first use, by thriftpy2 (extra ``prism``).

The library gives a class for every struct and for the arguments and the result of every method. Their field
tables are turned into the shapes that ``frames`` checks messages against, so there is one definition only.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from voltoken.drivers.prism.frames import Kind, Member, Shape, Wire
from voltoken.errors import MissingExtra

API_VERSION: Final = "1.1"
"""The version of the interface that both sides speak."""

_FILE: Final = Path(__file__).with_name("prismtoken1.thrift")
_NAME: Final = "prismtoken1_thrift"
_LOCK: Final = threading.Lock()
_LOADED: list[Interface] = []


@dataclass(frozen=True, slots=True)
class Method:
    """One method: the classes of its arguments and its result, and their shapes.

    arguments: names, in the order of the definition.
    """

    name: str
    call: Any
    reply: Any
    arguments: tuple[str, ...]
    call_shape: Shape
    reply_shape: Shape


@dataclass(frozen=True, slots=True)
class Interface:
    """The loaded definition.

    module: holds the struct classes by name. structs: their shapes. methods: by name.
    """

    module: ModuleType
    structs: Mapping[str, Shape]
    methods: Mapping[str, Method]

    def make(self, struct: str, **values: Any) -> Any:
        """Return a struct of the definition with these fields; those not given have their defaults."""
        return getattr(self.module, struct)(**values)

    def shape_of(self, kind: Kind, name: str) -> Shape | None:
        """Return the shape of a message's body; None for methods that do not exist."""
        if kind is Kind.EXCEPTION:
            return FAULT_SHAPE
        method = self.methods.get(name)
        if method is None:
            return None
        return method.reply_shape if kind is Kind.REPLY else method.call_shape


FAULT_SHAPE: Final = Shape(
    Wire.STRUCT,
    fields={
        1: Member("message", Shape(Wire.STRING), required=False),
        2: Member("type", Shape(Wire.I32), required=False),
    },
)
"""The body of an EXCEPTION message: what a server says about a call it could not even begin."""


def interface() -> Interface:
    """Return the interface definition. Raises MissingExtra when thriftpy2 is not installed."""
    with _LOCK:
        if not _LOADED:
            _LOADED.append(_load())
        return _LOADED[0]


def _load() -> Interface:
    try:
        import thriftpy2
    except ModuleNotFoundError as error:
        raise MissingExtra("PrismToken connections", "thriftpy2", "prism") from error
    module = thriftpy2.load(str(_FILE), module_name=_NAME)
    structs = {
        name: _struct_shape(made)
        for name, made in vars(module).items()
        if isinstance(made, type) and hasattr(made, "default_spec")
    }
    service = module.PrismToken
    methods = {}
    for name in service.thrift_services:
        call, reply = getattr(service, f"{name}_args"), getattr(service, f"{name}_result")
        arguments = tuple(row[1] for row in call.thrift_spec.values())
        methods[name] = Method(name, call, reply, arguments, _struct_shape(call), _struct_shape(reply))
    return Interface(module, structs, methods)


def _struct_shape(made: Any) -> Shape:
    """Turn the library's table of a struct, rows of (type, name, [inside,] required), into a shape."""
    return Shape(
        Wire.STRUCT,
        fields={
            number: Member(row[1], _shape(row[0], row[2] if len(row) == 4 else None), required=row[-1])
            for number, row in sorted(made.thrift_spec.items())
        },
        name=made.__name__,
    )


def _shape(code: int, inside: Any) -> Shape:
    wire = Wire(code)
    if wire is Wire.STRUCT:
        return _struct_shape(inside)
    if wire is Wire.MAP:
        return Shape(wire, tuple(map(_part, inside)))
    return Shape(wire, (_part(inside),)) if wire in (Wire.LIST, Wire.SET) else Shape(wire)


def _part(inside: Any) -> Shape:
    return _shape(*inside) if isinstance(inside, tuple) else _shape(inside, None)
