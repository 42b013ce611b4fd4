"""Minutes on paper: what stands there, what is called wrong, and that nothing in them can break out."""

from __future__ import annotations

import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.kmc.ceremony.hall import KEY, Hall, refused
from voltoken import canonical
from voltoken.kmc.ceremony import (
    Action,
    check_minutes,
    minutes,
    minutes_digest,
    minutes_message,
    minutes_page,
    signed_by,
)
from voltoken.kmc.values import NOTICE


@pytest.fixture(scope="module")
def done() -> tuple[dict[str, Any], dict[str, str]]:
    """Return the minutes and signatures of a ceremony that is done."""
    hall = Hall()
    hall.plan(witness="wanda")
    hall.run()
    entry = hall.finish()
    return minutes("C1", entry), dict(entry.get("signatures"))


class Reading(HTMLParser):
    """Collects what a reader of a page sees, and which elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - html.parser's
        """Note an element."""
        self.elements.add(tag)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Every element ends where it should."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text that is shown."""
        if "style" not in self.open:
            self.text += data + " "


def read(page: str) -> Reading:
    """Read a page."""
    reading = Reading()
    reading.feed(page)
    reading.close()
    assert reading.open == []
    reading.text = " ".join(reading.text.split())
    return reading


def test_a_page_says_who_did_what_and_that_all_signed(done: tuple[dict[str, Any], dict[str, str]]) -> None:
    document, signatures = done
    reading = read(minutes_page(document, signatures))
    for said in (KEY, document["check_value"], "Wanda Witness", "custodian 3", "K1-004", NOTICE):
        assert said in reading.text
    assert reading.text.count("signed, and verified") == 6
    assert minutes_digest(document) in reading.text.replace(" ", "")
    for signature in signatures.values():
        assert signature in reading.text
    assert not reading.elements & {"script", "link", "img", "iframe", "a", "form"}
    assert "not signed" not in reading.text
    foot = f'content: "C1 · k1 · {minutes_digest(document)[:16]}"'
    assert foot in minutes_page(document, signatures)
    assert "Dry run" not in reading.text
    assert "Aborted" not in reading.text
    assert "Not closed" not in reading.text


def test_a_page_calls_a_wrong_or_missing_signature_so(done: tuple[dict[str, Any], dict[str, str]]) -> None:
    document, signatures = done
    some = {**signatures, "carol": signatures["chris"], "chris": "no digits"}
    del some["olga"]
    text = read(minutes_page(document, some)).text
    assert text.count("signed, and verified") == 3
    assert text.count("the signature is wrong") == 2
    assert text.count("not signed") == 1
    error = refused(check_minutes, document, some)
    assert error.reason == "minutes"
    assert "carol, chris, olga" in error.message


def test_a_page_of_an_aborted_dry_run_says_so_first() -> None:
    hall = Hall()
    hall.plan("dry-1", dry_run=True, vending_key=None)
    hall.run("dry-1", until=Action.COMBINE)
    text = read(minutes_page(minutes("C1", hall.entry("dry-1")), {})).text
    assert text.index("Not closed") < text.index("Ceremony dry-1")
    assert "not done" in text
    entry = hall.act("olga", "abort", "dry-1", reason="the bell rang")
    text = read(minutes_page(minutes("C1", entry), {})).text
    assert text.index("Dry run") < text.index("Aborted: the bell rang") < text.index("Ceremony dry-1")


def test_a_page_about_shares_says_how_many_suffice() -> None:
    hall = Hall()
    hall.plan("b1", script="backup-shares", vending_key=None, bits=None, threshold=2)
    hall.run("b1")
    text = read(minutes_page(minutes("C1", hall.entry("b1")), {})).text
    assert "Shares that suffice 2" in text
    assert "Check value of the key" not in text
    assert not any(share in text for share in hall.shares.values())


def test_a_minute_that_nobody_approved_says_so(done: tuple[dict[str, Any], dict[str, str]]) -> None:
    document, _ = done
    planned = {**document["planned"], "approved_by": []}
    assert "approved by nobody" in read(minutes_page({**document, "planned": planned}, {})).text


@pytest.mark.parametrize("field", ["purpose", "reason", "centre", "ceremony"])
def test_no_text_breaks_out_of_the_page(done: tuple[dict[str, Any], dict[str, str]], field: str) -> None:
    document, signatures = done
    bad = """</style><script>alert("1")</script><b title='x'>&amp;"""
    reading = read(minutes_page({**document, field: bad}, signatures))
    assert not reading.elements & {"script", "b"}
    assert bad in reading.text


@settings(max_examples=30, deadline=None)
@given(text=st.text(min_size=1, max_size=60))
def test_a_page_holds_together_whatever_is_written(
    done: tuple[dict[str, Any], dict[str, str]], text: str
) -> None:
    document, signatures = done
    people = [{**one, "name": text} for one in document["people"]]
    given_up = {**document, "purpose": text, "ceremony": text, "people": people}
    assert read(minutes_page(given_up, {**signatures, "carol": text})).elements >= {"h1", "table"}


def test_any_change_of_minutes_takes_every_signature_away(
    done: tuple[dict[str, Any], dict[str, str]],
) -> None:
    document, signatures = done
    assert len(signed_by(document, signatures)) == 6
    for name, value in document.items():
        if name != "people":
            other = {**document, name: f"{value}."}
            assert signed_by(other, signatures) == frozenset(), name
    swapped = [{**one, "name": "Somebody Else"} for one in document["people"]]
    assert signed_by({**document, "people": swapped}, signatures) == frozenset()


def test_what_is_signed_is_the_hash_of_the_one_form(done: tuple[dict[str, Any], dict[str, str]]) -> None:
    document, _ = done
    whole = b"voltoken-minutes/1|" + canonical.write(document).encode()
    assert minutes_message(document) == b"voltoken-minutes/1|" + hashlib.sha256(whole).hexdigest().encode()
    assert re.fullmatch("[0-9a-f]{64}", minutes_digest(document))
