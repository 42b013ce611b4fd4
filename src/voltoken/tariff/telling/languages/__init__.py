"""The languages that explanations speak. Others can be made in the same way, in or outside this package."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from voltoken.tariff.telling.language import Language
from voltoken.tariff.telling.languages.english import ENGLISH
from voltoken.tariff.telling.languages.french import FRENCH
from voltoken.tariff.telling.languages.portuguese import PORTUGUESE

LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {language.code: language for language in (ENGLISH, FRENCH, PORTUGUESE)}
)
"""Languages by code."""

__all__ = ["ENGLISH", "FRENCH", "LANGUAGES", "PORTUGUESE"]
