"""One table of a tariff document at a time: known keys, types and bounds, by the table of fields.

The values that pass become exact numbers, tuples and rows; what several keys say together is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from voltoken.tariff.reading.fields import (
    DAY_FIRST,
    DAY_LAST,
    FIELDS,
    LANGUAGE,
    MONTH,
    MONTHS_MAX,
    NUMBER_MAX,
    PLACES_MAX,
    Field,
    Kind,
)
from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.showing import dotted, nearest, shown
from voltoken.tariff.reading.statements import Path

_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters by their kind that nobody can see."""
_UNREAD: Final = "\ufffd"
"""Stands for what is not UTF-8, which is told by itself."""
_INDEX_KEYS: Final = frozenset({"ti", "tariff_index", "tariffindex", "token_index"})


@dataclass(slots=True)
class Row:
    """The values of one table. path: where it stands. values: of the keys that are in order, and defaults.

    given: the keys that are there, in order or not; or that could not be read. whole: False when more
    than these may have been there.
    """

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    whole: bool = True

    def __getitem__(self, key: str) -> Any:
        """Return a value, or None when there is none."""
        return self.values.get(key)

    def at(self, key: str) -> Path:
        """Return the path of a key."""
        return (*self.path, key)

    def rows(self, *tables: str) -> list[Row]:
        """Return the rows of lists of tables that are in order, list by list."""
        return [row for table in tables for row in self[table] or ()]

    def sound(self, *keys: str) -> bool:
        """Return whether nothing is known to be wrong with these keys."""
        return self.whole and all(key in self.values or key not in self.given for key in keys)


def read_row(notes: Notes, name: str, path: Path, values: Mapping[str, Any]) -> Row:
    """Check one table. name: of its keys in ``FIELDS``."""
    row = Row(path, given=notes.lost(path), whole=notes.is_whole(path))
    fields = FIELDS[name]
    for key, value in values.items():
        row.given.add(key)
        if key not in fields:
            # What was meant is there: its absence is not told as well.
            row.given.add(_unknown(notes, row.at(key), key, fields))
        elif (good := _Reader(notes, fields[key]).value(row.at(key), value)) is not None:
            row.values[key] = good
    for key, known in fields.items():
        if key in row.given:
            continue
        if known.required and row.whole:
            allowed = f"; it must be {_listed(known.words)}" if known.words else ""
            notes.add(row.at(key), f"it is missing{allowed}. {known.meaning}")
        elif known.default is not None:
            row.values[key] = known.default
    return row


def _unknown(notes: Notes, path: Path, key: str, known: Iterable[str]) -> str:
    """Note an unknown key; return the known one that is nearest, or the key itself."""
    if notes.full():
        return key
    if key.lower() in _INDEX_KEYS:
        reason = "the tariff index (TI) is never part of a price list: it belongs to the meter. Leave it out."
        notes.add(path, reason)
        return key
    near = nearest(key, known)
    advice = f"Did you mean {near}?" if near else f"It may be: {', '.join(sorted(known))}."
    notes.add(path, f"this key is not known here. {advice}")
    return near or key


