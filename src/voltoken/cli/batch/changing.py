"""The tokens that give the meter of every row another key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from voltoken.cli.batch.ring import COLUMNS, Entry, KeyRing
from voltoken.cli.batch.steps import Settings, Texts
from voltoken.sts import (
    DecoderKey,
    TokenCipher,
    encode_key_change,
    key_change_set,
    parse_meter_number,
    rules,
)

TO: Final = "to_"
TOKENS_MAX: Final = 4


class Changing:
    """Makes the key change tokens of a row, as ``voltoken key change-set`` does.

    target: the ring of the new keys; the ring of the current ones where none was named.
    """

    name: ClassVar[str] = "keychange"
    known: ClassVar[Texts] = ("pan", "ti", *COLUMNS, "to_ti", *(f"{TO}{name}" for name in COLUMNS))
    added: ClassVar[Texts] = (
        *(f"token_{place}" for place in range(1, TOKENS_MAX + 1)),
        *("tokens", "error", "message"),
    )

    def __init__(self, settings: Settings, ring: KeyRing, target: KeyRing | None = None) -> None:
        self.settings = settings
        self.ring = ring
        self.target = target or ring
        self._kept = ("sgc", "kt", "ea") if target else ("sgc", "kt", "ea", "krn")

    @staticmethod
    def needed(settings: Settings) -> Texts:
        """Return the columns that must be there."""
        return ("pan",) if settings.ti is not None else ("pan", "ti")

    @property
    def rings(self) -> tuple[KeyRing, ...]:
        """The rings of keys it uses."""
        return (self.ring,) if self.target is self.ring else (self.ring, self.target)

    def find_target(self, cells: Mapping[str, str], current: Entry) -> int:
        """Return the place of the new key; what the row does not say stays as it is, where that can be."""
        wanted = {name: cells.get(f"{TO}{name}", "") for name in COLUMNS}
        return self.target.find(wanted, current, self._kept)

    def check_target(self, new: Entry) -> None:
        """Refuse a new key that may not be brought at all. Raises RuleError or KeyRefused."""
        vk = new.vending_key
        rules.check_carrier(vk.kt, self.settings.tct)
        rules.check_not_expired(vk.ken, self.settings.when.pick_tid(vk.base_date))

    def make(self, cells: Mapping[str, str]) -> Texts:
        """Return the tokens of a row. Raises what ``key change-set`` would, or RowRefused."""
        entry = self.ring.entries[self.ring.find(cells)]
        target = self.target.entries[self.find_target(cells, entry)]
        self.check_target(target)
        pan = parse_meter_number(cells.get("pan", ""))
        ti = cells.get("ti") or self.settings.ti or ""
        current: DecoderKey = entry.derive(pan, ti)
        new = target.derive(pan, cells.get("to_ti") or ti)
        options = {"roll_over": self.settings.roll_over, "carry_sgc": self.settings.carry_sgc}
        sections = key_change_set(current, new, **options)
        numbers = encode_key_change(sections, TokenCipher(current, self.ring.tables))
        tokens = [number.digits for number in numbers] + [""] * (TOKENS_MAX - len(numbers))
        return (*tokens, str(len(numbers)), "", "")

    def count(self, made: Texts) -> int:
        """Return how many tokens a row has come to."""
        return int(made[TOKENS_MAX] or 0)
