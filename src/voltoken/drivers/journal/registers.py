"""Key registers and key changes as text, the way they are kept: JSON in its one form, and back.

What is read comes from a file that somebody may have edited, so it is checked like anything from outside.
How a register is written is ``voltoken.security``'s matter, since key load files carry registers too.
"""

from __future__ import annotations

from typing import Any, Final

from voltoken import security
from voltoken.canonical import as_flag, as_list, as_text, as_whole
from voltoken.drivers.journal import canonical
from voltoken.errors import FieldError, JournalError
from voltoken.security import KeyMove, KeyRef, KeyRegister, MeterId, Revoked, register_document
from voltoken.sts import EA, KEN, TCT, TI, MeterPAN

__all__ = ["move_document", "read_move", "read_register", "read_revoked", "register_document"]

_DAMAGED: Final = "A row of the journal cannot be read: it is damaged. Verify the journal's audit log."
_MOVE: Final = frozenset(
    {
        *("ea", "ken", "key", "new_check_value", "new_ken", "new_key", "new_ti", "pan", "request_id"),
        *("roll_over", "sections", "tct", "test", "ti", "tokens"),
    }
)


def read_register(text: object) -> KeyRegister:
    """Return the register that was written. Raises JournalError for anything else."""
    found = canonical.read(text)
    try:
        return security.read_register(found)
    except FieldError:
        raise JournalError(_DAMAGED) from None


def read_revoked(text: object) -> Revoked:
    """Return the key that a file took away, from its row. Raises JournalError for anything else."""
    found = canonical.read(text)
    if found is not None and found.keys() == {"centre", "key", "mark", "register"}:
        try:
            register = security.read_register(found["register"])
            if found["key"] == str(register.ref):
                return Revoked(register, as_text(found["centre"]), bytes.fromhex(found["mark"]))
        except (FieldError, TypeError, ValueError):
            pass
    raise JournalError(_DAMAGED)


def move_document(move: KeyMove) -> dict[str, Any]:
    """Return a key change as plain values."""
    meter = move.meter
    return {
        "ea": meter.ea.value,
        "ken": None if meter.ken is None else int(meter.ken),
        "key": str(move.key),
        "new_check_value": move.check_value,
        "new_ken": int(move.ken),
        "new_key": str(move.new_key),
        "new_ti": str(move.new_ti),
        "pan": str(meter.pan),
        "request_id": move.request_id,
        "roll_over": move.roll_over,
        "sections": list(move.sections),
        "tct": str(meter.tct),
        "test": meter.test,
        "ti": str(meter.ti),
        "tokens": move.tokens,
    }


def read_move(text: object) -> KeyMove:
    """Return the key change that was written. Raises JournalError for anything else."""
    found = canonical.read(text)
    if found is not None and found.keys() == _MOVE:
        try:
            return _move(found)
        except (FieldError, TypeError, ValueError, OverflowError):
            pass
    raise JournalError(_DAMAGED)


def _move(found: dict[str, Any]) -> KeyMove:
    return KeyMove(
        as_text(found["request_id"]),
        MeterId(
            MeterPAN(as_text(found["pan"])),
            EA(found["ea"]),
            TCT(as_text(found["tct"])),
            TI(as_text(found["ti"])),
            None if found["ken"] is None else KEN(as_whole(found["ken"])),
            as_flag(found["test"]),
        ),
        KeyRef.parse(found["key"]),
        KeyRef.parse(found["new_key"]),
        TI(as_text(found["new_ti"])),
        as_whole(found["tokens"]),
        as_flag(found["roll_over"]),
        KEN(as_whole(found["new_ken"])),
        as_text(found["new_check_value"]),
        tuple(as_text(one) for one in as_list(found["sections"])),
    )
