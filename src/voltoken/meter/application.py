"""The application process: what happens to a token from the keypad to the display (IEC 62055-41 clause 8).

    read -> locked out? -> authenticate -> validate -> execute -> cancel -> answer

A refusal leaves no trace but the count of failures that leads to the lockout; an acceptance is one change
of the memory. What each token does is in ``execution``, key changes are in ``keychange``.
"""

from __future__ import annotations

import bisect
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from voltoken.errors import CarrierError, IntegrityError, TokenRangeError, UnsupportedToken
from voltoken.meter.cells import Failures
from voltoken.meter.display import READINGS, TESTS
from voltoken.meter.execution import credited, execute
from voltoken.meter.keychange import NOTHING_PENDING, take_section
from voltoken.meter.memory import Memory
from voltoken.meter.options import Lockout
from voltoken.meter.profile import Profile
from voltoken.meter.results import Answer, EntryPath, TestShown, TokenResult
from voltoken.sts import (
    InitiateMeterTestDisplay,
    KeyChangeSection,
    KeyType,
    Token,
    TokenCipher,
    TokenNumber,
    decode,
)

if TYPE_CHECKING:
    from voltoken.meter.machine import Meter

_NO_FAILURES: Final = Failures(0, datetime.min.replace(tzinfo=UTC))
_SECOND: Final = timedelta(seconds=1)


def enter(meter: Meter, digits: str | TokenNumber, now: datetime, path: EntryPath) -> Answer:
    """Take in a token and return the answer. Raises PowerFailure when power fails during a write."""
    meter.supply.settle(now)
    try:
        number = digits if isinstance(digits, TokenNumber) else TokenNumber.parse(digits)
    except CarrierError:
        number = None
    if number is not None and number.token_class == 1:
        return _test(meter, number)
    wait_s = lockout_s(meter.memory, meter.profile, now, path)
    if wait_s:
        return Answer(TokenResult.LOCKOUT, lockout_s=wait_s)
    if number is None:
        return _refuse(meter, TokenResult.FORMAT, None, now, path)
    token = _read(number, meter.cipher)
    if isinstance(token, TokenResult):
        return _refuse(meter, token, None, now, path)
    if isinstance(token, KeyChangeSection):
        return _key_change(meter, token, now, path)
    changes = _validate(token, meter.memory, meter.profile) or execute(token, meter.memory, meter.profile)
    if isinstance(changes, TokenResult):
        return _refuse(meter, changes, token, now, path)
    counts = credited(token, meter.profile)
    _accept(meter, token, number, counts, dict(changes), path)
    meter.supply.settle(now)
    return Answer(TokenResult.ACCEPT, token, counts)


def _read(number: TokenNumber, cipher: TokenCipher | None) -> Token | TokenResult:
    """Return the token of a number, or why it cannot be read as one: the authentication step."""
    try:
        return decode(number, cipher)
    except IntegrityError:
        return TokenResult.CRC
    except UnsupportedToken:
        return TokenResult.FUNCTION
    except TokenRangeError:
        return TokenResult.RANGE


def _test(meter: Meter, number: TokenNumber) -> Answer:
    """Answer a token of class 1, which leaves no trace whatever comes of it."""
    token = _read(number, None)
    if not isinstance(token, InitiateMeterTestDisplay):
        # The only field of these tokens with a range is the manufacturer's code.
        refusal = token if isinstance(token, TokenResult) else TokenResult.FUNCTION
        return Answer(TokenResult.MFR_CODE if refusal is TokenResult.RANGE else refusal)
    code = meter.pan.mfr_code
    own = int(code) if len(code) == 2 + 2 * token.form else 0
    if token.mfr_code not in (0, own):
        return Answer(TokenResult.MFR_CODE, token)
    numbers = meter.profile.tests if token.tests in ((), (0,)) else token.tests
    shown = tuple(
        TestShown(test, TESTS[test], READINGS[TESTS[test]](meter).text())
        for test in numbers
        if test in meter.profile.tests
    )
    return Answer(TokenResult.ACCEPT if shown else TokenResult.FUNCTION, token, tests=shown)


