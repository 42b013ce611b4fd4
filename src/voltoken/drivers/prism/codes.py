"""Error codes of the interface and our own refusals, each read as the other.

The interface has two dozen codes and we have three times as many reasons, so a server puts the reason, in
brackets, before its sentence: ``[key.issued_until] 123456/1 was to be used until ...``. A client of ours
reads it back; everybody else has the nearest code and the sentence. Codes that are not known here are passed
on under their own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from voltoken.drivers.prism.messages import Fault
from voltoken.errors import (
    CarrierError,
    FieldError,
    KeyRefused,
    ModuleRefused,
    ModuleUnavailable,
    ResultMissing,
    RuleError,
    VoltokenError,
)
from voltoken.security import REFUSALS, Refusal

SERVICE: Final = "EService"
DISABLED: Final = "EService.Disabled"
TOKEN: Final = "EAuthentication.Token"  # noqa: S105 - the name of an error
PERMISSION: Final = "EAuthentication.Permission"
PARAMETER: Final = "EParamRange"
PREFERENCE: Final = "EPrefRange"
CACHE_MISS: Final = "ECacheMiss"
SIGNIN_VERSION: Final = "ESignin.Version"
SIGNIN_REALM: Final = "ESignin.Realm"
SIGNIN_SUBJECT: Final = "ESignin.Subject"
SIGNIN_AUTHENTICATION: Final = "ESignin.Authentication"
SIGNIN_PERMISSION: Final = "ESignin.Permission"
METER_NUMBER: Final = "ESts.DrnOrPan"
CHECK_DIGIT: Final = "ESts.DrnOrPan.CheckDigit"
ID_RECORD: Final = "ESts.IdRecord"
ID_RECORD_EXPIRED: Final = "ESts.IdRecord.Expired"
KEY_EXPIRED: Final = "ESts.VkExpired"
KEY_BEFORE_BASE_DATE: Final = "ESts.VkBeforeBdt"
KEY_NOT_FOUND: Final = "EKeystore.NotFound"
MODULE: Final = "ESm"

CODES: Final = (
    *(SERVICE, DISABLED, TOKEN, PERMISSION, PARAMETER, PREFERENCE, CACHE_MISS, SIGNIN_VERSION),
    *(SIGNIN_REALM, SIGNIN_SUBJECT, SIGNIN_AUTHENTICATION, SIGNIN_PERMISSION, METER_NUMBER, CHECK_DIGIT),
    *(ID_RECORD, ID_RECORD_EXPIRED, KEY_EXPIRED, KEY_BEFORE_BASE_DATE, KEY_NOT_FOUND, MODULE),
)
"""Every code that a server of ours gives as an error."""

VERIFIED: Final = "EVerify.Ok"
VERIFY_CRC: Final = "EVerify.Crc"
VERIFY_DEFAULT_CREDIT: Final = "EVerify.DdtkCredit"
VERIFY_EXPIRED: Final = "EVerify.KeyExpired"

_PREFIX: Final = "prism."
"""Begins the refusal codes that are an error code of the interface and nothing of ours."""
_REASON: Final = re.compile(r"\[([a-z_]+(?:\.[a-z_]+)+)\] (.*)", re.DOTALL)
_TEXT_MAX: Final = 400

_BY_AREA: Final[Mapping[str, str]] = {
    "module": MODULE,
    "client": PERMISSION,
    "request": PARAMETER,
    "role": DISABLED,
    "key": PARAMETER,
    "meter": PARAMETER,
    "tid": PARAMETER,
    "limit": PREFERENCE,
    "change": PARAMETER,
    "verify": PREFERENCE,
    "custody": PERMISSION,
}
_BY_REFUSAL: Final[Mapping[str, str]] = {
    "module.sealed": DISABLED,
    "module.busy": SERVICE,
    "client.rate": SERVICE,
    "key.unknown": KEY_NOT_FOUND,
    "key.not_active": KEY_BEFORE_BASE_DATE,
    "key.issued_until": KEY_EXPIRED,
    "key.base_date": KEY_EXPIRED,
    "key.expired": KEY_EXPIRED,
    "meter.expired": KEY_EXPIRED,
    "change.new_expired": KEY_EXPIRED,
    "verify.unknown": PERMISSION,
}
_NEAREST: Final[Mapping[str, str]] = {
    KEY_NOT_FOUND: "key.unknown",
    KEY_EXPIRED: "key.expired",
    KEY_BEFORE_BASE_DATE: "key.not_active",
    PERMISSION: "client.act",
    VERIFY_CRC: "verify.not_ours",
    VERIFY_DEFAULT_CREDIT: "key.default_credit",
    VERIFY_EXPIRED: "key.expired",
}
"""What the codes of other servers are for us, where they mean one thing."""


def fault(code: str, text: str) -> ModuleRefused:
    """Return the exception that a server answers with exactly this code."""
    return ModuleRefused(f"{_PREFIX}{code}", text)


def fault_of(error: VoltokenError) -> Fault:
    """Return how a server tells an error to its client."""
    reason = error.detail.get("refusal")
    if isinstance(reason, str) and reason.startswith(_PREFIX):
        return Fault(reason.removeprefix(_PREFIX), error.message)
    if isinstance(reason, str):
        area = reason.partition(".")[0]
        return Fault(_BY_REFUSAL.get(reason) or _BY_AREA.get(area, PARAMETER), f"[{reason}] {error.message}")
    return Fault(_code_of(error), error.message)


def _code_of(error: VoltokenError) -> str:
    """Return the code of an error that is no refusal of a module."""
    if isinstance(error, ResultMissing):
        return CACHE_MISS
    if isinstance(error, KeyRefused):
        return KEY_BEFORE_BASE_DATE if error.reason == "before_base_date" else KEY_EXPIRED
    if isinstance(error, RuleError):
        return SERVICE if error.rule == "tid_lead" else PARAMETER
    if isinstance(error, FieldError | CarrierError):
        return PARAMETER
    return SERVICE if isinstance(error, ModuleUnavailable) else MODULE


def reason_in(answer: Fault) -> str | None:
    """Return the refusal that a server of ours names in an error; None in errors of other servers."""
    found = _REASON.fullmatch(answer.text)
    return found[1] if found and found[1] in REFUSALS else None


def error_of(answer: Fault) -> VoltokenError:
    """Return what a client raises for an error of its server."""
    found = _REASON.fullmatch(answer.text)
    if found and found[1] in REFUSALS:
        return _raised(found[1], _printable(found[2]))
    text = f"The module answers {answer.code}: {_printable(answer.text)}"
    if answer.code == TOKEN or answer.code.startswith("ESignin."):
        return ModuleUnavailable(
            f"{text} Look at the user, the password and the certificate in the settings.", retry_safe=False
        )
    if answer.code == CACHE_MISS:
        return ResultMissing(text)
    if answer.code in (SERVICE, DISABLED, MODULE):
        return ModuleUnavailable(text)
    return _raised(_NEAREST.get(answer.code, f"{_PREFIX}{answer.code}"), text)


def is_unsure(answer: Fault) -> bool:
    """Whether an error leaves open if a token was made: a fault of the module or of the service itself."""
    return answer.code in (MODULE, SERVICE) and reason_in(answer) is None


def _raised(refusal: str, message: str) -> VoltokenError:
    return Refusal(refusal, message).error()


def _printable(text: str) -> str:
    """Return a peer's text as one that cannot disturb a terminal or flood a log."""
    shown = "".join(one if one.isprintable() else " " for one in text[:_TEXT_MAX]).strip()
    return shown if shown.endswith((".", "?", "!")) else f"{shown}."
