"""The care of a centre's file: backups that are proven, checks of the log, new versions."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from voltoken import canonical
from voltoken.cli.commands import Command
from voltoken.cli.failures import CENTRE_REFUSED
from voltoken.cli.kmc.shared import check_new, home_argument, read_bytes, unseal, write_new
from voltoken.cli.parameters import FilePath, json_option
from voltoken.cli.screen import Screen, answer
from voltoken.cli.sources import load_secret
from voltoken.drivers.centre import (
    BACKUP_MAX,
    Backup,
    Centre,
    Rehearsal,
    Report,
    make_backup,
    read_backup,
    verify_centre,
)
from voltoken.drivers.centre import (
    rehearse as rehearsed,
)
from voltoken.drivers.centre import (
    restore as restored,
)
from voltoken.drivers.centre import (
    upgrade as upgraded,
)
from voltoken.drivers.custody import RootKey
from voltoken.errors import CentreSealed, ShareRefused

_UNSEAL = click.option(
    "--unseal",
    "sources",
    metavar="SOURCE",
    multiple=True,
    help="A share or the passphrase: file:PATH, env:NAME or prompt. Once for each share.",
)


@click.command(
    "backup",
    cls=Command,
    epilog="voltoken kmc backup centre --file centre.backup --unseal prompt --unseal prompt",
)
@home_argument
@click.option("--file", type=FilePath(path_type=Path, dir_okay=False), required=True, help="Where it goes.")
@_UNSEAL
@json_option
def backup(home: Path, file: Path, sources: tuple[str, ...], *, as_json: bool) -> None:
    """Write a backup: the whole centre, encrypted under its root key.

    What unseals the centre opens the backup, and nothing else does. Prove it at once with voltoken kmc
    rehearse, and keep it far from the shares.
    """
    check_new(file)
    with Centre.open(home) as centre:
        unseal(centre, sources)
        data = make_backup(centre)
    made = read_backup(data)
    write_new(file, data, private=True)
    if as_json:
        answer({"file": str(file), "bytes": len(data), "lines": made.seq, "fingerprint": made.fingerprint})
    else:
        Screen().text(f"Written: {file}, {len(data):,} bytes, all {made.seq} lines of the log.", indent=0)


@click.command(
    "restore",
    cls=Command,
    epilog="voltoken kmc restore centre.backup new-centre --unseal prompt --unseal prompt",
)
@click.argument("file", metavar="BACKUP")
@click.argument("home", metavar="CENTRE", type=FilePath(path_type=Path, file_okay=False))
@_UNSEAL
@json_option
def restore(file: str, home: Path, sources: tuple[str, ...], *, as_json: bool) -> None:
    """Make a centre in a new folder from a backup.

    What the centre did after the backup is not in it. Sequence numbers that modules have seen since then
    would be used again, and the modules refuse that: tell the centre what it had released.
    """
    found = read_backup(read_bytes(file, "backup", BACKUP_MAX))
    with root_of(found, sources) as root:
        restored(found, root, home)
    if as_json:
        answer(
            {
                "centre": found.centre_id,
                "folder": str(home),
                "lines": found.seq,
                "fingerprint": found.fingerprint,
            }
        )
        return
    screen = Screen()
    screen.text(
        f"{found.centre_id} stands in {home} as of {found.at:%Y-%m-%d %H:%M} UTC, line {found.seq}.", indent=0
    )
    screen.text(f"Registers: {found.fingerprint} (SHA-256), as in the backup.", indent=0)


@click.command(
    "rehearse",
    cls=Command,
    epilog="voltoken kmc rehearse centre.backup --centre centre --unseal prompt --unseal prompt",
)
@click.argument("file", metavar="BACKUP")
@click.option(
    "--centre",
    "home",
    type=FilePath(path_type=Path, file_okay=False),
    help="The living centre, to compare with byte by byte.",
)
@_UNSEAL
@json_option
def rehearse(file: str, home: Path | None, sources: tuple[str, ...], *, as_json: bool) -> None:
    """Prove that a backup would bring everything back, without touching anything.

    It is restored in a folder that is thrown away: the whole log is judged, the registers are compared byte
    by byte, every key is opened and its check value computed anew.
    """
    found = read_backup(read_bytes(file, "backup", BACKUP_MAX))
    with root_of(found, sources) as root, tempfile.TemporaryDirectory() as scratch:
        if home is None:
            shown = rehearsed(found, root, living=None, scratch=Path(scratch))
        else:
            with Centre.look(home) as living:
                shown = rehearsed(found, root, living=living, scratch=Path(scratch))
    if as_json:
        answer(
            {
                "centre": found.centre_id,
                "lines": shown.lines,
                "entries": shown.entries,
                "secrets": shown.secrets,
                "check_values": shown.check_values,
                "fingerprint": shown.fingerprint,
                "byte_equal": shown.compared,
                "lines_since": shown.since,
            }
        )
        return
    _show(found, shown)


def _show(found: Backup, shown: Rehearsal) -> None:
    screen = Screen()
    screen.text(f"The backup of {found.centre_id} brings everything back.", "good", indent=0)
    equal = "equal to the living centre, byte by byte" if shown.compared else "as the backup says they were"
    screen.facts(
        [
            ("Log", f"{shown.lines} lines, all judged again"),
            ("Registers", f"{shown.entries} entries, {equal}"),
            ("Secrets", f"{shown.secrets} opened, {shown.check_values} check values computed anew"),
            ("Hash", shown.fingerprint),
        ]
    )
    if shown.since:
        lines = "a line that is" if shown.since == 1 else f"{shown.since} lines that are"
        screen.text(f"The living centre has {lines} not in it.", "yellow")


def root_of(found: Backup, sources: tuple[str, ...]) -> RootKey:
    """Return the root key that opens a backup. Raises CentreSealed for a wrong share, and for too few."""
    unsealing = found.unsealing()
    for source in sources:
        try:
            progress = unsealing.offer(load_secret(source, "share or passphrase"))
        except ShareRefused as error:
            raise CentreSealed(f"The backup stays closed. {error.message}") from None
        if progress.root is not None:
            return progress.root
    raise CentreSealed("The backup needs what unseals its centre: give --unseal, once for each share.")


@click.command(
    "verify",
    cls=Command,
    epilog="voltoken kmc verify centre\nvoltoken kmc verify centre --public-key 9f3c...",
)
@home_argument
@click.option(
    "--public-key", metavar="HEX", help="The key of its log, as it was written down when it was made."
)
@click.option(
    "--witness",
    type=FilePath(path_type=Path, dir_okay=False),
    help="A file with heads that were kept elsewhere.",
)
@json_option
def verify(home: Path, public_key: str | None, witness: Path | None, *, as_json: bool) -> None:
    """Check the whole log: its chain, its heads, and every signature of every person in it. Needs no key."""
    found = verify_centre(home, witness=witness, public_key=public_key)
    if as_json:
        answer(
            {
                "centre": found.centre_id,
                "lines": found.lines,
                "heads": found.heads,
                "requests": found.requests,
                "fingerprint": found.fingerprint,
                "sound": not found.faults,
                "faults": list(found.faults),
            }
        )
    else:
        _show_verified(found)
    if found.faults:
        raise click.exceptions.Exit(CENTRE_REFUSED)


def _show_verified(found: Report) -> None:
    screen = Screen()
    for fault in found.faults:
        screen.text(fault, "bad", indent=0)
    if found.faults:
        screen.text(f"{found.centre_id}: {len(found.faults)} found wrong.", indent=0)
        return
    screen.text(
        f"The log of {found.centre_id} is sound: {found.lines} lines, {found.requests} requests, every "
        f"signature of everybody. Registers: {found.fingerprint[:16]} (SHA-256).",
        indent=0,
    )


@click.command("upgrade", cls=Command, epilog="voltoken kmc upgrade centre")
@home_argument
@json_option
def upgrade(home: Path, *, as_json: bool) -> None:
    """Bring the file of an older version to this one. Write a backup with the older program first."""
    before, after = upgraded(home)
    if as_json:
        answer({"from": before, "to": after, "at": canonical.write_moment(datetime.now(UTC))})
    elif before == after:
        Screen().text(f"The file has version {after} already.", indent=0)
    else:
        Screen().text(f"The file had version {before} and has version {after} now.", indent=0)
