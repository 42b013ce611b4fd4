"""The generated reference agrees with the code it is drawn from."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree as ET

import pytest

import voltoken.meter
import voltoken.sts
from docs.docstrings import as_list
from docs.generate import (
    CODE_TABLES,
    PAGES,
    ROOT_PAGES,
    api,
    cells,
    code_points,
    diagram,
    segments,
    taken_in,
    token_types,
    write,
)
from tests.docs.pages import ROOT
from voltoken.sts import registry
from voltoken.sts.layouts import LAYOUTS, Layout
from voltoken.sts.registry import CodePoint

SVG = "{http://www.w3.org/2000/svg}"
ROWS = pytest.mark.parametrize(
    "row", LAYOUTS, ids=lambda row: f"{row.token_class}.{row.subclass}.{row.key_bits or 'any'}"
)


@ROWS
def test_a_diagram_covers_every_bit_once(row: Layout) -> None:
    covered = [bit for cell in cells(row) for bit in range(cell.high, cell.low - 1, -1)]
    assert covered == list(range(63, -1, -1))
    assert [bit for part in segments(row) for bit in range(part.high, part.low - 1, -1)] == covered


@ROWS
def test_the_cells_of_a_drawing_fill_its_area_without_overlap(row: Layout) -> None:
    picture = ET.fromstring(diagram(row))  # noqa: S314 - our own drawing
    boxes = [
        tuple(int(str(box.get(name))) for name in ("x", "y", "width", "height"))
        for box in picture.iter(f"{SVG}rect")
    ]
    places = [(x + i, y) for x, y, width, _ in boxes for i in range(0, width, 22)]
    assert len(places) == len(set(places)) == 64
    assert picture.findtext(f"{SVG}title") == f"The 64-bit block of {row.name}"
    assert all(field.name in str(picture.findtext(f"{SVG}desc")) for field in row.fields)


@ROWS
def test_key_material_is_marked_in_the_drawing(row: Layout) -> None:
    drawn = diagram(row).count('class="secret"')
    assert (drawn > 0) == any(field.secret for field in row.fields)


def test_every_layout_row_is_on_the_page() -> None:
    text = token_types()
    assert [row.name for row in LAYOUTS if f"`{row.name}`" not in text] == []
    assert len(re.findall(r"<svg", text)) == len(set(re.findall(r'aria-labelledby="(\S+)', text)))


def test_every_table_of_the_registry_is_on_the_page() -> None:
    shown = {id(rows) for _, rows in CODE_TABLES.values()}
    tables = [value for name, value in vars(registry).items() if name.isupper()]
    tables += list(registry.SUBCLASSES.values())
    points = [
        table for table in tables if isinstance(table, tuple) and table and isinstance(table[0], CodePoint)
    ]
    assert len(points) > 10
    assert [table[0].name for table in points if id(table) not in shown] == []
    assert code_points().count("\n## ") == len(CODE_TABLES)


@pytest.mark.parametrize(
    ("door", "modules"), [(voltoken.sts, ("layouts", "registry", "rules")), (voltoken.meter, ())]
)
def test_every_exported_name_is_documented(door: ModuleType, modules: tuple[str, ...]) -> None:
    names = re.findall(rf"^::: {re.escape(door.__name__)}\.(\w+)$", api(door, *modules), re.MULTILINE)
    assert sorted(names) == sorted(door.__all__)


def test_every_rule_and_reason_is_explained() -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    words = set(re.findall(r"(?:RuleError|KeyRefused)\(\s*\"([a-z0-9_]+)\"", source))
    assert len(words) > 10
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []


def test_pages_are_written_afresh(tmp_path: Path) -> None:
    target = tmp_path / "generated"
    target.mkdir()
    (target / "stale.md").write_text("old")
    names = {path.name for path in write(target)}
    assert names == {*PAGES, *(name.lower() for name in ROOT_PAGES)}
    assert {path.name for path in target.iterdir()} == names


def test_root_documents_get_the_links_of_the_site() -> None:
    text = "See [a](docs/how-to/keys.md), [b](SECURITY.md#x), [c](LICENSE), [d](https://example.org).\n"
    assert taken_in("A.md", text).splitlines()[-1] == (
        "See [a](../../how-to/keys.md), [b](security.md#x), c, [d](https://example.org)."
    )


@pytest.mark.parametrize(
    ("text", "names", "wanted"),
    [
        ("Return x.\n\nx: a number. y: another.", {"x", "y"}, "- `x`: a number.\n- `y`: another."),
        ("x, y: two numbers,\n    of a kind.", {"x", "y"}, "- `x`, `y`: two numbers, of a kind."),
        ("Note: nothing.", {"x"}, "Note: nothing."),
        ("x: a number.\nRaises FieldError when not.", {"x"}, "- `x`: a number.\n\nRaises FieldError"),
        ("A table::\n\n    x: kept.", {"x"}, "    x: kept."),
    ],
)
def test_arguments_become_lists(text: str, names: set[str], wanted: str) -> None:
    assert wanted in as_list(text, frozenset(names))
