"""What a step with secrets is given, and what it leaves: the shape of all jobs.

A job is a function without input or output of its own. Whoever carries out a request lends it the time,
random bytes, opened secrets and what was handed in; it returns what the register keeps, the secrets to seal,
the names of those to destroy, and files for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voltoken.kmc.plans import Plan
    from voltoken.kmc.state import State


@dataclass(frozen=True, slots=True)
class Tools:
    """What a job is lent.

    now: the one time of the whole act. chance: returns so many random bytes. secret: returns an opened
    secret by its name, or raises CentreError. papers: what was handed in, by SHA-256 in hexadecimal digits
    or under a name. typed: what somebody types beside the request.
    """

    now: datetime
    chance: Callable[[int], bytes] = field(repr=False)
    secret: Callable[[str], bytes] = field(repr=False)
    papers: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    typed: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Work:
    """What a job has done.

    facts: the fields that the centre fills in. keep: secrets to seal, by name. destroy: names of secrets.
    files: what is written out, by file name; nothing secret but what is wrapped for its recipient.
    told: shown once to whoever asked, and kept nowhere.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    keep: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    destroy: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    told: str = field(default="", repr=False)


Job = Callable[["State", "Plan", Tools], Work]
"""Does what a step needs secrets for. Raises VoltokenError, and nothing else."""
