"""The exposure clock as a file: SVG, PNG, or one page of HTML with its figures, which needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Final

from voltoken.cli.kmc.curve import scene
from voltoken.cli.kmc.shared import write_bytes
from voltoken.cli.tariff.repricing.scene import COLOURS, FONT, png, svg
from voltoken.kmc import NOTICE
from voltoken.kmc.planning import Exposure, milestones

_STYLE: Final = (
    "body{{margin:0 auto;max-width:800px;padding:0 0 48px;font:15px/1.5 {font};"
    "font-variant-numeric:tabular-nums}}"
    "svg{{max-width:100%;height:auto;display:block}}main{{padding:0 24px}}"
    "h2{{font-size:18px;margin:32px 0 8px}}table{{border-collapse:collapse;width:100%;font-size:14px}}"
    "th,td{{padding:5px 16px 5px 0;text-align:left}}small{{display:block;margin-top:32px}}"
)


def write_chart(path: Path, clock: Exposure, title: str, notes: Sequence[str] = ()) -> None:
    """Write the chart of a clock; the ending of the name says as what. Raises FileTrouble, MissingExtra."""
    drawing = scene(clock, title)
    if path.suffix.lower() == ".png":
        write_bytes(path, png(drawing))
        return
    text = svg(drawing)
    write_bytes(path, (page(clock, title, text, notes) if path.suffix.lower() == ".html" else text).encode())


def page(clock: Exposure, title: str, drawing: str, notes: Sequence[str]) -> str:
    """Return the page. drawing: the chart as SVG. notes: sentences below it, such as what is in the way."""
    style = _STYLE.format(font=FONT) + "".join(_colours(number) for number in (0, 1))
    rows = (
        (
            f"{one.percent} %",
            "never" if one.days is None else f"{one.days:,}",
            "" if one.on is None else str(one.on),
        )
        for one in milestones(clock)
    )
    told = "".join(f"<li>{escape(note)}</li>\n" for note in notes)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{drawing}<main>\n"
        f"{_table(('Meters led away', 'Days', 'On'), rows)}"
        f"{f'<h2>To do, and in the way</h2>{chr(10)}<ul>{told}</ul>{chr(10)}' if told else ''}"
        f"<small>{escape(NOTICE)}</small>\n</main>\n</body>\n</html>\n"
    )


def _colours(number: int) -> str:
    """Return the colours of the page on a light ground, or on a dark one."""
    ground, text, grid = (COLOURS[role][number] for role in ("ground", "text", "grid"))
    rules = f"body{{background:{ground};color:{text}}}td,th{{border-bottom:1px solid {grid}}}"
    return f"@media (prefers-color-scheme:dark){{{rules}}}" if number else rules


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"
