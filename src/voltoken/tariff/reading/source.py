"""The text of a tariff document as values, with the line of every key, and all its faults of syntax at once.

The format is TOML 1.0, read by ``tomllib`` with exact numbers. What cannot be read is noted and left out, so
that the rest can be checked; what was left out is remembered, so that nobody complains of its absence.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from voltoken.errors import Fault
from voltoken.tariff.reading.showing import dotted
from voltoken.tariff.reading.statements import (
    STATEMENTS_MAX,
    TOKENS_MAX,
    Cutter,
    Path,
    Statement,
    lines_of,
    open_table,
)

SIZE_MAX: Final = 256 * 1024
"""Bytes of a document."""
FAULTS_MAX: Final = 100
"""How many faults are told."""
ROUNDS_MAX: Final = 10
"""How many statements that contradict others are left out before reading is given up."""

_WHERE: Final = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Source:
    """What could be read. values: as ``tomllib`` gives them. lines: of every key, by path.

    lost: what could not be read, as far as is known: a table, or a key of it. faults: of syntax.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Path, int] = field(default_factory=dict)
    lost: frozenset[Path] = frozenset()
    faults: tuple[Fault, ...] = ()

    def line(self, path: Path) -> int:
        """Return the line of a key, or of the nearest thing around it; 0 for the document."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A number that no exact number stands for. text: as it is in the document."""

    text: str

    def __str__(self) -> str:
        """Return it as it is in the document."""
        return self.text


def read(data: bytes) -> Source:
    """Return what a document says and every fault of its syntax. Raises nothing."""
    if len(data) > SIZE_MAX:
        reason = f"{len(data)} bytes are too many for a price list; it may have {SIZE_MAX}."
        return _unread(Fault(0, "", reason))
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return _unread(Fault(0, "", "the text is UTF-16; save it as UTF-8."))
    faults = []
    if data.startswith(b"\xef\xbb\xbf"):
        faults.append(Fault(1, "", "the text begins with a byte order mark; save it as UTF-8 without one."))
        data = data[3:]
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(Fault(line, "", "this is not UTF-8; save the text as UTF-8."))
        text = data.decode(errors="replace")
    text = text.replace("\r\n", "\n")
    for match in _CONTROL.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        faults.append(Fault(line, "", f"the control character {match.group()!a} stands here; delete it."))
        if len(faults) > ROUNDS_MAX:
            break
    return _Reading(_CONTROL.sub(" ", text), faults).source()


def _unread(*faults: Fault) -> Source:
    """Return a document of which nothing is known."""
    return Source(lost=frozenset({()}), faults=faults)


