"""Asking a town's centre for something that it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.kmc.town import Town
from voltoken.errors import ActRefused
from voltoken.kmc import REASONS


def refusal(town: Town, register: str, step: str, entry_id: str, by: str = "alice", **values: Any) -> str:
    """Return why asking for a step is refused: a word of the table."""
    return why(lambda: town.ask(register, step, entry_id, by, **values))


def why(act: Callable[[], object]) -> str:
    """Return why an act is refused: a word of the table."""
    with pytest.raises(ActRefused) as error:
        act()
    assert error.value.reason in REASONS
    assert error.value.message
    return error.value.reason
