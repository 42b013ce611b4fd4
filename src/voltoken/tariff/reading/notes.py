"""The faults of a tariff document as they are found, and what they leave of it to rely on."""

from __future__ import annotations

from collections import defaultdict

from voltoken.errors import Fault
from voltoken.tariff.reading.showing import dotted
from voltoken.tariff.reading.source import FAULTS_MAX, Source
from voltoken.tariff.reading.statements import Path


class Notes:
    """Collects faults with their places. source: the document."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults = list(source.faults)
        self._lost: defaultdict[Path, set[str]] = defaultdict(set)
        self._touched: set[Path] = set()
        for path in source.lost:
            self.touch(path)
            for at, part in enumerate(path):
                self._lost[path[:at]].add(str(part))

    def lost(self, path: Path) -> set[str]:
        """Return the keys of a table that could not be read, or only in part."""
        return set(self._lost.get(path, ()))

    def is_whole(self, path: Path) -> bool:
        """Return whether all keys of a table are known, also those that could not be read."""
        return path not in self.source.lost

    def add(self, path: Path, reason: str) -> None:
        """Note a fault at a key, or at the table where a key is missing."""
        self.faults.append(Fault(self.source.line(path), dotted(path), reason))
        self.touch(path)

    def touch(self, path: Path) -> None:
        """Note that a key, and all it is part of, cannot be relied on."""
        self._touched.update(path[:end] for end in range(len(path) + 1))

    def is_clean(self, path: Path) -> bool:
        """Return whether no fault is known in a table or key."""
        return path not in self._touched

    def full(self) -> bool:
        """Return whether nobody will read more."""
        return len(self.faults) > FAULTS_MAX

    def told(self) -> tuple[Fault, ...]:
        """Return the faults in the order of the document."""
        ordered = sorted(self.faults, key=lambda fault: fault.line)
        if len(ordered) > FAULTS_MAX:
            rest = f"there are more than {FAULTS_MAX} faults; these are the first."
            ordered[FAULTS_MAX:] = [Fault(0, "", rest)]
        return tuple(ordered)
