"""Both auditors of a centre at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.naive.centre import audit
from tests.naive.centre_walk import Walk
from voltoken.drivers.centre import verify_centre
from voltoken.errors import CentreFileError


def audited(walk: Walk) -> tuple[list[str], tuple[str, ...]]:
    """Let both auditors look at a file."""
    try:
        faults = verify_centre(walk.folder, public_key=walk.public_key).faults
    except CentreFileError as error:
        faults = (error.message,)
    return audit(walk.file).faults, faults


def assert_sound(walk: Walk) -> None:
    """Both auditors find nothing, and what the naive one makes of the log is what the centre knows."""
    walk.centre.close()
    found = audit(walk.file)
    faults = verify_centre(walk.folder, public_key=walk.public_key).faults
    assert (found.faults, faults) == ([], ()), (found.faults[:2], faults[:2])
    known = walk.state.export()
    assert found.registers == known, [*differing(found.registers, known)]
    assert found.acts == sum(one.outcome == "done" for one in walk.state.requests.values())


def differing(one: bytes, other: bytes) -> Iterator[str]:
    """Yield which parts of two exports are not the same."""
    found, known = json.loads(one), json.loads(other)
    for name in sorted(found.keys() | known.keys()):
        if found.get(name) != known.get(name):
            yield name


def copied(walk: Walk, folder: Path) -> Walk:
    """Return a copy of a closed centre, closed."""
    shutil.copytree(walk.folder, folder)
    twin = object.__new__(Walk)
    twin.folder, twin.public_key, twin.shares, twin.seeds = folder, walk.public_key, walk.shares, walk.seeds
    return twin
