"""Key load files: every file that went to a module, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voltoken.kmc.file_rules import FILE_REASONS, older_are_superseded, receipt_is_right, release_is_right
from voltoken.kmc.keys import KEY_REF
from voltoken.kmc.kinds import DIGEST, DOCUMENT, LINE, MOMENT, count, many, pattern, reference, text
from voltoken.kmc.register import ADD, Field, Register, Step
from voltoken.kmc.release import KEY_FILE, VALID_DAYS

REASONS: Final[Mapping[str, str]] = FILE_REASONS

FILE_ENTRY_ID: Final = pattern(
    "id",
    r"[A-Za-z0-9_.,-]{1,40}\.[A-Za-z0-9_.,-]{1,40}\.[1-9][0-9]{0,18}",
    "centre, recipient and number, such as kmc-a.sm-1.3",
)
KID: Final = pattern("hex", r"[0-9a-f]{16}", "the name of a signing key: 16 hexadecimal digits")
UUID: Final = pattern("UUID", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a UUID in small letters")
REQUEST_ID: Final = text(40)

OF_THE_FILE: Final = (
    Field("seq", count(1), "its number: rises with every file for this recipient"),
    Field("file_id", UUID, "the name in its header"),
    Field("digest", DIGEST, "SHA-256 of the file"),
    Field("kid", KID, "the centre's key that signed it"),
    Field("issued_at", MOMENT, "when it was made"),
    Field("not_after", MOMENT, "it is not loaded from then on", shown=True),
)
"""What a file for a module and one for another centre have in common; the centre fills it in."""

FILES: Final = Register(
    KEY_FILE,
    "Key load files for modules: what each holds, and whether it was loaded.",
    (
        Field("recipient", reference("module"), "the module it is for", required=True, shown=True),
        Field(
            "wanted",
            many(KEY_REF),
            "keys by name, all of them or no file; nothing: those of the load request; without one the file "
            "only takes keys away",
            default=(),
        ),
        Field("load_request", DOCUMENT, "the module's own signed request, which may name keys itself"),
        Field("valid_days", count(1, 366), "so many days the file can be loaded", default=VALID_DAYS),
        *OF_THE_FILE,
        Field("request_id", REQUEST_ID, "the load request that it answers; - for none"),
        Field(
            "keys", DOCUMENT, "what it holds: for each key its check value, dates, limits and authorisation"
        ),
        Field("revoked", many(KEY_REF), "keys that the module must forget", default=(), shown=True),
        Field("receipt", DOCUMENT, "what the module signed when it had loaded it"),
        Field("note", LINE, "what became of it"),
    ),
    {
        "released": "on its way to the module",
        "loaded": "the module says that it has loaded it",
        "superseded": "the module loaded a later one",
        "lost": "it will not be loaded",
    },
    (
        Step(
            ADD,
            "make a key load file",
            (),
            "released",
            ("recipient", "wanted", "load_request", "valid_days"),
            (*(one.name for one in OF_THE_FILE), "request_id", "keys", "revoked"),
            approvals=1,
            job="release",
            rules=(release_is_right,),
        ),
        Step(
            "confirm",
            "take in the receipt of the module",
            ("released", "superseded", "lost"),
            "loaded",
            ("receipt",),
            rules=(receipt_is_right,),
            follow=(older_are_superseded,),
        ),
        Step("supersede", "a later file was loaded", ("released",), "superseded", inner=True),
        Step("lose", "note that it will not be loaded", ("released",), "lost", ("note",)),
    ),
    identifier=FILE_ENTRY_ID,
    terminal=frozenset({"loaded"}),
)

TABLES: Final = (FILES,)
