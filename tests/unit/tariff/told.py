"""Read explanations in tests: plain blanks instead of those that keep words together."""

from __future__ import annotations

from voltoken.tariff.pricing import Prices
from voltoken.tariff.quote import Context, Quote
from voltoken.tariff.telling.explaining import Explanation, explain
from voltoken.tariff.telling.language import Language, Sentence
from voltoken.tariff.telling.languages import ENGLISH


def plain(text: str) -> str:
    """Return text with plain blanks."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def told(explanation: Explanation) -> dict[str, list[str]]:
    """Return the sentences of an explanation by the code of their heading, without ``heading.``."""
    return {
        section.heading.code.removeprefix("heading."): [plain(said.text) for said in section.sentences]
        for section in explanation.sections
    }


def codes(sentences: tuple[Sentence, ...]) -> list[str]:
    """Return the codes of sentences."""
    return [sentence.code for sentence in sentences]


def bought(
    prices: Prices,
    tender: int,
    context: Context,
    *,
    last: Quote | None = None,
    language: Language = ENGLISH,
) -> dict[str, list[str]]:
    """Return what is told of a purchase."""
    quote = prices.quote(tender, context)
    return told(explain(quote, tariff=prices.tariff, last=last, language=language))
