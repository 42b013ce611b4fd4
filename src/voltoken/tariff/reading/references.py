"""Codes in a tariff document: each given once, and every one that is named is there and makes sense there."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from typing import Final

from voltoken.tariff.document import ENERGY
from voltoken.tariff.reading.fields import RESERVED
from voltoken.tariff.reading.notes import Notes
from voltoken.tariff.reading.shape import Row
from voltoken.tariff.reading.showing import dotted, nearest, shown
from voltoken.tariff.reading.statements import Path

GROUPS: Final[Mapping[str, str]] = {"levies": "levy", "charges": "charge"}
"""Words in ``on`` that stand for all parts of a table."""

PARTS: Final = ("levy", "tax", "charge", "debt", "free")
"""Tables whose rows have a code."""


def bases(document: Row, row: Row) -> tuple[str, ...]:
    """Return the codes on which a levy or tax is reckoned: groups written out, without its own code."""
    codes: dict[str, None] = {}
    for word in row["on"] or ():
        if word in GROUPS:
            rows = document.rows(GROUPS[word])
            codes.update(
                dict.fromkeys(part["code"] for part in rows if part["code"] not in {None, row["code"]})
            )
        else:
            codes[word] = None
    return tuple(codes)


class References:
    """All codes of a document. document: its rows, as far as they are in order."""

    def __init__(self, notes: Notes, document: Row) -> None:
        self.notes = notes
        self.document = document
        self.parts: dict[str, Row] = {}
        self.tables: dict[str, str] = {}
        self.complete = document.sound(*PARTS)
        for table in PARTS:
            for row in document.rows(table):
                self._enter(table, row)

    def _enter(self, table: str, row: Row) -> None:
        code = row["code"]
        if code is None:
            # Anything that is named elsewhere may be the code that is missing here.
            self.complete = False
        elif code in RESERVED:
            reason = f"{shown(code)} has a meaning of its own here; give this part another code."
            self.notes.add(row.at("code"), reason)
        elif code in self.parts:
            first = dotted(self.parts[code].path)
            reason = f"{shown(code)} is the code of {first} already; give each part a code of its own."
            self.notes.add(row.at("code"), reason)
        else:
            self.parts[code] = row
            self.tables[code] = table

    def check(self) -> None:
        """Note every name that leads nowhere or in a circle."""
        for row in self.document.rows("levy", "tax"):
            self._check_on(row)
        self._check_cycles()
        for row in self.document.rows("energy", "levy", "tax", "charge"):
            self._check_includes(row)
        collection = self.document["collection"]
        for at, code in enumerate(collection["order"] if collection and collection["order"] else ()):
            self._check_known((*collection.at("order"), at), code, "charge", "debt")
        for language, names in (self.document["names"] or {}).items():
            for code in names:
                if code != ENERGY:
                    self._check_known(("names", language, code), code, *PARTS)

    def _check_known(self, path: Path, code: str, *tables: str) -> bool:
        """Return whether a code is that of a part in one of these tables; note when it is not."""
        table = self.tables.get(code)
        if table in tables:
            return True
        if table:
            wanted = " or ".join(f"[[{name}]]" for name in tables)
            self.notes.add(path, f"{shown(code)} is a [[{table}]]; only a {wanted} can be named here.")
        elif self.complete and not self.notes.full():
            codes = [known for known, place in self.tables.items() if place in tables]
            near = nearest(code, codes)
            advice = f"Did you mean {shown(near)}?" if near else _choice(codes)
            self.notes.add(path, f"no part of this document has the code {shown(code)}. {advice}")
        return False

    def _check_on(self, row: Row) -> None:
        for at, word in enumerate(row["on"] or ()):
            path = (*row.at("on"), at)
            if word in GROUPS:
                table = GROUPS[word]
                if not self.document.rows(table) and self.document.sound(table):
                    self.notes.add(path, f"there is no [[{table}]] in this document; leave the word out.")
            elif word == row["code"]:
                self.notes.add(path, f"{shown(word)} cannot be reckoned on itself; leave it out.")
            elif word != ENERGY:
                self._check_known(path, word, "levy", "tax", "charge", "debt")
        for code in bases(self.document, row):
            part = self.parts.get(code)
            if part and part is not row and {part["collected"], row["collected"]} == {"till", "meter"}:
                reason = (
                    f"{shown(code)} is collected at the {part['collected']}, and this at the "
                    f"{row['collected']}; make one for each place, with a code of its own."
                )
                self.notes.add(row.at("on"), reason)

    def _check_cycles(self) -> None:
        """Note every circle of levies and taxes that are reckoned on one another, once."""
        graph = {
            code: [base for base in bases(self.document, row) if base != code]
            for code, row in self.parts.items()
            if self.tables[code] in {"levy", "tax"}
        }
        while cycle := _cycle(graph):
            first = min(cycle, key=list(graph).index)
            at = cycle.index(first)
            ring = [*cycle[at:], *cycle[:at], first]
            reason = f"these are reckoned on one another: {' on '.join(ring)}. Take one out of an `on`."
            self.notes.add(self.parts[first].at("on"), reason)
            # All that are tangled with it would give other circles of the same mistake.
            tangled = {code for code in _reached(graph, first) if first in _reached(graph, code)}
            for code in tangled:
                self.notes.touch(self.parts[code].at("on"))
                del graph[code]

    def _check_includes(self, row: Row) -> None:
        """Note codes in ``includes`` that are not on the amount, directly or by way of others in it."""
        codes = row["includes"] or ()
        # The energy has no code of its own; its lines are named by a word.
        reached = {row["code"] or ENERGY} if row["code"] or row.path[0] == ENERGY else set()
        for _ in codes:
            reached |= {code for code in codes if self._is_on(code, reached)}
        for at, code in enumerate(codes):
            path = (*row.at("includes"), at)
            if not self._check_known(path, code, "levy", "tax"):
                continue
            part = self.parts[code]
            if part["per_unit"] is not None or part["once"] is not None:
                reason = f"{shown(code)} is an amount; only a share can be contained in a price."
                self.notes.add(path, reason)
            elif self._is_elsewhere(part, row):
                if self.notes.is_clean(part.at("on")):
                    reason = (
                        f"{shown(code)} is collected at the {part['collected']}, and this at the "
                        f"{row['collected']}; only what is collected with an amount can be contained in it."
                    )
                    self.notes.add(path, reason)
            elif code not in reached and reached and part.sound("on", "rate"):
                reason = (
                    f"{shown(code)} is not reckoned on this; name this in its `on`, or leave it out here."
                )
                self.notes.add(path, reason)

    def _is_elsewhere(self, part: Row, row: Row) -> bool:
        """Return whether a levy or tax in an amount is collected where the amount is not.

        Credit may be sold with its tax at the till: a meter takes it out of its prices.
        """
        if row.path[0] == ENERGY and row["collected"] == "meter":
            return False
        return {part["collected"], row["collected"]} == {"till", "meter"}

    def _is_on(self, code: str, reached: set[str]) -> bool:
        part = self.parts.get(code)
        return part is not None and not reached.isdisjoint(bases(self.document, part))


def _choice(codes: list[str]) -> str:
    listed = ", ".join(codes[:12])
    return f"There are: {listed}." if codes else "There is none that could be named here."


def _reached(graph: Mapping[str, list[str]], code: str) -> set[str]:
    """Return all codes on which one is reckoned, by way of others too."""
    found: set[str] = set()
    waiting = [code]
    while waiting:
        fresh = set(graph.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


def _cycle(graph: Mapping[str, list[str]]) -> list[str]:
    """Return the codes of a circle, each reckoned on the next; empty when there is none."""
    known = {code: [base for base in on if base in graph] for code, on in graph.items()}
    try:
        graphlib.TopologicalSorter(known).prepare()
    except graphlib.CycleError as error:
        # Its list goes against the arrows, and begins with its end.
        return list(reversed(error.args[1][1:]))
    return []


def ordered(codes: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield codes, each after all of its own that it is reckoned on, otherwise as they come; no circles."""
    waiting = dict(codes)
    while waiting:
        ready = next(code for code, on in waiting.items() if waiting.keys().isdisjoint(on))
        yield ready
        del waiting[ready]
