"""What the keepers of a module do with its keys, as decisions: records to persist, or a refusal.

A key comes in components, each known to one person; their XOR is the key. It is checked against the check
value that came with it on another way, and never seen again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from voltoken.errors import HIDDEN, FieldError
from voltoken.security.published import is_published
from voltoken.security.records import ApprovalGranted, KeyDeleted, KeyLoaded, Record
from voltoken.security.refusals import Refusal, refuse
from voltoken.security.requests import HASH_DIGITS, check_request_id
from voltoken.security.settings import ModuleSettings
from voltoken.security.state import State
from voltoken.security.values import KeyRef, KeyRegister, ModuleRole
from voltoken.security.vault import made_of
from voltoken.sts import DKGA, KeyType, key_check_value, rules

APPROVAL_MAX: Final = timedelta(days=7)
"""The longest time an approval can be good for."""
REASON_MAX: Final = 200


def load_key(
    settings: ModuleSettings, state: State, register: KeyRegister, components: Sequence[bytes]
) -> tuple[KeyLoaded, bytes] | Refusal:
    """Decide whether a key may be loaded.

    register: what the key is, with the check value that is expected; in_hardware asks for a place in a
        hardware token. components: one or more of equal length; their XOR is the key.
    Returns the record, whose secret is None for a key that is to live in hardware, and the key for
    whoever puts it into the vault.
    Raises FieldError for components of a wrong length, and RuleError for a key that does not go with its
    algorithms.
    """
    ref = register.ref
    if state.register(ref) is not None:
        return refuse("custody.taken", key=str(ref))
    secret = join(components)
    if len(secret) * 8 != register.key_bits:
        raise FieldError("components", HIDDEN, f"{register.key_bits // 8} bytes each")
    check_algorithms(register)
    made_of(register, secret)
    found = key_check_value(secret)
    if found.value != register.check_value.value.upper():
        return refuse("custody.check_value", found=found.value, expected=register.check_value.value)
    refusal = may_hold(settings, register, secret)
    if refusal is not None:
        return refusal
    if register.in_hardware and register.dkga is not DKGA.DKGA04:
        return refuse("custody.not_in_hsm", bits=register.key_bits)
    whole = replace(register, check_value=found)
    return KeyLoaded(whole, None if register.in_hardware else secret), secret


def may_hold(settings: ModuleSettings, register: KeyRegister, secret: bytes) -> Refusal | None:
    """Say why a module may not have a key, however it comes. secret: its bytes, of the right length."""
    key = str(register.ref)
    if settings.role is ModuleRole.VENDING and register.kt is KeyType.DITK:
        return refuse("custody.role", role=settings.role.value, kt=register.kt.name)
    if not register.test and is_published(secret):
        return refuse("custody.published", key=key)
    if not register.test and not settings.accept_live_keys:
        return refuse("custody.live_key", key=key)
    if not register.test and settings.rehearsal:
        return refuse("custody.rehearsal", key=key)
    return None


def check_algorithms(register: KeyRegister) -> None:
    """Raise RuleError or FieldError unless key, key generation and encryption algorithms go together."""
    for ea in sorted(register.eas):
        if register.dkga is not None:
            rules.check_derivation(register.dkga, register.key_bits, ea)
        elif ea.key_bits != register.key_bits or len(register.eas) > 1:
            raise FieldError(
                "eas", ea.value, "the one algorithm that a first key (DITK) of its length is for"
            )


def delete_key(state: State, ref: KeyRef) -> tuple[Record, ...] | Refusal:
    """Decide that a key is deleted, or that what a file's revocation left of it is forgotten.

    Its counters stay.
    """
    if state.register(ref) is None and state.revoked(ref) is None:
        return refuse("key.unknown", key=str(ref))
    return (KeyDeleted(ref),)


def approve(
    request_id: str, request_hash: str, until: datetime, now: datetime, *, by: str, reason: str
) -> ApprovalGranted:
    """Decide that one request may do, once, what a rule about recoveries forbids.

    request_hash: the digits that the refusal named; they stand for client and content.

    Raises FieldError for an approval that is over already or would last more than seven days, or that has
    no reason.
    """
    check_request_id(request_id)
    if len(request_hash) != HASH_DIGITS or set(request_hash) - set("0123456789abcdef"):
        raise FieldError("request_hash", request_hash, f"the {HASH_DIGITS} digits that the refusal named")
    if until.tzinfo is None or not now < until <= now + APPROVAL_MAX:
        raise FieldError("until", until.isoformat(), f"later than now, and within {APPROVAL_MAX.days} days")
    if not reason.strip() or len(reason) > REASON_MAX or not reason.isprintable():
        raise FieldError("reason", reason, f"a sentence of at most {REASON_MAX} printable characters")
    return ApprovalGranted(request_id, request_hash, until, by, reason.strip())


def join(components: Sequence[bytes]) -> bytes:
    """Return the XOR of components. Raises FieldError unless there is one or more, of equal length."""
    if not components or any(len(one) != len(components[0]) for one in components):
        raise FieldError("components", HIDDEN, "one or more, all of the same length")
    number = 0
    for one in components:
        number ^= int.from_bytes(one, "big")
    return number.to_bytes(len(components[0]), "big")
