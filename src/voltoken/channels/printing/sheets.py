"""Sheets: how labels of one size stand on a page. All lengths in millimetres, from the top left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from voltoken.channels.printing.plate import HEIGHT, WIDTH
from voltoken.errors import FieldError


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page with labels in columns and rows.

    page_width, page_height: of the page.
    left, top: from the corner of the page to the first label.
    columns, rows: labels beside and below each other, at least 1.
    column_gap, row_gap: between two labels.
    Raises FieldError when the labels do not fit on the page or a number is below its least.
    """

    page_width: float
    page_height: float
    left: float = 0.0
    top: float = 0.0
    columns: int = 1
    rows: int = 1
    column_gap: float = 0.0
    row_gap: float = 0.0

    def __post_init__(self) -> None:
        for name in ("columns", "rows"):
            if (count := getattr(self, name)) < 1:
                raise FieldError(name, count, "at least 1")
        for name in ("left", "top", "column_gap", "row_gap"):
            if not (length := getattr(self, name)) >= 0:
                raise FieldError(name, length, "0 mm or more")
        across = self.left + self.columns * (WIDTH + self.column_gap) - self.column_gap
        down = self.top + self.rows * (HEIGHT + self.row_gap) - self.row_gap
        for name, needed in (("page_width", across), ("page_height", down)):
            if not (length := getattr(self, name)) >= needed:
                raise FieldError(name, length, f"at least {needed:g} mm for these labels")

    @property
    def per_page(self) -> int:
        """Labels on a full page."""
        return self.columns * self.rows

    def pages(self, labels: int) -> int:
        """Return the pages that so many labels take."""
        return -(-labels // self.per_page)

    def place(self, number: int) -> tuple[float, float]:
        """Return where a label stands on its page: its left and top edge.

        number: of the label, counted from 0 over all pages; rows are filled from left to right.
        """
        row, column = divmod(number % self.per_page, self.columns)
        return self.left + column * (WIDTH + self.column_gap), self.top + row * (HEIGHT + self.row_gap)


A4_SHEET: Final = Sheet(
    page_width=210.0,
    page_height=297.0,
    left=13.0,
    top=8.5,
    columns=2,
    rows=6,
    column_gap=4.0,
    row_gap=2.0,
)
"""Twelve labels on A4."""

SINGLE: Final = Sheet(page_width=WIDTH, page_height=HEIGHT)
"""One label on a page of its size, for label printers."""

SHEETS: Final[Mapping[str, Sheet]] = MappingProxyType({"a4": A4_SHEET, "single": SINGLE})
"""The usual sheets by name."""
