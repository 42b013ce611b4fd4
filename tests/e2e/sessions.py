"""Sessions with the program: in a process of its own, or, where only the answer matters, in ours."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner

import voltoken
from voltoken.cli import root

VENDING_KEY: Final = "abababababababab949494949494949401234567"
DECODER_KEY: Final = "f94b6ed353c3bfdb113e2d3a7ea3c41d"
METER: Final = "600727000000000009"
NEIGHBOUR: Final = "000001000000000082"
CREDIT: Final = "59386323472137426967"
"""0.1 kWh on 1 March 2004 at 13:00, RND 5, for METER: STS 531-1-0-04 CTSA01."""
SALE: Final = ("--time", "2004-03-01T13:00", "--rnd", "5")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the program said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, parsed."""
        return json.loads(self.out)


def session(*words: str, folder: Path | None = None, stdin: str | None = None, **environment: str) -> Answer:
    """Run the program in a process of its own, as a user would."""
    done = subprocess.run(
        [sys.executable, "-m", "voltoken", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        input=stdin or "",
        env=environ(**environment),
        timeout=60,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


TERMINAL: Final = (
    "import fcntl, runpy, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "runpy.run_module('voltoken', run_name='__main__')"
)
"""Makes a new session's standard input its terminal, so that Ctrl-C works, and runs the program."""


def at_terminal(*words: str, until: str, keys: str, **environment: str) -> Answer:
    """Run the program at a terminal, type keys once it has written a text, and return what is seen."""
    import pty

    ours, theirs = pty.openpty()
    seen = b""
    with subprocess.Popen(
        [sys.executable, "-c", TERMINAL, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environ(TERM="xterm-256color", **environment),
        start_new_session=True,
    ) as running:
        os.close(theirs)
        waiting = True
        with contextlib.suppress(OSError):  # how a terminal says that the other side is gone
            while select.select([ours], [], [], 30)[0]:
                seen += os.read(ours, 1 << 16)
                # What is typed before the program asks for keys is thrown away: wait until it is quiet.
                if waiting and until.encode() in seen and not select.select([ours], [], [], 0.3)[0]:
                    os.write(ours, keys.encode())
                    waiting = False
        running.kill()
    os.close(ours)
    return Answer(running.returncode, seen.decode(), "")


def environ(**more: str) -> dict[str, str]:
    """Return an environment in which the program under test is found, and no key is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOLTOKEN")}
    source = str(Path(voltoken.__file__).resolve().parents[1])
    return kept | {"PYTHONPATH": source, "PYTHONUTF8": "1", "COLUMNS": "80"} | more


def ask(*words: str, **environment: str) -> Answer:
    """Run the program in this process: quicker, and blind to what only a process can get wrong."""
    cleared: dict[str, str | None] = {"VOLTOKEN_VENDING_KEY": None, "VOLTOKEN_DECODER_KEY": None}
    result = CliRunner(env=cleared | environment).invoke(root, list(words), prog_name="voltoken")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


def write_key(path: Path, **members: object) -> str:
    """Write a private key file and return it as a SOURCE. Members override a published vending key."""
    document = {"vending_key": VENDING_KEY, "sgc": "123457", "krn": 1, "base_date": "93"} | members
    return write_text(path, json.dumps({name: v for name, v in document.items() if v is not None}))


def write_text(path: Path, text: str) -> str:
    """Write a file that only we can read and return it as a SOURCE."""
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return f"file:{path}"
