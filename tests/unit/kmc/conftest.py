"""A furnished centre for each test: made once, and copied by its lines."""

from __future__ import annotations

from copy import copy

import pytest

from tests.unit.kmc.town import Town, furnished
from voltoken.kmc import State

_MADE: list[Town] = []


@pytest.fixture
def town() -> Town:
    """Return a centre with a country and members, which a test may change as it likes."""
    if not _MADE:
        _MADE.append(furnished())
    mine = copy(_MADE[0])
    mine.log, mine.state = list(mine.log), State()
    for event in mine.log:
        mine.state.take(event)
    return mine
