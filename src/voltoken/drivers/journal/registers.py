"""Key registers and key changes as text, the way they are kept: JSON in its one form, and back.

What is read comes from a file that somebody may have edited, so it is checked like anything from outside.
Unknown members are refused: a register with a restriction that this version does not know must not be read
as one without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from voltoken.drivers.journal import canonical
from voltoken.errors import FieldError, JournalError
from voltoken.security import KeyMove, KeyRef, KeyRegister, MeterId
from voltoken.sts import (
    DKGA,
    EA,
    KEN,
    TCT,
    TI,
    BaseDate,
    KeyCheckValue,
    KeyType,
    MeterPAN,
    Service,
)

_T = TypeVar("_T")

_REGISTER: Final = frozenset(
    {
        *("act", "base_date", "check_algorithm", "check_value", "clm", "clu", "dkga", "eas", "in_hardware"),
        *("iut", "ken", "key", "key_bits", "key_change_only", "kt", "services", "test", "ulm"),
    }
)
_MOVE: Final = frozenset(
    {
        *(
            "ea",
            "ken",
            "key",
            "new_check_value",
            "new_ken",
            "new_key",
            "new_ti",
            "pan",
            "request_id",
            "roll_over",
            "sections",
            "tct",
            "test",
            "ti",
        ),
        "tokens",
    }
)


def register_document(register: KeyRegister) -> dict[str, Any]:
    """Return all that is known about a key as plain values."""
    return {
        "act": canonical.write_moment(register.act),
        "base_date": register.base_date.value,
        "check_algorithm": register.check_value.algorithm,
        "check_value": register.check_value.value,
        "clm": register.clm,
        "clu": register.clu,
        "dkga": None if register.dkga is None else register.dkga.value,
        "eas": sorted(ea.value for ea in register.eas),
        "in_hardware": register.in_hardware,
        "iut": canonical.write_moment(register.iut),
        "ken": int(register.ken),
        "key": str(register.ref),
        "key_bits": register.key_bits,
        "key_change_only": register.key_change_only,
        "kt": int(register.kt),
        "services": sorted(int(service) for service in register.services),
        "test": register.test,
        "ulm": register.ulm,
    }


def read_register(text: object) -> KeyRegister:
    """Return the register that was written. Raises JournalError for anything else."""
    return _read(text, _REGISTER, _register)


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
    return _read(text, _MOVE, _move)


def _read(text: object, members: frozenset[str], make: Callable[[dict[str, Any]], _T]) -> _T:
    found = canonical.read(text)
    if found is not None and found.keys() == members:
        try:
            made = make(found)
        except (FieldError, TypeError, ValueError, OverflowError):
            pass
        else:
            return made
    raise JournalError("A row of the journal cannot be read: it is damaged. Verify the journal's audit log.")


def _register(found: dict[str, Any]) -> KeyRegister:
    act, iut = canonical.read_moment(found["act"]), canonical.read_moment(found["iut"])
    if act is None or iut is None:
        raise ValueError
    return KeyRegister(
        ref=KeyRef.parse(found["key"]),
        kt=KeyType(_whole(found["kt"])),
        dkga=None if found["dkga"] is None else DKGA(found["dkga"]),
        eas=frozenset(EA(one) for one in _list(found["eas"])),
        base_date=BaseDate(found["base_date"]),
        ken=KEN(_whole(found["ken"])),
        key_bits=_whole(found["key_bits"]),
        check_value=KeyCheckValue(_text(found["check_value"]), _text(found["check_algorithm"])),
        act=act,
        iut=iut,
        ulm=found["ulm"],
        clm=found["clm"],
        services=frozenset(Service(_whole(one)) for one in _list(found["services"])),
        clu=found["clu"],
        key_change_only=_flag(found["key_change_only"]),
        test=_flag(found["test"]),
        in_hardware=_flag(found["in_hardware"]),
    )


def _move(found: dict[str, Any]) -> KeyMove:
    return KeyMove(
        _text(found["request_id"]),
        MeterId(
            MeterPAN(_text(found["pan"])),
            EA(found["ea"]),
            TCT(_text(found["tct"])),
            TI(_text(found["ti"])),
            None if found["ken"] is None else KEN(_whole(found["ken"])),
            _flag(found["test"]),
        ),
        KeyRef.parse(found["key"]),
        KeyRef.parse(found["new_key"]),
        TI(_text(found["new_ti"])),
        _whole(found["tokens"]),
        _flag(found["roll_over"]),
        KEN(_whole(found["new_ken"])),
        _text(found["new_check_value"]),
        tuple(_text(one) for one in _list(found["sections"])),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if value.__class__ is not int or not isinstance(value, int):
        raise TypeError
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value
