"""The rules of other centres, of this centre's own signing keys, of trust lists, and of transfers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from voltoken import canonical
from voltoken.errors import KeyFileError
from voltoken.kmc.authorisations import owner_has_signed, transfer_document
from voltoken.kmc.file_rules import check_made
from voltoken.kmc.keys import moment_of
from voltoken.kmc.register import Look
from voltoken.kmc.release import TRANSFER
from voltoken.kmc.signing_keys import CENTRE, TRUST_LIST, identity_of, signing_keys, trust_of
from voltoken.kmc.transfers import brought_by, last_received, plan_transfer, trust_in
from voltoken.kmc.values import Entry
from voltoken.security.keyload import CentreIdentity, write_trust

SIGNING_KEY_DAYS: Final = timedelta(days=1830)
"""So long may a signing key last: five years."""
SIGNING_KEYS_MAX: Final = 16
AGREED_DAYS: Final = 90
"""So old may the agreement on a transfer be, in days."""
LOST: Final = ("lost", "retired", "compromised")
"""States of another centre in which its supply groups can be taken over."""

CENTRE_REASONS: Final[Mapping[str, str]] = {
    "fingerprint": "the fingerprint is not that of the identity: it was changed on its way, or mistyped",
    "identity": "the identity is that of another centre, or of this one",
    "trusted": "the centre is not trusted, or is not lost",
    "key_period": "a signing key ends before it begins, is over, or lasts too long",
    "last_key": "it is the only key that the centre can sign with now",
    "too_many": "the centre has as many signing keys as it may have",
    "version": "the version of a trust list rises with every list",
    "direction": "the step is for a transfer in another direction",
    "home": "the supply group is at home in another centre than the transfer says",
    "agreed": "the agreement is too old, lies ahead, or was used before",
    "other_file": "the file is another than the one that was named, or has a number that was received before",
    "brought": "a key in the file is not one that the transfer is about, or does not fit here",
}
"""Why these rules refuse a step."""


def identity_is_true(look: Look) -> None:
    """The identity is signed by all its keys, of this centre, and somebody has compared its fingerprint."""
    identity = _identity(look)
    if identity.centre_id != look.after.entry_id or identity.centre_id == look.state.centre_id:
        raise look.refuse(
            "identity", f"This is the identity of {identity.centre_id}.", found=identity.centre_id
        )
    said = "".join(str(look.after.get("fingerprint")).split()).lower()
    if said != identity.fingerprint.replace(" ", ""):
        raise look.refuse(
            "fingerprint",
            "Ask the other centre for its fingerprint on another way than the one the file came on, "
            f"and compare: the file has {identity.fingerprint}.",
        )


def _identity(look: Look) -> CentreIdentity:
    try:
        return identity_of(look.after)
    except KeyFileError as error:
        raise look.refuse("document", f"identity: {error.message}", why=error.reason) from None


def key_period_fits(look: Look) -> None:
    """A signing key lasts from its begin to its end, which comes, at most five years."""
    begin, end = moment_of(look.after, "begin"), moment_of(look.after, "end")
    if not begin < end <= begin + SIGNING_KEY_DAYS or end <= look.now:
        raise look.refuse(
            "key_period", f"Give an end after begin, after now, and within {SIGNING_KEY_DAYS.days} days."
        )
    if len(signing_keys(look.state, look.now)) >= SIGNING_KEYS_MAX:
        raise look.refuse(
            "too_many", f"{SIGNING_KEYS_MAX} signing keys are good at the same time. Retire one."
        )


def another_key_signs(look: Look) -> None:
    """The centre can still sign when a key is gone."""
    others = [
        key
        for key in signing_keys(look.state, look.now)
        if key.entry_id != look.after.entry_id and key.begin <= look.now
    ]
    if not others:
        raise look.refuse("last_key", "Make another signing key that is good now, and let modules trust it.")


def version_rises(look: Look) -> None:
    """A list has a higher number than every one before."""
    last = max((int(one.entry_id) for one in look.state.of(TRUST_LIST)), default=0)
    if int(look.after.entry_id) <= last:
        raise look.refuse("version", f"The last list is {last}. Give a higher number.", last=last)


def list_is_right(look: Look) -> None:
    """The list that was made is the one that follows from whom this centre trusts."""
    data = write_trust(trust_of(look.state, look.now, int(look.after.entry_id)))
    if look.facts and look.facts.get("digest") != hashlib.sha256(data).hexdigest():
        raise look.refuse("plan", "The list that was made is not the one that may go out.")


def older_lists_end(look: Look) -> tuple[Entry, ...]:
    """A new list takes the place of the one before."""
    return tuple(look.moved(one, "superseded") for one in look.state.where(TRUST_LIST, state="current"))


def transfer_is_agreed(look: Look) -> None:
    """The owner has signed this transfer, lately, and for once."""
    after = look.after
    document = transfer_document(look.state.centre_id, after)
    sgc = str(after.get("sgc"))
    if not owner_has_signed(look.state, sgc, document, str(after.get("signature"))):
        raise look.refuse(
            "owner_signature",
            f"This is not a signature of the owner of supply group {sgc} under this transfer.",
        )
    agreed, today = canonical.read_day(after.get("agreed_on")), look.now.date()
    if agreed is None or not today - timedelta(days=AGREED_DAYS) <= agreed <= today + timedelta(days=1):
        raise look.refuse("agreed", f"It was agreed on {agreed}. Let the owner sign again.")
    for other in look.state.of(TRANSFER):
        same = transfer_document(look.state.centre_id, other) == document
        if same and other.entry_id != after.entry_id and other.state != "abandoned":
            raise look.refuse(
                "agreed", f"{other} was made with this agreement. Let the owner sign one of another day."
            )


def home_is(look: Look) -> None:
    """The supply group is at home where the transfer says."""
    group = look.other("supply_group", str(look.after.get("sgc")))
    home = group.get("centre") or look.state.centre_id
    outward = look.after.get("direction") == "out"
    expected = look.state.centre_id if outward else look.after.get("centre")
    if home != expected:
        raise look.refuse("home", f"{group} is at home in {home}, and the transfer is from {expected}.")


def other_centre_fits(look: Look) -> None:
    """Keys go to and come from trusted centres; what is taken over was at home in one that is lost."""
    centre = look.other(CENTRE, str(look.after.get("centre")))
    taking = look.after.get("direction") == "take_over"
    if taking and centre.state not in LOST:
        raise look.refuse(
            "trusted", f"{centre} is {centre.state}. Only of a lost centre something is taken over."
        )
    if not taking and centre.state != "trusted":
        raise look.refuse("trusted", f"{centre} is {centre.state}; it has to be trusted.")
    if taking and not look.after.get("moves_home"):
        raise look.refuse("home", "A take-over moves the home of the supply group: moves_home is yes.")


def goes_out(look: Look) -> None:
    """It is a transfer to another centre; what was made is what was planned."""
    _is(look, "out")
    check_made(look, plan_transfer(look.state, look.after, look.now))


def comes_in(look: Look) -> None:
    """It is a transfer from another centre; what was opened is what was agreed, and is new."""
    _is(look, "in")
    trust_in(look.state, look.after, look.now)
    if look.after.get("file") is None:
        raise look.refuse("other_file", "Give as file the SHA-256 of the file of the other centre.")
    if not look.facts:
        return
    last = last_received(look.state, str(look.after.get("centre")))
    if look.facts.get("digest") != look.after.get("file") or int(look.facts["seq"]) <= last:
        raise look.refuse(
            "other_file", f"Number {last} of this centre was received; this is {look.facts['seq']}."
        )
    for fault in (brought.fault(look) for brought in brought_by(look.state, look.after)):
        if fault:
            raise look.refuse("brought", fault)


def is_taken_over(look: Look) -> None:
    """It is a take-over."""
    _is(look, "take_over")


def _is(look: Look, direction: str) -> None:
    if look.after.get("direction") != direction:
        raise look.refuse("direction", f"{look.after} is {look.after.get('direction')}, not {direction}.")


def home_moves(look: Look) -> tuple[Entry, ...]:
    """The supply group is at home in the other centre, or here, from now on."""
    if not look.after.get("moves_home"):
        return ()
    group = look.other("supply_group", str(look.after.get("sgc")))
    outward = look.after.get("direction") == "out"
    return (look.moved(group, centre=look.after.get("centre") if outward else None),)


def keys_arrive(look: Look) -> tuple[Entry, ...]:
    """Keys that came are entries of the register, or the entries they have as the home centre says now."""
    return tuple(brought.entry(look) for brought in brought_by(look.state, look.after))