def _validate(token: Token, memory: Memory, profile: Profile) -> TokenResult | None:
    """Return why an authentic token with a TID is not valid; None if it is."""
    tid: int = token.tid  # type: ignore[attr-defined] # every token that is no section has one
    if tid < memory.tids[0]:
        return TokenResult.OLD
    if tid in memory.tids:
        return TokenResult.USED
    if profile.key_expiry and not memory.key.ken.admits(tid):
        return TokenResult.KEY_EXPIRED
    if token.token_class == 0 and memory.key.kt is KeyType.DDTK:
        return TokenResult.DDTK
    return None


def _accept(
    meter: Meter, token: Token, number: TokenNumber, counts: int, changes: dict[str, Any], path: EntryPath
) -> None:
    """Cancel the token and write all it changes, together."""
    memory = meter.memory
    tids = list(memory.tids[1:])
    bisect.insort(tids, int(token.tid))  # type: ignore[attr-defined] # as above
    changes["tids"] = tuple(tids)
    if token.token_class == 0:
        changes["history"] = memory.history.with_credit(number.digits, counts)
    else:
        changes["history"] = memory.history.with_management(number.digits)
    if memory.pending.sections and meter.profile.pending_dropped_by_tokens:
        changes["pending"] = NOTHING_PENDING
    _forgive(memory, changes, path)
    memory.commit(changes)


def _key_change(meter: Meter, section: KeyChangeSection, now: datetime, path: EntryPath) -> Answer:
    """Take in a section of a key change."""
    taken = take_section(section, meter.memory, meter.profile, now)
    if not taken.result.is_accepted:
        return _refuse(meter, taken.result, section, now, path, taken.changes)
    _forgive(meter.memory, taken.changes, path)
    meter.memory.commit(taken.changes)
    if taken.result is TokenResult.ACCEPT:
        meter.forget_cipher()
    return Answer(taken.result, section, missing=taken.missing)


def _refuse(
    meter: Meter,
    result: TokenResult,
    token: Token | None,
    now: datetime,
    path: EntryPath,
    changes: dict[str, Any] | None = None,
) -> Answer:
    """Answer with a refusal, and count it where it counts towards the lockout."""
    memory, lockout, written = meter.memory, meter.profile.lockout, dict(changes or {})
    in_a_row = memory.lockout.get(path, _NO_FAILURES).in_a_row
    if lockout is not None and _counts(result, lockout):
        in_a_row = min(in_a_row + 1, 255)
        written["lockout"] = {**memory.lockout, path: Failures(in_a_row, now)}
    if written:
        memory.commit(written)
    wait_s = lockout_s(memory, meter.profile, now, path)
    return Answer(result, token, lockout_s=wait_s, in_a_row=in_a_row)


def _counts(result: TokenResult, lockout: Lockout) -> bool:
    """Whether a refusal counts. A full register never does: the token is good and can be used later."""
    if result in (TokenResult.FORMAT, TokenResult.CRC):
        return True
    return lockout.counts_authentic and result is not TokenResult.OVERFLOW


def _forgive(memory: Memory, changes: dict[str, Any], path: EntryPath) -> None:
    """Let an accepted token end the count of failures of its path."""
    if path in memory.lockout:
        changes["lockout"] = {other: row for other, row in memory.lockout.items() if other is not path}


def lockout_s(memory: Memory, profile: Profile, now: datetime, path: EntryPath) -> int:
    """Return for how many more seconds a path takes no meter specific token; a started one counts."""
    failures = memory.lockout.get(path)
    if profile.lockout is None or failures is None:
        return 0
    elapsed = max(0, (now - failures.since) // _SECOND)
    return max(0, profile.lockout.delay_s(failures.in_a_row) - elapsed)
