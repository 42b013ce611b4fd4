"""What a conformance run found, as values that doors render."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One vector: its label, what became of it, and why if it did not pass."""

    id: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """All vectors of one group of one file."""

    file: str
    group: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> int:
        """How many vectors our code reproduces, both ways."""
        return self._count("passed")

    @property
    def failed(self) -> int:
        """How many it does not."""
        return self._count("failed")

    @property
    def skipped(self) -> int:
        """How many could not be tried; each says what is missing."""
        return self._count("skipped")

    def _count(self, status: Status) -> int:
        return sum(check.status == status for check in self.checks)


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run over any number of files."""

    groups: tuple[GroupResult, ...]

    @property
    def passed(self) -> int:
        """Vectors passed in all groups."""
        return sum(group.passed for group in self.groups)

    @property
    def failed(self) -> int:
        """Vectors failed in all groups."""
        return sum(group.failed for group in self.groups)

    @property
    def skipped(self) -> int:
        """Vectors skipped in all groups."""
        return sum(group.skipped for group in self.groups)

    @property
    def ok(self) -> bool:
        """Whether nothing failed and something passed: a run that tried nothing proves nothing."""
        return self.failed == 0 and self.passed > 0
