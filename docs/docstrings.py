"""Turn the house's docstrings into lists for the API pages, while mkdocstrings collects them.

In the source, the arguments of a function stand as sentences: ``name: what, unit, range.``, often several
in a line. This extension finds the names that really are arguments or attributes and puts each on a line
of a list; "Returns", "Raises" and "Source" become paragraphs. The words stay as they are.
"""

from __future__ import annotations

import re
from typing import Any, Final

import griffe

_LEADS: Final = re.compile(r"(?:(?<=[.)])\s+|\n)(?=(?:Returns?|Raises?|Source):? )")
"""Where a sentence about the result, the errors or the source begins."""


def as_list(text: str, names: frozenset[str]) -> str:
    """Return a docstring with what it says of each name on a line of its own.

    names: the arguments and attributes that may be meant; other words before a colon stay as they are.
    """
    return "\n\n".join(
        block if "::" in block or block.startswith((" ", ">>>", "    ")) else _paragraph(block, names)
        for block in text.split("\n\n")
    )


def _paragraph(block: str, names: frozenset[str]) -> str:
    lines = []
    for part in _LEADS.split(block):
        lines += _entries(part, names)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _entries(part: str, names: frozenset[str]) -> list[str]:
    """Split a paragraph before each ``name:`` or ``name, name:`` that begins a sentence."""
    if not names:
        return ["", part]
    one = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    many = rf"(?:{one})(?:, (?:{one}))*"
    pieces = re.split(rf"(?:^|(?<=[.;:])\s+|\n\s*)(?=(?:{many}): )", part)
    lines = [""]
    for piece in pieces:
        entry = re.match(rf"({many}): (.*)", piece, re.DOTALL)
        if entry:
            words = ", ".join(f"`{name}`" for name in entry[1].split(", "))
            # What goes on in an indented line belongs to the entry; an unindented one begins anew.
            own, *after = re.split(r"\n(?! )", entry[2], maxsplit=1)
            lines.append(f"- {words}: {' '.join(own.split())}")
            lines += ["", *after] if after else []
        elif piece.strip():
            lines += ["", piece]
    return lines


class HouseDocstrings(griffe.Extension):
    """Rewrites every docstring of ``voltoken`` as it is collected."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of one object."""
        if obj.docstring is None:
            return
        names = frozenset(parameter.name for parameter in getattr(obj, "parameters", ()))
        if obj.is_class:
            names = frozenset(name for name in obj.members if not name.startswith("_")) | {"key"}
        obj.docstring.value = as_list(obj.docstring.value, names)
