"""A token for every row: what the cells of a sale mean."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import ClassVar

from voltoken.cli.batch.ring import COLUMNS, KeyRing
from voltoken.cli.batch.steps import Settings, Texts
from voltoken.cli.batch.values import TEST, booked, type_of
from voltoken.cli.parameters import moment
from voltoken.cli.parameters import rnd as rnd_of
from voltoken.cli.parameters import tid as tid_of
from voltoken.cli.times import When
from voltoken.errors import FieldError
from voltoken.sts import TID, BaseDate, TokenCipher, encode, parse_meter_number, rules


class Issuing:
    """Makes the token of a row, as ``voltoken token issue`` does."""

    name: ClassVar[str] = "issue"
    known: ClassVar[Texts] = ("pan", "ti", "type", "value", "tid", "time", "rnd", *COLUMNS)
    added: ClassVar[Texts] = ("token", "carried", "error", "message")

    def __init__(self, settings: Settings, ring: KeyRing) -> None:
        self.settings = settings
        self.ring = ring

    @staticmethod
    def needed(settings: Settings) -> Texts:
        """Return the columns that must be there: those that no option stands for."""
        given = {"ti": settings.ti is not None, "type": bool(settings.type)}
        given["value"] = settings.type == "clear-tamper"
        return tuple(name for name in ("pan", "ti", "type", "value") if not given.get(name))

    @property
    def rings(self) -> tuple[KeyRing, ...]:
        """The rings of keys it uses."""
        return (self.ring,)

    def make(self, cells: Mapping[str, str]) -> Texts:
        """Return token and amount of a row. Raises what ``token issue`` would, or RowRefused."""
        asked = type_of(cells.get("type") or self.settings.type)
        value = cells.get("value", "")
        if asked.name == TEST:
            return encode(asked.make(value, 0, 0)).digits, "", "", ""
        entry = self.ring.entries[self.ring.find(cells)]
        pan = parse_meter_number(cells.get("pan", ""))
        key = entry.derive(pan, cells.get("ti") or self.settings.ti or "")
        tid = self.tid(cells, key.base_date)
        rnd = rnd_of(text) if (text := cells.get("rnd", "")) else secrets.randbelow(16)
        token = asked.make(value, tid, rnd)
        if not self.settings.unchecked:
            rules.check_key_use(key.kt, token.token_class, key.ken, tid)
            rules.check_carrier(key.kt, self.settings.tct)
        number = encode(token, TokenCipher(key, self.ring.tables))
        return number.digits, booked(token), "", ""

    def tid(self, cells: Mapping[str, str], base_date: BaseDate) -> TID:
        """Return the TID of a row: its own, that of its time, or that of the whole batch."""
        tid, time = cells.get("tid", ""), cells.get("time", "")
        if tid and time:
            raise FieldError("tid", tid, "empty where a time is given")
        if tid:
            return tid_of(tid)
        when = self.settings.when
        if time:
            return When(moment(time), when.utc_offset).pick_tid(base_date)
        return when.pick_tid(base_date)

    def count(self, made: Texts) -> int:
        """Return how many tokens a row has come to."""
        return int(bool(made[0]))
