"""The rules of ceremonies: who may take part, whose turn it is, and what a turn has to show.

Each is a ``Rule`` of the register; ``check_composes`` is for the register of vending keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from voltoken.errors import ActRefused
from voltoken.kmc.ceremony.record import (
    CEREMONY,
    DRY,
    begun,
    custodians,
    found_by,
    is_dry,
    next_turn,
    parts,
    record,
    turns,
)
from voltoken.kmc.ceremony.script import CUSTODIANS_MAX, RECORDED_BY, Action, Form, Turn
from voltoken.kmc.ceremony.scripts import COMPONENTS, DESTROY, SCRIPTS
from voltoken.kmc.register import Look
from voltoken.kmc.values import Entry

REASONS: Final[Mapping[str, str]] = {
    "ceremony": "the ceremony is of another kind, about another key, or not done",
    "check_value": "a check value is not the one that was to be expected",
    "component": "a component of a key is of a wrong length, plain, entered twice, or of a dry run",
    "custodian": "whoever knows a component neither asks for nor approves what is done with the key",
    "dry_run": "a dry run and a real ceremony were confused",
    "evidence": "a step of a ceremony has to show something else",
    "part": "a step belongs to somebody else, or the parts of a ceremony are not filled as its script says",
    "share_check": "a share is not the one that was handed out, or the shares give another key",
    "turn": "another step of the ceremony comes first",
}
"""Why these rules, and the jobs of ceremonies, refuse an act."""

_DESTROYED: Final = frozenset({"destroyed", "destroyed_compromised"})
_OVER: Final = frozenset({"aborted"})


def parts_are_filled(look: Look) -> None:
    """Every part is another person's, and there are as many custodians as the script needs."""
    entry, script = look.after, SCRIPTS[look.after.get("script")]
    people = [person for _, _, person in parts(entry)]
    if len(set(people)) < len(people):
        raise look.refuse("part", "Somebody has two parts. Everybody in a ceremony has one.")
    count = len(custodians(entry))
    if not script.custodians <= count <= CUSTODIANS_MAX:
        raise look.refuse(
            "part", f"There are {count} custodians; it takes {script.custodians} to {CUSTODIANS_MAX}."
        )
    threshold = entry.get("threshold")
    if script.quorum != (threshold is not None) or (threshold or 0) > count:
        allowed = f"2 to {count}, the number of custodians" if script.quorum else "left out in this script"
        raise look.refuse("part", f"threshold is {threshold}; it is {allowed}.")


def dry_runs_are_marked(look: Look) -> None:
    """The id says whether it is a dry run, and a dry run is about no key of the register."""
    entry = look.after
    if is_dry(entry) != bool(entry.get("dry_run")):
        raise look.refuse(
            "dry_run", f"The id of a dry run begins with {DRY!r}, that of a real ceremony does not."
        )
    needs = SCRIPTS[entry.get("script")].key and not is_dry(entry)
    if needs != (entry.get("vending_key") is not None):
        said = "names the key that it is about" if needs else "names no vending_key"
        raise look.refuse("dry_run", f"This ceremony {said}: a dry run, or a script about shares, has none.")
    if (entry.get("script") == COMPONENTS.name) != (entry.get("bits") is not None):
        raise look.refuse(
            "ceremony", "bits, the length of the key, is given with components and only with them."
        )
    if entry.get("expected") is not None and entry.get("bits") is None:
        raise look.refuse("ceremony", "A check value is expected of a key from components only.")


def key_is_waiting(look: Look) -> None:
    """The key of a ceremony is one that waits for it, and no other ceremony is about it."""
    entry, key_id = look.after, look.after.get("vending_key")
    if key_id is None:
        return
    key = look.other("vending_key", key_id)
    if entry.get("script") == DESTROY.name:
        if key.state in _DESTROYED:
            raise look.refuse("ceremony", f"{key} is {key.state} already.")
        return
    if key.state != "requested" or key.get("origin") != "components":
        raise look.refuse(
            "ceremony",
            f"{key} is {key.state}, origin {key.get('origin')}; components are for one that is requested "
            "with origin components.",
        )
    if key.get("bits") != entry.get("bits"):
        raise look.refuse("ceremony", f"{key} has {key.get('bits')} bits, the ceremony {entry.get('bits')}.")
    for other in look.state.where(CEREMONY, vending_key=key_id, script=COMPONENTS.name):
        if other.entry_id != entry.entry_id and other.state not in _OVER:
            raise look.refuse(
                "ceremony", f"{other} is about {key}, and is {other.state}. Go on with that one."
            )


def no_custodian_plans(look: Look) -> None:
    """Whoever will know a component neither plans the ceremony nor approves that it is held."""
    _check_apart(look, look.after, (look.by, *look.approvers))


def officer_leads(look: Look) -> None:
    """Only the officer of a ceremony begins, closes and finishes it."""
    if look.by != look.after.get("officer"):
        raise look.refuse("part", f"This is done by the officer, {look.after.get('officer')}.")


def it_begins_as_planned(look: Look) -> None:
    """Everybody who takes part can sign, and what is put down is what the script says."""
    wanted = begun(look.state, _before(look), look.now)
    put_down = look.after.get("steps") is not None
    if put_down and any(look.after.get(name) != value for name, value in wanted.items()):
        raise look.refuse("turn", "What is put down of the ceremony is not what its script says.")


