"""Draw meter labels: Code 128 and QR code, as SVG and as sheets in PDF.

What stands where is decided in ``plate``; here the two codes are made and the marks are drawn. The same
label gives the same bytes every time. Text is set in Helvetica, one of the fonts every PDF reader has,
which knows Western European letters only; anything else is refused, never printed as boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from voltoken.channels.printing import plate
from voltoken.channels.printing.plate import FRAME, HEIGHT, POINT, WIDTH, Area, Mark, Words
from voltoken.channels.printing.sheets import A4_SHEET, Sheet
from voltoken.errors import FieldError, MissingExtra

try:
    from reportlab.graphics.barcode import qrencoder
    from reportlab.graphics.barcode.code128 import Code128
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.pdfgen.canvas import Canvas
except ImportError as error:
    raise MissingExtra("Labels", "reportlab", "print") from error

if TYPE_CHECKING:
    from voltoken.meter import Label

_FONTS: Final = {False: "Helvetica", True: "Helvetica-Bold"}
_FAMILY: Final = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def draw_svg(label: Label) -> str:
    """Draw one label as an SVG document of 90 x 45 mm.

    Raises FieldError, naming the field, for text that cannot be printed or too many lines.
    """
    marks = _marks(label)
    inset, radius, line = FRAME
    frame = (
        f'<rect x="{inset}" y="{inset}" width="{_number(WIDTH - 2 * inset)}" '
        f'height="{_number(HEIGHT - 2 * inset)}" rx="{radius}" fill="none" stroke="#000" '
        f'stroke-width="{line}"/>'
    )
    name = escape(plate.group_drn(label.pan.drn))
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}mm" height="{HEIGHT:g}mm" '
        f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" font-family="{_FAMILY}">'
    )
    return "\n".join(
        [
            opening,
            f"<title>{name}</title>",
            f'<rect width="{WIDTH:g}" height="{HEIGHT:g}" fill="#fff"/>',
            frame,
            *(_svg_words(mark) if isinstance(mark, Words) else _svg_area(mark) for mark in marks),
            "</svg>\n",
        ]
    )


def draw_pdf(
    labels: Iterable[Label], sheet: Sheet = A4_SHEET, progress: Callable[[int], None] | None = None
) -> bytes:
    """Draw labels on sheets, from left to right and from top to bottom, as a PDF document.

    labels: at least one; taken one by one, so that they need not exist all at once.
    progress: called after each label with the number of labels drawn so far.
    Raises FieldError, naming the label by its place from 0 and the field, as ``draw_svg`` does.
    """
    buffer = BytesIO()
    size = (sheet.page_width / POINT, sheet.page_height / POINT)
    canvas = Canvas(buffer, pagesize=size, pageCompression=1, invariant=1)
    canvas.setTitle("Meter labels")
    canvas.setAuthor("Voltoken")
    count = 0
    for label in labels:
        if count and count % sheet.per_page == 0:
            canvas.showPage()
        _pdf_label(canvas, _marks(label, f"labels[{count}]."), sheet, count)
        count += 1
        if progress is not None:
            progress(count)
    if not count:
        raise FieldError("labels", "none", "at least one label")
    canvas.save()
    return buffer.getvalue()


def _marks(label: Label, where: str = "") -> list[Mark]:
    plate.check(label, where)
    return plate.compose(label, _bars(label.pan.drn), _modules(label.qr), _measure)


def _measure(text: str, size: float, *, bold: bool = False) -> float:
    return stringWidth(text, _FONTS[bold], size) * POINT


def _bars(text: str) -> list[int]:
    """Return Code 128 as widths of bars and spaces; pairs of digits share a symbol where they can."""
    code: Any = Code128(text)  # its methods are not in the stubs, or without types
    code.validate()
    code.encode()
    return [ord(letter.lower()) - ord("a") + 1 for letter in code.decompose()]


def _modules(text: str) -> list[list[bool]]:
    """Return a QR code with error correction M, in the shortest mode that has all the characters."""
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    for mode in (qrencoder.QRNumber, qrencoder.QRAlphaNum):
        if set(text) <= set(mode.chars):
            code.addData(mode(text))
            break
    else:
        code.addData(qrencoder.QR8bitByte(text))
    code.make()
    return [[bool(module) for module in row] for row in code.modules]


def _number(value: float) -> str:
    """Write a length to the nearest micrometre, without needless zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _svg_words(words: Words) -> str:
    # The length is fixed, so that another font in place of Helvetica cannot run into the next text.
    weight = ' font-weight="bold"' if words.bold else ""
    return (
        f'<text x="{_number(words.x)}" y="{_number(words.y)}" font-size="{_number(words.size * POINT)}"'
        f'{weight} textLength="{_number(words.width)}" lengthAdjust="spacingAndGlyphs">'
        f"{escape(words.text)}</text>"
    )


def _svg_area(area: Area) -> str:
    steps = (
        f"M{_number(x)} {_number(y)}h{_number(width)}v{_number(height)}h-{_number(width)}z"
        for x, y, width, height in area.cells
    )
    return f'<path d="{"".join(steps)}"/>'


def _pdf_label(canvas: Canvas, marks: Iterable[Mark], sheet: Sheet, number: int) -> None:
    """Draw marks at the place of a label; PDF counts points from the bottom of the page."""
    left, top = sheet.place(number)

    def x_of(x: float) -> float:
        return (left + x) / POINT

    def y_of(y: float) -> float:
        return (sheet.page_height - top - y) / POINT

    inset, radius, line = FRAME
    canvas.setLineWidth(line / POINT)
    canvas.roundRect(
        x_of(inset),
        y_of(HEIGHT - inset),
        (WIDTH - 2 * inset) / POINT,
        (HEIGHT - 2 * inset) / POINT,
        radius / POINT,
    )
    for mark in marks:
        if isinstance(mark, Words):
            canvas.setFont(_FONTS[mark.bold], mark.size)
            canvas.drawString(x_of(mark.x), y_of(mark.y), mark.text)
            continue
        # One path of operators: the library's own path takes as long as all the rest of the label.
        cells = (
            f"{x_of(x):.3f} {y_of(y + height):.3f} {width / POINT:.3f} {height / POINT:.3f} re"
            for x, y, width, height in mark.cells
        )
        canvas.addLiteral(f"{' '.join(cells)} f")
