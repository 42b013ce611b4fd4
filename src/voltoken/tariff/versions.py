"""The life of a version of a tariff: who drafted, submitted and approved which document, and why.

    draft -> submitted -> approved          decided by people, each step of it an event with a reason
    approved -> scheduled -> active -> superseded (or expired)        these follow from the day alone
    submitted -> rejected -> draft;  draft, submitted, approved -> withdrawn

``RULES`` is the first part as data. Every event names the SHA-256 of the document it is about. A document
is changed as a draft only, what was approved never is: a new document is a new version. A version is its
document and its events, and nothing else: the state is read from them, and a version whose events break a
rule cannot be made, so that what a database gives back is checked as what a person does. Persons are told
apart by name, without regard to case. Times are aware, on the clock of the tariff's zone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from voltoken.errors import FieldError, TariffStateError
from voltoken.tariff.document import Tariff

TEXT_MAX: Final = 1000
"""How long a name or a reason may be, in characters."""

_SHA256: Final = re.compile("[0-9a-f]{64}")


class State(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SCHEDULED = "scheduled"
    """Approved, and its first day is still to come."""
    ACTIVE = "active"
    """Approved and in force."""
    SUPERSEDED = "superseded"
    """Another approved version has taken its place, for good."""
    EXPIRED = "expired"
    """Its last day is over, and no other version has taken its place."""


class Act(StrEnum):
    """What a person does with a version."""

    DRAFT = "draft"
    REVISE = "revise"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


_AUTHORS: Final = frozenset({Act.DRAFT, Act.REVISE, Act.SUBMIT})


class Transition(NamedTuple):
    """One rule. state: that the act needs, None for a new version. to: the state after it.

    not_by: whoever did one of these acts to the version may not do this one.
    """

    act: Act
    state: State | None
    to: State
    not_by: frozenset[Act] = frozenset()


RULES: Final = (
    Transition(Act.DRAFT, None, State.DRAFT),
    Transition(Act.REVISE, State.DRAFT, State.DRAFT),
    Transition(Act.REVISE, State.REJECTED, State.DRAFT),
    Transition(Act.SUBMIT, State.DRAFT, State.SUBMITTED),
    Transition(Act.APPROVE, State.SUBMITTED, State.APPROVED, _AUTHORS),
    Transition(Act.REJECT, State.SUBMITTED, State.REJECTED, _AUTHORS),
    Transition(Act.WITHDRAW, State.DRAFT, State.WITHDRAWN),
    Transition(Act.WITHDRAW, State.SUBMITTED, State.WITHDRAWN),
    Transition(Act.WITHDRAW, State.APPROVED, State.WITHDRAWN),
)
"""Every step that a person can take."""

_RULES: Final = {(rule.act, rule.state): rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a person did. sha256: of the document it is about, 64 digits in lower case.

    by: who, best an id; names that only look alike are two people. reason: why; both 1 to 1000 characters.
    at: when, aware, on the clock of the tariff's zone.
    late: for an approval, that it was given knowing that the version should be in force already.
    Raises FieldError for anything else.
    """

    act: Act
    by: str
    at: datetime
    sha256: str
    reason: str
    late: bool = False

    def __post_init__(self) -> None:
        """Check what the rules rely on."""
        # A plain "approve" would find its rule, and slip through every question whether it is APPROVE.
        if self.act.__class__ is not Act:
            raise FieldError("act", self.act, "an Act")
        if not isinstance(self.sha256, str) or not _SHA256.fullmatch(self.sha256):
            raise FieldError("sha256", self.sha256, "64 hexadecimal digits in lower case")
        for name in ("by", "reason"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text.strip() or len(text) > TEXT_MAX:
                raise FieldError(name, text, f"a text of 1 to {TEXT_MAX} characters")
        if not self.by.isprintable():
            raise FieldError("by", self.by, "one line without invisible characters", "Use a person's id.")
        if not isinstance(self.at, datetime) or self.at.utcoffset() is None:
            raise FieldError("at", self.at, "an aware datetime on the clock of the tariff's zone")


@dataclass(frozen=True, slots=True)
class Version:
    """A document and all that was done to it, oldest first; the first event is always the draft.

    Raises TariffStateError when an event was not allowed: reason ``state`` (not a step from where the
    version stood), ``hash`` (about another document), ``same_person`` (a second one is needed), ``time``
    (before the event before it) or ``too_late`` (see ``advance``); FieldError for an event on another clock.
    """

    tariff: Tariff
    history: tuple[Event, ...]

    def __post_init__(self) -> None:
        """Follow the events from the first to the last."""
        if not self.history:
            raise TariffStateError("state", "A version begins with a draft; this one has no events.")
        document, state = "", None
        for number, event in enumerate(self.history):
            if event.act in (Act.DRAFT, Act.REVISE):
                document = event.sha256
            state = _step(self.tariff, document, state, self.history[:number], event)
        if document != self.tariff.sha256:
            raise _other_document(self.tariff, self.history[-1], self.tariff.sha256)

    @property
    def state(self) -> State:
        """What people have decided: draft, submitted, approved, rejected or withdrawn."""
        return _state_after(self.history)

    @property
    def sha256(self) -> str:
        """Of the document, in hexadecimal."""
        return self.tariff.sha256

    @property
    def is_approved(self) -> bool:
        """Whether it was approved and has not been withdrawn."""
        return self.state is State.APPROVED

    @property
    def rank(self) -> tuple[date, datetime, str]:
        """First day, then time of the last event: of two approved versions the greater one counts."""
        return self.tariff.valid_from, self.history[-1].at, self.sha256


def draft(tariff: Tariff, by: str, at: datetime, reason: str) -> Version:
    """Begin a version. Raises FieldError as ``Event`` does."""
    return Version(tariff, (Event(Act.DRAFT, by, at, tariff.sha256, reason),))


def revise(version: Version, tariff: Tariff, by: str, at: datetime, reason: str) -> Version:
    """Put another document in the place of a draft, or of one that was rejected; it is a draft again.

    Raises TariffStateError: ``state`` or ``time`` as ``Version``, ``code`` for a document of another tariff.
    """
    if tariff.code != version.tariff.code:
        message = f"{tariff.code} is not {version.tariff.code}; draft it as a version of its own."
        raise TariffStateError("code", message, code=tariff.code)
    return Version(tariff, (*version.history, Event(Act.REVISE, by, at, tariff.sha256, reason)))


def advance(
    version: Version, act: Act, by: str, at: datetime, sha256: str, reason: str, *, late: bool = False
) -> Version:
    """Return the version after an act: submit, approve, reject or withdraw.

    sha256: of the document that the person has before them. late: approve although the version should be
    in force since an earlier or this day; what was sold until now keeps the price at which it was sold.
    Raises TariffStateError as ``Version`` does; ``too_late`` is an approval on or after the first day
    without ``late``, or a withdrawal of an approved version on or after it.
    """
    if act in (Act.DRAFT, Act.REVISE):
        raise TariffStateError("state", f"To {act} takes a document: use the function {act}.", act=act)
    return Version(version.tariff, (*version.history, Event(act, by, at, sha256, reason, late)))


def states_at(versions: Iterable[Version], code: str, day: date) -> tuple[tuple[Version, State], ...]:
    """Return all versions of a tariff with their states on a local day, by first day and then by time.

    A version is superseded on the first day of a later one, and at once by one with the same first day
    that was approved after it.
    """
    own = sorted((version for version in versions if version.tariff.code == code), key=lambda one: one.rank)
    approved = [version for version in own if version.is_approved]
    return tuple((version, _state_on(version, approved, day)) for version in own)


def in_force(versions: Iterable[Version], code: str, day: date) -> Version:
    """Return the version by which a tariff prices on a local day: the approved one that began last.

    A version that has been superseded does not come back when its successor ends.
    Raises TariffStateError: ``unknown`` (no version of this code), ``none_in_force`` (none approved has
    begun), ``expired`` (the last day of the latest is over).
    """
    own = [version for version in versions if version.tariff.code == code]
    begun = [version for version in own if version.is_approved and version.tariff.valid_from <= day]
    if not own:
        raise TariffStateError("unknown", f"There is no tariff {code}.", code=code)
    if not begun:
        message = f"No version of {code} is in force on {day}: approve one that begins by then."
        raise TariffStateError("none_in_force", message, code=code, day=day.isoformat())
    latest = max(begun, key=lambda version: version.rank)
    if not latest.tariff.in_force(day):
        last = latest.tariff.valid_until
        message = f"The last day of {code} {latest.tariff.version} was {last}: approve the next version."
        raise TariffStateError("expired", message, code=code, day=day.isoformat())
    return latest


def _state_on(version: Version, approved: list[Version], day: date) -> State:
    """Return the state of a version among the approved ones of its tariff."""
    if not version.is_approved:
        return version.state
    first = version.tariff.valid_from
    if any(one.rank > version.rank and one.tariff.valid_from <= max(day, first) for one in approved):
        return State.SUPERSEDED
    if day < first:
        return State.SCHEDULED
    return State.ACTIVE if version.tariff.in_force(day) else State.EXPIRED


def _state_after(history: tuple[Event, ...]) -> State:
    """Return the state to which the events lead, all of which are allowed."""
    state = None
    for event in history:
        state = _RULES[event.act, state].to
    return state or State.DRAFT


def _step(
    tariff: Tariff, document: str, state: State | None, before: tuple[Event, ...], event: Event
) -> State:
    """Return the state after an event, or say why it cannot be."""
    title = f"{tariff.code} {tariff.version}"
    rule = _RULES.get((event.act, state))
    if rule is None:
        acts = ", ".join(sorted(one.act for one in RULES if one.state == state)) or "nothing"
        stands = f"is {state}" if state else "has not begun"
        message = f"{title} {stands}; that does not go with {event.act}. Possible: {acts}."
        raise TariffStateError("state", message, act=event.act, state=state)
    if event.sha256 != document:
        raise _other_document(tariff, event, document)
    barred = {_person(one.by) for one in before if one.act in rule.not_by}
    if _person(event.by) in barred:
        message = f"{event.by} wrote or submitted {title}; somebody else has to {event.act} it."
        raise TariffStateError("same_person", message, act=event.act)
    if str(event.at.tzinfo) != tariff.zone:
        raise FieldError("at", str(event.at.tzinfo), f"a time on the clock of {tariff.zone}")
    if before and event.at < before[-1].at:
        message = f"{title}: {event.act} at {event.at} is before the last event at {before[-1].at}."
        raise TariffStateError("time", message, act=event.act)
    begun = event.at.date() >= tariff.valid_from
    if begun and event.act is Act.APPROVE and not event.late:
        message = (
            f"{title} should be in force since {tariff.valid_from}; approve it as late, or draft a new one."
        )
        raise TariffStateError("too_late", message, act=event.act)
    if begun and event.act is Act.WITHDRAW and state is State.APPROVED:
        message = f"{title} is in force since {tariff.valid_from}; approve another version in its place."
        raise TariffStateError("too_late", message, act=event.act)
    return rule.to


def _other_document(tariff: Tariff, event: Event, expected: str) -> TariffStateError:
    message = (
        f"{tariff.code} {tariff.version}: {event.act} names the document {event.sha256[:12]}..., "
        f"but the version has {expected[:12]}...; read the document again."
    )
    return TariffStateError("hash", message, act=event.act)


def _person(name: str) -> str:
    """Return a name as it is compared: the same person in other letters is the same person."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
