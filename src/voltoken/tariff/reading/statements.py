"""TOML text cut into its statements, and the line of every key in them.

``tomllib`` reads values, but it says no lines, and it stops at the first fault. Here text is cut at the ends
of statements, following the lexical rules of TOML 1.0 (strings, comments, brackets), so that each can be read
alone: one with a fault does not hide the others. A bracket or a string that is never closed ends where the
next statement plainly begins.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]
"""Where a value stands: names of tables and keys, and numbers of items of a list, from 0."""

DEPTH_MAX: Final = 12
"""How many brackets may be open at once, and how many parts a dotted key may have."""

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<string>\"{3}(?:[^\\]|\\.)*?\"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*')
    |(?P<mark>[][{},=.])
    |(?P<bare>[^\s\[\]{},=.\"'\#]+)
    |(?P<strange>.)""",
    re.VERBOSE | re.DOTALL,
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_HEADER_LINE: Final = re.compile(r"[ \t]*\[{1,2}[ \t]*[A-Za-z_][^\n=,\"']*(#[^\n]*)?(\n|$)")
_KEY_LINE: Final = re.compile(r"[ \t]*[A-Za-z_][A-Za-z0-9_.-]*[ \t]*=")
_OPENING: Final = {"]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text. kind: string, mark, bare or strange. line: on which it begins, from 1."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A header of a table, or a key with its value. line: the first, from 1; text: as it stands.

    tokens: without blanks and ends of lines. depth: how many brackets are open at once, at most.
    """

    line: int
    text: str
    tokens: tuple[Token, ...]
    depth: int

    @property
    def last_line(self) -> int:
        """The last line of it."""
        return self.line + self.text.count("\n")

    @property
    def is_header(self) -> bool:
        """Whether it begins a table, rather than giving a key."""
        return self.tokens[0].text == "["

    @property
    def is_item(self) -> bool:
        """Whether it begins one of several tables of a name."""
        return [token.text for token in self.tokens[:2]] == ["[", "["]

    def key(self) -> tuple[str, ...]:
        """Return the parts of its key or header; empty when it cannot be read."""
        if self.is_header:
            return _parts([token for token in self.tokens if token.text not in {"[", "]"}])
        marks = [at for at, token in enumerate(self.tokens) if token.text == "="]
        return _parts(self.tokens[: marks[0]]) if marks else ()

    def deeper(self) -> bool:
        """Return whether there are more brackets or parts of a key than anyone needs."""
        dots = sum(token.text == "." for token in self.tokens)
        return self.depth > DEPTH_MAX or (dots > DEPTH_MAX and self._longest_key() > DEPTH_MAX)

    def _longest_key(self) -> int:
        longest = run = 0
        for token in self.tokens:
            run = run + 1 if token.text == "." else 0 if token.kind == "mark" else run
            longest = max(longest, run)
        return longest


def _parts(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Read the parts of a dotted key; empty when it is none."""
    if len(tokens) == 1 and _BARE_KEY.fullmatch(tokens[0].text):
        return (tokens[0].text,)
    if len(tokens) > 2 * DEPTH_MAX:
        return ()
    try:
        value: object = tomllib.loads(" ".join(token.text for token in tokens) + "=0")
    except ValueError:
        return ()
    parts = []
    while isinstance(value, dict):
        ((part, value),) = value.items()
        parts.append(part)
    return tuple(parts)


def cut(text: str) -> Iterator[Statement]:
    """Yield the statements of a text whose lines end in ``\\n``, in order."""
    at, line = 0, 1
    while at < len(text):
        statement, at = _next(text, at, line)
        if statement:
            yield statement
            line = statement.line + statement.text.count("\n")
        line += 1


def _next(text: str, at: int, line: int) -> tuple[Statement | None, int]:
    """Read one line, or as many as its brackets and strings need; return it and where the next one begins."""
    start, first, deepest = at, line, 0
    tokens: list[Token] = []
    brackets: list[str] = []
    fallback: tuple[int, int, int] | None = None
    while match := _TOKEN.match(text, at):
        kind, piece = str(match.lastgroup), match.group()
        at = match.end()
        if kind == "newline":
            fallback = fallback or (at, len(tokens), line)
            # Beyond the depth it is no price list, and looking for the end of each would take for ever.
            if not brackets or tokens[0].text == "[" or deepest > DEPTH_MAX:
                break
            if _begins(text, at, brackets[-1]):
                break
            line += 1
            continue
        if kind == "blank":
            continue
        tokens.append(Token(kind, piece, line))
        line += piece.count("\n")
        if piece in {"[", "{"}:
            brackets.append(piece)
            deepest = max(deepest, len(brackets))
        elif piece in _OPENING and brackets and brackets[-1] == _OPENING[piece]:
            brackets.pop()
    if brackets and brackets[-1] == "{" and fallback and tokens[0].text != "[":
        at, count, line = fallback
        tokens = tokens[:count]
    if not tokens:
        return None, at
    return Statement(first, text[start:at].removesuffix("\n"), tuple(tokens), deepest), at


def _begins(text: str, at: int, bracket: str) -> bool:
    """Return whether the line at a place plainly begins a statement, although a bracket is open."""
    return bool(_HEADER_LINE.match(text, at) or (bracket == "[" and _KEY_LINE.match(text, at)))


def lines_of(statements: Sequence[Statement]) -> Mapping[Path, int]:
    """Return the line of every table, key and item of statements that ``tomllib`` takes."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for statement in statements:
        if statement.is_header:
            table = open_table(statement, counts)
            for end in range(1, len(table) + 1):
                lines.setdefault(table[:end], statement.line)
        else:
            _walk(statement, table, lines)
    return lines


def open_table(statement: Statement, counts: dict[Path, int]) -> Path:
    """Return the path of the table that a header opens; counts: how many items each list of tables has."""
    path: Path = ()
    parts = statement.key()
    for number, part in enumerate(parts, 1):
        path = (*path, part)
        if number == len(parts) and statement.is_item:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


def _walk(statement: Statement, table: Path, lines: dict[Path, int]) -> None:
    """Note the lines of one key and of all keys and items inside its value."""
    frames: list[tuple[str, Path]] = [("{", table)]
    pending: list[Token] = []
    here = table
    for token in statement.tokens:
        bracket, base = frames[-1]
        if bracket == "{" and here == base and token.text not in {"=", "}", ","}:
            pending.append(token)
        elif bracket == "{" and here == base and token.text == "=":
            for part in _parts(pending):
                here = (*here, part)
                lines.setdefault(here, pending[0].line)
            pending = []
        elif token.kind == "mark" and token.text in "[{":
            lines.setdefault(here, token.line)
            frames.append((token.text, here))
            here = (*here, 0) if token.text == "[" else here
        elif token.kind == "mark" and token.text in "]}":
            here = frames.pop()[1]
        elif token.text == "," and token.kind == "mark":
            here = (*base, int(here[len(base)]) + 1) if bracket == "[" else base
        else:
            lines.setdefault(here, token.line)
