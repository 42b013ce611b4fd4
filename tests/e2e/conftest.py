"""What most sessions start from: a key file, and the options that name it and a meter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.sessions import METER, write_key


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, ...]:
    """Return the options for the published vending key and meter."""
    source = write_key(tmp_path / "vending.json")
    return "--vending-key", source, "--pan", METER, "--ti", "01"
