"""The page of the key load file has every member, suite and reason of the code, in the code's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from tests.docs.pages import DOCS
from voltoken.security import REGISTER_MEMBERS
from voltoken.security.keyload import ATTRIBUTES, CODEC_GROUP, DOCUMENTS, LAYOUT, REASONS, SUITES
from voltoken.security.keyload.layout import DATED_KEY, HELD, LOADED, TRUSTED

TEXT = (DOCS / "reference" / "key-load-file.md").read_text(encoding="utf-8")


def tables() -> list[dict[str, str]]:
    """Return every table of the page whose first column is code: name and meaning."""
    found = []
    for block in re.split(r"\n{2,}", TEXT):
        rows = re.findall(r"^\| `([^`]+)` \| (.*) \|$", block, re.MULTILINE)
        if rows:
            found.append(dict(rows))
    return found


def flat(rows: Mapping[str, str]) -> dict[str, str]:
    """Return a table of the code as a page shows it."""
    return {name: meaning.replace("|", "\\|") for name, meaning in rows.items()}


SHOWN = [*LAYOUT.values(), ATTRIBUTES, SUITES, REASONS, *DOCUMENTS.values(), DATED_KEY, TRUSTED, HELD, LOADED]


@pytest.mark.parametrize("rows", SHOWN, ids=lambda rows: next(iter(rows)))
def test_every_table_of_the_code_is_on_the_page(rows: Mapping[str, str]) -> None:
    assert flat(rows) in tables()


def test_the_page_has_no_table_that_the_code_does_not_have() -> None:
    known = [flat(rows) for rows in SHOWN] + [{"header": "", "records": "", "revoked": "", "sig": ""}]
    for one in tables():
        assert one in known or one.keys() == known[-1].keys()


def test_the_attributes_are_those_of_a_register_but_where_it_lives() -> None:
    assert set(ATTRIBUTES) == REGISTER_MEMBERS - {"in_hardware"} | {"owner_auth"}


@pytest.mark.parametrize("form", DOCUMENTS)
def test_every_document_has_its_heading(form: str) -> None:
    assert f"### {form}\n" in TEXT


def test_the_group_for_plugins_is_named() -> None:
    assert f'[project.entry-points."{CODEC_GROUP}"]' in TEXT
