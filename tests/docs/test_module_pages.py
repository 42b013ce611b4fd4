"""The pages about security modules name every refusal and every setting there is."""

from __future__ import annotations

import re

import pytest

from docs.module_pages import AREAS, SETTINGS, refusal_page, refuse_safely, settings_page
from tests.docs.pages import ROOT
from voltoken.drivers.local.settings import parse_settings
from voltoken.errors import FieldError
from voltoken.security import REFUSALS


def test_every_refusal_is_on_the_page_once() -> None:
    shown = re.findall(r"^\| `([a-z0-9_.]+)` \|", refusal_page(), re.MULTILINE)
    assert sorted(shown) == sorted(REFUSALS)
    assert {code.partition(".")[0] for code in REFUSALS} == set(AREAS)


def test_details_are_shown_as_words_to_fill_in() -> None:
    assert "{" not in refusal_page()
    assert "*sgc*" in refusal_page()


@pytest.mark.parametrize(
    ("code", "again"),
    [("module.sealed", True), ("client.rate", True), ("tid.claimed", False), ("key.unknown", False)],
)
def test_what_may_be_repeated_is_said(code: str, again: bool) -> None:
    assert refuse_safely(code) is again
    assert f"| {'yes' if again else '–'} |" in next(
        line for line in refusal_page().splitlines() if line.startswith(f"| `{code}`")
    )


def test_every_setting_that_is_read_is_on_the_page() -> None:
    source = (ROOT / "src/voltoken/drivers/local/settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r"\.(?:take|texts|choice)\(\s*\"(\w+)\"", source))
    assert len(read) > 20
    assert read == {one.name for _, settings in SETTINGS.values() for one in settings}


def complaint(text: str) -> str:
    try:
        parse_settings(text)
    except FieldError as error:
        return error.message
    return ""


def test_names_on_the_page_are_known_where_it_says() -> None:
    lines = {
        f"{place}.{one.name}": f"[{place}]\n{one.name} = []\n" if place else f"{one.name} = []\n"
        for place, (_, settings) in SETTINGS.items()
        for one in settings
    }
    head = 'version = 1\nid = "a"\n'
    texts = {
        name: line if line in ("version = []\n", "id = []\n") else head + line for name, line in lines.items()
    }
    assert [name for name, text in texts.items() if "typing error" in complaint(text)] == []
    assert "typing error" in complaint(head + "[serve]\nports = []\n")


def test_the_page_has_the_defaults_of_the_program() -> None:
    page = settings_page()
    assert "| `port` | `9443` |" in page
    assert "| `require_client_certificate` | `true` |" in page
    assert "| `accept_non_sts_compliant_module` | `false` |" in page
