"""The meter's non-volatile memory: cells that are written one at a time, and a journal that joins them.

Writing one cell is atomic: real meters keep two copies with a checksum, or a chip that finishes what it
began. A change of several cells is first written to the journal as a whole, then cell by cell, then the
journal is cleared. If power fails anywhere, the meter is afterwards as before the change or as after it:
a journal that is there is written out again at power up, which may itself be cut short any number of times.

``arm`` lets a test, a scenario or a curious person cut the power after any single write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from voltoken.meter.cells import (
    Balance,
    DecoderKeyRegister,
    Failures,
    History,
    Limits,
    Pending,
    Tamper,
)
from voltoken.meter.profile import FLAG_PREPAYMENT, Profile
from voltoken.meter.results import EntryPath
from voltoken.sts import DecoderKey

CELLS: Final = ("key", "tids", "pending", "balance", "limits", "flags", "tamper", "history", "lockout")
"""The names of the cells, in the order in which a change of several is written."""


class PowerFailure(Exception):
    """Power failed before a write; nothing after the last finished write has happened."""


class Memory:
    """The cells of one meter; every change goes through ``write`` or ``commit``.

    key: the decoder key register. tids: the TIDs remembered, ascending, always the same number of them.
    journal: the change being written, None outside of one. writes: how many writes there have been.
    """

    __slots__ = (*CELLS, "fuse", "journal", "writes")
    key: DecoderKeyRegister
    tids: tuple[int, ...]
    pending: Pending
    balance: Balance
    limits: Limits
    flags: frozenset[int]
    tamper: Tamper
    history: History
    lockout: Mapping[EntryPath, Failures]
    journal: Mapping[str, Any] | None

    def __init__(self, cells: Mapping[str, Any], journal: Mapping[str, Any] | None = None) -> None:
        for name in CELLS:
            setattr(self, name, cells[name])
        self.journal = journal
        self.fuse: int | None = None
        self.writes = 0

    @classmethod
    def fresh(cls, key: DecoderKey, profile: Profile, tids: tuple[int, ...]) -> Memory:
        """Return the memory of a meter as it leaves the factory: no credit, cut off where it is prepaid."""
        return cls(
            {
                "key": DecoderKeyRegister.of(key),
                "tids": tids,
                "pending": Pending(),
                "balance": Balance(0, cut_off=FLAG_PREPAYMENT + (profile.service & 3) in profile.flags_set),
                "limits": Limits(
                    profile.power_limit_w, profile.unbalance_limit_w, low_credit=profile.low_credit
                ),
                "flags": frozenset(profile.flags_set),
                "tamper": Tamper(),
                "history": History(),
                "lockout": {},
            }
        )

    def arm(self, writes: int | None) -> None:
        """Let power fail after this many more writes; 0 is before the next, None is not at all."""
        self.fuse = writes

    def write(self, cell: str, value: object) -> None:
        """Write one cell. Raises PowerFailure, with the cell unchanged, when power fails first."""
        fuse = self.fuse
        if fuse is not None:
            if fuse == 0:
                self.fuse = None
                raise PowerFailure
            self.fuse = fuse - 1
        self.writes += 1
        setattr(self, cell, value)

    def commit(self, changes: Mapping[str, Any]) -> None:
        """Change cells together: all of them, or, when power fails, all of them at the next power up or none.

        Raises PowerFailure.
        """
        if len(changes) == 1:
            for cell, value in changes.items():
                self.write(cell, value)
            return
        self.write("journal", dict(changes))
        self._write_out(changes)

    def recover(self) -> None:
        """Finish what a power failure interrupted. Raises PowerFailure when it is interrupted again."""
        if self.journal is not None:
            self._write_out(self.journal)

    def _write_out(self, changes: Mapping[str, Any]) -> None:
        for cell in CELLS:
            if cell in changes:
                self.write(cell, changes[cell])
        self.write("journal", None)
