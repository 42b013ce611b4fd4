"""Authorisations: what the owner of a supply group has signed for one module, and until when it holds."""

from __future__ import annotations

from typing import Final

from voltoken.kmc.authorisations import AUTHORISATION, FULL_USE, KEY_CHANGE_ONLY
from voltoken.kmc.key_rules import is_over, owner_is_member, owner_signed, period_fits, use_fits
from voltoken.kmc.kinds import (
    IDENT,
    KRN_KIND,
    LINE,
    MOMENT,
    SERVICE,
    SGC_KIND,
    SIGNATURE,
    choice,
    count,
    many,
    reference,
)
from voltoken.kmc.register import ADD, Field, Register, Step
from voltoken.kmc.rules import in_state

REFRESH_DAYS: Final = 90
"""How often a module comes for a key again, unless somebody says otherwise."""
REFRESH_DAYS_MAX: Final = 366

AUTHORISATIONS: Final = Register(
    AUTHORISATION,
    "Authorisations: which module the owner of a supply group lets have which keys, signed by the owner.",
    (
        Field("sgc", reference("supply_group", SGC_KIND), "the supply group", required=True, shown=True),
        Field("krns", many(KRN_KIND), "revisions of its keys; nothing: all", default=(), shown=True),
        Field("module", reference("module"), "the security module", required=True, shown=True),
        Field(
            "use",
            choice(FULL_USE, KEY_CHANGE_ONLY),
            "credit and key changes, or key changes only",
            required=True,
            shown=True,
        ),
        Field("begin", MOMENT, "nothing is made under it before", required=True),
        Field("end", MOMENT, "nothing is made under it from then on", required=True, shown=True),
        Field("ulm", count(), "the most units the module may make, in steps of 0.1", default=0),
        Field("clm", count(), "the most money, in steps of 0.00001", default=0),
        Field("services", many(SERVICE), "the credit it may make", default=()),
        Field(
            "refresh_days",
            count(1, REFRESH_DAYS_MAX),
            "the module must be given its keys anew within so many days",
            default=REFRESH_DAYS,
        ),
        Field(
            "signature", SIGNATURE, "of the owner of the supply group, under all of the above", required=True
        ),
        Field("note", LINE, "why it was withdrawn"),
    ),
    {
        "granted": "it permits what it says, in its time",
        "withdrawn": "taken back: the next file for the module revokes the keys",
        "expired": "its time is over",
    },
    (
        Step(
            ADD,
            "take in what an owner has signed",
            (),
            "granted",
            (
                *("sgc", "krns", "module", "use", "begin", "end", "ulm", "clm", "services"),
                *("refresh_days", "signature"),
            ),
            rules=(
                in_state("sgc", "active"),
                in_state("module", "registered"),
                owner_is_member,
                period_fits,
                use_fits,
                owner_signed,
            ),
        ),
        Step("withdraw", "take it back", ("granted",), "withdrawn", ("note",)),
        Step("end", "its supply group has another owner", ("granted",), "withdrawn", ("note",), inner=True),
        Step("expire", "put it away when its time is over", ("granted",), "expired", rules=(is_over,)),
    ),
    identifier=IDENT,
    terminal=frozenset({"withdrawn", "expired"}),
)
