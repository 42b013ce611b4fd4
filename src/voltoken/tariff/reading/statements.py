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
"""How many brackets may be open at once, and how many dots a key may have."""
STATEMENTS_MAX: Final = 5000
"""Headers and keys of a text."""
TOKENS_MAX: Final = 50_000
"""Words, numbers and marks of a text."""


def _tokens(long_text: str) -> re.Pattern[str]:
    """Return the pattern of one token. Ends of lines are taken with the empty lines and comments below."""
    return re.compile(
        rf"""(?P<blank>[ \t]+|\#[^\n]*)
        |(?P<newline>\n(?:[ \t]*(?:\#[^\n]*)?\n)*)
        |(?P<string>{long_text}'{{3}}.*?'{{3,5}}|"(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*')
        |(?P<mark>[][{{}},=.])
        |(?P<bare>[^\s\[\]{{}},=.\"'\#]+)
        |(?P<strange>["'][^\n]*|.)""",
        re.VERBOSE | re.DOTALL,
    )


_TOKEN: Final = _tokens(r'"{3}(?:[^\\]|\\.)*?"{3,5}|')
_SHORT_TOKEN: Final = _tokens("")
"""The same, below a long text that does not end: to look for the end of each would take for ever."""
_GAP: Final = re.compile(r"(?:[ \t]*(?:\#[^\n]*)?\n)+")
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

    tokens: without blanks and ends of lines; of what is too deep, only the beginning.
    key: the parts of its key or header; empty when it cannot be read. is_deep: whether more brackets are
    open at once, or a key has more parts, than anyone needs.
    """

    line: int
    text: str
    tokens: tuple[Token, ...]
    key: tuple[str, ...]
    is_deep: bool

    @property
    def last_line(self) -> int:
        """The last line of it."""
        return self.line + self.text.count("\n")

    @property
    def is_header(self) -> bool:
        """Whether it begins a table, rather than giving a key."""
        return self.tokens[0].text == "["

    @property
    def outline(self) -> str:
        """The header; or the key with some value, which contradicts others as the true one does."""
        if self.is_header:
            return self.text
        end = next(at for at, token in enumerate(self.tokens) if token.text == "=")
        return "".join(token.text for token in self.tokens[:end]) + "=0"

    @property
    def is_item(self) -> bool:
        """Whether it begins one of several tables of a name."""
        return [token.text for token in self.tokens[:2]] == ["[", "["]


def _key(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the parts of the key or header with which a statement begins; empty when it cannot be read."""
    if tokens[0].text == "[":
        return _parts([token for token in tokens if token.text not in {"[", "]"}])
    end = next((at for at, token in enumerate(tokens) if token.text == "="), 0)
    return _parts(tokens[:end])


def _parts(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Read the parts of a dotted key; empty when it is none."""
    if not tokens or len(tokens) > 2 * DEPTH_MAX:
        return ()
    parts = [token.text for token in tokens[::2]]
    if all(_BARE_KEY.fullmatch(part) for part in parts):
        is_key = len(tokens) % 2 == 1 and all(token.text == "." for token in tokens[1::2])
        return tuple(parts) if is_key else ()
    try:
        value: object = tomllib.loads(" ".join(token.text for token in tokens) + "=0")
    except ValueError:
        return ()
    parts = []
    while isinstance(value, dict):
        ((part, value),) = value.items()
        parts.append(part)
    return tuple(parts)


class Cutter:
    """Cuts a text whose lines end in ``\\n``. is_full: whether it has more than is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_full = False
        self._at = 0
        self._room = TOKENS_MAX
        self._token = _TOKEN

    def statements(self) -> Iterator[Statement]:
        """Yield the statements in order."""
        line = count = 0
        while self._at < len(self.text):
            if gap := _GAP.match(self.text, self._at):
                line += gap.group().count("\n")
                self._at = gap.end()
                continue
            start = self._at
            statement = self._next(line + 1)
            if self.is_full or count == STATEMENTS_MAX:
                self.is_full = True
                return
            if statement:
                yield statement
                count += 1
            line += self.text.count("\n", start, self._at)

    def _next(self, line: int) -> Statement | None:
        """Read one line, or as many as its brackets and strings need."""
        text, start, first = self.text, self._at, line
        tokens: list[Token] = []
        brackets: list[str] = []
        fallback: tuple[int, int, int] | None = None
        dots, is_deep = 0, False
        at = end = start
        while match := self._token.match(text, at):
            kind, piece = str(match.lastgroup), match.group()
            at = match.end()
            if kind == "newline":
                fallback = fallback or (match.start(), at, len(tokens))
                if not brackets or tokens[0].text == "[" or _begins(text, at, brackets[-1]):
                    break
                line += piece.count("\n")
                continue
            end = at
            if kind == "blank":
                continue
            self._take(tokens, Token(kind, piece, line), match)
            line += piece.count("\n")
            dots = dots + 1 if piece == "." else 0 if kind == "mark" else dots
            if piece in {"[", "{"}:
                brackets.append(piece)
            elif piece in _OPENING and brackets and brackets[-1] == _OPENING[piece]:
                brackets.pop()
            is_deep = max(dots, len(brackets)) > DEPTH_MAX
            if is_deep or self.is_full:
                # It is no price list, and looking for the end of each bracket would take for ever.
                at = end = _end_of_line(text, at)
                break
        if brackets and brackets[-1] == "{" and fallback and tokens[0].text != "[":
            end, at, count = fallback
            tokens = tokens[:count]
        self._at = at
        return Statement(first, text[start:end], tuple(tokens), _key(tokens), is_deep) if tokens else None

    def _take(self, tokens: list[Token], token: Token, match: re.Match[str]) -> None:
        """Keep a token, and what it says of the rest of the text."""
        tokens.append(token)
        self._room -= 1
        self.is_full = self._room < 0
        if token.text == '""' and self.text.startswith('"""', match.start()):
            self._token = _SHORT_TOKEN


def _end_of_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


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
    parts = statement.key
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
