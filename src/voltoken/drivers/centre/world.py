"""Where an open centre takes from what is not in its file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from voltoken.drivers.centre.store import Probe, no_probe
from voltoken.drivers.centre.strongroom import Protect
from voltoken.drivers.clock import Chance, Clock, utc_now
from voltoken.drivers.custody import TokenOpener
from voltoken.drivers.hardening import harden


@dataclass(frozen=True, slots=True)
class World:
    """The time, chance, and what else is not in the file; tests give others.

    clock: aware, UTC; a centre in rehearsal shifts it by itself. chance: random bytes.
    protect: called before keys come into memory. token: for a root key in a hardware token.
    probe: called at the named points of every commit.
    """

    clock: Clock = utc_now
    chance: Chance = os.urandom
    protect: Protect = harden
    token: TokenOpener | None = None
    probe: Probe = no_probe


WORLD: Final = World()
"""The machine's own."""
