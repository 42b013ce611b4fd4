"""Supply groups: who sells under a supply group code, in which country, and at which centre it is at home.

A group is allocated once and its code never given again. It changes hands only by a hand-over that the old
and the new owner have signed with their own keys, over the version of the entry as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from voltoken.access import verify
from voltoken.kmc.authorisations import HANDOVER_DOMAIN, owner_message
from voltoken.kmc.kinds import (
    COUNTRY_CODE,
    IDENT,
    LINE,
    NAME,
    SGC_KIND,
    SIGNATURE,
    choice,
    count,
    reference,
)
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.rules import in_state, member, of_member
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry

KEY_TYPES: Final[Mapping[str, int]] = {"default": 1, "unique": 2, "common": 3}
"""The kinds of supply groups, with the key type (KT) of their vending keys."""
LIVING_KEYS: Final = ("requested", "pre_active", "active", "suspended", "deactivated", "compromised")
"""States of a vending key in which its supply group cannot be retired: the key is not destroyed."""

REASONS: Final[Mapping[str, str]] = {
    "handover": "a signature under a hand-over is missing, or not that of the owner",
    "same_owner": "the supply group is handed over to whom it belongs",
    "keys_left": "the supply group still has vending keys that are not destroyed",
}


def handover_document(state: State, group: Entry, owner: str) -> dict[str, Any]:
    """Return what the old and the new owner sign (``owner_message``) to hand over a supply group.

    group: as it stands; any change of it takes new signatures. owner: the id of the new owner.
    """
    return {
        "format": HANDOVER_DOMAIN,
        "centre": state.centre_id,
        "birth": state.birth,
        "from": group.get("owner"),
        "sgc": group.entry_id,
        "to": owner,
        "version": group.version,
    }


def _is_signed_by_both(look: Look) -> None:
    """Both owners have signed this hand-over."""
    if look.before is None or look.before.get("owner") == look.after.get("owner"):
        raise look.refuse("same_owner", f"{look.after} belongs to {look.after.get('owner')} already.")
    message = owner_message(handover_document(look.state, look.before, look.after.get("owner")))
    old = look.other("organisation", look.before.get("owner"))
    new = member(look, "owner", ("utility",))
    for owner, field in ((old, "old_signature"), (new, "new_signature")):
        key = bytes.fromhex(owner.get("owner_key") or "")
        if not verify(key, message, bytes.fromhex(look.after.get(field) or "")):
            raise look.refuse(
                "handover",
                f"{field}: this is not the signature of {owner} under the hand-over of {look.before} "
                f"(version {look.before.version}) to {new.entry_id}.",
                field=field,
            )


def _authorisations_end(look: Look) -> tuple[Entry, ...]:
    """What the old owner has signed for modules is withdrawn, for good: also if the group comes back."""
    return tuple(
        look.moved(one, "withdrawn", note="The supply group was handed over.")
        for one in look.state.where("authorisation", sgc=look.after.entry_id, state="granted")
    )


def _has_no_living_keys(look: Look) -> None:
    """All vending keys of a group that is retired are destroyed."""
    for key in look.state.where("vending_key", sgc=look.after.entry_id):
        if key.state in LIVING_KEYS:
            raise look.refuse("keys_left", f"{key} is {key.state}. Destroy the keys of the group first.")


SUPPLY_GROUP: Final = Register(
    "supply_group",
    "Supply groups: meters that one utility sells to under one code.",
    (
        Field("name", NAME, "what people call it", required=True, shown=True),
        Field(
            "kind", choice(*KEY_TYPES), "of its keys: default, unique or common", required=True, shown=True
        ),
        Field("owner", reference("organisation"), "the utility it belongs to", required=True, shown=True),
        Field(
            "country", reference("country", COUNTRY_CODE), "where its meters are", required=True, shown=True
        ),
        Field("cluster", count(0, 99), "no key change leads from one cluster to another", default=0),
        Field("centre", IDENT, "the centre it is at home at; nothing: this one"),
        Field("notes", LINE, "anything else"),
        Field("old_signature", SIGNATURE, "of the owner who handed it over last"),
        Field("new_signature", SIGNATURE, "of the owner who took it over last"),
    ),
    {
        "applied": "a utility has asked for it",
        "active": "allocated: it can have keys",
        "refused": "was not allocated",
        "retired": "no longer used; its code is not given again",
    },
    (
        Step(
            ADD,
            "take in an application",
            (),
            "applied",
            ("name", "kind", "owner", "country", "cluster", "centre", "notes"),
            rules=(of_member("owner", "utility"), in_state("country", "listed")),
        ),
        Step(
            "allocate",
            "give the code to the utility",
            ("applied",),
            "active",
            approvals=1,
            rules=(of_member("owner", "utility"),),
        ),
        Step("refuse", "turn the application down", ("applied",), "refused", approvals=1),
        Step("change", "correct it", ("applied", "active"), None, ("name", "notes"), approvals=1),
        Step(
            "hand_over",
            "give it to another owner",
            ("active",),
            None,
            ("owner", "old_signature", "new_signature"),
            approvals=1,
            rules=(_is_signed_by_both,),
            follow=(_authorisations_end,),
        ),
        Step(
            "retire",
            "end it for good",
            ("active",),
            "retired",
            approvals=1,
            rules=(_has_no_living_keys,),
        ),
        Step("move", "move it to another centre", ("active",), None, ("centre",), inner=True),
    ),
    identifier=SGC_KIND,
    terminal=frozenset({"refused", "retired"}),
)

TABLES: Final = (SUPPLY_GROUP,)
