"""What waits for the thread of a module, and how it gets its answer."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from voltoken.errors import VoltokenError
from voltoken.security import (
    Answer,
    Engine,
    IssueRequest,
    Overlay,
    Record,
    Refusal,
    State,
    Verified,
    VerifyRequest,
    verify,
)


@dataclass(slots=True)
class Issue:
    """A job: requests of one client."""

    client: str
    requests: Sequence[IssueRequest]
    future: Future[list[Answer | Refusal]] = field(default_factory=Future)


@dataclass(slots=True)
class Verify:
    """A job: a question about a token."""

    client: str
    request: VerifyRequest
    future: Future[Verified | Refusal] = field(default_factory=Future)


@dataclass(slots=True)
class Act:
    """A job: anything else that has to happen in the module's thread, alone."""

    client: str
    act: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)


Job = Issue | Verify | Act
"""What waits for the thread of a module."""

LARGE: Final = 1_000
"""From so many requests on a batch is large."""


def decide(
    engine: Engine,
    state: State,
    jobs: Sequence[Issue | Verify],
    now: datetime,
    chance: Callable[[int], bytes],
    *,
    sealed: bool,
) -> tuple[list[Answer | Refusal], list[Verified | Refusal], list[Record]]:
    """Return the answers of all requests, those of all questions, and what must be on the disk before.

    state: what the module remembers. chance: gives so many random bytes.
    """
    asked = [(job.client, request) for job in jobs if isinstance(job, Issue) for request in job.requests]
    decisions = engine.decide(state, asked, now, chance(len(asked)), sealed=sealed)
    records = [record for decision in decisions for record in decision.records]
    replies = []
    seen = Overlay(state)
    for job in jobs:
        if isinstance(job, Verify):
            reply = verify(engine, seen, job.client, job.request, now, sealed=sealed)
            seen.take(reply.records)
            records += reply.records
            replies.append(reply.answer)
    return [one.answer for one in decisions], replies, records


def give(
    jobs: Sequence[Issue | Verify],
    issued: Sequence[Answer | Refusal],
    replies: Sequence[Verified | Refusal],
) -> None:
    """Answer jobs. issued: the answers of all requests, in order; replies: those of all questions."""
    start = 0
    waiting = iter(replies)
    for job in jobs:
        if isinstance(job, Verify):
            job.future.set_result(next(waiting))
        else:
            end = start + len(job.requests)
            job.future.set_result(list(issued[start:end]))
            start = end


def perform(job: Act) -> None:
    """Do what a job asks for, and pass on what it raises to whoever waits."""
    try:
        result = job.act()
    except VoltokenError as error:
        job.future.set_exception(error)
    else:
        job.future.set_result(result)


@contextmanager
def collected_later(jobs: Sequence[Issue | Verify]) -> Iterator[None]:
    """Keep the collector of cyclic garbage out of a large batch, which makes none."""
    requests = sum(len(job.requests) for job in jobs if isinstance(job, Issue))
    pause = requests >= LARGE and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def refuse_all(jobs: Sequence[Issue | Verify], refusal: Refusal) -> None:
    """Answer all jobs with one refusal."""
    for job in jobs:
        if isinstance(job, Verify):
            job.future.set_result(refusal)
        else:
            refused = [
                Refusal(refusal.code, refusal.message, one.request_id, refusal.detail) for one in job.requests
            ]
            job.future.set_result(list(refused))
