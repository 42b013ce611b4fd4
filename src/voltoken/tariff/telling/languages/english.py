"""English, in which all sentences are written first; only its numbers and dates are told here."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from voltoken.tariff.telling.language import Language

ENGLISH: Final = Language(
    code="en",
    name="English",
    words=MappingProxyType({}),
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    decimal=".",
    group=",",
    money="{symbol} {amount}",
    percent="{number}%",
    day="{day} {month} {year}",
    last=" and ",
)
"""English: R 1,234.50."""
