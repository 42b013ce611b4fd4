"""Why people are refused: every word that ``reason`` of an error can be, with one sentence about it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DENIAL_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unknown": "Nobody is known by this name.",
        "inactive": "The person is not active, or no longer.",
        "no_right": "None of the person's roles gives a right to this action.",
        "limit": "There is a right, but a fact of the act is missing or beyond its limit: see the detail.",
        "second_factor": "The right needs a second factor that was given a moment ago.",
    }
)
"""Reasons of AccessDenied."""

APPROVAL_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "form": "A document is not a request, an approval, a breaking of glass or a review in its one form.",
        "maker_forged": "The request is not what its maker signed: it was changed, or made up.",
        "forged": "An approval is not what that person signed: it was changed, or made up.",
        "other_request": "An approval is for another request, or for this one before it was changed.",
        "used": "The request has led to its act already, or the review is closed.",
        "expired": "The request is no longer open, or the glass was broken too long ago.",
        "not_yet": "The request or an approval is dated later than now.",
        "too_early": "An approval is dated before the request, or a review before the glass was broken.",
        "after_until": "An approval is dated after the request had expired.",
        "self": "Somebody approves the own request, or reviews the own act, under whatever name.",
        "twice": "A person approves twice, under whatever name.",
        "unknown": "Nobody is known by this name.",
        "inactive": "The person is not active, or no longer.",
        "no_right": "The person has no right to this, or not with these facts.",
        "rejected": "Somebody who could have approved has rejected the request.",
        "glass": "Acts of this kind are never done without their approvals.",
        "missing": "There are fewer approvals than needed; the detail says how many.",
    }
)
"""Reasons of ApprovalRefused."""

SIGN_IN_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unknown": "There is no such person, session or API key.",
        "inactive": "The person is not active, or no longer.",
        "wrong_password": "The password is wrong.",
        "wrong_code": "The code is wrong, too old, or missing.",
        "code_used": "The code was right, and had been used already.",
        "locked": "There were too many wrong tries; none counts until the lock is over.",
        "meanwhile": "Somebody else signed in, or ended the session, at the same moment.",
        "form": "The text is no API key, or was cut off.",
        "expired": "The session was idle or is old, or the API key is past its day.",
        "revoked": "The API key was taken back.",
        "network": "The API key is not good from there.",
    }
)
"""Reasons of SignInRefused: for the log. Whoever asks reads the same sentence for all of them."""
