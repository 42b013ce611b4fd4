"""Build the C reference into a temporary folder and call it on numpy columns, in this process.

So C and Python are timed by the same clock, in turn. Setting up (tables, key schedules) is not part of what
is timed, as a `Deriver` and the batch engine's tables are not.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from bench.native.tables import Column, des_tables, misty1_boxes, sha256_constants
from bench.rows import VENDING_KEYS, Rows
from voltoken.sts import EA, SAMPLE_TABLES, TI
from voltoken.sts.derivation import COMMON_PAN, control_block, dkga04_data

FLAGS: Final = ("-std=c11", "-O3", "-march=native", "-Wall", "-Wextra", "-shared", "-fPIC")
INSTALL: Final = "apt install gcc"
"""What brings a compiler where there is none."""

Work = Callable[[], tuple[Column, ...]]
"""A way to do the work of a figure: a call without arguments that returns new columns."""

_SOURCES: Final = sorted(Path(__file__).parent.glob("*.c"))


def compiler() -> list[str] | None:
    """Return the command of a C compiler: ``CC`` if set, else gcc, clang or cc; None when there is none."""
    named = shlex.split(os.environ.get("CC", ""))
    if named:
        return named if shutil.which(named[0]) else None
    found = next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))), None)
    return [found] if found else None


def reference() -> Reference | None:
    """Return the C reference; None, with a word about it, where there is no compiler.

    Raises SystemExit where there is none in CI.
    """
    command = compiler()
    if command:
        return build(command)
    missing = f"bench: no C compiler, so no comparison with C; {INSTALL}"
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        raise SystemExit(missing)
    print(missing, file=sys.stderr)
    return None


def build(command: list[str]) -> Reference:
    """Compile the sources with a compiler and load the result.

    Raises SystemExit with what the compiler says when it refuses.
    """
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "reference.so"
        done = subprocess.run(  # noqa: S603 - the compiler of whoever measures
            [*command, *FLAGS, "-o", str(library), *map(str, _SOURCES)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"bench: {command[0]} does not take the C reference:\n{done.stderr}")
        return Reference(ctypes.CDLL(str(library)))


class Reference:
    """The loaded C library with its tables filled."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        tables = SAMPLE_TABLES
        self._call(
            "sta_setup",
            *(
                np.array(table, np.uint8)
                for table in (tables.substitution_1, tables.substitution_2, tables.permutation)
            ),
        )
        self._call("misty1_setup", *misty1_boxes())
        self._call("tokens_setup")
        vk64, vk160 = VENDING_KEYS[EA.STA], VENDING_KEYS[EA.MISTY1]
        self._call(
            "dkga02_setup",
            *des_tables(vk64.key),
            int.from_bytes(vk64.key, "big"),
            control_block(vk64, TI("00")),
        )
        data = dkga04_data(vk160, EA.MISTY1, TI("00"), COMMON_PAN)
        self._call(
            "dkga04_setup",
            *sha256_constants(),
            np.frombuffer(vk160.key, np.uint8),
            np.frombuffer(data, np.uint8),
        )

    def keys(self, ea: EA, rows: Rows) -> tuple[Column, ...]:
        """Return the decoder keys of the rows' meters: a column of words for EA07, two for EA11."""
        name, words = ("dkga02_derive", 1) if ea is EA.STA else ("dkga04_derive", 2)
        keys = tuple(np.empty(len(rows), np.uint64) for _ in range(words))
        self._call(name, len(rows), rows.pan, rows.ti, *keys)
        return keys

    def issuer(self, ea: EA, rows: Rows) -> Work:
        """Return what makes each row's credit from meter number and vending key: a column of 20 digits."""

        def issue() -> tuple[Column, ...]:
            tokens = np.empty(len(rows), "S20")
            columns = (rows.pan, rows.ti, rows.rnd, rows.tid, rows.amount, tokens)
            self._call(f"issue_ea{ea.value}", len(rows), *columns)
            return tokens, np.zeros(len(rows), np.uint8)

        return issue

    def encoder(self, ea: EA, rows: Rows) -> Work:
        """Return what makes each row's credit under known keys."""
        keys = self.keys(ea, rows)

        def encode() -> tuple[Column, ...]:
            tokens = np.empty(len(rows), "S20")
            self._call(f"encode_ea{ea.value}", len(rows), *keys, rows.rnd, rows.tid, rows.amount, tokens)
            return tokens, np.zeros(len(rows), np.uint8)

        return encode

    def decoder(self, ea: EA, rows: Rows) -> Work:
        """Return what reads RND, TID and amount field of each row's token, all of which must pass."""
        n, keys = len(rows), self.keys(ea, rows)
        tokens, _ = self.encoder(ea, rows)()

        def decode() -> tuple[Column, ...]:
            rnd, tid, amount = (np.empty(n, np.int64) for _ in range(3))
            faults = np.empty(n, np.uint8)
            self._call(f"decode_ea{ea.value}", n, tokens, *keys, rnd, tid, amount, faults)
            if faults.any():
                raise SystemExit("bench: a token does not pass in C")
            return rnd, tid, amount

        return decode

    def formatter(self, low: Column, high: Column) -> Work:
        """Return what writes numbers as 20 digits. low: 64 bits of each; high: the two bits above them."""
        top = high.astype(np.uint8)

        def to_digits() -> tuple[Column, ...]:
            digits = np.empty(len(low), "S20")
            self._call("digits_format", len(low), low, top, digits)
            return (digits,)

        return to_digits

    def parser(self, digits: Column) -> Work:
        """Return what reads numbers from 20 digits, low and high."""

        def from_digits() -> tuple[Column, ...]:
            low, top = np.empty(len(digits), np.uint64), np.empty(len(digits), np.uint8)
            self._call("digits_parse", len(digits), digits, low, top)
            return low, top

        return from_digits

    def _call(self, name: str, *arguments: Column | int) -> None:
        """Call a C function; numbers go as 64 bits, columns as pointers."""
        self._library[name](
            *(
                ctypes.c_uint64(argument)
                if isinstance(argument, int)
                else ctypes.c_void_p(argument.ctypes.data)
                for argument in arguments
            )
        )
