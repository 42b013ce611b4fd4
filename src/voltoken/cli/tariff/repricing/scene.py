"""Drawings as a few plain shapes, written as SVG for screens and paper, or painted as PNG.

What a shape means decides its colour: every role has one for light and one for dark surroundings. The two
that stand against each other are blue and orange, which all people tell apart.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

from voltoken.errors import MissingExtra

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

COLOURS: Final = {
    "ground": ("#ffffff", "#15181d"),
    "text": ("#1f2328", "#e8eaed"),
    "quiet": ("#57606a", "#a3acb6"),
    "grid": ("#dfe3e8", "#2f363e"),
    "axis": ("#8c959f", "#69727c"),
    "better": ("#0072b2", "#56b4e9"),
    "same": ("#b4bac1", "#5c646d"),
    "worse": ("#bf5200", "#e69f00"),
    "on": ("#ffffff", "#15181d"),
}
"""By role: the colour on a light ground and on a dark one."""

_SCALE: Final = 2
"""Points of a PNG for one of the drawing."""
_PLAIN: Final = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00b7": "-", "\u00a0": " "})
"""What stands for the signs that the font of PNG drawings lacks."""


class Box(NamedTuple):
    """A filled box. x, y: of its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    role: str


class Rule(NamedTuple):
    """A thin line."""

    x: float
    y: float
    to_x: float
    to_y: float
    role: str


class Words(NamedTuple):
    """A line of text. y: of the line it stands on. anchor: start, middle or end, where x is."""

    x: float
    y: float
    text: str
    role: str = "text"
    size: int = 13
    anchor: str = "start"
    bold: bool = False


Shape = Box | Rule | Words


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing. title, description: for those who do not see it. shapes: later ones lie above."""

    width: int
    height: int
    title: str
    description: str
    shapes: tuple[Shape, ...]


def svg(scene: Scene) -> str:
    """Return a drawing as SVG that stands alone, light or dark as the reader's system is."""
    light = "".join(f".{role}{{fill:{pair[0]}}}" for role, pair in COLOURS.items())
    dark = "".join(f".{role}{{fill:{pair[1]}}}" for role, pair in COLOURS.items())
    body = "\n".join(_element(shape) for shape in scene.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {scene.width} {scene.height}" '
        f'width="{scene.width}" height="{scene.height}" role="img" aria-label="{escape(scene.title)}">\n'
        f"<title>{escape(scene.title)}</title>\n<desc>{escape(scene.description)}</desc>\n"
        f"<style>text{{font-family:{FONT};font-variant-numeric:tabular-nums}}{light}"
        f"@media (prefers-color-scheme:dark){{{dark}}}</style>\n"
        f'<rect class="ground" width="{scene.width}" height="{scene.height}"/>\n{body}\n</svg>\n'
    )


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        return (
            f'<rect class="{shape.role}" x="{_number(shape.x)}" y="{_number(shape.y)}" '
            f'width="{_number(shape.width)}" height="{_number(shape.height)}"/>'
        )
    if isinstance(shape, Rule):
        # A box rather than a line: its colour then is a fill, as that of everything else.
        left, top = min(shape.x, shape.to_x), min(shape.y, shape.to_y)
        width, height = abs(shape.to_x - shape.x) or 1, abs(shape.to_y - shape.y) or 1
        return _element(Box(left, top, width, height, shape.role))
    weight = ' font-weight="600"' if shape.bold else ""
    return (
        f'<text class="{shape.role}" x="{_number(shape.x)}" y="{_number(shape.y)}" font-size="{shape.size}" '
        f'text-anchor="{shape.anchor}"{weight}>{escape(shape.text)}</text>'
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def png(scene: Scene) -> bytes:
    """Return a drawing as PNG on a light ground. Raises MissingExtra without the library that paints it."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError:
        raise MissingExtra("PNG charts", "pillow", "print") from None
    image = Image.new("RGB", (scene.width * _SCALE, scene.height * _SCALE), COLOURS["ground"][0])
    draw = ImageDraw.Draw(image)
    anchors = {"start": "ls", "middle": "ms", "end": "rs"}
    for shape in scene.shapes:
        colour = COLOURS[shape.role][0]
        if isinstance(shape, Words):
            draw.text(
                (shape.x * _SCALE, shape.y * _SCALE),
                shape.text.translate(_PLAIN),
                colour,
                ImageFont.load_default(shape.size * _SCALE),
                anchors[shape.anchor],
                stroke_width=0.6 if shape.bold else 0,
            )
            continue
        if isinstance(shape, Rule):
            left, top, right, bottom = (
                shape.x,
                shape.y,
                max(shape.to_x, shape.x + 1),
                max(shape.to_y, shape.y + 1),
            )
        else:
            left, top, right, bottom = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height
        if right > left and bottom > top:
            edges = [round(edge * _SCALE) for edge in (left, top, right, bottom)]
            draw.rectangle(
                (edges[0], edges[1], max(edges[2] - 1, edges[0]), max(edges[3] - 1, edges[1])), colour
            )
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
