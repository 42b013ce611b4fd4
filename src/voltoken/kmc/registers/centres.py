"""Other centres, this centre's own signing keys, and the lists of centres that modules trust."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.centre_rules import (
    CENTRE_REASONS,
    another_key_signs,
    identity_is_true,
    key_period_fits,
    list_is_right,
    older_lists_end,
    version_rises,
)
from voltoken.kmc.kinds import (
    DIGEST,
    DOCUMENT,
    LINE,
    MOMENT,
    NAME,
    PUBLIC_KEY,
    pattern,
    text,
)
from voltoken.kmc.register import ADD, Field, Register, Step
from voltoken.kmc.registers.files import KID
from voltoken.kmc.signing_keys import CENTRE, CENTRE_KEY, TRUST_LIST

REASONS: Final[Mapping[str, str]] = CENTRE_REASONS

CENTRE_ID: Final = pattern("id", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", "1 to 40 letters, digits and _ . -")
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
    identifier=CENTRE_ID,
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

TABLES: Final = (CENTRES, CENTRE_KEYS, TRUST_LISTS)
