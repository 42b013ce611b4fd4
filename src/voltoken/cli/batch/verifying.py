"""The token in every row read, and compared with what the row says about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import ClassVar, Final

from voltoken.cli.batch.ring import COLUMNS, KeyRing
from voltoken.cli.batch.steps import DIFFERS, Settings, Texts
from voltoken.cli.batch.values import TYPES, code_of, type_name, value_of
from voltoken.cli.parameters import tid as tid_of
from voltoken.errors import FieldError
from voltoken.sts import DecoderKey, Token, TokenCipher, TokenNumber, decode, parse_meter_number

_UNENCRYPTED: Final = (1, 3)


class Verifying:
    """Reads the token of a row. All it adds begins with ``read_``: the table may have names like these.

    A table that ``batch issue`` made is verified as it stands; its columns ``error`` and ``message`` stay.
    """

    name: ClassVar[str] = "verify"
    compared: ClassVar[Texts] = ("type", "value", "tid")
    known: ClassVar[Texts] = ("pan", "ti", "token", *compared, *COLUMNS)
    added: ClassVar[Texts] = (
        *("read_type", "read_value", "read_tid", "read_time", "read_rnd", "read_error", "read_message"),
    )

    def __init__(self, settings: Settings, ring: KeyRing) -> None:
        self.settings = settings
        self.ring = ring

    @staticmethod
    def needed(settings: Settings) -> Texts:
        """Return the columns that must be there."""
        return ("pan", "token") if settings.ti is not None else ("pan", "ti", "token")

    @property
    def rings(self) -> tuple[KeyRing, ...]:
        """The rings of keys it uses."""
        return (self.ring,)

    def make(self, cells: Mapping[str, str]) -> Texts:
        """Return what the token of a row says. Raises what ``token decode`` would, or RowRefused."""
        number = TokenNumber.parse(cells.get("token", ""))
        cipher = None
        if number.token_class not in _UNENCRYPTED:
            entry = self.ring.entries[self.ring.find(cells)]
            pan = parse_meter_number(cells.get("pan", ""))
            key = entry.derive(pan, cells.get("ti") or self.settings.ti or "")
            cipher = TokenCipher(key, self.ring.tables)
        token = decode(number, cipher)
        name, value = type_name(code_of(token)), value_of(token)
        tid, rnd = (str(int(getattr(token, part, -1))).replace("-1", "") for part in ("tid", "rnd"))
        time = self._time(cipher.key, int(tid)) if cipher is not None and tid else ""
        message = _difference(token, name, cells)
        return name, value, tid, time, rnd, message and DIFFERS, message

    def _time(self, key: DecoderKey, tid: int) -> str:
        """Return the minute of issue in UTC."""
        moment = self.settings.when.clock(key.base_date).moment_of(tid).astimezone(UTC)
        return moment.isoformat().replace("+00:00", "Z")

    def count(self, made: Texts) -> int:
        """Return how many tokens a row has come to."""
        return int(bool(made[0]))


def _difference(token: Token, name: str, cells: Mapping[str, str]) -> str:
    """Return in which respect a row says something else than its token; empty when in none."""
    said = cells.get("type", "")
    if said and said != name:
        return f"The row says {said}, the token {name}."
    tid = cells.get("tid", "")
    if tid and not _agrees_in_tid(token, tid):
        return f"The row says TID {tid[:20]}, the token {int(getattr(token, 'tid', 0)) or 'none'}."
    value = cells.get("value", "")
    if value and not _agrees_in_value(token, name, value):
        return f"The row says {value[:40]}, the token {value_of(token) or 'nothing of the kind'}."
    return ""


def _agrees_in_tid(token: Token, text: str) -> bool:
    try:
        return tid_of(text) == getattr(token, "tid", None)
    except FieldError:
        return False


def _agrees_in_value(token: Token, name: str, text: str) -> bool:
    """Whether a token for the value of a row would say the same: amounts are compared as they are carried."""
    try:
        return value_of(TYPES[name].make(text, 0, 0)) == value_of(token)
    except (FieldError, KeyError):
        return False