class _Reader:
    """Reads the value of one field; gives None after it has noted a fault."""

    def __init__(self, notes: Notes, known: Field) -> None:
        self.notes = notes
        self.field = known

    def value(self, path: Path, value: object) -> Any:
        """Return the value of the field, exact and within bounds."""
        if not self.field.many:
            return self.single(path, value)
        if not isinstance(value, list) or not 1 <= len(value) <= self.field.many:
            self._refuse_list(path, value)
            return None
        items = [self.single((*path, at), item) for at, item in enumerate(value)]
        if self.field.kind is not Kind.TABLE:
            for at, item in enumerate(items):
                if item is not None and item in items[:at]:
                    self.notes.add((*path, at), f"{shown(value[at])} stands here twice; keep one of them.")
        return None if any(item is None for item in items) else tuple(items)

    def _refuse_list(self, path: Path, value: object) -> None:
        is_table = self.field.kind is Kind.TABLE
        allowed = f"a list of 1 to {self.field.many} {'tables' if is_table else 'values'}"
        advice = ""
        if isinstance(value, dict) and is_table:
            advice = f" Write [[{dotted(path)}]] above it."
        elif isinstance(value, str):
            advice = f" Write [{shown(value)}]."
        much = f"a list of {len(value)}" if isinstance(value, list) else shown(value)
        self._refuse(path, much, allowed, advice)

    def single(self, path: Path, value: object) -> Any:
        """Return one value."""
        kind = self.field.kind
        if kind is Kind.TABLE or (kind is Kind.MONTHLY and isinstance(value, dict)):
            return self.table(path, value)
        readers = {Kind.TEXT: self.text, Kind.YES: self.yes, Kind.DAY: self.day}
        return readers.get(kind, self.number)(path, value)

    def table(self, path: Path, value: object) -> Any:
        """Return a table inside this one: a row, names, or numbers by month."""
        if not isinstance(value, dict):
            advice = f" Write [{dotted(path)}] once." if isinstance(value, list) else ""
            self._refuse(path, shown(value), "a table", advice)
            return None
        if self.field.kind is Kind.MONTHLY:
            return self.monthly(path, value)
        if self.field.table == "names":
            return self.names(path, value)
        return read_row(self.notes, self.field.table, path, value)

    def yes(self, path: Path, value: object) -> bool | None:
        """Return true or false."""
        if isinstance(value, bool):
            return value
        self._refuse(path, shown(value), "true or false")
        return None

    def text(self, path: Path, value: object) -> str | None:
        """Return a text."""
        known = self.field
        allowed = advice = ""
        if known.words:
            if value not in known.words:
                allowed = _listed(known.words)
                near = nearest(value, known.words) if isinstance(value, str) else ""
                advice = f' Did you mean "{near}"?' if near and len(known.words) > 1 else ""
        elif not isinstance(value, str):
            allowed = "text in quotation marks"
        elif known.pattern and not re.fullmatch(known.pattern, value):
            allowed = known.like
        elif not value.strip() or len(value) > known.long or not _printable(value):
            allowed = f"1 to {known.long} characters that can be printed"
        elif not known.lines and {"\n", "\t"} & set(value):
            allowed = "text on one line, without tabs"
        elif not any(char.isalnum() or char == _UNREAD for char in value):
            allowed = "text with a letter or a digit"
        if allowed:
            self._refuse(path, shown(value), allowed, advice)
            return None
        return str(value)

    def number(self, path: Path, value: object) -> Fraction | int | None:
        """Return a number within the bounds of the field."""
        whole = self.field.kind is Kind.WHOLE
        allowed = "a whole number" if whole else "a number"
        advice = ""
        if isinstance(value, bool) or not isinstance(value, int if whole else int | Decimal):
            if isinstance(value, str) and re.fullmatch(r"[-+]?\d+([.,]\d+)? ?%?", value):
                advice = " Write it without quotation marks, with a point."
        elif not _reckonable(value):
            allowed = f"below 10^12 and have at most {PLACES_MAX} decimals"
        elif self._within(number := Fraction(value)):
            return int(number) if whole else number
        else:
            allowed = self._bounds()
            if self.field.percent and 1 < number <= 100:
                advice = f" Write {shown(number)} % as {shown(Fraction(number, 100))}."
        self._refuse(path, shown(value), allowed, advice)
        return None

    def _within(self, number: Fraction) -> bool:
        known = self.field
        return not (
            (known.low is not None and number < known.low)
            or (known.high is not None and number > known.high)
            or (known.above is not None and number <= known.above)
            or (known.under is not None and number >= known.under)
        )

    def _bounds(self) -> str:
        known = self.field
        low = f"above {known.above}" if known.low is None else f"from {known.low}"
        if known.high is not None:
            return f"{low} and at most {known.high}" if known.low is None else f"{low} to {known.high}"
        if known.under is not None:
            return f"{low} and below {known.under}"
        return low if known.low is None else f"{known.low} or more"

    def day(self, path: Path, value: object) -> date | None:
        """Return a day."""
        if isinstance(value, datetime) or not isinstance(value, date):
            advice = " Write it without quotation marks." if isinstance(value, str) else ""
            self._refuse(path, shown(value), "a day such as 2024-07-01", advice)
            return None
        if not DAY_FIRST <= value <= DAY_LAST:
            self._refuse(path, shown(value), f"from {DAY_FIRST} to {DAY_LAST}")
            return None
        return value

    def monthly(self, path: Path, value: Mapping[str, Any]) -> dict[tuple[int, int], Fraction | int] | None:
        """Return numbers by month."""
        if not 1 <= len(value) <= MONTHS_MAX:
            self._refuse(path, f"a table of {len(value)} months", f"of 1 to {MONTHS_MAX} months")
            return None
        months = {}
        for key, amount in value.items():
            number = self.number((*path, key), amount)
            if not re.fullmatch(MONTH, key):
                self._refuse((*path, key), shown(key), "a month such as 2017-12")
            elif number is not None:
                months[(int(key[:4]), int(key[5:]))] = number
        return months if len(months) == len(value) else None

    def names(self, path: Path, value: Mapping[str, Any]) -> dict[str, dict[str, str]] | None:
        """Return names by language and code. The codes are not checked."""
        label = _Reader(self.notes, Field(Kind.TEXT, "", long=100))
        languages = {}
        for language, words in value.items():
            if not re.fullmatch(LANGUAGE, language):
                self._refuse((*path, language), shown(language), "a language such as fr or pt-BR")
            elif not isinstance(words, dict):
                self._refuse((*path, language), shown(words), "a table of names by code")
            else:
                named = {code: label.text((*path, language, code), word) for code, word in words.items()}
                languages[language] = {code: word for code, word in named.items() if word is not None}
        return languages

    def _refuse(self, path: Path, what: str, allowed: str, advice: str = "") -> None:
        self.notes.add(path, f"{what} is not allowed; it must be {allowed}.{advice}")


def _listed(words: Iterable[str]) -> str:
    *others, last = (f'"{word}"' for word in words)
    return f"{', '.join(others)} or {last}" if others else last


def _printable(text: str) -> bool:
    """Return whether nothing but line ends and tabs is invisible in a text."""
    return text.translate({9: 32, 10: 32}).isprintable() and _FILLERS.isdisjoint(text)


def _reckonable(value: int | Decimal) -> bool:
    """Return whether a number is of a size that occurs in prices."""
    if isinstance(value, int):
        return abs(value) < NUMBER_MAX
    # No arithmetic with Decimal: its context might round.
    places = value.as_tuple().exponent
    return isinstance(places, int) and abs(places) <= PLACES_MAX and value.copy_abs() < NUMBER_MAX
