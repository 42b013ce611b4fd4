"""A process that writes a journal until somebody ends it, and says what it has been told is committed.

    python -m tests.crash.journal_writer JOURNAL SEED COMMITS [POINT NTH]

Each commit is a batch of answered requests and what goes with them; its numbers are printed when ``commit``
has returned. At the NTH passage of POINT the process kills itself.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

from tests.unit.drivers.journal.world import NOW, issued, move, tried, unlocked
from voltoken.security import Event, Record


def batch(first: int, size: int) -> list[Record]:
    """Answer some requests, of which one is a key change and one was an unknown token."""
    records: list[Record] = [issued(number, money=number) for number in range(first, first + size)]
    return [*records, move(first), tried(), Event("asked", {"first": first})]


def say(word: str, first: int, size: int) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{word} {first} {size}\n")
    sys.stdout.flush()


def main(path: Path, seed: int, commits: int, point: str = "", nth: int = 0) -> None:
    """Write batches of random sizes."""
    left = nth

    def probe(name: str) -> None:
        nonlocal left
        if name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    chance = random.Random(seed)
    with unlocked(path, probe) as journal:
        for _ in range(commits):
            first, size = journal.issued() + 1, chance.randint(1, 30)
            say("begin", first, size)
            journal.commit(batch(first, size), NOW)
            say("done", first, size)
            if chance.random() < 0.2:
                journal.checkpoint(NOW)


if __name__ == "__main__":
    file, seed_, commits_, point_, nth_ = [*sys.argv[1:], "", "0"][:5]
    main(Path(file), int(seed_), int(commits_), point_, int(nth_))
