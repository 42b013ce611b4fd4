"""Checkpoints on their way to witnesses: beside the module's thread, so that no sale waits for them.

A witness that is away costs no token. It is an alert, and gets the newest checkpoint again with the next
one; a checkpoint covers everything before it, so older ones need not be kept for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from voltoken.drivers.journal import Checkpoint, Witness
from voltoken.errors import VoltokenError


class Witnessing:
    """One thread that gives checkpoints to witnesses. Thread-safe."""

    def __init__(self, witnesses: Sequence[Witness]) -> None:
        self._witnesses = tuple(witnesses)
        self._waiting: queue.SimpleQueue[Checkpoint | None] = queue.SimpleQueue()
        self._faults: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="voltoken-witness", daemon=True)
        self._thread.start()

    def give(self, checkpoint: Checkpoint) -> None:
        """Pass on a checkpoint; returns at once."""
        self._waiting.put(checkpoint)

    def alerts(self) -> tuple[str, ...]:
        """Return what is wrong with which witness, as sentences."""
        return tuple(self._faults.values())

    def close(self) -> None:
        """Give what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (checkpoint := self._waiting.get()) is not None:
            for witness in self._witnesses:
                try:
                    witness.send(checkpoint)
                except VoltokenError as error:
                    self._faults[witness.name] = (
                        f"The witness {witness.name} has no checkpoint: {error.message}"
                    )
                else:
                    self._faults.pop(witness.name, None)
