"""Key change sections as they reach a meter, and what a complete set does (IEC 62055-41 clauses 7 and 8).

Nothing of the new key takes effect before the set is complete and permitted; then everything does, in one
change of the memory. The sections of a set carry no mark that they belong together: a meter that is given
sections of two sets loads a key nobody has planned. It cannot know, which is why the vending side must
finish one set before it makes another.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, NamedTuple

from voltoken.errors import FieldError, RuleError
from voltoken.meter.cells import Pending
from voltoken.meter.memory import Memory
from voltoken.meter.profile import Profile
from voltoken.meter.results import KCT_RESULTS, TokenResult
from voltoken.sts import (
    CarriedKey,
    KeyChangeParts,
    KeyChangeSection,
    Set1stSectionDecoderKey,
    Set2ndSectionDecoderKey,
    Set4thSectionDecoderKey,
    rules,
)

NOTHING_PENDING: Final = Pending()


class Taken(NamedTuple):
    """What a section leads to. result: the verdict. changes: of the memory. missing: sections awaited."""

    result: TokenResult
    changes: dict[str, Any]
    missing: tuple[int, ...] = ()


def take_section(section: KeyChangeSection, memory: Memory, profile: Profile, now: datetime) -> Taken:
    """Return what taking in a section of a key change leads to; nothing is written yet."""
    number = _number(section)
    if number > profile.sections:
        return Taken(TokenResult.FUNCTION, {})
    if isinstance(section, Set1stSectionDecoderKey) and profile.sections == 2:
        section = _without_announcement(section)
    parts = collected(memory, profile, now)
    parts.add(section)
    missing = parts.missing
    if missing:
        held = tuple(part for part in (parts.first, parts.second, parts.third, parts.fourth) if part)
        return Taken(KCT_RESULTS[number - 1], {"pending": Pending(held, now)}, missing)
    try:
        carried = parts.assemble()
    except FieldError:  # a supply group code beyond 999999
        return Taken(TokenResult.RANGE, {"pending": NOTHING_PENDING})
    if not _is_permitted(carried, memory, profile):
        return Taken(TokenResult.KEY_TYPE, {"pending": NOTHING_PENDING})
    changes: dict[str, Any] = {
        "key": memory.key.loaded(carried, keeps_ken=not profile.key_expiry),
        "pending": NOTHING_PENDING,
    }
    if carried.roll_over:
        changes["tids"] = (0,) * profile.memory_size
    return Taken(TokenResult.ACCEPT, changes)


def collected(memory: Memory, profile: Profile, now: datetime) -> KeyChangeParts:
    """Return the sections the meter still holds at a time."""
    parts = KeyChangeParts(memory.key.ea.key_bits)
    sections, since = memory.pending
    if since is not None and (now - since).total_seconds() <= profile.pending_timeout_s:
        for section in sections:
            parts.add(section)
    return parts


def missing_sections(memory: Memory, profile: Profile, now: datetime) -> tuple[int, ...]:
    """Return the numbers of the sections awaited at a time; empty when none has come."""
    parts = collected(memory, profile, now)
    begun = parts.first or parts.second or parts.third or parts.fourth
    return parts.missing if begun else ()


def _is_permitted(carried: CarriedKey, memory: Memory, profile: Profile) -> bool:
    """Whether the meter may change to the key of a complete set."""
    if carried.roll_over and profile.refuses_same_key_roll_over and carried.key == memory.key.key:
        return False
    try:
        rules.check_key_type_change(memory.key.kt, carried.kt, profile.tct)
    except RuleError:
        return False
    return True


def _number(section: KeyChangeSection) -> int:
    """Return which section of a set it is, 1 to 4."""
    if isinstance(section, Set1stSectionDecoderKey):
        return 1
    if isinstance(section, Set2ndSectionDecoderKey):
        return 2
    return 4 if isinstance(section, Set4thSectionDecoderKey) else 3


def _without_announcement(section: Set1stSectionDecoderKey) -> Set1stSectionDecoderKey:
    """Return a first section as a meter sees it that does not know the bit announcing a third one."""
    return Set1stSectionDecoderKey(section.kenho, section.krn, section.ro, 0, section.kt, section.nkho)
