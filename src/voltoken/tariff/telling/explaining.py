"""Explain a quote: from money to units in plain sentences, as a table, and next to the purchase before.

An explanation is data: who shows it decides how. Machines take the codes and exact parameters of
``as_dict``; people get the text in their language. What the sentences are is in ``phrases``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import fill
from types import MappingProxyType
from typing import Final

from voltoken.tariff.document import Tariff
from voltoken.tariff.quote import Quote
from voltoken.tariff.telling.comparing import Comparison, comparable, compare
from voltoken.tariff.telling.language import Language, Sentence
from voltoken.tariff.telling.languages import ENGLISH
from voltoken.tariff.telling.outcome import outcome
from voltoken.tariff.telling.position import counted
from voltoken.tariff.telling.spending import headline, spending
from voltoken.tariff.telling.story import Section, Story
from voltoken.tariff.telling.tabulating import Table, tabulate

_NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})

WIDTH_MIN: Final = 20
"""The narrowest text; narrower ones are made so wide."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A quote explained. language: code of it.

    headline: the purchase in one line. sections: the way from money to units, each with a short heading.
    table: the lines of the quote. comparison: why it is more or less than last time, None without a last
    time that can be compared; its section is the last one.
    """

    language: str
    headline: Sentence
    sections: tuple[Section, ...]
    table: Table
    comparison: Comparison | None = None

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in order, without headings."""
        return tuple(sentence for section in self.sections for sentence in section.sentences)

    def text(self, width: int = 72) -> str:
        """Return it as plain text, without the table. width: letters in a line, 20 or more."""
        return "\n".join(self._lines(max(width, WIDTH_MIN)))

    def _lines(self, width: int) -> Iterator[str]:
        yield fill(self.headline.text, width, break_long_words=False)
        for section in self.sections:
            yield ""
            yield fill(section.heading.text, width, break_long_words=False)
            for sentence in section.sentences:
                yield fill(
                    sentence.text,
                    width,
                    initial_indent="  ",
                    subsequent_indent="  ",
                    break_long_words=False,
                    break_on_hyphens=False,
                )

    def as_dict(self) -> dict[str, object]:
        """Return it for machines: codes, exact parameters, and the text in the language."""
        return {
            "language": self.language,
            "headline": self.headline.as_dict(),
            "sections": [section.as_dict() for section in self.sections],
            "table": self.table.as_dict(),
            "comparison": None if self.comparison is None else self.comparison.as_dict(),
        }


def explain(
    quote: Quote,
    *,
    language: Language = ENGLISH,
    last: Quote | None = None,
    tariff: Tariff | None = None,
    names: Mapping[str, str] = _NO_NAMES,
) -> Explanation:
    """Explain a quote.

    last: the purchase before, of the same customer; it is left out where it was for other units or other
    money. tariff: the version the quote was made with; without it nothing is said about when the blocks
    start again, nor about the place in the blocks if there are free units that may count.
    names: of the parts of the price, by code; they come before those of the tariff in this language.
    """
    known = {} if tariff is None else tariff.names.get(language.code, {})
    story = Story(quote, language, tariff, MappingProxyType({**known, **names}))
    comparison = None
    if last is not None and comparable(quote, last):
        comparison = compare(quote, last, language, counted(quote, tariff))
    changed = () if comparison is None else comparison.sentences
    sections = (*spending(story), *outcome(story), *story.section("heading.change", changed))
    return Explanation(language.code, headline(story), sections, tabulate(story), comparison)
