"""The page of the format of tariffs names every table and every key there is, and its example is one."""

from __future__ import annotations

import re

from docs.format_pages import TABLES, format_page
from tests.docs.pages import Block, anchor, blocks
from voltoken.tariff import FIELDS, load

PAGE = format_page()
HEADINGS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)


def section(title: str) -> str:
    """Return what stands under a heading."""
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_every_table_has_its_heading_and_every_key_its_row() -> None:
    assert set(TABLES) == set(FIELDS) | {"names"}
    assert [title for title, _ in TABLES.values()] == HEADINGS
    for name, fields in FIELDS.items():
        rows = re.findall(r"^\| `(\w+)` \|", section(TABLES[name][0]), re.MULTILINE)
        assert rows == list(fields)


def test_links_inside_the_page_lead_somewhere() -> None:
    targets = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert len(targets) > 10
    assert targets <= {anchor(re.sub(r"[\[\].]", "", title)) for title in HEADINGS}


def test_what_must_be_given_and_what_stands_for_the_rest_is_said() -> None:
    assert "| `currency` | text, three capital letters such as ZAR | *must be given* |" in section(
        "`[money]`"
    )
    assert "| `whole` | true or false | `false` |" in section("How much is taken")
    assert "| `rate` | number, above 0 below 1 | – |" in section("`[[charge]]`")
    assert "| `counts` | list of `bought` or `free` | `bought` |" in section("`[period]`")


def test_the_example_is_a_tariff_in_order() -> None:
    found: list[Block] = [block for block in blocks(PAGE) if block.language == "toml"]
    assert [load(block.text).code for block in found] == ["town-domestic"]
