"""Components of a key: each is known to one custodian, and their XOR is the key.

Any number of them but all say nothing about the key. What is handed in is text: hexadecimal digits, or
shares of a component that its custodian has backed up (``voltoken.security.split``), one on each line.

Check values are those of keys (``voltoken.sts.key_check_value``). That of a key of 64 bits helps whoever
wants to try all keys: keep it among those who need it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from voltoken.errors import ActRefused
from voltoken.kmc.ceremony.record import is_dry
from voltoken.kmc.ceremony.script import CUSTODIANS_MAX, Turn
from voltoken.kmc.state import State
from voltoken.kmc.values import Entry
from voltoken.security import Share, combine, is_published, join, split
from voltoken.sts import key_check_value, parse_key

PRACTICE_DOMAIN: Final = b"voltoken-practice/1|"
"""Stands before what made-up components and shares for dry runs are the hash of."""

_SHARE: Final = "VS1"
_DES_BYTES: Final = 8


def practice_component(number: int, bits: int) -> bytes:
    """Return the component that custodian ``number`` enters in a dry run. Everybody can compute it.

    number: 1 to 9. bits: 64, 128 or 160.
    """
    return hashlib.sha256(PRACTICE_DOMAIN + b"%d|%d" % (number, bits)).digest()[: bits // 8]


def read_component(text: str) -> bytes:
    """Read a component as it is typed: hexadecimal digits, or shares of it, one on each line.

    Raises FieldError and RuleError, which never show it.
    """
    if text.strip().upper().startswith(_SHARE):
        return combine(Share.parse(line) for line in text.splitlines() if line.strip())
    return parse_key(text, "component")


def back_up(component: bytes, threshold: int, count: int, randomness: bytes) -> tuple[str, ...]:
    """Return shares of a component, as ``read_component`` takes them, for a custodian who wants a backup.

    threshold of count shares bring it back; randomness: as many bytes as ``randomness_bytes`` says.
    Raises FieldError.
    """
    return tuple(share.text for share in split(component, threshold, count, randomness))


def take_component(
    entry: Entry, turn: Turn, evidence: Mapping[str, Any], text: str
) -> tuple[bytes, dict[str, Any]]:
    """Return the component that a custodian handed in, and what goes on record of it.

    Raises FieldError and RuleError when it cannot be read, ActRefused (``component``, ``check_value``).
    """
    component, bits = read_component(text), int(entry.get("bits"))
    if len(component) * 8 != bits:
        raise ActRefused(
            "component", f"The component has {len(component) * 8} bits; those of this key have {bits}."
        )
    if not any(_counted(component)):
        raise ActRefused("component", "A component of zeros adds nothing. Draw one at random.")
    practised = {_counted(practice_component(number, bits)) for number in range(1, CUSTODIANS_MAX + 1)}
    if is_dry(entry) and component != practice_component(turn.custodian, bits):
        raise ActRefused(
            "component",
            f"This is a dry run: custodian {turn.custodian} enters the made-up component for it, no "
            "other. If this was one of a real key, others may have seen it now: draw it anew.",
        )
    if not is_dry(entry) and _counted(component) in practised:
        raise ActRefused("component", "This component is made up for dry runs; everybody knows it.")
    check = key_check_value(component)
    if evidence.get("check_value") != check.value:
        raise ActRefused(
            "check_value",
            f"The component has the check value {check.value}, the paper says {evidence.get('check_value')}. "
            "Enter it again, or read the check value again.",
        )
    return component, {"check_value": check.value, "check_algorithm": check.algorithm}


def join_components(state: State, entry: Entry, components: Sequence[bytes]) -> tuple[bytes, dict[str, Any]]:
    """Return the key that components are, and what goes on record of it.

    Raises ActRefused (``component``, ``check_value``); then the ceremony is to be aborted.
    """
    if len(components) != len(entry.get("custodians")):
        raise ActRefused("component", "Not every custodian has entered a component.")
    counted = {_counted(component) for component in components}
    if len(counted) < len(components):
        raise ActRefused(
            "component", "Two components are the same, and cancel each other. Abort, and draw new ones."
        )
    key = join(components)
    if _counted(key) in counted:
        raise ActRefused(
            "component", "The key is one of the components: the others cancel. Abort, and draw new ones."
        )
    reference = state.entry("vending_key", str(entry.get("vending_key")))
    test = is_dry(entry) or (reference is not None and bool(reference.get("test")))
    if not any(_counted(key)) or (is_published(key) and not test):
        raise ActRefused("component", "The components make a key that is published or plain. Draw new ones.")
    check, expected = key_check_value(key), entry.get("expected")
    if expected is not None and expected != check.value:
        raise ActRefused(
            "check_value",
            f"The key has the check value {check.value}, and {expected} was expected: a component is not the "
            "one that was sent. Abort, and ask whoever sent them.",
        )
    return key, {"check_value": check.value, "check_algorithm": check.algorithm}


def _counted(key: bytes) -> bytes:
    """Return the bits of a key that count: DES does not look at the lowest bit of each byte.

    So two components that differ in these bits alone are the same one.
    """
    return bytes(byte & 0xFE for byte in key) if len(key) == _DES_BYTES else key
