"""What making a module and making a centre have in common: shares of the root key, and a day to rehearse."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from voltoken.canonical import read_day
from voltoken.cli.failures import FileTrouble
from voltoken.cli.screen import Screen
from voltoken.cli.sources import shown_name, write_private
from voltoken.drivers.custody import SharesProvider
from voltoken.errors import FieldError

_SHARES: Final = re.compile(r"([0-9]{1,3})/([0-9]{1,3})", re.ASCII)


def shares_provider(text: str) -> SharesProvider:
    """Return what splits a root key. text: K/N, any K of N shares bring it back. Raises FieldError."""
    found = _SHARES.fullmatch(text)
    if found is None:
        raise FieldError("shares", text, "K/N, such as 2/3")
    return SharesProvider(int(found[1]), int(found[2]))


def rehearsal_days(text: str | None, today: date) -> int:
    """Return by how many days a clock is shifted to show another day today; 0 for none. Raises FieldError."""
    if text is None:
        return 0
    day = read_day(text)
    if day is None or day == today:
        raise FieldError("rehearsal", text, "a day such as 2024-10-01, other than today")
    return (day - today).days


@dataclass(frozen=True, slots=True)
class ShareFiles:
    """Files that wait for the shares of a root key; no names where shares are shown instead."""

    names: tuple[str, ...] = ()

    def fill(self, shares: Sequence[str], home: Path) -> None:
        """Write each share to its file. home: what the shares unseal. Raises FileTrouble."""
        for name, share in zip(self.names, shares, strict=False):
            try:
                Path(name).write_text(f"{share}\n", encoding="utf-8")
            except OSError as error:
                raise FileTrouble(
                    f"{shown_name(name)}: {error.strerror}. Not all shares are written, and they are nowhere "
                    f"else: delete {shown_name(str(home))} and begin again."
                ) from None


@contextmanager
def share_files(folder: Path | None, shares: SharesProvider | None) -> Iterator[ShareFiles]:
    """Make the files for shares before the root key is made, so that it is not made in vain.

    folder: None where shares are shown. shares: None for another provider. What fails in the block takes
    the files away again. Raises FileTrouble when one is there already, or none can be written.
    """
    if folder is None or shares is None:
        yield ShareFiles()
        return
    made: list[Path] = []
    fresh = False
    try:
        try:
            fresh = not folder.exists()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such name"
            raise FileTrouble(f"{shown_name(str(folder))}: {reason}.") from None
        for number in range(1, shares.count + 1):
            file = folder / f"share-{number}.txt"
            write_private(str(file), "")
            made.append(file)
        yield ShareFiles(tuple(map(str, made)))
    except BaseException:
        for file in made:
            file.unlink(missing_ok=True)
        if fresh:
            with suppress(OSError):  # of somebody who has put something there meanwhile
                folder.rmdir()
        raise


def show_shares(screen: Screen, shares: Sequence[str], files: Sequence[str]) -> None:
    """Show shares this once, or where they were written; nothing where there are none."""
    if files:
        screen.text(f"Give each share to another person, and keep none: {', '.join(files)}.")
    elif shares:
        screen.text("Shares, shown this once. Write each down for another person, and keep none:")
        screen.line()
        for number, share in enumerate(shares, 1):
            screen.line(screen.style(f"share {number} of {len(shares)}", "quiet"))
            screen.line(screen.style(share, "strong"))
