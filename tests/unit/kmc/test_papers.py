"""What people sign, as lines: there and back, and nothing else gets through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.kmc.town import NOW, SEEDS, Town
from voltoken import canonical
from voltoken.access import Verdict, break_glass, review_glass
from voltoken.errors import CentreFileError
from voltoken.kmc import (
    approval_facts,
    read_approval,
    read_glass,
    read_request,
    read_review,
    request_facts,
    said_facts,
)

LATER = NOW + timedelta(minutes=9)


def stored(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as they come back from a file."""
    found = json.loads(canonical.write(facts))
    assert isinstance(found, dict)
    return found


def papers() -> dict[str, tuple[Callable[[Mapping[str, Any]], Any], dict[str, Any], Any]]:
    """Return for each kind of line its reader, its facts as stored, and what was signed."""
    town = Town()
    filed = town.state.requests[town.ask("person", "change", "dave", roles=["approver"], phone="1")]
    request = filed.request
    approval = town.approval(request.request_id, "bob", Verdict.REJECT)
    glass = break_glass(request, "alice", "fire", LATER, SEEDS["alice"])
    found = review_glass(request, "bob", "there was one", LATER, SEEDS["bob"])
    signed = (request, filed.signature)
    return {
        "request": (read_request, stored(request_facts(*signed)), signed),
        "approval": (read_approval, stored(approval_facts("r1", approval)), approval),
        "glass": (read_glass, stored(said_facts("r1", glass)), glass),
        "review": (read_review, stored(said_facts("r1", found)), found),
    }


PAPERS = papers()


@pytest.mark.parametrize("name", PAPERS)
def test_a_line_gives_back_what_was_signed(name: str) -> None:
    read, facts, signed = PAPERS[name]
    assert read(facts) == signed


@pytest.mark.parametrize("wrong", [None, 5, True, "", "x", [], {}, "2026-11-21"], ids=repr)
@pytest.mark.parametrize("name", PAPERS)
def test_a_line_with_something_else_in_a_field_is_none(name: str, wrong: Any) -> None:
    read, facts, signed = PAPERS[name]
    for field, right in facts.items():
        edited = {**facts, field: wrong}
        try:
            found = read(edited)
        except CentreFileError:
            continue
        # What can be read is another paper, whose signature then does not fit, or says the same.
        assert found != signed or field in ("request", "act", "body") or right == wrong
        assert field in ("request", "reason", "by", "body", "maker", "act", "domain", "needs", "signature")


@pytest.mark.parametrize("name", PAPERS)
def test_a_line_without_a_field_is_none(name: str) -> None:
    read, facts, _ = PAPERS[name]
    for field in facts:
        if field == "request" and name != "request":
            continue  # the line says for whom; the signed paper has the hash
        with pytest.raises(CentreFileError):
            read({key: value for key, value in facts.items() if key != field})