def _number(text: str) -> Decimal | Unreadable:
    """Read a number with a point or an exponent."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return Unreadable(text)
    return number if number.is_finite() else Unreadable(text)


class _Reading:
    """Reads one text. kept: the statements in which no fault has been found."""

    def __init__(self, text: str, faults: Sequence[Fault]) -> None:
        self.text = text
        self.faults = list(faults)
        self.lost: set[Path] = set()
        self.kept: list[Statement] = []

    def source(self) -> Source:
        """Return what could be read."""
        if not self._keep_sound():
            reason = (
                f"there are more than {STATEMENTS_MAX} keys and tables, or more than {TOKENS_MAX} words and "
                "marks; no price list needs as many."
            )
            return _unread(Fault(0, "", reason))
        for _ in range(ROUNDS_MAX):
            try:
                # Contradictions are between keys; to find each of them all values would be read again.
                tomllib.loads(self._blanked([statement.outline for statement in self.kept]))
                texts = [statement.text for statement in self.kept]
                values = tomllib.loads(self._blanked(texts), parse_float=_number)
            except ValueError as error:
                self._leave_out(error)
            else:
                return Source(values, lines_of(self.kept), frozenset(self.lost), tuple(self.faults))
        self.faults.append(Fault(0, "", "there are too many faults to read on; correct these first."))
        return _unread(*self.faults)

    def _keep_sound(self) -> bool:
        """Keep the statements that can be read by themselves; return whether there are not too many."""
        counts: dict[Path, int] = {}
        table: Path | None = ()
        torn = False
        cutter = Cutter(self.text)
        for statement in cutter.statements():
            if len(self.faults) > FAULTS_MAX:
                self.lost.add(())
                break
            fault = _fault(statement, table)
            # Lines that are no statements, below one with a fault, are likely to belong to it.
            if fault and (statement.key or not torn):
                self.faults.append(fault)
            torn = fault is not None
            if statement.is_header:
                # What stands below a header that cannot be read belongs to no known table.
                table = None if fault else open_table(statement, counts)
                self.lost |= {()} if fault else set()
            elif table is None:
                continue
            elif fault:
                self.lost.add((*table, *statement.key))
            if not fault:
                self.kept.append(statement)
        return not cutter.is_full

    def _blanked(self, texts: Sequence[str]) -> str:
        """Return the texts of what is kept, every statement on its line."""
        pieces, line = [], 1
        for statement, text in zip(self.kept, texts, strict=True):
            pieces += ["\n" * (statement.line - line), text]
            line = statement.line + text.count("\n")
        return "".join(pieces)

    def _leave_out(self, error: ValueError) -> None:
        """Leave out the statement that contradicts one before it, and what belongs to it."""
        match = _WHERE.search(str(error))
        line = int(match[1]) if match and match[1] else self.kept[-1].line
        at = max(number for number, statement in enumerate(self.kept) if statement.line <= line)
        first = self.kept[at]
        counts: dict[Path, int] = {}
        table: Path = ()
        for statement in self.kept[: at + 1]:
            table = open_table(statement, counts) if statement.is_header else table
        if first.is_header:
            self.lost.add(table)
            where = dotted(table)
        else:
            where = dotted((*table, *first.key))
        reason = "it stands here twice, or as two different things; keep one of them."
        self.faults.append(Fault(first.line, where, reason))
        end = at + 1
        while first.is_header and end < len(self.kept) and not self.kept[end].is_header:
            end += 1
        del self.kept[at:end]


def _fault(statement: Statement, table: Path | None) -> Fault | None:
    """Return what keeps a statement from being read by itself. table: that it belongs to, None for none."""
    key = () if statement.is_header else statement.key
    where = dotted((*table, *key)) if key and table is not None else ""
    if statement.is_deep:
        return Fault(statement.line, where, "brackets or keys are nested too deeply for a price list.")
    try:
        tomllib.loads(statement.text, parse_float=_number)
    except ValueError as error:
        match = _WHERE.search(str(error))
        below = int(match[1]) - 1 if match and match[1] else 0
        line = min(statement.line + below, statement.last_line)
        advice = _advice(statement)
        if advice:
            return Fault(line, where, f"this cannot be read. {advice}")
        problem = str(error)[: match.start()].lower() if match else "a number has too many digits"
        advice = "Look for a quotation mark, bracket, comma or equals sign that is missing or one too many."
        return Fault(line, where, f"this cannot be read ({problem}). {advice}")
    return None


_DAY: Final = re.compile(r"=\s*(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})(?!\d)")
_ADVICE: Final = (
    (r"=\s*[-+]?\d+,\d", "Write decimals with a point: 2.50."),
    (r"=\s*[-+]?[\d.]+\s*%", "Write a share as a fraction: 0.15 for 15 %."),
    (r"=\s*[-+]?0\d", "Write a number without zeros before it."),
    (r"=\s*[-+]?\d+[ ']+\d", "Write a number without spaces."),
    (r"=\s*(?!(?:true|false)\b)[A-Za-z]", "Put text in quotation marks."),
)
"""What is likely to be meant, by a pattern of the text that cannot be read."""


def _advice(statement: Statement) -> str:
    """Say what is likely to be meant; nothing when that is not known."""
    text = statement.text
    for match in _DAY.finditer(text):
        try:
            date.fromisoformat(match[1])
        except ValueError:
            return "Write a day of the calendar as year-month-day: 2024-07-01."
    if advice := next((advice for pattern, advice in _ADVICE if re.search(pattern, text)), ""):
        return advice
    return "Write a value after the equals sign." if statement.tokens[-1].text == "=" else ""
