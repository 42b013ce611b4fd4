"""Revisions: leading the meters of a supply group from one vending key to the next, and what was counted.

What stands where in a revision is not kept here but read off the other registers (``voltoken.kmc.planning``).
Kept is what nothing else tells: that it was begun, by whom it was approved, in which waves, and how many
meters were on either key in which list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from voltoken.kmc.keys import FULL, GONE, KEY_ID, MOVING
from voltoken.kmc.kinds import DAY, DIGEST, DOCUMENT, LINE, Kind, choice, count, reference
from voltoken.kmc.planning.rollover import REVISION, check_way
from voltoken.kmc.planning.waves import plan_of
from voltoken.kmc.register import ADD, Field, Look, Register, Step

REASONS: Final[Mapping[str, str]] = {
    "same_revision": "a revision leads from a key to another one",
    "key_over": "the key is not in a state in which meters can be led to it, or away from it",
    "cluster": "no key change leads from one cluster to another",
    "key_type": "the standard has no key change between these key types",
    "test": "live meters never go to a key that is marked test",
    "krn_exhausted": "all nine key revision numbers of the supply group are taken",
    "revision_open": "another revision leads the same meters elsewhere, or is still leading meters there",
    "new_key": "the new key is not made yet",
    "not_over": "meters are left on the old key, or it is not destroyed",
    "moved": "meters are on the new key, and there is no way back",
}

OPEN: Final = ("planned", "running")


def _waves(given: Any) -> dict[str, Any]:
    document: dict[str, Any] = DOCUMENT.read(given)
    plan_of(document)
    return document


WAVES: Final = Kind("object", "a wave plan, as voltoken kmc exposure takes it", _waves)


def _leads_on(look: Look) -> None:
    """It leads from a key that meters can be on to another key of the same group, and not back."""
    old, new = (look.other("vending_key", look.after.get(name)) for name in ("from_key", "to_key"))
    if old.state not in FULL | MOVING | {"suspended"}:
        raise look.refuse("key_over", f"{old} is {old.state}: no meter can be led away from it.")
    if old.get("sgc") != new.get("sgc") and look.after.get("reason") != "group":
        raise look.refuse(
            "same_revision", f"{new} is of another supply group. That takes the reason group.", field="reason"
        )
    check_way(look.state, old, new)


def _is_the_only_one(look: Look) -> None:
    """No open revision leads the same meters elsewhere, or to where this one starts unless it is urgent."""
    old, urgent = look.after.get("from_key"), look.after.get("reason") == "compromise"
    for other in look.state.of(REVISION):
        if other.entry_id == look.after.entry_id or other.state not in OPEN:
            continue
        if other.get("from_key") == old:
            raise look.refuse("revision_open", f"{other} is {other.state}, and leads away from {old} too.")
        if other.get("to_key") == old and not urgent:
            raise look.refuse("revision_open", f"{other} is {other.state}, and leads meters to {old}.")


def _new_key_is_made(look: Look) -> None:
    """Meters are led to a key that there is."""
    new = look.other("vending_key", look.after.get("to_key"))
    if new.state not in FULL:
        raise look.refuse("new_key", f"{new} is {new.state}; it has to be made.")


def _nothing_is_left(look: Look) -> None:
    """All meters of the list are on the new key, every row could be read, and the old key is destroyed."""
    left, unread = look.after.get("meters_left"), look.after.get("rows_unread")
    if left is None or left or unread:
        told = "nobody has counted the meters" if left is None else f"{left} meters are left on the old key"
        told = told if not unread else f"{told}, and {unread} rows of the list could not be read"
        raise look.refuse("not_over", f"{told[0].upper()}{told[1:]}.")
    old = look.other("vending_key", look.after.get("from_key"))
    if old.state not in GONE:
        raise look.refuse("not_over", f"{old} is {old.state}. Destroy it, and then finish.")


def _nobody_has_moved(look: Look) -> None:
    """A revision that meters have followed is not given up: there is no way back.

    It is given up where the new key is compromised: another revision leads on from there.
    """
    moved, new = look.after.get("meters_moved"), look.other("vending_key", look.after.get("to_key"))
    if moved and not new.state.endswith("compromised"):
        raise look.refuse("moved", f"{moved} meters are on the new key. Go on until the last one is.")


_PLANNED: Final = ("from_key", "to_key", "reason", "credit_stop", "waves", "notes")
_COUNTED: Final = ("meters_left", "meters_moved", "rows_unread", "list_digest", "listed_on")
_WAY: Final = (_leads_on, _is_the_only_one)

REVISIONS: Final = Register(
    REVISION,
    "Revisions: from one vending key of a supply group to the next.",
    (
        Field(
            "from_key", reference("vending_key", KEY_ID), "the key meters are on", required=True, shown=True
        ),
        Field("to_key", reference("vending_key", KEY_ID), "the key they go to", required=True, shown=True),
        Field(
            "reason",
            choice("rotation", "base_date", "compromise", "group"),
            "why: it is time; another base date; the key may be known; another supply group",
            required=True,
            shown=True,
        ),
        Field("credit_stop", DAY, "no credit is to be made under the old key from this day on"),
        Field("waves", WAVES, "the waves in which meters are led on; nothing: all at once"),
        Field("notes", LINE, "anything else"),
        Field("meters_left", count(), "meters on the old key in the last list", shown=True),
        Field("meters_moved", count(), "meters on the new key in it", shown=True),
        Field("rows_unread", count(), "rows of it that could not be read"),
        Field("list_digest", DIGEST, "SHA-256 of the list"),
        Field("listed_on", DAY, "the day of the list"),
    ),
    {
        "planned": "nothing was done yet",
        "running": "meters are led on",
        "done": "no meter is on the old key, and it is destroyed",
        "abandoned": "given up before any meter was led on",
    },
    (
        Step(ADD, "plan a revision", (), "planned", _PLANNED, rules=_WAY),
        Step("change", "plan it anew", ("planned",), None, _PLANNED[2:], rules=_WAY),
        Step(
            "start", "lead meters on", ("planned",), "running", approvals=1, rules=(*_WAY, _new_key_is_made)
        ),
        Step("rearrange", "change its waves", ("running",), None, ("waves", "credit_stop", "notes")),
        Step("count", "note how many meters a list has on either key", ("running",), None, _COUNTED),
        Step("finish", "end it", ("running",), "done", approvals=1, rules=(_nothing_is_left,)),
        Step(
            "abandon",
            "give it up",
            OPEN,
            "abandoned",
            ("notes",),
            approvals=1,
            rules=(_nobody_has_moved,),
        ),
    ),
    terminal=frozenset({"done", "abandoned"}),
)

TABLES: Final = (REVISIONS,)
