"""What somebody signs in with, and what becomes of it when somebody tries.

Every try costs the same work, whether the person exists or not, whether the door is locked or not. From
the fifth wrong try in a row on the door is locked, for longer each time: 1, 2, 4 ... 60 minutes. While it is
locked, tries do not count and nothing opens it.

Somebody else can keep a person out: one wrong try after each lock is enough, every hour. That is the price of
stopping guesses. Sessions that are open go on meanwhile, without a fresh second factor, and an administrator
can set it back (``Entrance.forget_tries``).

A store that many use at once counts a try before anything is compared (``count_try``), and takes it back when
it was right (``settle_try``): of guesses made at the same moment each one counts. ``Entrance`` does so.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from voltoken.access.passwords import check_password
from voltoken.access.totp import Seed, accepted_counter, is_replayed, recovery_mark
from voltoken.access.values import check_moment
from voltoken.errors import HIDDEN, FieldError, SignInRefused

FREE_TRIES: Final = 5
"""The wrong try in a row that locks for the first time."""
LOCK_FIRST: Final = timedelta(minutes=1)
"""How long the first lock lasts; each next one twice as long."""
LOCK_MAX: Final = timedelta(minutes=60)
"""The longest lock."""

_FAILURES_MAX: Final = 1_000_000


class Outcome(enum.Enum):
    """What came of a try to sign in. The value is the reason of SignInRefused where it was refused."""

    PASSWORD = "password"  # noqa: S105 - the name of an outcome
    """The password was right, and no second factor is set up."""
    CODE = "code"
    """The code was right, and the password where one was asked for."""
    RECOVERY = "recovery"
    """As CODE, with a recovery code that is now used up: the person should hear of it."""
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - the name of an outcome
    WRONG_CODE = "wrong_code"
    CODE_USED = "code_used"
    """The code was right and had been used: somebody may have looked over a shoulder."""
    LOCKED = "locked"
    UNKNOWN = "unknown"

    @property
    def opens(self) -> bool:
        """Whether the person is in."""
        return self in (Outcome.PASSWORD, Outcome.CODE, Outcome.RECOVERY)

    @property
    def has_second_factor(self) -> bool:
        """Whether a second factor was given."""
        return self in (Outcome.CODE, Outcome.RECOVERY)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is kept of one person's password and second factor.

    phc: the password, as ``hash_password`` gives it. seed: of the second factor, None without one; it is a
    secret, and rests encrypted. last_counter: the step of the last code used, -1 for none.
    recovery: marks of the recovery codes that are left. failures: wrong tries in a row.
    locked_until: in UTC, None when it never was.
    Raises FieldError.
    """

    phc: str = field(repr=False)
    seed: Seed | None = None
    last_counter: int = -1
    recovery: frozenset[str] = field(default=frozenset(), repr=False)
    failures: int = 0
    locked_until: datetime | None = None

    def __post_init__(self) -> None:
        """Check every attribute."""
        if not isinstance(self.phc, str):
            raise FieldError("phc", HIDDEN, "an Argon2id text")
        if self.seed is not None and not isinstance(self.seed, Seed):
            raise FieldError("seed", HIDDEN, "a Seed")
        if self.last_counter.__class__ is not int or self.last_counter < -1:
            raise FieldError("last_counter", self.last_counter, "a whole number, -1 or more")
        if self.failures.__class__ is not int or not 0 <= self.failures <= _FAILURES_MAX:
            raise FieldError("failures", self.failures, f"a whole number 0 to {_FAILURES_MAX}")
        if self.locked_until is not None:
            check_moment("locked_until", self.locked_until)


UNKNOWN: Final = Credentials(
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keQ$E5KostkEawuGjCeEGD921occKWHmaTyglX6TE/VIYcM"
)
"""Credentials of nobody: use them for people who do not exist, so that they are refused in the same time."""

_NO_SEED: Final = Seed(b"nobody nobody nobody")


