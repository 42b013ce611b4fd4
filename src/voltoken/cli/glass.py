"""A meter's face in the terminal: what stands on its glass, and the lamps below.

Numbers and the words that seven segments can write are drawn large, everything else as plain text; texts
that follow one another stand side by side, or below where the screen is narrow. Nothing here decides
anything: the texts are those of a meter's skin.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from voltoken.cli.screen import Screen

if TYPE_CHECKING:
    from voltoken.meter import Meter

_ROWS: Final = 3
_INDENT: Final = 2
_ARROW: Final = " \u2192 "
_DOWN: Final = "\u2193"
_LIT: Final = "\u25cf"
_DARK: Final = "\u25cb"
_WIDTH_MIN: Final = 36
"""Columns inside a face, so that a short text does not make a narrow meter."""
_READING: Final = re.compile(r"((?:\+ )?-?[0-9]+(?:\.[0-9]+)?) ([A-Za-z][A-Za-z0-9]{0,2}|imp/\w+)")
"""A number with its unit, which is written small beside it."""

_SIGNS: Final = (
    "0abcdef 1bc 2abdeg 3abcdg 4bcfg 5acdfg 6acdefg 7abc 8abcdefg 9abcdfg Aabcefg Cadef Eadefg Faefg Gacdef "
    "Hbcefg Ibc Jbcde Ldef Oabcdef Pabefg Sacdfg Ubcdef Ybcdfg bcdefg cdeg dbcdeg hcefg ic nceg ocdeg qabcfg "
    "reg tdefg ucde -g _d"
)
_SEGMENTS: Final = {word[0]: word[1:] for word in _SIGNS.split()} | {" ": ""}
"""The segments of each sign: a at the top, b to f from there clockwise, g in the middle."""

_NODES: Final = (
    (("", "f", "", "a"), ("", "", "a", "a"), ("", "b", "a", "")),
    (("f", "e", "", "g"), ("", "", "g", "g"), ("b", "c", "g", "")),
    (("e", "", "", "d"), ("", "", "d", "d"), ("c", "", "d", "")),
)
"""The segment that leaves each of the nine points of a sign upwards, downwards, to the left, to the right."""
_JOINTS: Final = " \u257a\u2578\u2501\u257b\u250f\u2513\u2533\u2579\u2517\u251b\u253b\u2503\u2523\u252b\u254b"
"""Heavy lines by where they go: 8 up, 4 down, 2 left, 1 right."""
_DRAWN: Final = {
    "W": ("\u257b \u257b", "\u2503\u257b\u2503", "\u2517\u253b\u251b"),
    "+": ("   ", "\u257a\u254b\u2578", "   "),
}
"""Signs that seven segments cannot write and meters show all the same."""
_DRAWN_PLAIN: Final = {"W": ("   ", "| |", "|^|"), "+": ("   ", "_|_", " | ")}


class Picture(NamedTuple):
    """A text as it stands on the glass: three rows of the same width."""

    rows: tuple[str, ...]

    @property
    def width(self) -> int:
        """Its columns."""
        return len(self.rows[0])


def draw_meter(screen: Screen, meter: Meter, texts: Sequence[str]) -> None:
    """Draw the face of a meter with texts on its glass; without power it is dark."""
    draw_glass(screen, texts if meter.is_powered else ("",), lamps_of(meter))


def lamps_of(meter: Meter) -> tuple[tuple[str, str], ...]:
    """Return the lamps of a meter as they are now."""
    from voltoken.meter import Relay

    powered = meter.is_powered
    return (
        ("supply", "on" if powered and meter.relay is Relay.CONNECTED else ""),
        ("credit low", "alarm" if powered and meter.is_low else ""),
        ("tamper", "alarm" if powered and meter.memory.tamper.condition else ""),
    )


def draw_glass(screen: Screen, texts: Sequence[str], lamps: Sequence[tuple[str, str]] = ()) -> None:
    """Draw a face: the glass with one text, or with several that follow one another, and lamps.

    lamps: name and state of each; the state is ``on``, ``alarm``, or empty for a dark lamp.
    """
    room = screen.width - _INDENT - 4
    pictures = [picture_of(text, room - 4, segments=screen.unicode) for text in texts or ("",)]
    if len(pictures) == 1:
        pictures = [_centred(pictures[0], min(room, _WIDTH_MIN) - 4)]
    strips = _in_strips(pictures, room)
    if len(strips) == len(pictures):
        widest = max(picture.width for picture in pictures)
        strips = [[_padded(picture, widest)] for picture in pictures]
    lights = _in_rows(lamps, room)
    widths = [_WIDTH_MIN, *map(_strip_width, strips), *map(_lights_width, lights)]
    inner = min(max(widths), room)
    side = screen.style("\u2502", "quiet")

    def write(text: str, width: int) -> None:
        screen.line(f"{side} {text}{'':{inner - width}} {side}", _INDENT)

    screen.line(screen.style(f"\u256d{'':\u2500<{inner + 2}}\u256e", "quiet"), _INDENT)
    for place, strip in enumerate(strips):
        for row in _strip_rows(screen, strip, follows=place > 0):
            write(row, _strip_width(strip))
    for light in lights:
        write("   ".join(_lamp(screen, *lamp) for lamp in light), _lights_width(light))
    screen.line(screen.style(f"\u2570{'':\u2500<{inner + 2}}\u256f", "quiet"), _INDENT)


def picture_of(text: str, width: int, *, segments: bool) -> Picture:
    """Return a text as large as it fits, else as plain text; at most width columns.

    segments: the screen shows heavy lines; otherwise the large signs are made of ASCII.
    """
    text = printable(text)
    reading = _READING.fullmatch(text)
    large, unit = (reading[1].replace("+ ", "+"), f" {reading[2]}") if reading else (text, "")
    if text and all(sign in _SEGMENTS or sign in _DRAWN or sign == "." for sign in large):
        picture = _large(large, segments=segments)
        if picture.width + len(unit) <= width:
            return Picture((*(f"{row}{'':{len(unit)}}" for row in picture.rows[:2]), picture.rows[2] + unit))
    lines = textwrap.wrap(text, width, max_lines=_ROWS, placeholder="...") or [""]
    longest = max(map(len, lines))
    above = (_ROWS - len(lines)) // 2
    lines = [*[""] * above, *lines, *[""] * (_ROWS - len(lines) - above)]
    return Picture(tuple(f"{line:{longest}}" for line in lines))


def printable(text: str) -> str:
    """Return a text without signs that would act on the terminal, as a foreign profile may hold them."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _large(text: str, *, segments: bool) -> Picture:
    """Return a text in signs of three columns and three rows; a point stands between two signs."""
    rows = ["", "", ""]
    for place, sign in enumerate(text):
        if sign == ".":
            rows = [f"{row[:-1] if row else ''}{dot}" for row, dot in zip(rows, "  .", strict=True)]
            continue
        drawn = _sign(sign, segments=segments)
        gap = " " if place + 1 < len(text) else ""
        rows = [f"{row}{part}{gap}" for row, part in zip(rows, drawn, strict=True)]
    return Picture(tuple(rows))


