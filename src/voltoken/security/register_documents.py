"""What is known about a key, as plain values for a document, and back.

The journal keeps registers this way, key load files carry them this way, and the admin door takes them so.
What is read comes from outside, so everything about it is checked. Unknown members are refused: a register
with a restriction that this version does not know must not be read as one without.
"""

from __future__ import annotations

from typing import Any, Final

from voltoken.canonical import as_flag, as_list, as_text, as_whole, read_moment, write_moment
from voltoken.errors import HIDDEN, FieldError
from voltoken.security.values import KeyRef, KeyRegister
from voltoken.sts import DKGA, EA, KEN, BaseDate, KeyCheckValue, KeyType, Service

REGISTER_MEMBERS: Final = frozenset(
    {
        *("act", "base_date", "check_algorithm", "check_value", "clm", "clu", "dkga", "eas", "in_hardware"),
        *("iut", "ken", "key", "key_bits", "key_change_only", "kt", "services", "test", "ulm"),
    }
)
"""The members of a register's document: all of them, and no others."""


def register_document(register: KeyRegister) -> dict[str, Any]:
    """Return all that is known about a key as plain values."""
    return {
        "act": write_moment(register.act),
        "base_date": register.base_date.value,
        "check_algorithm": register.check_value.algorithm,
        "check_value": register.check_value.value,
        "clm": register.clm,
        "clu": register.clu,
        "dkga": None if register.dkga is None else register.dkga.value,
        "eas": sorted(ea.value for ea in register.eas),
        "in_hardware": register.in_hardware,
        "iut": write_moment(register.iut),
        "ken": int(register.ken),
        "key": str(register.ref),
        "key_bits": register.key_bits,
        "key_change_only": register.key_change_only,
        "kt": int(register.kt),
        "services": sorted(int(service) for service in register.services),
        "test": register.test,
        "ulm": register.ulm,
    }


def read_register(document: object) -> KeyRegister:
    """Return the register that ``register_document`` wrote. Raises FieldError for anything else."""
    if isinstance(document, dict) and document.keys() == REGISTER_MEMBERS:
        try:
            return _register(document)
        except (FieldError, TypeError, ValueError, OverflowError):
            pass
    raise FieldError("register", HIDDEN, "what is known of a key, with all its members and no others")


def _register(found: dict[str, Any]) -> KeyRegister:
    act, iut = read_moment(found["act"]), read_moment(found["iut"])
    if act is None or iut is None:
        raise ValueError
    return KeyRegister(
        ref=KeyRef.parse(found["key"]),
        kt=KeyType(as_whole(found["kt"])),
        dkga=None if found["dkga"] is None else DKGA(found["dkga"]),
        eas=frozenset(EA(one) for one in as_list(found["eas"])),
        base_date=BaseDate(found["base_date"]),
        ken=KEN(as_whole(found["ken"])),
        key_bits=as_whole(found["key_bits"]),
        check_value=KeyCheckValue(as_text(found["check_value"]), as_text(found["check_algorithm"])),
        act=act,
        iut=iut,
        ulm=found["ulm"],
        clm=found["clm"],
        services=frozenset(Service(as_whole(one)) for one in as_list(found["services"])),
        clu=found["clu"],
        key_change_only=as_flag(found["key_change_only"]),
        test=as_flag(found["test"]),
        in_hardware=as_flag(found["in_hardware"]),
    )
