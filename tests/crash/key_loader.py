"""A process that loads a key file into a module and kills itself on the way.

    python -m tests.crash.key_loader HOME FILE POINT

The shares come on standard input. POINT is ``unwrapped``, when the keys are out of the file and nothing is
written, or one of the points of a commit. Without a kill it prints the receipt.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import voltoken.drivers.local.keyfiles as room
from tests.crash.module_seller import open_module
from voltoken.security import FileDecision, Refusal, load_file


def main(home: Path, file: Path, point: str) -> None:
    """Load the file, or die at the point."""
    loading = False

    def probe(name: str) -> None:
        if loading and name == point:
            os.kill(os.getpid(), signal.SIGKILL)

    def decide(*words: object) -> FileDecision | Refusal:
        probe("unwrapped")
        return load_file(*words)  # type: ignore[arg-type] # passed on as they come

    vars(room)["load_file"] = decide  # a stop on the way
    module = open_module(home, sys.stdin.read().split(), probe)
    loading = True
    sys.stdout.write(module.keeper.load_key_file(file.read_bytes(), by="crash").decode())
    module.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
