"""Printing: labels for the front of a meter, as SVG for the screen and as PDF for the printer.

Needs the extra ``print``; without it the import raises MissingExtra, which says what to install.
"""

from voltoken.channels.printing.labels import draw_pdf, draw_svg
from voltoken.channels.printing.sheets import A4_SHEET, SHEETS, SINGLE, Sheet

__all__ = ["A4_SHEET", "SHEETS", "SINGLE", "Sheet", "draw_pdf", "draw_svg"]
