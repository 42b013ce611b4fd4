"""Codes of practice, and how organisations keep them: checklists, and evidence for each item of them.

The evidence itself stays where it is; the register has its digest or the name by which it is found.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from voltoken.kmc.kinds import DAY, DIGEST, IDENT, LINE, NAME, Kind, reference
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.rules import check_impartial, has, in_state, over, yet_to_come

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
ITEMS_MAX: Final = 500
"""The most items of one checklist."""

REASONS: Final[Mapping[str, str]] = {
    "no_item": "evidence is given for an item that the checklist has not",
    "no_evidence": "an item of the checklist has no evidence",
}

_ITEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,19}")


def _checklist(given: Any) -> list[dict[str, str]]:
    if not isinstance(given, list | tuple) or not 1 <= len(given) <= ITEMS_MAX:
        raise TypeError
    found = []
    for one in given:
        if not isinstance(one, Mapping) or one.keys() != {"item", "text"}:
            raise TypeError
        found.append({"item": _item(one["item"]), "text": LINE.read(one["text"])})
    if len({one["item"] for one in found}) < len(found):
        raise ValueError
    return found


def _evidence(given: Any) -> dict[str, dict[str, str]]:
    if not isinstance(given, Mapping) or len(given) > ITEMS_MAX:
        raise TypeError
    return {_item(item): _piece(piece) for item, piece in sorted(given.items())}


def _piece(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping) or not given or not given.keys() <= _PIECES.keys():
        raise TypeError
    if "digest" not in given and "name" not in given:
        raise ValueError
    return {part: _PIECES[part].read(value) for part, value in sorted(given.items())}


def _item(given: Any) -> str:
    if not isinstance(given, str) or not _ITEM.fullmatch(given):
        raise ValueError
    return given


_PIECES: Final[Mapping[str, Kind]] = {"digest": DIGEST, "name": LINE, "note": LINE}

CHECKLIST: Final = Kind("list", 'a list of {"item": "4.2", "text": "..."}, each item once', _checklist)
EVIDENCE: Final = Kind(
    "object", 'by item, {"4.2": {"digest": SHA-256, "name": "...", "note": "..."}}, digest or name', _evidence
)


def _items_are_there(look: Look) -> None:
    """Evidence is for items of the checklist."""
    items = _items(look)
    for item in look.after.get("evidence"):
        if item not in items:
            raise look.refuse("no_item", f"The checklist has no item {item}; it has {', '.join(items)}.")


def _all_have_evidence(look: Look) -> None:
    """Every item of the checklist has evidence."""
    missing = [item for item in _items(look) if item not in look.after.get("evidence")]
    if missing:
        raise look.refuse("no_evidence", f"There is no evidence for {', '.join(missing[:10])}.")


def _items(look: Look) -> list[str]:
    practice = look.other("practice", look.after.get("practice"))
    return [one["item"] for one in practice.get("checklist")]


def _decides_for_others(look: Look) -> None:
    """Nobody decides on the organisation they work for."""
    check_impartial(look, look.after.get("organisation"))


PRACTICE: Final = Register(
    "practice",
    "Codes of practice as checklists.",
    (
        Field("number", IDENT, "its number", required=True, shown=True),
        Field("title", NAME, "its title", required=True, shown=True),
        Field("checklist", CHECKLIST, "what is to be shown", required=True),
    ),
    {"in_force": "organisations are assessed by it", "superseded": "another one has taken its place"},
    (
        Step(ADD, "put it in force", (), "in_force", ("number", "title", "checklist"), approvals=1),
        Step("supersede", "begin no assessment by it", ("in_force",), "superseded", approvals=1),
    ),
    terminal=frozenset({"superseded"}),
)

ASSESSMENT: Final = Register(
    "assessment",
    "Assessments of organisations by a code of practice.",
    (
        Field("practice", reference("practice"), "the code of practice", required=True, shown=True),
        Field("organisation", reference("organisation"), "who is assessed", required=True, shown=True),
        Field("evidence", EVIDENCE, "what was shown for each item", default=NOTHING),
        Field("valid_until", DAY, "the last day of its being accepted", shown=True),
        Field("reason", LINE, "why it was rejected"),
    ),
    {
        "open": "evidence is collected",
        "complete": "there is evidence for every item",
        "accepted": "the organisation keeps the code of practice, until its last day",
        "rejected": "it does not, or has not shown it",
        "expired": "the last day is over",
    },
    (
        Step(
            ADD,
            "begin an assessment",
            (),
            "open",
            ("practice", "organisation", "evidence"),
            rules=(in_state("practice", "in_force"), _items_are_there),
        ),
        Step(
            "show",
            "note what was shown; all of it, also what was noted before",
            ("open",),
            None,
            ("evidence",),
            rules=(_items_are_there,),
        ),
        Step("complete", "say that all is there", ("open",), "complete", rules=(_all_have_evidence,)),
        Step("reopen", "ask for more", ("complete",), "open"),
        Step(
            "accept",
            "find that the code of practice is kept",
            ("complete",),
            "accepted",
            ("valid_until",),
            approvals=1,
            rules=(
                has("valid_until"),
                yet_to_come("valid_until"),
                in_state("organisation", "member"),
                _decides_for_others,
            ),
        ),
        Step(
            "reject",
            "find that it is not",
            ("open", "complete"),
            "rejected",
            ("reason",),
            approvals=1,
            rules=(has("reason"), _decides_for_others),
        ),
        Step("expire", "note that it is over", ("accepted",), "expired", rules=(over("valid_until"),)),
    ),
    terminal=frozenset({"rejected", "expired"}),
)

TABLES: Final = (PRACTICE, ASSESSMENT)
