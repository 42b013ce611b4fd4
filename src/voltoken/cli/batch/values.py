"""Types and values of tokens as they stand in the cells of a table, one row at a time.

The names of the types and the way each value is typed are those of ``voltoken token issue``; this is the
only place where the batch commands give a cell its meaning.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Final, NamedTuple

import click

from voltoken.cli.kinds import KINDS, Kind
from voltoken.cli.parameters import number
from voltoken.errors import FieldError
from voltoken.sts import ExtendedTokenSet, InitiateMeterTestDisplay, Token, UnitGrid

Make = Callable[[str, int, int], Token]


class TokenType(NamedTuple):
    """A type of token by its name in a table.

    code: 16 * class + subclass. example: a value. make: the token from the text of its value, TID and RND;
    raises FieldError.
    grid: which amounts it can carry, None for types without one.
    """

    name: str
    code: int
    example: str
    make: Make
    grid: UnitGrid | None = None


TEST: Final = "test"
"""The type that needs no key."""
_AMOUNTS: Final = ("units", "money", "watts")
_SECTIONS: Final = {0x23: 1, 0x24: 2, 0x28: 3, 0x29: 4}


def code_of(token: Token) -> int:
    """Return class and subclass of a token as one number."""
    return token.token_class << 4 | token.subclass


def _of_kind(kind: Kind) -> TokenType:
    """Return the type that ``token issue`` makes, its value read by the arguments of that command."""

    def nothing() -> None:
        """Carry the arguments."""

    command = click.command(kind.name)(reduce(lambda made, put: put(made), kind.arguments[::-1], nothing))
    context = click.Context(command)

    def make(text: str, tid: int, rnd: int) -> Token:
        words = [text] if len(command.params) == 1 else text.split()
        if len(words) != len(command.params):
            names = " and ".join(str(param.name) for param in command.params)
            raise FieldError("value", text, names or f"empty for {kind.name}")
        pairs = zip(command.params, words, strict=True)
        values = {str(param.name): param.process_value(context, word) for param, word in pairs}
        return kind.make(values, tid, rnd)

    return TokenType(kind.name, code_of(make(kind.example, 0, 0)), kind.example, make, kind.grid)


def _make_test(text: str, _tid: int, _rnd: int) -> Token:
    read = number("test", "numbers 1 to 36, or 0 for all tests")
    return InitiateMeterTestDisplay.of([read(word) for word in text.split()])


TYPES: Final = {
    found.name: found for found in (*map(_of_kind, KINDS), TokenType(TEST, 0x10, "1", _make_test))
}
"""Every type that a table can ask for, by name."""

_NAMES: Final = (
    {found.code: found.name for found in TYPES.values()}
    | {0x11: TEST}
    | {code: f"key-change-{place}" for code, place in _SECTIONS.items()}
)


def type_of(text: str) -> TokenType:
    """Return a type by its name. Raises FieldError that lists the names."""
    found = TYPES.get(text)
    if found is None:
        raise FieldError("type", text, f"one of {', '.join(TYPES)}")
    return found


def type_name(code: int) -> str:
    """Return the name of a type by class and subclass; empty for those without a public layout."""
    return _NAMES.get(code, "")


def booked(token: Token) -> str:
    """Return the amount that a meter will book, exactly; empty for types without one."""
    return next((str(getattr(token, name)) for name in _AMOUNTS if hasattr(token, name)), "")


def value_of(token: Token) -> str:
    """Return what a token says, as a value that would ask for it; a section of a key change stays silent."""
    if isinstance(token, InitiateMeterTestDisplay):
        return " ".join(map(str, token.tests))
    if isinstance(token, ExtendedTokenSet):
        return f"{token.flag} {token.state}" if token.index == token.FLAG_INDEX else ""
    if code_of(token) in _SECTIONS:
        return ""
    names = (name for name in ("register", "rate", "factor") if hasattr(token, name))
    return booked(token) or next((str(getattr(token, name)) for name in names), "")
