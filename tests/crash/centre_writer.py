"""A process that lets a centre work until somebody ends it, and says what it has been told is done.

    python -m tests.crash.centre_writer FOLDER SHARES SEED ACTS [POINT NTH]

Each act makes a signing key, with a secret, or destroys one; its name is printed before and after
``carry_out``. Every third one makes a list of trusted centres, which is a file for people. At the NTH passage
of POINT in an act the process kills itself. SHARES: with commas.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.unit.drivers.centre import world
from tests.unit.drivers.centre.world import Place
from voltoken.drivers.centre import Centre


def say(word: str, name: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{word} {name}\n")
    sys.stdout.flush()


def request(centre: Centre, number: int, seed: int) -> tuple[str, str]:
    """File and approve a request; return its id, and the name of what it makes."""
    keys = [entry.entry_id for entry in centre.state.where("centre_key", state="active")]
    values: Mapping[str, str] = {}
    if number % 3 == 2:
        act, name = "trust_list.add", str(len([*centre.state.of("trust_list")]) + 1)
    elif len(keys) > 2:
        act, name, values = "centre_key.retire", keys[0], {"note": "there are enough"}
    else:
        act, name, values = "centre_key.add", f"k{seed}-{number}", world.SPAN
    request_id = world.ask(centre, act, name, values)
    if centre.state.requests[request_id].request.needs:
        world.approve(centre, request_id)
    return request_id, f"{act}|{name}"


def main(folder: Path, shares: str, seed: int, acts: int, point: str = "", nth: int = 0) -> None:
    """Make keys and lists."""
    left, acting = nth, False

    def probe(name: str) -> None:
        nonlocal left
        if acting and name == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    place = Place(folder, tuple(shares.split(",")), "", probe=probe)
    with place.unsealed() as centre:
        for number in range(acts):
            request_id, name = request(centre, number, seed)
            say("begin", name)
            acting = True
            centre.carry_out(request_id)
            acting = False
            say("done", name)


if __name__ == "__main__":
    folder_, shares_, seed_, acts_, point_, nth_ = [*sys.argv[1:], "", "0"][:6]
    main(Path(folder_), shares_, int(seed_), int(acts_), point_, int(nth_))
