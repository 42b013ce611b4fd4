"""What modules sign and send to the centre, as it stands in the entry of a file: requests and receipts."""

from __future__ import annotations

from datetime import datetime

from voltoken import canonical
from voltoken.kmc.release import VALID_DAYS, plan_release
from voltoken.kmc.releases import ReleasePlan
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import KeyRef
from voltoken.security.keyload import LoadReceipt, LoadRequest, check_receipt, check_request


def load_request_of(state: State, file: Entry) -> LoadRequest | None:
    """Return the load request that a file answers; None where nobody asked.

    Raises KeyFileError unless the recipient signed it.
    """
    if file.get("load_request") is None:
        return None
    return check_request(_written(file, "load_request"), _signing_key(state, file))


def receipt_of(state: State, file: Entry) -> LoadReceipt:
    """Return the receipt for a file. Raises KeyFileError unless the recipient signed it."""
    return check_receipt(_written(file, "receipt"), _signing_key(state, file))


def release_asked(state: State, file: Entry, now: datetime) -> ReleasePlan:
    """Return what a file holds that is asked for: the keys that are named, all of them or nothing.

    file: the entry as it would be. Where it names none the load request does; where that does not either,
    the file only takes away what the module may no longer have.
    Raises KeyFileError for a load request that is none, and ActRefused as ``plan_release`` does.
    """
    request = load_request_of(state, file)
    named = tuple(KeyRef.parse(one) for one in file.get("wanted") or ())
    return plan_release(
        state,
        str(file.get("recipient")),
        now,
        wanted=named or (() if request is None else request.wanted),
        request=request,
        valid_days=file.get("valid_days") or VALID_DAYS,
    )


def _written(file: Entry, field: str) -> bytes:
    return canonical.write(file.get(field)).encode("ascii")


def _signing_key(state: State, file: Entry) -> bytes:
    module = state.entry("module", str(file.get("recipient")))
    # Applied for, but not proved: then nothing of it is known, and no signature is its own.
    return b"" if module is None else bytes.fromhex(module.get("signing_key") or "")
