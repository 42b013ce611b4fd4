"""A SoftHSM of its own for a test module: real PKCS#11 tokens, in a folder that goes away.

Use it in a fixture with module scope: ``with SoftHSM.in_folder(tmp_path_factory.mktemp("hsm")) as hsm: yield
hsm``. The library is loaded once in a process; where its tokens are, it is told anew whenever the first token
is opened.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from voltoken.drivers.pkcs11 import Pkcs11Token

PIN = "4711-test"
LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


@dataclass(slots=True)
class SoftHSM:
    """Where the library is; it makes tokens, each with a label of its own, all with the same PIN."""

    library: Path
    settings: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    @contextlib.contextmanager
    def in_folder(cls, folder: Path) -> Iterator[SoftHSM]:
        """Give a SoftHSM with its tokens in folder; skip where there is none, but fail in CI."""
        library = next((Path(path) for path in LIBRARIES if Path(path).is_file()), None)
        if library is None or shutil.which("softhsm2-util") is None:
            report = pytest.fail if os.environ.get("CI", "").lower() in {"1", "true"} else pytest.skip
            report("SoftHSM is not installed: apt-get install softhsm2")
        tokens = folder / "tokens"
        tokens.mkdir()
        settings = folder / "softhsm2.conf"
        settings.write_text(
            f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8"
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOFTHSM2_CONF", str(settings))
            yield cls(library, settings)

    def new_token(self) -> str:
        """Make a token and return its label. The library sees it when it next opens its first token."""
        label = f"token-{next(self.numbers)}"
        subprocess.run(
            [
                *("softhsm2-util", "--init-token", "--free", "--label", label),
                *("--pin", PIN, "--so-pin", "so-" + PIN),
            ],
            check=True,
            capture_output=True,
        )
        return label

    def open(self, label: str, *, sessions: int = 4) -> Pkcs11Token:
        """Open a token with the right PIN."""
        return Pkcs11Token.open(self.library, label, PIN, sessions=sessions)
