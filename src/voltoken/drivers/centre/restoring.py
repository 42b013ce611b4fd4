"""Bringing a centre back from a backup, and proving beforehand that it would work.

``restore`` makes a new folder. ``rehearse`` does the same in a folder that is dropped again, opens every
secret, computes every check value anew, and compares the registers byte by byte.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from voltoken.drivers.centre.backups import Backup
from voltoken.drivers.centre.centre import Centre
from voltoken.drivers.centre.file import FILE, readable, sync
from voltoken.drivers.centre.founding import EXCHANGE, check_empty
from voltoken.drivers.centre.lines import RESTORED
from voltoken.drivers.centre.reading import read_lines
from voltoken.drivers.centre.upgrading import upgrade
from voltoken.drivers.centre.world import WORLD, World
from voltoken.drivers.custody import RootKey
from voltoken.errors import CentreFileError
from voltoken.kmc import Event
from voltoken.security.keyload import exchange_public, signing_public
from voltoken.sts import key_check_value


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal of a backup has proved.

    lines: of its log. entries: in all registers. secrets: that were opened. check_values: that were computed
    anew and agree. fingerprint: of the registers. compared: byte by byte with the living centre, as it was
    when the backup was made. since: lines that the living centre has written after it.
    """

    lines: int
    entries: int
    secrets: int
    check_values: int
    fingerprint: str
    compared: bool
    since: int


def restore(backup: Backup, root: RootKey, folder: Path, *, world: World = WORLD) -> None:
    """Make a centre's folder from a backup; nothing is overwritten, and what fails leaves nothing behind.

    root: from ``backup.unsealing``. The log gets a line that says so. Never let two copies work: the one
    that is not used any more has to be destroyed.
    Raises CentreFileError.
    """
    folder = folder.resolve()
    check_empty(folder)
    staged = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}.new")
    try:
        _unpack(backup, root, staged, world)
        with Centre.open(staged, world=world) as centre:
            centre.take_root(root)
            _check_registers(backup, centre)
            told = {"seq": backup.seq, "head": backup.head, "fingerprint": backup.fingerprint}
            centre.write([Event(RESTORED, told, alarm=True)], centre.now())
        with readable(folder.name):
            staged.replace(folder)
            sync(folder.absolute().parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def rehearse(
    backup: Backup, root: RootKey, *, living: Centre | None, scratch: Path, world: World = WORLD
) -> Rehearsal:
    """Prove that a backup brings the centre back, and return what was proved.

    living: the centre itself, None when it is gone. scratch: a folder of the same machine's disk that keeps
    secrets; everything in it goes again.
    Raises CentreFileError, SealBroken where something differs or does not open.
    """
    staged = scratch / f".rehearsal.{os.urandom(4).hex()}.new"
    try:
        _unpack(backup, root, staged, world)
        with Centre.open(staged, world=world) as centre:
            centre.take_root(root)
            _check_registers(backup, centre)
            if living is not None:
                _compare(backup, centre, living)
            check_values = check_secrets(centre)
            return Rehearsal(
                centre.state.lines,
                sum(len(entries) for entries in centre.state.entries.values()),
                len(centre.state.secrets),
                check_values,
                centre.state.fingerprint(),
                compared=living is not None,
                since=0 if living is None else living.state.lines - backup.seq,
            )
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def check_secrets(centre: Centre) -> int:
    """Open every secret, and hold those against the registers of which something public is known.

    Returns how many agree: check values of vending keys, and public keys of the centre's private ones.
    Raises CentreFileError and SealBroken for the first that does not, and CentreSealed.
    """
    agree = 0
    for name in sorted(centre.state.secrets):
        said, found = _public(centre, name, centre.secret(name))
        if said is None:
            continue
        if said != found:
            raise CentreFileError(f"The secret {name} is not the one that the registers describe.")
        agree += 1
    return agree


def _public(centre: Centre, name: str, secret: bytes) -> tuple[str | None, str]:
    """Return what the registers say of a secret, None where they say nothing, and what follows from it."""
    kind, _, rest = name.partition("/")
    if kind == "vending_key":
        entry = centre.state.entry(kind, rest)
        # A key that a ceremony has put together waits for its entry to take it.
        said = None if entry is None else entry.get("check_value")
        return said, key_check_value(secret).value
    if kind == "signing_key":
        known = next(centre.state.where("centre_key", kid=rest), None)
        return "" if known is None else known.get("public_key"), signing_public(secret).hex()
    if name == EXCHANGE:
        return str(centre.state.created.get("exchange_key")), exchange_public(secret).hex()
    return None, ""


def _unpack(backup: Backup, root: RootKey, folder: Path, world: World) -> None:
    """Write the file of a backup into a new folder, and bring it up to date. Raises CentreFileError."""
    plain = backup.open(root)
    with readable(folder.name):
        folder.mkdir(mode=0o700, parents=True)
        descriptor = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(plain)
            out.flush()
            os.fsync(out.fileno())
    upgrade(folder, world=world)


def _check_registers(backup: Backup, centre: Centre) -> None:
    if (centre.centre_id, centre.state.fingerprint()) != (backup.centre_id, backup.fingerprint):
        raise CentreFileError("The registers in the backup are not those that its header names.")


def _compare(backup: Backup, centre: Centre, living: Centre) -> None:
    """Compare a restored centre with the living one, as that was when the backup was made."""
    row = living.store.row("SELECT hash FROM log WHERE seq = ?", backup.seq)
    if living.centre_id != backup.centre_id or row is None or row[0] != bytes.fromhex(backup.head):
        raise CentreFileError(
            f"The living centre has another line {backup.seq} than the backup: one of them is not genuine."
        )
    with readable("The centre's file"):
        then = read_lines(living.store.connection, backup.seq).state
    if then.export() != centre.state.export():
        raise CentreFileError("The registers of the backup differ from those of the living centre.")
