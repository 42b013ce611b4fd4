"""All registers of a centre, in the order in which people look at them.

Each file has the registers of one subject: ``TABLES``, and ``REASONS`` for the refusals of their rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from voltoken.kmc.register import Register
from voltoken.kmc.registers import (
    centres,
    ceremonies,
    codes,
    files,
    groups,
    incidents,
    keys,
    laboratories,
    modules,
    organisations,
    people,
    practice,
    products,
    revisions,
    transfers,
)

__all__ = ["REGISTERS", "REGISTER_REASONS"]

_SUBJECTS: Final = (
    *(people, organisations, groups, codes, products, laboratories, modules, practice),
    *(keys, files, centres, transfers, ceremonies, revisions, incidents),
)

REGISTERS: Final[Mapping[str, Register]] = MappingProxyType(
    {table.name: table for subject in _SUBJECTS for table in subject.TABLES}
)
"""Every register, by its name."""

REGISTER_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {word: text for subject in _SUBJECTS for word, text in subject.REASONS.items()}
)
"""Why the rules of the registers refuse an act: a word, and what it means."""
