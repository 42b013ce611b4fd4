"""Codes of practice: evidence for every item, and a decision by somebody from elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.kmc.refusals import refusal, why
from tests.unit.kmc.town import DAY, KEY, Town
from voltoken.access import Verdict
from voltoken.errors import FieldError

CHECKLIST = [{"item": "4.1", "text": "Keys are kept apart"}, {"item": "4.2", "text": "Two people hold them"}]
PIECE = {"digest": "ab" * 32, "note": "scan"}


@pytest.fixture
def assessed(town: Town) -> Town:
    """Return a centre where an organisation is assessed by a code of practice of two items."""
    town.act("practice", "add", "cop-1", number="COP-1", title="Keeping keys", checklist=CHECKLIST)
    town.act("assessment", "add", "a1", practice="cop-1", organisation="lightco")
    return town


def completed(town: Town) -> None:
    """Give evidence for both items."""
    town.act("assessment", "show", "a1", evidence={"4.2": {"name": "minutes.pdf"}, "4.1": PIECE})
    town.act("assessment", "complete", "a1")


def test_an_assessment_is_accepted_when_every_item_has_evidence(assessed: Town) -> None:
    assert assessed.entry("assessment", "a1").get("evidence") == {}
    assert refusal(assessed, "assessment", "complete", "a1") == "no_evidence"
    assessed.act("assessment", "show", "a1", evidence={"4.1": PIECE})
    assert refusal(assessed, "assessment", "complete", "a1") == "no_evidence"
    completed(assessed)
    assert assessed.act("assessment", "accept", "a1", valid_until="2027-11-20").state == "accepted"


def test_evidence_is_for_items_of_the_checklist(assessed: Town) -> None:
    assert refusal(assessed, "assessment", "show", "a1", evidence={"9.9": PIECE}) == "no_item"
    values: dict[str, Any] = {"practice": "cop-1", "organisation": "lightco"}
    assert refusal(assessed, "assessment", "add", "a2", evidence={"9.9": PIECE}, **values) == "no_item"


def test_more_can_be_asked_for(assessed: Town) -> None:
    completed(assessed)
    assert assessed.act("assessment", "reopen", "a1").state == "open"


def test_no_assessment_begins_by_a_code_that_is_superseded(assessed: Town) -> None:
    assessed.act("practice", "supersede", "cop-1")
    values: dict[str, Any] = {"practice": "cop-1", "organisation": "powerco"}
    assert refusal(assessed, "assessment", "add", "a2", **values) == "standing"
    completed(assessed)


def test_nobody_decides_on_the_own_organisation(assessed: Town) -> None:
    completed(assessed)
    assessed.act("person", "add", "eve", name="Eve", roles="officer", public_key=KEY["eve"])
    assessed.act("person", "change", "eve", organisation="lightco")
    accept: dict[str, Any] = {"by": "eve", "valid_until": "2027-11-20"}
    assert refusal(assessed, "assessment", "accept", "a1", **accept) == "own_case"
    assert refusal(assessed, "assessment", "reject", "a1", by="eve", reason="x") == "own_case"
    request = assessed.ask("assessment", "reject", "a1", reason="too thin")
    assert why(lambda: assessed.approve(request, "eve")) == "own_case"
    assessed.approve(request, "eve", Verdict.REJECT)


def test_a_decision_says_until_when_or_why_not(assessed: Town) -> None:
    completed(assessed)
    assert refusal(assessed, "assessment", "accept", "a1") == "empty"
    assert refusal(assessed, "assessment", "accept", "a1", valid_until="2026-11-20") == "past"
    assert refusal(assessed, "assessment", "reject", "a1") == "empty"
    assert assessed.act("assessment", "reject", "a1", reason="too thin").state == "rejected"


def test_an_accepted_assessment_expires_after_its_last_day(assessed: Town) -> None:
    completed(assessed)
    assessed.act("assessment", "accept", "a1", valid_until="2026-11-21")
    assert refusal(assessed, "assessment", "expire", "a1") == "early"
    assessed.now += DAY
    assert assessed.act("assessment", "expire", "a1").state == "expired"


@pytest.mark.parametrize(
    "checklist",
    [
        *("4.1", [], [5], [{"item": "4.1"}], [{"item": "4.1", "text": ""}], [{"item": " ", "text": "x"}]),
        [{"item": 4, "text": "x"}],
        [{"item": "4.1", "text": "x", "more": "y"}],
        [{"item": "4.1", "text": "x"}, {"item": "4.1", "text": "y"}],
        [{"item": str(number), "text": "x"} for number in range(501)],
    ],
    ids=range(10),
)
def test_a_checklist_names_each_item_once(town: Town, checklist: Any) -> None:
    with pytest.raises(FieldError):
        town.ask("practice", "add", "cop-1", number="COP-1", title="Keys", checklist=checklist)


@pytest.mark.parametrize(
    "evidence",
    [
        *("x", {"4.1": "x"}, {"4.1": {}}, {"4.1": {"note": "x"}}, {"4.1": {"digest": "x"}}, {"": PIECE}),
        *({"4.1": PIECE | {"more": "y"}}, {str(number): PIECE for number in range(501)}),
    ],
    ids=range(8),
)
def test_evidence_is_a_digest_or_a_name(assessed: Town, evidence: Any) -> None:
    with pytest.raises(FieldError):
        assessed.ask("assessment", "show", "a1", evidence=evidence)
