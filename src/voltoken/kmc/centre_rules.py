"""The rules of other centres, of this centre's own signing keys, and of trust lists."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from voltoken.errors import KeyFileError
from voltoken.kmc.keys import moment_of
from voltoken.kmc.register import Look
from voltoken.kmc.signing_keys import TRUST_LIST, identity_of, signing_keys, trust_of
from voltoken.kmc.values import Entry
from voltoken.security.keyload import CentreIdentity, write_trust

SIGNING_KEY_DAYS: Final = timedelta(days=1830)
"""So long may a signing key last: five years."""
SIGNING_KEYS_MAX: Final = 16

CENTRE_REASONS: Final[Mapping[str, str]] = {
    "fingerprint": "the fingerprint is not that of the identity: it was changed on its way, or mistyped",
    "identity": "the identity is that of another centre, or of this one",
    "key_period": "a signing key ends before it begins, is over, or lasts too long",
    "last_key": "it is the only key that the centre can sign with now",
    "too_many": "the centre has as many signing keys as it may have",
    "version": "the version of a trust list rises with every list",
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
