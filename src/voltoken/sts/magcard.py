"""The records of a magnetic token card (token carrier type 01, IEC 62055-51), as far as they are public.

Public is which records there are: the token and, optionally, the meter's identification record, by which
a point of sale knows the meter. Not public are the track, the character set, what frames a record and the
check character behind it: those come from the maker of the card unit, as a ``CardFrame``. This module
reads and writes the records' text; putting it on the stripe, and erasing it, is the card unit's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from voltoken.errors import CarrierError
from voltoken.sts.carriers import TokenNumber


class CardRecord(NamedTuple):
    """One record: its name, how many digits its text has, what it is, whether every card has it."""

    name: str
    digits: int
    meaning: str
    required: bool = True


CARD_RECORDS: Final = (
    CardRecord("token", 20, "the token; the meter erases it after accepting, never after refusing it"),
    CardRecord("id_record", 35, "the identification record of the meter, see IDRecord", required=False),
)
"""The records of a token card, in order."""


class CardFrame(NamedTuple):
    """What stands before and after a record's text, e.g. ``;`` and ``?`` of track 2. Not public for STS."""

    start: str = ""
    end: str = ""


PLAIN_FRAME: Final = CardFrame()
"""The text of the records alone."""


@dataclass(frozen=True, slots=True)
class MagneticCard:
    """What is on a magnetic token card.

    token: the token. id_record: the digits of an ``IDRecord``, or empty when the card has none.
    Raises CarrierError when id_record has another form; its content is for ``IDRecord`` to read.
    """

    token: TokenNumber
    id_record: str = ""

    def __post_init__(self) -> None:
        """Check the form of the identification record."""
        if self.id_record:
            _check(CARD_RECORDS[1], self.id_record)

    def records(self, frame: CardFrame = PLAIN_FRAME) -> tuple[str, ...]:
        """Return the records that the card has as text, framed, in the order of ``CARD_RECORDS``."""
        texts = (str(getattr(self, record.name)) for record in CARD_RECORDS)
        return tuple(f"{frame.start}{text}{frame.end}" for text in texts if text)

    @classmethod
    def parse(cls, records: tuple[str, ...], frame: CardFrame = PLAIN_FRAME) -> MagneticCard:
        """Read what ``records`` writes. Raises CarrierError for another number, framing or form."""
        required = sum(record.required for record in CARD_RECORDS)
        if not required <= len(records) <= len(CARD_RECORDS):
            raise CarrierError(f"A token card carries {required} to {len(CARD_RECORDS)} records.")
        texts = [_unframed(text, frame) for text in records]
        for record, text in zip(CARD_RECORDS, texts, strict=False):
            _check(record, text)
        return cls(TokenNumber.parse(texts[0]), *texts[1:])


def _check(record: CardRecord, text: str) -> None:
    if len(text) != record.digits or not (text.isascii() and text.isdigit()):
        raise CarrierError(f"The record {record.name} of a token card has exactly {record.digits} digits.")


def _unframed(text: str, frame: CardFrame) -> str:
    if not isinstance(text, str):
        raise CarrierError("A card record is text.")
    framed = len(text) >= len(frame.start) + len(frame.end)
    if not (framed and text.startswith(frame.start) and text.endswith(frame.end)):
        raise CarrierError(f"A card record begins with {frame.start!r} and ends with {frame.end!r}.")
    return text[len(frame.start) : len(text) - len(frame.end)]
