"""Transfers: supply groups whose keys go to another centre, come from one, or are taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.kinds import (
    DAY,
    DIGEST,
    DOCUMENT,
    FLAG,
    KRN_KIND,
    LINE,
    SGC_KIND,
    SIGNATURE,
    choice,
    many,
    reference,
)
from voltoken.kmc.names import NAMES
from voltoken.kmc.register import ADD, Field, Register, Step
from voltoken.kmc.registers.centres import CENTRE_ID
from voltoken.kmc.registers.files import OF_THE_FILE, REQUEST_ID
from voltoken.kmc.release import TRANSFER
from voltoken.kmc.signing_keys import CENTRE
from voltoken.kmc.transfer_rules import (
    TRANSFER_REASONS,
    comes_in,
    goes_out,
    home_is,
    home_moves,
    is_taken_over,
    keys_arrive,
    names_are_true,
    news_arrives,
    nothing_stays_behind,
    other_centre_fits,
    transfer_is_agreed,
)

REASONS: Final[Mapping[str, str]] = TRANSFER_REASONS

_AGREED: Final = ("direction", "sgc", "centre", "krns", "moves_home", "agreed_on", "names", "signature")
_STANDS: Final = (home_is, other_centre_fits, transfer_is_agreed, names_are_true, nothing_stays_behind)
_OF_FILE: Final = (*(one.name for one in OF_THE_FILE), "request_id", "keys")

TRANSFERS: Final = Register(
    TRANSFER,
    "Supply groups whose keys go to another centre or come from one, and those taken over from a lost one.",
    (
        Field(
            "direction",
            choice("out", "in", "take_over"),
            "to another centre, from one, or of a group whose keys are here already",
            required=True,
            shown=True,
        ),
        Field("sgc", reference("supply_group", SGC_KIND), "the supply group", required=True, shown=True),
        Field("centre", reference(CENTRE, CENTRE_ID), "the other centre", required=True, shown=True),
        Field("krns", many(KRN_KIND), "revisions of its keys; nothing: all", default=()),
        Field(
            "moves_home",
            FLAG,
            "the group is at home at the receiver then; no: it has a copy",
            default=True,
            shown=True,
        ),
        Field("agreed_on", DAY, "when the owner signed", required=True),
        Field(
            "names",
            NAMES,
            "every key that the group ever had, with its state, as the sender drafts it",
            required=True,
        ),
        Field(
            "signature", SIGNATURE, "of the owner of the supply group, under all of the above", required=True
        ),
        Field("file", DIGEST, "SHA-256 of the file that came"),
        *OF_THE_FILE,
        Field("request_id", REQUEST_ID, "the agreement that it was made for: digits of its hash"),
        Field("keys", DOCUMENT, "what it holds"),
        Field("note", LINE, "why it was abandoned"),
    ),
    {
        "planned": "agreed, and not done yet",
        "sent": "the file went to the other centre",
        "received": "the keys are here",
        "taken_over": "the group is at home here",
        "abandoned": "will not be done",
    },
    (
        Step(ADD, "note what was agreed", (), "planned", _AGREED, rules=_STANDS),
        Step(
            "send",
            "make the file for the other centre",
            ("planned",),
            "sent",
            (),
            _OF_FILE,
            approvals=1,
            job="release",
            rules=(*_STANDS, goes_out),
            follow=(home_moves,),
        ),
        Step(
            "receive",
            "take in the keys from the file of the other centre",
            ("planned",),
            "received",
            ("file",),
            _OF_FILE,
            approvals=1,
            job="take_in",
            rules=(*_STANDS, comes_in),
            follow=(keys_arrive, home_moves),
        ),
        Step(
            "take_over",
            "be the home of a supply group whose centre is lost",
            ("planned",),
            "taken_over",
            approvals=1,
            rules=(*_STANDS, is_taken_over),
            follow=(news_arrives, home_moves),
        ),
        Step("abandon", "give it up", ("planned",), "abandoned", ("note",)),
    ),
    terminal=frozenset({"sent", "received", "taken_over", "abandoned"}),
)

TABLES: Final = (TRANSFERS,)
