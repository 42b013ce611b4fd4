"""The reference page of the registers is what the tables say today."""

from __future__ import annotations

from docs.kmc_pages import PAGE, registers_page


def test_the_page_of_registers_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == registers_page(), "run: python -m docs.kmc_pages"