def _sign(sign: str, *, segments: bool) -> tuple[str, ...]:
    """Return the three rows of one sign."""
    drawn = (_DRAWN if segments else _DRAWN_PLAIN).get(sign)
    if drawn is not None:
        return drawn
    lit = _SEGMENTS[sign]
    if not segments:
        return tuple(
            "".join(mark if part in lit else " " for part, mark in zip(parts, marks, strict=True))
            for parts, marks in (("xax", " _ "), ("fgb", "|_|"), ("edc", "|_|"))
        )
    return tuple(
        "".join(
            _JOINTS[sum(bit for part, bit in zip(node, (8, 4, 2, 1), strict=True) if part and part in lit)]
            for node in row
        )
        for row in _NODES
    )


def _centred(picture: Picture, width: int) -> Picture:
    """Return a picture in the middle of a glass of at least a width."""
    wide = max(width, picture.width)
    return Picture(tuple(f"{row:^{wide}}" for row in picture.rows))


def _padded(picture: Picture, width: int) -> Picture:
    """Return a picture on a glass of a width, so that glasses below one another are alike."""
    return Picture(tuple(f"{row:{width}}" for row in picture.rows))


def _in_strips(pictures: Sequence[Picture], room: int) -> list[list[Picture]]:
    """Distribute pictures over as few rows as possible, in their order."""
    strips = [[pictures[0]]]
    for picture in pictures[1:]:
        if _strip_width([*strips[-1], picture]) <= room:
            strips[-1].append(picture)
        else:
            strips.append([picture])
    return strips


def _strip_width(strip: Sequence[Picture]) -> int:
    return sum(picture.width + 4 for picture in strip) + len(_ARROW) * (len(strip) - 1)


def _strip_rows(screen: Screen, strip: Sequence[Picture], *, follows: bool) -> list[str]:
    """Return the rows of glasses beside one another, an arrow between them."""
    gap = " " * len(_ARROW)
    top = gap.join(_edge(p, "\u250c\u2500\u2510", arrow=follows and not n) for n, p in enumerate(strip))
    rows = [screen.style(top, "quiet")]
    wall = screen.style("\u2502", "quiet")
    for number in range(_ROWS):
        between = screen.style(_ARROW, "quiet") if number == 1 else gap
        rows.append(
            between.join(f"{wall}{screen.style(f' {p.rows[number]} ', 'glass')}{wall}" for p in strip)
        )
    bottom = gap.join(_edge(picture, "\u2514\u2500\u2518") for picture in strip)
    return [*rows, screen.style(bottom, "quiet")]


def _edge(picture: Picture, corners: str, *, arrow: bool = False) -> str:
    """Return the upper or lower edge of a glass; one below another has an arrow in it."""
    line = corners[1] * (picture.width + 2)
    return f"{corners[0]}{_DOWN if arrow else corners[1]}{line[1:]}{corners[2]}"


def _in_rows(lamps: Sequence[tuple[str, str]], room: int) -> list[list[tuple[str, str]]]:
    """Distribute lamps over as few rows as possible."""
    rows: list[list[tuple[str, str]]] = []
    for lamp in lamps:
        if rows and _lights_width([*rows[-1], lamp]) <= room:
            rows[-1].append(lamp)
        else:
            rows.append([lamp])
    return rows


def _lights_width(lamps: Sequence[tuple[str, str]]) -> int:
    return sum(len(name) + 2 for name, _ in lamps) + 3 * (len(lamps) - 1)


def _lamp(screen: Screen, name: str, state: str) -> str:
    """Return a lamp with its name: a full circle that is lit, or an empty one."""
    style = {"on": "good", "alarm": "bad"}.get(state, "quiet")
    return screen.style(f"{_LIT if state else _DARK} {name}", style)
