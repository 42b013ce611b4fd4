"""Whether the line of an entry is what an act leads to, in a log that another version may have written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from voltoken import canonical
from voltoken.kmc.plans import table_of
from voltoken.kmc.values import Event

FORMER_FIELDS: Final[Mapping[str, frozenset[str]]] = {}
"""Fields that a register had in an earlier version and has no more, by its name: entries may still have them.
Every other field that a register does not know was put there by hand."""


def is_same(found: Event, wanted: Event, known: Collection[str]) -> bool:
    """Whether the line of an entry is the one that is wanted.

    known: fields that were there when the line was written: the entry had them, or was given them. Another
    field of the register may be newer than the line, which then lacks it; it is wanted to be its default.
    Raises ActRefused, LookupError and TypeError for a line that is none.
    """
    table, values = table_of(wanted.facts["register"]), dict(found.facts["values"])
    for name in FORMER_FIELDS.get(table.name, frozenset()) - wanted.facts["values"].keys():
        values.pop(name, None)
    newer = {one.name: one.default for one in table.fields if one.name not in known}
    said = {**found.facts, "values": newer | values}
    meant = {**wanted.facts, "values": newer | wanted.facts["values"]}
    return canonical.write(said) == canonical.write(meant)
