"""The face of a meter label: what stands where, before anything is drawn.

``compose`` turns a label into marks: pieces of text, filled areas, a frame. Whoever draws them (SVG,
PDF) decides nothing more, so both look alike. It needs to be told the bars, the QR code and how wide
text is, and knows no library.

Lengths are millimetres from the top left corner; sizes of type are points. There is no grey and no
hairline below 0.2 mm, because label printers have none. Bars and modules are whole dots of a printer
with 300 dots per inch, so that each keeps its exact width there, and both codes keep their quiet zones:
10 modules beside the bars (ISO/IEC 15417), 4 around the QR code (ISO/IEC 18004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Protocol

from voltoken.errors import FieldError

if TYPE_CHECKING:
    from voltoken.meter import Label

WIDTH: Final = 90.0
"""Width of a label."""
HEIGHT: Final = 45.0
"""Height of a label."""
LINES: Final = 6
"""Lines with caption and value that a label has room for."""
QR_CHARACTERS: Final = 251
"""Characters that a QR code of 61 modules holds at error correction M; finer modules print badly."""

POINT: Final = 25.4 / 72
DOT: Final = 25.4 / 300
FRAME: Final = (0.8, 2.2, 0.25)
"""The frame: distance from the edge, radius of its corners, width of its line."""

_LEFT, _RIGHT = 5.2, 84.8
_COLUMN = 52.3  # the left column; what is right of it belongs to the QR code and its quiet zone
_CELL_GAP = 2.4
_BAR = 5 * DOT
_BARS_TOP, _BARS_BOTTOM = (19.2, 24.6, 30.0), 37.7  # the fewer rows of text, the taller the bars
_QR_TOP, _QR_SIZE = 5.0, 23.3
_MODULE_MOST = 12 * DOT  # larger ones would need a quiet zone wider than the margin
_BASE_TITLE, _BASE_DRN, _BASE_FOOT = 7.0, 14.7, 40.6
_BASE_CAPTIONS = (18.8, 24.6)
_LEADING, _CAPITALS = 0.8, 0.72  # white between caption and value; height of capitals in Helvetica
_SIZE_TITLE, _SIZE_CAPTION, _SIZE_FOOT = 8.0, 5.5, 6.5
_SIZES_VALUE = (7.5, 7.0, 6.5, 6.0, 5.5)
_SHRINK = 0.8
_TOLERANCE = 1e-6


class Measure(Protocol):
    """Says how wide a text is."""

    def __call__(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return the width of text at a size in points."""
        ...


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text: left end of its baseline, size in points, and the width it takes."""

    x: float
    y: float
    text: str
    size: float
    bold: bool
    width: float


@dataclass(frozen=True, slots=True)
class Area:
    """Rectangles in black, each as left, top, width, height."""

    cells: tuple[tuple[float, float, float, float], ...]


Mark = Words | Area


def group_drn(drn: str) -> str:
    """Return a DRN in the groups in which it is read out: 4-4-3, or 4-3-3-3 with a 4-digit code.

    Groups of three or four are what people keep in mind; the first of four is the rhythm they know from
    tokens, and with 13 digits it is the manufacturer code. No group is a single digit.
    """
    cuts = (0, 4, 8, 11) if len(drn) == 11 else (0, 4, 7, 10, 13)
    return " ".join(drn[start:end] for start, end in pairwise(cuts))


def check(label: Label, where: str = "") -> None:
    """Raise FieldError unless everything on the label can be printed.

    where: what to put before the names of fields in the error, e.g. ``labels[3].``.
    """
    if len(label.lines) > LINES:
        raise FieldError(f"{where}lines", len(label.lines), f"at most {LINES} lines")
    texts = {f"{where}title": label.title}
    for number, (caption, value) in enumerate(label.lines):
        texts[f"{where}lines[{number}].caption"] = caption
        texts[f"{where}lines[{number}].value"] = value
    for field, text in texts.items():
        if not _drawable(text):
            raise FieldError(field, text, "one line in Western European letters (code page 1252)")
    if not (0 < len(label.qr) <= QR_CHARACTERS and label.qr.isascii()):
        raise FieldError(f"{where}qr", label.qr, f"1 to {QR_CHARACTERS} ASCII characters")


def compose(
    label: Label, bars: Sequence[int], modules: Sequence[Sequence[bool]], measure: Measure
) -> list[Mark]:
    """Return the marks of a label that has passed ``check``.

    bars: widths of the bars and the spaces between them, in modules, beginning with a bar.
    modules: the QR code without quiet zone, row by row.
    """
    drn = group_drn(label.pan.drn)
    width = sum(bars) * _BAR
    qr = _matrix(modules)
    qr_left = qr.cells[0][0]
    pan = f"{label.pan.iin} {drn} {label.pan[-1]}"
    foot = measure(drn, _SIZE_FOOT)
    title = _shrunk(label.title, _COLUMN, _SIZE_TITLE, measure)
    cells = tuple(_cells(label.lines, measure)) if label.lines else ()
    rows = len({words.y for words in cells}) // 2
    return [
        _cut(label.title, _LEFT, _BASE_TITLE, _COLUMN, title, measure),
        _span(drn, _LEFT, _BASE_DRN, width, measure, bold=True),
        *cells,
        _stripes(bars, _BARS_TOP[rows]),
        Words(_LEFT + (width - foot) / 2, _BASE_FOOT, drn, _SIZE_FOOT, bold=False, width=foot),
        qr,
        _cut("MeterPAN", qr_left, _BASE_FOOT - 2.6, _RIGHT - qr_left, _SIZE_CAPTION, measure),
        _span(pan, qr_left, _BASE_FOOT, _RIGHT - qr_left, measure),
    ]


def _drawable(text: str) -> bool:
    """Whether the standard fonts of PDF have every letter; a no-break space counts as a space."""
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return text.replace("\xa0", " ").isprintable()


def _shrunk(text: str, width: float, size: float, measure: Measure, *, bold: bool = False) -> float:
    """Return the size at which a text fits a width, at most a fifth below the wanted size."""
    taken = measure(text, size, bold=bold)
    return size if taken <= width else size * max(_SHRINK, width / taken)


def _cut(
    text: str, x: float, y: float, width: float, size: float, measure: Measure, *, bold: bool = False
) -> Words:
    """Set text in a width; the longest beginning that fits, and an ellipsis, if all of it does not."""
    taken = measure(text, size, bold=bold)
    if taken > width + _TOLERANCE:
        fits, over = 0, len(text)
        while over - fits > 1:  # by halving, because texts may be very long
            middle = (fits + over) // 2
            if measure(f"{text[:middle]}…", size, bold=bold) <= width:
                fits = middle
            else:
                over = middle
        text = text[:fits]
        if text.find(" ", fits // 2) > 0:
            text = text.rpartition(" ")[0]  # half a number would be another number
        text = f"{text.rstrip(' ,;:.-–')}…"
        taken = measure(text, size, bold=bold)
    return Words(x, y, text, size, bold, taken)


def _span(text: str, x: float, y: float, width: float, measure: Measure, *, bold: bool = False) -> Words:
    """Set text as large as makes it exactly so wide."""
    return Words(x, y, text, width / measure(text, 1.0, bold=bold), bold, width)


def _cells(lines: Sequence[tuple[str, str]], measure: Measure) -> Iterator[Words]:
    """Set captions over values, in one or two rows; all values in one size."""
    size, rows = _arrange(lines, measure)
    rest = iter(lines)
    for y, widths in zip(_BASE_CAPTIONS, rows, strict=False):
        below = y + _LEADING + _CAPITALS * size * POINT
        x = _LEFT
        for width in widths:
            caption, value = next(rest)
            yield _cut(caption, x, y, width, _SIZE_CAPTION, measure)
            yield _cut(value, x, below, width, size, measure, bold=True)
            x += width + _CELL_GAP


def _arrange(lines: Sequence[tuple[str, str]], measure: Measure) -> tuple[float, list[list[float]]]:
    """Return the size of the values and the widths of the cells, row by row.

    Of these the first in which nothing is cut, otherwise the last: one row; two rows in columns; two
    rows that are divided each in its own way; the latter two in sizes from large to small.
    """
    half = (len(lines) + 1) // 2
    plans = [(_SIZES_VALUE[0], len(lines), True)] if len(lines) <= 3 else []
    plans += [(size, half, True) for size in _SIZES_VALUE[:3]]
    plans += [(size, half, False) for size in _SIZES_VALUE]
    size, widths = 0.0, list[list[float]]()
    for size, columns, aligned in plans:
        needs = [
            max(measure(caption, _SIZE_CAPTION), measure(value, size, bold=True)) for caption, value in lines
        ]
        if aligned:
            needs = [max(needs[number % columns :: columns]) for number in range(len(needs))]
        rows = [needs[start : start + columns] for start in range(0, len(needs), columns)]
        room = _COLUMN - _CELL_GAP * (columns - 1)
        widths = [_share(row, room) for row in rows]
        if aligned:
            widths = [widths[0][: len(row)] for row in rows]
        if all(sum(row) <= room for row in rows):
            break
    return size, widths


def _share(needs: Sequence[float], width: float) -> list[float]:
    """Divide a width among columns: room to spare goes to all alike, want is borne by the widest."""
    spare = width - sum(needs)
    if spare >= 0:
        return [need + spare / len(needs) for need in needs]
    widths = [0.0] * len(needs)
    for rank, column in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        fair = (width - sum(widths)) / (len(needs) - rank)
        widths[column] = min(needs[column], fair)
    return widths


def _stripes(bars: Sequence[int], top: float) -> Area:
    x = _LEFT
    cells = []
    for number, modules in enumerate(bars):
        if number % 2 == 0:
            cells.append((x, top, modules * _BAR, _BARS_BOTTOM - top))
        x += modules * _BAR
    return Area(tuple(cells))


def _matrix(modules: Sequence[Sequence[bool]]) -> Area:
    """Turn the QR code into horizontal runs; flush right, its modules whole dots."""
    count = len(modules)
    side = min(_MODULE_MOST, int(_QR_SIZE / count / DOT) * DOT)
    left, top = _RIGHT - count * side, _QR_TOP
    cells = []
    for row, line in enumerate(modules):
        start = 0
        for column in range(count + 1):
            dark = column < count and line[column]
            if not dark:
                if column > start:
                    cells.append((left + start * side, top + row * side, (column - start) * side, side))
                start = column + 1
    return Area(tuple(cells))
