"""Values, keys and places of a tariff document as people write them, for the messages of the check."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

from voltoken.tariff.reading.statements import Path

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def dotted(path: Path) -> str:
    """Write a path for people: ``tax[2].rate``; items are counted from 1."""
    pieces = []
    for part in path:
        if isinstance(part, int):
            pieces.append(f"[{part + 1}]")
        else:
            text = part if _PLAIN.fullmatch(part) else shown(part)
            pieces.append(f".{text}" if pieces else text)
    return "".join(pieces)


def shown(value: object) -> str:
    """Write a value as the document has it, on one line and shortened."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in value[:40])
            return f'"{text}{"..." if len(value) > 40 else ""}"'
        case dict():
            return "a table"
        case list():
            return "a list"
        case int() if abs(value) >= 10**30:
            return "such a number"
        case Fraction():
            # Numbers of a document have at most 12 decimals, and a hundredth of one two more.
            digits = Decimal(int(value * 10**14)).as_tuple()
            return shown(Decimal((digits.sign, digits.digits, -14)))
        case Decimal() if abs(value.adjusted()) < 30:
            text = f"{value:f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text)[:40]
    return str(value)[:40]


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is most like another; empty when none is like it."""
    spelt = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word[:64].lower(), spelt, 1)
    return spelt[near[0]] if near else ""
