"""The identification record of a meter: 35 digits on a meter card, a receipt or a token card's second record.

Its existence, its use and the YYMM expiry are sourced (IEC 62055-41 clause 6.1.11); the order of the fields
is general knowledge, unverified, and stands in ``ID_RECORD_FIELDS`` alone. Reading is tolerant of what
cards and readers put around the digits, writing is strict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from voltoken.errors import CarrierError, FieldError
from voltoken.sts.fields import EA, KRN, SGC, TCT, TI
from voltoken.sts.pan import MeterPAN
from voltoken.sts.registry import CARRIER_TYPES, find_name


class RecordField(NamedTuple):
    """One field of the record: name, count of digits, meaning."""

    name: str
    digits: int
    meaning: str


ID_RECORD_FIELDS: Final = (
    RecordField("pan", 18, "MeterPAN with both check digits"),
    RecordField("doe", 4, "date of expiry of the card, YYMM; 0000 = none"),
    RecordField("tct", 2, "token carrier type"),
    RecordField("ea", 2, "encryption algorithm"),
    RecordField("sgc", 6, "supply group code"),
    RecordField("ti", 2, "tariff index"),
    RecordField("krn", 1, "key revision number"),
)
"""The record's fields in order; 35 digits."""

ID_RECORD_DIGITS: Final = sum(row.digits for row in ID_RECORD_FIELDS)

NO_EXPIRY: Final = "0000"
_CENTURY_TURN: Final = 93
"""Two-digit years from here on are 19YY: STS began in 1993."""


@dataclass(frozen=True, slots=True)
class IDRecord:
    """What a meter card says about its meter.

    pan, tct, ea, sgc, ti, krn: as everywhere. doe: YYMM of the card's last month, ``0000`` for none.
    Raises FieldError for a month that is none or a carrier type without a name.
    """

    pan: MeterPAN
    tct: TCT
    ea: EA
    sgc: SGC
    ti: TI
    krn: KRN
    doe: str = NO_EXPIRY

    def __post_init__(self) -> None:
        """Check the expiry and the carrier type; the others are checked by their types."""
        doe = self.doe
        if not (isinstance(doe, str) and len(doe) == 4 and doe.isascii() and doe.isdigit()) or not (
            doe == NO_EXPIRY or 1 <= int(doe[2:]) <= 12
        ):
            raise FieldError("doe", doe, "YYMM with a month 01 to 12, or 0000 for no expiry")
        if find_name(CARRIER_TYPES, self.tct) in ("unknown", "reserved"):
            raise FieldError(
                "tct", str(self.tct), "01 magnetic card, 02 numeric, 03 to 06 legacy, 07 or 08 virtual"
            )

    @property
    def digits(self) -> str:
        """The 35 digits."""
        return "".join(str(getattr(self, row.name)) for row in ID_RECORD_FIELDS)

    def expired(self, today: date) -> bool:
        """Whether the card's last month has passed. The month itself still counts."""
        if self.doe == NO_EXPIRY:
            return False
        year, month = int(self.doe[:2]), int(self.doe[2:])
        year += 1900 if year >= _CENTURY_TURN else 2000
        return (today.year, today.month) > (year, month)

    @classmethod
    def parse(cls, text: str) -> IDRecord:
        """Read a record as cards, readers and receipts give it.

        text: 35 digits; blanks and hyphens, STX and ETX, the sentinels ``;`` ``%`` and ``?`` of magnetic
            tracks with one check character behind them, and ``=`` between fields are ignored.
        Raises CarrierError when there are not 35 digits; FieldError names a field with a bad value.
        """
        if not isinstance(text, str):
            raise CarrierError("A meter card record is text of 35 digits.")
        body = text.strip().lstrip("\x02;%").partition("?")[0].partition("\x03")[0]
        digits = body.translate(_IGNORED)
        if len(digits) != ID_RECORD_DIGITS or not (digits.isascii() and digits.isdigit()):
            raise CarrierError(
                f"A meter card record has {ID_RECORD_DIGITS} digits; {len(digits)} characters were read. "
                "It begins with the 18-digit meter number and ends with the key revision.",
                characters=len(digits),
            )
        parts, start = {}, 0
        for row in ID_RECORD_FIELDS:
            parts[row.name] = digits[start : start + row.digits]
            start += row.digits
        return cls(
            pan=MeterPAN(parts["pan"]),
            tct=TCT(parts["tct"]),
            ea=EA(parts["ea"]),
            sgc=SGC(parts["sgc"]),
            ti=TI(parts["ti"]),
            krn=KRN(int(parts["krn"])),
            doe=parts["doe"],
        )


_IGNORED: Final = {ord(character): None for character in " -=\t\r\n"}
