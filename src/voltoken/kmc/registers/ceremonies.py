"""The register of ceremonies: what is done with keys in a closed room, step by step, by several people.

Everybody acts with the own key: a custodian asks for ``component`` and hands the component in beside the
request, where no log sees it. What a step has to show, and whose turn it is, is in ``voltoken.kmc.ceremony``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from voltoken.kmc.ceremony.minutes import everybody_has_signed, signature_is_right
from voltoken.kmc.ceremony.record import CEREMONY
from voltoken.kmc.ceremony.rules import REASONS as RULE_REASONS
from voltoken.kmc.ceremony.rules import (
    a_reason_is_given,
    all_turns_are_done,
    dry_runs_are_marked,
    it_begins_as_planned,
    it_is_their_turn,
    key_is_waiting,
    no_custodian_plans,
    officer_leads,
    parts_are_filled,
)
from voltoken.kmc.ceremony.script import CUSTODIANS_MAX
from voltoken.kmc.ceremony.scripts import SCRIPTS
from voltoken.kmc.keys import KEY_ID
from voltoken.kmc.kinds import (
    DIGEST,
    DOCUMENT,
    FLAG,
    KCV,
    LINE,
    MOMENT,
    SIGNATURE,
    WORD,
    Kind,
    choice,
    count,
    reference,
)
from voltoken.kmc.register import ADD, Field, Register, Step

REASONS: Final[Mapping[str, str]] = {
    **RULE_REASONS,
    "minutes": "the minutes of a ceremony are not signed by everybody, or a signature under them is wrong",
}


def _in_order(given: Any) -> list[str]:
    people = [one.strip() for one in given.split(",")] if isinstance(given, str) else given
    if not isinstance(people, list | tuple):
        raise TypeError
    found = [WORD.read(one) for one in people]
    if not found or len(set(found)) < len(found):
        raise ValueError
    return found


def _rows(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list | tuple):
        raise TypeError
    return [DOCUMENT.read(one) for one in given]


_PERSON: Final = reference("person", WORD)
_BITS: Final = Kind("bits", "64 or 160", lambda given: {64: 64, 160: 160}[int(given)])
_PEOPLE: Final = Kind(
    "name,...", "ids of people, in the order of their numbers, nobody twice", _in_order, "person", many=True
)
_ROWS: Final = Kind("object,...", "a list of objects", _rows)

_FIELDS: Final = (
    Field("script", choice(*SCRIPTS), "by which script it is held", required=True, shown=True),
    Field("purpose", LINE, "what it is for, as the minutes will say", required=True),
    Field(
        "dry_run",
        FLAG,
        "it is practised with made-up keys; its id begins with dry-",
        default=False,
        shown=True,
    ),
    Field("vending_key", reference("vending_key", KEY_ID), "the key that it is about", shown=True),
    Field("bits", _BITS, "how long the key and its components are"),
    Field("expected", KCV, "check value that whoever made the components sent on another way"),
    Field("threshold", count(2, CUSTODIANS_MAX), "how many shares are to give the root key"),
    Field("officer", _PERSON, "who leads it", required=True, shown=True),
    Field("custodians", _PEOPLE, "who know the components or keep the shares, as 1, 2, ...", required=True),
    Field("auditor", _PERSON, "who looks whether it goes by the script", required=True),
    Field("witness", _PERSON, "who is there as well, if anybody"),
    Field("number", count(1, 200), "the step that is done; the last one that was"),
    Field("evidence", DOCUMENT, "what the step has to show, by name"),
    Field("steps", _ROWS, "the steps of the script, each with who does it"),
    Field("people", _ROWS, "who takes part, with the key each had at the beginning"),
    Field("planned", DOCUMENT, "who planned it and who approved"),
    Field("begun_at", MOMENT, "when it began"),
    Field("record", _ROWS, "what is on record: who, when, what was shown, what the centre found"),
    Field("check_value", KCV, "of the key that the components made", shown=True),
    Field("closed_at", MOMENT, "when the last step was done and it was closed"),
    Field("minutes", DIGEST, "SHA-256 of the minutes"),
    Field("signature", SIGNATURE, "under the minutes, with the own key"),
    Field("signatures", DOCUMENT, "all signatures under the minutes, by person"),
    Field("reason", LINE, "why it was aborted"),
)


def _turn(name: str, text: str, *given: str) -> Step:
    """Return a step of the register by which a turn is done. Its job has its name."""
    return Step(
        name,
        text,
        sources=("running",),
        target="running",
        fields=("number", "evidence"),
        given=("record", "evidence", *given),
        job=name,
        rules=(it_is_their_turn,),
    )


def _in_person(name: str, text: str) -> Step:
    """Return a turn in which a custodian types or is shown what nobody else may know."""
    return replace(_turn(name, text), present=True)


_PLANNED: Final = (
    *("script", "purpose", "dry_run", "vending_key", "bits", "expected", "threshold"),
    *("officer", "custodians", "auditor", "witness"),
)
_STEPS: Final = (
    Step(
        ADD,
        "plan a ceremony: the script, and who takes part as what",
        target="planned",
        fields=_PLANNED,
        approvals=1,
        rules=(parts_are_filled, dry_runs_are_marked, key_is_waiting, no_custodian_plans),
    ),
    Step(
        "begin",
        "begin: everybody is there, and from now on nothing of the plan changes",
        sources=("planned",),
        target="running",
        given=("steps", "people", "planned", "begun_at"),
        job="begin",
        rules=(officer_leads, key_is_waiting, it_begins_as_planned),
    ),
    replace(_turn("step", "do a step that needs no secret, and show its evidence"), job="record"),
    _in_person("component", "enter the component that only you know; it is handed in beside the request"),
    replace(
        _turn("combine", "make the key of the components, and destroy them", "check_value"),
        rules=(it_is_their_turn, key_is_waiting),
    ),
    _turn("split", "split the root key of the centre into one share for every custodian"),
    _in_person("hand_out", "be shown your share, once"),
    _in_person("share", "read your share back from paper; it is handed in beside the request"),
    _turn("recover", "let the shares that were read back give the root key, and forget them"),
    Step(
        "close",
        "close: all steps are done, and the minutes no longer change",
        sources=("running",),
        target="closed",
        given=("closed_at", "minutes"),
        job="close",
        rules=(officer_leads, all_turns_are_done),
    ),
    Step(
        "sign",
        "sign the minutes, as one who took part",
        sources=("closed",),
        target="closed",
        fields=("signature",),
        given=("signatures",),
        job="sign",
        rules=(signature_is_right,),
    ),
    Step(
        "finish",
        "finish: everybody has signed",
        sources=("closed",),
        target="done",
        job="finish",
        rules=(officer_leads, everybody_has_signed),
    ),
    Step(
        "abort",
        "break off, whatever the reason: nothing of it is used, and its secrets are destroyed. Shares that "
        "were handed out still give the root key: collect them, and destroy the papers",
        sources=("planned", "running", "closed"),
        target="aborted",
        fields=("reason",),
        job="abort",
        rules=(a_reason_is_given,),
    ),
)

TABLES: Final[tuple[Register, ...]] = (
    Register(
        CEREMONY,
        "Ceremonies: who did what with which key, by which script, and what was shown for it.",
        _FIELDS,
        {
            "planned": "approved, and not begun",
            "running": "its steps are being done",
            "closed": "all steps are done; the minutes wait for signatures",
            "done": "everybody has signed the minutes",
            "aborted": "broken off; nothing of it may be used",
        },
        _STEPS,
        terminal=frozenset({"done", "aborted"}),
    ),
)
