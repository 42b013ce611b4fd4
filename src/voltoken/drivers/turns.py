"""A fair queue with bounds, in front of something slow that serves many clients.

Whoever has work for it puts a job in; whoever does the work takes some out. Clients take turns: of each,
one job is taken, then of the next. So one client with ten thousand jobs waiting delays another one's single
job by one job, not by ten thousand. Nobody waits to get in: a queue that is full says so at once, because
a caller who is told can do something about it, and one who is kept waiting cannot. What jobs are, this does
not know; it starts no thread and reads no clock.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from typing import Final, Generic, TypeVar

from voltoken.errors import FieldError
from voltoken.security import refuse

Job = TypeVar("Job")

LIMIT_PER_CLIENT: Final = 1_000
LIMIT: Final = 10_000


class Turns(Generic[Job]):
    """Jobs that wait, by client. Thread-safe.

    limit_per_client, limit: how many may wait, for one client and in all; 1 or more.
    Raises FieldError.
    """

    def __init__(self, limit_per_client: int = LIMIT_PER_CLIENT, limit: int = LIMIT) -> None:
        for name, value in (("limit_per_client", limit_per_client), ("limit", limit)):
            if value.__class__ is not int or value < 1:
                raise FieldError(name, value, "a whole number, 1 or more")
        self._limit_per_client = limit_per_client
        self._limit = limit
        self._news = threading.Condition()
        self._closed = False
        self._waiting = 0
        # Whose turn it is stands first. A client with nothing waiting is not in it, so that names of
        # clients, which come from outside, do not pile up.
        self._queues: OrderedDict[str, deque[Job]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many jobs wait."""
        with self._news:
            return self._waiting

    def put(self, client: str, job: Job) -> None:
        """Let a job of a client wait for its turn.

        Raises ModuleUnavailable when too many wait already (``module.busy``), for this client or in all, and
        when the queue is closed. The job is not in it then.
        """
        with self._news:
            if self._closed:
                raise refuse("module.failed", why="it is being closed.").error()
            queue = self._queues.get(client)
            if self._waiting >= self._limit or (queue is not None and len(queue) >= self._limit_per_client):
                raise refuse("module.busy").error()
            if queue is None:
                queue = self._queues[client] = deque()
            queue.append(job)
            self._waiting += 1
            self._news.notify()

    def take(self, most: int) -> list[Job]:
        """Wait until there are jobs, and return those whose turn it is.

        most: how many at most, 1 or more. Returns none only when the queue is closed, even if jobs wait.
        Raises FieldError.
        """
        if most.__class__ is not int or most < 1:
            raise FieldError("most", most, "a whole number, 1 or more")
        with self._news:
            while not self._waiting and not self._closed:
                self._news.wait()
            return [] if self._closed else [self._next() for _ in range(min(most, self._waiting))]

    def close(self) -> None:
        """Take no more jobs in, give no more out, and wake everybody who waits. Can be done again."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def drain(self) -> list[Job]:
        """Return, in turn, all jobs that wait, without waiting for any: they are out of the queue then."""
        with self._news:
            return [self._next() for _ in range(self._waiting)]

    def _next(self) -> Job:
        """Take the job whose turn it is. Its client's next turn comes after everybody else's."""
        client, queue = self._queues.popitem(last=False)
        job = queue.popleft()
        if queue:
            self._queues[client] = queue
        self._waiting -= 1
        return job
