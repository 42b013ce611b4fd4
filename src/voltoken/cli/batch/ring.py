"""The keys of a batch: loaded from files, found for each row by supply group, revision, type and algorithm.

A key ring is made anew in every process from the files: keys are never sent, and never stand in a table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import click

from voltoken.cli.failures import FileTrouble, WrongFile
from voltoken.cli.keys import (
    BASE_DATE_WARNING,
    DITK_WARNING,
    DKGA01_WARNING,
    SAMPLE_WARNING,
    KeyOptions,
    describe,
    key_document,
)
from voltoken.cli.parameters import ATTRIBUTES
from voltoken.cli.sources import VENDING, Material, material_from_text, parse_json, read_text, shown_name
from voltoken.sts import DKGA, EA, TI, DecoderKey, Deriver, KeyType, MeterPAN, STATables, VendingKey, rules

COLUMNS: Final = ("sgc", "krn", "kt", "ea")
"""The columns that choose a key where several are loaded."""


_ANY_METER: Final = MeterPAN("600727000000000009")


class RowRefused(Exception):
    """A row that no rule of the standard, but the batch itself refuses. code: stable, dotted."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Entry:
    """A vending key and how the meters' keys are made from it.

    deriver: the algorithm registered. usual: for meters that DKGA01 was not made for; else the same.
    facts: what a row can ask for, by column.
    """

    vending_key: VendingKey
    ea: EA
    deriver: Deriver
    usual: Deriver
    facts: Mapping[str, object]

    @property
    def is_dkga01(self) -> bool:
        """Whether the algorithm depends on the meter."""
        return self.usual is not self.deriver

    def derive(self, pan: MeterPAN, ti: str) -> DecoderKey:
        """Return the key of a meter. Raises FieldError for a tariff index that is none."""
        vk = self.vending_key
        applies = not self.is_dkga01 or rules.dkga01_applies(pan, vk.kt, vk.sgc, vk.krn, self.ea)
        index = ATTRIBUTES["ti"](ti)
        return (self.deriver if applies else self.usual).derive(pan, index)  # type: ignore[arg-type] # a TI

    def document(self) -> dict[str, object]:
        """Return which key this is, without its bytes."""
        facts = {"ea": self.ea.value, "dkga": self.deriver.dkga.value}
        return key_document(self.vending_key) | facts


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a batch. tables: for EA07, None when no key is of it. cautions: what to say about them."""

    entries: tuple[Entry, ...]
    tables: STATables | None
    cautions: tuple[str, ...]

    def find(self, wanted: Mapping[str, str], like: Entry | None = None, alike: Sequence[str] = ()) -> int:
        """Return the place of the one key that the cells of a row ask for.

        wanted: text by the names of ``COLUMNS``; empty text asks for nothing.
        like: where several keys are left, those that agree with this one in the facts ``alike`` win.
        Raises FieldError for a cell that cannot be read, RowRefused for no key, or more than one.
        """
        asked = {name: ATTRIBUTES[name](text) for name in COLUMNS if (text := wanted.get(name, ""))}
        likeness = {} if like is None else like.facts
        places = [
            place
            for place, entry in enumerate(self.entries)
            if all(entry.facts[name] == value for name, value in asked.items())
        ]
        for name in alike if len(places) > 1 else ():
            same = [place for place in places if self.entries[place].facts[name] == likeness[name]]
            places = same or places
        if len(places) != 1:
            raise RowRefused("batch.key", self._why_not(asked, places))
        return places[0]

    def _why_not(self, asked: Mapping[str, object], places: Sequence[int]) -> str:
        words = ", ".join(f"{name} {value!s}" for name, value in asked.items()) or "nothing"
        if not places:
            loaded = "; ".join(describe(entry.vending_key) for entry in self.entries[:3])
            more = f" and {len(self.entries) - 3} more" if len(self.entries) > 3 else ""
            return f"No key that was loaded is meant: the row asks for {words}; loaded: {loaded}{more}."
        return (
            f"{len(places)} keys that were loaded could be meant: the row asks for {words}. Tell them apart "
            f"in the columns {', '.join(COLUMNS)}."
        )


def load_ring(paths: Sequence[str], options: KeyOptions) -> KeyRing:
    """Return the keys of some files, with what options say where the files do not.

    Raises FileTrouble, WrongFile, UsageError or FieldError; none of them shows a key.
    """
    found = [one for path in paths for one in _materials(path)]
    identifying = (options.sgc, options.krn, options.kt)
    if len(found) > 1 and any(value is not None for value in identifying):
        raise click.UsageError(
            "--sgc, --krn and --kt describe a single key, and several are loaded: say it in the key files."
        )
    entries = tuple(_entry(material, options) for material in found)
    _refuse_doubles(entries)
    cautions: dict[str, None] = {}
    for material, entry in zip(found, entries, strict=True):
        cautions |= dict.fromkeys(_cautions(material, entry, options))
    tables = options.tables() if any(entry.ea is EA.STA for entry in entries) else None
    if tables is not None and tables.is_sample:
        cautions[SAMPLE_WARNING] = None
    return KeyRing(entries, tables, tuple(cautions))


def _materials(path: str) -> list[Material]:
    """Read a key file: one key as elsewhere, or a JSON array of such objects."""
    if path == "-":
        raise FileTrouble("key file -: a batch reads its keys more than once; name a file.")
    where = f"key file {shown_name(path)}"
    text = read_text(path, "key file")
    if not text.lstrip().startswith("["):
        return [material_from_text(text, VENDING, where)]
    import json

    listed = parse_json(text, where)
    if not isinstance(listed, list) or not listed:
        raise WrongFile(f"{where}: there is no key in it.")
    return [
        material_from_text(
            json.dumps(one, default=str) if isinstance(one, dict) else "{}", VENDING, f"{where}: {n}"
        )
        for n, one in enumerate(listed, 1)
    ]


def _entry(material: Material, options: KeyOptions) -> Entry:
    """Return a key with what makes decoder keys from it."""
    nameless = replace(options, pan=_ANY_METER, ti=TI("00"))  # rows name the meters; nobody need ask for one
    vending_key = nameless.vending_key_of(material)
    attributes = material.attributes
    ea = options.ea or attributes.get("ea") or (EA.MISTY1 if vending_key.bits == 160 else EA.STA)
    registered = options.dkga or attributes.get("dkga")
    deriver = Deriver(vending_key, ea, registered, parity=options.parity)
    usual = deriver
    if registered is DKGA.DKGA01:
        usual = Deriver(vending_key, ea, DKGA.DKGA02, parity=options.parity)
    facts = {"sgc": vending_key.sgc, "krn": vending_key.krn, "kt": vending_key.kt, "ea": ea}
    return Entry(vending_key, ea, deriver, usual, facts)


def _refuse_doubles(entries: Sequence[Entry]) -> None:
    seen: set[tuple[object, ...]] = set()
    for entry in entries:
        facts = tuple(entry.facts.values())
        if facts in seen:
            raise WrongFile(f"Two keys of the same name are loaded: {describe(entry.vending_key)}.")
        seen.add(facts)


def _cautions(material: Material, entry: Entry, options: KeyOptions) -> tuple[str, ...]:
    """Return what the other commands would say about a key."""
    cautions = [*entry.deriver.cautions]
    if options.base_date is None and "base_date" not in material.attributes:
        cautions.append(BASE_DATE_WARNING)
    if entry.is_dkga01:
        cautions.append(_DKGA01_FOR_SOME)
    if entry.vending_key.kt is KeyType.DITK:
        cautions.append(DITK_WARNING)
    return tuple(cautions)


_DKGA01_FOR_SOME: Final = f"For some meters: {DKGA01_WARNING}"