def sign_in(credentials: Credentials, password: str, code: str, now: datetime) -> tuple[Credentials, Outcome]:
    """Try to sign in. Returns what is to be kept from now on, whatever the outcome, and the outcome.

    credentials: ``UNKNOWN`` for nobody. code: six digits or a recovery code; empty without a second factor.
    now: in UTC. The store takes the new credentials only in place of those that were read: two tries at
    once with one code must not both succeed.
    Raises FieldError for a moment that is not in UTC.
    """
    right = check_password(password, credentials.phc)
    used, found = _look_at(credentials, code, now)
    if credentials.phc == UNKNOWN.phc:
        return credentials, Outcome.UNKNOWN
    if is_locked(credentials, now):
        return credentials, Outcome.LOCKED
    if not right:
        return _failed(credentials, now), Outcome.WRONG_PASSWORD
    if credentials.seed is None:
        return _opened(credentials), Outcome.PASSWORD
    return (_opened(used), found) if found.opens else (_failed(credentials, now), found)


def step_up(credentials: Credentials, code: str, now: datetime) -> tuple[Credentials, Outcome]:
    """Try a second factor alone, of somebody who is signed in. As ``sign_in``, without the password."""
    used, found = _look_at(credentials, code, now)
    if is_locked(credentials, now):
        return credentials, Outcome.LOCKED
    if credentials.seed is None:
        return _failed(credentials, now), Outcome.WRONG_CODE
    return (_opened(used), found) if found.opens else (_failed(credentials, now), found)


def count_try(credentials: Credentials, now: datetime) -> Credentials:
    """Count a try as a wrong one, with its lock, before anything is compared.

    Returns the same credentials while they are locked, and for ``UNKNOWN``: no try counts then.
    now: in UTC.
    """
    if credentials.phc == UNKNOWN.phc or is_locked(credentials, now):
        return credentials
    return _failed(credentials, now)


def settle_try(
    judged: Credentials, kept: Credentials, code: str, now: datetime
) -> tuple[Credentials, Outcome | None]:
    """Take back a try that was right, and use up its code. Returns what is to be kept, and the outcome.

    judged: what was kept before the try was counted, and what ``sign_in`` or ``step_up`` opened.
    kept: what is kept now, which others may have changed since: tries counted after this one stay counted.
    The outcome does not open when the code was used meanwhile, and is None when the password or the second
    factor is another one now; nothing is to be kept of it then.
    """
    if kept.phc != judged.phc or kept.seed != judged.seed:
        return kept, None
    used, found = (kept, Outcome.PASSWORD) if kept.seed is None else _look_at(kept, code, now)
    if not found.opens:
        return kept, found
    left = max(0, kept.failures - judged.failures - 1)
    return replace(used, failures=left, locked_until=kept.locked_until if left >= FREE_TRIES else None), found


def is_locked(credentials: Credentials, now: datetime) -> bool:
    """Whether no try counts now."""
    return credentials.locked_until is not None and now < credentials.locked_until


def refused(reason: str) -> SignInRefused:
    """Return a refusal at a door; all read alike.

    reason: one of ``SIGN_IN_REASONS``, for the log and for nobody else; an outcome's value is one.
    """
    return SignInRefused(
        reason, "That did not work. Look at what you gave; after several wrong tries, wait for some minutes."
    )


def _look_at(credentials: Credentials, code: str, now: datetime) -> tuple[Credentials, Outcome]:
    """Return the credentials with a code used up, and what it was; the same work for every code."""
    seed = credentials.seed or _NO_SEED
    counter = accepted_counter(seed, code, now, credentials.last_counter)
    replayed = is_replayed(seed, code, now, credentials.last_counter)
    mark = recovery_mark(code)
    if counter is not None:
        return replace(credentials, last_counter=counter), Outcome.CODE
    if mark is not None and mark in credentials.recovery:
        return replace(credentials, recovery=credentials.recovery - {mark}), Outcome.RECOVERY
    return credentials, Outcome.CODE_USED if replayed else Outcome.WRONG_CODE


def _opened(credentials: Credentials) -> Credentials:
    return replace(credentials, failures=0, locked_until=None)


def _failed(credentials: Credentials, now: datetime) -> Credentials:
    failures = min(credentials.failures + 1, _FAILURES_MAX)
    if failures < FREE_TRIES:
        return replace(credentials, failures=failures)
    doublings = min(failures - FREE_TRIES, 10)
    return replace(
        credentials, failures=failures, locked_until=now + min(LOCK_FIRST * 2**doublings, LOCK_MAX)
    )