def it_is_their_turn(look: Look) -> None:
    """Steps are done in order, each by the right person, with what it has to show."""
    before = _before(look)
    turn = next_turn(before)
    if turn is None:
        raise look.refuse("turn", "All steps are done. Close the ceremony.")
    act = RECORDED_BY[turn.action]
    if look.after.get("number") != turn.number or look.step.name != act:
        raise look.refuse(
            "turn",
            f"Next is step {turn.number}, done with ceremony {act} by {turn.person}: {turn.text}",
            number=turn.number,
        )
    if look.by != turn.person:
        raise look.refuse("part", f"Step {turn.number} is done by {turn.person}.", number=turn.number)
    _check_key(look, before)
    evidence, found = look.after.get("evidence") or {}, None
    if "record" in look.facts:
        *before_rows, row = record(look.after) or ({},)
        if (*before_rows,) != record(before) or (row.get("number"), row.get("person")) != (
            turn.number,
            look.by,
        ):
            raise look.refuse("turn", "What is on record does not go with what was on record before.")
        evidence, found = row["evidence"], row["found"]
    _check_evidence(look, before, turn, turn.shown(evidence), found)


def all_turns_are_done(look: Look) -> None:
    """A ceremony is closed when nothing is left to do."""
    turn = next_turn(_before(look))
    if turn is not None:
        raise look.refuse("turn", f"Step {turn.number} is not done: {turn.text}", number=turn.number)


def a_reason_is_given(look: Look) -> None:
    """Whoever breaks a ceremony off says why, for the minutes."""
    if look.after.get("reason") is None:
        raise look.refuse("fields", "Say why the ceremony is aborted: reason.")


def check_composes(look: Look, ceremony_id: str) -> None:
    """Check that a ceremony made the vending key that a step is about.

    Raises ActRefused: ``unknown``, ``ceremony`` (not done, of another kind, or about another key),
    ``dry_run``, ``custodian`` (one who knows a component asks or approves).
    """
    entry = look.other(CEREMONY, ceremony_id)
    if is_dry(entry):
        raise look.refuse("dry_run", f"{entry} was a dry run. Its key is made up and known to everybody.")
    if entry.state != "done" or entry.get("script") != COMPONENTS.name:
        raise look.refuse("ceremony", f"{entry} is {entry.state}, by the script {entry.get('script')}.")
    if entry.get("vending_key") != look.after.entry_id:
        raise look.refuse("ceremony", f"{entry} was about the key {entry.get('vending_key')}.")
    if entry.get("bits") != look.after.get("bits"):
        raise look.refuse("ceremony", f"{entry} made a key of {entry.get('bits')} bits.")
    _check_apart(look, entry, (look.by, *look.approvers))


def _check_apart(look: Look, ceremony: Entry, people: tuple[str, ...]) -> None:
    both = sorted({*custodians(ceremony)} & {*people})
    if both:
        raise look.refuse(
            "custodian",
            f"{both[0]} is a custodian of {ceremony}. Somebody who knows nothing of the key has to do it.",
            person=both[0],
        )


def _check_key(look: Look, before: Entry) -> None:
    """Refuse a key that somebody was given while the ceremony ran: it may be in another's hand."""
    person = look.state.person(look.by)
    keys = {one["person"]: one["public_key"] for one in before.get("people")}
    if person is None or person.public_key is None or person.public_key.hex() != keys.get(look.by):
        raise look.refuse(
            "part",
            f"{look.by} has another key than when the ceremony began, and could not sign its minutes. "
            "Abort it, and begin another one.",
            person=look.by,
        )


def _check_evidence(
    look: Look, before: Entry, turn: Turn, shown: Mapping[str, Any], found: Mapping[str, Any] | None
) -> None:
    """Hold what a turn shows against what is on record."""
    if turn.action is Action.DESTROYED and not is_dry(before):
        key = look.other("vending_key", str(before.get("vending_key")))
        if key.state not in _DESTROYED:
            raise look.refuse("evidence", f"{key} is {key.state}. Let it be destroyed first.")
    for one in turn.evidence:
        if one.form is Form.ENVELOPE:
            _check_envelope(look, str(shown[one.name]))
        if one.form is Form.CHECK_VALUE:
            right = _right_value(before, turn, found)
            if right is not None and right != shown[one.name]:
                raise look.refuse("check_value", f"It is {right} on record, and {shown[one.name]} was read.")


def _right_value(before: Entry, turn: Turn, found: Mapping[str, Any] | None) -> str | None:
    """Return the check value that a turn has to show, None while nobody can know it."""
    if turn.action is Action.CHECK:
        found = found_by(before, Action.COMBINE)
    if turn.action is Action.SHARE and found is None:
        found = found_by(before, Action.HAND_OUT, turn.custodian)
    return None if found is None else str(found.get("check_value"))


def _check_envelope(look: Look, number: str) -> None:
    """Refuse a number that another envelope has, in any ceremony; real ones do not mind dry runs."""
    for entry in look.state.of(CEREMONY):
        if is_dry(entry) != is_dry(look.after):
            continue
        for turn, row in zip(turns(entry), record(entry), strict=False):
            if turn.action is Action.ENVELOPE and number in row["evidence"].values():
                raise look.refuse(
                    "evidence", f"{entry}, step {turn.number}, has an envelope {number}. Take another one."
                )


def _before(look: Look) -> Entry:
    if look.before is None:
        raise ActRefused("unknown", f"There is no {look.after}. Add it first.")
    return look.before
