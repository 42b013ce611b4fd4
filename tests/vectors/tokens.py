"""Make the token of a token entry from what a person would ask for: units, watts, flags, a new key."""

from __future__ import annotations

from decimal import Decimal

from tests.vectors.files import Entry, derive, tid_of
from voltoken.sts import (
    ClearCredit,
    ClearTamperCondition,
    ExtendedTokenSet,
    KeyChangeSection,
    Service,
    SetMaximumPhasePowerUnbalanceLimit,
    SetMaximumPowerLimit,
    SetTariffRate,
    SetWaterMeterFactor,
    Token,
    TransferCredit,
    TransferCurrency,
    key_change_sections,
)

SECTIONS = {3: 0, 4: 1, 8: 2, 9: 3}
"""Subclass of a key change section -> its place in the set."""

KEY_CHANGE_FIELDS = {
    3: ("kenho", "krn", "ro", "bit_3kct", "kt", "nkho"),
    4: ("kenlo", "ti", "nklo"),
    8: ("sgclo", "nkmo2", "sgc", "res_a"),
    9: ("sgcho", "nkmo1"),
}
"""Fields that a key change entry may state, by subclass."""


def is_key_change(entry: Entry) -> bool:
    """Say whether an entry is a section of a key change."""
    return "new_key" in entry


def token_of(entry: Entry) -> Token:
    """Return the token of an entry with a TID."""
    tid, subclass = tid_of(entry), entry["subclass"]
    if entry["class"] == 0:
        service, amount = Service(subclass), Decimal(entry["amount"])
        if service.is_currency:
            return TransferCurrency.of(service, amount, tid=tid)
        return TransferCredit.of(service, amount, tid=tid, rnd=entry["rnd"])
    rnd, value = entry["rnd"], int(entry["field_hex"], 16)
    if subclass == 0:
        return SetMaximumPowerLimit.of(watts_of(entry), tid=tid, rnd=rnd)
    if subclass == 6:
        return SetMaximumPhasePowerUnbalanceLimit.of(watts_of(entry), tid=tid, rnd=rnd)
    if subclass == 10:
        return ExtendedTokenSet.set_flag(entry["flag"], entry["value"], tid=tid, rnd=rnd)
    kind = {1: ClearCredit, 2: SetTariffRate, 5: ClearTamperCondition, 7: SetWaterMeterFactor}[subclass]
    return kind(rnd, tid, value)


def watts_of(entry: Entry) -> int:
    """Return the limit that was asked for; some published entries state only the coded one."""
    requested = entry["watts_requested"]
    watts: int = entry["watts_encoded"] if requested is None else requested
    return watts


def value_field(token: Token) -> int:
    """Return the 16 bits that stand right before the checksum."""
    last = token.layout.fields[-1]
    value: int = getattr(token, last.name)
    return value


def section_of(entry: Entry, *, roll_over: bool, carry_sgc: bool) -> KeyChangeSection:
    """Return the section of a key change entry, made from the new key that its set carries."""
    new = derive(entry["new_key"], entry["ea"], entry.get("ken", 255))
    sections = key_change_sections(new, roll_over=roll_over, carry_sgc=carry_sgc)
    return sections[SECTIONS[entry["subclass"]]]


def stated_fields(entry: Entry) -> dict[str, int]:
    """Return the key change fields that an entry states, as numbers, by the names of our sections."""
    fields = {}
    for name in KEY_CHANGE_FIELDS[entry["subclass"]]:
        if name not in entry or (name == "sgc" and "sgclo" in entry):
            continue
        value = entry[name]
        if name in ("nkho", "nklo", "nkmo1", "nkmo2"):
            value = int(value, 16)
        fields["pad" if name == "res_a" else name] = int(value)
    return fields
