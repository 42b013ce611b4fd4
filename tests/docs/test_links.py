"""Links lead somewhere, pictures exist, and the README names one way to try and one way to test."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from mkdocs.utils.yaml import yaml_load

from docs.generate import ROOT_PAGES
from docs.generate import pages as generated_pages
from tests.docs.pages import DOCS, GENERATED, ROOT, Page, anchor, pages

PAGES = pages()
SVG = "{http://www.w3.org/2000/svg}"


@cache
def generated() -> Mapping[Path, str]:
    """Return the generated pages without writing them."""
    return {GENERATED / name: text for name, text in generated_pages().items()}


def faults_of(page: Page) -> list[str]:
    """List the links of a page that lead nowhere."""
    faults = []
    for target in page.targets:
        if re.match(r"(https?|mailto):", target):
            continue
        name, _, place = target.partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        if path in generated():
            headings = re.findall(r"^#+ (.+)$", generated()[path], re.MULTILINE)
            anchors = {anchor(title) for title in headings}
        elif path.is_file():
            anchors = set(Page(path).anchors) if path.suffix == ".md" else set()
        else:
            faults.append(f"{page.name}: {target} does not exist")
            continue
        if place and place not in anchors:
            faults.append(f"{page.name}: {target} has no such heading")
    return faults


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page: Page) -> None:
    assert faults_of(page) == []


def test_dead_links_are_seen(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# A heading\n")
    path = tmp_path / "page.md"
    path.write_text("[a](nowhere.md) [b](other.md#no) [c](other.md#a-heading) [d](https://example.org)\n")
    assert len(faults_of(Page(path))) == 2


def test_pages_load_nothing_from_elsewhere() -> None:
    loading = re.compile(r"<(?:img|script|link|iframe|source)\b[^>]*https?://|!\[[^\]]*\]\(https?://")
    assert [page.name for page in PAGES if loading.search(page.text)] == []


@pytest.mark.parametrize("path", sorted((DOCS / "images").glob("*.svg")), ids=lambda path: path.name)
def test_pictures_speak_and_stand_alone(path: Path) -> None:
    picture = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own files
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title")
    assert "http" not in "".join(picture.itertext())
    assert not [node.tag for node in picture.iter() if node.tag in {f"{SVG}image", f"{SVG}script"}]


def test_the_readme_names_exactly_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\./dev [a-z-]+", text)) == {"./dev demo", "./dev test"}


def test_the_readme_does_not_boast_of_vectors() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    claimed = re.search(r"More than (\d+) vectors", text)
    files = (json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "vectors").glob("*.json"))
    assert claimed
    assert sum(len(rows) for file in files for rows in file["groups"].values()) > int(claimed[1])


def nav_pages(entries: Any) -> list[str]:
    """Return the pages of a navigation, depth first."""
    if isinstance(entries, str):
        return [entries]
    if isinstance(entries, dict):
        entries = entries.values()
    return [page for entry in entries for page in nav_pages(entry)]


def test_every_page_is_in_the_navigation_and_exists() -> None:
    settings = yaml_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = nav_pages(settings["nav"])
    written = {page.path.relative_to(DOCS).as_posix() for page in PAGES if DOCS in page.path.parents}
    made = {path.relative_to(DOCS).as_posix() for path in generated()}
    assert sorted(listed) == sorted(written | made)


def test_root_documents_are_taken_into_the_site() -> None:
    assert {path.name.upper() for path in generated()} >= {name.upper() for name in ROOT_PAGES}
    assert {page.name for page in PAGES if "/" not in page.name} == {*ROOT_PAGES, "README.md"}


def test_the_site_asks_nobody_else() -> None:
    settings = yaml_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert settings["theme"]["font"] is False
    assert "analytics" not in settings["extra"]
    assert not [name for name in settings["extra"]["polyfills"] if "://" in name]
    assert not [name for name in settings["extra_css"] if "://" in name]
