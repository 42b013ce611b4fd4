"""The rules of key load files: that a file holds what it may hold, and that it was loaded as it was made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from voltoken import canonical
from voltoken.errors import KeyFileError
from voltoken.kmc.file_papers import load_request_of, receipt_of, release_asked
from voltoken.kmc.keys import moment_of
from voltoken.kmc.register import Look
from voltoken.kmc.release import file_entry_id, files_for
from voltoken.kmc.releases import ReleasePlan
from voltoken.kmc.values import Entry
from voltoken.security.keyload import CLOCK_LEEWAY, LoadRequest

REQUEST_DAYS: Final = timedelta(days=30)
"""So old may a load request be."""

AHEAD_MAX: Final = 1_000_000
"""So far may a module be ahead of the files that the centre knows of: it was restored from a backup then."""

FILE_REASONS: Final[Mapping[str, str]] = {
    "file_id": "the id of a key file is not its centre, recipient and next number",
    "recipient": "the recipient of keys is not in a state to get any, or has no key to wrap them under",
    "left_out": "a key that is named may not be released",
    "nothing": "there is no key to release and none to revoke",
    "no_signing_key": "the centre has no signing key that is good now",
    "document": "a signed document is not what it has to be; the message says why",
    "request": "a load request is for another centre or module, too old, or was answered before",
    "last_seq": "a module says that it loaded a number far beyond every file that it was given",
    "not_named": "no key is named, neither by a person nor by the load request",
    "not_asked": "a key is named that the load request does not ask for",
    "plan": "what was made is not what the centre would release",
    "receipt": "a receipt is for another file, or says that something else was loaded",
}
"""Why these rules refuse a step."""


def release_is_right(look: Look) -> None:
    """Everything in the file may be in it, now; what was made is what was planned."""
    request = _request(look)
    _check_named(look, request)
    recipient = str(look.after.get("recipient"))
    expected = file_entry_id(look.state, recipient, request)
    if look.after.entry_id != expected:
        raise look.refuse("file_id", f"The next file for {recipient} is {expected}.", expected=expected)
    check_made(look, release_asked(look.state, look.after, look.now))


def _check_named(look: Look, request: LoadRequest | None) -> None:
    """Every key that goes out is named, so that whoever approves the file sees which, and no other follows.

    A file for which no key is named takes keys away, and brings none.
    """
    wanted, asked = set(look.after.get("wanted")), () if request is None else map(str, request.wanted)
    beyond = sorted(wanted - set(asked))
    if request is not None and request.wanted and beyond:
        raise look.refuse("not_asked", f"{request.module_id} does not ask for {', '.join(beyond[:5])}.")
    if request is not None and not request.wanted and not wanted:
        raise look.refuse(
            "not_named", "The module asks for all that it may have. Name the keys it is to get: wanted."
        )


def check_made(look: Look, plan: ReleasePlan) -> None:
    """Hold what was made, once it is, against what may go out. Raises ActRefused (``plan``)."""
    if not look.facts:
        return
    for name, value in plan.facts.items():
        if name in look.step.given and look.facts.get(name) != value:
            raise look.refuse("plan", f"{name} of the file is not what may go out.", field=name)


def _request(look: Look) -> LoadRequest | None:
    try:
        request = load_request_of(look.state, look.after)
    except KeyFileError as error:
        raise look.refuse("document", f"load_request: {error.message}", why=error.reason) from None
    if request is None:
        return None
    recipient = str(look.after.get("recipient"))
    if (request.module_id, request.centre_id) != (recipient, look.state.centre_id):
        raise look.refuse(
            "request",
            f"It is from {request.module_id} to {request.centre_id}: not this module, or not this centre.",
        )
    if not look.now - REQUEST_DAYS <= request.made_at <= look.now + timedelta(minutes=5):
        raise look.refuse(
            "request", f"It was made at {request.made_at:%Y-%m-%d %H:%M} UTC. Let the module ask again."
        )
    files = files_for(look.state, recipient)
    last = max((int(file.get("seq")) for file in files), default=0)
    if request.last_seq > last + AHEAD_MAX:
        raise look.refuse(
            "last_seq",
            f"It says that {recipient} has loaded number {request.last_seq}; this centre knows of {last}. "
            "Look at the module: no number would be left to give it.",
            last=last,
        )
    for file in files:
        if file.get("request_id") == request.request_id:
            raise look.refuse(
                "request", f"{file} has answered {request.request_id}. Let the module ask again."
            )
    return request


def receipt_is_right(look: Look) -> None:
    """The module says that it loaded this file, and that it found in it what was put there."""
    if look.after.get("receipt") is None:
        raise look.refuse("receipt", "Give the receipt that the module wrote when it loaded the file.")
    try:
        receipt = receipt_of(look.state, look.after)
    except KeyFileError as error:
        raise look.refuse("document", f"receipt: {error.message}", why=error.reason) from None
    file = look.after
    same = {
        "module": (receipt.module_id, file.get("recipient")),
        "centre": (receipt.centre_id, look.state.centre_id),
        "seq": (receipt.seq, file.get("seq")),
        "file_id": (receipt.file_id, file.get("file_id")),
        "digest": (receipt.digest, file.get("digest")),
    }
    for name, (found, expected) in same.items():
        if found != expected:
            raise look.refuse(
                "receipt", f"The receipt is for another file: {name} is {found}, not {expected}."
            )
    loaded = {str(key.ref): (key.check_value, canonical.write_moment(key.iut)) for key in receipt.keys}
    sent = {
        entry_id.partition(".")[0]: (facts["check_value"], facts["iut"])
        for entry_id, facts in file.get("keys").items()
    }
    if loaded != sent:
        raise look.refuse("receipt", "The module says that it has other keys than those that were sent.")
    if sorted(map(str, receipt.revoked)) != sorted(file.get("revoked")):
        raise look.refuse(
            "receipt", "The module says that it has forgotten other keys than it was to forget."
        )
    earliest = moment_of(file, "issued_at") - CLOCK_LEEWAY
    if not earliest <= receipt.loaded_at <= look.now + CLOCK_LEEWAY:
        raise look.refuse(
            "receipt",
            f"It was loaded at {receipt.loaded_at:%Y-%m-%d %H:%M} UTC, it says: before it was made, or later "
            "than now. Look at the clock of the module.",
        )


def older_are_superseded(look: Look) -> tuple[Entry, ...]:
    """A module that loaded a file takes none with a lower number any more."""
    return tuple(
        look.moved(file, "superseded")
        for file in files_for(look.state, str(look.after.get("recipient")))
        if file.state == "released" and file.get("seq") < look.after.get("seq")
    )
