"""Pieces of Markdown that the generated pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

NOTE: Final = "<!-- Written by docs/generate.py. Change the code or the generator, not this page. -->"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Lay out a Markdown table; a column whose head ends in `>` is aligned right."""
    titles = [title.rstrip(">") for title in head]
    rule = ["---:" if title.endswith(">") else "---" for title in head]
    body = [[_cell(value) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (titles, rule, *body))


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


STATUS_WORDS: Final = {
    "verified": "published values",
    "stated": "public source",
    "unverified": "not confirmed",
}
"""How the site words what proves a row; docs/explanation/confidence.md explains it."""


def status(word: str) -> str:
    """Return the status of a row as a coloured label."""
    return f'<span class="status {word}">{STATUS_WORDS[word]}</span>'


def page(title: str, *parts: str) -> str:
    """Join the parts of a page under its title."""
    return "\n\n".join((NOTE, f"# {title}", *parts)) + "\n"
