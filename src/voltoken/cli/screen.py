"""What a person sees: text and tables that fit the terminal, in colour where that helps.

Piped output has no colours and no escape codes; an output that cannot show lines and dots gets plain
ASCII. Tables are laid out by rich, which is loaded only for them; everything else is quick.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, Final

import click

from voltoken.sts import TokenNumber

WIDTH_MAX: Final = 96
WIDTH_MIN: Final = 30
STYLES: Final[dict[str, dict[str, Any]]] = {
    "strong": {"bold": True},
    "quiet": {"dim": True},
    "title": {"bold": True, "fg": 31},
    "good": {"fg": 28, "bold": True},
    "bad": {"fg": 167, "bold": True},
    "cyan": {"fg": 31},
    "yellow": {"fg": 136},
    "green": {"fg": 28},
    "magenta": {"fg": 133},
    "blue": {"fg": 68},
    "glass": {"fg": 16, "bg": 151},
}
"""What the styles of this program look like.

Colours are numbers of the 256 that are the same in every terminal, and of middling lightness: the first
sixteen are whatever the terminal makes of them, and their yellow, green and cyan often vanish on white.
"""

_ASCII: Final = str.maketrans(
    {
        "\u00b7": "*",
        "\u2013": "-",
        "\u00d7": "x",
        "\u2500": "-",
        "\u2502": "|",
        "\u252c": "+",
        "\u250c": "+",
        "\u2510": "+",
        "\u2518": "+",
        "\u2514": "+",
        "\u256d": "+",
        "\u256e": "+",
        "\u2570": "+",
        "\u256f": "+",
        "\u2192": ">",
        "\u2212": "-",
        "\u2193": "v",
        "\u25cb": "o",
        "\u25cf": "@",
        "\u2713": "+",
        "\u2717": "x",
        "\u22c5": ".",
        "\u2588": "#",
        **dict.fromkeys("\u2581\u2582\u2583\u258f\u258e\u258d", "."),
        **dict.fromkeys("\u2584\u2585\u2586\u2587\u258c\u258b\u258a\u2589", "#"),
    }
)
"""What stands for the signs above ASCII where the output cannot show them."""


class Screen:
    """Standard output as a place to write on: how wide it is, whether in colour, which signs it has."""

    def __init__(self) -> None:
        terminal = sys.stdout.isatty()
        columns = shutil.get_terminal_size((80, 24)).columns if terminal or "COLUMNS" in os.environ else 80
        self.width = max(WIDTH_MIN, min(columns, WIDTH_MAX))
        self.colour = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self.unicode = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")

    def style(self, text: str, style: str) -> str:
        """Return text in a style of ``STYLES``, where there is colour."""
        return click.style(text, **STYLES[style]) if self.colour and style else text

    def line(self, text: str = "", indent: int = 2) -> None:
        """Write one line as it is."""
        text = f"{'':{indent}}{text}" if text else ""
        click.echo(text if self.unicode else text.translate(_ASCII), color=self.colour)

    def title(self, text: str) -> None:
        """Write a heading with an empty line above and below."""
        self.line()
        self.line(self.style(text, "title"))
        self.line()

    def text(self, text: str, style: str = "", indent: int = 2) -> None:
        """Write a paragraph, wrapped."""
        for line in self.wrapped(text, indent):
            self.line(self.style(line, style), indent)

    def wrapped(self, text: str, indent: int) -> list[str]:
        """Return a paragraph as lines that fit beside an indentation.

        No line is broken at a non-breaking blank; it is an ordinary one in the lines.
        """
        lines = textwrap.wrap(text, max(20, self.width - indent), break_on_hyphens=False) or [""]
        return [line.replace("\u00a0", " ") for line in lines]

    def facts(self, rows: Sequence[tuple[str, str]], indent: int = 2) -> None:
        """Write names and values in two columns; on a narrow screen the values go below."""
        column = max((len(name) for name, _ in rows), default=0) + 3
        beside = self.width - indent - column >= 30
        for name, value in rows:
            if not beside:
                self.line(self.style(name, "quiet"), indent)
                self.text(value, indent=indent + 2)
                continue
            lines = self.wrapped(value, indent + column)
            self.line(f"{self.style(f'{name:{column}}', 'quiet')}{lines[0]}", indent)
            for line in lines[1:]:
                self.line(line, indent + column)

    def token(self, number: TokenNumber) -> None:
        """Write a token large and clear: its five groups of four in a frame."""
        digits = "   ".join(number.grouped.split())
        inner = f"   {self.style(digits, 'strong')}   "
        if self.width < len(digits) + 10:
            self.line()
            self.line(self.style(number.grouped, "strong"))
            self.line()
            return
        edge = "\u2500" * (len(digits) + 6)
        self.line()
        self.line(f"\u256d{edge}\u256e")
        self.line(f"\u2502{inner}\u2502")
        self.line(f"\u2570{edge}\u256f")
        self.line()

    def table(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()
    ) -> None:
        """Write a table; the last column wraps, the others keep their width.

        headings: one that begins with ``>`` aligns its column right.
        styles: one for each row, which all its cells but the last get; or none.
        """
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for number, heading in enumerate(headings, 1):
            table.add_column(
                Text(heading.lstrip(">")),
                justify="right" if heading.startswith(">") else "left",
                no_wrap=number < len(headings),
                overflow="fold",
            )
        for number, row in enumerate(rows):
            style = _rich_style(styles[number]) if styles else ""
            table.add_row(*(Text(cell, style) for cell in row[:-1]), Text(row[-1]))
        console = Console(
            width=self.width - 2,
            force_terminal=self.colour,
            color_system="256" if self.colour else None,
            legacy_windows=False,
            _environ={},
        )
        with console.capture() as capture:
            console.print(table)
        for line in capture.get().splitlines():
            self.line(line.rstrip())


def _rich_style(style: str) -> str:
    """Return one of our styles in rich's words."""
    options = STYLES.get(style, {})
    weight = "bold" if options.get("bold") else "dim" if options.get("dim") else ""
    colour = f"color({options['fg']})" if "fg" in options else ""
    return f"{weight} {colour}".strip() or "none"


def answer(document: object) -> None:
    """Write the answer of a command as JSON."""
    import json

    click.echo(json.dumps(document, indent=2))
