"""Why a centre refuses an act: every word that ``reason`` of ActRefused can be, with what it means."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from voltoken.kmc.registers import REGISTER_REASONS
from voltoken.kmc.rules import RULE_REASONS

ENGINE_REASONS: Final[Mapping[str, str]] = {
    "register": "there is no such register",
    "no_step": "the register has no such step",
    "inner": "the step follows from another act, and is not asked for by itself",
    "follow": "another entry that would change together with this one is not in a state for it",
    "state": "the entry is not in a state from which this step may be taken",
    "exists": "an entry of this id is there already",
    "unknown": "an entry that is named is not there",
    "changed": "the entry changed after the request was made",
    "fields": "a field is missing, or may not be given in this step",
    "request_exists": "a request of this id was filed before",
    "centre": "the request is for another centre",
    "not_present": "whoever asked has to be there, and it was not carried out in the moment it was asked",
    "no_review": "no act that was done without its approvals waits for this review",
}
"""Why the engine itself refuses an act; the registers have reasons of their own."""

REASONS: Final[Mapping[str, str]] = MappingProxyType({**ENGINE_REASONS, **RULE_REASONS, **REGISTER_REASONS})
"""All reasons, those of the engine first."""
