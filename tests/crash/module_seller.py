"""A process with a module that sells until somebody ends it, and says what it was answered.

    python -m tests.crash.module_seller HOME BASE SEED ROUNDS [POINT NTH [eager]]

The shares come on standard input. Four threads sell single tokens, each two of them compete for the same
meters and TIDs, and a fifth sells batches. ``ask ID`` is printed before a request is made, ``got ID TOKEN``
after its answer is there. At the NTH passage of POINT the process kills itself. ``eager`` takes a safeguard
away: answers are given before they are on the disk.
"""

from __future__ import annotations

import functools
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.unit.security.desk import KEY, METER
from voltoken.drivers.journal import Journal
from voltoken.drivers.local.home import open_home
from voltoken.drivers.local.jobs import Issue, Verify, decide, give
from voltoken.drivers.local.module import LocalModule
from voltoken.drivers.local.worker import Worker
from voltoken.errors import ModuleRefused
from voltoken.security import CreditRequest, IssuedToken, MeterId, SecurityModule
from voltoken.sts import TID, MeterPAN, Service

SINGLES = 4
BATCHES = 4
BATCH = 12
TALKING = threading.Condition()
SAID: set[str] = set()
GIVEN: set[str] = set()
"""Which answers have been printed, and which an eager worker has given in this commit."""


def request_of(name: str, base: int) -> CreditRequest:
    """Return the request that a name stands for: ``SEED-THREAD-NUMBER``. base: TIDs begin there."""
    seed, thread, number = map(int, name.split("-"))
    lane = thread % 2 if thread < SINGLES else 2
    pan = MeterPAN.build("00", f"{1_000_000 + 100_000 * lane + number:08d}")
    meter = MeterId(pan, METER.ea, METER.tct, METER.ti, test=True)
    steps = 1 + (number + thread) % 50
    return CreditRequest(f"{name}:1", meter, KEY, Service.ELECTRICITY, steps, TID(base + seed))


def say(lines: Sequence[str]) -> None:
    """Print lines at once, so that none is torn by another thread."""
    with TALKING:
        os.write(1, "".join(f"{line}\n" for line in lines).encode())
        SAID.update(line.split()[1] for line in lines if line.startswith("got"))
        TALKING.notify_all()


def sell(module: SecurityModule, base: int, seed: int, thread: int, rounds: int) -> None:
    """Sell: single tokens, or batches in the last thread."""
    size = BATCH if thread == BATCHES else 1
    for first in range(0, rounds * size, size):
        names = [f"{seed}-{thread}-{number}" for number in range(first, first + size)]
        requests = [request_of(name, base) for name in names]
        say([f"ask {one.request_id}" for one in requests])
        if size > 1:
            answers = [one for one in module.issue_many(requests) if isinstance(one, IssuedToken)]
        else:
            try:
                answers = [module.issue_credit(requests[0])]
            except ModuleRefused as error:
                if error.refusal != "tid.claimed":
                    raise
                continue  # the other thread was first
        say([f"got {one.request_id} {int(one.token)}" for one in answers])


def eager(self: Worker, jobs: Sequence[Issue | Verify]) -> None:
    """Answer as a worker without its safeguard would: before the records are on the disk."""
    now = self.clock()
    issued, replies, records = decide(self.engine, self.journal, jobs, now, self._chance, sealed=self.sealed)
    GIVEN.clear()
    GIVEN.update(one.request_id for one in issued if isinstance(one, IssuedToken))
    give(jobs, issued, replies)
    self.journal.commit(records, now)


def open_module(home: Path, shares: Sequence[str], probe: Any = None) -> LocalModule:
    """Open a module and unseal it. probe: of its journal."""
    opened = Journal.open
    if probe is not None:
        Journal.open = functools.partial(opened, probe=probe)  # type: ignore[method-assign]
    try:
        module = open_home(home).open_module()
    finally:
        Journal.open = opened  # type: ignore[method-assign]
    for share in shares:
        module.keeper.unseal(share, by="crash")
    return module


def main(home: Path, base: int, seed: int, rounds: int, point: str = "", nth: int = 0, way: str = "") -> None:
    """Sell until the end, or the kill."""
    left = nth
    selling = threading.Event()

    def probe(name: str) -> None:
        nonlocal left
        if name == point and selling.is_set() and (GIVEN or not way):
            left -= 1
            if left == 0:
                with TALKING:
                    TALKING.wait_for(lambda: not way or GIVEN & SAID, 20)
                os.kill(os.getpid(), signal.SIGKILL)

    if way:
        Worker._answer = eager  # type: ignore[method-assign]
    module = open_module(home, sys.stdin.read().split(), probe)
    selling.set()
    sellers = [
        threading.Thread(target=sell, args=(module.client("till"), base, seed, thread, rounds))
        for thread in range(SINGLES + 1)
    ]
    for one in sellers:
        one.start()
    for one in sellers:
        one.join()
    module.close()


if __name__ == "__main__":
    words = dict(enumerate(sys.argv[1:]))
    main(
        Path(words[0]),
        *(int(words[1]), int(words[2]), int(words[3])),
        *(words.get(4, ""), int(words.get(5, 0)), words.get(6, "")),
    )
