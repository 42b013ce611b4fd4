"""Organisations and their membership, and the countries that they and supply groups are in.

An organisation signs hand-overs of supply groups and authorisations of modules with a key of its own,
``owner_key``, which is no key of a person or a module: else one person would speak for the centre and for the
owner. When that key changes, what the old one signed is worth nothing any more, and is signed anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.kinds import COUNTRY_CODE, LINE, NAME, PUBLIC_KEY, choice, many, pattern, reference, text
from voltoken.kmc.register import ADD, Field, Look, Register, Step
from voltoken.kmc.rules import in_state, own_key, sound_key

KINDS: Final = ("utility", "manufacturer", "module_maker", "vendor", "laboratory")
"""What an organisation can be; it may be several."""

REASONS: Final[Mapping[str, str]] = {
    "holdings": "the organisation still has supply groups; they are handed over or retired first",
}


def _has_no_groups(look: Look) -> None:
    """Whoever leaves has handed over its supply groups."""
    held = [
        entry.entry_id
        for entry in look.state.where("supply_group", owner=look.after.entry_id)
        if entry.state == "active"
    ]
    if held:
        raise look.refuse(
            "holdings", f"{look.after} owns {', '.join(held[:5])}. Hand over or retire its groups first."
        )


COUNTRY: Final = Register(
    "country",
    "Countries, with whoever regulates electricity there.",
    (
        Field("name", NAME, "in English", required=True, shown=True),
        Field("regulator", NAME, "who regulates electricity", shown=True),
        Field("currency", pattern("CCC", r"[A-Z]{3}", "three capitals, as in ISO 4217: KES"), "its currency"),
        Field("numbering", LINE, "what is special about meter or supply group numbers"),
    ),
    {"listed": "in use", "closed": "no longer in use"},
    (
        Step(ADD, "list a country", (), "listed", ("name", "regulator", "currency", "numbering")),
        Step("change", "correct it", ("listed",), None, ("name", "regulator", "currency", "numbering")),
        Step("close", "take it from the list", ("listed",), "closed", approvals=1),
    ),
    identifier=COUNTRY_CODE,
    terminal=frozenset({"closed"}),
)

_FIELDS: Final = (
    *("name", "country", "kinds", "owner_key", "address", "contact_name", "contact_email", "contact_phone"),
)
_SOUND: Final = (in_state("country", "listed"), sound_key("owner_key"), own_key)

ORGANISATION: Final = Register(
    "organisation",
    "Utilities, makers of meters, modules and vending systems, and laboratories.",
    (
        Field("name", NAME, "its full name", required=True, shown=True),
        Field("country", reference("country", COUNTRY_CODE), "where it is", required=True, shown=True),
        Field("kinds", many(choice(*KINDS), least=1), "what it is", required=True, shown=True),
        Field("owner_key", PUBLIC_KEY, "the key that signs for its supply groups"),
        Field("address", LINE, "its address"),
        Field("contact_name", NAME, "whom to ask for"),
        Field("contact_email", LINE, "where mail reaches it"),
        Field("contact_phone", text(40), "where a call reaches it"),
    ),
    {
        "applied": "has asked to be a member",
        "member": "may own groups, have codes, run modules",
        "suspended": "gets nothing new, until restored",
        "refused": "was not taken in",
        "left": "was a member",
    },
    (
        Step(ADD, "take in an application", (), "applied", _FIELDS, rules=_SOUND),
        Step("change", "correct it", ("applied", "member"), None, _FIELDS, approvals=1, rules=_SOUND),
        Step("accept", "make it a member", ("applied",), "member", approvals=1),
        Step("refuse", "turn it down", ("applied",), "refused", approvals=1),
        Step("suspend", "give it nothing new", ("member",), "suspended", approvals=1),
        Step("restore", "make it a member again", ("suspended",), "member", approvals=1),
        Step(
            "leave",
            "end its membership",
            ("member", "suspended"),
            "left",
            approvals=1,
            rules=(_has_no_groups,),
        ),
    ),
    terminal=frozenset({"refused", "left"}),
)

TABLES: Final = (ORGANISATION, COUNTRY)
