"""Read the documentation as people see it: pages, the blocks of code in them, links and images.

A block is what stands between two fences. One that must not run has a comment before it,
``<!-- not run: why -->``; there is no other way to leave one out. A block with a title is a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GENERATED = DOCS / "reference" / "generated"

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]+)?(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_REASON = re.compile(r"<!-- not run: (?P<reason>[^>]+) -->\s*\Z")
_TITLE = re.compile(r'title="([^"]+)"')
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HTML = re.compile(r"""<(?:img|source|a)\b[^>]*\b(?:src|srcset|href)=["']([^"']+)["']""")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: its language, its title, its text, its line, and why it is not run."""

    language: str
    title: str
    text: str
    line: int
    not_run: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the documentation."""

    path: Path

    @property
    def name(self) -> str:
        """Its path from the root of the checkout."""
        inside = self.path.is_relative_to(ROOT)
        return self.path.relative_to(ROOT).as_posix() if inside else self.path.name

    @property
    def text(self) -> str:
        """What is in it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Its blocks of code, in order."""
        return blocks(self.text)

    @property
    def targets(self) -> tuple[str, ...]:
        """Where its links and images lead, code left out."""
        prose = _FENCE.sub("", self.text)
        return (*(m["target"] for m in _LINK.finditer(prose)), *_HTML.findall(prose))

    @property
    def anchors(self) -> frozenset[str]:
        """The anchors of its headings, as the site makes them."""
        return frozenset(anchor(title) for title in _HEADING.findall(_FENCE.sub("", self.text)))


def blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a page's text."""
    found = []
    for match in _FENCE.finditer(text):
        reason = _REASON.search(text[: match.start()])
        title = _TITLE.search(match["info"])
        indent = match["indent"]
        body = "".join(line.removeprefix(indent) for line in match["text"].splitlines(keepends=True))
        found.append(
            Block(
                language=match["language"] or "",
                title=title[1] if title else "",
                text=body,
                line=text.count("\n", 0, match.start()) + 1,
                not_run=reason["reason"].strip() if reason else "",
            )
        )
    return tuple(found)


def anchor(title: str) -> str:
    """Return the anchor the site gives to a heading."""
    plain = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", title)).strip().lower()
    return re.sub(r"[-\s]+", "-", plain)


def pages() -> tuple[Page, ...]:
    """Return every written page: the root documents and those of docs/, without the generated ones."""
    inside = (path for path in sorted(DOCS.rglob("*.md")) if GENERATED not in path.parents)
    return tuple(Page(path) for path in (*sorted(ROOT.glob("*.md")), *inside))
