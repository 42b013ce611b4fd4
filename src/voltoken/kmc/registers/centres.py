"""Other centres, this centre's own signing keys, the lists of centres that modules trust, and transfers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.centre_rules import (
    CENTRE_REASONS,
    another_key_signs,
    comes_in,
    goes_out,
    home_is,
    home_moves,
    identity_is_true,
    is_taken_over,
    key_period_fits,
    keys_arrive,
    list_is_right,
    older_lists_end,
    other_centre_fits,
    transfer_is_agreed,
    version_rises,
)
from voltoken.kmc.kinds import (
    DAY,
    DIGEST,
    DOCUMENT,
    FLAG,
    KRN_KIND,
    LINE,
    MOMENT,
    NAME,
    PUBLIC_KEY,
    SGC_KIND,
    SIGNATURE,
    choice,
    many,
    pattern,
    reference,
    text,
)
from voltoken.kmc.register import ADD, Field, Register, Step
from voltoken.kmc.registers.files import KID, OF_THE_FILE
from voltoken.kmc.release import TRANSFER
from voltoken.kmc.signing_keys import CENTRE, CENTRE_KEY, TRUST_LIST

REASONS: Final[Mapping[str, str]] = CENTRE_REASONS

_CENTRE_ID: Final = pattern("id", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", "1 to 40 letters, digits and _ . -")
_FINGERPRINT: Final = text(60)

CENTRES: Final = Register(
    CENTRE,
    "Other key management centres: who they are, and whether they are trusted.",
    (
        Field("name", NAME, "what people call it", required=True, shown=True),
        Field(
            "identity", DOCUMENT, "the document in which it says who it is, signed by its keys", required=True
        ),
        Field(
            "fingerprint",
            _FINGERPRINT,
            "of that document, as heard on another way",
            required=True,
            shown=True,
        ),
        Field("until", MOMENT, "it is trusted no longer than this; nothing: as long as its keys are good"),
        Field("note", LINE, "what happened to it"),
    ),
    {
        "trusted": "its files are taken, and modules are told to trust it",
        "suspended": "for now it is not trusted",
        "lost": "it can do nothing any more; its supply groups can be taken over",
        "retired": "it has ended its work",
        "compromised": "others may have its keys",
    },
    (
        Step(
            ADD,
            "trust another centre",
            (),
            "trusted",
            ("name", "identity", "fingerprint", "until", "note"),
            approvals=1,
            rules=(identity_is_true,),
        ),
        Step(
            "renew",
            "take in its new identity",
            ("trusted", "suspended"),
            None,
            ("name", "identity", "fingerprint", "until"),
            approvals=1,
            rules=(identity_is_true,),
        ),
        Step("suspend", "trust it no more for now", ("trusted",), "suspended", ("note",)),
        Step("resume", "trust it again", ("suspended",), "trusted", approvals=1, rules=(identity_is_true,)),
        Step(
            "lose",
            "note that it is lost",
            ("trusted", "suspended"),
            "lost",
            ("note",),
            approvals=1,
            glass=True,
        ),
        Step(
            "retire",
            "note that it ended its work",
            ("trusted", "suspended"),
            "retired",
            ("note",),
            approvals=1,
        ),
        Step(
            "compromise",
            "note that others may have its keys",
            ("trusted", "suspended", "lost", "retired"),
            "compromised",
            ("note",),
            approvals=1,
            glass=True,
        ),
    ),
    identifier=_CENTRE_ID,
    terminal=frozenset({"compromised"}),
)

CENTRE_KEYS: Final = Register(
    CENTRE_KEY,
    "This centre's own signing keys, each with its time.",
    (
        Field("begin", MOMENT, "it signs from then on", required=True, shown=True),
        Field("end", MOMENT, "and no longer then", required=True, shown=True),
        Field("kid", KID, "its name in files", shown=True),
        Field("public_key", PUBLIC_KEY, "its public half"),
        Field("note", LINE, "why it ended"),
    ),
    {
        "active": "signs in its time",
        "retired": "signs no more; its private half is destroyed",
        "compromised": "somebody may have it; its private half is destroyed",
    },
    (
        Step(
            ADD,
            "make a signing key",
            (),
            "active",
            ("begin", "end"),
            ("kid", "public_key"),
            approvals=1,
            job="new_signing_key",
            rules=(key_period_fits,),
        ),
        Step(
            "retire",
            "end it, and destroy its private half",
            ("active",),
            "retired",
            ("note",),
            approvals=1,
            job="destroy",
            rules=(another_key_signs,),
        ),
        Step(
            "compromise",
            "end it because somebody may have it",
            ("active", "retired"),
            "compromised",
            ("note",),
            approvals=1,
            glass=True,
            job="destroy",
        ),
    ),
    terminal=frozenset({"compromised"}),
    secret_names=("signing_key/<kid>", "exchange"),
)

TRUST_LISTS: Final = Register(
    TRUST_LIST,
    "Lists of the centres that modules are to trust. The id is the version, which rises.",
    (
        Field("digest", DIGEST, "SHA-256 of the list"),
        Field("fingerprint", _FINGERPRINT, "what the keeper of a module compares", shown=True),
    ),
    {"current": "modules are to have this one", "superseded": "there is a later one"},
    (
        Step(
            ADD,
            "make a list of this centre and those it trusts",
            (),
            "current",
            (),
            ("digest", "fingerprint"),
            approvals=1,
            job="trust",
            rules=(version_rises, list_is_right),
            follow=(older_lists_end,),
        ),
        Step("supersede", "a later one was made", ("current",), "superseded", inner=True),
    ),
    identifier=pattern("version", r"[1-9][0-9]{0,8}", "a whole number from 1 on"),
    terminal=frozenset({"superseded"}),
)

_AGREED: Final = ("direction", "sgc", "centre", "krns", "moves_home", "agreed_on", "signature")
_STANDS: Final = (home_is, other_centre_fits, transfer_is_agreed)
_OF_FILE: Final = (*(one.name for one in OF_THE_FILE), "keys")

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
        Field("centre", reference(CENTRE, _CENTRE_ID), "the other centre", required=True, shown=True),
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
            "signature", SIGNATURE, "of the owner of the supply group, under all of the above", required=True
        ),
        Field("file", DIGEST, "SHA-256 of the file that came"),
        *OF_THE_FILE,
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
            follow=(home_moves,),
        ),
        Step("abandon", "give it up", ("planned",), "abandoned", ("note",)),
    ),
    terminal=frozenset({"sent", "received", "taken_over", "abandoned"}),
)

TABLES: Final = (CENTRES, CENTRE_KEYS, TRUST_LISTS, TRANSFERS)
