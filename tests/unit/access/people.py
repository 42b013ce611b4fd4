"""A small office: people with keys and roles, and stores that forget everything when the test ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from voltoken.access import (
    ApiKey,
    Approval,
    Cost,
    Credentials,
    Grant,
    Person,
    Request,
    Role,
    Session,
    Verdict,
    approve_request,
    public_key_of,
    sign_request,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CHEAP = Cost(8, 1, 1)

SEEDS = {name: bytes([number]) * 32 for number, name in enumerate(("ann", "ben", "cat", "dan", "eve"), 1)}
ROLES = {
    "maker": Role("maker", (Grant("key.make", {"keys": 10}, {"sgc": frozenset({"123456"})}),)),
    "approver": Role("approver", (Grant("key.make.approve", {"keys": 10}),)),
    "duty": Role("duty", (Grant("key.make.break_glass"),)),
    "reviewer": Role("reviewer", (Grant("key.make.review"),)),
}


def person(name: str, *roles: str, **changes: Any) -> Person:
    """Return one of the people, with these roles."""
    made = Person(name, name.title(), frozenset(roles), public_key_of(SEEDS[name]))
    return replace(made, **changes)


@dataclass
class Office:
    """People, roles, credentials, sessions and API keys, in memory: the ports of the room."""

    people: dict[str, Person]
    roles: dict[str, Role] = field(default_factory=lambda: dict(ROLES))
    kept: dict[str, Credentials] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    busy: bool = False
    """Whether somebody else always comes first."""
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """What others do, each once, right before credentials are changed."""
    calls: list[str] = field(default_factory=list)
    """What was asked about credentials."""

    def person(self, person_id: str) -> Person | None:
        return self.people.get(person_id)

    def role(self, name: str) -> Role | None:
        return self.roles.get(name)

    def credentials(self, person_id: str) -> Credentials | None:
        self.calls.append("read")
        return self.kept.get(person_id)

    def replace_credentials(self, person_id: str, read: Credentials, new: Credentials) -> bool:
        self.calls.append("replace")
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.busy or self.kept.get(person_id) != read:
            return False
        self.kept[person_id] = new
        return True

    def session(self, mark: str) -> Session | None:
        return self.sessions.get(mark)

    def put_session(self, session: Session) -> None:
        self.sessions[session.mark] = session

    def replace_session(self, mark: str, new: Session) -> bool:
        if self.busy or mark not in self.sessions:
            return False
        del self.sessions[mark]
        self.sessions[new.mark] = new
        return True

    def drop_session(self, mark: str) -> None:
        self.sessions.pop(mark, None)

    def drop_sessions_of(self, person_id: str) -> int:
        theirs = [mark for mark, session in self.sessions.items() if session.person_id == person_id]
        for mark in theirs:
            del self.sessions[mark]
        return len(theirs)

    def api_key(self, key_id: str) -> ApiKey | None:
        return self.keys.get(key_id)

    def put_api_key(self, key: ApiKey) -> None:
        self.keys[key.key_id] = key

    def note_use(self, key_id: str, at: datetime) -> None:
        self.keys[key_id] = replace(self.keys[key_id], last_used_at=at)


def office(**changes: Person) -> Office:
    """Return an office: ann makes requests, ben and cat approve, dan breaks glass, eve reviews."""
    people = {
        "ann": person("ann", "maker"),
        "ben": person("ben", "approver"),
        "cat": person("cat", "approver"),
        "dan": person("dan", "duty"),
        "eve": person("eve", "reviewer"),
    }
    return Office(people | changes)


def request(body: Mapping[str, Any] | None = None, **changes: Any) -> Request:
    """Return a request of ann's that two others must approve."""
    fields: dict[str, Any] = {
        "domain": "kmc/C1",
        "request_id": "r-1",
        "act": "key.make",
        "body": {"sgc": "123456", "keys": 3} if body is None else body,
        "maker": "ann",
        "made_at": NOW,
        "until": NOW + DAY,
        "needs": 2,
    }
    return Request(**fields | changes)


def signed(asked: Request) -> bytes:
    """Return the signature of a request by whom it names as its maker."""
    return sign_request(asked, SEEDS[asked.maker])


def approval(
    asked: Request,
    name: str,
    verdict: Verdict = Verdict.APPROVE,
    at: datetime = NOW + MINUTE,
    reason: str = "",
) -> Approval:
    """Return what somebody says about a request."""
    return approve_request(asked, name, verdict, reason, at, SEEDS[name])
