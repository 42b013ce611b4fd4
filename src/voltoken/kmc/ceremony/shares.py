"""Shares of the centre's root key, as custodians of a ceremony write them down and read them back.

A share has a check value of its own, six digits that stand beside it on paper, so that whoever reads it back
sees that it is the one that was handed out. It says nothing that helps: 24 bits of a hash.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final

from voltoken.errors import ActRefused
from voltoken.kmc.ceremony.components import PRACTICE_DOMAIN
from voltoken.kmc.ceremony.record import custodians, found_by, is_dry
from voltoken.kmc.ceremony.script import Action, Turn
from voltoken.kmc.values import Entry
from voltoken.security import Share, combine, randomness_bytes, split

PRACTICE_ROOT: Final = hashlib.sha256(PRACTICE_DOMAIN + b"root").digest()
"""What stands for the root key of a centre in a dry run."""

_CHECK_DOMAIN: Final = b"voltoken-share-check/1|"


def share_check_value(share: Share) -> str:
    """Return the check value of a share: the first six digits of SHA-256 over its text, in capitals."""
    return hashlib.sha256(_CHECK_DOMAIN + share.text.encode("ascii")).hexdigest()[:6].upper()


def practice_shares(threshold: int, count: int) -> tuple[Share, ...]:
    """Return the shares that custodians enter in a dry run of ``centre-root``. Everybody can compute them.

    threshold, count: 2 to 9. Raises FieldError.
    """
    needed = randomness_bytes(len(PRACTICE_ROOT), threshold)
    blocks = (hashlib.sha256(PRACTICE_DOMAIN + b"shares|%d" % at).digest() for at in range(needed // 32 + 1))
    return split(PRACTICE_ROOT, threshold, count, b"".join(blocks)[:needed])


def split_root(entry: Entry, root: bytes, randomness: bytes) -> tuple[tuple[Share, ...], dict[str, Any]]:
    """Return one share for every custodian, and what goes on record of them. Raises FieldError."""
    threshold, count = int(entry.get("threshold")), len(custodians(entry))
    made = split(root, threshold, count, randomness)
    return made, {"set": made[0].set_id.hex(), "threshold": threshold, "shares": count}


def take_share(entry: Entry, turn: Turn, text: str) -> tuple[Share, dict[str, Any]]:
    """Return the share that a custodian read back, and what goes on record of it.

    Raises FieldError when it cannot be read, ActRefused (``share_check``) when it is not this custodian's.
    """
    share = Share.parse(text)
    found = {
        "set": share.set_id.hex(),
        "threshold": share.threshold,
        "share": share.number,
        "check_value": share_check_value(share),
    }
    _check_practice(entry, turn, share)
    if share.threshold != entry.get("threshold"):
        raise ActRefused(
            "share_check",
            f"{share.threshold} shares of its set suffice; in this ceremony it is {entry.get('threshold')}.",
        )
    handed = found_by(entry, Action.HAND_OUT, turn.custodian)
    if handed is not None and handed["check_value"] != found["check_value"]:
        raise ActRefused("share_check", "This is not the share that you were handed out. Enter that one.")
    before = [
        row
        for number in range(1, turn.custodian)
        if (row := found_by(entry, Action.SHARE, number)) is not None
    ]
    if any(row["set"] != found["set"] for row in before):
        raise ActRefused(
            "share_check", "This share is of another set than those before. Look for the right one."
        )
    if any(row["share"] == found["share"] for row in before):
        raise ActRefused(
            "share_check", f"Share {share.number} was entered before. Everybody has one of their own."
        )
    return share, found


def _check_practice(entry: Entry, turn: Turn, share: Share) -> None:
    """Keep shares that open a centre out of dry runs, and those for practice out of real ceremonies.

    In a dry run that splits, the shares are those that it has handed out.
    """
    for_practice = share in practice_shares(int(entry.get("threshold")), len(custodians(entry)))
    if is_dry(entry) and not for_practice and found_by(entry, Action.HAND_OUT, turn.custodian) is None:
        raise ActRefused(
            "share_check",
            "This is a dry run: a share that is made up for it is entered, no other. If this was one that "
            "opens a centre, others may have seen it now: let the centre have new shares.",
        )
    if for_practice and not is_dry(entry):
        raise ActRefused("share_check", "This share is made up for dry runs; everybody knows it.")


def recover_root(shares: Sequence[Share], root: bytes) -> dict[str, Any]:
    """Return what goes on record when shares give the root key.

    root: the key as the centre has it, or the one for practice.
    Raises RuleError for shares that do not combine, ActRefused (``share_check``) when they give another key.
    """
    if not hmac.compare_digest(combine(shares), root):
        raise ActRefused(
            "share_check",
            "The shares give a key, and it is not the root key of this centre. Abort, and find out why.",
        )
    return {"shares": len(shares), "threshold": shares[0].threshold}
