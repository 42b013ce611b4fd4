"""Laboratories: what each may test, and until when it is accredited for that.

One that is suspended stays so, also past its last day, until somebody restores or closes it: so "expired" is
said only of a laboratory that nobody had anything against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.kinds import DAY, NAME, choice, count, many, reference
from voltoken.kmc.register import ADD, Field, Register, Step
from voltoken.kmc.registers.products import MAKERS
from voltoken.kmc.rules import of_member, over, yet_to_come

REASONS: Final[Mapping[str, str]] = {}

_FIELDS: Final = ("scope", "editions", "accreditation", "body", "expires")

LABORATORY: Final = Register(
    "laboratory",
    "Laboratories that may test products.",
    (
        Field("organisation", reference("organisation"), "whose it is", required=True, shown=True),
        Field("scope", many(choice(*MAKERS), least=1), "what it may test", required=True, shown=True),
        Field("editions", many(count(1, 2), least=1), "editions of the standard", required=True, shown=True),
        Field("accreditation", NAME, "number of its accreditation", required=True),
        Field("body", NAME, "who accredited it", required=True),
        Field("expires", DAY, "the last day of its accreditation", required=True, shown=True),
    ),
    {
        "accredited": "may test, until its accreditation expires",
        "suspended": "tests nothing, until restored",
        "expired": "tests nothing, until its accreditation is renewed",
        "closed": "tests nothing any more",
    },
    (
        Step(
            ADD,
            "register an accredited laboratory",
            (),
            "accredited",
            ("organisation", *_FIELDS),
            approvals=1,
            rules=(of_member("organisation", "laboratory"), yet_to_come("expires")),
        ),
        Step(
            "renew",
            "note a new or changed accreditation",
            ("accredited", "expired"),
            "accredited",
            _FIELDS,
            approvals=1,
            rules=(of_member("organisation", "laboratory"), yet_to_come("expires")),
        ),
        Step("suspend", "let it test nothing", ("accredited",), "suspended"),
        Step("restore", "let it test again", ("suspended",), "accredited", approvals=1),
        Step("expire", "note that it expired", ("accredited",), "expired", rules=(over("expires"),)),
        Step("close", "end it for good", ("accredited", "suspended", "expired"), "closed", approvals=1),
    ),
    terminal=frozenset({"closed"}),
)

TABLES: Final = (LABORATORY,)
